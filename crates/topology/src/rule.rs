//! Policy rules: which routing table a packet is looked up in.
//!
//! Interfaces are of type `I`: ids in documents, names elsewhere, as the kernel has them. The rules
//! that the kernel makes by itself (`0: lookup local`, `32766: lookup main`, `32767: lookup
//! default`) are in no document.

use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use crate::address::Family;
use crate::name::InterfaceName;
use crate::route::TABLE_MAIN;

/// Priorities of the kernel's own rules: local (0), main and default (`fib_default_rules_init`).
pub const PRIORITIES_OF_THE_KERNEL: [u32; 3] = [0, 32_766, 32_767];

/// A rule; what is `None` matches everything.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(bound(serialize = "I: Serialize", deserialize = "I: Deserialize<'de>"))]
pub struct Rule<I> {
    /// Whose packets.
    pub family: Family,
    /// Lower is asked first.
    pub priority: u32,
    /// It is for packets that do not match the rest.
    #[serde(default)]
    pub not: bool,
    /// Source addresses, host bits clear.
    #[serde(default)]
    pub from: Option<IpNet>,
    /// Destination addresses, host bits clear.
    #[serde(default)]
    pub to: Option<IpNet>,
    /// The interface by which they came; the loopback stands for packets that start here.
    #[serde(default)]
    pub iif: Option<I>,
    /// The interface to which a socket is bound.
    #[serde(default)]
    pub oif: Option<I>,
    /// The mark of the packet.
    #[serde(default)]
    pub mark: Option<Mark>,
    /// The protocol above IP, by its number.
    #[serde(default)]
    pub protocol: Option<u8>,
    /// Source ports.
    #[serde(default)]
    pub sport: Option<Ports>,
    /// Destination ports.
    #[serde(default)]
    pub dport: Option<Ports>,
    /// What becomes of them.
    pub action: RuleAction,
}

/// What becomes of packets that match.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleAction {
    /// They are looked up in a table; if it has no route for them, the next rule is asked.
    Lookup(u32),
    /// They are dropped without a word.
    Blackhole,
    /// They are dropped; the sender hears that the network is unreachable.
    Unreachable,
    /// They are dropped; the sender hears that it is prohibited.
    Prohibit,
}

/// `fwmark VALUE/MASK`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Mark {
    /// What it must be where the mask has ones.
    pub value: u32,
    /// Never 0.
    pub mask: u32,
}

/// A range of ports, both ends in it, from 1.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Ports {
    /// The first.
    pub first: u16,
    /// The last.
    pub last: u16,
}

impl<I> Rule<I> {
    /// One for everything.
    pub fn new(family: Family, priority: u32, action: RuleAction) -> Self {
        Self {
            family,
            priority,
            not: false,
            from: None,
            to: None,
            iif: None,
            oif: None,
            mark: None,
            protocol: None,
            sport: None,
            dport: None,
            action,
        }
    }

    /// The interfaces that it names.
    pub fn interfaces(&self) -> impl Iterator<Item = &I> {
        self.iif.iter().chain(&self.oif)
    }

    /// The same with other names for interfaces; `None` if one has none.
    pub fn map<J>(&self, mut name: impl FnMut(&I) -> Option<J>) -> Option<Rule<J>> {
        let mut mapped = |interface: &Option<I>| match interface {
            None => Some(None),
            Some(interface) => name(interface).map(Some),
        };
        Some(Rule {
            family: self.family,
            priority: self.priority,
            not: self.not,
            from: self.from,
            to: self.to,
            iif: mapped(&self.iif)?,
            oif: mapped(&self.oif)?,
            mark: self.mark,
            protocol: self.protocol,
            sport: self.sport,
            dport: self.dport,
            action: self.action,
        })
    }

    /// What is wrong with it by itself.
    pub fn check(&self) -> Result<(), String> {
        let no = |why: &str| Err(why.to_owned());
        if PRIORITIES_OF_THE_KERNEL.contains(&self.priority) {
            return no("this priority is that of a rule that the kernel makes by itself");
        }
        for net in self.from.iter().chain(&self.to) {
            if Family::of(net.addr()) != self.family {
                return Err(format!("{net} is of the other family"));
            }
            if *net != net.trunc() {
                let meant = net.trunc();
                return Err(format!("{net}: host bits are set: did you mean {meant}?"));
            }
            if net.prefix_len() == 0 {
                return no("all addresses need not be said");
            }
        }
        match self.action {
            RuleAction::Lookup(0) => no("there is no table 0"),
            _ => Ok(()),
        }
    }
}

