//! `netyard plan FILE`.

use std::path::PathBuf;
use std::process::ExitCode;

use serde::Serialize;

use super::{WRONG_USE, complain, file, print, print_json};

/// What `netyard plan` takes.
#[derive(clap::Args, Debug)]
pub(super) struct PlanArguments {
    /// A lab in any form that is read, its folder or a zip of it; `-` reads standard input.
    file: PathBuf,
    /// Print one JSON value.
    #[arg(long)]
    json: bool,
}

/// What is printed as JSON.
#[derive(Serialize)]
struct Plan<'a> {
    steps: &'a [Planned],
    report: &'a topology::import::Report,
}

/// One step of the printed plan.
#[derive(Serialize)]
struct Planned {
    step: topology::Step,
    command: String,
}

pub(super) fn main(arguments: &PlanArguments) -> ExitCode {
    let read = match file::read(&arguments.file) {
        Ok(read) => read,
        Err(error) => {
            complain(&error);
            return ExitCode::from(WRONG_USE);
        }
    };
    let steps = topology::plan::plan(&read.document, &topology::model::fresh());
    let names = topology::command::Names::of(&read.document);
    let planned: Vec<_> = steps
        .into_iter()
        .map(|step| Planned {
            command: topology::command::of_step(&step, &names).to_string(),
            step,
        })
        .collect();
    if arguments.json {
        return print_json(&Plan {
            steps: &planned,
            report: &read.report,
        });
    }
    file::tell(&arguments.file, &read.report);
    print(
        &planned
            .iter()
            .map(|planned| format!("{}\n", planned.command))
            .collect::<String>(),
    )
}
