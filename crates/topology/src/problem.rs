//! Problems: mistakes and risks of a document that no single edit shows.
//!
//! What cannot be in a document at all is refused by [`crate::edit`]; here is what can be there and
//! will not work, or not as a person expects.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::document::{Document, Interface};
use crate::edit::{Field, Place};
use crate::id::{InterfaceId, NamespaceId};

mod advertise;
mod bridges;
mod fixes;
mod floods;
mod groups;
mod links;
mod routes;
mod segments;
mod underlays;

pub use fixes::{Fix, fixes};

/// How bad a problem is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The kernel refuses it, or it hurts the machine.
    Error,
    /// It does not do what it looks like.
    Warning,
    /// Worth knowing.
    Info,
}

/// A mistake or risk.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Problem {
    /// How bad it is.
    pub severity: Severity,
    /// Where.
    pub place: Place,
    /// The object as people say it.
    pub subject: String,
    /// What is wrong.
    pub text: String,
    /// What to do about it.
    pub hint: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "info",
        };
        write!(f, "{severity}: {}: {}", self.subject, self.text)?;
        if !self.hint.is_empty() {
            write!(f, " ({})", self.hint)?;
        }
        Ok(())
    }
}

/// Every problem of a document, the worst first.
pub fn check(document: &Document) -> Vec<Problem> {
    let mut report = Report::new(document);
    advertise::check(&mut report);
    bridges::check(&mut report);
    floods::check(&mut report);
    links::check(&mut report);
    routes::check(&mut report);
    segments::check(&mut report);
    underlays::check(&mut report);
    if document.has_uplink() {
        let at = (NamespaceId::HOST, Some(Field::Uplink));
        let text = "it has an uplink: the lab reaches the networks that this machine reaches";
        let hint = format!("that must be allowed: {}", crate::uplink::ALLOW);
        report.namespace(Severity::Info, at, text.to_owned(), &hint);
    }
    report.problems.sort_by_key(|problem| problem.severity);
    // What several routes make is still one problem of the one that it is said of.
    let mut told = BTreeSet::new();
    report
        .problems
        .retain(|problem| told.insert((problem.subject.clone(), problem.text.clone())));
    report.problems
}

struct Report<'a> {
    document: &'a Document,
    /// The interfaces of each namespace: the browser checks after every edit, and a lab may have
    /// thousands.
    inside: BTreeMap<NamespaceId, Vec<(InterfaceId, &'a Interface)>>,
    /// The ports of each bridge.
    ports: BTreeMap<InterfaceId, Vec<(InterfaceId, &'a Interface)>>,
    problems: Vec<Problem>,
}

impl<'a> Report<'a> {
    fn new(document: &'a Document) -> Self {
        let mut inside: BTreeMap<NamespaceId, Vec<_>> = BTreeMap::new();
        let mut ports: BTreeMap<InterfaceId, Vec<_>> = BTreeMap::new();
        for (&id, interface) in &document.interfaces {
            inside
                .entry(interface.namespace)
                .or_default()
                .push((id, interface));
            if let Some(master) = interface.master {
                ports.entry(master).or_default().push((id, interface));
            }
        }
        Self {
            document,
            inside,
            ports,
            problems: Vec::new(),
        }
    }

    fn interfaces_of(&self, id: NamespaceId) -> Vec<(InterfaceId, &'a Interface)> {
        self.inside.get(&id).cloned().unwrap_or_default()
    }

    fn ports_of(&self, bridge: InterfaceId) -> Vec<(InterfaceId, &'a Interface)> {
        self.ports.get(&bridge).cloned().unwrap_or_default()
    }

    fn interface(
        &mut self,
        severity: Severity,
        at: (InterfaceId, Field),
        text: String,
        hint: &str,
    ) {
        let (id, field) = at;
        self.problems.push(Problem {
            severity,
            place: Place::Interface(id, Some(field)),
            subject: self.document.describe_interface(id),
            text,
            hint: hint.to_owned(),
        });
    }

    fn namespace(
        &mut self,
        severity: Severity,
        at: (NamespaceId, Option<Field>),
        text: String,
        hint: &str,
    ) {
        let (id, field) = at;
        self.problems.push(Problem {
            severity,
            place: Place::Namespace(id, field),
            subject: self.document.describe_namespace(id),
            text,
            hint: hint.to_owned(),
        });
    }
}
