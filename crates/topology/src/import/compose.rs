//! Docker Compose files.
//!
//! A service becomes a namespace for each of its replicas, a network a bridge of the host that has
//! the network's gateway, as Docker makes it. The host forwards nothing between them: Docker keeps
//! networks apart too. Networks that say no subnet get those that Docker's own pools would give,
//! in the order in which they stand in the file.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use indexmap::IndexMap;
use ipnet::IpNet;

use super::builder::{Builder, End};
use super::report::File;
use super::tree::{Entry, Tree, parse};
use super::variables;
use crate::id::NamespaceId;
use crate::read::Format;
use crate::script::Beside;

mod network;
mod others;

use network::Networks;
use others::Others;

/// Most replicas of a service.
const MOST_REPLICAS: usize = 256;

/// Keys of a service that say nothing of the network.
const NO_NETWORK: [&str; 26] = [
    "build",
    "command",
    "configs",
    "devices",
    "dns",
    "dns_search",
    "entrypoint",
    "env_file",
    "environment",
    "expose",
    "extra_hosts",
    "gpus",
    "healthcheck",
    "hostname",
    "domainname",
    "init",
    "ipc",
    "links",
    "pid",
    "privileged",
    "secrets",
    "tmpfs",
    "ulimits",
    "user",
    "volumes",
    "volumes_from",
];

/// Reads a file.
pub(super) fn read(builder: &mut Builder, file: &File, text: &str, beside: &Beside) {
    builder.in_file(&file.path);
    let mut tree = match parse(&file.path, text) {
        Ok(tree) => tree,
        Err(refusal) => {
            builder.at(refusal.line);
            return builder.refuse(refusal.what, refusal.reason);
        }
    };
    interpolate(builder, &mut tree);
    let tree = Others::new(beside).merged(builder, tree);
    if let Some(name) = tree.text_of("name") {
        builder.title(name);
    }
    let mut services = Vec::new();
    for entry in tree.get("services").map(Tree::entries).unwrap_or_default() {
        builder.at(entry.line);
        if let Some(profiles) = entry.value.get("profiles") {
            builder.at(profiles.line);
            builder.left_out(format!(
                "the service {}: Docker starts it only if its profile is asked for",
                entry.key
            ));
        } else {
            services.push(entry);
        }
    }
    let mut networks = Networks::read(builder, &tree, &services);
    let mut members = Members::default();
    for entry in &services {
        builder.at(entry.line);
        members.add(builder, entry, &mut networks);
    }
    networks.make(builder);
    members.connect(builder, &mut networks);
}

/// The other files that a file includes or extends services of, and that are not beside it.
pub(super) fn wanted(file: &File, text: &str, beside: &Beside) -> Vec<String> {
    let Ok(mut tree) = parse(&file.path, text) else {
        return Vec::new();
    };
    let mut builder = Builder::new(Format::Compose, usize::MAX);
    interpolate(&mut builder, &mut tree);
    let mut others = Others::new(beside);
    others.merged(&mut builder, tree);
    others.wanted()
}

fn interpolate(builder: &mut Builder, tree: &mut Tree) {
    tree.each_text(&mut |line, text| {
        text.contains('$').then(|| {
            builder.at(line);
            interpolated(builder, text)
        })
    });
}

/// Replaces variables as Compose does; nothing is known of the environment.
fn interpolated(builder: &mut Builder, text: &str) -> String {
    variables::replace(text, true, |found| {
        Some(match found.operator {
            ":-" | "-" | ":=" | "=" => interpolated(builder, found.word),
            ":+" | "+" => String::new(),
            ":?" | "?" => {
                builder.refuse(
                    format!("${{{}}}", found.name),
                    "the file demands a value for it, and none is known here",
                );
                String::new()
            }
            _ => {
                builder.changed(format!("${} has no value here: it is empty", found.name));
                String::new()
            }
        })
    })
}

/// A container, and where it is plugged in.
struct Member {
    line: usize,
    name: String,
    namespace: NamespaceId,
    /// Networks in the order of their interfaces, with what is asked of each.
    plugs: Vec<Plug>,
}

/// What is asked of a network.
#[derive(Clone, Default)]
struct Plug {
    network: String,
    addresses: Vec<IpAddr>,
    mac: Option<String>,
    priority: i64,
}

#[derive(Default)]
struct Members {
    all: Vec<Member>,
}

