//! `sysctl`.

use super::action::Action;
use super::words::Words;
use super::{Command, Names, words};
use crate::address::Family;
use crate::id::NamespaceId;
use crate::name::InterfaceName;
use crate::sysctl;

pub(super) fn write(names: &Names, namespace: NamespaceId, family: Family, on: bool) -> Command {
    let key = match family {
        Family::Ipv4 => "net.ipv4.ip_forward",
        Family::Ipv6 => "net.ipv6.conf.all.forwarding",
    };
    set(names, namespace, key, i32::from(on))
}

/// One that goes back is written with the value that is usual: which one it had is not known here.
pub(super) fn write_setting(
    names: &Names,
    namespace: NamespaceId,
    interface: Option<&InterfaceName>,
    name: &str,
    value: Option<i32>,
) -> Command {
    let usual = || sysctl::setting(name, interface.is_some()).map_or(0, |known| known.usual);
    let key = sysctl::key_of(name, interface);
    set(names, namespace, &key, value.unwrap_or_else(usual))
}

fn set(names: &Names, namespace: NamespaceId, key: &str, value: i32) -> Command {
    let mut argv = match namespace {
        NamespaceId::HOST => Vec::new(),
        other => vec![
            "ip".to_owned(),
            "netns".to_owned(),
            "exec".to_owned(),
            names.name(other),
        ],
    };
    argv.extend(words(&["sysctl", "-w", &format!("{key}={value}")]));
    Command::new(argv)
}

/// `sysctl [-w] [-q] KEY=VALUE…`, or `sysctl KEY…`, which only looks.
pub(crate) fn read(words: &mut Words<'_>) -> Result<Vec<Action>, String> {
    let mut actions = Vec::new();
    let mut writes = false;
    while let Some(word) = words.next() {
        if let Some(option) = word.strip_prefix('-') {
            match option {
                "-write" => {
                    writes = true;
                    continue;
                }
                "-quiet" | "-ignore" | "-values" => continue,
                letters if letters.chars().all(|letter| "wqne".contains(letter)) => {
                    writes |= letters.contains('w');
                    continue;
                }
                _ => return Err(format!("the option `{word}` of sysctl is not supported")),
            }
        }
        actions.push(match word.split_once('=') {
            None if words.peek().is_some_and(|next| next.starts_with('=')) || writes => {
                return Err(spaced(word));
            }
            Some((key, value)) if key.is_empty() || value.is_empty() => return Err(spaced(word)),
            None => Action::Look,
            Some((key, value)) => setting(key.trim(), value.trim())?,
        });
    }
    Ok(actions)
}

fn spaced(word: &str) -> String {
    format!("`{word}`: sysctl takes a setting as one word: KEY=VALUE, no spaces around the `=`")
}

fn setting(key: &str, value: &str) -> Result<Action, String> {
    let dotted = key.replace('/', ".");
    let of = |family, prefix| {
        let whose = dotted.strip_prefix(prefix)?.strip_suffix(".forwarding")?;
        Some((family, whose))
    };
    let forwards = match dotted.as_str() {
        "net.ipv4.ip_forward" => Some((Family::Ipv4, "all")),
        _ => of(Family::Ipv4, "net.ipv4.conf.").or_else(|| of(Family::Ipv6, "net.ipv6.conf.")),
    };
    if let Some((family, whose)) = forwards {
        return forwarding(key, family, whose, value);
    }
    let (interface, name) = sysctl::of_key(key)?;
    let value = sysctl::setting(&name, interface.is_some())?.read(value)?;
    Ok(Action::SetSysctl {
        interface,
        name,
        value,
    })
}

/// `whose` is that of all, of the interfaces to come (`default`), or of one.
fn forwarding(key: &str, family: Family, whose: &str, value: &str) -> Result<Action, String> {
    let on = match value {
        "0" => false,
        "1" => true,
        _ => return Err(format!("`{key}={value}`: it takes 0 or 1")),
    };
    let interface = match whose {
        "all" => return Ok(Action::SetForwarding { family, on }),
        "default" => None,
        name => Some(name.parse().map_err(|error| format!("`{key}`: {error}"))?),
    };
    Ok(Action::KeepForwarding {
        interface,
        family,
        on,
    })
}
