//! `bridge`.

use super::action::{Action, LinkChange};
use super::device;
use super::words::{Words, abbreviated};
use crate::kind::port;

/// The order in which iproute2 tries them (bridge/bridge.c).
const OBJECTS: [&str; 6] = ["link", "fdb", "mdb", "vlan", "vni", "monitor"];

/// Verbs that only look; two letters are enough, as `bridge link s` is `set`.
const LOOKING: [&str; 5] = ["show", "list", "lst", "ls", "get"];

/// `bridge link set dev PORT PARAMETERS`, and what only looks.
pub(crate) fn read(words: &mut Words<'_>) -> Result<Action, String> {
    while words.peek().is_some_and(|word| word.starts_with('-')) {
        words.next();
    }
    let Some(object) = words.next() else {
        return Ok(Action::Look);
    };
    let known = abbreviated(object, &OBJECTS);
    let Some(verb) = words.next() else {
        return Ok(Action::Look);
    };
    let looks = verb.len() > 1 && abbreviated(verb, &LOOKING).is_some();
    match known {
        Some("monitor") => Ok(Action::Look),
        _ if looks => Ok(Action::Look),
        Some("link") if "set".starts_with(verb) => set_port(words),
        _ => Err(format!(
            "of `bridge` only `show` and `link set` are supported yet, not `{object} {verb}`"
        )),
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
