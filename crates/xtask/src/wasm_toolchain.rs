//! Which compiler builds the front end, found out without asking.
//!
//! In this order: the wasm target of the toolchain in use → `rustup target add` → its `rust-src`
//! and `-Z build-std` → the distribution's compiler, with its target or its sources.

mod compiler;
mod rustup;

use std::process::Command;

use anyhow::{Context, Result, bail};

use self::compiler::{Compiler, Release, StandardLibrary};
use self::rustup::Rustup;
use crate::install::{self, Consent, Wanted};
use crate::system::Distribution;
use crate::workspace::{Workspace, forget_flags, forget_outer_toolchain};

/// The target of the front end.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// The oldest compiler that can build the workspace: `rust-version` of Cargo.toml.
const OLDEST: Release = Release {
    major: 1,
    minor: 95,
};

/// A compiler that can build for the browser.
#[derive(Clone, Debug)]
pub(crate) struct Toolchain {
    compiler: Compiler,
    build_std: bool,
    foreign: bool,
}

/// What is to be done to get one.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Choice {
    /// Use it: the compiler in use (not foreign) or the distribution's (foreign).
    Use { foreign: bool, build_std: bool },
    /// Let rustup fetch the target, then look again.
    AddTarget,
    /// Install packages of the distribution, then look again.
    Install,
}

/// What the choice depends on.
#[derive(Clone, Debug)]
struct Facts {
    /// The compiler that compiles everything else.
    current: Option<Compiler>,
    rustup: Rustup,
    /// The compiler in /usr/bin.
    distribution: Option<Compiler>,
}

/// Finds a compiler for the front end; fetches or installs one if need be.
pub(crate) fn prepare(workspace: &Workspace, consent: Consent) -> Result<Toolchain> {
    let mut facts = gather(workspace)?;
    let mut installed = false;
    loop {
        match choose(&facts) {
            Choice::Use { foreign, build_std } => {
                let found = if foreign {
                    facts.distribution
                } else {
                    facts.current
                };
                let compiler = found.context("the chosen compiler is gone")?;
                return Ok(Toolchain {
                    compiler,
                    build_std,
                    foreign,
                });
            }
            Choice::AddTarget => {
                facts.rustup = rustup::add_target(workspace, TARGET)?;
                facts.current = Compiler::current(workspace);
            }
            Choice::Install if installed => bail!(
                "no compiler for the front end, though the distribution's packages are installed: \
                 they must be Rust {OLDEST} or newer"
            ),
            Choice::Install => {
                install_packages(&facts.rustup, consent)?;
                installed = true;
                facts.current = Compiler::current(workspace);
                facts.distribution = Compiler::of_distribution(workspace);
            }
        }
    }
}

impl Toolchain {
    /// The chosen compiler and the reason, one line.
    pub(crate) fn describe(&self) -> String {
        let how = match (self.foreign, self.build_std) {
            (false, false) => "it has the wasm target",
            (false, true) => {
                "its wasm target is missing and cannot be fetched, but its sources are here (build-std)"
            }
            (true, false) => {
                "the distribution's; rustup's toolchain has no wasm target and cannot fetch it"
            }
            (true, true) => {
                "the distribution's, with its sources (build-std); rustup's toolchain has no wasm target and cannot fetch it"
            }
        };
        format!("{}: {how}", self.compiler.version)
    }

    /// `cargo <subcommand>` for the browser, with a target folder of its own: another compiler and
    /// other settings in the same folder would rebuild everything each time.
    pub(crate) fn cargo(&self, workspace: &Workspace, subcommand: &str) -> Command {
        let mut command = if self.foreign {
            let mut command = workspace.command(&self.compiler.cargo);
            forget_outer_toolchain(&mut command);
            command.env("RUSTC", &self.compiler.rustc);
            command
        } else {
            workspace.cargo()
        };
        forget_flags(&mut command);
        command
            .arg(subcommand)
            .args(["--target", TARGET])
            .env("CARGO_TARGET_DIR", workspace.target().join("wasm"));
        if self.build_std {
            // -Z is for nightly compilers; this variable makes a stable one accept it.
            command
                .args(["-Z", "build-std=std,panic_abort"])
                .env("RUSTC_BOOTSTRAP", "1");
        }
        if let Some(linker) = &self.compiler.linker {
            command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
        }
        command
    }
}

