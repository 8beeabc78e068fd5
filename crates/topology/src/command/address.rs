//! `ip address`.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::{IpNet, Ipv4Net};

use super::action::{Action, Global};
use super::words::{Words, abbreviated, refused};
use super::{Command, Names, join};
use crate::address::{Family, InterfaceAddress, is_per_link};
use crate::route::Scope;
use crate::step::At;

pub(super) fn write(names: &Names, at: &At, verb: &str, address: InterfaceAddress) -> Command {
    let ip = names.ip(at.namespace);
    let said = address.to_string();
    let mut words = vec!["addr", verb];
    words.extend(said.split(' '));
    words.extend(["dev", at.name.as_str()]);
    Command::new(join(ip, &words))
}

/// The order in which iproute2 tries them (ip/ipaddress.c).
const VERBS: [&str; 12] = [
    "add", "change", "chg", "replace", "delete", "show", "lst", "list", "flush", "save", "restore",
    "help",
];

/// Keywords that say something which no document has.
const UNSUPPORTED: [&str; 12] = [
    "label",
    "anycast",
    "metric",
    "priority",
    "home",
    "mngtmpaddr",
    "noprefixroute",
    "autojoin",
    "optimistic",
    "valid_lft",
    "preferred_lft",
    "proto",
];

pub(crate) fn read(words: &mut Words<'_>, global: Global) -> Result<Action, String> {
    let Some(verb) = words.next() else {
        return Ok(Action::Look);
    };
    let known = abbreviated(verb, &VERBS);
    let is_add = match known {
        Some("show" | "lst" | "list" | "help") => return Ok(Action::Look),
        Some("add" | "replace" | "change" | "chg") => true,
        Some("delete") => false,
        Some("flush") => return flush(words, global),
        _ => return Err(format!("`ip addr {verb}` is not supported")),
    };
    let mut address = None;
    let mut interface = None;
    let (mut scope, mut peer, mut broadcast) = (None, None, None);
    while let Some(word) = words.next() {
        match word {
            "dev" => interface = Some(words.parsed(word)?),
            // It only says that the kernel need not try first whether another has the address.
            "nodad" => {}
            "local" => address = Some(parse(words.value(word)?, global.family)?),
            "peer" | "remote" => peer = Some(parse(words.value(word)?, global.family)?),
            "broadcast" | "brd" => broadcast = Some(words.value(word)?),
            "scope" => scope = Some(words.value(word)?),
            _ if address.is_some() || UNSUPPORTED.contains(&word) => {
                return Err(refused(word, &UNSUPPORTED));
            }
            text => address = Some(parse(text, global.family)?),
        }
    }
    let address = address.ok_or_else(|| format!("`ip addr {verb}` needs an address"))?;
    let interface =
        interface.ok_or_else(|| format!("`ip addr {verb}` needs `dev` and an interface"))?;
    let mut whole = with_peer(address, peer)?;
    if let Some(broadcast) = broadcast {
        whole = whole.with_broadcast(Some(broadcast_of(broadcast, &whole)?));
    }
    if let Some(name) = scope.filter(|scope| !is_usual_scope(scope, address)) {
        let scope = Scope::named(name).filter(|_| address.addr().is_ipv4());
        let scope = scope.ok_or_else(|| format!("`scope {name}` is not supported for {address}"));
        whole = whole.with_scope(Some(scope?));
    }
    let address = whole;
    if is_add {
        address.check().map_err(|error| error.to_string())?;
        Ok(match known {
            Some("add") => Action::AddAddress { interface, address },
            _ => Action::ReplaceAddress { interface, address },
        })
    } else {
        Ok(Action::RemoveAddress { interface, address })
    }
}

/// The length is that of the peer, whatever is said with the own address.
fn with_peer(own: IpNet, peer: Option<IpNet>) -> Result<InterfaceAddress, String> {
    let Some(peer) = peer else {
        return Ok(own.into());
    };
    let both = IpNet::new(own.addr(), peer.prefix_len())
        .map_err(|_| format!("`peer {peer}` is of another family than {}", own.addr()))?;
    Ok(InterfaceAddress::from(both).with_peer(Some(peer.addr())))
}

