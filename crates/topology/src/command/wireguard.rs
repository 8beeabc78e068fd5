//! `wg`: what is set on WireGuard interfaces.

use std::collections::BTreeMap;

use super::action::Action;
use super::words::Words;
use super::{Command, Names, words};
use crate::id::NamespaceId;
use crate::kind::parameters::{Changes, Parameters, parameter};
use crate::kind::wireguard::{FWMARK, LISTEN_PORT, PEERS, PRIVATE_KEY, Peer, Peers, PublicKey};
use crate::kind::{DeviceKind, Value};
use crate::step::At;

/// The file that is the here-document.
const INPUT: &str = "/dev/stdin";
/// The file that takes a key away.
const EMPTY: &str = "/dev/null";

/// What one `wg` command sets.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Change {
    /// Whether what it does not say is set to nothing, as `wg setconf` does.
    whole: bool,
    /// Its own parameters; `None` takes one away.
    own: Changes<At>,
    /// Peers in the order in which they are said.
    peers: Vec<PeerChange>,
}

#[derive(Clone, PartialEq, Debug)]
struct PeerChange {
    key: PublicKey,
    remove: bool,
    /// Words of [`Peer::set`] with their values; `None` takes a preshared key away.
    said: Vec<(String, Option<String>)>,
}

impl PeerChange {
    fn of(key: PublicKey) -> Self {
        Self {
            key,
            remove: false,
            said: Vec::new(),
        }
    }
}

impl Change {
    /// What the parameters are after it, as changes that say all of them.
    pub(crate) fn applied_to<R: Clone + PartialEq>(
        &self,
        before: &Parameters<R>,
    ) -> Result<Changes<At>, String> {
        let mut after = Changes::new();
        for name in [PRIVATE_KEY, LISTEN_PORT, FWMARK, PEERS] {
            let kept = before.get(name).filter(|_| !self.whole);
            // None of them is an interface.
            let kept = kept.and_then(|value| value.map(|_| None));
            after.insert(name.to_owned(), kept);
        }
        after.extend(self.own.clone());
        if let Some(mark) = after.get_mut(FWMARK) {
            mark.get_or_insert(Value::Number(0));
        }
        let mut peers = match after.remove(PEERS) {
            Some(Some(Value::Peers(peers))) => peers,
            _ => Peers::default(),
        };
        for change in &self.peers {
            if change.remove {
                peers.0.remove(&change.key);
                continue;
            }
            let mut peer = peers.0.remove(&change.key).unwrap_or_default();
            for (word, value) in &change.said {
                match value {
                    Some(value) => peer.set(word, value)?,
                    None => peer.preshared_key = None,
                }
            }
            // A network that another peer had goes to this one.
            for other in peers.0.values_mut() {
                other
                    .allowed_ips
                    .retain(|network| !peer.allowed_ips.contains(network));
            }
            peers.0.insert(change.key, peer);
        }
        let peers = (!peers.0.is_empty()).then_some(Value::Peers(peers));
        after.insert(PEERS.to_owned(), peers);
        Ok(after)
    }
}

/// The command that leaves an interface with these parameters and no others, and does not disturb
/// the peers that stay: `wg set` cannot say which peers go without knowing them.
pub(super) fn write(names: &Names, at: &At, changes: &Changes<At>) -> Command {
    let mut argv = match at.namespace {
        NamespaceId::HOST => Vec::new(),
        other => {
            let mut argv = words(&["ip", "netns", "exec"]);
            argv.push(names.name(other));
            argv
        }
    };
    argv.extend(words(&["wg", "syncconf", at.name.as_str(), INPUT]));
    Command {
        input: Some(configuration(changes)),
        ..Command::new(argv)
    }
}

/// The lines of a peer, by the words of `wg set`.
const PEER_LINES: [(&str, &str); 4] = [
    ("PresharedKey", "preshared-key"),
    ("AllowedIPs", "allowed-ips"),
    ("Endpoint", "endpoint"),
    ("PersistentKeepalive", "persistent-keepalive"),
];

