//! `nft`, and `iptables` as far as it can be said in nft's words.

use super::action::Action;
use super::words::Words;
use super::{Command, Names, words};
use crate::address::Family;
use crate::firewall::iptables::{self, Translated};
use crate::firewall::{FLUSH, begins_anew};
use crate::id::NamespaceId;

/// What a command does to a firewall.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Change {
    /// `nft flush ruleset`.
    Flush,
    /// A whole text, as `nft -f -` reads it, or one command of nft.
    Add(String),
    /// What a command of iptables says in nft.
    Translated(Translated),
}

/// The command that replaces whatever rules there are.
pub(super) fn write(names: &Names, namespace: NamespaceId, ruleset: Option<&str>) -> Command {
    match ruleset {
        None => Command::new(nft(names, namespace, &["flush", "ruleset"])),
        Some(text) if begins_anew(text) => load(names, namespace, text),
        Some(text) => load(names, namespace, &format!("{FLUSH}\n{text}")),
    }
}

/// The command that adds a ruleset where there is none: on a person's machine, `host` is the machine
/// itself, whose own rules are to stay.
pub(super) fn load(names: &Names, namespace: NamespaceId, text: &str) -> Command {
    Command {
        input: Some(text.to_owned()),
        ..Command::new(nft(names, namespace, &["-f", "-"]))
    }
}

fn nft(names: &Names, namespace: NamespaceId, arguments: &[&str]) -> Vec<String> {
    let mut argv = match namespace {
        NamespaceId::HOST => Vec::new(),
        other => {
            let mut argv = words(&["ip", "netns", "exec"]);
            argv.push(names.name(other));
            argv
        }
    };
    argv.push("nft".to_owned());
    argv.extend(words(arguments));
    argv
}

/// `nft -f -` with a here-document, or one command of nft.
pub(crate) fn read(words: &mut Words<'_>, input: Option<&str>) -> Result<Action, String> {
    let mut reads_file = false;
    while let Some(option) = words.peek().and_then(|word| word.strip_prefix('-')) {
        words.next();
        match option {
            "f" | "-file" => {
                reads_file = true;
                break;
            }
            "c" | "-check" => return Ok(Action::Look),
            "v" | "V" | "-version" | "h" | "-help" => return Ok(Action::Look),
            "a" | "-handle" | "n" | "-numeric" | "s" | "-stateless" | "e" | "-echo" | "j"
            | "-json" | "-debug" => {}
            other => return Err(format!("the option `-{other}` of nft is not supported")),
        }
    }
    if reads_file {
        return file(words, input).map(|text| Action::Firewall(Change::Add(text)));
    }
    if input.is_some() {
        return Err("nft reads a here-document with `-f -`".to_owned());
    }
    let text = words.rest().join(" ");
    // `nft` joins its words by spaces, too.
    let mut said = text.split_whitespace();
    let verb = said.next().unwrap_or_default();
    match (verb, said.next().unwrap_or_default()) {
        ("list" | "monitor" | "describe" | "get", _) => Ok(Action::Look),
        ("reset", _) => Ok(Action::Look),
        ("flush", "ruleset") => Ok(Action::Firewall(Change::Flush)),
        ("delete" | "replace", "rule") => {
            Err("a rule by its handle is not supported: the kernel gives handles".to_owned())
        }
        ("add" | "create" | "insert" | "delete" | "destroy" | "flush" | "rename" | "table", _) => {
            Ok(Action::Firewall(Change::Add(text + "\n")))
        }
        ("", _) => Err("nft needs a command".to_owned()),
        (other, _) => Err(format!("`nft {other}` is not understood")),
    }
}

fn file(words: &mut Words<'_>, input: Option<&str>) -> Result<String, String> {
    let name = words.value("-f")?;
    if !matches!(name, "-" | "/dev/stdin") {
        return Err(format!(
            "`nft -f {name}`: files are not read; write the rules into the script: nft -f - <<'EOF'"
        ));
    }
    words.end()?;
    input
        .map(str::to_owned)
        .ok_or_else(|| "`nft -f -` needs the rules in a here-document: <<'EOF'".to_owned())
}

/// `iptables` or `ip6tables`.
pub(crate) fn read_iptables(family: Family, words: &mut Words<'_>) -> Result<Action, String> {
    let translated = iptables::read(family, words)?;
    Ok(match translated {
        None => Action::Look,
        Some(translated) => Action::Firewall(Change::Translated(translated)),
    })
}

impl Change {
    /// The text of the firewall after it; empty if there is none any more.
    pub(crate) fn applied_to(&self, text: &str) -> String {
        match self {
            Self::Flush => String::new(),
            Self::Add(more) if begins_anew(more) => more.clone(),
            Self::Add(more) => format!("{text}{more}"),
            Self::Translated(translated) => translated.added_to(text),
        }
    }
}
