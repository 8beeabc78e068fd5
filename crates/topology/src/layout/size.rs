//! How large cards and bars are: large enough for what is written on them.
//!
//! The constants are those of the types in which the front end writes.

use super::{is_listed, lines_of};
use crate::address::InterfaceAddress;
use crate::document::Document;
use crate::id::{InterfaceId, NamespaceId, Node};
use crate::serve::summary;

/// Width of a character of the monospaced type of addresses and interface names, in canvas units.
pub const MONO: f64 = 6.6;
/// Width of a character of the type of names, at most but for the broadest letters.
pub const NAME: f64 = 8.2;
/// Room at both sides of a card.
pub const SIDE: f64 = 16.0;
/// Between the name of an interface and its address.
pub const GAP: f64 = 8.0;
/// Where the text of a bar begins: beside its emblem.
pub const BAR_TEXT: f64 = 44.0;
/// Height of one line of a card: an interface or its further address, a gateway.
pub const LINE: f64 = 19.0;
/// Height of one line of a bar: an address.
pub const BAR_LINE: f64 = 16.0;

/// Narrowest card.
const CARD_WIDTH: f64 = 196.0;
/// Widest card: the longest interface name beside the longest address fits.
const MAX_CARD_WIDTH: f64 = 440.0;
/// Width of a character of the small type beside the name.
const SMALL: f64 = 6.0;
/// Width of the word `forwards` beside the name.
const FORWARDS: f64 = 48.0;
/// Height of a card's heading.
const CARD_HEAD: f64 = 40.0;
/// Space below the last line.
const CARD_FOOT: f64 = 14.0;
/// Least distance of cables that leave a box on one side: their labels stand between them.
const PITCH: f64 = 32.0;
/// Rounded corners, where no cable leaves.
const CORNERS: f64 = 44.0;
/// Height of a bridge's bar with one line.
const BRIDGE_HEIGHT: f64 = 50.0;
/// Narrowest bar.
const BRIDGE_WIDTH: f64 = 220.0;
/// Width that a port adds to a bar beyond what fits the narrowest one.
const PORT_WIDTH: f64 = 56.0;
/// Width up to which ports have as much room as they like; then they stand at the least distance.
const WIDE_BRIDGE: f64 = 1200.0;

/// Width and height of a node, in canvas units.
pub fn size_of(document: &Document, node: Node) -> (f64, f64) {
    match node {
        Node::Namespace(id) => card(document, id),
        Node::Bridge(id) => bar(document, id),
    }
}

fn card(document: &Document, id: NamespaceId) -> (f64, f64) {
    let chars = |text: &str| text.chars().count() as f64;
    let mut widest: f64 = 0.0;
    let mut cables: f64 = 0.0;
    for (_, interface) in document.interfaces_of(id) {
        if interface.peer().is_some() {
            cables += 1.0;
        }
        if is_listed(document, interface) {
            let name = chars(interface.name.as_str()) * MONO + GAP;
            let text = |address: &InterfaceAddress| chars(&address.to_string()) * MONO;
            let address = interface.addresses.iter().map(text).fold(0.0, f64::max);
            widest = widest.max(name + address);
        }
    }
    for route in document
        .namespaces
        .get(&id)
        .iter()
        .flat_map(|ns| &ns.routes)
    {
        if let Some(gateway) = route.gateway.filter(|_| route.is_default()) {
            widest = widest.max(chars(&format!("via {gateway}")) * MONO);
        }
    }
    if let Some(namespace) = document.namespaces.get(&id) {
        let forwards = namespace.forwarding.ipv4 || namespace.forwarding.ipv6;
        let mut aside = if forwards { GAP + FORWARDS } else { 0.0 };
        if !namespace.serve.is_empty() {
            aside += GAP + chars(&summary(&namespace.serve)) * SMALL;
        }
        widest = widest.max(SIDE + chars(namespace.name.as_str()) * NAME + aside);
    }
    let height = CARD_HEAD + LINE * lines_of(document, id) + CARD_FOOT;
    (
        (widest + 2.0 * SIDE)
            .clamp(CARD_WIDTH, MAX_CARD_WIDTH)
            .ceil(),
        height.max(CORNERS + PITCH * (cables - 1.0)),
    )
}

