//! `netyard run FILE [--in NAMESPACE] -- COMMAND…`.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use topology::{Document, NamespaceId};

use super::check::lacking;
use super::{NOT_RUN, WRONG_USE, complain, file};
use crate::agent::client::{Agent, AgentError, Streams};
use crate::agent::protocol::{Answer, ExecCommand, ExecId, FromAgent, Request, Stdio};

/// What `netyard run` takes.
#[derive(clap::Args, Debug)]
pub(super) struct RunArguments {
    /// A lab document or a script of commands; `-` reads standard input.
    file: PathBuf,
    /// The namespace in which the command runs.
    #[arg(long = "in", value_name = "NAMESPACE", default_value = topology::name::HOST)]
    namespace: String,
    /// The command and its arguments; no shell reads them.
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

/// The only command of this sandbox.
const EXEC: ExecId = ExecId(1);

pub(super) fn main(arguments: RunArguments) -> ExitCode {
    let read = match file::read(&arguments.file) {
        Ok(read) => read,
        Err(error) => {
            complain(&error);
            return ExitCode::from(WRONG_USE);
        }
    };
    let Some(namespace) = read.document.namespace_named(&arguments.namespace) else {
        let names: Vec<_> = read
            .document
            .namespaces
            .values()
            .map(|ns| ns.name.as_str())
            .collect();
        complain(&format!(
            "there is no namespace {} in {}: it has {}",
            arguments.namespace,
            arguments.file.display(),
            names.join(", ")
        ));
        return ExitCode::from(WRONG_USE);
    };
    match lacking(&read.document) {
        Ok(problems) if problems.is_empty() => {}
        Ok(problems) => {
            let problems = problems.iter().map(ToString::to_string);
            complain(&problems.collect::<Vec<_>>().join("\n"));
            return ExitCode::from(NOT_RUN);
        }
        Err(error) => {
            complain(&error);
            return ExitCode::from(NOT_RUN);
        }
    }
    let command = match command(namespace, &arguments.command) {
        Ok(command) => command,
        Err(error) => {
            complain(&error);
            return ExitCode::from(WRONG_USE);
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let outcome = match runtime {
        Ok(runtime) => runtime.block_on(run(read.document, command)),
        Err(error) => Err(format!("could not start: {error}")),
    };
    match outcome {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            complain(&error);
            ExitCode::from(NOT_RUN)
        }
    }
}

/// The command with this process's own surroundings.
pub(super) fn command(namespace: NamespaceId, argv: &[OsString]) -> Result<ExecCommand, String> {
    let text = |text: &OsString| {
        let known = text.to_str().map(str::to_owned);
        known.ok_or_else(|| format!("{} is no UTF-8 text", text.to_string_lossy()))
    };
    // What is no text in the environment is left out: no program that we start needs it.
    let environment = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    let directory = std::env::current_dir()
        .ok()
        .and_then(|path| path.to_str().map(str::to_owned));
    Ok(ExecCommand {
        namespace,
        argv: argv.iter().map(text).collect::<Result<_, _>>()?,
        environment,
        directory: directory.unwrap_or_else(|| "/".to_owned()),
        stdio: Stdio::Inherit,
    })
}

async fn run(document: Document, command: ExecCommand) -> Result<u8, String> {
    // The terminal sends keyboard signals to the command too: that one decides.
    let listen =
        |kind| signal(kind).map_err(|error| format!("could not listen for signals: {error}"));
    let _interrupt = listen(SignalKind::interrupt())?;
    let _quit = listen(SignalKind::quit())?;
    let mut terminate = listen(SignalKind::terminate())?;
    let mut hangup = listen(SignalKind::hangup())?;
    let title = if document.title.is_empty() {
        "lab"
    } else {
        &document.title
    };
    let program = Path::new("/proc/self/exe");
    let (agent, events) = Agent::spawn(program, title, Streams::Inherited)
        .await
        .map_err(text)?;
    let code = tokio::select! {
        code = bring_up_and_run(&agent, document, command, events) => code,
        _ = terminate.recv() => Ok(128 + 15),
        _ = hangup.recv() => Ok(128 + 1),
    };
    agent.shutdown().await;
    code
}

async fn bring_up_and_run(
    agent: &Agent,
    document: Document,
    command: ExecCommand,
    mut events: mpsc::Receiver<FromAgent>,
) -> Result<u8, String> {
    let apply = Request::Apply {
        document: Box::new(document),
    };
    done(agent.request(apply).await.map_err(text)?)?;
    let exec = Request::Exec {
        exec: EXEC,
        command,
    };
    let answer = agent.request(exec).await.map_err(text)?;
    done(answer)?;
    while let Some(event) = events.recv().await {
        if let FromAgent::Exited { exec: EXEC, code } = event {
            return Ok(u8::try_from(code).unwrap_or(u8::MAX));
        }
    }
    let how = agent.ended().unwrap_or_default();
    Err(format!(
        "the lab's agent ended before the command did: {how}"
    ))
}

fn done(answer: Answer) -> Result<(), String> {
    match answer {
        Answer::Done | Answer::CaptureStarted { .. } => Ok(()),
        Answer::Failed(error) | Answer::BadFilter(error) => Err(error),
        Answer::NotApplied(failure) => {
            let step = match failure.command.as_str() {
                "" => String::new(),
                command => format!("\n  at: {command}"),
            };
            Err(format!(
                "could not bring the lab up: {}: {}{step}",
                failure.subject, failure.error
            ))
        }
    }
}

fn text(error: AgentError) -> String {
    error.to_string()
}
