//! Advertisements that do not do what they look like.

use super::{Report, Severity};
use crate::edit::Field;
use crate::sysctl::has_no_ipv6;

pub(super) fn check(report: &mut Report<'_>) {
    let document = report.document;
    for (&id, interface) in &document.interfaces {
        let Some(advertisement) = &interface.advertise else {
            continue;
        };
        let at = (id, Field::Advertise);
        let namespace = document.namespaces.get(&interface.namespace);
        let forwards = namespace.is_some_and(|ns| ns.forwarding.ipv6);
        if has_no_ipv6(document, interface) {
            let text = "it advertises and has no IPv6: nothing is sent";
            let hint = "leave its IPv6 on, and an MTU of 1280 or more";
            report.interface(Severity::Warning, at, text.to_owned(), hint);
        } else if advertisement.lifetime > 0 && !forwards {
            let text = "it advertises itself as a default router and forwards no IPv6";
            let hint = "switch forwarding of IPv6 on, or set the router's lifetime to 0";
            report.interface(Severity::Warning, at, text.to_owned(), hint);
        }
    }
}