impl Rule<InterfaceName> {
    /// As `ip rule` takes it, after the verb.
    pub fn words(&self) -> Vec<String> {
        let mut words = Vec::new();
        let mut say = |more: &[&str]| words.extend(more.iter().map(|word| (*word).to_owned()));
        if self.not {
            say(&["not"]);
        }
        match self.from {
            Some(from) => say(&["from", &from.to_string()]),
            // `ip rule add` wants something to match.
            None => say(&["from", "all"]),
        }
        if let Some(to) = self.to {
            say(&["to", &to.to_string()]);
        }
        if let Some(mark) = self.mark {
            say(&["fwmark", &mark.to_string()]);
        }
        if let Some(iif) = &self.iif {
            say(&["iif", iif.as_str()]);
        }
        if let Some(oif) = &self.oif {
            say(&["oif", oif.as_str()]);
        }
        if let Some(protocol) = self.protocol {
            say(&["ipproto", &protocol.to_string()]);
        }
        if let Some(ports) = self.sport {
            say(&["sport", &ports.to_string()]);
        }
        if let Some(ports) = self.dport {
            say(&["dport", &ports.to_string()]);
        }
        say(&["priority", &self.priority.to_string()]);
        match self.action {
            RuleAction::Lookup(TABLE_MAIN) => say(&["lookup", "main"]),
            RuleAction::Lookup(table) => say(&["lookup", &table.to_string()]),
            RuleAction::Blackhole => say(&["blackhole"]),
            RuleAction::Unreachable => say(&["unreachable"]),
            RuleAction::Prohibit => say(&["prohibit"]),
        }
        words
    }

    /// Whether the kernel takes two rules for the same one (`rule_exists`): it does not look at
    /// `not`.
    pub fn is_same(&self, other: &Self) -> bool {
        let without = |rule: &Self| Self {
            not: false,
            ..rule.clone()
        };
        without(self) == without(other)
    }

    /// Whether the look-up of a gateway comes by it: a packet from here without a source address,
    /// mark or protocol (`fib_check_nh_v4_gw`).
    pub fn is_for_gateway(&self, gateway: IpAddr, through: Option<&str>) -> bool {
        let is_from_here = self
            .iif
            .as_ref()
            .is_none_or(|iif| *iif == InterfaceName::loopback());
        let is_to = self.to.is_none_or(|to| to.contains(&gateway));
        let oif = self.oif.as_ref().map(InterfaceName::as_str);
        let matches = is_from_here
            && is_to
            && (oif.is_none() || oif == through)
            && self.from.is_none()
            && self.mark.is_none_or(|mark| mark.value == 0)
            && self.protocol.is_none()
            && self.sport.is_none()
            && self.dport.is_none();
        self.family == Family::of(gateway) && matches != self.not
    }
}

impl std::str::FromStr for Mark {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = |text: &str| {
            let read = match text.strip_prefix("0x") {
                Some(digits) => u32::from_str_radix(digits, 16),
                None => text.parse(),
            };
            read.map_err(|_| format!("`{text}` is no mark: a number like 0x1, or 0x1/0xff"))
        };
        let (value, mask) = match text.split_once('/') {
            None => (number(text)?, u32::MAX),
            Some((value, mask)) => (number(value)?, number(mask)?),
        };
        match mask {
            0 => Err("a mask of 0 matches every mark".to_owned()),
            mask if value & !mask != 0 => {
                Err(format!("`{text}`: the mask hides a part of the mark"))
            }
            mask => Ok(Self { value, mask }),
        }
    }
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.mask {
            u32::MAX => write!(f, "{:#x}", self.value),
            mask => write!(f, "{:#x}/{mask:#x}", self.value),
        }
    }
}

impl std::str::FromStr for Ports {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        let ports = first.parse().ok().zip(last.parse().ok());
        match ports {
            Some((first, last)) if 0 < first && first <= last => Ok(Self { first, last }),
            _ => Err(format!(
                "`{text}` is no port: 1 to 65535, or a range like 8000-8100"
            )),
        }
    }
}

impl fmt::Display for Ports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.first == self.last {
            true => write!(f, "{}", self.first),
            false => write!(f, "{}-{}", self.first, self.last),
        }
    }
}

/// Both are texts in stored labs.
macro_rules! as_text {
    ($type:ident) => {
        impl TryFrom<String> for $type {
            type Error = String;
            fn try_from(text: String) -> Result<Self, String> {
                text.parse()
            }
        }

        impl From<$type> for String {
            fn from(value: $type) -> Self {
                value.to_string()
            }
        }
    };
}

as_text!(Mark);
as_text!(Ports);
