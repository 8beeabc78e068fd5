//! `sysctl`.

use super::action::Action;
use super::words::Words;
use super::{Command, Names, words};
use crate::address::Family;
use crate::id::NamespaceId;

pub(super) fn write(names: &Names, namespace: NamespaceId, family: Family, on: bool) -> Command {
    let mut argv = match namespace {
        NamespaceId::HOST => Vec::new(),
        other => vec![
            "ip".to_owned(),
            "netns".to_owned(),
            "exec".to_owned(),
            names.name(other),
        ],
    };
    let key = match family {
        Family::Ipv4 => "net.ipv4.ip_forward",
        Family::Ipv6 => "net.ipv6.conf.all.forwarding",
    };
    argv.extend(words(&["sysctl", "-w", &format!("{key}={}", u8::from(on))]));
    Command::new(argv)
}

/// `sysctl [-w] [-q] KEY=VALUE…`, or `sysctl KEY…`, which only looks.
pub(crate) fn read(words: &mut Words<'_>) -> Result<Vec<Action>, String> {
    let mut actions = Vec::new();
    let mut writes = false;
    while let Some(word) = words.next() {
        if let Some(option) = word.strip_prefix('-') {
            match option {
                "w" | "qw" | "wq" | "-write" => {
                    writes = true;
                    continue;
                }
                "q" | "n" | "e" | "-quiet" => continue,
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
    let family = match key.replace('/', ".").as_str() {
        "net.ipv4.ip_forward" | "net.ipv4.conf.all.forwarding" => Family::Ipv4,
        "net.ipv6.conf.all.forwarding" => Family::Ipv6,
        _ => return Err(format!("the setting `{key}` is not supported yet")),
    };
    match value {
        "0" => Ok(Action::SetForwarding { family, on: false }),
        "1" => Ok(Action::SetForwarding { family, on: true }),
        _ => Err(format!("`{key}={value}`: it takes 0 or 1")),
    }
}
