//! `ip netns`.

use super::Command;
use super::action::Action;
use super::words::{Words, abbreviated};
use crate::name::NamespaceName;

pub(super) fn add(name: &NamespaceName) -> Command {
    Command::new(super::words(&["ip", "netns", "add", name.as_str()]))
}

pub(super) fn remove(name: &str) -> Command {
    Command::new(super::words(&["ip", "netns", "delete", name]))
}

/// The order in which iproute2 tries them (ip/ipnetns.c).
const VERBS: [&str; 12] = [
    "list", "show", "lst", "list-id", "help", "add", "set", "delete", "identify", "pids", "exec",
    "monitor",
];

pub(crate) fn read(words: &mut Words<'_>) -> Result<Action, String> {
    let Some(verb) = words.next() else {
        return Ok(Action::Look);
    };
    match abbreviated(verb, &VERBS) {
        Some("list" | "show" | "lst" | "list-id" | "help" | "identify" | "pids" | "monitor") => {
            Ok(Action::Look)
        }
        Some("add") => {
            let name = name(words, "add")?;
            match words.next() {
                None => Ok(Action::AddNamespace(name)),
                Some(more) => Err(format!(
                    "`ip netns add` takes one name, and there is `{more}` too"
                )),
            }
        }
        Some("delete") => Ok(Action::RemoveNamespace(name(words, "delete")?)),
        Some("exec") => {
            let namespace = name(words, "exec")?;
            if words.peek().is_none() {
                return Err("`ip netns exec` needs a command".to_owned());
            }
            Ok(Action::Inside {
                namespace,
                argv: words.rest().to_vec(),
            })
        }
        _ => Err(format!("`ip netns {verb}` is not supported")),
    }
}

fn name(words: &mut Words<'_>, verb: &str) -> Result<NamespaceName, String> {
    let name = words
        .next()
        .ok_or_else(|| format!("`ip netns {verb}` needs a name"))?;
    name.parse().map_err(|error| format!("{error}"))
}
