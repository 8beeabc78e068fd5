//! netplan configurations (`network: version: 2`).
//!
//! The file says what one machine has; that becomes the namespace `machine`. What an ethernet is
//! plugged into the file does not say: each is a link to a bridge of the host of its own, `lan-NAME`,
//! where the rest of a lab can be plugged in. Two ethernets on one bridge would be a loop where the
//! machine bridges them.

use std::collections::BTreeMap;

use super::builder::{Builder, End};
use super::report::File;
use super::tree::{Entry, Tree, parse};
use crate::id::NamespaceId;

mod devices;
mod wireguard;

/// What the machine is called.
const MACHINE: &str = "machine";

/// Sorts of interfaces in the order in which they are made, each on those before it.
const SORTS: [&str; 11] = [
    "ethernets",
    "wifis",
    "modems",
    "virtual-ethernets",
    "dummy-devices",
    "vrfs",
    "bonds",
    "bridges",
    "vlans",
    "tunnels",
    "nm-devices",
];

/// Reads a file.
pub(super) fn read(builder: &mut Builder, file: &File, text: &str) {
    builder.in_file(&file.path);
    let tree = match parse(&file.path, text) {
        Ok(tree) => tree,
        Err(refusal) => {
            builder.at(refusal.line);
            return builder.refuse(refusal.what, refusal.reason);
        }
    };
    let Some(network) = tree.get("network") else {
        return builder.refuse("", "it has no `network`");
    };
    if let Some(version) = network.get("version")
        && let Some(number) = version.text().filter(|number| *number != "2")
    {
        builder.at(version.line);
        return builder.refuse("version", format!("netplan has version 2, not {number}"));
    }
    let here = builder.namespace(MACHINE);
    let machine = Machine { here, network };
    for entry in network.entries() {
        let known = ["version", "renderer"];
        if !SORTS.contains(&entry.key.as_str()) && !known.contains(&entry.key.as_str()) {
            builder.at(entry.line);
            builder.left_out(format!("{}: what it says has no place in a lab", entry.key));
        }
    }
    machine.each(builder, Machine::make);
    machine.each(builder, Machine::enslave);
    machine.each(builder, Machine::address);
    // A route needs the addresses by which its gateway is reached.
    machine.each(builder, Machine::route);
}

/// The machine that a file describes.
struct Machine<'a> {
    here: NamespaceId,
    network: &'a Tree,
}

/// Words that are owned, as they are put together.
fn words(words: &[String]) -> Vec<&str> {
    words.iter().map(String::as_str).collect()
}

/// How deep VLANs may stand on each other here; the kernel takes 8 (`MAX_NEST_DEV`).
const DEEPEST: usize = 16;

/// The interfaces of a sort, each after the one of the same sort that it stands on: a file may name
/// them in any order.
fn lower_first(all: &[Entry]) -> Vec<&Entry> {
    let all = all.iter().filter(|entry| entry.key != "renderer");
    let mut all: Vec<_> = all.collect();
    let link = |entry: &Entry| entry.value.text_of("link").map(str::to_owned);
    let links: BTreeMap<_, _> = all
        .iter()
        .map(|entry| (entry.key.clone(), link(entry)))
        .collect();
    let lower = |id: &&String| links.get(*id)?.as_ref();
    all.sort_by_cached_key(|entry| {
        std::iter::successors(Some(&entry.key), lower)
            .take(DEEPEST)
            .count()
    });
    all
}

