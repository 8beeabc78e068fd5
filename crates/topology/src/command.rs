//! Steps and documents as commands, and commands as what they do.
//!
//! One file per object of `ip` holds both directions: `link` (with `device` for what is said after
//! `type`), `address`, `route`, `netns`, and `bridge` and `sysctl` beside them. Nothing here is ever given to a shell by Netyard: commands are for people.

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
pub(crate) mod link;
pub(crate) mod netns;
pub(crate) mod route;
mod script;
pub(crate) mod sysctl;
pub(crate) mod words;

pub use about::{Subject, commands_about};
pub use script::{of_document, script_text};

/// A command: program and arguments.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Command {
    /// Never empty; `#` and a text is a remark, where no command does the same.
    pub argv: Vec<String>,
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
        Self { argv }
    }

    fn remark(text: &str) -> Self {
        Self {
            argv: vec!["#".to_owned(), text.to_owned()],
        }
    }
}

impl fmt::Display for Command {
    /// As a POSIX shell reads it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let [hash, text] = self.argv.as_slice()
            && hash == "#"
        {
            return write!(f, "# {text}");
        }
        for (index, word) in self.argv.iter().enumerate() {
            if index > 0 {
                f.write_str(" ")?;
            }
            // `=` means something to a shell in front of the program only.
            if word
                .split('=')
                .all(|part| shlex::try_quote(part).is_ok_and(|quoted| quoted == part))
                && index > 0
            {
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
        Step::AddAddress { at, address } => address::write(names, at, "add", *address),
        Step::RemoveAddress { at, address } => address::write(names, at, "del", *address),
        Step::AddRoute { namespace, route } => route::write(names, *namespace, "add", route),
        Step::RemoveRoute { namespace, route } => route::write(names, *namespace, "del", route),
        Step::SetForwarding {
            namespace,
            family,
            on,
        } => sysctl::write(names, *namespace, *family, *on),
    }
}
