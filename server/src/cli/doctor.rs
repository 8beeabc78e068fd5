//! `netyard doctor`.

use std::process::ExitCode;

use serde::Serialize;

use super::{NOT_RUN, complain, print, print_json};

/// What `netyard doctor` takes.
#[derive(clap::Args, Debug)]
pub(super) struct DoctorArguments {
    /// Print one JSON value.
    #[arg(long)]
    json: bool,
}

/// What is printed as JSON.
#[derive(Serialize)]
struct Report {
    can_run: bool,
    findings: Vec<kernel::doctor::Finding>,
}

/// Exits 0 if labs can run, else 1.
pub(super) fn main(arguments: &DoctorArguments) -> ExitCode {
    let findings = match kernel::doctor::examine() {
        Ok(findings) => findings,
        Err(error) => {
            complain(&error);
            return ExitCode::from(NOT_RUN);
        }
    };
    let report = Report {
        can_run: kernel::doctor::can_run(&findings),
        findings,
    };
    let printed = if arguments.json {
        print_json(&report)
    } else {
        print(&text(&report))
    };
    if report.can_run {
        printed
    } else {
        ExitCode::FAILURE
    }
}

fn text(report: &Report) -> String {
    let mut text = String::new();
    for finding in &report.findings {
        let mark = match (finding.ok, finding.needed) {
            (true, _) => "ok     ",
            (false, true) => "MISSING",
            (false, false) => "without",
        };
        text.push_str(&format!("{mark}  {}: {}\n", finding.name, finding.detail));
        if let Some(remedy) = finding.remedy.as_ref().filter(|_| !finding.ok) {
            text.push_str(&format!("         to do: {remedy}\n"));
        }
    }
    text.push_str(if report.can_run {
        "\nThis machine can run labs.\n"
    } else {
        "\nThis machine cannot run labs until what is MISSING is there.\n"
    });
    text
}
