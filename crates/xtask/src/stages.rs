//! The stages of `cargo xtask test`, in their order, and what each of them needs.

use std::collections::BTreeSet;

use clap::ValueEnum;

use crate::prerequisites::Need;

/// One stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Stage {
    /// The layout of the source: cargo fmt --check
    Fmt,
    /// Common mistakes: cargo clippy on everything
    Clippy,
    /// Licences, sources and known vulnerabilities of what we depend on: cargo deny
    Deny,
    /// The pure crates use no clock and no file, and compile for the browser with the protocol
    Wasm,
    /// Unit and property tests of all crates
    Unit,
    /// The fuzz targets: what is kept of their inputs, and some thousand others
    Fuzz,
    /// The examples in the documentation
    Doc,
    /// The program with the front end inside, as `cargo xtask build`
    Build,
    /// Plans executed in real sandboxes, as an ordinary user
    Kernel,
    /// What this kernel lacks, on a full kernel in a virtual machine
    Vm,
    /// A real server and real clients, as an ordinary user
    Server,
    /// A real browser on a real server, as an ordinary user
    Browser,
}

impl Stage {
    /// Its name on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Fmt => "fmt",
            Self::Clippy => "clippy",
            Self::Deny => "deny",
            Self::Wasm => "wasm",
            Self::Unit => "unit",
            Self::Fuzz => "fuzz",
            Self::Doc => "doc",
            Self::Build => "build",
            Self::Kernel => "kernel",
            Self::Vm => "vm",
            Self::Server => "server",
            Self::Browser => "browser",
        }
    }

    /// Whether it tests the built program, and must do so as an ordinary user.
    pub(crate) fn tests_the_program(self) -> bool {
        matches!(self, Self::Kernel | Self::Vm | Self::Server | Self::Browser)
    }

    fn needs(self) -> &'static [Need] {
        match self {
            Self::Fmt => &[Need::Lint],
            Self::Deny => &[],
            Self::Clippy | Self::Wasm => &[Need::Lint, Need::Build],
            Self::Fuzz | Self::Doc | Self::Build => &[Need::Build],
            Self::Unit | Self::Kernel | Self::Server => &[Need::Build, Need::Run, Need::Test],
            Self::Vm => &[Need::Build, Need::Run, Need::Test, Need::Vm],
            Self::Browser => &[Need::Build, Need::Run, Need::Test, Need::Browser],
        }
    }
}

/// The chosen stages (all when none is chosen) in their order, with those that they need.
pub(crate) fn selected(only: &[Stage]) -> BTreeSet<Stage> {
    let mut stages: BTreeSet<Stage> = if only.is_empty() {
        Stage::value_variants().iter().copied().collect()
    } else {
        only.iter().copied().collect()
    };
    if stages.iter().any(|stage| stage.tests_the_program()) {
        stages.insert(Stage::Build);
    }
    stages
}

/// What must be installed for these stages.
pub(crate) fn needs(stages: &BTreeSet<Stage>) -> Vec<Need> {
    let all: BTreeSet<Need> = stages
        .iter()
        .flat_map(|stage| stage.needs())
        .copied()
        .collect();
    all.into_iter().collect()
}

/// Prints the stages with what they do.
pub(crate) fn print_list() {
    for stage in Stage::value_variants() {
        let help = stage
            .to_possible_value()
            .and_then(|value| value.get_help().cloned());
        println!("{:<8} {}", stage.name(), help.unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_command_line() {
        for stage in Stage::value_variants() {
            let parsed = Stage::from_str(stage.name(), false);
            assert_eq!(parsed, Ok(*stage));
        }
    }

    #[test]
    fn tests_of_the_program_build_it_first() {
        let stages: Vec<Stage> = selected(&[Stage::Server]).into_iter().collect();
        assert_eq!(stages, [Stage::Build, Stage::Server]);
        assert_eq!(selected(&[]).len(), Stage::value_variants().len());
    }

    #[test]
    fn only_the_browser_stage_asks_for_a_browser() {
        assert!(!needs(&selected(&[Stage::Server])).contains(&Need::Browser));
        assert!(needs(&selected(&[Stage::Browser])).contains(&Need::Browser));
        assert_eq!(needs(&selected(&[Stage::Fmt])), [Need::Lint]);
    }
}