fn bar(document: &Document, id: InterfaceId) -> (f64, f64) {
    let ports = document.ports_of(id).count() as f64;
    let lines = bar_lines(document, id);
    let longest = lines.iter().map(|line| line.chars().count()).max();
    let text = BAR_TEXT + longest.unwrap_or(0) as f64 * MONO + SIDE;
    let roomy = (PORT_WIDTH * (ports + 1.0)).clamp(BRIDGE_WIDTH, WIDE_BRIDGE);
    let least = CORNERS + PITCH * (ports - 1.0);
    let more = lines.len().saturating_sub(1) as f64;
    (
        roomy.max(least).max(text).ceil(),
        BRIDGE_HEIGHT + BAR_LINE * more,
    )
}

/// What stands below a bridge's name: where it lives if not in the host, and a line for each
/// address; without any, how many ports it has.
pub fn bar_lines(document: &Document, id: InterfaceId) -> Vec<String> {
    let Some(bridge) = document.interfaces.get(&id) else {
        return Vec::new();
    };
    let mut lines: Vec<String> = bridge.addresses.iter().map(ToString::to_string).collect();
    if lines.is_empty() {
        lines.push(match document.ports_of(id).count() {
            1 => "1 port".to_owned(),
            ports => format!("{ports} ports"),
        });
    }
    if bridge.namespace != NamespaceId::HOST
        && let Some(first) = lines.first_mut()
    {
        let home = document.describe_namespace(bridge.namespace);
        *first = format!("in {home} · {first}");
    }
    lines
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::read::read;

    fn sizes(text: &str) -> Vec<(f64, f64)> {
        let document = read(text).unwrap().document;
        super::super::nodes(&document)
            .map(|node| size_of(&document, node))
            .collect()
    }

    #[test]
    fn a_card_is_as_wide_as_its_longest_line() {
        let text = |address: &str| {
            format!(
                "netyard: 1\nnamespaces: {{red: {{}}, blue: {{}}}}\nlinks:\n  - red/veth-long: \
                 {{addresses: [\"{address}\"]}}\n    blue/b: {{}}\n"
            )
        };
        let short = sizes(&text("10.0.0.1/8"));
        assert_eq!(short[0].0, CARD_WIDTH);
        let long = sizes(&text("fd12:3456:789a:bcde:1234:5678:9abc:def0/64"));
        let needed = (9.0 + 42.0) * MONO + GAP + 2.0 * SIDE;
        assert!(
            long[0].0 >= needed && long[0].0 <= MAX_CARD_WIDTH,
            "{long:?}"
        );
        assert_eq!(long[1].0, CARD_WIDTH);
    }

    #[test]
    fn a_bar_has_a_line_for_each_address() {
        let text = |addresses: &str| {
            format!(
                "netyard: 1\nnamespaces: {{host: {{bridges: {{br0: {{addresses: [{addresses}]}}}}}}}}\n"
            )
        };
        let [one] = sizes(&text("10.0.0.254/24"))[..] else {
            panic!("one bridge")
        };
        let [two] = sizes(&text("10.0.0.254/24, \"fd00::fe/64\""))[..] else {
            panic!("one bridge")
        };
        assert_eq!(one, (BRIDGE_WIDTH, BRIDGE_HEIGHT));
        assert_eq!(two, (BRIDGE_WIDTH, BRIDGE_HEIGHT + BAR_LINE));
    }

    #[test]
    fn parallel_cables_have_room_between_them() {
        let mut text = "netyard: 1\nnamespaces: {red: {}, blue: {}}\nlinks:\n".to_owned();
        for n in 0..8 {
            text.push_str(&format!("  - {{red/r{n}: {{}}, blue/b{n}: {{}}}}\n"));
        }
        let [red, ..] = sizes(&text)[..] else {
            panic!("two cards")
        };
        assert!((red.1 - CORNERS) / 7.0 >= PITCH);
    }
}
