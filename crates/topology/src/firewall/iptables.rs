//! `iptables` and `ip6tables` commands as nft text.
//!
//! The common part of iptables(8) and iptables-extensions(8), in the words and with the names that
//! `iptables-translate` gives: table `ip filter`, chain `FORWARD`, a counter in every rule. What is
//! not understood is refused by name.

use crate::address::Family;
use crate::command::words::Words;

mod mark;
mod rule;
mod statistic;

/// What a command does to the text of a ruleset.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Translated {
    /// Lines that must stand before: a table, a chain. Added where they are not there yet.
    pub(crate) declared: Vec<String>,
    /// Lines that are added.
    pub(crate) lines: Vec<String>,
    /// The lines are added only if this one is there: there is nothing to empty otherwise.
    pub(crate) only_with: Option<String>,
}

/// The tables whose rules have something of the same in nft.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Table {
    Filter,
    Nat,
    Mangle,
    Raw,
}

/// What a command is about.
struct Target {
    family: Family,
    table: Table,
}

impl Target {
    /// The table as nft names it: `ip filter`.
    fn table(&self) -> String {
        let family = match self.family {
            Family::Ipv4 => "ip",
            Family::Ipv6 => "ip6",
        };
        let table = match self.table {
            Table::Filter => "filter",
            Table::Nat => "nat",
            Table::Mangle => "mangle",
            Table::Raw => "raw",
        };
        format!("{family} {table}")
    }

    fn declares_table(&self) -> String {
        format!("add table {}", self.table())
    }

    /// Where a built-in chain is hooked in; `None` for one of the user's.
    fn hook(&self, chain: &str) -> Result<Option<&'static str>, String> {
        let hook = match (self.table, chain) {
            (Table::Filter, "INPUT") => "type filter hook input priority filter;",
            (Table::Filter, "FORWARD") => "type filter hook forward priority filter;",
            (Table::Filter, "OUTPUT") => "type filter hook output priority filter;",
            (Table::Nat, "PREROUTING") => "type nat hook prerouting priority dstnat;",
            (Table::Nat, "INPUT") => "type nat hook input priority 100;",
            (Table::Nat, "OUTPUT") => "type nat hook output priority -100;",
            (Table::Nat, "POSTROUTING") => "type nat hook postrouting priority srcnat;",
            (Table::Mangle, "PREROUTING") => "type filter hook prerouting priority mangle;",
            (Table::Mangle, "INPUT") => "type filter hook input priority mangle;",
            (Table::Mangle, "FORWARD") => "type filter hook forward priority mangle;",
            // What is sent here is routed anew by its mark.
            (Table::Mangle, "OUTPUT") => "type route hook output priority mangle;",
            (Table::Mangle, "POSTROUTING") => "type filter hook postrouting priority mangle;",
            (Table::Raw, "PREROUTING") => "type filter hook prerouting priority raw;",
            (Table::Raw, "OUTPUT") => "type filter hook output priority raw;",
            (Table::Filter, "PREROUTING" | "POSTROUTING")
            | (Table::Nat, "FORWARD")
            | (Table::Raw, "INPUT" | "FORWARD" | "POSTROUTING") => {
                return Err(format!("the table {} has no chain {chain}", self.table()));
            }
            _ => return Ok(None),
        };
        Ok(Some(hook))
    }

    /// The lines that make a built-in chain; only the table for one of the user's, which `-N` made.
    fn declares(&self, chain: &str) -> Result<Vec<String>, String> {
        let mut lines = vec![self.declares_table()];
        if let Some(hook) = self.hook(chain)? {
            lines.push(format!("add chain {} {chain} {{ {hook} }}", self.table()));
        }
        Ok(lines)
    }
}

/// Reads the words after `iptables` or `ip6tables`; `None` for a command that only looks.
pub(crate) fn read(family: Family, words: &mut Words<'_>) -> Result<Option<Translated>, String> {
    let all = words.rest();
    let table = table(all)?;
    let target = Target { family, table };
    while let Some(word) = words.next() {
        match word {
            "-t" | "--table" => {
                words.next();
            }
            "-w" | "--wait" => {
                if words.peek().is_some_and(is_number) {
                    words.next();
                }
            }
            "-v" | "--verbose" | "-n" | "--numeric" | "--line-numbers" | "-x" | "--exact" => {}
            "-L" | "--list" | "-S" | "--list-rules" | "-C" | "--check" | "-V" | "--version"
            | "-h" | "--help" | "-Z" | "--zero" => return Ok(None),
            "-A" | "--append" => {
                let chain = chain(words, word)?;
                return rule::read(&target, chain, "add", words).map(Some);
            }
            "-I" | "--insert" => {
                let chain = chain(words, word)?;
                if words.peek().is_some_and(is_number) && words.next() != Some("1") {
                    return Err("`-I` with a number is understood for 1 only".to_owned());
                }
                return rule::read(&target, chain, "insert", words).map(Some);
            }
            "-P" | "--policy" => return policy(&target, words).map(Some),
            "-F" | "--flush" => return flush(&target, words).map(Some),
            "-N" | "--new-chain" => {
                let chain = chain(words, word)?;
                if target.hook(chain)?.is_some() {
                    return Err(format!("the chain {chain} is there already"));
                }
                end(words)?;
                return Ok(Some(Translated {
                    declared: vec![target.declares_table()],
                    lines: vec![format!("add chain {} {chain}", target.table())],
                    only_with: None,
                }));
            }
            "-X" | "--delete-chain" => return delete(&target, words).map(Some),
            "-D" | "--delete" | "-R" | "--replace" | "-E" | "--rename-chain" => {
                return Err(format!("`{word}` is not supported"));
            }
            other => {
                return match with_command_first(all) {
                    Some(words) => read(family, &mut Words::new(&words)),
                    None => Err(format!("`{other}` is not understood here")),
                };
            }
        }
    }
    Err("it says nothing to do: -A, -I, -P, -F, -N or -X".to_owned())
}