/// The lines of an interface, by parameter.
const OWN_LINES: [(&str, &str); 3] = [
    ("PrivateKey", PRIVATE_KEY),
    ("ListenPort", LISTEN_PORT),
    ("FwMark", FWMARK),
];

/// A text as `wg showconf` prints it.
fn configuration(changes: &Changes<At>) -> String {
    let mut text = "[Interface]\n".to_owned();
    let said = |name: &str| changes.get(name).and_then(Option::as_ref);
    for (line, name) in OWN_LINES {
        match said(name) {
            Some(Value::Secret(key)) => text.push_str(&format!("{line} = {key}\n")),
            Some(Value::Number(0)) => {}
            Some(Value::Number(number)) if name == FWMARK => {
                text.push_str(&format!("{line} = {number:#x}\n"));
            }
            Some(Value::Number(number)) => text.push_str(&format!("{line} = {number}\n")),
            _ => {}
        }
    }
    let Some(Value::Peers(peers)) = said(PEERS) else {
        return text;
    };
    for (key, peer) in &peers.0 {
        text.push_str(&format!("\n[Peer]\nPublicKey = {key}\n"));
        let words: BTreeMap<_, _> = peer.words().into_iter().collect();
        for (line, word) in PEER_LINES {
            if let Some(value) = words.get(word) {
                text.push_str(&format!("{line} = {}\n", value.replace(',', ", ")));
            }
        }
    }
    text
}

/// `wg COMMAND …`.
pub(crate) fn read(words: &mut Words<'_>, input: Option<&str>) -> Result<Action, String> {
    let verb = words.next().unwrap_or("show");
    match verb {
        "show" | "showconf" | "genkey" | "genpsk" | "pubkey" | "help" | "--help" | "-h"
        | "--version" | "-v" => Ok(Action::Look),
        "set" => {
            let interface = words.parsed(verb)?;
            let mut input = input;
            let change = set(words, &mut input)?;
            match input {
                None => Ok(Action::SetWireguard { interface, change }),
                Some(_) => Err(format!("nothing reads the here-document: name it {INPUT}")),
            }
        }
        "setconf" | "addconf" | "syncconf" => {
            let interface = words.parsed(verb)?;
            let file = words.value(verb)?;
            words.end()?;
            let text = the_input(file, &mut { input })?;
            let mut change = conf(text)?;
            change.whole = verb != "addconf";
            Ok(Action::SetWireguard { interface, change })
        }
        other => Err(format!("`wg {other}` is not understood")),
    }
}

/// The here-document, which can be read once.
fn the_input<'i>(file: &str, input: &mut Option<&'i str>) -> Result<&'i str, String> {
    if !matches!(file, INPUT | "-") {
        return Err(format!(
            "files are not read (`{file}`): write what it says into the script: {INPUT} <<'EOF'"
        ));
    }
    let missing = || format!("`{INPUT}` is a here-document, which can be read once: <<'EOF'");
    input.take().ok_or_else(missing)
}

/// A key in a file; an empty one is none.
fn key_file(
    words: &mut Words<'_>,
    word: &str,
    input: &mut Option<&str>,
) -> Result<Option<String>, String> {
    let text = match words.value(word)? {
        EMPTY => "",
        file => the_input(file, input)?,
    };
    let key = text.trim();
    Ok((!key.is_empty()).then(|| key.to_owned()))
}

fn set(words: &mut Words<'_>, input: &mut Option<&str>) -> Result<Change, String> {
    let mut change = Change {
        whole: false,
        own: Changes::new(),
        peers: Vec::new(),
    };
    while let Some(word) = words.next() {
        match (word, change.peers.last_mut()) {
            ("peer", _) => {
                let key = words.value(word)?.parse()?;
                change.peers.push(PeerChange::of(key));
            }
            (PRIVATE_KEY, None) => {
                let key = key_file(words, word, input)?;
                own(&mut change.own, word, key.as_deref())?;
            }
            (LISTEN_PORT | FWMARK, None) => {
                let text = words.value(word)?;
                own(&mut change.own, word, Some(text))?;
            }
            ("remove", Some(peer)) => peer.remove = true,
            ("preshared-key", Some(peer)) => {
                let key = key_file(words, word, input)?;
                said(peer, word, key)?;
            }
            (_, Some(peer)) => said(peer, word, Some(words.value(word)?.to_owned()))?,
            (other, None) => return Err(format!("`{other}` is not understood by `wg set`")),
        }
    }
    Ok(change)
}

