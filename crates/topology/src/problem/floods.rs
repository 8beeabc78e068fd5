//! Bridges that the kernel floods by itself.
//!
//! Every interface that comes up makes an IPv6 address of its own, looks whether somebody else has
//! it, joins its group and asks for routers, all by multicast, which a bridge sends to all its
//! ports: frames by the square of their number, also if nobody wants IPv6.

use std::collections::BTreeSet;

use super::bridges::MAX_PORTS;
use super::fixes::Fix;
use super::{Report, Severity};
use crate::address::Family;
use crate::document::{Document, Interface};
use crate::edit::{Edit, Field};
use crate::id::{InterfaceId, NamespaceId};
use crate::kind::{Parameters, Value};
use crate::sysctl::{Owner, is_quiet};

/// From how many ports on it is told: below, it is over before anybody sees it.
const MANY_PORTS: usize = 100;

/// Frames that a bridge passes on for each port that floods and each port that there is, until all
/// is quiet (measured: 5.85 million with 1,000 ports).
const FRAMES: usize = 6;

/// The setting that ends it: no address is made, and nothing is sent until somebody gives one.
const SETTING: &str = "net.ipv6.conf.all.addr_gen_mode";

pub(super) fn check(report: &mut Report<'_>) {
    let document = report.document;
    let mut has_ipv6 = None;
    for (id, _) in document.bridges() {
        let ports = report.ports_of(id);
        // One with too many does not come up.
        if !(MANY_PORTS..=MAX_PORTS).contains(&ports.len()) {
            continue;
        }
        let flooding = ports
            .iter()
            .filter(|(_, port)| floods(document, port))
            .count();
        if flooding < MANY_PORTS || *has_ipv6.get_or_insert_with(|| says_ipv6(document)) {
            continue;
        }
        let frames = thousands(flooding * ports.len() * FRAMES);
        let text = format!(
            "the lab has no IPv6 in it, and the kernel sends it all the same: about {frames} frames \
             pass its {} ports when they come up",
            ports.len()
        );
        let hint = format!("set {SETTING} to 1 in the namespaces on it: then none are sent");
        report.interface(Severity::Warning, (id, Field::Sysctl), text, &hint);
    }
}

/// One edit after which nothing floods the bridge: in its own namespace, for its side of the links,
/// and in those at the other ends.
pub(super) fn fix(document: &Document, bridge: InterfaceId) -> Option<Fix> {
    let found = document
        .interfaces
        .get(&bridge)
        .filter(|i| i.kind.is_bridge())?;
    let far = document.ports_of(bridge).filter_map(|(_, port)| {
        let end = document.interfaces.get(&port.peer()?)?;
        Some(end.namespace)
    });
    let namespaces: BTreeSet<NamespaceId> = far.chain([found.namespace]).collect();
    let set = |namespace| Edit::SetSysctl {
        owner: Owner::Namespace(namespace),
        name: SETTING.to_owned(),
        value: Some(1),
    };
    Some(Fix {
        label: "Keep IPv6 quiet".to_owned(),
        edit: Edit::Batch {
            edits: namespaces.into_iter().map(set).collect(),
        },
    })
}

/// Whether the other end of a port floods the bridge when it comes up.
fn floods(document: &Document, port: &Interface) -> bool {
    let far = port.peer().and_then(|peer| document.interfaces.get(&peer));
    far.is_some_and(|far| far.master.is_none() && !is_quiet(document, far))
}

/// Whether anything in a document is about IPv6.
fn says_ipv6(document: &Document) -> bool {
    let is_ipv6 = |value: &Parameters<InterfaceId>| {
        let mut values = value.iter();
        values.any(|(_, value)| matches!(value, Value::Address(address) if address.is_ipv6()))
    };
    let mut interfaces = document.interfaces.values();
    let mut namespaces = document.namespaces.values();
    interfaces.any(|i| {
        i.addresses.iter().any(|a| a.addr().is_ipv6())
            || i.neighbours.iter().any(|n| n.address.is_ipv6())
            || i.sysctls.keys().any(|name| name.starts_with("ipv6."))
            || i.kind.device().is_some_and(|d| is_ipv6(&d.parameters))
    }) || namespaces.any(|ns| {
        ns.forwarding.ipv6
            || ns.routes.iter().any(|r| r.family() == Family::Ipv6)
            || ns.rules.iter().any(|r| r.family == Family::Ipv6)
    })
}

/// `5,850,000`.
fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
