//! The script that takes away what a document's script makes.
//!
//! It is the plan from that to nothing, but for what a machine has in use beside the lab: the
//! loopback of the host stays up. What the host's settings were before is known to the kernel alone,
//! and only until the lab's script changes them: that script keeps them in a file, from which this
//! one sets them again.

use std::collections::BTreeSet;

use super::lost;
use crate::command::{Command, Names, of_step, steps_from_nothing};
use crate::document::Document;
use crate::id::NamespaceId;
use crate::import::Remark;
use crate::model;
use crate::plan::plan;
use crate::step::Step;

/// Longest name of the file with what was before, without folder and ending.
const MOST_NAME: usize = 40;

/// The steps from what a document's script makes to nothing.
fn steps(document: &Document) -> Vec<Step> {
    let mut state = model::fresh();
    for step in steps_from_nothing(document) {
        let _refused = model::execute(&mut state, &step);
    }
    plan(&Document::new(""), &state)
}

/// The settings of the host that a lab changes and that outlive it.
fn settings(document: &Document, steps: &[Step]) -> Vec<String> {
    let names = Names::of(document);
    let of_host = steps
        .iter()
        .filter(|step| step.namespace() == NamespaceId::HOST);
    let key = |step: &Step| {
        let command = of_step(step, &names).to_string();
        let (key, _) = command.strip_prefix("sysctl -w ")?.split_once('=')?;
        Some(key.to_owned())
    };
    of_host.filter_map(key).collect()
}

/// Where a lab's script keeps what the host had before. It is gone when the machine starts anew, as
/// the lab is.
fn kept_in(document: &Document) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric();
    let title = document.title.to_lowercase();
    let words = title
        .split(|c| !is_plain(c))
        .filter(|word| !word.is_empty());
    let name: String = words.collect::<Vec<_>>().join("-");
    let name: String = name.chars().take(MOST_NAME).collect();
    match name.is_empty() {
        true => "/run/netyard-lab.conf".to_owned(),
        false => format!("/run/netyard-{name}.conf"),
    }
}

/// A document's script that keeps first what the undoing one sets again. Run twice, it keeps what
/// was before the first time.
pub(super) fn keeping(document: &Document, script: String) -> String {
    let keys = settings(document, &steps(document));
    let Some((head, rest)) = script.split_once("set -e\n").filter(|_| !keys.is_empty()) else {
        return script;
    };
    let (file, keys) = (kept_in(document), keys.join(" "));
    format!(
        "{head}set -e\n\n# What the host has before, for the script that undoes this\n\
         [ -e {file} ] || sysctl -e {keys} > {file}\n{rest}"
    )
}

/// Writes the script.
pub(super) fn write(document: &Document) -> (String, Vec<Remark>) {
    let steps = steps(document);
    let kept = settings(document, &steps);
    let names = Names::of(document);
    let mut text = "#!/bin/sh\n".to_owned();
    let title = document.title.trim();
    if !title.is_empty() {
        text.push_str(&format!("# Undo: {title}\n"));
    }
    text.push_str("# Takes away what the lab's script has made.\nset -e\n");
    let mut left = Vec::new();
    let mut last = None;
    for step in steps {
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
    if !kept.is_empty() {
        let file = kept_in(document);
        text.push_str(&format!(
            "\n# What the host had before, where the lab's script has kept it; else it has what is usual\n\
             sysctl -q -e -p {file} 2>/dev/null || true\nrm -f {file}\n"
        ));
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
