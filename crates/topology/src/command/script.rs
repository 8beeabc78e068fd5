//! A document as a script.

use std::collections::BTreeSet;

use super::{Command, Names, Section, from_nothing, route};
use crate::document::Document;
use crate::id::NamespaceId;
use crate::kind::Device;
use crate::model;
use crate::plan::{plan, waits};
use crate::step::{At, Step, StepRoute};
use crate::sysctl::is_for_new;

/// Seconds that duplicate address detection takes at most: a delay of up to one, and one for the
/// answer (RFC 4862, 5.4.2 and 5.1), with some room.
const DETECTION: &str = "3";

/// What a section is about, in the order of the sections.
///
/// A plan goes through the whole lab kind by kind, a person through one object after the other. In
/// each namespace the plan's order is kept, and namespaces do not depend on each other once the
/// links are there: the same steps lead to the same kernel. The host comes last: its bridges flood
/// less while namespaces are not up yet.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Namespaces,
    Beginnings,
    Devices,
    Links,
    Standing,
    Namespace(NamespaceId),
    Host,
}

impl Part {
    fn of(step: &Step) -> Self {
        match step {
            Step::AddNamespace { .. } => Self::Namespaces,
            Step::SetSysctl { name, .. } if is_for_new(name) => Self::Beginnings,
            Step::AddDevice { device, .. } if device.lower().is_none() => Self::Devices,
            Step::AddVeth { .. } => Self::Links,
            Step::AddDevice { new, device, .. } if is_abroad(&new.at, device) => Self::Standing,
            other => Self::inside(other.namespace()),
        }
    }

    fn inside(namespace: NamespaceId) -> Self {
        match namespace {
            NamespaceId::HOST => Self::Host,
            other => Self::Namespace(other),
        }
    }

    fn comment(self, document: &Document) -> String {
        match self {
            Self::Namespaces => "Namespaces".to_owned(),
            Self::Beginnings => "What interfaces begin with".to_owned(),
            Self::Devices => "Bridges and other interfaces".to_owned(),
            Self::Links => "Links, each end in its namespace".to_owned(),
            Self::Standing => "What stands on interfaces of other namespaces".to_owned(),
            Self::Namespace(id) => format!("Set up {}", document.describe_namespace(id)),
            Self::Host => "Set up the host".to_owned(),
        }
    }
}

/// The steps that make a document on a clean machine, and say all that it says: an MTU that an
/// interface would have anyway is planned by nobody, and is the document's own all the same.
pub(crate) fn steps_from_nothing(document: &Document) -> Vec<Step> {
    let mut steps = plan(document, &model::fresh());
    let is_set = |at: &At| {
        let is_it = |step: &Step| matches!(step, Step::SetMtu { at: known, .. } if known == at);
        steps.iter().any(is_it)
    };
    let said = document.interfaces.values().filter_map(|interface| {
        let at = At {
            namespace: interface.namespace,
            name: interface.name.clone(),
        };
        let mtu = interface.mtu.filter(|_| !is_set(&at))?;
        Some(Step::SetMtu { at, mtu })
    });
    let said: Vec<_> = said.collect();
    // After the ports, whose MTUs a bridge follows until its own is set.
    let is_route = |step: &Step| matches!(step, Step::AddRoute { .. });
    let place = steps.iter().position(is_route).unwrap_or(steps.len());
    steps.splice(place..place, said);
    steps
}

/// A command of a document's script.
pub(crate) struct Told {
    part: Part,
    /// Where it acts.
    pub(crate) namespace: NamespaceId,
    /// What it does; `None` for what is only said or waited for.
    pub(crate) step: Option<Step>,
    /// How it is said.
    pub(crate) command: Command,
}

/// The commands that make a document on a clean machine, in the order of its script: those of the
/// plan from nothing, object by object. A route that waits for an interface which is down is a
/// remark.
pub(crate) fn told(document: &Document) -> Vec<Told> {
    let names = Names::of(document);
    let mut state = model::fresh();
    let mut all: Vec<Told> = Vec::new();
    let mut has_waited = BTreeSet::new();
    for step in steps_from_nothing(document) {
        let _refused = model::execute(&mut state, &step);
        let (part, namespace) = (Part::of(&step), step.namespace());
        let mut say = |command: Command| {
            all.push(Told {
                part,
                namespace,
                step: None,
                command,
            });
        };
        if needs_its_source(&step) && has_waited.insert(namespace) {
            say(Command::remark(
                "until nobody has objected to the IPv6 addresses",
            ));
            say(Command::new(super::words(&["sleep", DETECTION])));
        }
        all.push(Told {
            part,
            namespace: runs_in(&step),
            command: from_nothing(&step, &names),
            step: Some(step),
        });
    }
    for (&id, namespace) in &document.namespaces {
        let Some(kernel) = state.namespaces.get(&id) else {
            continue;
        };
        for waiting in namespace.routes.iter() {
            if waits(document, kernel, waiting) {
                let route = StepRoute::of(document, waiting);
                let command = route::write(&names, id, "add", &route);
                all.push(Told {
                    part: Part::inside(id),
                    namespace: id,
                    step: None,
                    command: Command::remark(&format!("once its interface is up: {command}")),
                });
            }
        }
    }
    // Where something stands on an interface of another namespace, the namespaces depend on each
    // other, and the order is the plan's.
    if !all.iter().any(|told| told.part == Part::Standing) {
        all.sort_by_key(|told| told.part);
    }
    all
}

/// Whether a device is in another namespace than what it stands on.
pub(crate) fn is_abroad(at: &At, device: &Device<At>) -> bool {
    device.links().any(|lower| lower.namespace != at.namespace)
}

/// The namespace in which the command of a step runs.
fn runs_in(step: &Step) -> NamespaceId {
    let lower = match step {
        Step::AddDevice {
            device, underlay, ..
        } => {
            let lower = device.lower().map(|lower| lower.namespace);
            lower.or(underlay.filter(|_| !device.kind.names_underlay()))
        }
        _ => None,
    };
    lower.unwrap_or_else(|| step.namespace())
}

/// A document as commands that make it on a clean machine, under the headings of its script.
pub fn of_document(document: &Document) -> Vec<Section> {
    let all = told(document);
    all.chunk_by(|a, b| a.part == b.part)
        .filter_map(|chunk| {
            Some(Section {
                comment: chunk.first()?.part.comment(document),
                commands: chunk.iter().map(|told| told.command.clone()).collect(),
            })
        })
        .collect()
}

/// Whether the kernel refuses a route as long as its source address is tentative.
fn needs_its_source(step: &Step) -> bool {
    match step {
        Step::AddRoute { route, .. } => route.options.source.is_some_and(|a| a.is_ipv6()),
        _ => false,
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
