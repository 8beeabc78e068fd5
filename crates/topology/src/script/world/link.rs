//! Interfaces: made, set, moved.

use super::World;
use crate::command::action::{LinkChange, NewEnd};
use crate::edit::MAX_INTERFACES;
use crate::id::NamespaceId;
use crate::kind::{Device, DeviceKind, mtu_range};
use crate::mac::Mac;
use crate::model::{renamed, taken_out};
use crate::name::{InterfaceName, NamespaceName};
use crate::observed::{ObservedInterface, ObservedKind, ObservedPeer};
use crate::quality::qdisc::Qdiscs;
use crate::step::{At, NewInterface, Step};

/// Kinds of which each namespace has a first one where the machine has loaded their module
/// (`net.core.fb_tunnels_only_for_init_net`).
const HAS_FIRST: [&str; 8] = [
    "gre", "gretap", "ip6gre", "ipip", "sit", "ip6tnl", "vti", "erspan",
];

impl World {
    pub(super) fn add_device(
        &mut self,
        here: NamespaceId,
        end: NewEnd,
        device: &Device<InterfaceName>,
        below: Option<&NamespaceName>,
    ) -> Result<(), String> {
        let name = self.name_of_new(here, &end, device.kind.table().name, None)?;
        let new = self.new_interface(here, &end, name)?;
        let at = new.at.clone();
        let kind = device.kind;
        let is_named = below.is_some();
        let below = match below {
            Some(name) => self.target(name)?,
            None => here,
        };
        let mut underlay = None;
        if at.namespace != below && kind.has_underlay() && device.lower().is_none() {
            if kind.names_underlay() && !is_named {
                return Err(format!(
                    "through which namespace a {kind} sends that is made in another depends on the kernel: say it with `link-netns`"
                ));
            }
            underlay = Some(below);
        }
        let lower = |name: &InterfaceName| {
            Some(At {
                namespace: below,
                name: name.clone(),
            })
        };
        let device = device.map(lower).unwrap_or_else(|| Device::new(kind));
        is_allowed(&at, &device)?;
        self.step(&Step::AddDevice {
            new,
            device,
            underlay,
        })?;
        self.set_new(&at, &end)
    }

    pub(super) fn add_veth(&mut self, here: NamespaceId, ends: [NewEnd; 2]) -> Result<(), String> {
        let [first, second] = &ends;
        // The other end is registered first (`veth_newlink`).
        let other = self.name_of_new(here, second, "veth", first.name.as_ref())?;
        let name = self.name_of_new(here, first, "veth", Some(&other))?;
        let made = [
            self.new_interface(here, first, name)?,
            self.new_interface(here, second, other)?,
        ];
        let places = made.each_ref().map(|new| new.at.clone());
        self.step(&Step::AddVeth { ends: made })?;
        for (at, end) in places.iter().zip(&ends) {
            self.set_new(at, end)?;
        }
        Ok(())
    }

    fn new_interface(
        &mut self,
        here: NamespaceId,
        end: &NewEnd,
        name: InterfaceName,
    ) -> Result<NewInterface, String> {
        Ok(NewInterface {
            id: Some(self.fresh_interface()?),
            at: At {
                namespace: self.place_of(here, end)?,
                name,
            },
        })
    }

    fn place_of(&self, here: NamespaceId, end: &NewEnd) -> Result<NamespaceId, String> {
        match &end.namespace {
            Some(name) => self.target(name),
            None => Ok(here),
        }
    }

    /// What a new interface is called. Without a name the kernel calls it by its kind and the first
    /// number that is free there (`rtnl_create_link`, `dev_alloc_name`).
    fn name_of_new(
        &self,
        here: NamespaceId,
        end: &NewEnd,
        kind: &str,
        taken: Option<&InterfaceName>,
    ) -> Result<InterfaceName, String> {
        if let Some(name) = &end.name {
            return Ok(name.clone());
        }
        let namespace = self.place_of(here, end)?;
        if HAS_FIRST.contains(&kind) {
            return Err(format!(
                "a {kind} without a name: which one it gets depends on the machine, which has one in each namespace or has not"
            ));
        }
        let is_free = |name: &InterfaceName| {
            !self.has_interface(namespace, name.as_str()) && taken != Some(name)
        };
        (0..MAX_INTERFACES)
            .filter_map(|number| format!("{kind}{number}").parse().ok())
            .find(is_free)
            .ok_or_else(|| format!("no name is free for a {kind}"))
    }

    /// What may be set while an interface is made.
    fn set_new(&mut self, at: &At, end: &NewEnd) -> Result<(), String> {
        if let Some(mac) = end.mac {
            self.set_mac(at, mac)?;
        }
        if let Some(mtu) = end.mtu {
            self.set_mtu(at, mtu)?;
        }
        if end.up {
            self.set_up(at, true)?;
        }
        match &end.master {
            Some(master) => self.set_master(at, Some(master.clone())),
            None => Ok(()),
        }
    }

