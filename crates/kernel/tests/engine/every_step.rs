//! Every step of every example fails in turn, and every step is a moment to be killed at.

use std::fs;
use std::io::{Write, stdin, stdout};
use std::path::{Path, PathBuf};

use kernel::Error;
use kernel::sandbox::Inside;
use nix::sys::signal::{Signal, kill};
use nix::unistd::{geteuid, getpid};
use topology::Edit;
use topology::document::Document;
use topology::feature::{self, Feature};
use topology::kind::DeviceKind;

use crate::labs::empty;
use crate::support::{As, eventually, missing, namespaces, share, start};
use crate::{Lab, rebuilt};

/// What the gate says.
const REFUSAL: &str = "this step was to fail";
/// More steps than any example has.
const NEVER: usize = 100_000;

/// Example labs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Which {
    /// Those that this kernel can have.
    Possible,
    /// Those that need what slim kernels lack.
    Demanding,
}

/// What slim kernels lack of what examples need.
pub(crate) const DEMANDED: &[Feature] = &[
    Feature::Netem,
    Feature::BridgeVlans,
    Feature::Device(DeviceKind::Vlan),
];

/// The example labs, by file name.
fn examples(which: Which) -> Vec<(String, Document)> {
    let lacks = missing();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../public/labs");
    let mut examples: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let text = fs::read_to_string(&path).unwrap();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let mut document = topology::read::read(&text).unwrap().document;
            // This sandbox may not have one: the whole program's tests have a machine for it.
            topology::edit::apply(&mut document, Edit::SetUplink { on: false }).unwrap();
            (name, document)
        })
        .collect();
    examples.retain(|(_, document)| {
        let needed = feature::needed(document);
        let needs = |features: &[Feature]| needed.iter().any(|(_, f)| features.contains(f));
        match which {
            Which::Possible => !needs(&lacks),
            Which::Demanding => needs(DEMANDED),
        }
    });
    examples.sort_by(|a, b| a.0.cmp(&b.0));
    assert!(!examples.is_empty());
    examples
}

/// Applies a document and lets the step of that number fail; whether there was one.
fn fails_at(lab: &Lab, document: &Document, number: usize) -> bool {
    let mut count = 0;
    let gate = move |_: &topology::Step| {
        count += 1;
        match count > number {
            true => Err(Error::new("do", "a step", REFUSAL)),
            false => Ok(()),
        }
    };
    let applying = lab.engine.apply_through(document, gate);
    let Err(error) = lab.runtime.block_on(applying) else {
        return false;
    };
    assert!(error.step.is_some(), "{error}");
    assert!(error.to_string().contains(REFUSAL), "{error}");
    assert!(error.not_undone.is_empty(), "step {number}: {error}");
    true
}

/// From each example to the next and from the last to nothing.
pub(crate) fn fails(_: &Inside) {
    each_fails(examples(Which::Possible));
}

/// The same for those that slim kernels cannot have.
pub(crate) fn demanding_fails(_: &Inside) {
    each_fails(examples(Which::Demanding));
}

fn each_fails(mut examples: Vec<(String, Document)>) {
    let lab = Lab::start();
    examples.push(("nothing".to_owned(), empty()));
    let mut steps = 0;
    for (name, document) in examples {
        let before = rebuilt(&lab.engine.observed());
        let (mut number, next) = share();
        while fails_at(&lab, &document, number) {
            let after = rebuilt(&lab.engine.observed());
            assert_eq!(after, before, "{name}, step {number}");
            number += next;
            steps += 1;
        }
        lab.stands(&document);
    }
    assert!(steps > 20, "{steps}");
}

/// Of those numbers that fall to `identity` when root runs the tests, as root and as somebody.
fn falls_to(identity: As, number: usize) -> bool {
    match identity {
        _ if !geteuid().is_root() => true,
        As::Myself => number.is_multiple_of(2),
        As::Ordinary => !number.is_multiple_of(2),
    }
}

/// The agent is killed before each step of each example: nothing is left, and a new one brings the
/// document's state.
pub(crate) fn killed(identity: As) {
    for (example, (name, _)) in examples(Which::Possible).iter().enumerate() {
        for number in (0..NEVER).filter(|number| falls_to(identity, *number)) {
            let mut started = start("is_killed_at", identity);
            let mut input = started.keeper.stdin.take().unwrap();
            writeln!(input, "{example} {number}").unwrap();
            let output = started.output();
            if output.status.success() {
                // There was no such step.
                break;
            }
            let said = String::from_utf8_lossy(&output.stdout).into_owned();
            let had: Vec<_> = said.lines().map(PathBuf::from).collect();
            assert!(!had.is_empty(), "{name}, step {number}: {output:?}");
            let gone = || !namespaces("net").iter().any(|left| had.contains(left));
            eventually("all its namespaces are gone", gone);
        }
    }
}

/// An agent that kills itself before a step, by the numbers of example and step on its input. It
/// says which network namespaces it holds then.
pub(crate) fn is_killed_at(_: &Inside) {
    let mut line = String::new();
    stdin().read_line(&mut line).unwrap();
    let mut words = line.split_whitespace().map(|word| word.parse().unwrap());
    let (example, number): (usize, usize) = (words.next().unwrap(), words.next().unwrap());
    let (_, document) = examples(Which::Possible).swap_remove(example);
    let lab = Lab::start();
    let mut count = 0;
    let gate = move |_: &topology::Step| {
        count += 1;
        if count > number {
            let mut out = stdout();
            for entry in fs::read_dir("/proc/self/fd").unwrap() {
                let held = fs::read_link(entry.unwrap().path());
                let held = held.unwrap_or_default();
                if held.to_string_lossy().starts_with("net:") {
                    writeln!(out, "{}", held.display()).unwrap();
                }
            }
            kill(getpid(), Signal::SIGKILL).unwrap();
        }
        Ok(())
    };
    let applying = lab.engine.apply_through(&document, gate);
    lab.runtime.block_on(applying).unwrap();
    lab.stands(&document);
}