fn choose(facts: &Facts) -> Choice {
    let current = facts.current.as_ref().filter(|compiler| compiler.links);
    let distribution = facts
        .distribution
        .as_ref()
        .filter(|found| found.links && found.release >= OLDEST);
    let library = |compiler: Option<&Compiler>| {
        compiler.map_or(StandardLibrary::Missing, |compiler| {
            compiler.standard_library
        })
    };
    if library(current) == StandardLibrary::Compiled {
        return Choice::Use {
            foreign: false,
            build_std: false,
        };
    }
    if facts.rustup == Rustup::Untried {
        return Choice::AddTarget;
    }
    if library(current) == StandardLibrary::Sources {
        return Choice::Use {
            foreign: false,
            build_std: true,
        };
    }
    match library(distribution) {
        StandardLibrary::Compiled => Choice::Use {
            foreign: true,
            build_std: false,
        },
        StandardLibrary::Sources => Choice::Use {
            foreign: true,
            build_std: true,
        },
        StandardLibrary::Missing => Choice::Install,
    }
}

fn gather(workspace: &Workspace) -> Result<Facts> {
    let current = Compiler::current(workspace);
    let key = current
        .as_ref()
        .map_or("", |compiler| compiler.version.as_str());
    Ok(Facts {
        rustup: rustup::state(workspace, key),
        distribution: Compiler::of_distribution(workspace),
        current,
    })
}

fn install_packages(rustup: &Rustup, consent: Consent) -> Result<()> {
    let distribution = Distribution::detect();
    let packages = compiler::packages(distribution);
    let tried = match rustup {
        Rustup::Absent => "there is no rustup".to_owned(),
        Rustup::Failed(reason) => format!("rustup could not fetch its wasm target ({reason})"),
        Rustup::Untried => "rustup was not tried".to_owned(),
    };
    if packages.is_empty() {
        bail!(
            "no compiler for the front end: {tried}, and no package of this distribution is known \
             to bring one (is the list of packages there? `sudo apt-get update` fetches it). With a \
             network, type `rustup target add {TARGET}`, then try again"
        );
    }
    let reason = format!("a compiler for WebAssembly: the front end needs it, and {tried}");
    install::install(distribution, &[Wanted { reason, packages }], consent)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compiler(standard_library: StandardLibrary, minor: u32, links: bool) -> Option<Compiler> {
        Some(Compiler {
            rustc: "/usr/bin/rustc".into(),
            cargo: "/usr/bin/cargo".into(),
            version: format!("rustc 1.{minor}.0"),
            release: Release { major: 1, minor },
            standard_library,
            linker: None,
            links,
        })
    }

    fn facts(current: StandardLibrary, rustup: Rustup, distribution: Option<Compiler>) -> Facts {
        Facts {
            current: compiler(current, 95, true),
            rustup,
            distribution,
        }
    }

    fn failed() -> Rustup {
        Rustup::Failed("no network".into())
    }

    #[test]
    fn a_target_that_is_there_is_used_before_anything_is_tried() {
        let facts = facts(StandardLibrary::Compiled, Rustup::Untried, None);
        assert_eq!(
            choose(&facts),
            Choice::Use {
                foreign: false,
                build_std: false
            }
        );
    }

    #[test]
    fn rustup_is_asked_before_sources_and_distribution() {
        let other = compiler(StandardLibrary::Sources, 96, true);
        let facts = facts(StandardLibrary::Sources, Rustup::Untried, other);
        assert_eq!(choose(&facts), Choice::AddTarget);
    }

    #[test]
    fn without_a_network_own_sources_come_before_the_distribution() {
        let other = compiler(StandardLibrary::Compiled, 96, true);
        let facts = facts(StandardLibrary::Sources, failed(), other);
        assert_eq!(
            choose(&facts),
            Choice::Use {
                foreign: false,
                build_std: true
            }
        );
    }

    #[test]
    fn the_distribution_is_the_last_resort() {
        let debian = compiler(StandardLibrary::Sources, 96, true);
        let found = facts(StandardLibrary::Missing, failed(), debian);
        assert_eq!(
            choose(&found),
            Choice::Use {
                foreign: true,
                build_std: true
            }
        );
        let fedora = compiler(StandardLibrary::Compiled, 97, true);
        let found = facts(StandardLibrary::Missing, Rustup::Absent, fedora);
        assert_eq!(
            choose(&found),
            Choice::Use {
                foreign: true,
                build_std: false
            }
        );
    }

    #[test]
    fn an_old_compiler_or_one_without_a_linker_is_not_used() {
        let old = compiler(StandardLibrary::Sources, 94, true);
        assert_eq!(
            choose(&facts(StandardLibrary::Missing, failed(), old)),
            Choice::Install
        );
        let no_linker = compiler(StandardLibrary::Sources, 96, false);
        assert_eq!(
            choose(&facts(StandardLibrary::Missing, failed(), no_linker)),
            Choice::Install
        );
        assert_eq!(
            choose(&facts(StandardLibrary::Missing, failed(), None)),
            Choice::Install
        );
    }
}
