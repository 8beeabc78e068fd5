//! `netyard check FILE`.

use std::path::PathBuf;
use std::process::ExitCode;

use topology::problem::{Problem, Severity, check};
use topology::{Document, feature};

use super::{NOT_RUN, WRONG_USE, complain, file, print, print_json};

/// What `netyard check` takes.
#[derive(clap::Args, Debug)]
pub(super) struct CheckArguments {
    /// A lab document or a script of commands; `-` reads standard input.
    file: PathBuf,
    /// Print one JSON value.
    #[arg(long)]
    json: bool,
}

/// What the document needs and this machine's kernel lacks. Nothing is tried for a document that
/// needs only what every kernel has.
pub(super) fn lacking(document: &Document) -> Result<Vec<Problem>, kernel::error::Error> {
    if !feature::needs_any(document) {
        return Ok(Vec::new());
    }
    let missing = kernel::doctor::missing_features()?;
    Ok(feature::problems(document, &missing))
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
    match lacking(&read.document) {
        Ok(lacking) => problems.splice(0..0, lacking),
        Err(error) => {
            complain(&error);
            return ExitCode::from(NOT_RUN);
        }
    };
    let printed = if arguments.json {
        print_json(&problems)
    } else {
        let mut text = String::new();
        for note in &read.notes {
            text.push_str(&format!("{}: note: {note}\n", arguments.file.display()));
        }
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
