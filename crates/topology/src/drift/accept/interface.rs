//! Accepting what an interface has otherwise.

use std::collections::BTreeSet;

use super::{Accepted, Impossible, Seen, all, cannot, setting};
use crate::document::{Interface, Kind};
use crate::drift::Drift;
use crate::edit::{Edit, Selection};
use crate::fdb::FdbEntry;
use crate::id::InterfaceId;
use crate::kind::{Parameters, Usual, Value, parameter, port};
use crate::neighbour::Neighbour;
use crate::observed::{ObservedInterface, ObservedKind, Origin};
use crate::offload::OFFLOAD;
use crate::plan::Mtus;
use crate::quality::{Measure, qdisc};
use crate::status::{self, PORT};
use crate::sysctl::{self, Owner};

impl Seen<'_> {
    pub(super) fn interface(self, interface: InterfaceId, drift: &Drift) -> Accepted {
        let what = drift.difference.what.as_str();
        if what == "interface" {
            return Ok(Edit::Remove(Selection::interface(interface)));
        }
        let wanted = self.document.interfaces.get(&interface);
        let wanted = wanted.ok_or_else(|| cannot(what))?;
        let found = status::found(self.document, self.observed, interface, wanted);
        let (_, found) = found.ok_or_else(|| cannot(what))?;
        match what {
            "name" => Ok(Edit::RenameInterface {
                interface,
                name: found.name.parse().map_err(|_| {
                    Impossible(format!("`{}` is no name for a document", found.name))
                })?,
            }),
            "state" => Ok(Edit::SetUp {
                interface,
                up: found.up,
            }),
            "mtu" => Ok(Edit::SetMtu {
                interface,
                mtu: self.mtu(interface, wanted, found.mtu),
            }),
            "underlay" => Ok(Edit::SetUnderlay {
                interface,
                underlay: found.underlay,
            }),
            "mac" => Ok(Edit::SetMac {
                interface,
                mac: found.mac,
            }),
            "master" => Ok(Edit::SetMaster {
                interface,
                master: match found.master {
                    None => None,
                    Some(index) => Some(self.id(wanted.namespace, index)?),
                },
            }),
            "address" => self.address(interface, wanted, found, drift),
            "address order" => Ok(reorder(interface, wanted, found)),
            "vlans" => Ok(Edit::SetVlans {
                interface,
                vlans: found.vlans.clone(),
            }),
            "fdb" => entry(interface, wanted, found, drift),
            "neighbour" => neighbour(interface, wanted, found, drift),
            name if sysctl::setting(name, true).is_ok() => {
                setting(Owner::Interface(interface), name, drift)
            }
            name if name.starts_with(OFFLOAD) => {
                let offload = name.trim_start_matches(OFFLOAD).parse();
                let offload = offload.map_err(|_| cannot(name))?;
                Ok(Edit::SetOffload {
                    interface,
                    offload,
                    on: found.offloads.get(&offload).copied(),
                })
            }
            measure if is_quality(measure) => match found.qdiscs.quality() {
                // Measures are seen together: the whole of it is taken over.
                quality if !qdisc::differences(quality.as_ref(), &found.qdiscs).is_empty() => Err(
                    Impossible("a lab cannot say this queueing discipline".to_owned()),
                ),
                quality => Ok(Edit::SetQuality { interface, quality }),
            },
            _ => self.parameter(interface, wanted, found, what),
        }
    }

    /// Nothing where the kernel would give the same by itself.
    fn mtu(self, id: InterfaceId, wanted: &Interface, mtu: u32) -> Option<u32> {
        let unsaid = Interface {
            mtu: None,
            ..wanted.clone()
        };
        Some(mtu).filter(|mtu| Mtus::new(self.document).of(id, &unsaid) != Some(*mtu))
    }

    fn address(
        self,
        interface: InterfaceId,
        wanted: &Interface,
        found: &ObservedInterface,
        drift: &Drift,
    ) -> Accepted {
        if drift.difference.observed.is_empty() {
            let mut addresses = wanted.addresses.iter();
            let gone = addresses.find(|a| a.to_string() == drift.difference.wanted);
            let address = *gone.ok_or_else(|| cannot("address"))?;
            return Ok(Edit::RemoveAddress { interface, address });
        }
        let known = found.addresses.iter();
        let known: Vec<_> = known.filter(|a| a.origin == Origin::Static).collect();
        let place = known
            .iter()
            .position(|a| a.address.to_string() == drift.difference.observed)
            .ok_or_else(|| cannot("address"))?;
        let address = known.get(place).ok_or_else(|| cannot("address"))?.address;
        // After the one that it follows in the kernel: of a network the first is the primary.
        let mut before = known.iter().take(place).rev();
        let index = before.find_map(|a| wanted.addresses.iter().position(|w| *w == a.address));
        let index = index.map_or(0, |index| index + 1);
        // One that says the same of the kernel with other words gives way.
        let instead = wanted.addresses.iter().position(|a| a.excludes(&address));
        let old = instead.and_then(|place| wanted.addresses.get(place));
        let is_before = instead.is_some_and(|place| place < index);
        let mut edits: Vec<_> = old
            .map(|&address| Edit::RemoveAddress { interface, address })
            .into_iter()
            .collect();
        edits.push(Edit::AddAddress {
            interface,
            address,
            index: Some(index - usize::from(is_before)),
        });
        Ok(all(edits))
    }

    fn parameter(
        self,
        interface: InterfaceId,
        wanted: &Interface,
        found: &ObservedInterface,
        what: &str,
    ) -> Accepted {
        if let Some(name) = what.strip_prefix(PORT) {
            return Ok(Edit::SetPort {
                interface,
                name: name.to_owned(),
                value: value(&found.port, port::TABLE, name, |index| {
                    self.id(wanted.namespace, *index)
                })?,
            });
        }
        match (&wanted.kind, &found.kind) {
            (Kind::Device(_), ObservedKind::Device(device)) => {
                let table = device.kind.table().parameters;
                Ok(Edit::SetParameter {
                    interface,
                    name: what.to_owned(),
                    value: value(&device.parameters, table, what, |lower| {
                        self.id(lower.namespace, lower.index)
                    })?,
                })
            }
            _ => Err(cannot(what)),
        }
    }
}

