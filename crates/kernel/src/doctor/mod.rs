//! Can this machine run labs? Each answer is tried for real in a sandbox that
//! is made for it and gone afterwards, never concluded from a version.

mod features;
mod machine;
mod scratch;

use serde::{Deserialize, Serialize};
use topology::feature::{Feature, Missing};
use topology::{Document, NamespaceId};

use crate::error::{Error, Result};
use crate::firewall;
use crate::sandbox::Inside;

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
    findings.extend(scratch::examine(
        |inside| {
            let mut findings = scratch::try_all(inside);
            findings.extend(features::try_all());
            findings
        },
        scratch::no_sandbox,
    )?);
    Ok(findings)
}

/// Tries only what kernels differ in; what is missing, with the kernel's words. As [`examine`].
///
/// # Errors
/// As [`examine`].
pub fn missing_features() -> Result<Vec<Missing>> {
    let findings = scratch::examine(|_| features::try_all(), scratch::no_sandbox)?;
    Ok(findings.iter().filter_map(Finding::missing).collect())
}

/// What `nft` and the kernel say against the firewalls of a document, with its namespaces. As
/// [`examine`].
///
/// # Errors
/// As [`examine`].
pub fn refused_firewalls(document: &Document) -> Result<Vec<(NamespaceId, String)>> {
    let walled = document.namespaces.iter();
    let walled = walled.filter_map(|(id, ns)| Some((*id, ns, ns.firewall.as_ref()?)));
    let check_all = |_: &Inside| {
        walled
            .filter_map(|(id, ns, ruleset)| {
                let interfaces = document.interfaces_of(id).map(|(_, i)| i.name.as_str());
                let checked = firewall::check(ns.name.as_str(), interfaces, ruleset.as_str());
                Some((id, checked.err()?.cause().to_string()))
            })
            .collect()
    };
    let no_sandbox = |error: Error| (NamespaceId::HOST, error.to_string());
    scratch::examine(check_all, no_sandbox)
}

impl Finding {
    /// The feature that is missing, if this is one.
    pub fn missing(&self) -> Option<Missing> {
        let feature = self.feature.filter(|_| !self.ok)?;
        Some(Missing::new(feature, self.detail.clone()))
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
