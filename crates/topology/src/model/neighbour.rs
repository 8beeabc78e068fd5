//! Static neighbours and proxy entries.

use std::collections::BTreeSet;

use super::{Refused, index_of, interface_mut};
use crate::address::Family;
use crate::id::NamespaceId;
use crate::kind::DeviceKind;
use crate::mac::Mac;
use crate::neighbour::Neighbour;
use crate::observed::{Observed, ObservedInterface, ObservedNamespace, ObservedPeer};
use crate::step::{At, Step};
use crate::sysctl;

/// Adds an entry, in place of another of that address.
pub(super) fn add(
    state: &mut Observed,
    at: &At,
    neighbour: Neighbour,
) -> Result<Vec<Step>, Refused> {
    let index = index_of(state, at)?;
    let around = state.namespaces.get(&at.namespace);
    let has_ipv6 = around.is_some_and(|around| {
        let found = around.interfaces.get(&index);
        found.is_some_and(|found| sysctl::has_ipv6(around, found))
    });
    let found = interface_mut(state, at)?;
    let is_off = neighbour.family() == Family::Ipv6 && !has_ipv6;
    if is_off && !neighbour.is_proxy() {
        return Err(Refused(format!("{} has no IPv6", at.name)));
    }
    let instead = |old: &Neighbour| old.is_instead_of(&neighbour);
    let (old, kept): (BTreeSet<_>, _) = found.neighbours.iter().copied().partition(instead);
    found.neighbours = kept;
    found.neighbours.insert(neighbour);
    let namespace = at.namespace;
    state.take_up(ObservedPeer { namespace, index });
    let mut undo = again(at, old);
    if undo.is_empty() {
        undo.push(Step::RemoveNeighbour {
            at: at.clone(),
            neighbour,
        });
    }
    Ok(undo)
}

/// Removes an entry.
pub(super) fn remove(
    state: &mut Observed,
    at: &At,
    neighbour: Neighbour,
) -> Result<Vec<Step>, Refused> {
    let found = interface_mut(state, at)?;
    match found.neighbours.remove(&neighbour) {
        true => Ok(again(at, [neighbour])),
        false => Err(Refused(format!("{} has no entry {neighbour}", at.name))),
    }
}

/// The steps that add entries again.
pub(super) fn again(at: &At, entries: impl IntoIterator<Item = Neighbour>) -> Vec<Step> {
    let add = |neighbour| Step::AddNeighbour {
        at: at.clone(),
        neighbour,
    };
    entries.into_iter().map(add).collect()
}

/// The entries of a namespace before a step that may take some along.
pub(super) struct Before {
    namespace: NamespaceId,
    had: Vec<(u32, Had)>,
}

/// What an interface had, and on what that depends.
struct Had {
    entries: BTreeSet<Neighbour>,
    depends: Depends,
}

#[derive(Clone, Copy, PartialEq)]
struct Depends {
    up: bool,
    mac: Option<Mac>,
    master: Option<u32>,
    in_vrf: bool,
    has_ipv4: bool,
    has_ipv6: bool,
}

impl Depends {
    fn of(around: &ObservedNamespace, found: &ObservedInterface) -> Self {
        let master = found.master.and_then(|index| around.interfaces.get(&index));
        let device = master.and_then(|master| master.kind.device());
        Self {
            up: found.up,
            mac: found.mac,
            master: found.master,
            in_vrf: device.is_some_and(|device| device.kind == DeviceKind::Vrf),
            has_ipv4: found.addresses.iter().any(|a| a.address.addr().is_ipv4()),
            has_ipv6: sysctl::has_ipv6(around, found),
        }
    }

    /// Whether the kernel keeps an entry on the way to what is now: when an interface goes down
    /// all go (`arp_ifdown`, `rt6_disable_ip`), also if it comes up again at once, as it does
    /// when it joins or leaves a VRF; of IPv4 with the last address (`fib_disable_ip`), of IPv6
    /// with IPv6, and with the MAC address those that are no proxies (`neigh_changeaddr`).
    fn keeps(&self, now: &Self, entry: &Neighbour) -> bool {
        let goes_down = self.up && (!now.up || self.in_vrf != now.in_vrf);
        let is_other = self.mac != now.mac && !entry.is_proxy();
        let loses = match entry.family() {
            Family::Ipv4 => self.has_ipv4 && !now.has_ipv4,
            Family::Ipv6 => self.has_ipv6 && !now.has_ipv6,
        };
        !(goes_down || is_other || loses)
    }
}

impl Before {
    /// Of each namespace in which there is any: mostly none.
    pub(super) fn of(state: &Observed, step: &Step) -> Vec<Self> {
        let namespace = match step {
            Step::SetUp { at, .. }
            | Step::SetMtu { at, .. }
            | Step::SetMac { at, .. }
            | Step::SetMaster { at, .. }
            | Step::AddAddress { at, .. }
            | Step::RemoveAddress { at, .. }
            | Step::RemoveInterface { at } => at.namespace,
            Step::SetSysctl { namespace, .. } => *namespace,
            _ => return Vec::new(),
        };
        let reached = state.reached_from(namespace).into_iter();
        reached.filter_map(|id| Self::of_one(state, id)).collect()
    }

    fn of_one(state: &Observed, namespace: NamespaceId) -> Option<Self> {
        if !state.may_have_neighbours(namespace) {
            return None;
        }
        let around = state.namespaces.get(&namespace)?;
        let inside = around.interfaces.iter();
        let with_any = inside.filter(|(_, found)| !found.neighbours.is_empty());
        let had = |(index, found): (&u32, &ObservedInterface)| {
            let entries = found.neighbours.clone();
            let depends = Depends::of(around, found);
            (*index, Had { entries, depends })
        };
        let had: Vec<_> = with_any.map(had).collect();
        (!had.is_empty()).then_some(Self { namespace, had })
    }

    /// Takes what the kernel takes along with the step that was done; returns what brings all back
    /// once that step is taken back, which may take entries along too. To add one that is there
    /// does nothing.
    pub(super) fn lose(self, state: &mut Observed) -> Vec<Step> {
        let namespace = self.namespace;
        let mut undo = Vec::new();
        let Some(around) = state.namespaces.get(&namespace) else {
            return undo;
        };
        let mut kept = Vec::new();
        for (index, had) in self.had {
            // One that went comes again with all that it had.
            let Some(found) = around.interfaces.get(&index) else {
                continue;
            };
            let now = Depends::of(around, found);
            // A bridge without an address of its own takes one of its ports'.
            if had.depends == now && !found.kind.is_bridge() {
                continue;
            }
            if let Ok(name) = found.name.parse() {
                undo.extend(again(&At { namespace, name }, had.entries.iter().copied()));
            }
            let keeps = |entry: &Neighbour| had.depends.keeps(&now, entry);
            let (stay, go): (BTreeSet<_>, BTreeSet<_>) =
                found.neighbours.iter().copied().partition(keeps);
            if !go.is_empty() {
                kept.push((index, stay));
            }
        }
        if kept.is_empty() {
            return undo;
        }
        if let Some(around) = state.namespaces.get_mut(&namespace) {
            for (index, stay) in kept {
                let found = around.interfaces.get_mut(&index);
                found.into_iter().for_each(|i| i.neighbours = stay.clone());
            }
        }
        undo
    }
}
