//! The edit that makes the document say what the kernel has.

use std::collections::{BTreeMap, BTreeSet};

use super::{Drift, Place, drifts_at};
use crate::address::Family;
use crate::adopt::{self, Ids};
use crate::command;
use crate::document::{Document, Interface, Kind, Namespace, Route};
use crate::edit::{Edit, Fragment, Selection, apply};
use crate::fdb::FdbEntry;
use crate::firewall::Ruleset;
use crate::id::{InterfaceId, NamespaceId};
use crate::kind::{Device, Parameters, Usual, Value, parameter, port};
use crate::name::InterfaceName;
use crate::neighbour::Neighbour;
use crate::observed::{
    Observed, ObservedInterface, ObservedKind, ObservedNamespace, ObservedPeer, Origin,
};
use crate::offload::OFFLOAD;
use crate::plan::{self, Mtus};
use crate::quality::{Measure, qdisc};
use crate::rule::Rule;
use crate::status::{self, PORT, route_text};
use crate::sysctl::{self, Owner};

/// Why a drift cannot be accepted, for people.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub struct Impossible(pub String);

type Accepted = Result<Edit, Impossible>;

/// The edit after which the document says what the kernel has. It has no steps.
///
/// `ids` gives ids that are free in the document, for interfaces that it gets.
///
/// # Errors
/// If the drift is not there any more, if no document can say what the kernel has, or if it can
/// only once something else is accepted.
pub fn accept(
    document: &Document,
    observed: &Observed,
    drift: &Drift,
    ids: impl FnMut() -> InterfaceId,
) -> Accepted {
    let edit = edit(document, observed, drift, ids)?;
    let mut after = document.clone();
    apply(&mut after, edit.clone()).map_err(|error| Impossible(error.to_string()))?;
    let mut left = drifts_at(&after, observed, &drift.place).into_iter();
    if left.any(|left| left.is_same(drift)) {
        return Err(Impossible(
            "it follows from something else that differs: accept that first".to_owned(),
        ));
    }
    // A rule stays in the kernel when the interface that it names goes; no document has such.
    match plan::plan_edit(document, &after, observed).first() {
        Some(step) => {
            let command = command::of_step(step, &command::Names::of(&after)).words();
            Err(Impossible(format!(
                "the document could have it only with another change of the kernel: {command}"
            )))
        }
        None => Ok(edit),
    }
}

/// The same without a proof.
pub(super) fn edit(
    document: &Document,
    observed: &Observed,
    drift: &Drift,
    ids: impl FnMut() -> InterfaceId,
) -> Accepted {
    let mut now = drifts_at(document, observed, &drift.place).into_iter();
    let Some(now) = now.find(|now| now.is_same(drift)) else {
        return Err(Impossible("it is not so any more".to_owned()));
    };
    let seen = Seen { document, observed };
    match &now.place {
        Place::Namespace(id) => seen.namespace(*id, &now),
        Place::Interface(id) => seen.interface(*id, &now),
        Place::Stranger { namespace, name } => seen.stranger(*namespace, name, ids),
    }
}

/// Both sides.
#[derive(Clone, Copy)]
struct Seen<'a> {
    document: &'a Document,
    observed: &'a Observed,
}

