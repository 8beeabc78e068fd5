//! `ip link`.

use super::action::{Action, LinkChange, NewEnd};
use super::words::{Words, abbreviated, refused};
use super::{Command, Names, device, join, wireguard};
use crate::id::NamespaceId;
use crate::kind::{Channel, Device, DeviceKind, Form, Value, port};
use crate::mac::Mac;
use crate::name::{InterfaceName, NamespaceName};
use crate::step::{At, NewInterface, Step};

/// Words that `ip link` takes for something else than a name, some of them by their first letters
/// (`iplink_parse` in ip/iplink.c): an interface of such a name must be announced.
const KEYWORDS: [&str; 42] = [
    "link",
    "name",
    "index",
    "address",
    "broadcast",
    "brd",
    "txqueuelen",
    "txqlen",
    "qlen",
    "mtu",
    "netns",
    "multicast",
    "allmulticast",
    "promisc",
    "trailers",
    "arp",
    "carrier",
    "dynamic",
    "vf",
    "master",
    "vrf",
    "nomaster",
    "type",
    "alias",
    "group",
    "mode",
    "state",
    "numtxqueues",
    "numrxqueues",
    "addrgenmode",
    "link-netns",
    "link-netnsid",
    "protodown",
    "gso_max_size",
    "gro_max_size",
    "parentdev",
    "lladdr",
    "dev",
    "up",
    "down",
    "xdp",
    "permaddr",
];

/// Of those, the ones of which the first letters are enough, in the order in which iproute2 tries them.
const ABBREVIATED: [&str; 10] = [
    "link",
    "address",
    "broadcast",
    "txqueuelen",
    "master",
    "nomaster",
    "type",
    "alias",
    "numtxqueues",
    "numrxqueues",
];

/// The whole of a keyword of which the first letters may stand.
fn whole(word: &str) -> &str {
    match abbreviated(word, &ABBREVIATED) {
        Some(keyword) if !KEYWORDS.contains(&word) => keyword,
        _ => word,
    }
}

/// Why a command is not taken whose last word that was read may have been an interface's name.
fn misread(last: &str, reason: String) -> String {
    match whole(last) {
        keyword if keyword == last => reason,
        keyword => format!(
            "ip takes `{last}` for `{keyword}`: {reason}; write `dev {last}` for an interface of that name"
        ),
    }
}

/// Of those, what says something that no document has.
const UNSUPPORTED: [&str; 9] = [
    "index",
    "broadcast",
    "brd",
    "multicast",
    "trailers",
    "arp",
    "carrier",
    "dynamic",
    "vf",
];

/// Takes what changes nothing that a lab has, and says it: how an interface is told and grouped,
/// how long a queue is that the virtual ones of a lab have not (`IFF_NO_QUEUE`), and what reaches
/// captures beside what is for the interface itself.
fn of_no_matter(word: &str, words: &mut Words<'_>) -> Result<Option<String>, String> {
    let value = match word {
        "group" | "alias" => words.value(word)?.to_owned(),
        "txqueuelen" | "txqlen" | "qlen" | "numtxqueues" | "numrxqueues" => {
            words.parsed::<u32>(word)?.to_string()
        }
        "promisc" | "allmulticast" => match words.value(word)? {
            value @ ("on" | "off") => value.to_owned(),
            other => return Err(format!("`{word} {other}`: it takes on or off")),
        },
        _ => return Ok(None),
    };
    Ok(Some(format!("{word} {value}")))
}

/// A process that is in the root namespace, where `ip` takes the number of one for a namespace.
pub(crate) const FIRST_PROCESS: &str = "1";

/// The same as a file, where `ip` takes a path or a name for a namespace.
const OF_FIRST_PROCESS: &str = "/proc/1/ns/net";

fn is_misread(name: &str) -> bool {
    KEYWORDS.iter().any(|keyword| keyword.starts_with(name))
}

/// An interface's name, announced where `ip` would misread it.
fn named<'a>(keyword: &'a str, name: &'a InterfaceName) -> Vec<&'a str> {
    match is_misread(name.as_str()) {
        true => vec![keyword, name.as_str()],
        false => vec![name.as_str()],
    }
}

