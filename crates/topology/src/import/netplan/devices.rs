//! Interfaces that the machine makes itself.

use super::{Builder, Machine, Tree, words};

impl Machine<'_> {
    pub(super) fn device(&self, builder: &mut Builder, sort: &str, name: &str, tree: &Tree) {
        let mut argv: Vec<String> = ["ip", "link", "add"].map(str::to_owned).to_vec();
        let text = |key: &str| tree.text_of(key).map(str::to_owned);
        let mut say = |more: &[&str]| argv.extend(more.iter().map(|word| (*word).to_owned()));
        match sort {
            "dummy-devices" => say(&["name", name, "up", "type", "dummy"]),
            "virtual-ethernets" => {
                let Some(peer) = text("peer") else {
                    return builder.refuse(name, "a virtual ethernet has a `peer`");
                };
                if builder.has_interface(self.here, name) {
                    // It was made as the other one's peer.
                    return;
                }
                say(&["name", name, "up", "type", "veth", "peer", "name", &peer]);
                self.run(builder, &words(&argv));
                return self.run(builder, &["ip", "link", "set", "dev", &peer, "up"]);
            }
            "vrfs" => {
                let Some(table) = text("table") else {
                    return builder.refuse(name, "a VRF has a `table`");
                };
                say(&["name", name, "up", "type", "vrf", "table", &table]);
            }
            "vlans" => {
                let (Some(id), Some(link)) = (text("id"), text("link")) else {
                    return builder.refuse(name, "a VLAN has an `id` and a `link`");
                };
                let link = self.name(&link).to_owned();
                say(&["link", &link, "name", name, "type", "vlan", "id", &id]);
            }
            "bonds" => {
                say(&["name", name, "type", "bond"]);
                self.parameters(builder, name, tree, &mut argv, &BOND);
            }
            "bridges" => {
                say(&["name", name, "type", "bridge"]);
                self.parameters(builder, name, tree, &mut argv, &BRIDGE);
            }
            "tunnels" => return self.tunnel(builder, name, tree),
            other => return builder.refuse(name, format!("{other} are not supported")),
        }
        self.run(builder, &words(&argv));
    }

    fn parameters(
        &self,
        builder: &mut Builder,
        name: &str,
        tree: &Tree,
        argv: &mut Vec<String>,
        known: &[Known],
    ) {
        let given = tree
            .get("parameters")
            .map(Tree::entries)
            .unwrap_or_default();
        for parameter in given {
            let found = known.iter().find(|(key, ..)| *key == parameter.key);
            let Some(((_, word, scale), value)) = found.zip(parameter.value.text()) else {
                builder.at(parameter.line);
                builder.left_out(format!("{} of {name}: not taken", parameter.key));
                continue;
            };
            let value = match (*scale, value.parse::<u64>(), value) {
                (scale, Ok(number), _) => number.saturating_mul(scale).to_string(),
                (_, _, "true") => "1".to_owned(),
                (_, _, "false") => "0".to_owned(),
                (_, _, other) => other.to_owned(),
            };
            argv.extend([(*word).to_owned(), value]);
        }
    }

    fn tunnel(&self, builder: &mut Builder, name: &str, tree: &Tree) {
        let text = |key: &str| tree.text_of(key).map(str::to_owned);
        let Some(mode) = text("mode") else {
            return builder.refuse(name, "a tunnel has a `mode`");
        };
        if mode == "wireguard" {
            return self.wireguard(builder, name, tree);
        }
        let mut argv = ["ip", "link", "add", "name", name, "type"]
            .map(str::to_owned)
            .to_vec();
        match mode.as_str() {
            "vxlan" | "gre" | "gretap" | "ipip" | "sit" => argv.push(mode.clone()),
            _ => {
                return builder.refuse(
                    format!("{name} of the mode {mode}"),
                    "tunnels of this mode are not supported",
                );
            }
        }
        let link = text("link").map(|link| self.name(&link).to_owned());
        let parameters = [
            ("id", text("id")),
            (
                "remote",
                text("remote").filter(|remote| remote != "0.0.0.0"),
            ),
            ("local", text("local")),
            ("dstport", text("port")),
            ("ttl", text("ttl")),
            ("dev", link),
        ];
        let takes = |word: &str| match mode.as_str() {
            "vxlan" => true,
            _ => !matches!(word, "id" | "dstport"),
        };
        for (word, value) in parameters {
            if let Some(value) = value.filter(|_| takes(word)) {
                argv.extend([word.to_owned(), value]);
            }
        }
        self.run(builder, &words(&argv));
    }
}

/// A parameter of netplan, what `ip link` calls it, and how many of its units one is.
type Known = (&'static str, &'static str, u64);

const BRIDGE: [Known; 6] = [
    ("stp", "stp_state", 1),
    // `ip link` takes hundredths of a second.
    ("forward-delay", "forward_delay", 100),
    ("hello-time", "hello_time", 100),
    ("max-age", "max_age", 100),
    ("ageing-time", "ageing_time", 100),
    ("priority", "priority", 1),
];

const BOND: [Known; 5] = [
    ("mode", "mode", 1),
    ("mii-monitor-interval", "miimon", 1),
    ("lacp-rate", "lacp_rate", 1),
    ("transmit-hash-policy", "xmit_hash_policy", 1),
    ("min-links", "min_links", 1),
];
