//! `ip rule`.

use ipnet::IpNet;

use super::action::{Action, Global};
use super::words::{Words, abbreviated, refused};
use super::{Command, Names, address};
use crate::address::Family;
use crate::id::NamespaceId;
use crate::name::InterfaceName;
use crate::route::{TABLE_MAIN, read_table};
use crate::rule::{Rule, RuleAction};

pub(super) fn write(
    names: &Names,
    namespace: NamespaceId,
    verb: &str,
    rule: &Rule<InterfaceName>,
) -> Command {
    let mut argv = names.ip(namespace);
    if rule.family == Family::Ipv6 {
        argv.push("-6".to_owned());
    }
    argv.extend(super::words(&["rule", verb]));
    argv.extend(rule.words());
    Command::new(argv)
}

/// The order in which iproute2 tries them (ip/iprule.c).
const VERBS: [&str; 9] = [
    "list", "lst", "show", "save", "restore", "add", "delete", "flush", "help",
];

/// Keywords that say something which no document has.
const UNSUPPORTED: [&str; 13] = [
    "tos",
    "dsfield",
    "realms",
    "suppress_prefixlength",
    "suppress_ifgroup",
    "l3mdev",
    "uidrange",
    "tun_id",
    "goto",
    "nop",
    "nat",
    "map-to",
    "type",
];

/// Keywords of which the first letters are enough, in the order in which iproute2 tries them.
const ABBREVIATED: [&str; 4] = ["preference", "order", "priority", "table"];

/// Protocols that iproute2 knows by name on every machine (/etc/protocols).
const PROTOCOLS: [(&str, u8); 6] = [
    ("icmp", 1),
    ("tcp", 6),
    ("udp", 17),
    ("gre", 47),
    ("ipv6-icmp", 58),
    ("sctp", 132),
];

/// What a rule says; without a priority the kernel gives it one, or takes any.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Said {
    pub(crate) rule: Rule<InterfaceName>,
    pub(crate) priority: Option<u32>,
    /// Whether it says what becomes of packets.
    pub(crate) acts: bool,
}

pub(crate) fn read(words: &mut Words<'_>, global: Global) -> Result<Action, String> {
    let Some(verb) = words.next() else {
        return Ok(Action::Look);
    };
    match abbreviated(verb, &VERBS) {
        Some("list" | "lst" | "show" | "help") => Ok(Action::Look),
        Some("add") => Ok(Action::AddRule(of_family(said(words, global)?, global)?)),
        Some("delete") => Ok(Action::RemoveRule(of_family(said(words, global)?, global)?)),
        _ => Err(format!("`ip rule {verb}` is not supported")),
    }
}

/// `ip rule` does not learn the family from addresses, as `ip route` does.
fn of_family(said: Said, global: Global) -> Result<Said, String> {
    match (global.family, said.rule.family) {
        (None, Family::Ipv6) => Err("`ip rule` is for IPv4: IPv6 needs `ip -6 rule`".to_owned()),
        _ => Ok(said),
    }
}

fn said(words: &mut Words<'_>, global: Global) -> Result<Said, String> {
    let mut family = global.family;
    let mut priority = None;
    let mut action = None;
    let mut rule = Rule::new(Family::Ipv4, 0, RuleAction::Lookup(TABLE_MAIN));
    while let Some(word) = words.next() {
        match word {
            "not" => rule.not = true,
            "from" => rule.from = prefix(words.value(word)?, &mut family)?,
            "to" => rule.to = prefix(words.value(word)?, &mut family)?,
            "iif" | "dev" => rule.iif = Some(words.parsed(word)?),
            "oif" => rule.oif = Some(words.parsed(word)?),
            "fwmark" => rule.mark = Some(words.parsed(word)?),
            "ipproto" => rule.protocol = Some(protocol(words.value(word)?)?),
            "sport" => rule.sport = Some(words.parsed(word)?),
            "dport" => rule.dport = Some(words.parsed(word)?),
            "lookup" => action = Some(lookup(word, words)?),
            "blackhole" => action = Some(RuleAction::Blackhole),
            "unreachable" => action = Some(RuleAction::Unreachable),
            "prohibit" => action = Some(RuleAction::Prohibit),
            _ if UNSUPPORTED.contains(&word) => return Err(refused(word, &UNSUPPORTED)),
            _ => match abbreviated(word, &ABBREVIATED) {
                Some("table") => action = Some(lookup("table", words)?),
                Some(known) => priority = Some(words.parsed(known)?),
                None => return Err(refused(word, &UNSUPPORTED)),
            },
        }
    }
    rule.family = family.unwrap_or(Family::Ipv4);
    let acts = action.is_some();
    rule.action = action.unwrap_or(rule.action);
    Ok(Said {
        rule,
        priority,
        acts,
    })
}

/// A rule as `ip rule add` takes it, such as `from 10.1.0.0/16 lookup 100 priority 50`. `free` is
/// the priority of one that names none.
pub fn read_rule(text: &str, free: u32) -> Result<Rule<InterfaceName>, String> {
    let words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
    let said = said(&mut Words::new(&words), Global::default())?;
    if !said.acts {
        let why = "What becomes of the packets? Write `lookup TABLE`, or blackhole, unreachable, prohibit";
        return Err(why.to_owned());
    }
    Ok(Rule {
        priority: said.priority.unwrap_or(free),
        ..said.rule
    })
}

/// The table that packets are looked up in.
fn lookup(word: &str, words: &mut Words<'_>) -> Result<RuleAction, String> {
    let table = read_table(words.value(word)?)?;
    Ok(RuleAction::Lookup(table.unwrap_or(TABLE_MAIN)))
}

fn prefix(text: &str, family: &mut Option<Family>) -> Result<Option<IpNet>, String> {
    if matches!(text, "all" | "any" | "default") {
        return Ok(None);
    }
    let net = address::parse(text, *family)?;
    *family = Some(Family::of(net.addr()));
    Ok(Some(net.trunc()).filter(|net| net.prefix_len() > 0))
}

fn protocol(text: &str) -> Result<u8, String> {
    let named = PROTOCOLS.iter().find(|(name, _)| *name == text);
    match named {
        Some((_, number)) => Ok(*number),
        None => text
            .parse()
            .map_err(|_| format!("`ipproto {text}`: write the protocol's number")),
    }
}
