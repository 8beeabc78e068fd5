//! `bridge`.

use super::action::{Action, LinkChange};
use super::words::{Words, abbreviated};
use super::{Command, Names, device, join};
use crate::fdb::FdbEntry;
use crate::kind::port;
use crate::mac::Mac;
use crate::name::InterfaceName;
use crate::step::At;
use crate::vlans::{VlanChange, VlanRange};

/// The order in which iproute2 tries them (bridge/bridge.c).
const OBJECTS: [&str; 6] = ["link", "fdb", "mdb", "vlan", "vni", "monitor"];

/// Verbs that only look; two letters are enough, as `bridge link s` is `set`.
const LOOKING: [&str; 5] = ["show", "list", "lst", "ls", "get"];

/// What says something of an entry that no document has.
const FDB_UNSUPPORTED: [&str; 15] = [
    "nhid",
    "port",
    "vni",
    "src_vni",
    "via",
    "router",
    "use",
    "extern_learn",
    "sticky",
    "dynamic",
    "temp",
    "activity_notify",
    "inactive",
    "norefresh",
    "state",
];

/// The order in which iproute2 tries them (bridge/fdb.c).
const FDB_VERBS: [&str; 5] = ["add", "append", "replace", "delete", "flush"];

/// `bridge link set dev PORT PARAMETERS`, `bridge vlan`, `bridge fdb`, and what only looks.
pub(crate) fn read(words: &mut Words<'_>) -> Result<Action, String> {
    while let Some(option) = words.peek().and_then(|word| word.strip_prefix('-')) {
        words.next();
        let option = option.strip_prefix('-').unwrap_or(option);
        // `-n` and more of it, but not `-no`…
        if !option.is_empty() && "netns".starts_with(option) {
            let namespace = words.parsed("-n")?;
            let mut argv = vec!["bridge".to_owned()];
            argv.extend_from_slice(words.rest());
            return Ok(Action::Inside { namespace, argv });
        }
    }
    let Some(object) = words.next() else {
        return Ok(Action::Look);
    };
    let known = abbreviated(object, &OBJECTS);
    let Some(verb) = words.next() else {
        return Ok(Action::Look);
    };
    let looks = verb.len() > 1 && abbreviated(verb, &LOOKING).is_some();
    match (known, verb) {
        (Some("monitor"), _) | (_, "help") => Ok(Action::Look),
        _ if looks => Ok(Action::Look),
        (Some("link"), verb) if "set".starts_with(verb) => set_port(words),
        (Some("vlan"), "add") => vlan(words, true),
        (Some("vlan"), "del" | "delete") => vlan(words, false),
        // They differ in what is there already.
        (Some("fdb"), verb) => match abbreviated(verb, &FDB_VERBS) {
            Some("add" | "append" | "replace") => fdb(words, true),
            Some("delete") => fdb(words, false),
            _ => Err(format!("`bridge {object} {verb}` is not supported yet")),
        },
        _ => Err(format!("`bridge {object} {verb}` is not supported yet")),
    }
}

pub(super) fn add_vlans(names: &Names, at: &At, own: bool, change: VlanChange) -> Command {
    let mut argv = of_vlans(names, at, "add", change.range);
    let words = [
        ("pvid", change.pvid),
        ("untagged", change.untagged),
        ("self", own),
    ];
    let said = words.into_iter().filter(|(_, is_said)| *is_said);
    argv.extend(said.map(|(word, _)| word.to_owned()));
    Command::new(argv)
}

pub(super) fn remove_vlans(names: &Names, at: &At, own: bool, range: VlanRange) -> Command {
    let argv = of_vlans(names, at, "del", range);
    Command::new(join(argv, if own { &["self"] } else { &[] }))
}

fn of_vlans(names: &Names, at: &At, verb: &str, range: VlanRange) -> Vec<String> {
    let range = range.to_string();
    let words = ["vlan", verb, "dev", at.name.as_str(), "vid", &range];
    join(names.bridge(at.namespace), &words)
}

/// What is there already is no error for the step; of entries for many, each is one more.
pub(super) fn add_fdb(names: &Names, at: &At, entry: &FdbEntry) -> Command {
    let verb = match (entry.is_of_bridge(), entry.is_for_many()) {
        (true, _) => "replace",
        (false, true) => "append",
        (false, false) => "add",
    };
    let whose: &[&str] = match entry.is_of_bridge() {
        true => &["master", "static"],
        false => &["self", "permanent"],
    };
    Command::new(join(of_fdb(names, at, verb, entry), whose))
}