    fn set_up(&mut self, at: &At, up: bool) -> Result<(), String> {
        // One that is down does not go down again: it keeps its IPv6 addresses.
        if self.exists(at)?.up == up {
            return Ok(());
        }
        let at = at.clone();
        self.step(&Step::SetUp { at, up })
    }

    fn set_mac(&mut self, at: &At, mac: Mac) -> Result<(), String> {
        let id = self.exists(at)?.id;
        self.step(&Step::SetMac {
            at: at.clone(),
            mac,
        })?;
        self.macs.extend(id.map(|id| (id, mac)));
        Ok(())
    }

    fn set_mtu(&mut self, at: &At, mtu: u32) -> Result<(), String> {
        let found = self.exists(at)?;
        let id = found.id;
        let range = mtu_range(found.kind.name());
        if !range.contains(&mtu) {
            let (least, most) = (range.start(), range.end());
            return Err(format!(
                "the kernel refuses an MTU of {mtu}: it takes {least} to {most} bytes here"
            ));
        }
        let at = at.clone();
        self.step(&Step::SetMtu { at, mtu })?;
        self.mtus.extend(id.map(|id| (id, mtu)));
        Ok(())
    }

    pub(super) fn set_link(
        &mut self,
        here: NamespaceId,
        name: InterfaceName,
        change: LinkChange,
    ) -> Result<(), String> {
        let mut at = At {
            namespace: here,
            name,
        };
        self.exists(&at)?;
        if let (true, Some(Some(vrf))) = (change.is_vrf, &change.master) {
            self.table_of_vrf(here, vrf)?;
        }
        if let Some((kind, changes)) = change.device {
            let at = at.clone();
            let lower = |name: &InterfaceName| {
                Some(At {
                    namespace: here,
                    name: name.clone(),
                })
            };
            let changes = renamed(&changes, lower);
            self.step(&Step::SetParameters { at, kind, changes })?;
        }
        if let Some(changes) = change.port {
            let at = at.clone();
            self.step(&Step::SetPort { at, changes })?;
        }
        if let Some(namespace) = &change.namespace {
            at = self.move_to(&at, namespace, change.name.as_ref())?;
        }
        if let Some(mac) = change.mac {
            self.set_mac(&at, mac)?;
        }
        if let Some(mtu) = change.mtu {
            self.set_mtu(&at, mtu)?;
        }
        if let Some(name) = change.name.filter(|name| *name != at.name) {
            if self.exists(&at)?.kind == ObservedKind::Loopback {
                return Err("the loopback of a lab's namespace keeps its name".to_owned());
            }
            let step = Step::RenameInterface {
                at: at.clone(),
                name: name.clone(),
            };
            self.step(&step)?;
            at.name = name;
        }
        if let Some(master) = change.master {
            self.set_master(&at, master)?;
        }
        match change.up {
            Some(up) => self.set_up(&at, up),
            None => Ok(()),
        }
    }

    /// The table of a VRF, which that name must be of (`name_is_vrf` of iproute2).
    pub(in crate::script) fn table_of_vrf(
        &self,
        here: NamespaceId,
        name: &InterfaceName,
    ) -> Result<u32, String> {
        let at = At {
            namespace: here,
            name: name.clone(),
        };
        let device = self.exists(&at)?.kind.device();
        let vrf = device.filter(|device| device.kind == DeviceKind::Vrf);
        let table = vrf.and_then(|vrf| u32::try_from(vrf.parameters.number("table")?).ok());
        table.ok_or_else(|| format!("{name}: Not a valid VRF name"))
    }

    fn set_master(&mut self, at: &At, bridge: Option<InterfaceName>) -> Result<(), String> {
        if let Some(bridge) = &bridge {
            let bridge = At {
                namespace: at.namespace,
                name: bridge.clone(),
            };
            self.exists(&bridge)?;
            self.is_no_loop(at, &bridge)?;
        }
        let at = at.clone();
        self.step(&Step::SetMaster { at, master: bridge })
    }

    /// The kernel would take both ends of a link into one bridge; no document does.
    fn is_no_loop(&self, at: &At, bridge: &At) -> Result<(), String> {
        let ObservedKind::Veth { peer: Some(peer) } = self.exists(at)?.kind else {
            return Ok(());
        };
        if !self.exists(bridge)?.kind.is_bridge() {
            return Ok(());
        }
        let other = self.state.namespaces.get(&peer.namespace);
        let other = other.and_then(|ns| ns.interfaces.get(&peer.index));
        let index = self
            .state
            .interface_named(bridge.namespace, bridge.name.as_str())
            .map(|(index, _)| index);
        let is_loop = peer.namespace == bridge.namespace
            && index.is_some()
            && other.is_some_and(|other| other.master == index);
        match is_loop {
            true => Err("a link cannot join a bridge to itself: it would be a loop".to_owned()),
            false => Ok(()),
        }
    }

