//! `cargo xtask test`: installs what is missing, then runs the stages and sums up.

use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use tempfile::NamedTempFile;

use crate::counts::Counts;
use crate::dependencies;
use crate::fuzz;
use crate::install::{self, Consent};
use crate::process;
use crate::program::{self, Mode};
use crate::purity;
use crate::report::{self, Outcome};
use crate::stages::{self, Stage};
use crate::system::effective_uid;
use crate::unprivileged;
use crate::versions;
use crate::vm::{self, Left};
use crate::wasm_toolchain::{self, Toolchain};
use crate::workspace::Workspace;

/// The compiler whose lints the source is kept free of: a newer one may know new lints, which
/// must not fail the tests of somebody who just fetched the project.
const LINTED_WITH: &str = "rustc 1.95.";

/// The seed of random tests, unless one is given: what fails here fails everywhere, and a change is
/// not blamed for what chance found. To hunt, run them without it (CONTRIBUTING.md).
const SEED: (&str, &str) = ("PROPTEST_RNG_SEED", "1");

/// The package with the tests of the program.
const PROGRAM_TESTS: &str = "netyard-tests";

/// Runs these stages (all when none is named); an error if anything failed.
pub(crate) fn run(workspace: &Workspace, only: &[Stage], consent: Consent) -> Result<()> {
    let stages = stages::selected(only);
    install::ensure(&stages::needs(&stages), consent)?;
    let wasm = if stages.contains(&Stage::Wasm) || stages.contains(&Stage::Build) {
        Some(wasm_toolchain::prepare(workspace, consent)?)
    } else {
        None
    };
    versions::print(workspace, wasm.as_ref());
    let mut tests = Tests::new(workspace, wasm, consent)?;
    tests.second_kernel = stages.contains(&Stage::Vm);
    let mut outcomes = Vec::new();
    for stage in &stages {
        outcomes.push(tests.timed(*stage));
    }
    outcomes.extend(tests.finish());
    println!("\n{}", report::table(&outcomes));
    let failed = outcomes.iter().any(|outcome| outcome.counts.failed > 0);
    if failed {
        // Not an error of this program: the table said it all, and its sum stays the last line.
        std::process::exit(1);
    }
    Ok(())
}

/// What the stages share.
struct Tests<'a> {
    workspace: &'a Workspace,
    wasm: Option<Toolchain>,
    consent: Consent,
    nextest: bool,
    /// The host's target triple.
    host: String,
    /// The built program.
    program: Option<PathBuf>,
    stage: Option<unprivileged::Stage>,
    /// Where the tests say what they left out because this kernel lacks it.
    left: NamedTempFile,
    /// Whether that is run on another kernel.
    second_kernel: bool,
}

/// What a stage came to, with what is to be said about it.
type StageResult = Result<(Counts, Vec<String>)>;

impl<'a> Tests<'a> {
    fn new(workspace: &'a Workspace, wasm: Option<Toolchain>, consent: Consent) -> Result<Self> {
        let about = process::output(workspace.command("rustc").arg("-vV"))?;
        let host = about.lines().find_map(|line| line.strip_prefix("host: "));
        Ok(Self {
            workspace,
            wasm,
            consent,
            nextest: process::output(workspace.cargo().args(["nextest", "--version"])).is_ok(),
            host: host.context("rustc names no host")?.to_owned(),
            program: None,
            stage: None,
            left: vm::file_for_left()?,
            second_kernel: false,
        })
    }

    fn timed(&mut self, stage: Stage) -> Outcome {
        println!("\n== {}", stage.name());
        let start = Instant::now();
        let (counts, notes) = self
            .run(stage)
            .unwrap_or_else(|error| (Counts::FAILED, vec![format!("{error:#}")]));
        let outcome = Outcome {
            stage: stage.name(),
            counts,
            took: start.elapsed(),
            notes,
        };
        let Counts {
            passed,
            failed,
            skipped,
        } = counts;
        let seconds = outcome.took.as_secs_f64();
        println!(
            "== {}: {passed} passed, {failed} failed, {skipped} skipped in {seconds:.1} s",
            stage.name()
        );
        for note in &outcome.notes {
            println!("   {note}");
        }
        outcome
    }

