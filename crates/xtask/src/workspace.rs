//! Where the checkout is, and how cargo is called from within cargo.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

/// The checkout.
#[derive(Clone, Debug)]
pub(crate) struct Workspace {
    root: PathBuf,
}

impl Workspace {
    /// Finds the checkout from the place of this package: what cargo says at run time, else what
    /// it said when this program was compiled.
    pub(crate) fn locate() -> Result<Self> {
        let manifest_dir = std::env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = manifest_dir
            .ancestors()
            .nth(2)
            .with_context(|| format!("no checkout above {}", manifest_dir.display()))?;
        Ok(Self {
            root: root.to_path_buf(),
        })
    }

    /// The folder with the workspace's Cargo.toml.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// A path inside the checkout.
    pub(crate) fn path(&self, relative: impl AsRef<Path>) -> PathBuf {
        self.root.join(relative)
    }

    /// Cargo's target folder: always `target/` of the checkout, so that the program is where the
    /// documentation says.
    pub(crate) fn target(&self) -> PathBuf {
        self.root.join("target")
    }

    /// The cargo that runs this program, in the checkout, with its target folder.
    pub(crate) fn cargo(&self) -> Command {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = self.command(cargo);
        command.env("CARGO_TARGET_DIR", self.target());
        command
    }

    /// Any other program, started in the checkout without the traces of the outer cargo.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.root);
        forget_outer_cargo(&mut command);
        command
    }
}

/// Removes what `cargo run` and rustup put into the environment of this program: build scripts
/// watch these variables (a needless rebuild), and libraries of one toolchain break another.
fn forget_outer_cargo(command: &mut Command) {
    for (name, value) in std::env::vars_os() {
        let Some(name_text) = name.to_str() else {
            continue;
        };
        if is_outer_cargo(name_text) {
            command.env_remove(&name);
        } else if name_text == "LD_LIBRARY_PATH" {
            match without_cargo_libraries(&value) {
                Some(rest) => command.env(&name, rest),
                None => command.env_remove(&name),
            };
        }
    }
}

fn is_outer_cargo(name: &str) -> bool {
    name.starts_with("CARGO_PKG_")
        || name.starts_with("CARGO_BIN_")
        || matches!(
            name,
            "CARGO"
                | "CARGO_MANIFEST_DIR"
                | "CARGO_MANIFEST_PATH"
                | "CARGO_CRATE_NAME"
                | "CARGO_PRIMARY_PACKAGE"
                | "CARGO_TARGET_TMPDIR"
                | "OUT_DIR"
                | "RUST_RECURSION_COUNT"
        )
}

/// The library search path without cargo's and rustup's own folders; `None` when nothing is left.
fn without_cargo_libraries(path: &OsStr) -> Option<OsString> {
    let kept: Vec<PathBuf> = std::env::split_paths(path)
        .filter(|folder| {
            let text = folder.to_string_lossy();
            !text.is_empty()
                && !text.contains("/target/")
                && !text.contains("/toolchains/")
                && !text.contains("/rustlib/")
        })
        .collect();
    if kept.is_empty() {
        None
    } else {
        std::env::join_paths(kept).ok()
    }
}

/// Removes what would make a foreign cargo use the outer toolchain or its flags.
pub(crate) fn forget_outer_toolchain(command: &mut Command) {
    for name in [
        "RUSTUP_TOOLCHAIN",
        "RUSTUP_TOOLCHAIN_SOURCE",
        "RUSTC",
        "RUSTDOC",
        "RUSTC_WRAPPER",
        "RUSTC_WORKSPACE_WRAPPER",
    ] {
        command.env_remove(name);
    }
    forget_flags(command);
}

/// Removes compiler flags that were meant for the host (`target-cpu=native`, another linker).
pub(crate) fn forget_flags(command: &mut Command) {
    for name in [
        "RUSTFLAGS",
        "CARGO_ENCODED_RUSTFLAGS",
        "CARGO_BUILD_RUSTFLAGS",
        "CARGO_BUILD_TARGET",
    ] {
        command.env_remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_outer_cargo_is_told_from_the_user_s_own_settings() {
        assert!(is_outer_cargo("CARGO_PKG_VERSION"));
        assert!(is_outer_cargo("CARGO_MANIFEST_DIR"));
        assert!(!is_outer_cargo("CARGO_HOME"));
        assert!(!is_outer_cargo("CARGO_NET_OFFLINE"));
    }

    #[test]
    fn library_paths_of_toolchains_are_dropped_and_others_kept() {
        let path = OsStr::new("/w/target/debug/deps:/opt/lib:/h/.rustup/toolchains/stable/lib");
        assert_eq!(without_cargo_libraries(path), Some("/opt/lib".into()));
        assert_eq!(
            without_cargo_libraries(OsStr::new("/w/target/debug/deps")),
            None
        );
    }

    #[test]
    fn the_checkout_has_a_manifest() {
        let workspace = Workspace::locate().map(|found| found.path("Cargo.toml").is_file());
        assert!(matches!(workspace, Ok(true)));
    }
}
