//! What a form cannot carry, said by the kind of thing and whose it is.

use super::lost;
use crate::command::told;
use crate::document::{Document, Interface, Kind};
use crate::id::{InterfaceId, NamespaceId};
use crate::import::Remark;

/// Most objects that are named; the rest is counted.
const MOST_NAMED: usize = 6;

/// What only Netyard knows: what a lab expects, serves and advertises, which its agent does.
pub(super) fn of_lab(document: &Document, reason: &str) -> Vec<Remark> {
    let mut left = Vec::new();
    if !document.expectations.is_empty() {
        let count = document.expectations.len();
        left.push(lost(format!("{count} of the lab's expectations"), reason));
    }
    let serving = document.namespaces.values();
    let serving: Vec<_> = serving
        .filter(|namespace| !namespace.serve.is_empty())
        .map(|namespace| namespace.name.to_string())
        .collect();
    if !serving.is_empty() {
        left.push(lost(
            format!("the ports that are served by {}", listed(&serving)),
            reason,
        ));
    }
    let advertising = document.interfaces.iter();
    let advertising: Vec<_> = advertising
        .filter(|(_, interface)| interface.advertise.is_some())
        .map(|(id, _)| document.describe_interface(*id))
        .collect();
    if !advertising.is_empty() {
        left.push(lost(
            format!("the router advertisements of {}", listed(&advertising)),
            reason,
        ));
    }
    left
}

/// Interfaces that stand on one of another namespace, or send through another.
pub(super) fn abroad(document: &Document) -> impl Iterator<Item = InterfaceId> {
    let is_abroad = |interface: &Interface| {
        let lowers = interface.kind.links();
        let mut lowers = lowers.filter_map(|id| document.interfaces.get(&id));
        interface.underlay.is_some() || lowers.any(|lower| lower.namespace != interface.namespace)
    };
    let all = document.interfaces.iter();
    all.filter(move |(_, interface)| is_abroad(interface))
        .map(|(id, _)| *id)
}

/// [`abroad`], where each namespace is a machine that reaches into no other.
pub(super) fn of_abroad(document: &Document) -> impl Iterator<Item = Remark> {
    abroad(document).map(|id| {
        lost(
            document.describe_interface(id),
            "it stands on an interface of another namespace or sends through another, which a node cannot",
        )
    })
}

/// What no command says.
pub(super) fn of_commands(document: &Document) -> Vec<Remark> {
    let mut left = of_lab(document, "no command says it");
    if !document.positions.is_empty() {
        left.push(lost("the drawing's positions", "no command has them"));
    }
    if document.has_uplink() {
        left.push(lost(
            "host",
            "its uplink is a program's work beside the lab, and only a remark here",
        ));
    }
    let waits = document.interfaces.iter();
    let waits = waits.filter(|(_, interface)| interface.up && !document.is_up(interface));
    for (id, _) in waits {
        left.push(lost(
            document.describe_interface(*id),
            "it is down as long as what it stands on is down",
        ));
    }
    let waiting = told(document)
        .into_iter()
        .filter(|told| told.step.is_none() && told.command.is_remark());
    for told in waiting {
        let text = told.command.to_string();
        if let Some(command) = text.strip_prefix("# once its interface is up: ") {
            left.push(lost(
                document.describe_namespace(told.namespace),
                format!("this waits for an interface that is down: {command}"),
            ));
        }
    }
    left
}

/// What a graph of nodes, cables and addresses does not show.
pub(super) fn of_graph(document: &Document) -> Vec<Remark> {
    let mut left = of_lab(document, "a picture does not carry it");
    let namespaces = document.namespaces.iter();
    let namespaces: Vec<_> = namespaces
        .map(|(id, ns)| (ns.name.to_string(), id))
        .collect();
    let in_namespaces = |is: &dyn Fn(NamespaceId) -> bool| -> Vec<String> {
        let found = namespaces.iter().filter(|(_, id)| is(**id));
        found.map(|(name, _)| name.clone()).collect()
    };
    let at_interfaces = |is: &dyn Fn(&Interface) -> bool| -> Vec<String> {
        let found = document.interfaces.iter().filter(|(_, i)| is(i));
        found
            .map(|(id, _)| document.describe_interface(*id))
            .collect()
    };
    let of = |id: NamespaceId| document.namespaces.get(&id);
    let mut say = |what: &str, whose: Vec<String>| {
        if !whose.is_empty() {
            left.push(lost(
                format!("{what} of {}", listed(&whose)),
                "a picture does not carry it",
            ));
        }
    };
    say(
        "routes",
        in_namespaces(&|id| of(id).is_some_and(|ns| !ns.routes.is_empty())),
    );
    say(
        "policy rules",
        in_namespaces(&|id| of(id).is_some_and(|ns| !ns.rules.is_empty())),
    );
    say(
        "the firewall",
        in_namespaces(&|id| of(id).is_some_and(|ns| ns.firewall.is_some())),
    );
    say(
        "forwarding",
        in_namespaces(&|id| of(id).is_some_and(|ns| ns.forwarding.ipv4 || ns.forwarding.ipv6)),
    );
    say(
        "settings of the kernel",
        in_namespaces(&|id| {
            let own = of(id).is_some_and(|ns| !ns.sysctls.is_empty());
            own || document
                .interfaces_of(id)
                .any(|(_, i)| !i.sysctls.is_empty())
        }),
    );
    say("the link quality", at_interfaces(&|i| i.quality.is_some()));
    say(
        "the MTU or MAC address",
        at_interfaces(&|i| i.mtu.is_some() || i.mac.is_some()),
    );
    say(
        "VLANs, static entries and neighbours",
        at_interfaces(&|i| i.vlans.is_some() || !i.fdb.is_empty() || !i.neighbours.is_empty()),
    );
    say(
        "the parameters",
        at_interfaces(
            &|i| matches!(&i.kind, Kind::Device(device) if device.kind != crate::document::DeviceKind::Bridge),
        ),
    );
    left
}

/// `a, b and 3 more`.
fn listed(all: &[String]) -> String {
    let named = all.iter().take(MOST_NAMED).cloned().collect::<Vec<_>>();
    match all.len().saturating_sub(MOST_NAMED) {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}
