//! Looking at a Rust compiler: its version, and whether it can build and link for the browser.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::TARGET;
use crate::install;
use crate::process;
use crate::system::{Distribution, find_program};
use crate::workspace::{Workspace, forget_outer_toolchain};

/// A compiler with its cargo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Compiler {
    pub(super) rustc: PathBuf,
    pub(super) cargo: PathBuf,
    /// First line of `rustc --version`.
    pub(super) version: String,
    pub(super) release: Release,
    pub(super) standard_library: StandardLibrary,
    /// The linker to name to cargo; `None` when the compiler brings its own.
    pub(super) linker: Option<PathBuf>,
    /// Whether there is any linker for WebAssembly.
    pub(super) links: bool,
}

/// What a compiler has of the standard library for the browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StandardLibrary {
    Compiled,
    /// Only its sources, for `-Z build-std`.
    Sources,
    Missing,
}

/// A version, to the precision that matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Release {
    pub(super) major: u32,
    pub(super) minor: u32,
}

impl fmt::Display for Release {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.major, self.minor)
    }
}

impl Release {
    /// Format: `rustc 1.95.0 (59807616e 2026-04-14)`.
    fn parse(version: &str) -> Option<Self> {
        let mut numbers = version.split_whitespace().nth(1)?.split('.');
        let major = numbers.next()?.parse().ok()?;
        let minor = numbers.next()?.parse().ok()?;
        Some(Self { major, minor })
    }
}

impl Compiler {
    /// The compiler that compiles everything else here.
    pub(super) fn current(workspace: &Workspace) -> Option<Self> {
        let rustc = find_program("rustc")?;
        let cargo = find_program("cargo")?;
        Self::look(&rustc, &cargo, |program| workspace.command(program))
    }

    /// The compiler that the distribution's packages put into /usr/bin.
    pub(super) fn of_distribution(workspace: &Workspace) -> Option<Self> {
        Self::look(
            Path::new("/usr/bin/rustc"),
            Path::new("/usr/bin/cargo"),
            |program| {
                let mut command = workspace.command(program);
                forget_outer_toolchain(&mut command);
                command
            },
        )
    }

    fn look(rustc: &Path, cargo: &Path, command: impl Fn(&Path) -> Command) -> Option<Self> {
        process::output(command(cargo).arg("--version")).ok()?;
        let verbose = process::output(command(rustc).arg("-vV")).ok()?;
        let version = verbose.lines().next()?.to_owned();
        let host = verbose
            .lines()
            .find_map(|line| line.strip_prefix("host: "))?;
        let printed = process::output(command(rustc).args(["--print", "sysroot"])).ok()?;
        let rustlib = PathBuf::from(printed.trim()).join("lib/rustlib");
        let own_linker = rustlib.join(host).join("bin/rust-lld").is_file();
        let linker = if own_linker { None } else { find_wasm_linker() };
        Some(Self {
            rustc: rustc.to_path_buf(),
            cargo: cargo.to_path_buf(),
            release: Release::parse(&version)?,
            version,
            standard_library: standard_library(&rustlib),
            links: own_linker || linker.is_some(),
            linker,
        })
    }
}

/// The packages of a distribution that bring a compiler, what it needs of the standard library,
/// and a linker. Empty when none is known or it does not offer them.
pub(super) fn packages(distribution: Distribution) -> Vec<String> {
    match distribution {
        Distribution::Debian | Distribution::Ubuntu => {
            debian_packages()
                .or_else(|| {
                    // A fresh machine or container has no lists yet.
                    install::refresh_lists().ok()?;
                    debian_packages()
                })
                .unwrap_or_default()
        }
        Distribution::Fedora => [
            "rust",
            "cargo",
            "rust-std-static-wasm32-unknown-unknown",
            "lld",
        ]
        .map(str::to_owned)
        .to_vec(),
        Distribution::Unknown => Vec::new(),
    }
}

