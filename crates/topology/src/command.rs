//! Steps and documents as commands, and commands as what they do.
//!
//! One file per object of `ip` holds both directions: `link` (with `device` for what is said after
//! `type`), `address`, `route`, `rule`, `netns`, and `bridge`, `tc`, `sysctl`, `wireguard` (`wg`) and
//! `firewall` (`nft`, `iptables`) beside them. Nothing here is ever given to a shell by Netyard: commands are
//! for people.

use std::collections::BTreeMap;
use std::fmt;

use crate::document::Document;
use crate::id::NamespaceId;
use crate::name::NamespaceName;
use crate::observed::Observed;
use crate::step::Step;

mod about;
pub(crate) mod action;
pub(crate) mod address;
pub(crate) mod bridge;
mod device;
pub(crate) mod ethtool;
pub(crate) mod firewall;
pub(crate) mod legacy;
pub(crate) mod link;
pub(crate) mod neighbour;
pub(crate) mod netns;
pub(crate) mod route;
pub(crate) mod rule;
mod script;
pub(crate) mod sysctl;
pub(crate) mod tc;
pub(crate) mod wireguard;
pub(crate) mod words;

pub(crate) use about::is_of;
pub use about::{Subject, commands_about};
pub use route::read_next_hops;
pub use rule::read_rule;
pub use script::{of_document, script_text};
pub(crate) use script::{steps_from_nothing, told};

/// A command: program and arguments.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Command {
    /// Never empty; `#` and a text is a remark, where no command does the same.
    pub argv: Vec<String>,
    /// What it reads from its standard input, ended by a newline.
    pub input: Option<String>,
}

/// Commands under one heading.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Section {
    /// What they are about, in a word or two.
    pub comment: String,
    /// In the order to run them.
    pub commands: Vec<Command>,
}

/// The names of namespaces, by which commands know them.
#[derive(Clone, Default, Debug)]
pub struct Names(BTreeMap<NamespaceId, NamespaceName>);

impl Names {
    /// The names in a document.
    pub fn of(document: &Document) -> Self {
        let names = document.namespaces.iter();
        Self(names.map(|(id, ns)| (*id, ns.name.clone())).collect())
    }

    /// And those of namespaces that only the kernel still has.
    #[must_use]
    pub fn and_observed(mut self, observed: &Observed) -> Self {
        for (id, ns) in &observed.namespaces {
            self.0.entry(*id).or_insert_with(|| ns.name.clone());
        }
        self
    }

    fn name(&self, id: NamespaceId) -> String {
        self.0
            .get(&id)
            .map_or_else(|| id.to_string(), ToString::to_string)
    }

    /// `ip`, or `ip -n NAME`.
    fn ip(&self, namespace: NamespaceId) -> Vec<String> {
        match namespace {
            NamespaceId::HOST => words(&["ip"]),
            other => vec!["ip".to_owned(), "-n".to_owned(), self.name(other)],
        }
    }

    /// `bridge`, or `bridge -n NAME`.
    fn bridge(&self, namespace: NamespaceId) -> Vec<String> {
        match namespace {
            NamespaceId::HOST => words(&["bridge"]),
            other => vec!["bridge".to_owned(), "-n".to_owned(), self.name(other)],
        }
    }

    /// Nothing, or `netns NAME`.
    fn netns(&self, namespace: NamespaceId) -> Vec<String> {
        match namespace {
            NamespaceId::HOST => Vec::new(),
            other => vec!["netns".to_owned(), self.name(other)],
        }
    }
}

impl Command {
    fn new(argv: Vec<String>) -> Self {
        Self { argv, input: None }
    }

    fn remark(text: &str) -> Self {
        Self {
            argv: vec!["#".to_owned(), text.to_owned()],
            input: None,
        }
    }
}

impl fmt::Display for Command {
    /// As a POSIX shell reads it, its input as a here-document.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fmt_words(f)?;
        let Some(input) = &self.input else {
            return Ok(());
        };
        let mut end = "EOF".to_owned();
        while input.lines().any(|line| line == end) {
            end.push('_');
        }
        // The line after the last is its own.
        let newline = if input.ends_with('\n') { "" } else { "\n" };
        write!(f, " <<'{end}'\n{input}{newline}{end}")
    }
}

impl Command {
    /// Its words alone, without what it reads.
    pub fn words(&self) -> String {
        let argv = self.argv.clone();
        Self { argv, input: None }.to_string()
    }

    /// A program and its arguments.
    pub(crate) fn of(argv: &[&str]) -> Self {
        Self::new(words(argv))
    }

    /// The same as it is said by somebody who is in that namespace already.
    #[must_use]
    pub(crate) fn within(&self, namespace: &str) -> Self {
        let argv = match self.argv.as_slice() {
            [program, option, name, rest @ ..] if option == "-n" && name == namespace => {
                std::iter::once(program).chain(rest).cloned().collect()
            }
            [ip, netns, exec, name, rest @ ..]
                if [ip, netns, exec] == ["ip", "netns", "exec"] && name == namespace =>
            {
                rest.to_vec()
            }
            argv => argv.to_vec(),
        };
        Self {
            argv,
            input: self.input.clone(),
        }
    }

