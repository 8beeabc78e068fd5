//! A lab of Kathará: `lab.conf` with collision domains, and a script for each machine.
//!
//! A link is a domain of two; a bridge of the host that does nothing but switch is the domain of all
//! that is plugged into it. What else the host does needs a machine, `host`. Interfaces are `eth0`
//! and so on there; a script's first lines give them the names of the lab.

use std::collections::{BTreeMap, BTreeSet};

use super::names::{file_name, fitting, letters};
use super::{Export, File, beyond, inside, lost};
use crate::command::Command;
use crate::document::{Document, Interface, Kind};
use crate::id::{InterfaceId, NamespaceId};
use crate::import::Remark;
use crate::kind::{Device, Parameters};
use crate::name::InterfaceName;
use crate::step::Step;

/// Longest name of a machine (Kathará's `Machine`: `^[a-z0-9_]{1,30}$`).
const MAX_NAME: usize = 30;

pub(super) fn write(document: &Document) -> Export {
    let mut left = Vec::new();
    let hubs = hubs(document);
    for hub in &hubs {
        left.push(lost(
            document.describe_interface(*hub),
            "a collision domain stands for it: its own name and those of its ports are not written",
        ));
    }
    let wiring = Wiring::of(document, &hubs);
    let machines = machines(document, &hubs, &wiring, &mut left);
    let folder = file_name(&document.title);
    let mut configuration = String::new();
    let title = document.title.trim().replace('"', "'");
    if !title.is_empty() {
        configuration.push_str(&format!("LAB_NAME=\"{title}\"\n"));
    }
    let mut files = Vec::new();
    for (id, name) in &machines {
        configuration.push('\n');
        let ports = wiring.ports.get(id).map(Vec::as_slice).unwrap_or_default();
        for (number, (_, domain)) in ports.iter().enumerate() {
            configuration.push_str(&format!("{name}[{number}]=\"{domain}\"\n"));
        }
        configuration.push_str(&format!("{name}[image]=\"kathara/base\"\n"));
        if has_ipv6(document, *id) {
            configuration.push_str(&format!("{name}[ipv6]=\"true\"\n"));
        }
        let startup = startup(document, *id, ports, &hubs);
        if !startup.is_empty() {
            files.push(File {
                path: format!("{folder}/{name}.startup"),
                text: startup,
            });
        }
    }
    files.insert(
        0,
        File {
            path: format!("{folder}/lab.conf"),
            text: configuration,
        },
    );
    if document.has_uplink() {
        left.push(lost(
            "host",
            "its uplink: say `[bridged]` of a machine instead",
        ));
    }
    left.extend(beyond::of_lab(document, "Kathará has no such thing"));
    left.extend(beyond::of_abroad(document));
    Export { files, lost: left }
}

/// The bridges that are nothing but the place where cables meet.
fn hubs(document: &Document) -> BTreeSet<InterfaceId> {
    let in_host = document
        .bridges()
        .filter(|(_, bridge)| bridge.namespace == NamespaceId::HOST);
    let is_hub = |&(id, bridge): &(InterfaceId, &Interface)| {
        let usual = Kind::Device(Device::new(crate::document::DeviceKind::Bridge));
        let ports: Vec<_> = document.ports_of(id).collect();
        bridge.kind == usual
            && is_plain(bridge)
            && bridge.master.is_none()
            && ports.len() > 2
            && ports.iter().all(|(_, port)| {
                let peer = port.peer().and_then(|peer| document.interfaces.get(&peer));
                let is_elsewhere = peer.is_some_and(|peer| peer.namespace != NamespaceId::HOST);
                is_plain(port) && is_elsewhere && port.port == Parameters::default()
            })
            && !is_named(document, id, &ports)
    };
    in_host.filter(is_hub).map(|(id, _)| id).collect()
}

/// Up, and nothing set.
fn is_plain(interface: &Interface) -> bool {
    let usual = Interface {
        up: true,
        master: interface.master,
        port: interface.port.clone(),
        ..Interface::new(
            interface.namespace,
            interface.name.clone(),
            interface.kind.clone(),
        )
    };
    *interface == usual
}

/// Whether something of the host is about it or one of its ports.
fn is_named(document: &Document, hub: InterfaceId, ports: &[(InterfaceId, &Interface)]) -> bool {
    let is_one = |id: InterfaceId| id == hub || ports.iter().any(|(port, _)| *port == id);
    let host = document.namespaces.get(&NamespaceId::HOST);
    let routes = host.into_iter().flat_map(|host| &host.routes);
    let rules = host.into_iter().flat_map(|host| &host.rules);
    let mut devices = document.interfaces_of(NamespaceId::HOST);
    routes
        .into_iter()
        .any(|route| route.interfaces().any(is_one))
        || rules
            .into_iter()
            .any(|rule| rule.interfaces().any(|id| is_one(*id)))
        || devices.any(|(id, i)| !is_one(id) && i.kind.links().any(is_one))
}

/// Which interfaces are in which collision domains.
struct Wiring {
    /// By machine: its interfaces, the `number`th being `eth` and that number, and their domains.
    ports: BTreeMap<NamespaceId, Vec<(InterfaceId, String)>>,
}

