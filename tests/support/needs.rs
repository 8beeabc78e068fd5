//! Tests that say what they need of the kernel.
//!
//! A test declares its features. Where the kernel lacks one, the test is reported as ignored, and
//! told to `cargo xtask test` by a line in a file: it runs such tests again on a kernel that has
//! everything, and fails if one ran on neither. Both packages with such tests share this file.

#![allow(
    dead_code,
    unreachable_pub,
    reason = "shared by several test programs, each of which uses a part of it"
)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs::OpenOptions;
use std::io::Write;

use libtest_mimic::{Arguments, Trial};
use topology::feature::{Feature, Missing};

/// Names the file, which must be there. A line is: the test program, the name of the test, the
/// name under which it was reported, and the features that are missing, separated by commas; these
/// four by tabs.
const LEFT: &str = "NETYARD_LEFT";

/// Names the tests that are to be run, separated by spaces; all if it is not set.
const ONLY: &str = "NETYARD_ONLY";

/// What a test needs.
#[derive(Clone, Default)]
pub struct Needs {
    features: Vec<Feature>,
    everywhere: bool,
    asks: bool,
}

impl Needs {
    /// These features.
    pub fn features(features: &[Feature]) -> Self {
        Self {
            features: features.to_vec(),
            ..Self::default()
        }
    }

    /// Nothing; but it does more where the kernel has more, so it is to run on each of them.
    pub fn everywhere() -> Self {
        Self {
            everywhere: true,
            ..Self::default()
        }
    }

    /// Nothing; but it wants to know what the kernel lacks.
    pub fn asks() -> Self {
        Self {
            asks: true,
            ..Self::default()
        }
    }

    /// Whether the kernel need be asked.
    pub fn any(&self) -> bool {
        self.asks || self.everywhere || !self.features.is_empty()
    }

    /// The test `test`, reported as `name`: ignored if it needs what is missing.
    pub fn trial(&self, test: &str, name: &str, missing: &[Missing], trial: Trial) -> Trial {
        let lacking = missing
            .iter()
            .map(|missing| missing.feature)
            .filter(|feature| self.features.contains(feature));
        let lacking: Vec<String> = lacking.map(|feature| feature.to_string()).collect();
        if !lacking.is_empty() || (self.everywhere && !missing.is_empty()) {
            tell(test, name, &lacking);
        }
        trial.with_ignored_flag(!lacking.is_empty())
    }
}

/// Whether this run is to have that test.
pub fn is_wanted(test: &str) -> bool {
    std::env::var(ONLY).map_or(true, |only| only.split(' ').any(|one| one == test))
}

/// Whether a run with these arguments comes to a test whose names start so.
pub fn comes_to(arguments: &Arguments, test: &str) -> bool {
    // A runner that starts a program for each test names it.
    let only = arguments.filter.as_ref().filter(|_| arguments.exact);
    only.is_none_or(|only| only.starts_with(test))
}

fn tell(test: &str, name: &str, lacking: &[String]) {
    let Some(path) = std::env::var_os(LEFT) else {
        return;
    };
    let program = std::env::current_exe().unwrap();
    let lacking = lacking.join(",");
    let line = format!("{}\t{test}\t{name}\t{lacking}\n", program.display());
    // One write: several programs append at once.
    let mut file = OpenOptions::new().append(true).open(path).unwrap();
    file.write_all(line.as_bytes()).unwrap();
}