pub(super) fn write(step: &Step, names: &Names) -> Command {
    match step {
        Step::AddVeth {
            ends: [first, second],
        } => add_veth(names, first, second),
        Step::AddDevice {
            new,
            device,
            underlay,
        } => add_device(names, new, device, *underlay),
        Step::SetParameters { at, kind, changes } => {
            let table = kind.table();
            if table.channel == Channel::Wireguard {
                return wireguard::write(names, at, changes);
            }
            write_type(
                names,
                at,
                table.name,
                device::write(table.parameters, changes, |at| &at.name),
            )
        }
        Step::SetPort { at, changes } => {
            let words = device::write(port::TABLE, changes, |name| name);
            write_type(names, at, port::NAME, words)
        }
        Step::SetMac { at, mac } => write_set(names, at, &["address", &mac.to_string()]),
        Step::RemoveInterface { at } => {
            let argv = join(names.ip(at.namespace), &["link", "delete"]);
            Command::new(join(argv, &named("dev", &at.name)))
        }
        Step::RenameInterface { at, name } => write_set(names, at, &["name", name.as_str()]),
        Step::SetUp { at, up } => write_set(names, at, &[if *up { "up" } else { "down" }]),
        Step::SetMtu { at, mtu } => write_set(names, at, &["mtu", &mtu.to_string()]),
        Step::SetMaster {
            at,
            master: Some(master),
        } => write_set(names, at, &["master", master.as_str()]),
        Step::SetMaster { at, master: None } => write_set(names, at, &["nomaster"]),
        // Steps of other objects have files of their own.
        _ => Command::remark("not about a link"),
    }
}

fn write_set(names: &Names, at: &At, what: &[&str]) -> Command {
    let argv = join(names.ip(at.namespace), &["link", "set"]);
    let argv = join(argv, &named("dev", &at.name));
    Command::new(join(argv, what))
}

fn write_type(names: &Names, at: &At, kind: &str, parameters: Vec<String>) -> Command {
    let argv = join(names.ip(at.namespace), &["link", "set"]);
    let mut argv = join(argv, &named("dev", &at.name));
    argv = join(argv, &["type", kind]);
    argv.extend(parameters);
    Command::new(argv)
}

/// Where what it stands on is: that is the namespace in which its name means anything. Where it is to
/// be, if the namespace through which it sends is told by name.
fn add_device(
    names: &Names,
    new: &NewInterface,
    device: &Device<At>,
    underlay: Option<NamespaceId>,
) -> Command {
    let table = device.kind.table();
    let home = new.at.namespace;
    let below = device.lower().map(|lower| lower.namespace);
    let through = underlay.filter(|_| device.kind.names_underlay());
    let below = below.or(underlay).filter(|_| through.is_none());
    let below = below.unwrap_or(home);
    let mut argv = join(names.ip(below), &["link", "add"]);
    let lower = table.parameters.iter().find(|p| p.form == Form::Lower);
    if let Some(Value::Link(lower)) = lower.and_then(|p| device.parameters.get(p.name)) {
        argv = join(argv, &["link", lower.name.as_str()]);
        argv = join(argv, &["name", new.at.name.as_str()]);
    } else {
        argv = join(argv, &named("name", &new.at.name));
    }
    match through {
        None => {}
        Some(NamespaceId::HOST) => argv = join(argv, &["link-netns", OF_FIRST_PROCESS]),
        Some(other) => argv = join(argv, &["link-netns", &names.name(other)]),
    }
    match home {
        home if home == below => {}
        // It has no name for `ip netns`: the first process is in it.
        NamespaceId::HOST => argv = join(argv, &["netns", FIRST_PROCESS]),
        other => argv.extend(names.netns(other)),
    }
    argv = join(argv, &["type", table.name]);
    argv.extend(device::write(
        table.parameters,
        &device.parameters.as_changes(),
        |at| &at.name,
    ));
    Command::new(argv)
}

/// Both ends are born in their namespaces, so that nothing has to be moved.
fn add_veth(names: &Names, first: &NewInterface, second: &NewInterface) -> Command {
    let mut argv = super::words(&["ip", "link", "add"]);
    argv = join(argv, &named("name", &first.at.name));
    argv.extend(names.netns(first.at.namespace));
    argv = join(
        argv,
        &["type", "veth", "peer", "name", second.at.name.as_str()],
    );
    argv.extend(names.netns(second.at.namespace));
    Command::new(argv)
}