impl Seen<'_> {
    fn namespace(self, namespace: NamespaceId, drift: &Drift) -> Accepted {
        let what = drift.difference.what.as_str();
        if what == "namespace" {
            return Ok(Edit::Remove(Selection::namespace(namespace)));
        }
        let found = self.observed.namespaces.get(&namespace);
        let wanted = self.document.namespaces.get(&namespace);
        let (Some(found), Some(wanted)) = (found, wanted) else {
            return Err(cannot(what));
        };
        let forwarding = |family| Edit::SetForwarding {
            namespace,
            family,
            on: found.forwarding.get(family),
        };
        match what {
            "name" => Ok(Edit::RenameNamespace {
                namespace,
                name: found.name.clone(),
            }),
            "IPv4 forwarding" => Ok(forwarding(Family::Ipv4)),
            "IPv6 forwarding" => Ok(forwarding(Family::Ipv6)),
            "firewall" => {
                let text = found.firewall.as_ref().map(|known| known.ruleset.as_str());
                let ruleset = text.map(Ruleset::new).transpose();
                let ruleset = ruleset.map_err(|error| Impossible(error.to_string()))?;
                Ok(Edit::SetFirewall { namespace, ruleset })
            }
            "route" => self.route(namespace, wanted, found, drift),
            "rule" => self.rule(namespace, wanted, found, drift),
            "uplink" => Ok(Edit::SetUplink { on: !wanted.uplink }),
            name if sysctl::setting(name, false).is_ok() => {
                setting(Owner::Namespace(namespace), name, drift)
            }
            other => Err(cannot(other)),
        }
    }

    fn route(
        self,
        namespace: NamespaceId,
        wanted: &Namespace,
        found: &ObservedNamespace,
        drift: &Drift,
    ) -> Accepted {
        if drift.difference.observed.is_empty() {
            let is_it = |route: &&Route| {
                route_text(self.document, route) == drift.difference.wanted
                    && !plan::has_route(self.document, found, route)
            };
            let route = wanted.routes.iter().find(is_it).cloned();
            let route = route.ok_or_else(|| cannot("route"))?;
            return Ok(Edit::RemoveRoute { namespace, route });
        }
        let mut unwanted = plan::unwanted(self.document, wanted, found);
        let known =
            unwanted.find(|known| plan::known_text(found, known) == drift.difference.observed);
        let known = known.ok_or_else(|| cannot("route"))?;
        let route = adopt::route(namespace, known, &self.ids(namespace));
        let route = route.ok_or_else(|| first("an interface of it"))?;
        // The kernel has one of a destination and metric in a table: this is instead of another.
        let instead = wanted.routes.iter().filter(|route| {
            plan::is_in_the_way(route, known) && !plan::has_route(self.document, found, route)
        });
        let mut edits: Vec<_> = instead
            .cloned()
            .map(|route| Edit::RemoveRoute { namespace, route })
            .collect();
        edits.push(Edit::AddRoute {
            namespace,
            route,
            index: None,
        });
        Ok(all(edits))
    }

    fn rule(
        self,
        namespace: NamespaceId,
        wanted: &Namespace,
        found: &ObservedNamespace,
        drift: &Drift,
    ) -> Accepted {
        let name = |id: &InterfaceId| Some(self.document.interfaces.get(id)?.name.clone());
        let named = |rule: &Rule<InterfaceId>| rule.map(name);
        let text = |rule: &Rule<InterfaceName>| rule.words().join(" ");
        if drift.difference.observed.is_empty() {
            let is_it = |rule: &&Rule<InterfaceId>| {
                named(rule).is_some_and(|rule| text(&rule) == drift.difference.wanted)
            };
            let rule = wanted.rules.iter().find(is_it).cloned();
            let rule = rule.ok_or_else(|| cannot("rule"))?;
            return Ok(Edit::RemoveRule { namespace, rule });
        }
        let mut rules = found.rules.iter();
        let known = rules.find(|rule| text(rule) == drift.difference.observed);
        let known = known.ok_or_else(|| cannot("rule"))?;
        let id = |name: &InterfaceName| self.document.interface_named(namespace, name.as_str());
        let rule = known.map(id).ok_or_else(|| {
            Impossible("it names an interface that the document does not have".to_owned())
        })?;
        // There is one of a family and priority: this is instead of another.
        let instead = wanted.rules.iter().filter(|other| {
            let is_there = named(other).is_some_and(|other| found.rules.contains(&other));
            (other.family, other.priority) == (rule.family, rule.priority) && !is_there
        });
        let mut edits: Vec<_> = instead
            .cloned()
            .map(|rule| Edit::RemoveRule { namespace, rule })
            .collect();
        edits.push(Edit::AddRule { namespace, rule });
        Ok(all(edits))
    }

    fn interface(self, interface: InterfaceId, drift: &Drift) -> Accepted {
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

    fn stranger(
        self,
        namespace: NamespaceId,
        name: &str,
        mut ids: impl FnMut() -> InterfaceId,
    ) -> Accepted {
        let found = self.observed.interface_named(namespace, name);
        let (index, known) = found.ok_or_else(|| cannot("interface"))?;
        let mut new = vec![(namespace, index)];
        if let ObservedKind::Other(kind) = &known.kind {
            let kind = if kind.is_empty() { "nameless" } else { kind };
            return Err(Impossible(format!(
                "documents have no interfaces of the kind `{kind}`"
            )));
        }
        if let ObservedKind::Veth { peer } = known.kind {
            let peer = peer.ok_or_else(|| {
                Impossible("the other end of the link is in no namespace of the lab".to_owned())
            })?;
            let mut strange = status::strangers_in(self.document, self.observed, peer.namespace);
            if !strange.any(|(index, _)| index == peer.index) {
                return Err(Impossible(
                    "the other end stands for an interface that the document has elsewhere"
                        .to_owned(),
                ));
            }
            new.push((peer.namespace, peer.index));
        }
        let mut known = Ids::new();
        let below = found_links(self.observed, namespace, index);
        for namespace in new.iter().map(|(namespace, _)| *namespace).chain(below) {
            known.extend(self.ids(namespace));
        }
        known.extend(new.iter().map(|place| (*place, ids())));
        let mut interfaces = BTreeMap::new();
        for (namespace, index) in new {
            let around = self.observed.namespaces.get(&namespace);
            let made = around.and_then(|around| {
                let mut made = adopt::interface(
                    namespace,
                    around.interfaces.get(&index)?,
                    &known,
                    self.observed,
                )?;
                if made.master.is_none() {
                    made.port = Parameters::default();
                }
                Some((*known.get(&(namespace, index))?, made))
            });
            let (id, made) = made.ok_or_else(|| first("what it stands on"))?;
            interfaces.insert(id, made);
        }
        Ok(Edit::Insert(Fragment {
            interfaces,
            ..Fragment::default()
        }))
    }

    /// Which interface of the document one of the kernel stands for.
    fn id(self, namespace: NamespaceId, index: u32) -> Result<InterfaceId, Impossible> {
        let inside = self.observed.namespaces.get(&namespace);
        let found = inside.and_then(|inside| inside.interfaces.get(&index));
        let known = found.and_then(|found| self.id_of(namespace, found));
        known.ok_or_else(|| first(found.map_or("that interface", |found| found.name.as_str())))
    }

    fn id_of(self, namespace: NamespaceId, found: &ObservedInterface) -> Option<InterfaceId> {
        let is_here = |id: &InterfaceId| {
            let wanted = self.document.interfaces.get(id);
            wanted.is_some_and(|wanted| wanted.namespace == namespace)
        };
        let by_name = || self.document.interface_named(namespace, &found.name);
        found.id.filter(is_here).or_else(by_name)
    }

    /// Which interfaces of a namespace stand for which of the document.
    fn ids(self, namespace: NamespaceId) -> Ids {
        let inside = self.observed.namespaces.get(&namespace).into_iter();
        let inside = inside.flat_map(|inside| &inside.interfaces);
        inside
            .filter_map(|(index, found)| Some(((namespace, *index), self.id_of(namespace, found)?)))
            .collect()
    }
}

