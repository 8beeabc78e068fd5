//! Tunnels of the mode `wireguard`: what netplan says of them is what `wg setconf` reads.

use super::super::tree::Value;
use super::{Builder, Machine, Tree};

/// Keys of a peer, and what `wg` calls them.
const PEER: [(&[&str], &str); 4] = [
    (&["keys", "public"], "PublicKey"),
    (&["keys", "shared"], "PresharedKey"),
    (&["endpoint"], "Endpoint"),
    (&["keepalive"], "PersistentKeepalive"),
];

impl Machine<'_> {
    pub(super) fn wireguard(&self, builder: &mut Builder, name: &str, tree: &Tree) {
        self.run(
            builder,
            &["ip", "link", "add", "name", name, "type", "wireguard"],
        );
        let mut text = "[Interface]\n".to_owned();
        let private = tree.path(&["key", "private"]).or_else(|| tree.get("key"));
        for (key, said) in [
            ("PrivateKey", private),
            ("ListenPort", tree.get("port")),
            ("FwMark", tree.get("mark")),
        ] {
            say(builder, name, &mut text, key, said);
        }
        for peer in tree.get("peers").map(Tree::items).unwrap_or_default() {
            builder.at(peer.line);
            text.push_str("[Peer]\n");
            for (path, key) in PEER {
                say(builder, name, &mut text, key, peer.path(path));
            }
            let allowed = peer.get("allowed-ips").map(Tree::list).unwrap_or_default();
            let allowed: Vec<&str> = allowed.into_iter().filter_map(Tree::text).collect();
            let allowed = Tree {
                line: peer.line,
                value: Value::Text(allowed.join(", ")),
            };
            say(builder, name, &mut text, "AllowedIPs", Some(&allowed));
        }
        builder.at(tree.line);
        builder.run_with(self.here, &["wg", "setconf", name, "/dev/stdin"], &text);
    }
}

/// Adds a line to what `wg` reads, if there is something to say.
fn say(builder: &mut Builder, name: &str, text: &mut String, key: &str, said: Option<&Tree>) {
    let Some(value) = said.and_then(Tree::text).filter(|value| !value.is_empty()) else {
        return;
    };
    if value.starts_with('/') && key.ends_with("Key") {
        builder.left_out(format!(
            "{key} of {name}: what is in {value} is not known here"
        ));
    } else if value.contains(char::is_control) {
        builder.refuse(
            format!("{key} of {name}"),
            "it has a control character in it",
        );
    } else {
        text.push_str(&format!("{key} = {value}\n"));
    }
}
