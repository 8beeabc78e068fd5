//! Builds a lab on the model kernel, for the readers of other formats.

use std::collections::{BTreeMap, BTreeSet};

use super::report::{Import, Refusal, Remark, Report};
use crate::document::{Document, Point};
use crate::edit::MAX_TITLE_BYTES;
use crate::id::{InterfaceId, NamespaceId, Node};
use crate::name::HOST;
use crate::read::Format;
use crate::script::{Shell, Tried, offers};
use names::shortened;

mod names;
mod network;
mod remarks;
mod running;

/// A lab that is being built.
pub(super) struct Builder {
    shell: Shell,
    format: Format,
    file: String,
    line: usize,
    title: String,
    changed: Vec<Remark>,
    left_out: Vec<Remark>,
    refusals: Vec<Refusal>,
    tried: Vec<(String, Tried)>,
    /// Where the last change of the network stands.
    last: (String, usize),
    acted: usize,
    /// Namespaces by what their format calls them.
    namespaces: BTreeMap<String, NamespaceId>,
    used: BTreeSet<String>,
    places: Vec<(Placed, Point)>,
}

/// What is drawn somewhere.
enum Placed {
    Namespace(NamespaceId),
    Bridge(String),
}

/// One end of a link.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct End {
    /// Where.
    pub(super) namespace: NamespaceId,
    /// What it is called.
    pub(super) name: String,
}

impl Builder {
    /// One that ends after a number of changes.
    pub(super) fn new(format: Format, limit: usize) -> Self {
        Self {
            shell: Shell::for_import(limit),
            format,
            file: String::new(),
            line: 0,
            title: String::new(),
            changed: Vec::new(),
            left_out: Vec::new(),
            refusals: Vec::new(),
            tried: Vec::new(),
            last: (String::new(), 0),
            acted: 0,
            namespaces: BTreeMap::new(),
            used: BTreeSet::from([HOST.to_owned()]),
            places: Vec::new(),
        }
    }

    /// What is read now stands in this file.
    pub(super) fn in_file(&mut self, file: &str) {
        file.clone_into(&mut self.file);
        self.line = 0;
    }

    /// What is read now stands in this line, counting from 1.
    pub(super) fn at(&mut self, line: usize) {
        self.line = line;
    }

    pub(super) fn title(&mut self, title: &str) {
        let is_fine = |c: &char| !c.is_control();
        self.title = shortened(
            &title.chars().filter(is_fine).collect::<String>(),
            MAX_TITLE_BYTES,
        );
    }

    /// Where a namespace is drawn.
    pub(super) fn place(&mut self, namespace: NamespaceId, at: Point) {
        self.places.push((Placed::Namespace(namespace), at));
    }

    /// Where a bridge of the host is drawn.
    pub(super) fn place_bridge(&mut self, bridge: &str, at: Point) {
        self.places.push((Placed::Bridge(bridge.to_owned()), at));
    }

    /// How many changes were made.
    pub(super) fn acted(&self) -> usize {
        self.acted
    }

    /// The document, checked.
    ///
    /// # Errors
    /// What no document may be.
    pub(super) fn document(&self) -> Result<Document, String> {
        let mut document = self.shell.document(&self.title);
        for (placed, at) in &self.places {
            let node = match placed {
                Placed::Namespace(namespace) => Some(Node::Namespace(*namespace)),
                Placed::Bridge(name) => document
                    .interface_named(NamespaceId::HOST, name)
                    .map(|id: InterfaceId| Node::Bridge(id)),
            };
            if let Some(node) = node {
                document.positions.insert(node, *at);
            }
        }
        document.validate().map_err(|error| error.to_string())?;
        Ok(document)
    }

    /// The lab with its report.
    pub(super) fn finish(self, document: Document) -> Import {
        let mut report = Report::of(self.format, &document);
        report.changed = self.changed;
        report.left_out = self.left_out;
        let mut by_file: BTreeMap<String, Vec<Tried>> = BTreeMap::new();
        for (file, tried) in self.tried {
            by_file.entry(file).or_default().push(tried);
        }
        for (file, tried) in by_file {
            report.offer(&document, &file, offers(&document, &tried));
        }
        Import { document, report }
    }
}
