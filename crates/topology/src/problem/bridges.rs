//! Bridges: ports, loops.

use std::collections::BTreeMap;

use super::{Report, Severity};
use crate::edit::Field;
use crate::id::InterfaceId;

/// Most ports of a Linux bridge: `BR_MAX_PORTS` - 1 (net/bridge/br_private.h); one more is EXFULL.
const MAX_PORTS: usize = 1023;

pub(super) fn check(report: &mut Report<'_>) {
    ports(report);
    loops(report);
}

fn ports(report: &mut Report<'_>) {
    let document = report.document;
    for (id, bridge) in document.bridges() {
        let count = document.ports_of(id).count();
        if count > MAX_PORTS {
            let text = format!("it has {count} ports, and a Linux bridge takes {MAX_PORTS}");
            report.interface(
                Severity::Error,
                (id, Field::Bridge),
                text,
                "use a second bridge",
            );
        }
        if !bridge.up && count > 0 {
            let text = "it is down and has ports: nothing passes".to_owned();
            report.interface(Severity::Warning, (id, Field::Up), text, "set it up");
        }
    }
    for (&id, port) in document
        .interfaces
        .iter()
        .filter(|(_, i)| i.bridge.is_some())
    {
        if let Some(address) = port.addresses.first() {
            let text = format!(
                "it is a port of a bridge and has {address}: what arrives goes to the bridge"
            );
            report.interface(
                Severity::Warning,
                (id, Field::Addresses),
                text,
                "give the bridge the address",
            );
        }
        if !port.up {
            let text = "it is a port of a bridge and down: nothing passes".to_owned();
            report.interface(Severity::Warning, (id, Field::Up), text, "set it up");
        }
    }
}

/// Bridges joined by more than one way: frames would circle for ever, and take the machine's
/// processors with them.
fn loops(report: &mut Report<'_>) {
    let document = report.document;
    let mut groups: BTreeMap<InterfaceId, InterfaceId> = BTreeMap::new();
    for link in document.links() {
        let [a, b] = link
            .ends
            .map(|end| document.interfaces.get(&end).and_then(|i| i.bridge));
        let (Some(a), Some(b)) = (a, b) else { continue };
        let (a, b) = (root(&groups, a), root(&groups, b));
        if a == b {
            let [end, _] = link.ends;
            let text = "it closes a loop of bridges: frames would circle for ever".to_owned();
            report.interface(
                Severity::Error,
                (end, Field::Bridge),
                text,
                "remove one of the links",
            );
        } else {
            groups.insert(a, b);
        }
    }
}

fn root(groups: &BTreeMap<InterfaceId, InterfaceId>, mut id: InterfaceId) -> InterfaceId {
    while let Some(next) = groups.get(&id) {
        id = *next;
    }
    id
}