/// Takes what is said of an interface itself.
fn own(changes: &mut Changes<At>, name: &str, text: Option<&str>) -> Result<(), String> {
    let table = DeviceKind::Wireguard.table();
    let parameter = parameter(table.name, table.parameters, name)?;
    let no_link = |_: &str| Err(String::new());
    let value = match (name, text) {
        (_, None) | (LISTEN_PORT, Some("0")) => None,
        (FWMARK, Some("off")) => Some(Value::Number(0)),
        (_, Some(text)) => Some(parameter.read(text, no_link)?),
    };
    changes.insert(name.to_owned(), value);
    Ok(())
}

/// Takes what is said of a peer; what is wrong is refused at once.
fn said(peer: &mut PeerChange, word: &str, value: Option<String>) -> Result<(), String> {
    if let Some(value) = &value {
        Peer::default().set(word, value)?;
    }
    peer.said.push((word.to_owned(), value));
    Ok(())
}

/// A configuration as `wg setconf` reads it.
fn conf(text: &str) -> Result<Change, String> {
    let mut change = Change {
        whole: true,
        own: Changes::new(),
        peers: Vec::new(),
    };
    /// What the lines are about.
    enum Section {
        Nothing,
        Interface,
        /// Whether its key is said already.
        Peer(bool),
    }
    let mut section = Section::Nothing;
    let mut pending = Vec::new();
    for line in text.lines() {
        let line = line.split('#').next().unwrap_or_default().trim();
        if line.is_empty() {
            continue;
        }
        if line.starts_with('[') {
            if let Section::Peer(false) = section {
                return Err("a [Peer] needs its `PublicKey`".to_owned());
            }
            section = match line.to_ascii_lowercase().as_str() {
                "[interface]" => Section::Interface,
                "[peer]" => Section::Peer(false),
                _ => return Err(format!("`{line}`: it has [Interface] and [Peer]")),
            };
            continue;
        }
        // The line itself may be a secret.
        let wrong = || "each line is `KEY = VALUE`".to_owned();
        let (name, value) = line.split_once('=').ok_or_else(wrong)?;
        let (name, value) = (name.trim(), value.trim());
        let find = |lines: &[(&str, &'static str)]| {
            let found = lines
                .iter()
                .find(|(line, _)| line.eq_ignore_ascii_case(name));
            found.map(|(_, word)| *word)
        };
        let unknown = || {
            format!("`{name}` is not understood: `wg` has no such key here (wg-quick may have it)")
        };
        match &mut section {
            Section::Nothing => return Err("it begins with [Interface] or [Peer]".to_owned()),
            Section::Interface => {
                let parameter = find(&OWN_LINES).ok_or_else(unknown)?;
                own(&mut change.own, parameter, Some(value))?;
            }
            Section::Peer(has_key) if name.eq_ignore_ascii_case("PublicKey") && !*has_key => {
                let mut peer = PeerChange::of(value.parse()?);
                for (word, value) in pending.drain(..) {
                    said(&mut peer, word, Some(value))?;
                }
                *has_key = true;
                change.peers.push(peer);
            }
            Section::Peer(has_key) => {
                let word = find(&PEER_LINES).ok_or_else(unknown)?;
                match change.peers.last_mut().filter(|_| *has_key) {
                    Some(peer) => said(peer, word, Some(value.to_owned()))?,
                    // It may stand before the key.
                    None => pending.push((word, value.to_owned())),
                }
            }
        }
    }
    match section {
        Section::Peer(false) => Err("a [Peer] needs its `PublicKey`".to_owned()),
        _ => Ok(change),
    }
}
