//! Bridges: ports, loops.

use super::groups::Groups;
use super::{Report, Severity};
use crate::document::{Document, Interface, Link};
use crate::edit::Field;
use crate::id::InterfaceId;

/// Most ports of a Linux bridge: `BR_MAX_PORTS` - 1 (net/bridge/br_private.h); one more is EXFULL.
pub(super) const MAX_PORTS: usize = 1023;

pub(super) fn check(report: &mut Report<'_>) {
    ports(report);
    loops(report);
}

fn ports(report: &mut Report<'_>) {
    let document = report.document;
    for (id, bridge) in document.bridges() {
        let count = report.ports_of(id).len();
        if count > MAX_PORTS {
            let text = format!("it has {count} ports, and a Linux bridge takes {MAX_PORTS}");
            report.interface(
                Severity::Error,
                (id, Field::Master),
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
        .filter(|(_, i)| bridge_of(document, i).is_some())
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
/// processors with them. Links that are up come first: one that is down only threatens to.
fn loops(report: &mut Report<'_>) {
    let document = report.document;
    let mut groups = Groups::default();
    let is_up = |link: &Link| {
        let ends = link.ends.iter();
        ends.flat_map(|end| document.interfaces.get(end))
            .all(|end| end.up)
    };
    let (up, down): (Vec<_>, Vec<_>) = document.links().partition(is_up);
    let threatens = "once its ends are up, it closes a loop of bridges: frames circle for ever";
    let closes = "it closes a loop of bridges: frames would circle for ever";
    let links = up.iter().map(|link| (link, Severity::Error, closes));
    let links = links.chain(down.iter().map(|link| (link, Severity::Warning, threatens)));
    for (link, severity, text) in links {
        let [a, b] = link
            .ends
            .map(|end| bridge_of(document, document.interfaces.get(&end)?));
        let cuts = |id: Option<InterfaceId>| id.is_some_and(|id| has_stp(document, id));
        if cuts(a) || cuts(b) {
            // Its messages come back to it, and it blocks a port.
            continue;
        }
        if let (Some(a), Some(b)) = (a, b)
            && !groups.join(a, b)
        {
            let [end, _] = link.ends;
            let hint = "remove one of the links, or set `stp_state` on a bridge";
            report.interface(severity, (end, Field::Master), text.to_owned(), hint);
        }
    }
}

/// The bridge of which an interface is a port.
fn bridge_of(document: &Document, interface: &Interface) -> Option<InterfaceId> {
    let master = interface.master?;
    let found = document.interfaces.get(&master)?;
    found.kind.is_bridge().then_some(master)
}

fn has_stp(document: &Document, bridge: InterfaceId) -> bool {
    let device = document
        .interfaces
        .get(&bridge)
        .and_then(|i| i.kind.device());
    device.is_some_and(|device| device.parameters.number("stp_state") == Some(1))
}