pub(super) fn remove_fdb(names: &Names, at: &At, entry: &FdbEntry) -> Command {
    let whose = match entry.is_of_bridge() {
        true => "master",
        false => "self",
    };
    Command::new(join(of_fdb(names, at, "del", entry), &[whose]))
}

fn of_fdb(names: &Names, at: &At, verb: &str, entry: &FdbEntry) -> Vec<String> {
    let mac = entry.mac.to_string();
    let words = ["fdb", verb, &mac, "dev", at.name.as_str()];
    let mut argv = join(names.bridge(at.namespace), &words);
    if let Some(dst) = entry.dst {
        argv.extend(["dst".to_owned(), dst.to_string()]);
    }
    if let Some(vlan) = entry.vlan {
        argv.extend(["vlan".to_owned(), vlan.to_string()]);
    }
    argv
}

/// `bridge vlan add|del dev DEV vid VLAN[-VLAN] [pvid] [untagged] [self] [master]`.
fn vlan(words: &mut Words<'_>, adds: bool) -> Result<Action, String> {
    let mut interface: Option<InterfaceName> = None;
    let mut range: Option<VlanRange> = None;
    let (mut pvid, mut untagged, mut own) = (false, false, false);
    while let Some(word) = words.next() {
        match word {
            "dev" => interface = Some(words.parsed(word)?),
            "vid" => range = Some(words.parsed(word)?),
            "pvid" => pvid = true,
            "untagged" => untagged = true,
            "self" => own = true,
            "master" => {}
            // iproute2 passes over what it does not know (`vlan_modify`); this is what a VLAN is that
            // is not said to be untagged.
            "tagged" => {}
            other => return Err(format!("`{other}` of `bridge vlan` is not supported yet")),
        }
    }
    let (Some(interface), Some(range)) = (interface, range) else {
        return Err("`bridge vlan` needs `dev` and `vid`".to_owned());
    };
    if pvid && range.first != range.last {
        return Err("one VLAN is the PVID, not a range".to_owned());
    }
    let change = VlanChange {
        range,
        pvid,
        untagged,
    };
    Ok(match adds {
        true => Action::AddVlans {
            interface,
            own,
            change,
        },
        false => Action::RemoveVlans {
            interface,
            own,
            range,
        },
    })
}

/// `bridge fdb add|append|replace|del MAC dev DEV …`, the address anywhere among the words.
fn fdb(words: &mut Words<'_>, adds: bool) -> Result<Action, String> {
    let mut mac = None;
    let (mut vlan, mut dst) = (None, None);
    let mut interface: Option<InterfaceName> = None;
    let (mut of_bridge, mut is_static) = (false, false);
    while let Some(word) = words.next() {
        match word {
            "dev" => interface = Some(words.parsed(word)?),
            "dst" => dst = Some(words.parsed(word)?),
            "vlan" => vlan = Some(words.parsed(word)?),
            "master" => of_bridge = true,
            "static" => is_static = true,
            "self" | "permanent" | "local" => {}
            "to" => mac = Some(Mac::any(words.value(word)?)?),
            other if FDB_UNSUPPORTED.contains(&other) || mac.is_some() => {
                return Err(format!("`{other}` of `bridge fdb` is not supported yet"));
            }
            other => mac = Some(Mac::any(other)?),
        }
    }
    let mac = mac.ok_or("`bridge fdb` needs a MAC address")?;
    let entry = FdbEntry { mac, vlan, dst };
    let interface = interface.ok_or("`bridge fdb` needs `dev`")?;
    if entry.dst.is_none() && !(of_bridge && (is_static || !adds)) {
        return Err(
            "of `bridge fdb` only entries with `master static`, and with `dst` of a VXLAN, are \
             supported"
                .to_owned(),
        );
    }
    Ok(match adds {
        true => Action::AddFdb { interface, entry },
        false => Action::RemoveFdb { interface, entry },
    })
}

fn set_port(words: &mut Words<'_>) -> Result<Action, String> {
    if !words.skip("dev") {
        return Err("`bridge link set` needs `dev` and the name of a port first".to_owned());
    }
    let name = words.parsed("dev")?;
    let changes = device::read(port::NAME, port::TABLE, words)?;
    Ok(Action::SetLink {
        name,
        change: LinkChange {
            port: Some(changes),
            ..LinkChange::default()
        },
    })
}