    /// Whether it does nothing but say something.
    pub(crate) fn is_remark(&self) -> bool {
        matches!(self.argv.as_slice(), [hash, _] if hash == "#")
    }

    fn fmt_words(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let [hash, text] = self.argv.as_slice()
            && hash == "#"
        {
            return write!(f, "# {text}");
        }
        for (index, word) in self.argv.iter().enumerate() {
            if index > 0 {
                f.write_str(" ")?;
            }
            // `=` means something to a shell in front of the program only, and `%` nothing.
            let is_plain = |part: &str| {
                part.is_empty() || shlex::try_quote(part).is_ok_and(|quoted| quoted == part)
            };
            if index > 0 && !word.is_empty() && word.split(['=', '%']).all(is_plain) {
                f.write_str(word)?;
            } else {
                // Only a NUL byte cannot be quoted, and names have none.
                f.write_str(&shlex::try_quote(word).map_err(|_| fmt::Error)?)?;
            }
        }
        Ok(())
    }
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// `left` and then `right`.
fn join(mut left: Vec<String>, right: &[&str]) -> Vec<String> {
    left.extend(words(right));
    left
}

/// A step as the command that does the same.
pub fn of_step(step: &Step, names: &Names) -> Command {
    match step {
        Step::AddNamespace { name, .. } => netns::add(name),
        Step::RemoveNamespace { namespace } => netns::remove(&names.name(*namespace)),
        // `ip netns` cannot rename.
        Step::RenameNamespace { namespace, name } => Command::remark(&format!(
            "rename namespace {} to {name}",
            names.name(*namespace)
        )),
        Step::AddVeth { .. }
        | Step::AddDevice { .. }
        | Step::SetParameters { .. }
        | Step::SetPort { .. }
        | Step::SetMac { .. }
        | Step::RemoveInterface { .. }
        | Step::RenameInterface { .. }
        | Step::SetUp { .. }
        | Step::SetMtu { .. }
        | Step::SetMaster { .. } => link::write(step, names),
        Step::AddVlans { at, own, change } => bridge::add_vlans(names, at, *own, *change),
        Step::RemoveVlans { at, own, range } => bridge::remove_vlans(names, at, *own, *range),
        Step::AddFdb { at, entry } => bridge::add_fdb(names, at, entry),
        Step::RemoveFdb { at, entry } => bridge::remove_fdb(names, at, entry),
        Step::AddNeighbour { at, neighbour } => neighbour::add(names, at, neighbour),
        Step::RemoveNeighbour { at, neighbour } => neighbour::remove(names, at, neighbour),
        Step::AddAddress { at, address } => address::write(names, at, "add", *address),
        Step::RemoveAddress { at, address } => address::write(names, at, "del", *address),
        Step::AddRoute { namespace, route } => route::write(names, *namespace, "add", route),
        Step::RemoveRoute { namespace, route } => route::write(names, *namespace, "del", route),
        Step::AddRule { namespace, rule } => rule::write(names, *namespace, "add", rule),
        Step::RemoveRule { namespace, rule } => rule::write(names, *namespace, "del", rule),
        Step::SetForwarding {
            namespace,
            family,
            on,
        } => sysctl::write(names, *namespace, *family, *on),
        Step::SetQdisc {
            at,
            level,
            from,
            to,
        } => tc::write(names, at, *level, from.as_ref(), to.as_ref()),
        Step::SetSysctl {
            namespace,
            interface,
            name,
            value,
        } => sysctl::write_setting(names, *namespace, interface.as_ref(), name, *value),
        Step::SetFirewall { namespace, ruleset } => {
            firewall::write(names, *namespace, ruleset.as_deref())
        }
        Step::SetOffload { at, offload, on } => ethtool::write(names, at, *offload, *on),
        Step::SetUplink { on } => uplink(*on),
    }
}

/// No command does it: `pasta` runs beside the lab.
fn uplink(on: bool) -> Command {
    use crate::uplink::{ADDRESS, GATEWAY, INTERFACE};
    Command::remark(&match on {
        true => format!(
            "uplink: {INTERFACE} with {ADDRESS}, default route via {GATEWAY} to the outside (pasta); on a \
             machine of your own, the interface that leads out"
        ),
        false => {
            format!("no uplink: {INTERFACE} goes with its address and default route (pasta ends)")
        }
    })
}

/// The same for a step of a plan from nothing: there is nothing to take away first.
fn from_nothing(step: &Step, names: &Names) -> Command {
    match step {
        Step::SetFirewall {
            namespace,
            ruleset: Some(text),
        } => firewall::load(names, *namespace, text),
        other => of_step(other, names),
    }
}
