//! Builds a lab on the model kernel, for the readers of other formats.

use std::collections::{BTreeMap, BTreeSet};

use super::report::{Import, Refusal, Remark, Report};
use crate::document::{Document, Point};
use crate::edit::MAX_TITLE_BYTES;
use crate::id::{InterfaceId, NamespaceId, Node};
use crate::name::{HOST, InterfaceName, MAX_NAME_BYTES, NamespaceName};
use crate::read::Format;
use crate::script::{Note, NoteKind, Outcome, Shell, Tried, offers};

/// Most remarks of each sort, and most refusals, that are kept of one import.
const MOST_REMARKS: usize = 1000;

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

    fn remark(&self, text: String) -> Remark {
        Remark {
            file: self.file.clone(),
            line: self.line,
            text,
        }
    }

    /// Something was taken as something else than it says.
    pub(super) fn changed(&mut self, text: impl Into<String>) {
        let remark = self.remark(text.into());
        if self.changed.len() < MOST_REMARKS && self.changed.last() != Some(&remark) {
            self.changed.push(remark);
        }
    }

    /// Something was left out.
    pub(super) fn left_out(&mut self, text: impl Into<String>) {
        let remark = self.remark(text.into());
        if self.left_out.len() < MOST_REMARKS && self.left_out.last() != Some(&remark) {
            self.left_out.push(remark);
        }
    }

    /// Something for which the whole is refused.
    pub(super) fn refuse(&mut self, what: impl Into<String>, reason: impl Into<String>) {
        if self.refusals.len() < MOST_REMARKS {
            self.refusals.push(Refusal {
                file: self.file.clone(),
                line: self.line,
                what: what.into(),
                reason: reason.into(),
            });
        }
    }

    /// A name as the kernel takes it, that nothing else has; says what was changed.
    fn name(&mut self, wanted: &str, what: &str, is_used: impl Fn(&Self, &str) -> bool) -> String {
        // What the kernel refuses, and what a shell would take for its own.
        let is_bad = |c: char| {
            c.is_whitespace() || c.is_control() || "/:%\"'\\()[]{}<>|&;$*?!#`~".contains(c)
        };
        let mut clean = String::new();
        for c in wanted.chars() {
            match is_bad(c) {
                true if clean.ends_with('-') => {}
                true => clean.push('-'),
                false => clean.push(c),
            }
        }
        let clean = match wanted.ends_with(is_bad) {
            true => clean.trim_end_matches('-'),
            false => clean.as_str(),
        };
        let clean = clean.trim_start_matches(['-', '.']);
        let base = match clean {
            "" => "node".to_owned(),
            clean => shortened(clean, MAX_NAME_BYTES),
        };
        let is_reserved = |name: &str| name.parse::<InterfaceName>().is_err();
        let mut name = base.clone();
        let mut number = 2_usize;
        while is_used(self, &name) || is_reserved(&name) {
            let end = format!("-{number}");
            name = shortened(&base, MAX_NAME_BYTES - end.len()) + &end;
            number += 1;
        }
        if name != wanted {
            let why = match wanted.len() > MAX_NAME_BYTES {
                true => "a name has at most 15 bytes",
                false if clean != wanted => "a name has no such characters",
                false if is_reserved(wanted) => "the name is reserved",
                false => "the name is taken",
            };
            self.changed(format!("the {what} `{wanted}` is called `{name}`: {why}"));
        }
        name
    }

    /// Makes a namespace with its loopback up; the same again if there is one of this name.
    pub(super) fn namespace(&mut self, wanted: &str) -> NamespaceId {
        if let Some(known) = self.namespaces.get(wanted) {
            return *known;
        }
        let name = self.name(wanted, "namespace", |builder, name| {
            builder.used.contains(name)
        });
        self.used.insert(name.clone());
        self.run(NamespaceId::HOST, &["ip", "netns", "add", &name]);
        let made = name.parse::<NamespaceName>().ok();
        let made = made.and_then(|name| self.shell.namespace(&name));
        // Where it could not be made, that is refused already.
        let made = made.unwrap_or(NamespaceId::HOST);
        self.namespaces.insert(wanted.to_owned(), made);
        if made != NamespaceId::HOST {
            self.run(made, &["ip", "link", "set", "lo", "up"]);
        }
        made
    }

    /// The namespace that was made for a name of the format.
    pub(super) fn known(&self, wanted: &str) -> Option<NamespaceId> {
        self.namespaces.get(wanted).copied()
    }

    /// Makes a namespace, with another name if this one is taken.
    pub(super) fn namespace_new(&mut self, wanted: &str) -> NamespaceId {
        let other = self.namespaces.remove(wanted);
        let made = self.namespace(wanted);
        if let Some(other) = other {
            self.namespaces.insert(wanted.to_owned(), other);
        }
        made
    }

    /// A name for an interface that is free there.
    pub(super) fn interface_name(&mut self, namespace: NamespaceId, wanted: &str) -> String {
        self.name(wanted, "interface", |builder, name| {
            builder.shell.has_interface(namespace, name)
        })
    }

    /// A name for an end that no format names, in the host.
    pub(super) fn port_name(&mut self, of: &str, interface: &str) -> String {
        let number: String = interface.chars().filter(char::is_ascii_digit).collect();
        let full = format!("{of}-{interface}");
        let wanted = match full.len() <= MAX_NAME_BYTES {
            true => full,
            false => {
                let end = format!("-{}", shortened(&number, 5));
                shortened(of, MAX_NAME_BYTES - end.len()) + &end
            }
        };
        // It is our own name: nothing was changed.
        let said = self.changed.len();
        let name = self.interface_name(NamespaceId::HOST, &wanted);
        self.changed.truncate(said);
        name
    }

    pub(super) fn has_interface(&self, namespace: NamespaceId, name: &str) -> bool {
        self.shell.has_interface(namespace, name)
    }

    /// Makes a bridge, which is up, in the host; returns its name.
    pub(super) fn bridge(&mut self, wanted: &str) -> String {
        let name = self.name(wanted, "bridge", |builder, name| {
            builder.shell.has_interface(NamespaceId::HOST, name)
        });
        self.run(
            NamespaceId::HOST,
            &["ip", "link", "add", "name", &name, "up", "type", "bridge"],
        );
        name
    }

    /// Makes a link, with both ends up.
    pub(super) fn link(&mut self, a: &End, b: &End) {
        let names = [a, b].map(|end| self.name_of(end.namespace));
        let mut argv = vec!["ip", "link", "add", "name", &a.name, "up"];
        if let Some(name) = &names[0] {
            argv.extend(["netns", name]);
        }
        argv.extend(["type", "veth", "peer", "name", &b.name]);
        if let Some(name) = &names[1] {
            argv.extend(["netns", name]);
        }
        self.run(NamespaceId::HOST, &argv);
        self.run(b.namespace, &["ip", "link", "set", "dev", &b.name, "up"]);
    }

    /// Makes a link from an interface to a new port of a bridge of the host; returns the port.
    pub(super) fn port(&mut self, bridge: &str, of: &str, end: &End) -> String {
        let port = self.port_name(of, &end.name);
        let other = End {
            namespace: NamespaceId::HOST,
            name: port.clone(),
        };
        self.link(end, &other);
        self.plug(&other, bridge);
        port
    }

    /// Makes an interface a port of a bridge beside it.
    pub(super) fn plug(&mut self, end: &End, bridge: &str) {
        let argv = ["ip", "link", "set", "dev", &end.name, "master", bridge];
        self.run(end.namespace, &argv);
    }

    /// The name of a namespace, but for the host's.
    pub(super) fn name_of(&self, namespace: NamespaceId) -> Option<String> {
        match namespace {
            NamespaceId::HOST => None,
            namespace => self.shell.name_of(namespace),
        }
    }

    /// Does a command, which must succeed; else the whole is refused.
    pub(super) fn run(&mut self, namespace: NamespaceId, argv: &[&str]) {
        if let Err(reason) = self.try_run(namespace, argv) {
            self.refuse(argv.join(" "), reason);
        }
    }

    /// Does a command; says why it cannot be done.
    pub(super) fn try_run(&mut self, namespace: NamespaceId, argv: &[&str]) -> Result<(), String> {
        let argv: Vec<String> = argv.iter().map(|word| (*word).to_owned()).collect();
        let done = self.shell.command_in(namespace, &argv);
        self.acted_in(self.file.clone(), self.line);
        done
    }

    /// Does a command that reads this, which must succeed; else the whole is refused.
    pub(super) fn run_with(&mut self, namespace: NamespaceId, argv: &[&str], input: &str) {
        let words: Vec<String> = argv.iter().map(|word| (*word).to_owned()).collect();
        let done = self.shell.command_with(namespace, &words, Some(input));
        self.acted_in(self.file.clone(), self.line);
        if let Err(reason) = done {
            self.refuse(argv.join(" "), reason);
        }
    }

    fn acted_in(&mut self, file: String, line: usize) {
        let (acted, _) = self.shell.acted();
        if acted > self.acted {
            self.acted = acted;
            self.last = (file, line);
        }
    }

    /// Runs a script that is the content of a file of its own.
    pub(super) fn script(
        &mut self,
        namespace: NamespaceId,
        files: &BTreeMap<String, String>,
        file: &str,
        text: &str,
    ) {
        let outcome = self.shell.script_in(namespace, files, text);
        self.take(outcome, file, 0);
    }

    /// Runs a text of the file that is read, whose first line is the one that was said.
    pub(super) fn text(&mut self, namespace: NamespaceId, text: &str) {
        let outcome = self.shell.script_in(namespace, &BTreeMap::new(), text);
        let before = self.line.saturating_sub(1);
        self.take(outcome, &self.file.clone(), before);
    }

    /// Runs a program without a shell around it.
    pub(super) fn program(&mut self, namespace: NamespaceId, argv: &[String]) {
        let outcome = self.shell.program_in(namespace, &BTreeMap::new(), argv);
        let before = self.line.saturating_sub(1);
        self.take(outcome, &self.file.clone(), before);
    }

    fn take(&mut self, outcome: Outcome, file: &str, before: usize) {
        let (own_file, own_line) = (self.file.clone(), self.line);
        file.clone_into(&mut self.file);
        for Note { line, kind, text } in outcome.notes {
            self.line = before + line;
            match kind {
                NoteKind::Changed => self.changed(text),
                NoteKind::LeftOut => self.left_out(text),
            }
        }
        for error in outcome.errors {
            self.line = before + error.line;
            self.refuse(error.command, error.reason);
        }
        for mut tried in outcome.tried {
            tried.line += before;
            self.tried.push((file.to_owned(), tried));
        }
        self.acted_in(file.to_owned(), 0);
        self.file = own_file;
        self.line = own_line;
    }

    /// Where a namespace is drawn.
    pub(super) fn place(&mut self, namespace: NamespaceId, at: Point) {
        self.places.push((Placed::Namespace(namespace), at));
    }

    /// Where a bridge of the host is drawn.
    pub(super) fn place_bridge(&mut self, bridge: &str, at: Point) {
        self.places.push((Placed::Bridge(bridge.to_owned()), at));
    }

    /// The refusals, if there are any.
    pub(super) fn refused(&mut self) -> Option<Vec<Refusal>> {
        let refusals = std::mem::take(&mut self.refusals);
        (!refusals.is_empty()).then_some(refusals)
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

    /// The refusal of what the last change made.
    pub(super) fn refused_at_last(&self, reason: String) -> Refusal {
        let (_, command) = self.shell.acted();
        Refusal {
            file: self.last.0.clone(),
            line: self.last.1,
            what: command.unwrap_or_default().to_owned(),
            reason,
        }
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

/// At most so many bytes of a text, cut between characters.
fn shortened(text: &str, most: usize) -> String {
    let mut end = most.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default().to_owned()
}
