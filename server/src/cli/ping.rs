//! `netyard ping FILE --all`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use protocol::reach::{ReachOptions, Reachability};
use topology::Document;

use super::run::{bring_up, can_run, text};
use super::{NOT_RUN, WRONG_USE, complain, file, print, print_json};
use crate::agent::client::{Agent, Streams};
use crate::agent::protocol::{Answer, Request};

mod table;

/// What `netyard ping` takes.
#[derive(clap::Args, Debug)]
pub(super) struct PingArguments {
    /// A lab in any form that is read, its folder or a zip of it; `-` reads standard input.
    file: PathBuf,
    /// From every namespace to every address.
    #[arg(long, required = true)]
    all: bool,
    /// Print one JSON value: what POST /api/v1/labs/{id}/reachability answers.
    #[arg(long)]
    json: bool,
    /// After how many milliseconds without an answer a request counts as lost.
    #[arg(long, value_name = "MS", default_value_t = ReachOptions::default().timeout_ms)]
    timeout: u32,
    /// Let the lab have the uplink that it asks for.
    #[arg(long)]
    allow_uplink: bool,
}

pub(super) fn main(arguments: &PingArguments) -> ExitCode {
    let read = match file::read(&arguments.file) {
        Ok(read) => read,
        Err(error) => {
            complain(&error);
            return ExitCode::from(WRONG_USE);
        }
    };
    let measured = can_run(&read.document, arguments.allow_uplink).and_then(|()| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| format!("could not start: {error}"))?;
        runtime.block_on(measure(read.document, arguments))
    });
    let found = match measured {
        Ok(found) => found,
        Err(error) => {
            complain(&error);
            return ExitCode::from(NOT_RUN);
        }
    };
    let printed = match arguments.json {
        true => print_json(&found),
        false => print(&table::text(&found)),
    };
    if printed == ExitCode::SUCCESS && found.unreachable() > 0 {
        return ExitCode::FAILURE;
    }
    printed
}

async fn measure(document: Document, arguments: &PingArguments) -> Result<Reachability, String> {
    let title = match document.title.as_str() {
        "" => "lab".to_owned(),
        title => title.to_owned(),
    };
    let program = Path::new("/proc/self/exe");
    let uplink = arguments.allow_uplink && document.has_uplink();
    let (agent, mut events) = Agent::spawn(program, &title, Streams::Detached, uplink)
        .await
        .map_err(text)?;
    let found = async {
        bring_up(&agent, document, &mut events).await?;
        // What is observed goes on to be told: nobody listens, and the agent must not wait for it.
        let unheard = async { while events.recv().await.is_some() {} };
        let options = ReachOptions {
            timeout_ms: arguments.timeout,
        };
        let answer = tokio::select! {
            answer = agent.request(Request::Reach { options }) => answer.map_err(text)?,
            () = async { unheard.await; std::future::pending::<()>().await } => {
                return Err("the lab's agent ended".to_owned());
            }
        };
        match answer {
            Answer::Reached(found) => Ok(*found),
            Answer::Failed(error) => Err(error),
            _ => Err("the agent's answer was none".to_owned()),
        }
    };
    let found = found.await;
    agent.shutdown().await;
    found
}
