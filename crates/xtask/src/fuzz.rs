//! The stage `fuzz`: every fuzz target of `crates/fuzz` is given what is kept of its inputs, and
//! then tries some thousand others.
//!
//! The targets are compiled here as `cargo fuzz` does it without a sanitizer, by options that every
//! stable compiler has, so that nothing need be installed.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use anyhow::{Context, Result};

use crate::counts::Counts;
use crate::process;
use crate::workspace::Workspace;

/// How many inputs each target tries. With the same seed they are the same in each run, so that a
/// change is not blamed for what chance found. The slowest targets try so many in five seconds on a
/// core. To hunt, run one by hand (CONTRIBUTING.md).
const RUNS: u32 = 3_000;

/// After how many seconds a target ends that is not through: on a machine so slow.
const SECONDS: u32 = 60;

/// What makes libFuzzer see which code an input reaches: the options of cargo-fuzz 0.13.
const FLAGS: [&str; 7] = [
    "--cfg",
    "fuzzing",
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
];

/// Where the inputs are that are kept.
const CORPUS: &str = "crates/fuzz/corpus";

/// Inputs that lie elsewhere in the checkout, beside a target's own: files that other tests read.
const ELSEWHERE: [(&str, &[&str]); 8] = [
    ("document", &["public/labs"]),
    ("script", &["public/labs", "crates/topology/tests/scripts"]),
    ("containerlab", &["crates/topology/tests/import"]),
    ("compose", &["crates/topology/tests/import"]),
    ("netplan", &["crates/topology/tests/import"]),
    ("miniedit", &["crates/topology/tests/import"]),
    ("graph", &["crates/topology/tests/import"]),
    ("ruleset", &["public/labs"]),
];

/// Runs every target; each is one test.
pub(crate) fn check(workspace: &Workspace, host: &str) -> Result<(Counts, Vec<String>)> {
    let targets = targets(workspace)?;
    let program = build(workspace, host)?;
    let artifacts = workspace.path("artifacts/fuzz");
    std::fs::create_dir_all(&artifacts)
        .with_context(|| format!("cannot make {}", artifacts.display()))?;
    let at_once = std::thread::available_parallelism().map_or(1, usize::from);
    let waiting = Mutex::new(targets.iter());
    let work = || {
        let mut done = Vec::new();
        loop {
            let Some(target) = waiting.lock().ok().and_then(|mut targets| targets.next()) else {
                return done;
            };
            done.push(run(workspace, &program, &artifacts, target));
        }
    };
    let results: Vec<Result<Option<String>>> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..at_once).map(|_| scope.spawn(work)).collect();
        let joined = workers.into_iter().map(|worker| worker.join());
        joined.flat_map(Result::unwrap_or_default).collect()
    });
    let mut counts = Counts::default();
    let mut notes = Vec::new();
    for result in results {
        match result {
            Ok(None) => counts = counts + Counts::PASSED,
            Ok(Some(note)) => {
                counts = counts + Counts::FAILED;
                notes.push(note);
            }
            Err(error) => {
                counts = counts + Counts::FAILED;
                notes.push(format!("{error:#}"));
            }
        }
    }
    // One that was never taken up, as its worker died, has not passed.
    for _ in counts.passed + counts.failed..targets.len() {
        counts = counts + Counts::FAILED;
    }
    Ok((counts, notes))
}

/// The names of the targets: each has a folder of inputs.
fn targets(workspace: &Workspace) -> Result<Vec<String>> {
    let folder = workspace.path(CORPUS);
    let entries =
        std::fs::read_dir(&folder).with_context(|| format!("cannot list {}", folder.display()))?;
    let mut names = Vec::new();
    for entry in entries {
        let name = entry?.file_name().into_string();
        names.extend(name.ok());
    }
    names.sort();
    Ok(names)
}

/// Compiles the program with the targets; returns where it is.
fn build(workspace: &Workspace, host: &str) -> Result<PathBuf> {
    let mut cargo = workspace.cargo();
    cargo
        .args(["build", "--package", "fuzz", "--bins", "--profile", "fuzz"])
        // With a target the flags are not those of build scripts and macros.
        .args(["--target", host])
        .env_remove("RUSTFLAGS")
        .env("CARGO_ENCODED_RUSTFLAGS", FLAGS.join("\u{1f}"));
    process::run(&mut cargo)?;
    Ok(workspace.target().join(host).join("fuzz/any"))
}

/// Runs one target; what it found, if anything.
fn run(
    workspace: &Workspace,
    program: &Path,
    artifacts: &Path,
    target: &str,
) -> Result<Option<String>> {
    // libFuzzer writes what it finds into the first folder.
    let found = tempfile::Builder::new().prefix("netyard-fuzz-").tempdir()?;
    let mut command = workspace.command(program);
    command.env("NETYARD_FUZZ", target).arg(found.path());
    let own = format!("{CORPUS}/{target}");
    let elsewhere = ELSEWHERE.iter().find(|(name, _)| *name == target);
    let elsewhere = elsewhere.map_or(&[][..], |(_, folders)| folders);
    for kept in std::iter::once(own.as_str()).chain(elsewhere.iter().copied()) {
        let kept = workspace.path(kept);
        if kept.is_dir() {
            command.arg(kept);
        }
    }
    let prefix = artifacts.join(format!("{target}-"));
    command
        .arg(format!("-artifact_prefix={}", prefix.display()))
        .arg(format!("-max_total_time={SECONDS}"))
        .arg(format!("-runs={RUNS}"))
        .args(["-seed=1", "-timeout=10", "-rss_limit_mb=2048"]);
    let (said, success) = said(&mut command)?;
    if success {
        let runs = runs(&said);
        println!("{target}: {runs} inputs");
        return Ok((runs == "0").then(|| format!("{target} ran nothing")));
    }
    eprintln!("{said}");
    Ok(Some(format!("{target}: {}", reason(&said))))
}

/// Runs to the end; what it said, and whether it succeeded.
fn said(command: &mut Command) -> Result<(String, bool)> {
    let output = command
        .output()
        .with_context(|| format!("cannot start `{}`", process::describe(command)))?;
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    Ok((text, output.status.success()))
}

/// How many inputs a target ran, as libFuzzer says at its end: `Done 20000 runs in 3 second(s)`.
fn runs(said: &str) -> &str {
    let rest = said.lines().find_map(|line| line.strip_prefix("Done "));
    let words = rest.and_then(|rest| rest.split_once(' '));
    words.map_or("0", |(count, _)| count)
}

/// What was wrong, and the input with which it is.
fn reason(said: &str) -> String {
    let mut lines = said.lines();
    let what = lines.find(|line| line.contains("panicked at") || line.contains("ERROR: libFuzzer"));
    let path = said.lines().find_map(|line| line.split_once("written to "));
    let what = what.unwrap_or("it failed").trim();
    match path {
        Some((_, path)) => format!("{what} {path}"),
        None => what.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{reason, runs};

    #[test]
    fn a_crash_is_told_with_its_input() {
        // As libFuzzer prints it.
        let said = "INFO: Seed: 1\nthread '<unnamed>' panicked at crates/fuzz/src/lab.rs:1:5:\nno\n\
            ==1== ERROR: libFuzzer: deadly signal\nartifact_prefix='a/'; Test unit written to a/crash-1\n";
        let told = reason(said);
        assert!(
            told.contains("lab.rs:1:5") && told.ends_with("a/crash-1"),
            "{told}"
        );
        assert_eq!(runs(said), "0");
        assert_eq!(runs("#7\tDONE\nDone 7 runs in 0 second(s)\n"), "7");
    }
}
