//! A document in the forms that others read, each with what it cannot carry.

mod batch;
mod beyond;
mod containerlab;
mod drawing;
mod kathara;
mod names;
mod svg;
mod undo;

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::command::{self, Command, is_of, of_step, told};
use crate::document::{Document, Kind};
use crate::id::NamespaceId;
use crate::import::Remark;
use crate::step::{NewInterface, Step};
use crate::{command::Names, yaml};

/// The forms that are written.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// A lab document.
    Yaml,
    /// A shell script of `ip` commands.
    Ip,
    /// A shell script that takes away what that script makes.
    IpUndo,
    /// Lines for `ip -batch`.
    Batch,
    /// A topology of containerlab.
    Containerlab,
    /// A lab of Kathará: a folder.
    Kathara,
    /// A Mermaid flow chart.
    Mermaid,
    /// A graph for Graphviz.
    Dot,
    /// The drawing.
    Svg,
}

/// A document in one of the forms.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Export {
    /// One file, or those of a folder; paths are relative, with `/`.
    pub files: Vec<File>,
    /// What the form cannot carry, and what became of it there; empty if it is all there.
    pub lost: Vec<Remark>,
}

/// A file that was written.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct File {
    /// Its name, or its path in the folder.
    pub path: String,
    /// What is in it.
    pub text: String,
}

impl Format {
    /// All of them, the fullest first.
    pub const ALL: [Self; 9] = [
        Self::Yaml,
        Self::Ip,
        Self::IpUndo,
        Self::Batch,
        Self::Containerlab,
        Self::Kathara,
        Self::Mermaid,
        Self::Dot,
        Self::Svg,
    ];

    /// As the command line calls it.
    pub fn key(self) -> &'static str {
        match self {
            Self::Yaml => "yaml",
            Self::Ip => "ip",
            Self::IpUndo => "ip-undo",
            Self::Batch => "batch",
            Self::Containerlab => "containerlab",
            Self::Kathara => "kathara",
            Self::Mermaid => "mermaid",
            Self::Dot => "dot",
            Self::Svg => "svg",
        }
    }

    /// As people call it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Yaml => "Lab document (YAML)",
            Self::Ip => "Shell script",
            Self::IpUndo => "Shell script that undoes it",
            Self::Batch => "ip -batch",
            Self::Containerlab => "containerlab",
            Self::Kathara => "Kathará",
            Self::Mermaid => "Mermaid",
            Self::Dot => "Graphviz",
            Self::Svg => "Drawing (SVG)",
        }
    }

    /// The end of its files' names; a folder has none.
    pub fn ending(self) -> Option<&'static str> {
        match self {
            Self::Yaml => Some("yaml"),
            Self::Ip => Some("sh"),
            Self::IpUndo => Some("undo.sh"),
            Self::Batch => Some("batch"),
            Self::Containerlab => Some("clab.yml"),
            Self::Kathara => None,
            Self::Mermaid => Some("mmd"),
            Self::Dot => Some("dot"),
            Self::Svg => Some("svg"),
        }
    }
}

/// Writes a document in one of the forms.
pub fn export(document: &Document, format: Format) -> Export {
    match format {
        Format::Yaml => one(document, format, yaml::write(document), Vec::new()),
        Format::Ip => {
            let text = undo::keeping(document, command::script_text(document));
            one(document, format, text, beyond::of_commands(document))
        }
        Format::IpUndo => {
            let (text, lost) = undo::write(document);
            one(document, format, text, lost)
        }
        Format::Batch => {
            let (text, lost) = batch::write(document);
            one(document, format, text, lost)
        }
        Format::Containerlab => {
            let (text, lost) = containerlab::write(document);
            one(document, format, text, lost)
        }
        Format::Kathara => kathara::write(document),
        Format::Mermaid => {
            let text = drawing::mermaid(document);
            one(document, format, text, beyond::of_graph(document))
        }
        Format::Dot => {
            let text = drawing::dot(document);
            one(document, format, text, beyond::of_graph(document))
        }
        Format::Svg => one(
            document,
            format,
            svg::write(document),
            beyond::of_graph(document),
        ),
    }
}

fn one(document: &Document, format: Format, text: String, lost: Vec<Remark>) -> Export {
    let name = names::file_name(&document.title);
    let path = match format.ending() {
        Some(ending) => format!("{name}.{ending}"),
        None => name,
    };
    Export {
        files: vec![File { path, text }],
        lost,
    }
}

/// What, as people say it, and why it is lost or what became of it.
fn lost(subject: impl fmt::Display, reason: impl fmt::Display) -> Remark {
    Remark {
        file: String::new(),
        line: 0,
        text: format!("{subject}: {reason}"),
    }
}

/// What is done inside a namespace, as somebody says it who is there, once the cables that end in it
/// are; which of its steps are left to others, `is_elsewhere` says.
fn inside(
    document: &Document,
    namespace: NamespaceId,
    is_elsewhere: impl Fn(&Step) -> bool,
) -> Vec<Command> {
    let name = document.describe_namespace(namespace);
    let names = Names::of(document);
    let all = told(document).into_iter();
    // Others' machines have it up from the beginning.
    let loopback = document.interfaces_of(namespace).find(|(_, interface)| {
        interface.kind == Kind::Loopback && !interface.up && namespace != NamespaceId::HOST
    });
    // No namespace there is reached from another.
    let abroad: Vec<_> = beyond::abroad(document).collect();
    let down = loopback.map(|_| Command::of(&["ip", "link", "set", "lo", "down"]));
    let made = all
        .filter(|told| told.namespace == namespace)
        .filter_map(|told| match &told.step {
            Some(Step::AddNamespace { .. }) => None,
            Some(step) if is_elsewhere(step) => None,
            Some(step) if abroad.iter().any(|id| is_of(document, step, *id)) => None,
            Some(Step::AddVeth { ends }) => {
                let is_here = ends.iter().all(|end| end.at.namespace == namespace);
                // Here is where the command runs: nothing leads there.
                let here = |end: &NewInterface| {
                    let mut end = end.clone();
                    end.at.namespace = NamespaceId::HOST;
                    end
                };
                let ends = [here(&ends[0]), here(&ends[1])];
                is_here.then(|| of_step(&Step::AddVeth { ends }, &names))
            }
            _ => Some(told.command.within(&name)),
        });
    down.into_iter().chain(made).collect()
}
