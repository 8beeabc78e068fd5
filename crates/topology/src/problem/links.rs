//! Links: their two ends.

use std::collections::BTreeSet;

use super::{Report, Severity};
use crate::address::InterfaceAddress;
use crate::document::{Interface, Kind};
use crate::edit::Field;
use crate::id::{InterfaceId, NamespaceId};
use crate::plan::Mtus;

pub(super) fn check(report: &mut Report<'_>) {
    let mtus = Mtus::new(report.document);
    for link in report.document.links() {
        ends(report, &mtus, link.ends);
    }
    unconnected(report);
    loopbacks(report);
    bridge_mtu(report, &mtus);
}

fn ends(report: &mut Report<'_>, mtus: &Mtus<'_>, [a, b]: [InterfaceId; 2]) {
    let document = report.document;
    let (Some(first), Some(second)) = (document.interfaces.get(&a), document.interfaces.get(&b))
    else {
        return;
    };
    for (down, up) in [(a, b), (b, a)] {
        let is_up = |id| document.interfaces.get(&id).is_some_and(|i| i.up);
        if !is_up(down) && is_up(up) {
            let other = document.describe_interface(up);
            let text = format!("it is down, and so {other}, which is up, has no carrier");
            report.interface(Severity::Warning, (down, Field::Up), text, "set it up");
        }
    }
    if !first.up && !second.up {
        let text = format!(
            "it and {} are down: nothing passes",
            document.describe_interface(b)
        );
        report.interface(Severity::Info, (a, Field::Up), text, "set both ends up");
    }
    if let (Some(own), Some(far)) = (mtus.of(a, first), mtus.of(b, second))
        && own != far
    {
        let other = document.describe_interface(b);
        let text = format!("its MTU is {own}, and that of {other} is {far}: large packets vanish");
        report.interface(
            Severity::Warning,
            (a, Field::Mtu),
            text,
            "give both ends the same MTU",
        );
    }
    let meets = |x: &InterfaceAddress| {
        second
            .addresses
            .iter()
            .any(|y| y.contains(&x.addr()) || x.contains(&y.addr()))
    };
    let same_family = |x: &InterfaceAddress| {
        second
            .addresses
            .iter()
            .any(|y| y.addr().is_ipv4() == x.addr().is_ipv4())
    };
    let is_cable = first.master.is_none() && second.master.is_none();
    let comparable: Vec<_> = first.addresses.iter().filter(|x| same_family(x)).collect();
    if is_cable && !comparable.is_empty() && !comparable.into_iter().any(meets) {
        let other = document.describe_interface(b);
        let text =
            format!("its addresses are in none of the networks of {other}, at the other end");
        let hint = "give both ends addresses of one network";
        report.interface(Severity::Warning, (a, Field::Addresses), text, hint);
    }
}

fn unconnected(report: &mut Report<'_>) {
    let document = report.document;
    // What stands on an interface of another namespace connects the two.
    let standing = document.interfaces.values().flat_map(|interface| {
        let below = interface.kind.links();
        let below = below.filter_map(|id| Some(document.interfaces.get(&id)?.namespace));
        below
            .chain(interface.underlay)
            .filter(|below| *below != interface.namespace)
            .flat_map(|below| [below, interface.namespace])
    });
    let standing: BTreeSet<NamespaceId> = standing.collect();
    for &id in document
        .namespaces
        .keys()
        .filter(|id| **id != NamespaceId::HOST)
    {
        let has_cable = report
            .interfaces_of(id)
            .iter()
            .any(|(_, i)| matches!(i.kind, Kind::Veth { .. }));
        if !has_cable && !standing.contains(&id) {
            let text = "nothing connects it".to_owned();
            let hint = "drag from its port to a bridge or another namespace";
            report.namespace(Severity::Info, (id, None), text, hint);
        }
    }
}

/// Whoever calls an address of its own goes through the loopback.
fn loopbacks(report: &mut Report<'_>) {
    let document = report.document;
    for &id in document.namespaces.keys() {
        let interfaces = report.interfaces_of(id);
        let own = interfaces.iter().find_map(|(_, i)| i.addresses.first());
        let is_down = |(_, i): &&(InterfaceId, &Interface)| i.kind == Kind::Loopback && !i.up;
        if let (Some((loopback, _)), Some(address)) = (interfaces.iter().find(is_down), own) {
            let address = address.addr();
            let text =
                format!("it is down: who pings {address} in its own namespace gets no answer");
            report.interface(Severity::Info, (*loopback, Field::Up), text, "set it up");
        }
    }
}

/// A bridge with an MTU below that of a port drops what is larger, without a word.
fn bridge_mtu(report: &mut Report<'_>, mtus: &Mtus<'_>) {
    let document = report.document;
    for (id, bridge) in document.bridges() {
        let ports = report.ports_of(id);
        let known = ports.iter().filter_map(|(port, i)| mtus.of(*port, i));
        let known: Vec<_> = known.collect();
        let (least, largest) = (known.iter().copied().min(), known.into_iter().max());
        // Without one of its own a bridge takes that of its smallest port (`br_mtu_auto_adjust`).
        let own = bridge.mtu.or(least).unwrap_or_default();
        if let Some(largest) = largest.filter(|largest| *largest > own) {
            let text = format!(
                "its MTU is {own}, and that of a port is {largest}: larger frames are dropped"
            );
            report.interface(
                Severity::Warning,
                (id, Field::Mtu),
                text,
                "give all ports the same MTU",
            );
        }
    }
}
