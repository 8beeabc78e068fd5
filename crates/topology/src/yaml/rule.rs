//! Policy rules in the shape of the text.

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use super::names::Names;
use crate::address::Family;
use crate::document::Document;
use crate::id::{InterfaceId, NamespaceId};
use crate::rule::{self, RuleAction};

/// A policy rule: what it matches, and one of `table` and `type`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rule {
    priority: u32,
    /// Needed where no address tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    family: Option<Family>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    not: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    from: Option<IpNet>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    to: Option<IpNet>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    iif: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    oif: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fwmark: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ipproto: Option<u8>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sport: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    dport: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    table: Option<u32>,
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<Kind>,
}

/// A number or a word.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Text {
    Number(u64),
    Word(String),
}

/// What becomes of packets that are not looked up.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Blackhole,
    Unreachable,
    Prohibit,
}

impl Text {
    fn of(value: impl ToString) -> Self {
        let text = value.to_string();
        text.parse().map_or(Self::Word(text), Self::Number)
    }

    fn read<T: std::str::FromStr<Err = String>>(&self) -> Result<T, String> {
        match self {
            Self::Number(number) => number.to_string().parse(),
            Self::Word(word) => word.parse(),
        }
    }
}

pub(super) fn form(document: &Document, rule: &rule::Rule<InterfaceId>) -> Rule {
    let name = |id: &Option<InterfaceId>| {
        let found = id.and_then(|id| document.interfaces.get(&id));
        found.map(|interface| interface.name.to_string())
    };
    let says_family = rule.from.is_some() || rule.to.is_some();
    let (table, kind) = match rule.action {
        RuleAction::Lookup(table) => (Some(table), None),
        RuleAction::Blackhole => (None, Some(Kind::Blackhole)),
        RuleAction::Unreachable => (None, Some(Kind::Unreachable)),
        RuleAction::Prohibit => (None, Some(Kind::Prohibit)),
    };
    Rule {
        priority: rule.priority,
        family: (!says_family).then_some(rule.family),
        not: rule.not,
        from: rule.from,
        to: rule.to,
        iif: name(&rule.iif),
        oif: name(&rule.oif),
        fwmark: rule.mark.map(Text::of),
        ipproto: rule.protocol,
        sport: rule.sport.map(Text::of),
        dport: rule.dport.map(Text::of),
        table,
        kind,
    }
}

pub(super) fn read(
    names: &Names,
    namespace: NamespaceId,
    form: &Rule,
) -> Result<rule::Rule<InterfaceId>, String> {
    let named = |name: &Option<String>| match name {
        None => Ok(None),
        Some(name) => names
            .interface(namespace, name)
            .map(Some)
            .ok_or_else(|| format!("there is no interface {name} in this namespace")),
    };
    let told = form.from.or(form.to).map(|net| Family::of(net.addr()));
    let family = form.family.or(told);
    let action = match (form.table, form.kind) {
        (Some(table), None) => RuleAction::Lookup(table),
        (None, Some(Kind::Blackhole)) => RuleAction::Blackhole,
        (None, Some(Kind::Unreachable)) => RuleAction::Unreachable,
        (None, Some(Kind::Prohibit)) => RuleAction::Prohibit,
        _ => {
            return Err(
                "a rule has a `table`, or a `type`: blackhole, unreachable, prohibit".into(),
            );
        }
    };
    Ok(rule::Rule {
        not: form.not,
        from: form.from,
        to: form.to,
        iif: named(&form.iif)?,
        oif: named(&form.oif)?,
        mark: form.fwmark.as_ref().map(Text::read).transpose()?,
        protocol: form.ipproto,
        sport: form.sport.as_ref().map(Text::read).transpose()?,
        dport: form.dport.as_ref().map(Text::read).transpose()?,
        ..rule::Rule::new(family.unwrap_or(Family::Ipv4), form.priority, action)
    })
}