/// Whether a difference is one of the quality.
fn is_quality(what: &str) -> bool {
    what == "quality" || Measure::ALL.iter().any(|measure| measure.name() == what)
}

/// An entry of a forwarding table that somebody added or removed.
fn entry(
    interface: InterfaceId,
    wanted: &Interface,
    found: &ObservedInterface,
    drift: &Drift,
) -> Accepted {
    let named = |entries: &BTreeSet<FdbEntry>, text: &str| {
        let entry = entries.iter().find(|entry| entry.to_string() == text);
        entry.copied().ok_or_else(|| cannot("fdb"))
    };
    if drift.difference.observed.is_empty() {
        let entry = named(&wanted.fdb, &drift.difference.wanted)?;
        return Ok(Edit::RemoveFdb { interface, entry });
    }
    let entry = named(&found.fdb, &drift.difference.observed)?;
    Ok(Edit::AddFdb { interface, entry })
}

/// A static neighbour or proxy entry that somebody added, changed or removed.
fn neighbour(
    interface: InterfaceId,
    wanted: &Interface,
    found: &ObservedInterface,
    drift: &Drift,
) -> Accepted {
    let named = |entries: &BTreeSet<Neighbour>, text: &str| {
        let entry = entries.iter().find(|entry| entry.to_string() == text);
        entry.copied().ok_or_else(|| cannot("neighbour"))
    };
    let remove = |neighbour| Edit::RemoveNeighbour {
        interface,
        neighbour,
    };
    if drift.difference.observed.is_empty() {
        return Ok(remove(named(&wanted.neighbours, &drift.difference.wanted)?));
    }
    let neighbour = named(&found.neighbours, &drift.difference.observed)?;
    // There is one of an address: this is instead of another.
    let instead = wanted.neighbours.iter().copied();
    let mut edits: Vec<_> = instead
        .filter(|old| old.is_instead_of(&neighbour))
        .map(remove)
        .collect();
    edits.push(Edit::AddNeighbour {
        interface,
        neighbour,
    });
    Ok(all(edits))
}

/// Takes the addresses that both have out, and puts them in as the kernel has them.
fn reorder(interface: InterfaceId, wanted: &Interface, found: &ObservedInterface) -> Edit {
    let known = found.addresses.iter().map(|a| a.address);
    let both: Vec<_> = known.filter(|a| wanted.addresses.contains(a)).collect();
    let out = both
        .iter()
        .map(|&address| Edit::RemoveAddress { interface, address });
    let back = both.iter().map(|&address| Edit::AddAddress {
        interface,
        address,
        index: None,
    });
    Edit::Batch {
        edits: out.chain(back).collect(),
    }
}

/// What a document says for a parameter to be as it is in the kernel.
fn value<R>(
    observed: &Parameters<R>,
    table: &[parameter::Parameter],
    name: &str,
    id: impl Fn(&R) -> Result<InterfaceId, Impossible>,
) -> Result<Option<Value<InterfaceId>>, Impossible> {
    let known = table.iter().find(|parameter| parameter.name == name);
    let known = known.ok_or_else(|| cannot(name))?;
    let value = match observed.get(name) {
        None => return Ok(None),
        Some(Value::Link(other)) => Value::Link(id(other)?),
        // It names no interface.
        Some(other) => other.map(|_| None).ok_or_else(|| cannot(name))?,
    };
    let is_usual = matches!(known.usual, Usual::Number(usual) if value == Value::Number(usual));
    Ok(Some(value).filter(|_| !is_usual))
}
