//! Links: their two ends.

use super::{Report, Severity};
use crate::document::Kind;
use crate::edit::Field;
use crate::id::{InterfaceId, NamespaceId};
use crate::plan::wanted_mtu;

pub(super) fn check(report: &mut Report<'_>) {
    for link in report.document.links() {
        ends(report, link.ends);
    }
    unconnected(report);
    bridge_mtu(report);
}

fn ends(report: &mut Report<'_>, [a, b]: [InterfaceId; 2]) {
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
    let mtus = (
        wanted_mtu(document, a, first),
        wanted_mtu(document, b, second),
    );
    if mtus.0 != mtus.1 {
        let other = document.describe_interface(b);
        let text = format!(
            "its MTU is {}, and that of {other} is {}: large packets vanish",
            mtus.0, mtus.1
        );
        report.interface(
            Severity::Warning,
            (a, Field::Mtu),
            text,
            "give both ends the same MTU",
        );
    }
    let meets = |x: &ipnet::IpNet| {
        second
            .addresses
            .iter()
            .any(|y| y.contains(&x.addr()) || x.contains(&y.addr()))
    };
    let same_family = |x: &ipnet::IpNet| {
        second
            .addresses
            .iter()
            .any(|y| y.addr().is_ipv4() == x.addr().is_ipv4())
    };
    let is_cable = first.bridge.is_none() && second.bridge.is_none();
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
    for &id in document
        .namespaces
        .keys()
        .filter(|id| **id != NamespaceId::HOST)
    {
        let is_alone = !document
            .interfaces_of(id)
            .any(|(_, i)| matches!(i.kind, Kind::Veth { .. }));
        if is_alone {
            let text = "nothing connects it".to_owned();
            let hint = "drag from its port to a bridge or another namespace";
            report.namespace(Severity::Info, (id, None), text, hint);
        }
    }
}

/// A bridge with an MTU below that of a port drops what is larger, without a word.
fn bridge_mtu(report: &mut Report<'_>) {
    let document = report.document;
    for (id, bridge) in document.bridges() {
        let own = wanted_mtu(document, id, bridge);
        let largest = document
            .ports_of(id)
            .map(|(port, i)| wanted_mtu(document, port, i))
            .max();
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
