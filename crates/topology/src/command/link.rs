//! `ip link`.

use super::action::{Action, Change, NewEnd};
use super::words::{Words, abbreviated};
use super::{Command, Names, join};
use crate::name::InterfaceName;
use crate::step::{At, NewInterface, Step};

pub(super) fn write(step: &Step, names: &Names) -> Command {
    let set = |at: &At, what: &[&str]| {
        let start = join(names.ip(at.namespace), &["link", "set", at.name.as_str()]);
        Command::new(join(start, what))
    };
    match step {
        Step::AddVeth {
            ends: [first, second],
        } => add_veth(names, first, second),
        Step::AddBridge { bridge } => {
            let ip = names.ip(bridge.at.namespace);
            Command::new(join(
                ip,
                &["link", "add", bridge.at.name.as_str(), "type", "bridge"],
            ))
        }
        Step::RemoveInterface { at } => Command::new(join(
            names.ip(at.namespace),
            &["link", "delete", at.name.as_str()],
        )),
        Step::RenameInterface { at, name } => set(at, &["name", name.as_str()]),
        Step::SetUp { at, up } => set(at, &[if *up { "up" } else { "down" }]),
        Step::SetMtu { at, mtu } => set(at, &["mtu", &mtu.to_string()]),
        Step::SetBridge {
            at,
            bridge: Some(bridge),
        } => set(at, &["master", bridge.as_str()]),
        Step::SetBridge { at, bridge: None } => set(at, &["nomaster"]),
        // Steps of other objects have files of their own.
        _ => Command::remark("not about a link"),
    }
}

/// Both ends are born in their namespaces, so that nothing has to be moved.
fn add_veth(names: &Names, first: &NewInterface, second: &NewInterface) -> Command {
    let mut argv = super::words(&["ip", "link", "add", first.at.name.as_str()]);
    argv.extend(names.netns(first.at.namespace));
    argv = join(
        argv,
        &["type", "veth", "peer", "name", second.at.name.as_str()],
    );
    argv.extend(names.netns(second.at.namespace));
    Command::new(argv)
}

/// The order in which iproute2 tries them (ip/iplink.c).
const VERBS: [&str; 11] = [
    "add", "change", "replace", "delete", "show", "lst", "list", "set", "xstats", "property",
    "help",
];

pub(crate) fn read(words: &mut Words<'_>) -> Result<Action, String> {
    let Some(verb) = words.next() else {
        return Ok(Action::Look);
    };
    // iplink.c takes "set" before "show" for "s".
    let verb = if verb == "s" { "set" } else { verb };
    match abbreviated(verb, &VERBS) {
        Some("show" | "lst" | "list" | "xstats" | "help") => Ok(Action::Look),
        Some("add") => add(words),
        Some("set" | "change") => set(words),
        Some("delete") => {
            if matches!(words.peek(), Some("dev")) {
                words.next();
            }
            let name = words.parsed("ip link delete")?;
            match words.next() {
                None => Ok(Action::RemoveInterface(name)),
                Some("type") => Ok(Action::RemoveInterface(name)),
                Some(more) => Err(format!(
                    "`{more}` is not supported after `ip link delete {name}`"
                )),
            }
        }
        _ => Err(format!("`ip link {verb}` is not supported")),
    }
}

/// What may stand before `type`, and after `peer`.
#[derive(Default)]
struct Common {
    name: Option<InterfaceName>,
    namespace: Option<crate::name::NamespaceName>,
    mtu: Option<u32>,
    up: bool,
}

impl Common {
    /// Reads until the end or `type`.
    fn read(words: &mut Words<'_>) -> Result<Self, String> {
        let mut common = Self::default();
        while let Some(word) = words.peek() {
            if word == "type" {
                break;
            }
            words.next();
            match word {
                "name" | "dev" => common.name = Some(words.parsed(word)?),
                "netns" => common.namespace = Some(words.parsed(word)?),
                "mtu" => common.mtu = Some(words.parsed(word)?),
                "up" => common.up = true,
                "down" => common.up = false,
                "link" | "address" | "lladdr" | "broadcast" | "txqueuelen" | "numtxqueues"
                | "numrxqueues" | "index" | "group" | "arp" | "multicast" | "promisc" | "alias"
                | "vf" | "master" => {
                    return Err(format!("`{word}` is not supported here"));
                }
                name if common.name.is_none() => {
                    common.name = Some(name.parse().map_err(|error| format!("{error}"))?);
                }
                other => return Err(format!("`{other}` is not understood here")),
            }
        }
        Ok(common)
    }

    fn name(self, of: &str) -> Result<(InterfaceName, Self), String> {
        match self.name.clone() {
            Some(name) => Ok((name, self)),
            None => Err(format!(
                "{of} needs a name: what the kernel would call it is not known before"
            )),
        }
    }
}

fn add(words: &mut Words<'_>) -> Result<Action, String> {
    let common = Common::read(words)?;
    words.next();
    let kind = words.next().ok_or("`ip link add` needs a `type`")?;
    match kind {
        "veth" => {
            let (name, common) = common.name("a veth")?;
            let peer = match words.next() {
                Some("peer") => Common::read(words)?,
                Some(other) => {
                    return Err(format!("`{other}` is not understood after `type veth`"));
                }
                None => Common::default(),
            };
            let (peer_name, peer) = peer.name("the other end of a veth")?;
            let end = |name, common: Common| NewEnd {
                name,
                namespace: common.namespace,
                mtu: common.mtu,
                up: common.up,
            };
            Ok(Action::AddVeth {
                ends: [end(name, common), end(peer_name, peer)],
            })
        }
        "bridge" => {
            if let Some(option) = words.next() {
                return Err(format!("the bridge option `{option}` is not supported yet"));
            }
            let (name, common) = common.name("a bridge")?;
            if common.namespace.is_some() {
                return Err("`netns` is not supported with `type bridge`: use `ip -n`".to_owned());
            }
            Ok(Action::AddBridge {
                name,
                mtu: common.mtu,
                up: common.up,
            })
        }
        other => Err(format!("interfaces of type {other} are not supported yet")),
    }
}

fn set(words: &mut Words<'_>) -> Result<Action, String> {
    if words.peek() == Some("dev") {
        words.next();
    }
    let name = words.parsed("ip link set")?;
    let mut changes = Vec::new();
    while let Some(word) = words.next() {
        changes.push(match word {
            "up" => Change::Up(true),
            "down" => Change::Up(false),
            "mtu" => Change::Mtu(words.parsed(word)?),
            "master" => Change::Master(Some(words.parsed(word)?)),
            "nomaster" => Change::Master(None),
            "name" => Change::Name(words.parsed(word)?),
            "netns" => Change::Namespace(words.parsed(word)?),
            other => {
                return Err(format!(
                    "`{other}` is not supported after `ip link set {name}`"
                ));
            }
        });
    }
    if changes.is_empty() {
        return Err(format!("`ip link set {name}` says nothing to set"));
    }
    Ok(Action::SetLink { name, changes })
}