/// `+` and `-` are the last and the first address of the network; none of a shorter network than
/// /30 (`ipaddr_modify` in ip/ipaddress.c).
fn broadcast_of(word: &str, address: &InterfaceAddress) -> Result<Ipv4Addr, String> {
    let network = match address.network() {
        IpNet::V4(network) => network,
        IpNet::V6(_) => return Err(format!("`broadcast {word}`: IPv6 has no broadcast address")),
    };
    let of = |find: fn(&Ipv4Net) -> Ipv4Addr| match network.prefix_len() <= 30 {
        true => find(&network),
        false => Ipv4Addr::UNSPECIFIED,
    };
    match word {
        "+" => Ok(of(Ipv4Net::broadcast)),
        "-" => Ok(of(Ipv4Net::network)),
        text => match parse_ip(text) {
            Some(IpAddr::V4(broadcast)) => Ok(broadcast),
            _ => Err(format!("`broadcast {text}` is no IPv4 address")),
        },
    }
}

/// `ip addr flush dev INTERFACE`
fn flush(words: &mut Words<'_>, global: Global) -> Result<Action, String> {
    let mut interface = None;
    while let Some(word) = words.next() {
        match word {
            "dev" => interface = Some(words.parsed(word)?),
            "scope" if words.peek() == Some("global") => drop(words.next()),
            _ if interface.is_none() => {
                interface = Some(word.parse().map_err(|error| format!("`{word}`: {error}"))?);
            }
            _ => return Err(refused(word, &UNSUPPORTED)),
        }
    }
    Ok(Action::FlushAddresses {
        interface: interface.ok_or("`ip addr flush` needs `dev` and an interface")?,
        family: global.family,
    })
}

/// Whether an address has that scope anyway: IPv4 by `default_scope` of iproute2
/// (ip/ipaddress.c), IPv6 by the kernel, which takes no other and ignores what is said
/// (`ipv6_addr_scope`).
fn is_usual_scope(scope: &str, address: IpNet) -> bool {
    let usual = match address.addr() {
        address if address.is_loopback() => "host",
        address if is_per_link(address) => "link",
        _ => "global",
    };
    scope == usual || (scope == "global" && address.addr().is_ipv6())
}

/// An address with its length; `ip` takes one without a length for a single one: /32 or /128.
pub(super) fn parse(text: &str, family: Option<Family>) -> Result<IpNet, String> {
    let malformed = || format!("`{text}` is not an address with a prefix length");
    let (address, length) = match text.split_once('/') {
        Some((address, length)) => (address, Some(length)),
        None => (text, None),
    };
    let address = parse_ip(address).ok_or_else(malformed)?;
    if family.is_some_and(|family| family != Family::of(address)) {
        return Err(format!("`{text}` is an address of the other family"));
    }
    match length {
        None => Ok(IpNet::from(address)),
        Some(length) => {
            let length = length.parse().map_err(|_| malformed())?;
            IpNet::new(address, length).map_err(|_| malformed())
        }
    }
}

/// iproute2 reads `10.1` as 10.1.0.0 (`get_addr_ipv4` in lib/utils.c).
fn parse_ip(text: &str) -> Option<IpAddr> {
    if let Ok(address) = text.parse() {
        return Some(address);
    }
    let mut octets = [0; 4];
    let mut parts = text.split('.');
    for octet in &mut octets {
        let Some(part) = parts.next() else { break };
        let is_number = part.bytes().all(|byte| byte.is_ascii_digit());
        *octet = part.parse().ok().filter(|_| is_number)?;
    }
    let is_all = parts.next().is_none();
    is_all.then(|| IpAddr::V4(Ipv4Addr::from(octets)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn reads_addresses_as_ip_does() {
        let read = |text| parse(text, None).map(|net| net.to_string());
        assert_eq!(read("10/8").unwrap(), "10.0.0.0/8");
        assert_eq!(read("10.5/16").unwrap(), "10.5.0.0/16");
        assert_eq!(read("10.0.0.1").unwrap(), "10.0.0.1/32");
        assert_eq!(read("fd00::1").unwrap(), "fd00::1/128");
        for text in [
            "",
            "10.",
            "10.0.0.0.0",
            "10.0.0.1/33",
            "256",
            "+1",
            "red",
            "10/",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
        assert!(parse("fd00::1/64", Some(Family::Ipv4)).is_err());
    }
}