    fn run(&mut self, stage: Stage) -> StageResult {
        match stage {
            Stage::Fmt => passes(self.workspace.cargo().args(["fmt", "--all", "--check"])),
            Stage::Clippy => self.clippy(),
            Stage::Deny => dependencies::check(self.workspace),
            Stage::Wasm => {
                let toolchain = self.wasm.as_ref().context("no compiler for the browser")?;
                purity::check(self.workspace, toolchain)
            }
            Stage::Unit => self.tests(&Chosen::Crates, None),
            Stage::Fuzz => fuzz::check(self.workspace, &self.host),
            Stage::Doc => self.doc(),
            Stage::Build => {
                self.program = Some(program::build(self.workspace, Mode::Release, self.consent)?);
                Ok((Counts::PASSED, Vec::new()))
            }
            Stage::Kernel => self.program_tests(&["kernel", "features"]),
            Stage::Server | Stage::Browser => self.program_tests(&[stage.name()]),
            Stage::Vm => self.second_kernel(),
        }
    }

    fn clippy(&self) -> StageResult {
        let version = process::output(self.workspace.command("rustc").arg("--version"))?;
        let mut cargo = self.workspace.cargo();
        cargo.args(["clippy", "--workspace", "--all-targets"]);
        if version.starts_with(LINTED_WITH) {
            cargo.args(["--", "-D", "warnings"]);
            return passes(&mut cargo);
        }
        let (counts, mut notes) = passes(&mut cargo)?;
        notes.push(format!(
            "warnings do not fail here: this is not {LINTED_WITH}x"
        ));
        Ok((counts, notes))
    }

    fn doc(&self) -> StageResult {
        let mut cargo = self.workspace.cargo();
        cargo.args(["test", "--doc", "--workspace"]);
        judged(&mut cargo, Summary::Examples)
    }

