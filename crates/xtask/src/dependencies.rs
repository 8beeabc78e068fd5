//! The stage `deny`: what we depend on, judged by cargo-deny with deny.toml.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use crate::counts::Counts;
use crate::process;
use crate::system::find_program;
use crate::workspace::Workspace;

/// The version that is fetched when there is none.
const VERSION: &str = "0.20.2";

/// Checks licences, bans and sources, then advisories, each as one test; with notes.
pub(crate) fn check(workspace: &Workspace) -> Result<(Counts, Vec<String>)> {
    let program = cargo_deny(workspace)?;
    let mut notes = Vec::new();
    let mut counts = Counts::default();
    for what in ["licenses", "bans", "sources"] {
        let mut deny = workspace.command(&program);
        let (status, _) = process::run_shown(deny.args(["--all-features", "check", what]))?;
        if status.success() {
            counts = counts + Counts::PASSED;
        } else {
            counts = counts + Counts::FAILED;
            notes.push(format!("{what}: cargo deny check {what} failed"));
        }
    }
    let (advisories, note) = check_advisories(workspace, &program)?;
    notes.extend(note);
    Ok((counts + advisories, notes))
}

/// Known vulnerabilities: their database comes from the network, which may not be there.
fn check_advisories(workspace: &Workspace, program: &PathBuf) -> Result<(Counts, Option<String>)> {
    let mut deny = workspace.command(program);
    let (status, output) =
        process::run_shown(deny.args(["--all-features", "check", "advisories"]))?;
    Ok(match (status.success(), no_database(&output)) {
        (true, _) => (Counts::PASSED, None),
        (false, true) => (
            Counts::SKIPPED,
            Some("advisories: not checked, no advisory database reachable".to_owned()),
        ),
        (false, false) => (
            Counts::FAILED,
            Some("advisories: cargo deny check advisories failed".to_owned()),
        ),
    })
}

fn no_database(output: &str) -> bool {
    output.contains("failed to fetch advisory database")
}

/// cargo-deny of this machine, else our own in target/, installed when it is missing.
fn cargo_deny(workspace: &Workspace) -> Result<PathBuf> {
    if let Some(installed) = find_program("cargo-deny") {
        return Ok(installed);
    }
    let folder = workspace.target().join("tools");
    let program = folder.join("bin/cargo-deny");
    if program.is_file() {
        return Ok(program);
    }
    eprintln!(
        "cargo-deny is missing (it checks the licences of dependencies): cargo installs it into target/tools"
    );
    let mut cargo = workspace.cargo();
    cargo
        .args([
            "install",
            "cargo-deny",
            "--locked",
            "--version",
            VERSION,
            // It runs four times, a second each: optimising it takes longer than that saves.
            "--debug",
            "--root",
        ])
        .arg(&folder)
        .env_remove("CARGO_TARGET_DIR");
    process::run(&mut cargo).context("cannot install cargo-deny")?;
    if !program.is_file() {
        bail!("cargo install left no {}", program.display());
    }
    Ok(program)
}

#[cfg(test)]
mod tests {
    use super::no_database;

    #[test]
    fn a_missing_database_is_told_from_a_vulnerability() {
        // As cargo-deny 0.20.2 prints it without a network.
        assert!(no_database(
            "2026-11-24 03:17:35 [ERROR] failed to fetch advisory database https://github.com/RustSec/advisory-db with cli: failed to clone"
        ));
        assert!(!no_database(
            "error[vulnerability]: Buffer overflow in x\nadvisories FAILED"
        ));
    }
}
