//! Lines for `ip -batch`.
//!
//! A line is what stands after `ip`, without options; quotes count at the beginning of a word only,
//! and `#` ends a line wherever it stands (iproute2's lib/utils.c: `getcmdline`, `makeargs`). A
//! command of another program is run by `netns exec`, where there is a namespace to run it in.

use super::{beyond, lost};
use crate::command::{Command, told};
use crate::document::Document;
use crate::id::NamespaceId;
use crate::import::Remark;

pub(super) fn write(document: &Document) -> (String, Vec<Remark>) {
    let title = document.title.trim();
    let mut text = match title.is_empty() {
        true => "\n".to_owned(),
        false => format!("# {title}\n"),
    };
    let mut left = beyond::of_commands(document);
    let mut last = None;
    for told in told(document) {
        let whose = document.describe_namespace(told.namespace);
        if last.replace(told.namespace) != Some(told.namespace) {
            text.push_str(&format!("# {}\n", plain(&whose)));
        }
        if told.command.is_remark() {
            text.push_str(&format!("{}\n", plain(&told.command.to_string())));
            continue;
        }
        match line(&told.command, told.namespace, &whose) {
            Ok(line) => text.push_str(&format!("{line}\n")),
            Err(reason) => {
                left.push(lost(whose, format!("`{}`: {reason}", told.command.words())));
            }
        }
    }
    (text, left)
}

/// A remark is one line.
fn plain(text: &str) -> String {
    text.replace(['\n', '\r'], " ")
}

fn line(command: &Command, namespace: NamespaceId, name: &str) -> Result<String, String> {
    if command.input.is_some() {
        return Err("`ip -batch` gives a command nothing to read".to_owned());
    }
    let inner = command.within(name);
    let is_inside = namespace != NamespaceId::HOST && (inner != *command || is_wait(command));
    let mut argv = Vec::new();
    match (is_inside, inner.argv.split_first()) {
        (true, _) => {
            argv.extend(["netns", "exec", name].map(str::to_owned));
            argv.extend(inner.argv);
        }
        (false, Some((program, rest))) if program == "ip" => argv.extend(without_family(rest)?),
        _ => return Err("`ip -batch` runs `ip` only, and no other program in the host".to_owned()),
    }
    let words: Result<Vec<String>, String> = argv.iter().map(|word| quoted(word)).collect();
    Ok(words?.join(" "))
}

fn is_wait(command: &Command) -> bool {
    command
        .argv
        .first()
        .is_some_and(|program| program == "sleep")
}

/// A line has no options: the family must be seen from an address.
fn without_family(words: &[String]) -> Result<Vec<String>, String> {
    let Some((option, rest)) = words.split_first() else {
        return Ok(Vec::new());
    };
    if option != "-6" {
        return Ok(words.to_vec());
    }
    let is_route = rest.first().is_some_and(|object| object == "route");
    let said: Vec<String> = rest
        .iter()
        .map(|word| match word.as_str() {
            "default" if is_route => "::/0".to_owned(),
            _ => word.clone(),
        })
        .collect();
    // What `ip rule` is of is said by its option alone.
    match is_route {
        true => Ok(said),
        false => Err("`ip -batch` has no option -6, and a rule in the host needs it".to_owned()),
    }
}

fn quoted(word: &str) -> Result<String, String> {
    let is_plain = |c: char| !c.is_whitespace() && !"'\"\\$`".contains(c);
    if word.contains(['#', '\n', '\r']) {
        return Err("a `#` ends a line".to_owned());
    }
    if !word.is_empty() && word.chars().all(is_plain) {
        return Ok(word.to_owned());
    }
    match (word.contains('\''), word.contains(['"', '\\', '$', '`'])) {
        (false, _) => Ok(format!("'{word}'")),
        (true, false) => Ok(format!("\"{word}\"")),
        (true, true) => Err("its quotes cannot be written".to_owned()),
    }
}
