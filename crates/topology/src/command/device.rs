//! What `ip link` says after `type`: the parameters of devices and of ports of bridges.

use std::net::Ipv4Addr;

use super::words::Words;
use crate::kind::parameter::{SwitchWords, Width};
use crate::kind::parameters::{Changes, parameter};
use crate::kind::{Device, DeviceKind, Form, Parameter, Value};
use crate::name::InterfaceName;

/// The words that say these parameters, in the table's order. What `ip` has no word for, to take an
/// interface away, is left out.
pub(super) fn write<R: PartialEq>(
    table: &[Parameter],
    changes: &Changes<R>,
    link: impl Fn(&R) -> &InterfaceName,
) -> Vec<String> {
    let mut words = Vec::new();
    for parameter in table {
        let name = parameter.name;
        let Some(value) = changes.get(name) else {
            continue;
        };
        let (form, value) = match (parameter.form, value) {
            (Form::Lower, _) | (_, None) if parameter.form == Form::Lower => continue,
            (Form::Address { .. }, None) => {
                words.extend([name.to_owned(), "any".to_owned()]);
                continue;
            }
            (form, None) if is_key(form) => {
                words.push(format!("no{name}"));
                continue;
            }
            (_, None) => continue,
            (form, Some(value)) => (form, value),
        };
        let is_on = *value != Value::Number(0);
        match form {
            Form::Switch(_, SwitchWords::Prefix) if is_on => words.push(name.to_owned()),
            Form::Switch(_, SwitchWords::Prefix) => words.push(format!("no{name}")),
            Form::Switch(_, SwitchWords::OnOff) => {
                let state = if is_on { "on" } else { "off" };
                words.extend([name.to_owned(), state.to_owned()]);
            }
            Form::Switch(_, SwitchWords::Number) => {
                words.extend([name.to_owned(), u8::from(is_on).to_string()]);
            }
            _ => {
                let text = parameter.text(value, |other| link(other).to_string());
                words.extend([name.to_owned(), text]);
            }
        }
    }
    words
}

/// Reads parameters up to the end of the command.
pub(super) fn read(
    what: &str,
    table: &[Parameter],
    words: &mut Words<'_>,
) -> Result<Changes<InterfaceName>, String> {
    let mut changes = Changes::new();
    if what == DeviceKind::Wireguard.name() && words.peek().is_some() {
        return Err(format!(
            "nothing is set on a {what} with `ip`: use `wg set`"
        ));
    }
    while let Some(word) = words.next() {
        let mut said = None;
        for word in both_ways(what, word) {
            let word = alias(what, &word);
            let find = |name: &str| table.iter().find(|p| p.name == name);
            let by_prefix = |name: &str| {
                let prefix =
                    |p: &&Parameter| matches!(p.form, Form::Switch(_, SwitchWords::Prefix));
                find(name).filter(prefix)
            };
            let off = word.strip_prefix("no");
            let no_key = off.and_then(find).filter(|p| is_key(p.form));
            let (parameter, value) = match (by_prefix(word), off.and_then(by_prefix), no_key) {
                (Some(on), ..) => (on, Some(Value::Number(1))),
                (None, Some(off), _) => (off, Some(Value::Number(0))),
                (None, None, Some(key)) => (key, None),
                (None, None, None) => {
                    let parameter = parameter(what, table, word)
                        .map_err(|reason| unsupported(what, table, word).unwrap_or(reason))?;
                    let text = match said {
                        Some(text) => text,
                        None => words.value(word)?,
                    };
                    said = Some(text);
                    (parameter, value(parameter, text)?)
                }
            };
            if changes.insert(parameter.name.to_owned(), value).is_some() {
                return Err(format!("`{word}` is there twice"));
            }
        }
    }
    Ok(changes)
}

/// Why a word is refused which the kernel may well take: a lab has these alone.
fn unsupported(what: &str, table: &[Parameter], word: &str) -> Option<String> {
    let names: Vec<_> = table.iter().map(|parameter| parameter.name).collect();
    let names = Some(names.join(", ")).filter(|names| !names.is_empty())?;
    Some(format!(
        "`{word}` of {what} is not supported; supported are {names}"
    ))
}

/// Whether it is a number that can be taken away: `noikey`.
fn is_key(form: Form) -> bool {
    matches!(
        form,
        Form::Number {
            width: Width::Be32If { .. },
            ..
        }
    )
}

/// A word that says something of what comes in and of what goes out, as the two that it stands for.
fn both_ways(what: &str, word: &str) -> Vec<String> {
    let (no, name) = match word.strip_prefix("no") {
        Some(name) => ("no", name),
        None => ("", word),
    };
    match (what, name) {
        ("gre", "key" | "csum" | "seq") => vec![format!("{no}i{name}"), format!("{no}o{name}")],
        _ => vec![word.to_owned()],
    }
}

/// A device of a kind, from the words after `type KIND`.
pub(super) fn read_new(
    kind: DeviceKind,
    lower: Option<InterfaceName>,
    words: &mut Words<'_>,
) -> Result<Device<InterfaceName>, String> {
    let table = kind.table();
    let said = read(table.name, table.parameters, words)?;
    let said = said.into_iter().filter_map(|(name, v)| Some((name, v?)));
    let mut device = Device {
        kind,
        parameters: said.collect(),
    };
    if let Some(lower) = lower {
        let stands = table.parameters.iter().any(|p| p.form == Form::Lower);
        if !stands {
            return Err(format!("a {kind} stands on no `link`"));
        }
        device.parameters.set("link", Some(Value::Link(lower)));
    }
    device.check()?;
    Ok(device)
}

/// What `ip` also takes for a word.
fn alias<'a>(what: &str, word: &'a str) -> &'a str {
    match (what, word) {
        ("vxlan", "vni") => "id",
        ("vxlan", "port") => "dstport",
        ("bridge", "stp") => "stp_state",
        ("vlan", "proto") => "protocol",
        ("bridge_slave", "mcast_fast_leave") => "fastleave",
        _ => word,
    }
}

/// A value, with the words that `ip` has for some numbers.
fn value(parameter: &Parameter, text: &str) -> Result<Option<Value<InterfaceName>>, String> {
    let text = match (parameter.name, text) {
        ("remote" | "local" | "group", "any") => return Ok(None),
        ("ttl", "inherit" | "auto") => "0",
        ("tos", "inherit") => "1",
        ("protocol" | "vlan_protocol", text) if text.eq_ignore_ascii_case("802.1q") => "802.1Q",
        (_, text) => text,
    };
    // A key may be written as an address.
    let dotted = text.parse::<Ipv4Addr>().ok();
    let dotted = dotted.filter(|_| is_key(parameter.form));
    let number = dotted.map(|address| u32::from(address).to_string());
    let text = number.as_deref().unwrap_or(text);
    let link = |name: &str| name.parse().map_err(|error| format!("{error}"));
    parameter.read(text, link).map(Some)
}
