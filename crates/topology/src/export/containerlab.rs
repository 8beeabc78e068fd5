//! A topology of containerlab: namespaces are nodes of kind `linux`, bridges of the host are nodes of
//! kind `bridge`, and what is set up in them are `exec` lines.
//!
//! Management networks are turned off, so that a node has the lab's interfaces only.

use std::collections::{BTreeMap, BTreeSet};

use super::names::{file_name, fitting};
use super::{beyond, inside, lost};
use crate::command::{Command, Names, of_step, told};
use crate::document::{Document, Interface};
use crate::id::{InterfaceId, NamespaceId};
use crate::import::Remark;
use crate::step::{At, Step};

/// An image with `ip`, `bridge`, `tc`, `nft` and `sysctl`.
const IMAGE: &str = "nicolaka/netshoot:latest";
/// The node that is the machine itself.
const HOST: &str = "host";

pub(super) fn write(document: &Document) -> (String, Vec<Remark>) {
    let mut left = Vec::new();
    let nodes = Nodes::of(document, &mut left);
    let mut text = String::new();
    let title = document.title.trim();
    if !title.is_empty() {
        text.push_str(&format!("# {title}\n"));
    }
    text.push_str(&format!(
        "name: {}\n\ntopology:\n  nodes:\n",
        file_name(title)
    ));
    for (id, name) in &nodes.namespaces {
        text.push_str(&format!("    {}:\n", quoted(name)));
        text.push_str(&format!(
            "      kind: linux\n      image: {IMAGE}\n      network-mode: none\n"
        ));
        let mut commands = inside(document, *id, |_| false);
        let forwards = |namespace: &crate::document::Namespace| namespace.forwarding.ipv4;
        if !document.namespaces.get(id).is_some_and(forwards) {
            // Containers do by themselves.
            commands.push(Command::of(&["sysctl", "-w", "net.ipv4.ip_forward=0"]));
        }
        text.push_str(&exec(&commands));
    }
    for (id, name) in &nodes.bridges {
        text.push_str(&format!("    {}:\n      kind: bridge\n", quoted(name)));
        left.push(made_before(document, *id));
    }
    let commands = inside(document, NamespaceId::HOST, |step| {
        is_containerlabs(document, step)
    });
    if !commands.is_empty() {
        text.push_str("    host:\n      kind: host\n");
        text.push_str(&exec(&commands));
    }
    let links: Vec<String> = document
        .links()
        .filter(|link| is_between(document, link.ends))
        .map(|link| {
            let ends = link.ends.map(|end| quoted(&nodes.endpoint(document, end)));
            format!("    - endpoints: [{}]\n", ends.join(", "))
        })
        .collect();
    if !links.is_empty() {
        text.push_str(&format!("\n  links:\n{}", links.concat()));
    }
    if document.has_uplink() {
        left.push(lost(
            "host",
            "its uplink: the host is the machine itself there",
        ));
    }
    left.extend(beyond::of_lab(document, "containerlab has no such thing"));
    left.extend(beyond::of_abroad(document));
    if text.contains('$') {
        left.push(lost(
            "`$`",
            "containerlab takes it for a variable: look at the lines that have it",
        ));
    }
    (text, left)
}

/// The names of the nodes.
struct Nodes {
    namespaces: BTreeMap<NamespaceId, String>,
    bridges: BTreeMap<InterfaceId, String>,
}

impl Nodes {
    fn of(document: &Document, left: &mut Vec<Remark>) -> Self {
        let mut taken = BTreeSet::from([HOST.to_owned()]);
        let mut fit = |name: &str| {
            let is_allowed = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
            let fit = fitting(name, is_allowed, '-', 60, &mut taken);
            if fit != name {
                let reason = format!("containerlab does not take the name: it is {fit} there");
                left.push(lost(name, reason));
            }
            fit
        };
        let bridges = document
            .bridges()
            .filter(|(_, bridge)| bridge.namespace == NamespaceId::HOST);
        let bridges = bridges
            .map(|(id, bridge)| (id, fit(bridge.name.as_str())))
            .collect();
        let namespaces = document
            .namespaces
            .iter()
            .filter(|(id, _)| **id != NamespaceId::HOST);
        let namespaces = namespaces
            .map(|(id, ns)| (*id, fit(ns.name.as_str())))
            .collect();
        Self {
            namespaces,
            bridges,
        }
    }

