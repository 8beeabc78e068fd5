//! The script that takes away what a document's script makes.
//!
//! It is the plan from that to nothing, but for what a machine has in use beside the lab: the
//! loopback of the host stays up.

use std::collections::BTreeSet;

use super::lost;
use crate::command::{Command, Names, of_step, steps_from_nothing};
use crate::document::Document;
use crate::id::NamespaceId;
use crate::import::Remark;
use crate::model;
use crate::plan::plan;
use crate::step::Step;

pub(super) fn write(document: &Document) -> (String, Vec<Remark>) {
    let mut state = model::fresh();
    for step in steps_from_nothing(document) {
        let _refused = model::execute(&mut state, &step);
    }
    let names = Names::of(document);
    let mut text = "#!/bin/sh\n".to_owned();
    let title = document.title.trim();
    if !title.is_empty() {
        text.push_str(&format!("# Undo: {title}\n"));
    }
    text.push_str(
        "# Takes away what the lab's script has made; what the host had set before is set to what is usual.\n\
         set -e\n",
    );
    let mut left = Vec::new();
    let mut last = None;
    for step in plan(&Document::new(""), &state) {
        let namespace = step.namespace();
        if is_loopback_down(&step) {
            left.push(lost(
                "host/lo",
                "it stays up: other programs of the machine need it",
            ));
            continue;
        }
        if last.replace(namespace) != Some(namespace) {
            text.push_str(&format!("\n# {}\n", document.describe_namespace(namespace)));
        }
        for command in commands(document, &step, &names) {
            text.push_str(&format!("{command}\n"));
        }
    }
    (text, left)
}

fn is_loopback_down(step: &Step) -> bool {
    match step {
        Step::SetUp { at, up: false } => {
            at.namespace == NamespaceId::HOST && at.name.as_str() == "lo"
        }
        _ => false,
    }
}

/// The commands of a step. On a person's machine the host has a firewall of its own: of that one only
/// the lab's tables go.
fn commands(document: &Document, step: &Step, names: &Names) -> Vec<String> {
    let host = document.namespaces.get(&NamespaceId::HOST);
    let own = host.and_then(|host| host.firewall.as_ref());
    match (step, own) {
        (
            Step::SetFirewall {
                namespace: NamespaceId::HOST,
                ruleset: None,
            },
            Some(own),
        ) => tables(own.as_str())
            .into_iter()
            // The ruleset is anybody's text: quoted, a name of it is never more than a word.
            .map(|[family, name]| {
                Command::of(&["nft", "delete", "table", &family, &name]).to_string()
            })
            .collect(),
        _ => vec![of_step(step, names).to_string()],
    }
}

/// Family and name of each table that a ruleset makes.
fn tables(ruleset: &str) -> BTreeSet<[String; 2]> {
    // A line may go on on the next one.
    let ruleset = ruleset.replace("\\\n", " ");
    let heads = ruleset.split(['\n', ';', '{', '}']);
    let heads = heads.filter_map(|head| {
        let mut words: Vec<&str> = head.split_whitespace().collect();
        if matches!(words.first(), Some(&("add" | "create"))) {
            words.remove(0);
        }
        match words.as_slice() {
            ["table", name] => Some(["ip", name].map(str::to_owned)),
            ["table", family, name] => Some([*family, *name].map(str::to_owned)),
            _ => None,
        }
    });
    heads.collect()
}
