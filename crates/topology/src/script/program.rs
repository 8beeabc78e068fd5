//! Which program a command runs, and what that does.

use crate::address::Family;
use crate::command::action::{Action, Global};
use crate::command::words::{Words, abbreviated};
use crate::command::{
    address, bridge, ethtool, firewall, link, netns, route, rule, sysctl, tc, wireguard,
};

/// Programs that only look at the network or try it out.
const LOOKERS: [&str; 15] = [
    "ping",
    "ping6",
    "tcpdump",
    "traceroute",
    "traceroute6",
    "tracepath",
    "ss",
    "netstat",
    "arping",
    "mtr",
    "uname",
    "id",
    "whoami",
    "echo",
    "true",
];

/// The objects of `ip` in the order in which iproute2 tries them (ip/ip.c).
const OBJECTS: [&str; 34] = [
    "address",
    "addrlabel",
    "maddress",
    "route",
    "rule",
    "neighbor",
    "neighbour",
    "ntable",
    "ntbl",
    "link",
    "l2tp",
    "fou",
    "ila",
    "macsec",
    "tunnel",
    "tunl",
    "tuntap",
    "tap",
    "token",
    "tcpmetrics",
    "tcp_metrics",
    "monitor",
    "xfrm",
    "mroute",
    "mrule",
    "netns",
    "netconf",
    "vrf",
    "sr",
    "nexthop",
    "mptcp",
    "ioam",
    "help",
    "stats",
];

/// Verbs that only look.
const LOOKING: [&str; 5] = ["show", "list", "lst", "ls", "get"];

/// Options of `ip` that change only how things are printed; the first letters are enough.
const DISPLAY: [&str; 17] = [
    "human-readable",
    "iec",
    "stats",
    "statistics",
    "details",
    "resolve",
    "oneline",
    "timestamp",
    "tshort",
    "brief",
    "json",
    "pretty",
    "color",
    "color=auto",
    "color=never",
    "color=always",
    "Numeric",
];

/// What a command does. An empty list is one that does nothing to the network.
pub(super) fn actions(argv: &[String], input: Option<&str>) -> Result<Vec<Action>, String> {
    let mut words = Words::new(argv);
    let mut program = words.next().ok_or("there is no command")?;
    while program == "sudo" {
        program = words.next().ok_or("`sudo` needs a command")?;
        if program.starts_with('-') {
            return Err(format!("the option `{program}` of sudo is not supported"));
        }
    }
    let name = program.rsplit('/').next().unwrap_or(program);
    let takes_input = matches!(name, "nft" | "wg") || argv.iter().any(|word| word == "exec");
    if input.is_some() && !takes_input {
        return Err(format!("a here-document for `{name}` is not supported"));
    }
    match name {
        "nft" => firewall::read(&mut words, input).map(|action| vec![action]),
        "iptables" | "iptables-nft" | "iptables-legacy" => {
            firewall::read_iptables(Family::Ipv4, &mut words).map(|action| vec![action])
        }
        "ip6tables" | "ip6tables-nft" | "ip6tables-legacy" => {
            firewall::read_iptables(Family::Ipv6, &mut words).map(|action| vec![action])
        }
        "ip" => ip(&mut words).map(|action| vec![action]),
        "sysctl" => sysctl::read(&mut words),
        "ethtool" => ethtool::read(&mut words),
        "bridge" => bridge::read(&mut words).map(|action| vec![action]),
        "wg" => wireguard::read(&mut words, input).map(|action| vec![action]),
        "tc" => tc::read(&mut words).map(|action| vec![action]),
        "set" => shell_option(&mut words).map(|()| Vec::new()),
        "sleep" | ":" => Ok(Vec::new()),
        looker if LOOKERS.contains(&looker) => Ok(vec![Action::Look]),
        "if" | "for" | "while" | "until" | "case" | "function" | "then" | "else" | "fi" | "do"
        | "done" | "{" | "}" => Err(format!("the shell's `{name}` is not supported yet")),
        _ if name.contains('=') => Err("variables are not supported yet".to_owned()),
        _ => Err(format!("the command `{name}` is not understood")),
    }
}

/// Whether a verb of one of the other objects only looks; the first letters are enough.
fn looks(object: &str, verb: &str) -> bool {
    match object {
        // Their next word is no verb, or `s` is one that sets.
        "xfrm" | "mptcp" | "sr" | "ioam" | "macsec" => LOOKING.contains(&verb),
        _ => abbreviated(verb, &LOOKING).is_some(),
    }
}

/// `set` with options that change nothing here: every command that fails ends the reading anyway.
fn shell_option(words: &mut Words<'_>) -> Result<(), String> {
    let harmless = ["errexit", "nounset", "xtrace", "pipefail"];
    while let Some(option) = words.next() {
        let letters = option
            .strip_prefix('-')
            .or_else(|| option.strip_prefix('+'))
            .unwrap_or_default();
        let is_known = |c: char| matches!(c, 'e' | 'u' | 'x' | 'o');
        if letters.is_empty() || !letters.chars().all(is_known) {
            return Err("of `set` only -e, -u, -x and -o pipefail are supported".to_owned());
        }
        if letters.contains('o') {
            let name = words.value(option)?;
            if !harmless.contains(&name) {
                return Err(format!("`set {option} {name}` is not supported"));
            }
        }
    }
    Ok(())
}

/// `ip [OPTIONS] OBJECT …`.
fn ip(words: &mut Words<'_>) -> Result<Action, String> {
    let mut global = Global::default();
    let mut inside = None;
    while let Some(option) = words.peek().and_then(|word| word.strip_prefix('-')) {
        words.next();
        match option.strip_prefix('-').unwrap_or(option) {
            "4" => global.family = Some(Family::Ipv4),
            "6" => global.family = Some(Family::Ipv6),
            "n" | "ne" | "net" | "netn" | "netns" => inside = Some(words.parsed("-n")?),
            "V" | "Version" => return Ok(Action::Look),
            "f" | "family" => {
                global.family = match words.value("-family")? {
                    "inet" => Some(Family::Ipv4),
                    "inet6" => Some(Family::Ipv6),
                    other => return Err(format!("the family `{other}` is not supported")),
                }
            }
            "b" | "batch" => return Err("`ip -batch` is not supported yet".to_owned()),
            other if abbreviated(other, &DISPLAY).is_some() => {}
            other => return Err(format!("the option `-{other}` of ip is not supported")),
        }
    }
    if let Some(namespace) = inside {
        let mut argv = vec!["ip".to_owned()];
        argv.extend(match global.family {
            Some(Family::Ipv4) => Some("-4".to_owned()),
            Some(Family::Ipv6) => Some("-6".to_owned()),
            None => None,
        });
        argv.extend_from_slice(words.rest());
        return Ok(Action::Inside { namespace, argv });
    }
    let Some(object) = words.next() else {
        return Ok(Action::Look);
    };
    match abbreviated(object, &OBJECTS) {
        Some("address") => address::read(words, global),
        Some("link") => link::read(words),
        Some("route") => route::read(words, global),
        Some("rule") => rule::read(words, global),
        Some("netns") => netns::read(words),
        Some("monitor" | "stats" | "help") => Ok(Action::Look),
        Some(known) => match words.peek() {
            None => Ok(Action::Look),
            Some(verb) if looks(known, verb) => Ok(Action::Look),
            Some(verb) => Err(format!("`ip {known} {verb}` is not supported yet")),
        },
        None => Err(format!("ip has no object `{object}`")),
    }
}