    fn endpoint(&self, document: &Document, id: InterfaceId) -> String {
        let Some(interface) = document.interfaces.get(&id) else {
            return id.to_string();
        };
        let bridge = interface
            .master
            .and_then(|bridge| self.bridges.get(&bridge));
        let namespace = self.namespaces.get(&interface.namespace);
        let node = bridge.or(namespace).map_or(HOST, String::as_str);
        format!("{node}:{}", interface.name)
    }
}

fn is_between(document: &Document, ends: [InterfaceId; 2]) -> bool {
    let place = |end| {
        document
            .interfaces
            .get(&end)
            .map(|i: &Interface| i.namespace)
    };
    place(ends[0]) != place(ends[1])
}

/// Whether containerlab does it by itself: it has the bridges, plugs their ports in and sets both up.
fn is_containerlabs(document: &Document, step: &Step) -> bool {
    let find = |at: &At| {
        let id = document.interface_named(at.namespace, at.name.as_str())?;
        document.interfaces.get(&id)
    };
    let is_on_bridge = |at: &At| {
        let master = find(at).and_then(|interface| interface.master);
        let master = master.and_then(|master| document.interfaces.get(&master));
        master.is_some_and(|master| master.kind.is_bridge())
    };
    let is_bridge = |at: &At| find(at).is_some_and(|interface| interface.kind.is_bridge());
    match step {
        Step::AddDevice { device, .. } => device.kind == crate::document::DeviceKind::Bridge,
        Step::SetMaster { at, .. } => is_on_bridge(at) && find(at).is_some_and(is_veth),
        Step::SetUp { at, up: true } => {
            let is_host = at.namespace == NamespaceId::HOST;
            is_host && (at.name.as_str() == "lo" || is_bridge(at) || is_on_bridge(at))
        }
        _ => false,
    }
}

fn is_veth(interface: &Interface) -> bool {
    interface.peer().is_some()
}

/// containerlab wants bridges to be there already: the command that makes this one.
fn made_before(document: &Document, bridge: InterfaceId) -> Remark {
    let names = Names::of(document);
    let makes = told(document).into_iter().find_map(|told| match told.step {
        Some(Step::AddDevice { new, device, .. }) if new.id == Some(bridge) => {
            let underlay = None;
            let step = Step::AddDevice {
                new,
                device,
                underlay,
            };
            Some(of_step(&step, &names).words())
        }
        _ => None,
    });
    lost(
        document.describe_interface(bridge),
        format!(
            "containerlab makes no bridges of the machine: run `{}` first",
            makes.unwrap_or_default()
        ),
    )
}

fn exec(commands: &[Command]) -> String {
    let said: Vec<String> = commands
        .iter()
        .filter(|command| !command.is_remark())
        .map(|command| {
            let line = match command.input {
                None => command.to_string(),
                // A line is split into words as a shell does it, and run without one.
                Some(_) => {
                    let script = command.to_string();
                    let script = shlex::try_quote(&script).unwrap_or_default();
                    format!("sh -c {script}")
                }
            };
            format!("        - {}\n", quoted(&line))
        })
        .collect();
    match said.is_empty() {
        true => String::new(),
        false => format!("      exec:\n{}", said.concat()),
    }
}

/// As YAML's double-quoted scalar, unless it is a plain word.
fn quoted(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    let begins = text.chars().next().is_some_and(|c| c.is_ascii_alphabetic());
    // What YAML would take for something else than a text.
    let is_other = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"]
        .contains(&text.to_ascii_lowercase().as_str());
    if begins && !is_other && text.chars().all(is_plain) {
        return text.to_owned();
    }
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            c if c.is_control() => quoted.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
