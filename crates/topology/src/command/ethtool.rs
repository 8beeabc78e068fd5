//! `ethtool -K`: what is left to an interface.

use super::action::Action;
use super::words::Words;
use super::{Command, Names, words};
use crate::id::NamespaceId;
use crate::offload::{Offload, word};
use crate::step::At;

/// One that goes back is turned on, as most interfaces have it: how it was is not known here.
pub(super) fn write(names: &Names, at: &At, offload: Offload, on: Option<bool>) -> Command {
    let mut argv = match at.namespace {
        NamespaceId::HOST => Vec::new(),
        other => {
            let mut argv = words(&["ip", "netns", "exec"]);
            argv.push(names.name(other));
            argv
        }
    };
    let state = word(on.unwrap_or(true));
    argv.extend(words(&[
        "ethtool",
        "-K",
        at.name.as_str(),
        offload.name(),
        state,
    ]));
    Command::new(argv)
}

/// `ethtool -K DEVICE NAME on|off …`, or what only looks.
pub(crate) fn read(words: &mut Words<'_>) -> Result<Vec<Action>, String> {
    match words.next() {
        Some("-K" | "--features" | "--offload") => {}
        Some(
            "-k" | "--show-features" | "--show-offload" | "-i" | "--driver" | "-S" | "--statistics"
            | "-h" | "--help" | "--version",
        ) => return Ok(vec![Action::Look]),
        Some(option) if option.starts_with('-') => {
            return Err(format!("the option `{option}` of ethtool is not supported"));
        }
        Some(_) => return Ok(vec![Action::Look]),
        None => return Err("ethtool needs the name of an interface".to_owned()),
    }
    let interface: crate::name::InterfaceName = words.parsed("-K")?;
    let mut actions = Vec::new();
    while let Some(name) = words.next() {
        let offload = name.parse()?;
        let on = match words.value(name)? {
            "on" => true,
            "off" => false,
            other => return Err(format!("`{name} {other}`: it is on or off")),
        };
        actions.push(Action::SetOffload {
            interface: interface.clone(),
            offload,
            on,
        });
    }
    match actions.is_empty() {
        true => Err(format!("`ethtool -K {interface}` says nothing to set")),
        false => Ok(actions),
    }
}
