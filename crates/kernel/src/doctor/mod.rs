//! Can this machine run labs? Each answer is tried for real in a sandbox that
//! is made for it and gone afterwards, never concluded from a version.

mod machine;
mod scratch;

use serde::{Deserialize, Serialize};

use crate::error::Result;

/// One thing that was tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What was tried, in a few words; the same in every run.
    pub name: String,
    /// Whether it works.
    pub ok: bool,
    /// Whether no lab can run without it; else only a part of what labs can
    /// do needs it.
    pub needed: bool,
    /// What was seen: numbers and versions, or the kernel's own refusal.
    pub detail: String,
    /// What to do, if it does not work and that is known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub remedy: Option<String>,
}

/// Whether labs can run, going by `findings`.
pub fn can_run(findings: &[Finding]) -> bool {
    findings.iter().all(|finding| finding.ok || !finding.needed)
}

/// Tries everything. Takes some 50 ms. Call it in a process with one thread,
/// whose `main` knows [`crate::exec::SUBCOMMAND`].
///
/// # Errors
/// Only if the trying itself cannot be done; what does not work is a finding.
pub fn examine() -> Result<Vec<Finding>> {
    let mut findings = machine::examine();
    findings.extend(scratch::examine()?);
    Ok(findings)
}

impl Finding {
    /// Of something that no lab can run without.
    fn needed(name: &str, result: Result<String>, remedy: &str) -> Self {
        Self::new(name, true, result, remedy)
    }

    /// Of something that a part of what labs can do needs.
    fn useful(name: &str, result: Result<String>, remedy: &str) -> Self {
        Self::new(name, false, result, remedy)
    }

    /// `remedy` is what to do if the error itself has no advice.
    fn new(name: &str, needed: bool, result: Result<String>, remedy: &str) -> Self {
        let name = name.to_owned();
        match result {
            Ok(detail) => Self {
                name,
                ok: true,
                needed,
                detail,
                remedy: None,
            },
            Err(error) => Self {
                name,
                ok: false,
                needed,
                detail: error.reason(),
                remedy: Some(error.advice().unwrap_or(remedy).to_owned()),
            },
        }
    }
}