/// A setting of the kernel that somebody changed.
fn setting(owner: Owner, name: &str, drift: &Drift) -> Accepted {
    let observed = drift.difference.observed.as_str();
    let value = match observed.is_empty() {
        true => None,
        false => Some(observed.parse().map_err(|_| cannot(name))?),
    };
    Ok(Edit::SetSysctl {
        owner,
        name: name.to_owned(),
        value,
    })
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

/// One edit, or several as one.
fn all(mut edits: Vec<Edit>) -> Edit {
    match edits.pop() {
        Some(only) if edits.is_empty() => only,
        last => {
            edits.extend(last);
            Edit::Batch { edits }
        }
    }
}

fn first(name: &str) -> Impossible {
    Impossible(format!(
        "the document does not have {name}: accept that first"
    ))
}

/// For what has no edit.
fn cannot(what: &str) -> Impossible {
    Impossible(format!(
        "the document cannot say this of the {what}: revert it, or make it anew here"
    ))
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

/// The namespaces of what an interface stands on.
fn found_links(observed: &Observed, namespace: NamespaceId, index: u32) -> BTreeSet<NamespaceId> {
    let found = observed.at(ObservedPeer { namespace, index });
    let device = found.and_then(|found| found.kind.device()).into_iter();
    let links = device.flat_map(Device::links);
    links.map(|lower| lower.namespace).collect()
}