impl Wiring {
    fn of(document: &Document, hubs: &BTreeSet<InterfaceId>) -> Self {
        let mut domains: BTreeMap<InterfaceId, String> = BTreeMap::new();
        let mut ports: BTreeMap<NamespaceId, Vec<(InterfaceId, String)>> = BTreeMap::new();
        let mut count = 0;
        for link in document.links() {
            let ends = link.ends.map(|end| (end, document.interfaces.get(&end)));
            let [(a, Some(first)), (b, Some(second))] = ends else {
                continue;
            };
            if first.namespace == second.namespace {
                continue;
            }
            let hub_of = |end: &Interface| end.master.filter(|master| hubs.contains(master));
            let hub = hub_of(first).or_else(|| hub_of(second));
            let mut next = || {
                count += 1;
                letters(count - 1)
            };
            let domain = match hub {
                Some(hub) => domains.entry(hub).or_insert_with(next).clone(),
                None => next(),
            };
            for (id, end) in [(a, first), (b, second)] {
                if hub_of(end).is_none() {
                    let of = ports.entry(end.namespace).or_default();
                    of.push((id, domain.clone()));
                }
            }
        }
        for of in ports.values_mut() {
            number(document, of);
        }
        Self { ports }
    }
}

/// Puts those that are called so already at the place of their number.
fn number(document: &Document, ports: &mut [(InterfaceId, String)]) {
    for place in 0..ports.len() {
        let wanted = eth(place);
        let is_it = |(id, _): &(InterfaceId, String)| {
            let found = document.interfaces.get(id);
            found.is_some_and(|interface| interface.name.as_str() == wanted)
        };
        if let Some(found) = ports.iter().position(is_it) {
            ports.swap(place, found);
        }
    }
}

fn eth(number: usize) -> String {
    format!("eth{number}")
}

/// The namespaces that are machines, with their names there.
fn machines(
    document: &Document,
    hubs: &BTreeSet<InterfaceId>,
    wiring: &Wiring,
    left: &mut Vec<Remark>,
) -> Vec<(NamespaceId, String)> {
    // A folder of that name is for all machines.
    let mut taken = BTreeSet::from(["shared".to_owned()]);
    let is_needed = |id: &NamespaceId| {
        let ports = wiring.ports.get(id).map(Vec::as_slice).unwrap_or_default();
        *id != NamespaceId::HOST
            || !ports.is_empty()
            || !startup(document, *id, ports, hubs).is_empty()
    };
    let needed = document.namespaces.iter().filter(|(id, _)| is_needed(id));
    let name_of = |(id, namespace): (&NamespaceId, &crate::document::Namespace)| {
        let name = namespace.name.as_str();
        let is_allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        let lower = name.to_lowercase();
        let fit = fitting(&lower, is_allowed, '_', MAX_NAME, &mut taken);
        if *id == NamespaceId::HOST {
            left.push(lost(
                name,
                format!("it is a machine like others there, `{fit}`"),
            ));
        } else if fit != name {
            left.push(lost(
                name,
                format!("Kathará does not take the name: it is {fit} there"),
            ));
        }
        (*id, fit)
    };
    needed.map(name_of).collect()
}

fn has_ipv6(document: &Document, id: NamespaceId) -> bool {
    let mut interfaces = document.interfaces_of(id);
    interfaces.any(|(_, interface)| interface.addresses.iter().any(|a| a.addr().is_ipv6()))
}

fn startup(
    document: &Document,
    id: NamespaceId,
    ports: &[(InterfaceId, String)],
    hubs: &BTreeSet<InterfaceId>,
) -> String {
    let renamed = ports.iter().enumerate().filter_map(|(number, (port, _))| {
        let name = &document.interfaces.get(port)?.name;
        (name.as_str() != eth(number)).then(|| {
            let set = |words: &[&str]| {
                let mut argv = vec!["ip", "link", "set"];
                argv.extend(words);
                Command::of(&argv).to_string()
            };
            let now = eth(number);
            format!(
                "{}\n{}\n",
                set(&[&now, "down"]),
                set(&[&now, "name", name.as_str()])
            )
        })
    });
    let mut text: String = renamed.collect();
    // Kathará lets every machine forward.
    let forwards = |ns: &crate::document::Namespace| ns.forwarding.ipv4;
    let is_machine = id != NamespaceId::HOST || !ports.is_empty();
    if is_machine && !document.namespaces.get(&id).is_some_and(forwards) {
        text.push_str("sysctl -w net.ipv4.ip_forward=0\n");
    }
    let of_hub = |name: &InterfaceName| {
        let found = document.interface_named(NamespaceId::HOST, name.as_str());
        found.is_some_and(|id| {
            let master = document.interfaces.get(&id).and_then(|i| i.master);
            hubs.contains(&id) || master.is_some_and(|master| hubs.contains(&master))
        })
    };
    let is_hubs = |step: &Step| {
        id == NamespaceId::HOST
            && match step {
                Step::AddDevice { new, .. } => of_hub(&new.at.name),
                // A machine's own is up from the beginning.
                Step::SetUp { at, up: true } if at.name == InterfaceName::loopback() => true,
                Step::SetUp { at, .. } | Step::SetMaster { at, .. } => of_hub(&at.name),
                _ => false,
            }
    };
    for command in inside(document, id, is_hubs) {
        text.push_str(&format!("{command}\n"));
    }
    text
}