/// The order in which iproute2 tries them (ip/iplink.c).
const VERBS: [&str; 12] = [
    "add", "set", "change", "replace", "delete", "show", "lst", "list", "xstats", "afstats",
    "property", "help",
];

pub(crate) fn read(words: &mut Words<'_>) -> Result<Action, String> {
    let Some(verb) = words.next() else {
        return Ok(Action::Look);
    };
    match abbreviated(verb, &VERBS) {
        Some("show" | "lst" | "list" | "xstats" | "afstats" | "help") => Ok(Action::Look),
        Some("add") => add(words),
        Some("set" | "change") => set(words),
        Some("delete") => {
            let named = Common::read(words)?;
            if skip_type(words) {
                words.value("type")?;
            }
            words.end()?;
            let is_more = named.namespace.is_some()
                || named.mtu.is_some()
                || named.mac.is_some()
                || named.lower.is_some()
                || named.lower_namespace.is_some()
                || named.master.is_some()
                || named.up.is_some();
            match named.name {
                Some(name) if !is_more => Ok(Action::RemoveInterface(name)),
                _ => Err("`ip link delete` takes the name of one interface".to_owned()),
            }
        }
        _ => Err(format!("`ip link {verb}` is not supported")),
    }
}

/// What may stand before `type`, and after `peer`.
#[derive(Default)]
struct Common {
    name: Option<InterfaceName>,
    namespace: Option<NamespaceName>,
    lower: Option<InterfaceName>,
    lower_namespace: Option<NamespaceName>,
    mtu: Option<u32>,
    mac: Option<Mac>,
    up: Option<bool>,
    master: Option<InterfaceName>,
    left_out: Vec<String>,
}

impl Common {
    /// Reads until the end or `type`.
    fn read(words: &mut Words<'_>) -> Result<Self, String> {
        let mut last = "";
        Self::read_words(words, &mut last).map_err(|reason| misread(last, reason))
    }

    fn read_words<'w>(words: &mut Words<'w>, last: &mut &'w str) -> Result<Self, String> {
        let mut common = Self::default();
        while let Some(word) = words.peek().filter(|word| whole(word) != "type") {
            *last = word;
            let word = whole(word);
            words.next();
            if let Some(more) = of_no_matter(word, words)? {
                common.left_out.push(more);
                continue;
            }
            let name = match word {
                "name" | "dev" => words.parsed(word)?,
                "netns" => {
                    common.namespace = Some(words.parsed(word)?);
                    continue;
                }
                "link-netns" => {
                    common.lower_namespace = Some(match words.skip(OF_FIRST_PROCESS) {
                        true => FIRST_PROCESS.parse().map_err(|error| format!("{error}"))?,
                        false => words.parsed(word)?,
                    });
                    continue;
                }
                "mtu" => {
                    common.mtu = Some(words.parsed(word)?);
                    continue;
                }
                "link" => {
                    common.lower = Some(words.parsed(word)?);
                    continue;
                }
                "address" | "lladdr" => {
                    common.mac = Some(words.parsed(word)?);
                    continue;
                }
                "up" | "down" => {
                    common.up = Some(word == "up");
                    continue;
                }
                "master" => {
                    common.master = Some(words.parsed(word)?);
                    continue;
                }
                "nomaster" => continue,
                _ => bare(word)?,
            };
            if let Some(first) = common.name.replace(name) {
                return Err(format!("`{word}` is not understood after {first}"));
            }
        }
        Ok(common)
    }

    fn end(self, what: &str) -> Result<NewEnd, String> {
        if self.lower_namespace.is_some() {
            return Err(format!("`link-netns`: {what} stands on nothing"));
        }
        if self.namespace.is_some() && self.master.is_some() {
            // `ip` looks for the bridge where the command runs.
            return Err("`netns` and `master` in one command are not supported".to_owned());
        }
        Ok(NewEnd {
            name: self.name,
            namespace: self.namespace,
            mtu: self.mtu,
            mac: self.mac,
            up: self.up.unwrap_or_default(),
            master: self.master,
            left_out: self.left_out,
        })
    }
}

/// The name of an interface that no keyword announces.
fn bare(word: &str) -> Result<InterfaceName, String> {
    if UNSUPPORTED.contains(&word) {
        return Err(refused(word, &UNSUPPORTED));
    }
    if is_misread(word) {
        return Err(format!(
            "ip takes `{word}` for another word or its beginning: write `dev {word}`"
        ));
    }
    word.parse().map_err(|error| format!("{error}"))
}

