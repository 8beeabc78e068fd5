//! `rustup target add`, tried once in a while: without a network it would cost time in each build.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};

use crate::process;
use crate::system::find_program;
use crate::workspace::Workspace;

/// Long enough for 25 MB over a slow line; a missing network fails in seconds.
const LIMIT: Duration = Duration::from_secs(180);

/// After this time a failed download is tried again.
const RETRY_AFTER: Duration = Duration::from_secs(24 * 3600);

/// What is known of rustup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Rustup {
    Absent,
    Untried,
    /// It could not add the target, for this reason.
    Failed(String),
}

/// What is known before anything is tried, for a compiler of this version.
pub(super) fn state(workspace: &Workspace, version: &str) -> Rustup {
    if find_program("rustup").is_none() {
        return Rustup::Absent;
    }
    remembered(&note(workspace), version).map_or(Rustup::Untried, Rustup::Failed)
}

/// Lets rustup fetch the target for the toolchain in use. A failure is remembered and is no error.
pub(super) fn add_target(workspace: &Workspace, target: &str) -> Result<Rustup> {
    eprintln!("The toolchain has no target {target}: `rustup target add {target}` fetches it");
    let mut rustup = workspace.command("rustup");
    // Without a network rustup would print its own inner workings.
    rustup
        .args(["target", "add", target])
        .env_remove("RUST_BACKTRACE");
    let outcome = process::run_within(&mut rustup, LIMIT);
    let reason = match outcome {
        // rustup can succeed for another toolchain than the one that cargo uses; trying it again
        // would loop.
        Ok(()) => "done, if the toolchain in use has it now".to_owned(),
        Err(error) => {
            eprintln!("rustup could not: {error}. Looking for another way");
            let version = process::output(workspace.command("rustc").arg("--version"))?;
            remember(&note(workspace), version.trim(), &error.to_string())?;
            error.to_string()
        }
    };
    Ok(Rustup::Failed(reason))
}

fn note(workspace: &Workspace) -> PathBuf {
    workspace.target().join("rustup-target-add-failed")
}

/// The reason of the last failure, if it was for this compiler and not long ago.
fn remembered(note: &Path, version: &str) -> Option<String> {
    let age = std::fs::metadata(note)
        .ok()?
        .modified()
        .ok()?
        .elapsed()
        .unwrap_or_default();
    let text = std::fs::read_to_string(note).ok()?;
    let (noted, reason) = text.split_once('\n')?;
    (age < RETRY_AFTER && noted == version).then(|| reason.to_owned())
}

fn remember(note: &Path, version: &str, reason: &str) -> Result<()> {
    std::fs::write(note, format!("{version}\n{reason}"))
        .with_context(|| format!("cannot write {}", note.display()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_failure_is_remembered_for_the_same_compiler_only() {
        let folder = tempfile::tempdir().unwrap();
        let note = folder.path().join("note");
        assert_eq!(remembered(&note, "rustc 1.95.0"), None);
        remember(&note, "rustc 1.95.0", "no network").unwrap();
        assert_eq!(
            remembered(&note, "rustc 1.95.0").as_deref(),
            Some("no network")
        );
        assert_eq!(remembered(&note, "rustc 1.96.0"), None);
    }
}
