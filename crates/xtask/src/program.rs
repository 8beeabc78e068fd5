//! The program `netyard`: the front end, then the server with the front end inside.

use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::front;
use crate::install::{self, Consent};
use crate::prerequisites::Need;
use crate::process;
use crate::size::bytes;
use crate::wasm_toolchain;
use crate::workspace::Workspace;

/// How much the compiler is to optimise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// For use: small and fast, slow to compile.
    Release,
    /// For work on the program: quick to compile.
    Dev,
}

impl Mode {
    /// Cargo's profile of the server, and the folder in target/ that it writes to.
    fn profile(self) -> (&'static str, &'static str) {
        match self {
            Self::Release => ("release", "release"),
            Self::Dev => ("dev", "debug"),
        }
    }
}

/// Builds the program and returns its place: target/release/netyard, or target/debug/netyard.
pub(crate) fn build(workspace: &Workspace, mode: Mode, consent: Consent) -> Result<PathBuf> {
    install::ensure(&[Need::Build], consent)?;
    let toolchain = wasm_toolchain::prepare(workspace, consent)?;
    let start = Instant::now();
    let folder = front::build(workspace, &toolchain, mode)?;
    let front_end = start.elapsed();
    let start = Instant::now();
    let (profile, output) = mode.profile();
    eprintln!("Building the server (profile {profile}) with the front end inside");
    let mut cargo = workspace.cargo();
    cargo.args([
        "build",
        "--package",
        "server",
        "--bin",
        "netyard",
        "--profile",
        profile,
    ]);
    // server/build.rs embeds this folder.
    process::run(cargo.env("NETYARD_FRONT", &folder))?;
    let program = workspace.target().join(output).join("netyard");
    let size = std::fs::metadata(&program)
        .with_context(|| format!("no program at {}", program.display()))?
        .len();
    println!(
        "Built {} ({}) in {:.1} s: front end {:.1} s, server {:.1} s",
        program
            .strip_prefix(workspace.root())
            .unwrap_or(&program)
            .display(),
        bytes(size),
        (front_end + start.elapsed()).as_secs_f64(),
        front_end.as_secs_f64(),
        start.elapsed().as_secs_f64(),
    );
    Ok(program)
}

/// Builds the program and becomes `netyard serve` with these arguments.
pub(crate) fn run(
    workspace: &Workspace,
    mode: Mode,
    consent: Consent,
    arguments: &[String],
) -> Result<()> {
    install::ensure(&[Need::Build, Need::Run], consent)?;
    let program = build(workspace, mode, consent)?;
    // In the folder in which the person is, not in the checkout: arguments may be paths.
    let mut netyard = workspace.command(&program);
    netyard
        .current_dir(std::env::current_dir()?)
        .arg("serve")
        .args(arguments);
    let error = netyard.exec();
    bail!("cannot start {}: {error}", program.display());
}