/// Takes `type`, if it is next.
fn skip_type(words: &mut Words<'_>) -> bool {
    let is_next = words.peek().map(whole) == Some("type");
    if is_next {
        words.next();
    }
    is_next
}

fn add(words: &mut Words<'_>) -> Result<Action, String> {
    let common = Common::read(words)?;
    if !skip_type(words) {
        return Err("`ip link add` needs a `type`".to_owned());
    }
    match words.value("type")? {
        "veth" => {
            let first = common.end("a veth")?;
            if !words.skip("peer") {
                words.end()?;
            }
            let second = Common::read(words)?.end("the other end of a veth")?;
            words.end()?;
            if second.up {
                // It is made first, and alone cannot be up (`veth_open` in drivers/net/veth.c).
                let why = "`up` after `peer`: Transport endpoint is not connected";
                return Err(why.to_owned());
            }
            Ok(Action::AddVeth {
                ends: [first, second],
            })
        }
        other => {
            let kind = DeviceKind::named(other);
            let kind =
                kind.ok_or_else(|| format!("interfaces of type {other} are not supported yet"))?;
            let mut common = common;
            let lower = common.lower.take();
            let below = common.lower_namespace.take();
            let device = device::read_new(kind, lower, words)?;
            let new = common.end(&format!("a {kind}"))?;
            Ok(Action::AddDevice { new, device, below })
        }
    }
}

/// The interface may stand anywhere among the words; `name` is its new name.
fn set(words: &mut Words<'_>) -> Result<Action, String> {
    let mut last = "";
    set_words(words, &mut last).map_err(|reason| misread(last, reason))
}

fn set_words<'w>(words: &mut Words<'w>, last: &mut &'w str) -> Result<Action, String> {
    let mut name = None;
    let mut change = LinkChange::default();
    let mut is_usual = false;
    while let Some(word) = words.next() {
        *last = word;
        let word = whole(word);
        match (word, words.peek()) {
            // As every interface is that can be made here.
            ("multicast" | "arp", Some("on")) | ("promisc" | "allmulticast", Some("off")) => {
                words.next();
                is_usual = true;
                continue;
            }
            _ => {}
        }
        if let Some(more) = of_no_matter(word, words)? {
            change.left_out.push(more);
            continue;
        }
        match word {
            "dev" => name = Some(words.parsed(word)?),
            "name" => change.name = Some(words.parsed(word)?),
            "netns" => change.namespace = Some(words.parsed(word)?),
            "mtu" => change.mtu = Some(words.parsed(word)?),
            "address" | "lladdr" => change.mac = Some(words.parsed(word)?),
            "type" => read_type(words, &mut change)?,
            "up" => change.up = Some(true),
            "down" => change.up = Some(false),
            "master" => change.master = Some(Some(words.parsed(word)?)),
            "vrf" => {
                change.master = Some(Some(words.parsed(word)?));
                change.is_vrf = true;
            }
            "nomaster" => change.master = Some(None),
            _ if name.is_some() => return Err(refused(word, &UNSUPPORTED)),
            _ => name = Some(bare(word)?),
        }
    }
    let name = name.ok_or("`ip link set` needs the name of an interface")?;
    if change == LinkChange::default() && !is_usual {
        return Err(format!("`ip link set {name}` says nothing to set"));
    }
    if change.namespace.is_some() && matches!(change.master, Some(Some(_))) {
        // `ip` looks for the bridge where the interface was.
        return Err("`netns` and `master` in one command are not supported".to_owned());
    }
    Ok(Action::SetLink { name, change })
}

/// `type KIND PARAMETERS`, up to the end of the command.
fn read_type(words: &mut Words<'_>, change: &mut LinkChange) -> Result<(), String> {
    let name = words.value("type")?;
    if name == port::NAME {
        change.port = Some(device::read(port::NAME, port::TABLE, words)?);
        return Ok(());
    }
    let kind = DeviceKind::named(name);
    let kind = kind.ok_or_else(|| format!("`type {name}` is not supported yet"))?;
    let table = kind.table();
    change.device = Some((kind, device::read(table.name, table.parameters, words)?));
    Ok(())
}