impl Machine<'_> {
    fn each(&self, builder: &mut Builder, act: fn(&Self, &mut Builder, &str, &Entry)) {
        for sort in SORTS {
            let all = self
                .network
                .get(sort)
                .map(Tree::entries)
                .unwrap_or_default();
            for entry in lower_first(all) {
                builder.at(entry.line);
                act(self, builder, sort, entry);
            }
        }
    }

    /// The name of an interface of the machine, where the file has one of this id.
    fn name<'a>(&'a self, id: &'a str) -> &'a str {
        let all = SORTS.iter().filter_map(|sort| self.network.get(sort));
        let found = all.flat_map(Tree::entries).find(|entry| entry.key == id);
        found
            .and_then(|entry| entry.value.text_of("set-name"))
            .unwrap_or(id)
    }

    /// A command whose failure refuses the file.
    fn run(&self, builder: &mut Builder, argv: &[&str]) {
        builder.run(self.here, argv);
    }

    fn set(&self, builder: &mut Builder, name: &str, key: &str, value: &str) {
        self.run(builder, &["ip", "link", "set", "dev", name, key, value]);
    }

    fn make(&self, builder: &mut Builder, sort: &str, entry: &Entry) {
        let name = self.name(&entry.key).to_owned();
        let tree = &entry.value;
        match sort {
            // It is there already.
            "ethernets" | "dummy-devices" if name == "lo" => {}
            "ethernets" | "wifis" | "modems" | "nm-devices" => {
                if sort != "ethernets" {
                    builder.changed(format!("{name} of {sort} is plugged in by a cable"));
                }
                let bridge = builder.bridge(&format!("lan-{name}"));
                let end = End {
                    namespace: self.here,
                    name: builder.interface_name(self.here, &name),
                };
                if end.name == name {
                    builder.port(&bridge, MACHINE, &end);
                } else {
                    builder.refuse(name.clone(), "an interface cannot be called so");
                }
            }
            _ => self.device(builder, sort, &name, tree),
        }
        if !builder.has_interface(self.here, &name) {
            return;
        }
        if let Some(mac) = tree.text_of("macaddress") {
            match mac.parse::<crate::mac::Mac>() {
                Ok(_) => self.set(builder, &name, "address", mac),
                Err(reason) => builder.left_out(format!("macaddress of {name}: {reason}")),
            }
        }
        if let Some(mtu) = tree.text_of("mtu") {
            self.set(builder, &name, "mtu", mtu);
        }
    }

    fn enslave(&self, builder: &mut Builder, sort: &str, entry: &Entry) {
        let master = self.name(&entry.key);
        let members = entry.value.get("interfaces").map(Tree::items);
        for member in members.unwrap_or_default() {
            builder.at(member.line);
            let name = self.name(member.text().unwrap_or_default());
            if !builder.has_interface(self.here, name) {
                builder.refuse(
                    format!("{name} of {master}"),
                    "the file has no interface of this name",
                );
                continue;
            }
            if sort == "bonds" {
                self.run(builder, &["ip", "link", "set", "dev", name, "down"]);
            }
            self.set(builder, name, "master", master);
            self.run(builder, &["ip", "link", "set", "dev", name, "up"]);
        }
        // Last: a VLAN is not up before what it stands on.
        if builder.has_interface(self.here, master) {
            self.run(builder, &["ip", "link", "set", "dev", master, "up"]);
        }
    }

    fn address(&self, builder: &mut Builder, _sort: &str, entry: &Entry) {
        let name = self.name(&entry.key);
        let tree = &entry.value;
        for key in ["dhcp4", "dhcp6"] {
            if let Some(dhcp) = tree.get(key).filter(|dhcp| dhcp.is_true()) {
                builder.at(dhcp.line);
                builder.left_out(format!(
                    "{key} of {name}: a lab has no DHCP client; give the interface an address"
                ));
            }
        }
        for address in tree.get("addresses").map(Tree::items).unwrap_or_default() {
            builder.at(address.line);
            let said = address.text();
            let keyed = address.entries().first().map(|entry| entry.key.as_str());
            match said.or(keyed) {
                Some(text) if text.contains('/') => {
                    self.run(builder, &["ip", "address", "add", text, "dev", name]);
                }
                Some(text) => builder.refuse(
                    text,
                    "an address of netplan has its prefix length: 192.0.2.1/24",
                ),
                None => builder.refuse("addresses", "an address is expected"),
            }
        }
        if let Some(accept) = tree.get("accept-ra") {
            let value = if accept.is_true() { "2" } else { "0" };
            let setting = format!("net.ipv6.conf.{name}.accept_ra={value}");
            self.run(builder, &["sysctl", "-w", &setting]);
        }
        let left = [
            "nameservers",
            "dhcp4-overrides",
            "dhcp6-overrides",
            "dhcp-identifier",
            "access-points",
            "auth",
            "wakeonlan",
            "openvswitch",
            "link-local",
            "ipv6-privacy",
            "ipv6-address-generation",
            "virtual-function-count",
            "networkmanager",
        ];
        let said: Vec<_> = left
            .iter()
            .filter(|key| tree.get(key).is_some())
            .copied()
            .collect();
        if !said.is_empty() {
            builder.at(entry.line);
            builder.left_out(format!(
                "{} of {name}: not taken, a lab has no such setting",
                said.join(", ")
            ));
        }
    }

    fn route(&self, builder: &mut Builder, sort: &str, entry: &Entry) {
        let name = self.name(&entry.key);
        let tree = &entry.value;
        // What stands in a VRF is in its table.
        let table = match sort {
            "vrfs" => tree.text_of("table"),
            _ => None,
        };
        for key in ["gateway4", "gateway6"] {
            if let Some(gateway) = tree.get(key).and_then(Tree::text) {
                let argv = ["ip", "route", "add", "default", "via", gateway, "dev", name];
                self.run(builder, &argv);
            }
        }
        for route in tree.get("routes").map(Tree::items).unwrap_or_default() {
            builder.at(route.line);
            self.one_route(builder, name, table, route);
        }
        for rule in tree
            .get("routing-policy")
            .map(Tree::items)
            .unwrap_or_default()
        {
            builder.at(rule.line);
            self.one_rule(builder, table, rule);
        }
    }

    fn one_rule(&self, builder: &mut Builder, table: Option<&str>, rule: &Tree) {
        let ends = [rule.text_of("from"), rule.text_of("to")];
        let is_ipv6 = ends.into_iter().flatten().any(|text| text.contains(':'));
        let family: &[&str] = if is_ipv6 { &["-6"] } else { &[] };
        let begin = [&["ip"], family, &["rule", "add"]].concat();
        let mut argv: Vec<String> = begin.into_iter().map(str::to_owned).collect();
        let keys = [
            ("from", "from"),
            ("to", "to"),
            ("mark", "fwmark"),
            ("type-of-service", "tos"),
            ("priority", "priority"),
            ("table", "table"),
        ];
        say(&mut argv, rule, &keys, table);
        self.run(builder, &words(&argv));
    }

    fn one_route(&self, builder: &mut Builder, name: &str, table: Option<&str>, route: &Tree) {
        let text = |key: &str| route.text_of(key);
        let mut argv = ["ip", "route", "add"].map(str::to_owned).to_vec();
        let kind = text("type").filter(|kind| *kind != "unicast");
        argv.extend(kind.map(str::to_owned));
        let via = text("via");
        let to = match (text("to"), via) {
            (Some("default"), Some(via)) if via.contains(':') => "::/0",
            (Some("default" | "0/0"), _) => "0.0.0.0/0",
            (Some(to), _) => to,
            (None, _) => return builder.refuse("a route", "it has no `to`"),
        };
        argv.push(to.to_owned());
        if let Some(via) = via {
            argv.extend(["via".to_owned(), via.to_owned()]);
        }
        if kind.is_none() {
            // A route of a VRF is found by its gateway.
            if table.is_none() {
                argv.extend(["dev".to_owned(), name.to_owned()]);
            }
            if route.get("on-link").is_some_and(Tree::is_true) {
                argv.push("onlink".to_owned());
            }
        }
        let keys = [
            ("from", "src"),
            ("metric", "metric"),
            ("table", "table"),
            ("scope", "scope"),
            ("mtu", "mtu"),
        ];
        say(&mut argv, route, &keys, table);
        self.run(builder, &words(&argv));
    }
}

/// Says what the file says under these keys in `ip`'s words; of the VRF's table where it names none.
fn say(argv: &mut Vec<String>, tree: &Tree, keys: &[(&str, &str)], table: Option<&str>) {
    for (key, word) in keys {
        if let Some(value) = tree.text_of(key) {
            argv.extend([(*word).to_owned(), value.to_owned()]);
        }
    }
    if let (None, Some(table)) = (tree.text_of("table"), table) {
        argv.extend(["table".to_owned(), table.to_owned()]);
    }
}
