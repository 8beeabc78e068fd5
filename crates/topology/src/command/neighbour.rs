//! `ip neighbour`.

use std::net::IpAddr;

use super::action::{Action, Global};
use super::words::{Words, abbreviated, refused};
use super::{Command, Names, join};
use crate::address::Family;
use crate::mac::Mac;
use crate::name::InterfaceName;
use crate::neighbour::Neighbour;
use crate::step::At;

/// One that was learned gives way: `add` would refuse.
pub(super) fn add(names: &Names, at: &At, neighbour: &Neighbour) -> Command {
    let ip = names.ip(at.namespace);
    let (address, device) = (neighbour.address.to_string(), at.name.as_str());
    let argv = match neighbour.mac {
        None => join(ip, &["neigh", "add", "proxy", &address, "dev", device]),
        Some(mac) => {
            let mac = mac.to_string();
            let words = ["neigh", "replace", &address, "lladdr", &mac, "dev", device];
            join(join(ip, &words), &["nud", "permanent"])
        }
    };
    Command::new(argv)
}

pub(super) fn remove(names: &Names, at: &At, neighbour: &Neighbour) -> Command {
    let mut argv = join(names.ip(at.namespace), &["neigh", "del"]);
    if neighbour.is_proxy() {
        argv.push("proxy".to_owned());
    }
    let address = neighbour.address.to_string();
    Command::new(join(argv, &[&address, "dev", at.name.as_str()]))
}

/// The order in which iproute2 tries them (ip/ipneigh.c).
const VERBS: [&str; 11] = [
    "add", "change", "chg", "replace", "delete", "get", "show", "lst", "list", "flush", "help",
];

/// Keywords that say something which no document has.
const UNSUPPORTED: [&str; 6] = [
    "router",
    "managed",
    "use",
    "extern_learn",
    "protocol",
    "extern_valid",
];

/// `ip neigh add|change|replace|del [proxy] ADDRESS [lladdr MAC] dev DEV [nud permanent]`.
pub(crate) fn read(words: &mut Words<'_>, global: Global) -> Result<Action, String> {
    let Some(verb) = words.next() else {
        return Ok(Action::Look);
    };
    let is_add = match abbreviated(verb, &VERBS) {
        Some("get" | "show" | "lst" | "list" | "help") => return Ok(Action::Look),
        Some("add" | "change" | "chg" | "replace") => true,
        Some("delete") => false,
        _ => return Err(format!("`ip neigh {verb}` is not supported")),
    };
    let mut interface: Option<InterfaceName> = None;
    let mut address: Option<IpAddr> = None;
    let mut mac: Option<Mac> = None;
    let mut proxy = false;
    while let Some(word) = words.next() {
        match word {
            "dev" => interface = Some(words.parsed(word)?),
            "lladdr" => mac = Some(words.parsed(word)?),
            "proxy" => {
                proxy = true;
                address = Some(words.parsed(word)?);
            }
            "to" => address = Some(words.parsed(word)?),
            "nud" => {
                let state = words.value(word)?;
                if !"permanent".starts_with(state) && is_add {
                    return Err(format!(
                        "`nud {state}`: only neighbours that are known for good are of a lab: `nud \
                         permanent`"
                    ));
                }
            }
            _ if address.is_some() || UNSUPPORTED.contains(&word) => {
                return Err(refused(word, &UNSUPPORTED));
            }
            text => address = Some(parse(text)?),
        }
    }
    let address = address.ok_or_else(|| format!("`ip neigh {verb}` needs an address"))?;
    if global
        .family
        .is_some_and(|family| family != Family::of(address))
    {
        return Err(format!("`{address}` is an address of the other family"));
    }
    let interface =
        interface.ok_or_else(|| format!("`ip neigh {verb}` needs `dev` and an interface"))?;
    if !is_add {
        return Ok(Action::RemoveNeighbour {
            interface,
            address,
            proxy,
        });
    }
    if proxy == mac.is_some() {
        return Err(format!(
            "`ip neigh {verb}` needs `lladdr` and a MAC address, or `proxy` before the address"
        ));
    }
    let neighbour = Neighbour { address, mac };
    neighbour.check()?;
    Ok(Action::AddNeighbour {
        interface,
        neighbour,
    })
}

fn parse(text: &str) -> Result<IpAddr, String> {
    text.parse()
        .map_err(|_| format!("`{text}` is not an address"))
}
