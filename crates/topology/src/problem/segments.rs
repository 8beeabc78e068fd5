//! Networks of one number that no cable joins, and addresses that two have.

use std::collections::BTreeMap;
use std::net::IpAddr;

use ipnet::IpNet;

use super::groups::Groups;
use super::{Report, Severity};
use crate::address::is_link_local;
use crate::document::{DeviceKind, Document, Kind};
use crate::edit::Field;
use crate::id::InterfaceId;

/// Names told of many.
const MOST_NAMES: usize = 3;

pub(super) fn check(report: &mut Report<'_>) {
    let document = report.document;
    let mut segments = segments(document);
    let mut networks: BTreeMap<IpNet, BTreeMap<InterfaceId, Vec<InterfaceId>>> = BTreeMap::new();
    let mut owners: BTreeMap<(InterfaceId, IpAddr), InterfaceId> = BTreeMap::new();
    for (&id, interface) in &document.interfaces {
        if interface.kind == Kind::Loopback {
            continue;
        }
        let segment = segments.of(id);
        for address in &interface.addresses {
            match owners.get(&(segment, address.addr())) {
                // With two prefixes on one interface.
                Some(other) if *other == id => {}
                Some(other) => duplicate(report, id, *other, address.addr()),
                None => drop(owners.insert((segment, address.addr()), id)),
            }
            // Link-local networks are one on every link.
            if address.prefix_len() < address.max_prefix_len() && !is_link_local(address.addr()) {
                let members = networks.entry(address.network()).or_default();
                members.entry(segment).or_default().push(id);
            }
        }
    }
    for (network, groups) in networks {
        apart(report, network, groups.into_values().collect());
    }
}

/// Those of one segment hear each other's broadcasts.
fn segments(document: &Document) -> Groups {
    let mut groups = Groups::default();
    for link in document.links() {
        let [a, b] = link.ends;
        groups.join(a, b);
    }
    // Tunnels and VLANs of one number are taken as joined: whether they are is not seen here.
    let mut numbered: BTreeMap<(DeviceKind, Option<u64>), InterfaceId> = BTreeMap::new();
    for (&id, interface) in &document.interfaces {
        let master = interface
            .master
            .and_then(|id| Some((id, document.interfaces.get(&id)?)));
        if let Some((master, _)) = master.filter(|(_, found)| !found.kind.is(DeviceKind::Vrf)) {
            groups.join(id, master);
        }
        let Some(device) = interface.kind.device() else {
            continue;
        };
        match device.kind {
            DeviceKind::Macvlan | DeviceKind::Ipvlan => {
                if let Some(lower) = device.lower() {
                    groups.join(id, *lower);
                }
            }
            DeviceKind::Vlan
            | DeviceKind::Vxlan
            | DeviceKind::Gre
            | DeviceKind::Ipip
            | DeviceKind::Wireguard => {
                let number = (device.kind, device.parameters.number("id"));
                let first = *numbered.entry(number).or_insert(id);
                groups.join(id, first);
            }
            DeviceKind::Bridge | DeviceKind::Dummy | DeviceKind::Bond | DeviceKind::Vrf => {}
        }
    }
    groups
}

fn duplicate(report: &mut Report<'_>, id: InterfaceId, other: InterfaceId, address: IpAddr) {
    let other = report.document.describe_interface(other);
    let text = format!("{address} is on {other} too, on the same segment: answers go to either");
    let hint = "give one of them another address";
    report.interface(Severity::Warning, (id, Field::Addresses), text, hint);
}

/// Hosts of one network that cannot hear each other: each asks for the other with ARP, in vain.
fn apart(report: &mut Report<'_>, network: IpNet, mut groups: Vec<Vec<InterfaceId>>) {
    groups.sort();
    let [first, others @ ..] = groups.as_slice() else {
        return;
    };
    let names = |ids: &[InterfaceId]| {
        let told = ids.iter().take(MOST_NAMES);
        let mut names: Vec<_> = told
            .map(|id| report.document.describe_interface(*id))
            .collect();
        if ids.len() > MOST_NAMES {
            names.push(format!("{} more", ids.len() - MOST_NAMES));
        }
        names.join(", ")
    };
    let here = names(first);
    let others: Vec<_> = others
        .iter()
        .filter_map(|group| Some((*group.first()?, names(group))))
        .collect();
    for (id, there) in others {
        let text = format!(
            "{there} and {here} are in one network, {network}, but no cable or bridge joins them"
        );
        let hint = "plug them into one bridge, or give one side another network and a route";
        report.interface(Severity::Warning, (id, Field::Addresses), text, hint);
    }
}
