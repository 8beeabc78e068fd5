//! Whether a lab that was just brought up can be used.
//!
//! The kernel takes an IPv6 address at once and makes sure for a second or two that nobody else on
//! the link has it (duplicate address detection, RFC 4862). Until then it is tentative: nothing can
//! be sent from it or bound to it.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::address::InterfaceAddress;
use crate::document::{Document, Interface, Kind};
use crate::id::InterfaceId;
use crate::observed::{Observed, ObservedAddress, ObservedInterface};

/// Whether every address of the document can be used, as far as it ever can: one on an interface
/// that is down or has no carrier stays tentative, and one that somebody else has is lost.
pub fn is_ready(document: &Document, observed: &Observed) -> bool {
    tentative(document, observed).is_empty()
}

/// The addresses of the document that cannot be used yet, and will be.
///
/// One that is not seen at all is on its way: what is seen may be older than what was applied.
pub fn tentative(document: &Document, observed: &Observed) -> Vec<(InterfaceId, InterfaceAddress)> {
    let awaited = document.interfaces.iter().flat_map(|(&id, wanted)| {
        let addresses = wanted.addresses.iter().filter(|a| a.addr().is_ipv6());
        addresses.map(move |address| (id, wanted, *address))
    });
    let mut awaited = awaited
        .filter(|(id, wanted, _)| will_have_carrier(document, *id, wanted))
        .peekable();
    if awaited.peek().is_none() {
        return Vec::new();
    }
    let namespaces = observed.namespaces.values();
    let known: BTreeMap<InterfaceId, &ObservedInterface> = namespaces
        .flat_map(|namespace| namespace.interfaces.values())
        .filter_map(|interface| Some((interface.id?, interface)))
        .collect();
    let is_usable = |a: &ObservedAddress| !a.tentative || a.duplicate;
    awaited
        .filter(|(id, _, address)| {
            let found = known.get(id).map(|interface| interface.addresses.iter());
            !found.is_some_and(|mut found| {
                found.any(|known| known.address == *address && is_usable(known))
            })
        })
        .map(|(id, _, address)| (id, address))
        .collect()
}

/// How long the ports of spanning trees listen and learn, each for the forward delay (IEEE 802.1D),
/// after who is the root was told with the first hellos; nothing where no bridge has a tree.
pub fn learning_time(document: &Document) -> Duration {
    let devices = document.interfaces.values().filter_map(|i| i.kind.device());
    let trees = devices.filter(|device| device.parameters.number("stp_state") == Some(1));
    // Hundredths of a second: 15 s, and hellos each 2 s, are the kernel's own.
    let delays = trees.map(|bridge| {
        let said = |name, usual| bridge.parameters.number(name).unwrap_or(usual);
        2 * said("forward_delay", 1500) + said("hello_time", 200)
    });
    Duration::from_millis(delays.max().unwrap_or_default() * 10)
}

/// How long hosts take to have addresses of what is advertised to them, from when all addresses of
/// the document can be used: a solicitation after up to 1 s (RFC 4861, 10), an advertisement 3 s
/// after the one before at most, and up to 2 s until nobody else is known to have the address
/// (RFC 4862, 5.4); nothing where nothing is advertised.
pub fn addressing_time(document: &Document) -> Duration {
    let mut interfaces = document.interfaces.values();
    match interfaces.any(|interface| interface.advertise.is_some()) {
        true => Duration::from_secs(6),
        false => Duration::ZERO,
    }
}

/// A bridge that has a live port gets its carrier a moment after it: what the document makes of it
/// counts, and not what is seen just then.
fn will_have_carrier(document: &Document, id: InterfaceId, wanted: &Interface) -> bool {
    let is_live = |end: &Interface| {
        let peer = end.peer().and_then(|id| document.interfaces.get(&id));
        end.up && peer.is_some_and(|peer| peer.up)
    };
    match &wanted.kind {
        // Nobody else is there who could have the address.
        Kind::Loopback => false,
        Kind::Veth { .. } => is_live(wanted),
        Kind::Device(device) if device.kind.table().ports.is_some() => {
            wanted.up && document.ports_of(id).any(|(_, port)| is_live(port))
        }
        Kind::Device(device) => {
            let lower = device
                .lower()
                .and_then(|lower| document.interfaces.get(lower));
            wanted.up && lower.is_none_or(is_live)
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::model;
    use crate::observed::ObservedAddress;
    use crate::plan::plan;

    /// A lab as it is when it was just brought up.
    fn brought_up(text: &str) -> (Document, Observed) {
        let document = crate::yaml::read(text).unwrap();
        let mut state = model::fresh();
        for step in plan(&document, &model::fresh()) {
            model::execute(&mut state, &step).unwrap();
        }
        each(&mut state, |address| {
            address.tentative = address.address.addr().is_ipv6()
        });
        (document, state)
    }

    fn each(state: &mut Observed, change: impl Fn(&mut ObservedAddress)) {
        let interfaces = state.namespaces.values_mut();
        let interfaces = interfaces.flat_map(|ns| ns.interfaces.values_mut());
        interfaces.flat_map(|i| &mut i.addresses).for_each(change);
    }

    const LAB: &str = "netyard: 1\nnamespaces:\n  red: {}\nlinks:\n  - red/a: {addresses: [10.0.0.1/24, 'fd00::1/64']}\n    host/b: {}\n";

    #[test]
    fn waits_until_no_address_is_tentative() {
        let (document, mut state) = brought_up(LAB);
        assert!(!is_ready(&document, &state));
        each(&mut state, |address| address.tentative = false);
        assert!(is_ready(&document, &state));
        assert!(
            !is_ready(&document, &model::fresh()),
            "nothing was seen yet"
        );
    }

    #[test]
    fn does_not_wait_for_what_will_not_be() {
        let ipv4 = LAB.replace(", 'fd00::1/64'", "");
        let down = LAB.replace("host/b: {}", "host/b: {up: false}");
        let loopback = "netyard: 1\nnamespaces:\n  red: {loopback: {addresses: ['fd00::1/128']}}\n";
        for lab in [ipv4.as_str(), down.as_str(), loopback] {
            let (document, state) = brought_up(lab);
            assert!(is_ready(&document, &state), "{lab}");
        }
        let (document, mut state) = brought_up(LAB);
        each(&mut state, |address| address.duplicate = true);
        assert!(is_ready(&document, &state), "somebody else has it");
        let ipv4 = crate::yaml::read(&ipv4).unwrap();
        assert!(
            is_ready(&ipv4, &Observed::default()),
            "not even for the first sight"
        );
    }

    #[test]
    fn a_bridge_is_waited_for_if_a_port_is_live() {
        let lab = "netyard: 1\nnamespaces:\n  red: {}\n  host: {bridges: {br0: {addresses: ['fd00::1/64']}}}\nlinks:\n  - red/a: {}\n    host/b: {bridge: br0}\n";
        let (document, state) = brought_up(lab);
        assert!(!is_ready(&document, &state));
        let (document, state) = brought_up(&lab.replace("red/a: {}", "red/a: {up: false}"));
        assert!(is_ready(&document, &state));
    }
}
