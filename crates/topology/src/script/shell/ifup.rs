//! `ifup`, which brings up what `/etc/network/interfaces` says (ifupdown's `interfaces(5)`).

use super::input_output::Io;
use super::{Flow, NoteKind, Shell};

/// What `ifup` reads.
const CONFIGURATION: &str = "/etc/network/interfaces";

/// What the file says of an interface, for one family.
#[derive(Clone, Debug, Default)]
struct Stanza {
    name: String,
    /// `inet` or `inet6`.
    family: String,
    /// `static`, `dhcp`, `manual`, `loopback`.
    method: String,
    options: Vec<(String, String)>,
}

/// The stanzas of a file, and the names that come up of themselves.
fn stanzas(text: &str) -> (Vec<Stanza>, Vec<String>) {
    let text = text.replace("\\\n", " ");
    let (mut all, mut auto) = (Vec::<Stanza>::new(), Vec::new());
    for line in text.lines().map(str::trim) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (key, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let rest = rest.trim();
        match key {
            "auto" | "allow-auto" | "allow-hotplug" => {
                auto.extend(rest.split_whitespace().map(str::to_owned));
            }
            "iface" => {
                let mut words = rest.split_whitespace().map(str::to_owned);
                let mut next = || words.next().unwrap_or_default();
                all.push(Stanza {
                    name: next(),
                    family: next(),
                    method: next(),
                    options: Vec::new(),
                });
            }
            "source" | "source-directory" | "mapping" => {}
            key => {
                if let Some(stanza) = all.last_mut() {
                    stanza
                        .options
                        .push((key.replace('_', "-"), rest.to_owned()));
                }
            }
        }
    }
    (all, auto)
}

impl Shell {
    /// Whether a command brings up what a file that is known says.
    pub(super) fn brings_up(&self, name: &str, words: &[String]) -> bool {
        let has = |word: &str| words.iter().any(|found| found == word);
        let starts = has("start") || has("restart");
        let is_so = match name {
            "ifup" => true,
            "networking" => starts,
            "service" | "systemctl" => starts && has("networking"),
            _ => false,
        };
        is_so && self.known_file(CONFIGURATION).is_some()
    }

    /// Brings it up.
    pub(super) fn bring_up(&mut self, name: &str, words: &[String], io: &mut Io) {
        let text = self.known_file(CONFIGURATION).cloned().unwrap_or_default();
        let (all, auto) = stanzas(&text);
        let named: Vec<&String> = words.iter().filter(|word| !word.starts_with('-')).collect();
        let is_asked = |stanza: &Stanza| match name {
            "ifup" if !named.is_empty() => named.contains(&&stanza.name),
            _ => auto.contains(&stanza.name),
        };
        for stanza in all.iter().filter(|stanza| is_asked(stanza)) {
            self.bring_one_up(stanza, io);
        }
    }

    fn bring_one_up(&mut self, stanza: &Stanza, io: &mut Io) {
        let device = stanza.name.as_str();
        let option = |key: &str| {
            let found = stanza.options.iter().find(|(found, _)| found == key);
            found.map(|(_, value)| value.as_str())
        };
        self.hooks(stanza, &["pre-up"], io);
        if let Some(mac) = option("hwaddress") {
            let mac = mac.trim_start_matches("ether").trim();
            self.run_words(&["ip", "link", "set", "dev", device, "address", mac], io);
        }
        if let Some(mtu) = option("mtu") {
            self.run_words(&["ip", "link", "set", "dev", device, "mtu", mtu], io);
        }
        self.run_words(&["ip", "link", "set", "dev", device, "up"], io);
        match stanza.method.as_str() {
            "static" => {
                let address = option("address").map(|address| {
                    let length = option("netmask").and_then(length);
                    match length {
                        Some(length) if !address.contains('/') => format!("{address}/{length}"),
                        _ => address.to_owned(),
                    }
                });
                if let Some(address) = address {
                    self.run_words(&["ip", "addr", "add", &address, "dev", device], io);
                }
                if let Some(gateway) = option("gateway") {
                    let family = if stanza.family == "inet6" { "-6" } else { "-4" };
                    let route = ["ip", family, "route", "add", "default", "via", gateway];
                    self.run_words(&[&route[..], &["dev", device]].concat(), io);
                }
            }
            "manual" | "loopback" => {}
            method => {
                let text = format!(
                    "{CONFIGURATION}: {device} {} {method}: a lab has nobody to give it an address",
                    stanza.family
                );
                self.note(NoteKind::LeftOut, text);
            }
        }
        self.hooks(stanza, &["up", "post-up"], io);
        // What only says what the others mean, or is done when it goes down.
        let known = [
            "address",
            "netmask",
            "gateway",
            "mtu",
            "hwaddress",
            "pre-up",
            "up",
            "post-up",
            "down",
            "pre-down",
            "post-down",
            "network",
            "broadcast",
        ];
        let mut others = stanza.options.iter().map(|(key, _)| key.as_str());
        if let Some(other) = others.find(|key| !known.contains(key)) {
            let text = format!("{CONFIGURATION}: {other} of {device}: not taken");
            self.note(NoteKind::LeftOut, text);
        }
    }

    /// Runs what a stanza says to run.
    fn hooks(&mut self, stanza: &Stanza, keys: &[&str], io: &mut Io) {
        for (key, text) in &stanza.options {
            if keys.contains(&key.as_str()) {
                let _flow = self.apart(|shell| shell.text_within(text, io));
            }
        }
    }

    fn run_words(&mut self, words: &[&str], io: &mut Io) {
        let argv: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let _flow: Flow = self.network(&argv, None, io);
    }
}

/// The length of a netmask, or the number that it is.
fn length(netmask: &str) -> Option<u32> {
    match netmask.parse::<std::net::Ipv4Addr>() {
        Ok(mask) => {
            let bits = u32::from(mask);
            (bits.leading_ones() + bits.trailing_zeros() == 32).then(|| bits.leading_ones())
        }
        Err(_) => netmask.parse().ok(),
    }
}