impl Members {
    fn add(&mut self, builder: &mut Builder, entry: &Entry, networks: &mut Networks) {
        let (name, service) = (&entry.key, &entry.value);
        let count = replicas(builder, name, service);
        let said: Vec<_> = NO_NETWORK
            .iter()
            .filter(|key| service.get(key).is_some())
            .copied()
            .collect();
        if !said.is_empty() {
            builder.left_out(format!(
                "{} of {name}: what runs in a container is no part of a lab",
                said.join(", ")
            ));
        }
        if let Some(ports) = service.get("ports") {
            builder.at(ports.line);
            builder.left_out(format!(
                "ports of {name}: a lab has no ports of the machine; what runs in the lab reaches \
                 the container by its address"
            ));
        }
        let mode = service.text_of("network_mode").or(service.text_of("net"));
        let shared = mode.and_then(|mode| mode.strip_prefix("service:"));
        for number in 1..=count {
            builder.at(entry.line);
            let own = match count {
                1 => name.clone(),
                _ => format!("{name}-{number}"),
            };
            let mut plugs = Vec::new();
            let namespace = match (mode, shared) {
                (_, Some(other)) => {
                    builder.changed(format!(
                        "{own} shares the network of {other}: it has no namespace of its own"
                    ));
                    continue;
                }
                (Some("host"), _) => {
                    builder.changed(format!("{own} runs in the host's network"));
                    continue;
                }
                (Some("none"), _) => builder.namespace(&own),
                (Some("bridge"), _) => {
                    networks.docker0();
                    plugs.push(Plug {
                        network: "docker0".to_owned(),
                        ..Plug::default()
                    });
                    builder.namespace(&own)
                }
                (Some(other), _) if other.starts_with("container:") => {
                    builder.changed(format!(
                        "{own} shares the network of a container that is not in this file: it has \
                         a namespace of its own"
                    ));
                    builder.namespace(&own)
                }
                _ => {
                    plugs = asked(builder, name, service, networks);
                    builder.namespace(&own)
                }
            };
            if count > 1 {
                for plug in &mut plugs {
                    plug.addresses.clear();
                    plug.mac = None;
                }
            }
            builder.run(namespace, &["sysctl", "-w", "net.ipv4.ip_forward=1"]);
            let sysctls = service.get("sysctls").map(Tree::pairs).unwrap_or_default();
            self.all.push(Member {
                line: entry.line,
                name: own.clone(),
                namespace,
                plugs,
            });
            for (line, key, value) in sysctls {
                builder.at(line);
                let setting = format!("{key}={value}");
                if let Err(reason) = builder.try_run(namespace, &["sysctl", "-w", &setting]) {
                    builder.left_out(format!("the setting {setting} of {own}: {reason}"));
                }
            }
        }
    }

    fn connect(self, builder: &mut Builder, networks: &mut Networks) {
        // What is asked for is nobody else's.
        for plug in self.all.iter().flat_map(|member| &member.plugs) {
            networks.reserve(&plug.network, &plug.addresses);
        }
        for member in &self.all {
            builder.at(member.line);
            let mut has_default = false;
            for (index, plug) in member.plugs.iter().enumerate() {
                let Some(network) = networks.get(&plug.network) else {
                    continue;
                };
                let end = End {
                    namespace: member.namespace,
                    name: format!("eth{index}"),
                };
                builder.port(&network.bridge, &member.name, &end);
                if let Some(mac) = &plug.mac {
                    let argv = ["ip", "link", "set", "dev", &end.name, "address", mac];
                    builder.run(member.namespace, &argv);
                }
                for address in network.addresses(&plug.addresses) {
                    match address {
                        Ok(address) => {
                            let text = address.to_string();
                            let argv = ["ip", "address", "add", &text, "dev", &end.name];
                            builder.run(member.namespace, &argv);
                        }
                        Err(reason) => builder.refuse(member.name.clone(), reason),
                    }
                }
                if !network.is_internal && !has_default {
                    has_default = true;
                    for gateway in network.gateways() {
                        let gateway = gateway.to_string();
                        let argv = ["ip", "route", "add", "default", "via", &gateway];
                        builder.run(member.namespace, &argv);
                    }
                }
            }
        }
    }
}

fn replicas(builder: &mut Builder, name: &str, service: &Tree) -> usize {
    let said = service
        .get("scale")
        .or_else(|| service.path(&["deploy", "replicas"]));
    let Some(said) = said else {
        return 1;
    };
    builder.at(said.line);
    match said.text().and_then(|text| text.parse::<usize>().ok()) {
        Some(count @ 0..=MOST_REPLICAS) => count,
        _ => {
            builder.refuse(
                format!("replicas of {name}"),
                format!("a number up to {MOST_REPLICAS} is wanted"),
            );
            1
        }
    }
}

/// The networks of a service, in the order of its interfaces: by priority, then by name, as
/// Compose plugs them in.
fn asked(builder: &mut Builder, name: &str, service: &Tree, networks: &Networks) -> Vec<Plug> {
    let own_mac = service.text_of("mac_address").map(str::to_owned);
    let Some(list) = service.get("networks") else {
        return vec![Plug {
            network: "default".to_owned(),
            mac: own_mac,
            ..Plug::default()
        }];
    };
    let mut plugs = Vec::new();
    for item in list.items() {
        if let Some(network) = item.text() {
            plugs.push((
                item.line,
                Plug {
                    network: network.to_owned(),
                    ..Plug::default()
                },
            ));
        }
    }
    for entry in list.entries() {
        let mut addresses = Vec::new();
        for key in ["ipv4_address", "ipv6_address"] {
            let Some(text) = entry.value.text_of(key).filter(|text| !text.is_empty()) else {
                continue;
            };
            match text.parse::<IpAddr>() {
                Ok(address) => addresses.push(address),
                Err(_) => builder.refuse(key, format!("`{text}` is no address")),
            }
        }
        let priority = entry
            .value
            .text_of("priority")
            .and_then(|text| text.parse().ok());
        plugs.push((
            entry.line,
            Plug {
                network: entry.key.clone(),
                addresses,
                mac: entry.value.text_of("mac_address").map(str::to_owned),
                priority: priority.unwrap_or_default(),
            },
        ));
    }
    for (line, plug) in &plugs {
        if networks.peek(&plug.network).is_none() {
            builder.at(*line);
            builder.refuse(
                format!("network {} of {name}", plug.network),
                "there is no such network in this file",
            );
        }
    }
    let mut plugs: Vec<Plug> = plugs.into_iter().map(|(_, plug)| plug).collect();
    plugs.sort_by(|a, b| {
        let by_priority = b.priority.cmp(&a.priority);
        by_priority.then_with(|| a.network.cmp(&b.network))
    });
    if let Some(first) = plugs.first_mut().filter(|first| first.mac.is_none()) {
        first.mac = own_mac;
    }
    plugs
}
