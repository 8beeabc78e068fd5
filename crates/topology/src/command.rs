//! Steps and documents as commands, and commands as what they do.
//!
//! One file per object of `ip` holds both directions: [`link`], [`address`], [`route`], [`netns`],
//! [`sysctl`]. Nothing here is ever given to a shell by Netyard: commands are for people.

use std::collections::BTreeMap;
use std::fmt;

use crate::document::Document;
use crate::id::{InterfaceId, NamespaceId};
use crate::name::NamespaceName;
use crate::observed::Observed;
use crate::plan::plan;
use crate::step::{At, Step};
use crate::{model, plan};

pub(crate) mod action;
pub(crate) mod address;
pub(crate) mod link;
pub(crate) mod netns;
pub(crate) mod route;
pub(crate) mod sysctl;
pub(crate) mod words;

/// A command: program and arguments.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Command {
    /// Never empty.
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
        | Step::AddBridge { .. }
        | Step::RemoveInterface { .. }
        | Step::RenameInterface { .. }
        | Step::SetUp { .. }
        | Step::SetMtu { .. }
        | Step::SetBridge { .. } => link::write(step, names),
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

/// A document as commands that make it on a clean machine: those of the plan from nothing.
pub fn of_document(document: &Document) -> Vec<Section> {
    let names = Names::of(document);
    let mut sections: Vec<Section> = Vec::new();
    for step in plan(document, &model::fresh()) {
        let comment = heading(&step);
        let command = of_step(&step, &names);
        match sections.last_mut() {
            Some(section) if section.comment == comment => section.commands.push(command),
            _ => sections.push(Section {
                comment: comment.to_owned(),
                commands: vec![command],
            }),
        }
    }
    sections
}

fn heading(step: &Step) -> &'static str {
    match step {
        Step::AddNamespace { .. } | Step::RemoveNamespace { .. } | Step::RenameNamespace { .. } => {
            "Namespaces"
        }
        Step::AddBridge { .. } => "Bridges",
        Step::AddVeth { .. } => "Links, each end in its namespace",
        Step::RemoveInterface { .. } | Step::RenameInterface { .. } => "Interfaces",
        Step::SetForwarding { .. } => "Forwarding",
        Step::SetMtu { .. } => "MTU",
        Step::AddAddress { .. } | Step::RemoveAddress { .. } => "Addresses",
        Step::SetUp { .. } => "State",
        Step::SetBridge { .. } => "Ports of bridges",
        Step::AddRoute { .. } | Step::RemoveRoute { .. } => "Routes",
    }
}

/// A document as a shell script.
pub fn script_text(document: &Document) -> String {
    let mut text = "#!/bin/sh\n".to_owned();
    let title = document.title.trim();
    if !title.is_empty() {
        text.push_str(&format!("# {title}\n"));
    }
    text.push_str("set -e\n");
    for section in of_document(document) {
        text.push_str(&format!("\n# {}\n", section.comment));
        for command in section.commands {
            text.push_str(&format!("{command}\n"));
        }
    }
    text
}

/// What commands may be about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Subject {
    /// A namespace with all that is in it.
    Namespace(NamespaceId),
    /// An interface; of a link both ends.
    Interface(InterfaceId),
}

/// The commands of a document that make one object.
pub fn commands_about(document: &Document, subject: Subject) -> Vec<Command> {
    let names = Names::of(document);
    let steps = plan::plan(document, &model::fresh());
    let about = |step: &&Step| match subject {
        Subject::Namespace(id) => is_in(step, id),
        Subject::Interface(id) => {
            let peer = document.interfaces.get(&id).and_then(|i| i.peer());
            [Some(id), peer]
                .into_iter()
                .flatten()
                .any(|id| is_of(document, step, id))
        }
    };
    steps
        .iter()
        .filter(about)
        .map(|step| of_step(step, &names))
        .collect()
}

fn is_in(step: &Step, namespace: NamespaceId) -> bool {
    match step {
        Step::AddVeth { ends } => ends.iter().any(|end| end.at.namespace == namespace),
        step => step.namespace() == namespace,
    }
}

fn is_of(document: &Document, step: &Step, id: InterfaceId) -> bool {
    let Some(wanted) = document.interfaces.get(&id) else {
        return false;
    };
    let is_at = |at: &At| at.namespace == wanted.namespace && at.name == wanted.name;
    match step {
        Step::AddVeth { ends } => ends.iter().any(|end| end.id == Some(id)),
        Step::AddBridge { bridge } => bridge.id == Some(id),
        Step::RemoveInterface { at }
        | Step::RenameInterface { at, .. }
        | Step::SetUp { at, .. }
        | Step::SetMtu { at, .. }
        | Step::SetBridge { at, .. }
        | Step::AddAddress { at, .. }
        | Step::RemoveAddress { at, .. } => is_at(at),
        Step::AddRoute { namespace, route } | Step::RemoveRoute { namespace, route } => {
            *namespace == wanted.namespace && route.interface.as_ref() == Some(&wanted.name)
        }
        Step::AddNamespace { .. }
        | Step::RemoveNamespace { .. }
        | Step::RenameNamespace { .. }
        | Step::SetForwarding { .. } => false,
    }
}
