//! Which program a command runs, and what that does.

use crate::address::Family;
use crate::command::action::{Action, Global};
use crate::command::words::{Words, abbreviated};
use crate::command::{address, link, netns, route, sysctl};

/// Programs that only look at the network or try it out.
const LOOKERS: [&str; 17] = [
    "ping",
    "ping6",
    "tcpdump",
    "traceroute",
    "traceroute6",
    "tracepath",
    "ss",
    "netstat",
    "arp",
    "arping",
    "mtr",
    "uname",
    "id",
    "whoami",
    "hostname",
    "echo",
    "true",
];

/// The objects of `ip` in the order in which iproute2 tries them (ip/ip.c).
const OBJECTS: [&str; 23] = [
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
    "tunnel",
    "tunl",
    "tuntap",
    "tap",
    "token",
    "tcpmetrics",
    "monitor",
    "xfrm",
    "mroute",
    "mrule",
    "netns",
    "vrf",
];

/// What a command does. An empty list is one that does nothing to the network.
pub(super) fn actions(argv: &[String]) -> Result<Vec<Action>, String> {
    let mut words = Words::new(argv);
    let mut program = words.next().ok_or("there is no command")?;
    if program == "sudo" {
        program = words.next().ok_or("`sudo` needs a command")?;
        if program.starts_with('-') {
            return Err(format!("the option `{program}` of sudo is not supported"));
        }
    }
    let name = program.rsplit('/').next().unwrap_or(program);
    match name {
        "ip" => ip(&mut words).map(|action| vec![action]),
        "sysctl" => sysctl::read(&mut words),
        "bridge" => match argv
            .iter()
            .any(|word| matches!(word.as_str(), "show" | "list"))
        {
            true => Ok(vec![Action::Look]),
            false => Err("of `bridge` only `show` is supported yet".to_owned()),
        },
        "set" => match words.rest().iter().all(|option| is_harmless(option)) {
            true => Ok(Vec::new()),
            false => Err("of `set` only -e, -u and -x are supported".to_owned()),
        },
        "sleep" | ":" => Ok(Vec::new()),
        looker if LOOKERS.contains(&looker) => Ok(vec![Action::Look]),
        "if" | "for" | "while" | "until" | "case" | "function" | "then" | "else" | "fi" | "do"
        | "done" | "{" | "}" => Err(format!("the shell's `{name}` is not supported yet")),
        _ if name.contains('=') => Err("variables are not supported yet".to_owned()),
        _ => Err(format!("the command `{name}` is not understood")),
    }
}

fn is_harmless(option: &str) -> bool {
    let letters = option
        .strip_prefix('-')
        .or_else(|| option.strip_prefix('+'));
    letters.is_some_and(|letters| letters.chars().all(|c| matches!(c, 'e' | 'u' | 'x')))
}

/// `ip [OPTIONS] OBJECT …`.
fn ip(words: &mut Words<'_>) -> Result<Action, String> {
    let mut global = Global::default();
    let mut inside = None;
    while let Some(option) = words.peek().and_then(|word| word.strip_prefix('-')) {
        words.next();
        match option {
            "4" => global.family = Some(Family::Ipv4),
            "6" => global.family = Some(Family::Ipv6),
            "n" | "net" | "netns" => inside = Some(words.parsed("-n")?),
            // How things are printed.
            "d" | "details" | "s" | "stats" | "statistics" | "o" | "oneline" | "j" | "json"
            | "p" | "pretty" | "br" | "brief" | "c" | "color" | "h" | "human" | "N" | "r"
            | "resolve" | "t" | "timestamp" => {}
            "V" | "Version" => return Ok(Action::Look),
            "f" | "family" => {
                global.family = match words.value("-family")? {
                    "inet" => Some(Family::Ipv4),
                    "inet6" => Some(Family::Ipv6),
                    other => return Err(format!("the family `{other}` is not supported")),
                }
            }
            "b" | "batch" => return Err("`ip -batch` is not supported yet".to_owned()),
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
        Some("address") => address::read(words),
        Some("link") => link::read(words),
        Some("route") => route::read(words, global),
        Some("netns") => netns::read(words),
        Some("monitor") => Ok(Action::Look),
        Some(known) => match words.peek() {
            None | Some("show" | "list" | "ls" | "lst") => Ok(Action::Look),
            Some(verb) => Err(format!("`ip {known} {verb}` is not supported yet")),
        },
        None => Err(format!("ip has no object `{object}`")),
    }
}
