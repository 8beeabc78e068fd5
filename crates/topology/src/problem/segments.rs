//! Networks of one number that no cable joins, and addresses that two have.

use std::collections::BTreeMap;
use std::net::IpAddr;

use ipnet::IpNet;

use super::{Report, Severity};
use crate::document::{Document, Kind};
use crate::edit::Field;
use crate::id::InterfaceId;

pub(super) fn check(report: &mut Report<'_>) {
    let document = report.document;
    let segments = segments(document);
    let mut networks: BTreeMap<IpNet, Vec<(InterfaceId, IpAddr)>> = BTreeMap::new();
    for (&id, interface) in document
        .interfaces
        .iter()
        .filter(|(_, i)| i.kind != Kind::Loopback)
    {
        for address in &interface.addresses {
            if address.prefix_len() < address.max_prefix_len() {
                networks
                    .entry(address.trunc())
                    .or_default()
                    .push((id, address.addr()));
            }
        }
    }
    for (network, members) in networks {
        duplicates(report, &segments, &members);
        apart(report, &segments, network, &members);
    }
}

/// The segment of each interface: those with one number hear each other's broadcasts.
fn segments(document: &Document) -> BTreeMap<InterfaceId, InterfaceId> {
    let mut parents: BTreeMap<InterfaceId, InterfaceId> = BTreeMap::new();
    let mut join = |a: InterfaceId, b: InterfaceId| {
        let (a, b) = (root(&parents, a), root(&parents, b));
        if a != b {
            parents.insert(a, b);
        }
    };
    for link in document.links() {
        join(link.ends[0], link.ends[1]);
    }
    for (&id, interface) in &document.interfaces {
        if let Some(bridge) = interface.bridge {
            join(id, bridge);
        }
    }
    document
        .interfaces
        .keys()
        .map(|id| (*id, root(&parents, *id)))
        .collect()
}

fn root(parents: &BTreeMap<InterfaceId, InterfaceId>, mut id: InterfaceId) -> InterfaceId {
    while let Some(parent) = parents.get(&id) {
        id = *parent;
    }
    id
}

type Segments = BTreeMap<InterfaceId, InterfaceId>;

fn duplicates(report: &mut Report<'_>, segments: &Segments, members: &[(InterfaceId, IpAddr)]) {
    for (index, (id, address)) in members.iter().enumerate() {
        let same = |(other, known): &&(InterfaceId, IpAddr)| {
            known == address && segments.get(other) == segments.get(id)
        };
        if let Some((other, _)) = members.iter().take(index).find(same) {
            let other = report.document.describe_interface(*other);
            let text =
                format!("{address} is on {other} too, on the same segment: answers go to either");
            report.interface(
                Severity::Warning,
                (*id, Field::Addresses),
                text,
                "give one of them another address",
            );
        }
    }
}

/// Hosts of one network that cannot hear each other: each asks for the other with ARP, in vain.
fn apart(
    report: &mut Report<'_>,
    segments: &Segments,
    network: IpNet,
    members: &[(InterfaceId, IpAddr)],
) {
    let mut groups: BTreeMap<InterfaceId, Vec<InterfaceId>> = BTreeMap::new();
    for (id, _) in members {
        if let Some(segment) = segments.get(id) {
            groups.entry(*segment).or_default().push(*id);
        }
    }
    let mut groups = groups.into_values();
    let Some(first) = groups.next() else { return };
    let names = |ids: &[InterfaceId]| {
        let names: Vec<_> = ids
            .iter()
            .map(|id| report.document.describe_interface(*id))
            .collect();
        names.join(", ")
    };
    let here = names(&first);
    let others: Vec<_> = groups
        .map(|group| (group.first().copied(), names(&group)))
        .collect();
    for (id, there) in others {
        let Some(id) = id else { continue };
        let text = format!(
            "{there} and {here} are in one network, {network}, but no cable or bridge joins them"
        );
        let hint = "plug them into one bridge, or give one side another network and a route";
        report.interface(Severity::Warning, (id, Field::Addresses), text, hint);
    }
}
