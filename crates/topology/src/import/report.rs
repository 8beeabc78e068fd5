//! The account that every import ends with: taken, changed and why, left out and why.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::document::{Document, Kind};
use crate::expectation::{Expectation, MAX_EXPECTATIONS};
use crate::id::NamespaceId;
use crate::read::Format;
use crate::script::{Note, NoteKind};
use crate::terminal::Safe;

/// A file that is read, as whoever reads it found it.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct File {
    /// With slashes, from the folder that is read; a single file's name, or nothing for a text
    /// that was pasted.
    pub path: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// A lab that was read.
#[derive(Clone, PartialEq, Debug)]
pub struct Import {
    /// The lab, with positions where the format has them.
    pub document: Document,
    /// What became of what was read.
    pub report: Report,
}

/// What became of what was read.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Report {
    /// What it was read from.
    pub format: Format,
    /// What the lab has of it.
    pub taken: Taken,
    /// What was taken as something else than it says.
    pub changed: Vec<Remark>,
    /// What was left out.
    pub left_out: Vec<Remark>,
    /// What the lab could be expected to do, by what is tried there.
    pub offered: Vec<Offer>,
}

/// How much of what was taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Taken {
    /// Namespaces, but for the host's own.
    pub namespaces: usize,
    /// Bridges.
    pub bridges: usize,
    /// Links: pairs of veth.
    pub links: usize,
    /// Interfaces of other kinds.
    pub other_interfaces: usize,
    /// Addresses.
    pub addresses: usize,
    /// Static routes.
    pub routes: usize,
    /// Policy rules.
    pub rules: usize,
    /// Namespaces with a firewall.
    pub firewalls: usize,
    /// Settings of the kernel, forwarding among them.
    pub settings: usize,
    /// Expectations.
    pub expectations: usize,
}

/// Something that was not taken as it stands there.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Remark {
    /// In which file; empty if there is one only and it has no name.
    pub file: String,
    /// Counting from 1; 0 if it is of the whole file.
    pub line: usize,
    /// What, and why.
    pub text: String,
}

/// An expectation that may be taken into the lab: "the script pings 10.0.0.2 from red".
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Offer {
    /// In which file; empty if there is one only and it has no name.
    pub file: String,
    /// Counting from 1.
    pub line: usize,
    /// As a sentence: `red can ping 10.0.0.2`.
    pub sentence: String,
    /// The same, as the document has it.
    pub expectation: Expectation<NamespaceId>,
}

/// Something for which the whole is refused.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error, Serialize, Deserialize)]
#[error("{}", Safe(format_args!("{}{what}{}{reason}", place(file, *line), if what.is_empty() { "" } else { ": " })))]
pub struct Refusal {
    /// In which file; empty if there is one only and it has no name.
    pub file: String,
    /// Counting from 1; 0 if it is of the whole file.
    pub line: usize,
    /// What stands there.
    pub what: String,
    /// Why it cannot be taken.
    pub reason: String,
}

/// `lab.conf:3: `; nothing where neither is known.
fn place(file: &str, line: usize) -> String {
    match (file, line) {
        ("", 0) => String::new(),
        ("", line) => format!("line {line}: "),
        (file, 0) => format!("{file}: "),
        (file, line) => format!("{file}:{line}: "),
    }
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = place(&self.file, self.line);
        write!(f, "{}", Safe(format_args!("{place}{}", self.text)))
    }
}

impl fmt::Display for Offer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = place(&self.file, self.line);
        write!(f, "{}", Safe(format_args!("{place}{}", self.sentence)))
    }
}

impl Import {
    /// Takes what is offered into the lab, as far as a lab has room for it.
    pub fn take_offers(&mut self) {
        let room = MAX_EXPECTATIONS.saturating_sub(self.document.expectations.len());
        let count = room.min(self.report.offered.len());
        let offered = self.report.offered.drain(..count);
        let taken = offered.map(|offer| offer.expectation);
        self.document.expectations.extend(taken);
        self.report.taken.expectations = self.document.expectations.len();
    }
}