    /// Test targets of the package with the tests of the program.
    fn program_tests(&mut self, targets: &[&'static str]) -> StageResult {
        self.prepare_stage()?;
        self.tests(&Chosen::OfTheProgram(targets.to_vec()), self.stage.as_ref())
    }

    /// What this kernel lacks, in a virtual machine.
    fn second_kernel(&mut self) -> StageResult {
        self.prepare_stage()?;
        let stage = self.stage.as_ref().context("no stage")?;
        // Also those that did not run before, with the programs where the test user can read them.
        // All that there are, though few of them say anything: see `Chosen`.
        let mut cargo = self.workspace.cargo();
        cargo.args(["test", "--tests", "--workspace", "--", "--list"]);
        cargo.env(vm::LEFT, self.left.path());
        stage.configure(self.workspace, &self.host, &mut cargo);
        process::output(&mut cargo)?;
        let given = std::env::var(SEED.0);
        let seed = given.as_deref().unwrap_or(SEED.1);
        vm::run(self.workspace, stage, (SEED.0, seed), &self.left()?)
    }

    fn left(&self) -> Result<Vec<Left>> {
        Ok(vm::read_left(&std::fs::read_to_string(self.left.path())?))
    }

    /// Makes sure that there is a place for the tests of the program.
    fn prepare_stage(&mut self) -> Result<()> {
        let Some(program) = &self.program else {
            bail!("not run: the program was not built");
        };
        if self.stage.is_none() {
            self.stage = Some(if effective_uid()? == 0 {
                unprivileged::Stage::for_test_user(self.workspace, program)?
            } else {
                unprivileged::Stage::in_checkout(self.workspace, program)?
            });
        }
        Ok(())
    }

    fn tests(&self, chosen: &Chosen, stage: Option<&unprivileged::Stage>) -> StageResult {
        let mut cargo = self.workspace.cargo();
        // Several browsers at once would only slow each other down.
        let one_by_one: &[&str] = match chosen {
            Chosen::OfTheProgram(targets) if targets.contains(&Stage::Browser.name()) => {
                &["--test-threads", "1"]
            }
            _ => &[],
        };
        let summary = if self.nextest {
            cargo.args(["nextest", "run", "--no-fail-fast", "--workspace"]);
            cargo.args(["--filterset", &chosen.filter()]);
            cargo.args(one_by_one);
            Summary::Nextest
        } else {
            cargo
                .args(["test", "--no-fail-fast"])
                .args(chosen.selection());
            if stage.is_none() {
                // Examples in the documentation have a stage of their own.
                cargo.args(["--lib", "--bins", "--tests"]);
            }
            cargo.arg("--").args(one_by_one);
            Summary::Libtest
        };
        if std::env::var_os(SEED.0).is_none() {
            cargo.env(SEED.0, SEED.1);
        }
        if let Some(stage) = stage {
            stage.configure(self.workspace, &self.host, &mut cargo);
        }
        cargo.env(vm::LEFT, self.left.path());
        let before = self.left()?;
        let judged = judged(&mut cargo, summary)?;
        let left: Vec<Left> = self.left()?;
        let left: Vec<Left> = left
            .into_iter()
            .filter(|left| !before.contains(left))
            .collect();
        Ok(left_to_another(judged, &left, self.second_kernel))
    }

    /// Ends the tests of the program: what they left behind counts as a test of its own.
    fn finish(self) -> Option<Outcome> {
        let start = Instant::now();
        let outcome = |counts, notes| Outcome {
            stage: "leftovers",
            counts,
            took: start.elapsed(),
            notes,
        };
        Some(match self.stage?.finish(self.workspace) {
            Ok(left) if left.is_empty() => outcome(Counts::PASSED, Vec::new()),
            Ok(left) => outcome(
                Counts::FAILED,
                left.into_iter()
                    .map(|process| format!("still running: {process}"))
                    .collect(),
            ),
            Err(error) => outcome(Counts::FAILED, vec![format!("{error:#}")]),
        })
    }
}

/// Which tests a stage runs.
///
/// Every stage builds the tests of the whole workspace, and chooses among them afterwards: built for
/// some packages alone, their dependencies have other features, and all of them would be compiled
/// anew for each choice (measured: six minutes of fifty).
#[derive(Clone, Debug, PartialEq, Eq)]
enum Chosen {
    /// Those of the crates.
    Crates,
    /// These targets of the package with the tests of the program.
    OfTheProgram(Vec<&'static str>),
}

impl Chosen {
    /// As a filter of nextest.
    fn filter(&self) -> String {
        match self {
            Self::Crates => format!("not package(={PROGRAM_TESTS})"),
            Self::OfTheProgram(targets) => {
                let binaries: Vec<String> = targets
                    .iter()
                    .map(|target| format!("binary(={target})"))
                    .collect();
                format!("package(={PROGRAM_TESTS}) and ({})", binaries.join(" or "))
            }
        }
    }

    /// As arguments of `cargo test`, which cannot choose after it has built.
    fn selection(&self) -> Vec<&'static str> {
        match self {
            Self::Crates => vec!["--workspace", "--exclude", PROGRAM_TESTS],
            Self::OfTheProgram(targets) => ["--package", PROGRAM_TESTS]
                .into_iter()
                .chain(targets.iter().flat_map(|target| ["--test", *target]))
                .collect(),
        }
    }
}

/// How a test program sums up, and whether it may run nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Summary {
    Nextest,
    Libtest,
    /// Libtest's for examples in documentation: there need not be any.
    Examples,
}

/// A command that is one check.
fn passes(command: &mut Command) -> StageResult {
    process::run(command)?;
    Ok((Counts::PASSED, Vec::new()))
}

