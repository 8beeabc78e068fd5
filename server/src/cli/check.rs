//! `netyard check FILE`.

use std::path::PathBuf;
use std::process::ExitCode;

use topology::edit::{Field, Place};
use topology::import::Report;
use topology::problem::{Problem, Severity, check};
use topology::{Document, NamespaceId, feature};

use super::{NOT_RUN, WRONG_USE, complain, file, print, print_json};

/// What `netyard check` takes.
#[derive(clap::Args, Debug)]
pub(super) struct CheckArguments {
    /// A lab in any form that is read, its folder or a zip of it; `-` reads standard input.
    file: PathBuf,
    /// Print one JSON value.
    #[arg(long)]
    json: bool,
}

/// What is printed as JSON.
#[derive(serde::Serialize)]
struct Checked<'a> {
    problems: &'a [Problem],
    report: &'a Report,
}

/// What the document needs and this machine's kernel lacks. Nothing is tried for a document that
/// needs only what every kernel has.
pub(super) fn lacking(document: &Document) -> Result<Vec<Problem>, kernel::error::Error> {
    lacking_where(document, true)
}

/// The same where uplinks may not be allowed.
pub(super) fn lacking_where(
    document: &Document,
    allow_uplink: bool,
) -> Result<Vec<Problem>, kernel::error::Error> {
    if !feature::needs_any(document) {
        return Ok(Vec::new());
    }
    let mut missing = kernel::doctor::missing_features()?;
    if !allow_uplink {
        feature::forbid_uplink(&mut missing);
    }
    Ok(feature::problems(document, &missing))
}

/// What `nft` says against the document's firewalls, with line and column; nothing where it is not
/// to be had, which is a problem of its own.
fn refused_firewalls(
    document: &Document,
    lacking: &[Problem],
) -> Result<Vec<Problem>, kernel::error::Error> {
    let has_any = document.namespaces.values().any(|ns| ns.firewall.is_some());
    let is_of_firewall =
        |problem: &Problem| matches!(problem.place, Place::Namespace(_, Some(Field::Firewall)));
    if !has_any || lacking.iter().any(is_of_firewall) {
        return Ok(Vec::new());
    }
    let refused = kernel::doctor::refused_firewalls(document)?;
    let problem = |(id, text): (NamespaceId, String)| Problem {
        severity: Severity::Error,
        place: Place::Namespace(id, Some(Field::Firewall)),
        subject: document.describe_namespace(id),
        text: format!("nft refuses the firewall: {text}"),
        hint: "nft(8) has the language; lines are counted from the firewall's first".to_owned(),
    };
    Ok(refused.into_iter().map(problem).collect())
}

pub(super) fn main(arguments: &CheckArguments) -> ExitCode {
    let read = match file::read(&arguments.file) {
        Ok(read) => read,
        Err(error) => {
            complain(&error);
            return ExitCode::from(WRONG_USE);
        }
    };
    let mut problems = check(&read.document);
    let found = lacking(&read.document).and_then(|lacking| {
        let refused = refused_firewalls(&read.document, &lacking)?;
        Ok([lacking, refused].concat())
    });
    match found {
        Ok(found) => problems.splice(0..0, found),
        Err(error) => {
            complain(&error);
            return ExitCode::from(NOT_RUN);
        }
    };
    let printed = if arguments.json {
        print_json(&Checked {
            problems: &problems,
            report: &read.report,
        })
    } else {
        file::tell(&arguments.file, &read.report);
        let mut text = String::new();
        for problem in &problems {
            text.push_str(&format!("{}: {problem}\n", arguments.file.display()));
        }
        if problems.is_empty() {
            text.push_str(&format!("{}: no problems\n", arguments.file.display()));
        }
        print(&text)
    };
    if problems
        .iter()
        .any(|problem| problem.severity == Severity::Error)
    {
        ExitCode::FAILURE
    } else {
        printed
    }
}
