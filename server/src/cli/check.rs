//! `netyard check FILE`.

use std::path::PathBuf;
use std::process::ExitCode;

use topology::problem::{Severity, check};

use super::{WRONG_USE, complain, file, print, print_json};

/// What `netyard check` takes.
#[derive(clap::Args, Debug)]
pub(super) struct CheckArguments {
    /// A lab document or a script of commands; `-` reads standard input.
    file: PathBuf,
    /// Print one JSON value.
    #[arg(long)]
    json: bool,
}

pub(super) fn main(arguments: &CheckArguments) -> ExitCode {
    let read = match file::read(&arguments.file) {
        Ok(read) => read,
        Err(error) => {
            complain(&error);
            return ExitCode::from(WRONG_USE);
        }
    };
    let problems = check(&read.document);
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