/// A command that runs tests.
fn judged(command: &mut Command, summary: Summary) -> StageResult {
    let line = process::describe(command);
    let (status, output) = process::run_shown(command)?;
    Ok(judge(&line, status.success(), &output, summary))
}

/// The counts of a test program, and a failure of its own when it failed otherwise.
fn judge(line: &str, success: bool, output: &str, summary: Summary) -> (Counts, Vec<String>) {
    let mut counts = match summary {
        Summary::Nextest => Counts::from_nextest(output),
        Summary::Libtest | Summary::Examples => Counts::from_libtest(output),
    };
    let mut notes = Vec::new();
    if !success && counts.failed == 0 {
        counts = counts + Counts::FAILED;
        notes.push(format!("`{line}` failed"));
    } else if counts.nothing_ran() && summary != Summary::Examples {
        counts = counts + Counts::FAILED;
        notes.push(format!("`{line}` ran no test"));
    }
    (counts, notes)
}

/// Says why tests were skipped. Those that another kernel runs count there.
fn left_to_another(
    (mut counts, mut notes): (Counts, Vec<String>),
    left: &[Left],
    second_kernel: bool,
) -> (Counts, Vec<String>) {
    let (number, lacks) = vm::skipped(left);
    let ignored = counts.skipped.saturating_sub(number);
    if ignored > 0 {
        notes.push(format!(
            "{ignored} skipped: they are marked #[ignore], with the reason"
        ));
    }
    if number > 0 {
        let lacks: Vec<&str> = lacks.into_iter().collect();
        let lacks = lacks.join(", ");
        notes.push(if second_kernel {
            counts.skipped = ignored;
            format!("{number} left to the stage vm, for this kernel has no {lacks}")
        } else {
            format!("{number} skipped: this kernel has no {lacks}; the stage vm runs them")
        });
    }
    (counts, notes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_is_the_same_for_both_runners() {
        let chosen = Chosen::OfTheProgram(vec!["kernel", "features"]);
        assert_eq!(
            chosen.filter(),
            "package(=netyard-tests) and (binary(=kernel) or binary(=features))"
        );
        assert_eq!(
            chosen.selection().join(" "),
            "--package netyard-tests --test kernel --test features"
        );
        assert_eq!(Chosen::Crates.filter(), "not package(=netyard-tests)");
    }

    #[test]
    fn a_test_program_that_dies_or_runs_nothing_is_a_failure() {
        assert_eq!(judge("x", false, "", Summary::Examples).0, Counts::FAILED);
        assert_eq!(judge("x", true, "", Summary::Nextest).0, Counts::FAILED);
        assert_eq!(judge("x", true, "", Summary::Libtest).0, Counts::FAILED);
        assert_eq!(judge("x", true, "", Summary::Examples).0, Counts::default());
    }

    #[test]
    fn failures_are_counted_once() {
        let output = "test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured";
        let expected = Counts {
            passed: 1,
            failed: 2,
            skipped: 0,
        };
        assert_eq!(judge("x", false, output, Summary::Libtest).0, expected);
    }

    #[test]
    fn skipped_tests_are_named_and_count_where_they_run() {
        let output = "Summary [   0.1s] 1 test run: 1 passed, 2 skipped";
        let counts = |skipped| Counts {
            passed: 1,
            failed: 0,
            skipped,
        };
        let judged = judge("x", true, output, Summary::Nextest);
        assert_eq!(judged, (counts(2), Vec::new()));
        let left = vm::read_left("/p\ta\ta::Myself\tbonds\n/p\tb\tb::Myself\t\n");
        let (alone, notes) = left_to_another(judged.clone(), &left, false);
        assert_eq!((alone, notes.len()), (counts(2), 2));
        assert!(notes[1].contains("1 skipped: this kernel has no bonds"));
        let (with_another, notes) = left_to_another(judged, &left, true);
        assert_eq!((with_another, notes.len()), (counts(1), 2));
    }
}
