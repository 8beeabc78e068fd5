//! `ip address`.

use ipnet::IpNet;

use super::action::Action;
use super::words::{Words, abbreviated};
use super::{Command, Names, join};
use crate::address::check_interface_address;
use crate::step::At;

pub(super) fn write(names: &Names, at: &At, verb: &str, address: IpNet) -> Command {
    let ip = names.ip(at.namespace);
    Command::new(join(
        ip,
        &["addr", verb, &address.to_string(), "dev", at.name.as_str()],
    ))
}

/// The order in which iproute2 tries them (ip/ipaddress.c).
const VERBS: [&str; 9] = [
    "add", "change", "replace", "delete", "show", "lst", "list", "flush", "help",
];

pub(crate) fn read(words: &mut Words<'_>) -> Result<Action, String> {
    let Some(verb) = words.next() else {
        return Ok(Action::Look);
    };
    let is_add = match abbreviated(verb, &VERBS) {
        Some("show" | "lst" | "list" | "help") => return Ok(Action::Look),
        Some("add") => true,
        Some("delete") => false,
        _ => return Err(format!("`ip addr {verb}` is not supported")),
    };
    let mut address = None;
    let mut interface = None;
    while let Some(word) = words.next() {
        match word {
            "dev" => interface = Some(words.parsed(word)?),
            "local" => address = Some(parse(words.value(word)?)?),
            // The broadcast address only tells IPv4 hosts whom not to answer.
            "broadcast" | "brd" => drop(words.value(word)?),
            // What the kernel would set anyway for an address like these.
            "scope" => match words.value(word)? {
                "global" => {}
                other => return Err(format!("`scope {other}` is not supported")),
            },
            "peer" | "label" | "anycast" | "metric" | "nodad" | "home" | "mngtmpaddr"
            | "noprefixroute" | "autojoin" | "valid_lft" | "preferred_lft" | "proto" => {
                return Err(format!("`{word}` is not supported"));
            }
            text if address.is_none() => address = Some(parse(text)?),
            other => return Err(format!("`{other}` is not understood here")),
        }
    }
    let address = address.ok_or_else(|| format!("`ip addr {verb}` needs an address"))?;
    let interface =
        interface.ok_or_else(|| format!("`ip addr {verb}` needs `dev` and an interface"))?;
    if is_add {
        check_interface_address(address).map_err(|error| error.to_string())?;
        Ok(Action::AddAddress { interface, address })
    } else {
        Ok(Action::RemoveAddress { interface, address })
    }
}

/// `ip` takes an address without a length for a single one: /32 or /128.
fn parse(text: &str) -> Result<IpNet, String> {
    if let Ok(address) = text.parse::<std::net::IpAddr>() {
        return Ok(IpNet::from(address));
    }
    text.parse()
        .map_err(|_| format!("`{text}` is not an address with a prefix length"))
}
