//! `bridge`.

use super::action::{Action, LinkChange};
use super::device;
use super::words::{Words, abbreviated};
use crate::kind::port;

/// The order in which iproute2 tries them (bridge/bridge.c).
const OBJECTS: [&str; 6] = ["link", "fdb", "mdb", "vlan", "vni", "monitor"];

/// `bridge link set dev PORT PARAMETERS`, and what only looks.
pub(crate) fn read(words: &mut Words<'_>) -> Result<Action, String> {
    while words.peek().is_some_and(|word| word.starts_with('-')) {
        words.next();
    }
    let object = words.next().unwrap_or("link");
    let known = abbreviated(object, &OBJECTS);
    let verb = words.next().unwrap_or("show");
    match (known, verb) {
        (_, "show" | "list" | "lst" | "sh" | "s") | (Some("monitor"), _) => Ok(Action::Look),
        (Some("link"), "set" | "change") => set_port(words),
        _ => Err(format!("`bridge {object} {verb}` is not supported yet")),
    }
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
