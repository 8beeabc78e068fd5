//! The stage `wasm`: the pure crates are pure, and compile for the browser.

use anyhow::Result;

use crate::counts::Counts;
use crate::process;
use crate::wasm_toolchain::Toolchain;
use crate::workspace::Workspace;

/// The crates without clock, randomness, input and output.
const PURE: [&str; 2] = ["topology", "packet"];

/// What the browser and the server share: also compiled for the browser.
const SHARED: [&str; 3] = ["topology", "packet", "protocol"];

/// Each crate is one check for the compiler, and each pure one is another for clippy.
pub(crate) fn check(workspace: &Workspace, toolchain: &Toolchain) -> Result<(Counts, Vec<String>)> {
    let mut counts = Counts::default();
    let mut notes = Vec::new();
    let mut checks = Vec::new();
    for package in PURE {
        // The compiler alone does not see a clock or a file: they compile for the browser, and
        // fail there.
        let mut cargo = workspace.cargo();
        cargo
            .args(["clippy", "--lib", "--package", package, "--"])
            .args([
                "-D",
                "clippy::disallowed_methods",
                "-D",
                "clippy::disallowed_types",
            ])
            .env("CLIPPY_CONF_DIR", workspace.path("crates/xtask/purity"));
        checks.push((format!("{package} is not pure"), cargo));
    }
    for package in SHARED {
        // Each by itself: together with the front end, its features could hide a use of random
        // numbers, which is an error of the compiler there, not of its optimiser.
        let mut cargo = toolchain.cargo(workspace, "check");
        cargo.args(["--lib", "--package", package]);
        checks.push((format!("{package} does not compile for the browser"), cargo));
    }
    for (failure, mut cargo) in checks {
        match process::run(&mut cargo) {
            Ok(()) => counts = counts + Counts::PASSED,
            Err(error) => {
                counts = counts + Counts::FAILED;
                notes.push(format!("{failure}: {error}"));
            }
        }
    }
    Ok((counts, notes))
}
