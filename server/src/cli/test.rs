//! `netyard test FILE`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use protocol::expect::Verdict;
use tokio::sync::mpsc;
use topology::{Document, ready};

use super::run::{bring_up, can_run, text};
use super::{NOT_RUN, WRONG_USE, complain, file, print, print_json};
use crate::agent::client::{Agent, Streams};
use crate::agent::protocol::FromAgent;
use crate::trial::{self, Listeners};

mod junit;

/// What `netyard test` takes.
#[derive(clap::Args, Debug)]
pub(super) struct TestArguments {
    /// A lab in any form that is read, its folder or a zip of it; `-` reads standard input.
    file: PathBuf,
    /// Print one JSON value: a list of what came of each expectation.
    #[arg(long, conflicts_with = "junit")]
    json: bool,
    /// Print a report that build servers read.
    #[arg(long)]
    junit: bool,
    /// Let the lab have the uplink that it asks for.
    #[arg(long)]
    allow_uplink: bool,
}

pub(super) fn main(arguments: &TestArguments) -> ExitCode {
    let read = match file::read(&arguments.file) {
        Ok(read) => read,
        Err(error) => {
            complain(&error);
            return ExitCode::from(WRONG_USE);
        }
    };
    if read.document.expectations.is_empty() {
        let offered = read.report.offered.len();
        if offered > 0 {
            file::tell(&arguments.file, &read.report);
            complain(&format!(
                "{} tries {offered} things that could be expected: take them with `netyard \
                 convert --to yaml --with-expectations`",
                arguments.file.display()
            ));
        }
        complain(&format!(
            "{} expects nothing: say what should be true under `expect:`. {}",
            arguments.file.display(),
            topology::expectation::GRAMMAR
        ));
        return ExitCode::from(WRONG_USE);
    }
    let tried = can_run(&read.document, arguments.allow_uplink).and_then(|()| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| format!("could not start: {error}"))?;
        runtime.block_on(tried(read.document.clone(), arguments.allow_uplink))
    });
    let verdicts = match tried {
        Ok(verdicts) => verdicts,
        Err(error) => {
            complain(&error);
            return ExitCode::from(NOT_RUN);
        }
    };
    let printed = match (arguments.json, arguments.junit) {
        (true, _) => print_json(&verdicts),
        (_, true) => print(&junit::report(&read.document.title, &verdicts)),
        _ => print(&report(&verdicts)),
    };
    match verdicts.iter().all(|verdict| verdict.holds) {
        false if printed == ExitCode::SUCCESS => ExitCode::FAILURE,
        _ => printed,
    }
}

async fn tried(document: Document, allow_uplink: bool) -> Result<Vec<Verdict>, String> {
    let title = match document.title.as_str() {
        "" => "lab",
        title => title,
    };
    let program = Path::new("/proc/self/exe");
    let uplink = allow_uplink && document.has_uplink();
    let (agent, mut events) = Agent::spawn(program, title, Streams::Detached, uplink)
        .await
        .map_err(text)?;
    let verdicts = async {
        bring_up(&agent, document.clone(), &mut events).await?;
        settled(&document, &agent, &mut events).await?;
        let listeners = Listeners::default();
        let hearing = async {
            while let Some(event) = events.recv().await {
                if let FromAgent::Ping { ping, event } = event {
                    listeners.hear(ping, event);
                }
            }
        };
        tokio::select! {
            verdicts = trial::all(&agent, &document, &listeners, 0) => verdicts,
            () = hearing => Err("the lab's agent ended".to_owned()),
        }
    };
    let verdicts = verdicts.await;
    agent.shutdown().await;
    verdicts
}

/// Waits until the ports of spanning trees have learned, and hosts have addresses of what is
/// advertised to them.
async fn settled(
    document: &Document,
    agent: &Agent,
    events: &mut mpsc::Receiver<FromAgent>,
) -> Result<(), String> {
    // One after the other: nothing is heard through a port that learns.
    let learning = ready::learning_time(document) + ready::addressing_time(document);
    let unheard = async { while events.recv().await.is_some() {} };
    tokio::select! {
        () = tokio::time::sleep(learning) => Ok(()),
        () = unheard => Err(format!("the lab's agent ended: {}", agent.end().await)),
    }
}

/// For a person.
fn report(verdicts: &[Verdict]) -> String {
    let mut text = String::new();
    for verdict in verdicts {
        let mark = if verdict.holds { "ok  " } else { "FAIL" };
        text.push_str(&format!("{mark}  {}\n", verdict.expectation));
        if !verdict.holds {
            text.push_str(&format!("      observed: {}\n", verdict.observed));
        }
    }
    let failed = verdicts.iter().filter(|verdict| !verdict.holds).count();
    text.push_str(&format!(
        "{} hold, {failed} do not\n",
        verdicts.len() - failed
    ));
    text
}