impl Taken {
    /// What a document has.
    pub fn of(document: &Document) -> Self {
        let mut taken = Self {
            namespaces: document.namespaces.len().saturating_sub(1),
            bridges: document.bridges().count(),
            links: document.links().count(),
            expectations: document.expectations.len(),
            ..Self::default()
        };
        for interface in document.interfaces.values() {
            taken.addresses += interface.addresses.len();
            taken.settings += interface.sysctls.len();
            if matches!(interface.kind, Kind::Device(_)) && !interface.kind.is_bridge() {
                taken.other_interfaces += 1;
            }
        }
        for namespace in document.namespaces.values() {
            taken.routes += namespace.routes.len();
            taken.rules += namespace.rules.len();
            taken.firewalls += usize::from(namespace.firewall.is_some());
            taken.settings += namespace.sysctls.len()
                + usize::from(namespace.forwarding.ipv4)
                + usize::from(namespace.forwarding.ipv6);
        }
        taken
    }

    /// Each kind that there is something of, with its name.
    pub fn counts(&self) -> impl Iterator<Item = (usize, &'static str)> {
        let all = [
            (self.namespaces, "namespace", "namespaces"),
            (self.bridges, "bridge", "bridges"),
            (self.links, "link", "links"),
            (self.other_interfaces, "other interface", "other interfaces"),
            (self.addresses, "address", "addresses"),
            (self.routes, "route", "routes"),
            (self.rules, "rule", "rules"),
            (self.firewalls, "firewall", "firewalls"),
            (self.settings, "setting", "settings"),
            (self.expectations, "expectation", "expectations"),
        ];
        let some = all.into_iter().filter(|(count, ..)| *count > 0);
        some.map(|(count, one, many)| (count, if count == 1 { one } else { many }))
    }
}

impl fmt::Display for Taken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts: Vec<_> = self
            .counts()
            .map(|(count, name)| format!("{count} {name}"))
            .collect();
        match counts.is_empty() {
            true => f.write_str("nothing"),
            false => f.write_str(&counts.join(", ")),
        }
    }
}

impl Report {
    /// Of a document that was taken as it stands.
    pub fn of(format: Format, document: &Document) -> Self {
        Self {
            format,
            taken: Taken::of(document),
            changed: Vec::new(),
            left_out: Vec::new(),
            offered: Vec::new(),
        }
    }

    /// Takes in what was noted of a file.
    pub(crate) fn note(&mut self, file: &str, notes: Vec<Note>) {
        for note in notes {
            let remark = Remark {
                file: file.to_owned(),
                line: note.line,
                text: note.text,
            };
            match note.kind {
                NoteKind::Changed => self.changed.push(remark),
                NoteKind::LeftOut => self.left_out.push(remark),
            }
        }
    }

    /// Takes in what a file tries.
    pub(crate) fn offer(
        &mut self,
        document: &Document,
        file: &str,
        offers: Vec<(usize, Expectation)>,
    ) {
        for (line, expectation) in offers {
            let named = expectation.map(|id| Some(document.namespaces.get(id)?.name.clone()));
            if let Some(named) = named.filter(|_| !document.expectations.contains(&expectation)) {
                self.offered.push(Offer {
                    file: file.to_owned(),
                    line,
                    sentence: named.to_string(),
                    expectation,
                });
            }
        }
    }

    /// Whether everything was taken as it stands there.
    pub fn is_plain(&self) -> bool {
        self.changed.is_empty() && self.left_out.is_empty()
    }
}

/// For a person, a line each.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "read as {}: {}", self.format, self.taken)?;
        for remark in &self.changed {
            writeln!(f, "changed: {remark}")?;
        }
        for remark in &self.left_out {
            writeln!(f, "left out: {remark}")?;
        }
        for offer in &self.offered {
            writeln!(f, "offered as an expectation: {offer}")?;
        }
        Ok(())
    }
}
