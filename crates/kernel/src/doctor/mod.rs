//! Can this machine run labs? Each answer is tried for real in a sandbox that
//! is made for it and gone afterwards, never concluded from a version.

mod features;
mod machine;
mod scratch;

use serde::{Deserialize, Serialize};
use topology::feature::{Feature, Missing};

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
    /// Which of the things that kernels differ in this is, if it is one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub feature: Option<Feature>,
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
    findings.extend(scratch::examine(|inside| {
        let mut findings = scratch::try_all(inside);
        findings.extend(features::try_all());
        findings
    })?);
    Ok(findings)
}

/// Tries only what kernels differ in; what is missing, with the kernel's words. As [`examine`].
///
/// # Errors
/// As [`examine`].
pub fn missing_features() -> Result<Vec<Missing>> {
    let findings = scratch::examine(|_| features::try_all())?;
    Ok(findings.iter().filter_map(Finding::missing).collect())
}

impl Finding {
    /// The feature that is missing, if this is one.
    pub fn missing(&self) -> Option<Missing> {
        let feature = self.feature.filter(|_| !self.ok)?;
        Some(Missing {
            feature,
            detail: self.detail.clone(),
        })
    }

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
                feature: None,
            },
            Err(error) => Self {
                name,
                ok: false,
                needed,
                detail: error.reason(),
                remedy: Some(error.advice().unwrap_or(remedy).to_owned()),
                feature: None,
            },
        }
    }
}