/// The words with what adds a rule and its chain in front: what the rule says may stand before them.
/// `None` where they are in front, or missing.
fn with_command_first(words: &[String]) -> Option<Vec<String>> {
    let adds = |word: &String| matches!(word.as_str(), "-A" | "--append" | "-I" | "--insert");
    let place = words.iter().position(adds).filter(|place| *place > 0)?;
    let (before, command) = words.split_at(place);
    let has_number = command.get(2).is_some_and(|word| is_number(word));
    let length = if has_number { 3 } else { 2 };
    let (command, after) = command.split_at_checked(length)?;
    Some([command, before, after].concat())
}

/// It may stand anywhere.
fn table(words: &[String]) -> Result<Table, String> {
    let is_option = |word: &&String| matches!(word.as_str(), "-t" | "--table");
    let Some(place) = words.iter().position(|word| is_option(&word)) else {
        return Ok(Table::Filter);
    };
    match words.get(place + 1).map(String::as_str) {
        Some("filter") => Ok(Table::Filter),
        Some("nat") => Ok(Table::Nat),
        Some("mangle") => Ok(Table::Mangle),
        Some("raw") => Ok(Table::Raw),
        Some(other) => Err(format!(
            "of the tables filter, nat, mangle and raw are supported, not `{other}`"
        )),
        None => Err("`-t` needs a value".to_owned()),
    }
}

fn is_number(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit())
}

/// A chain's name that nft takes, too.
fn chain<'w>(words: &mut Words<'w>, option: &str) -> Result<&'w str, String> {
    let name = words.value(option)?;
    chain_name(name)?;
    Ok(name)
}

fn chain_name(name: &str) -> Result<(), String> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let fine = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(is_word)
        && name.len() < 29;
    match fine {
        true => Ok(()),
        false => Err(format!("`{name}` is no name of a chain that nft takes")),
    }
}

/// What may still come that changes nothing.
fn end(words: &mut Words<'_>) -> Result<(), String> {
    while let Some(word) = words.next() {
        match word {
            "-t" | "--table" => {
                words.next();
            }
            "-w" | "--wait" | "-v" => {}
            other => return Err(format!("`{other}` is not understood here")),
        }
    }
    Ok(())
}

fn policy(target: &Target, words: &mut Words<'_>) -> Result<Translated, String> {
    let chain = chain(words, "-P")?;
    let policy = match words.value("-P")? {
        "ACCEPT" => "accept",
        "DROP" => "drop",
        other => return Err(format!("a policy is ACCEPT or DROP, not `{other}`")),
    };
    end(words)?;
    let Some(hook) = target.hook(chain)? else {
        return Err(format!("{chain} is no built-in chain: it has no policy"));
    };
    let table = target.table();
    Ok(Translated {
        declared: vec![target.declares_table()],
        lines: vec![format!(
            "add chain {table} {chain} {{ {hook} policy {policy}; }}"
        )],
        only_with: None,
    })
}

/// The whole table's rules, or a chain's.
fn flush(target: &Target, words: &mut Words<'_>) -> Result<Translated, String> {
    let table = target.table();
    match words.peek().filter(|word| !word.starts_with('-')) {
        None => {
            end(words)?;
            Ok(Translated {
                lines: vec![format!("flush table {table}")],
                only_with: Some(target.declares_table()),
                ..Translated::default()
            })
        }
        Some(_) => {
            let chain = chain(words, "-F")?;
            end(words)?;
            let declared = target.declares(chain)?;
            Ok(Translated {
                lines: vec![format!("flush chain {table} {chain}")],
                only_with: declared.first().cloned(),
                declared,
            })
        }
    }
}

/// Without a name, the user's chains all: there are none where nothing was said yet.
fn delete(target: &Target, words: &mut Words<'_>) -> Result<Translated, String> {
    match words.peek().filter(|word| !word.starts_with('-')) {
        None => {
            end(words)?;
            Ok(Translated {
                only_with: Some(target.declares_table()),
                ..Translated::default()
            })
        }
        Some(_) => {
            let chain = chain(words, "-X")?;
            end(words)?;
            Ok(Translated {
                declared: vec![target.declares_table()],
                lines: vec![format!("delete chain {} {chain}", target.table())],
                only_with: None,
            })
        }
    }
}

impl Translated {
    /// The text after the command.
    pub(crate) fn added_to(&self, text: &str) -> String {
        let has = |text: &str, line: &str| text.lines().any(|known| known.trim() == line);
        let mut text = text.to_owned();
        if self
            .only_with
            .as_ref()
            .is_some_and(|line| !has(&text, line))
        {
            return text;
        }
        for line in &self.declared {
            if !has(&text, line) {
                text.push_str(line);
                text.push('\n');
            }
        }
        for line in &self.lines {
            text.push_str(line);
            text.push('\n');
        }
        text
    }
}