/// Debian keeps a recent Rust for its browsers, in packages of their own. `None` when they are not
/// on offer.
fn debian_packages() -> Option<Vec<String>> {
    let search = ["search", "--names-only", "^lld-[0-9]+$"];
    let found = process::output(Command::new("apt-cache").args(search)).ok()?;
    let mut packages = vec![newest_lld(&found)?];
    packages.extend(["rustc-web", "cargo-web", "rust-web-src"].map(str::to_owned));
    let offered =
        |name: &String| process::output(Command::new("apt-cache").args(["show", name])).is_ok();
    packages.iter().all(offered).then_some(packages)
}

fn standard_library(rustlib: &Path) -> StandardLibrary {
    if has_compiled_library(&rustlib.join(TARGET).join("lib")) {
        StandardLibrary::Compiled
    } else if rustlib.join("src/rust/library/std/Cargo.toml").is_file() {
        StandardLibrary::Sources
    } else {
        StandardLibrary::Missing
    }
}

fn has_compiled_library(folder: &Path) -> bool {
    std::fs::read_dir(folder).is_ok_and(|entries| {
        entries.flatten().any(|entry| {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            name.starts_with("libstd-") && name.ends_with(".rlib")
        })
    })
}

/// `wasm-ld`, else the newest `wasm-ld-NN` (Debian's name), from the folders of PATH.
fn find_wasm_linker() -> Option<PathBuf> {
    if let Some(plain) = find_program("wasm-ld") {
        return Some(plain);
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let numbered = std::env::split_paths(&path)
        .chain([PathBuf::from("/usr/bin")])
        .filter_map(|folder| std::fs::read_dir(folder).ok())
        .flat_map(|entries| entries.flatten())
        .filter_map(|entry| {
            let name = entry.file_name();
            let number: u32 = name.to_str()?.strip_prefix("wasm-ld-")?.parse().ok()?;
            Some((number, entry.path()))
        });
    numbered
        .max_by_key(|(number, _)| *number)
        .map(|(_, path)| path)
}

/// The newest of the lines `lld-22 - LLVM-based linker` that `apt-cache search` prints.
fn newest_lld(search: &str) -> Option<String> {
    search
        .lines()
        .filter_map(|line| {
            line.split_whitespace()
                .next()?
                .strip_prefix("lld-")?
                .parse::<u32>()
                .ok()
        })
        .max()
        .map(|number| format!("lld-{number}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn releases_are_read_and_compared_as_numbers() {
        let read = |text| Release::parse(text).unwrap();
        assert_eq!(
            read("rustc 1.95.0 (59807616e 2026-04-14)"),
            Release {
                major: 1,
                minor: 95
            }
        );
        assert!(read("rustc 1.100.0-nightly (abc)") > read("rustc 1.95.0"));
        assert_eq!(Release::parse("rustc"), None);
    }

    #[test]
    fn the_newest_lld_is_chosen_by_number() {
        let search = "lld-9 - old\nlld-22 - LLVM-based linker\nlld-15 - LLVM-based linker\n";
        assert_eq!(newest_lld(search).as_deref(), Some("lld-22"));
        assert_eq!(newest_lld(""), None);
    }

    #[test]
    fn a_compiled_library_is_preferred_to_sources() {
        let folder = tempfile::tempdir().unwrap();
        let rustlib = folder.path();
        assert_eq!(standard_library(rustlib), StandardLibrary::Missing);
        let sources = rustlib.join("src/rust/library/std");
        std::fs::create_dir_all(&sources).unwrap();
        std::fs::write(sources.join("Cargo.toml"), "").unwrap();
        assert_eq!(standard_library(rustlib), StandardLibrary::Sources);
        let compiled = rustlib.join(TARGET).join("lib");
        std::fs::create_dir_all(&compiled).unwrap();
        std::fs::write(compiled.join("libstd-0123.rlib"), "").unwrap();
        assert_eq!(standard_library(rustlib), StandardLibrary::Compiled);
    }
}