    /// A move takes state, addresses, bridge and routes away, as in `__dev_change_net_namespace`
    /// (net/core/dev.c). No step does it: the engine makes interfaces where they are to be.
    fn move_to(
        &mut self,
        at: &At,
        name: &NamespaceName,
        new_name: Option<&InterfaceName>,
    ) -> Result<At, String> {
        let to = self.target(name)?;
        if to == at.namespace {
            return Ok(at.clone());
        }
        let found = self.exists(at)?;
        may_move(at, found)?;
        let kind = found.kind.clone();
        let moved_to = At {
            namespace: to,
            name: new_name.unwrap_or(&at.name).clone(),
        };
        if self.exists(&moved_to).is_ok() {
            return Err(format!(
                "an interface {} exists in {name}: it cannot be moved there",
                moved_to.name
            ));
        }
        self.set_master(at, None)?;
        self.set_up(at, false)?;
        let index = self
            .state
            .interface_named(at.namespace, at.name.as_str())
            .map(|(index, _)| index);
        let old = index.map(|index| ObservedPeer {
            namespace: at.namespace,
            index,
        });
        let above = old.into_iter().flat_map(|old| self.state.standing_on(old));
        let above: Vec<_> = above.map(|(place, _)| place).collect();
        let from = self.state.namespaces.get_mut(&at.namespace);
        let taken = from.and_then(|from| taken_out(from, index?));
        let target = self.state.namespaces.get_mut(&to);
        let (Some(mut moved), Some(target)) = (taken, target) else {
            return Err(format!("{} could not be moved to {name}", at.name));
        };
        moved.addresses.clear();
        let device = kind.device();
        let sends = device.filter(|d| d.kind.has_underlay() && d.lower().is_none());
        if sends.is_some() {
            let underlay = moved.underlay.unwrap_or(at.namespace);
            moved.underlay = Some(underlay).filter(|underlay| *underlay != to);
        }
        // Its settings are those of a new one there (`inetdev_init`, `ipv6_add_dev`).
        moved.sysctls.clear();
        moved.neighbours.clear();
        // `dev_shutdown`.
        moved.qdiscs = Qdiscs::default();
        if let Some(id) = moved.id {
            self.roots.remove(&id);
        }
        moved.name = moved_to.name.to_string();
        let last = target.interfaces.keys().next_back();
        let index = last.map_or(1, |last| last + 1);
        target.interfaces.insert(index, moved);
        let now = ObservedPeer {
            namespace: to,
            index,
        };
        if let ObservedKind::Veth { peer: Some(peer) } = kind
            && let Some(other) = self.state.at_mut(peer)
        {
            other.kind = ObservedKind::Veth { peer: Some(now) };
        }
        self.state.take_up(now);
        // What stands on it stays where it is.
        for place in above {
            let Some(upper) = self.state.at_mut(place) else {
                continue;
            };
            if let ObservedKind::Device(device) = &mut upper.kind {
                let moved =
                    |link: &ObservedPeer| Some(if Some(*link) == old { now } else { *link });
                device.parameters = device.parameters.map_known(moved);
                self.state.take_up(place);
            }
        }
        Ok(moved_to)
    }
}

/// Refuses a device that stands on what no document lets it stand on.
fn is_allowed(at: &At, device: &Device<At>) -> Result<(), String> {
    let kind = device.kind;
    let is_abroad = device.links().any(|lower| lower.namespace != at.namespace);
    match is_abroad && !kind.stands_abroad() {
        true => Err(format!(
            "a {kind} in another namespace than what it stands on is not supported"
        )),
        false => Ok(()),
    }
}

/// Refuses to move what the kernel keeps where it is, and what would go on to send through the
/// namespace that it leaves, which no document says.
fn may_move(at: &At, found: &ObservedInterface) -> Result<(), String> {
    let device = match &found.kind {
        ObservedKind::Veth { peer: Some(_) } => return Ok(()),
        ObservedKind::Device(device) => device,
        _ => return Err(format!("{} cannot be moved", at.name)),
    };
    match device.kind {
        DeviceKind::Bridge | DeviceKind::Bond | DeviceKind::Vrf => Err(format!(
            "{} cannot be moved: a {} stays where it was made",
            at.name, device.kind
        )),
        kind if kind.has_underlay() && device.lower().is_some() && !kind.stands_abroad() => {
            Err(format!(
                "{} cannot be moved: it would go on to send through an interface of the namespace that it leaves, which is not supported for a {kind}",
                at.name
            ))
        }
        _ => Ok(()),
    }
}
