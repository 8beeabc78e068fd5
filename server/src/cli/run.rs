//! `netyard run FILE [--in NAMESPACE] -- COMMAND…`.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use tokio::time::timeout;
use topology::{Document, NamespaceId, Observed, ready};

use super::check::lacking_where;
use super::{NOT_RUN, WRONG_USE, complain, file};
use crate::agent::client::{Agent, AgentError, Streams};
use crate::agent::protocol::{
    Answer, ExecCommand, ExecId, FromAgent, NotDone, Request, Stdio, ToAgent,
};

mod signals;

use signals::Signals;

/// What `netyard run` takes.
#[derive(clap::Args, Debug)]
pub(super) struct RunArguments {
    /// A lab in any form that is read, its folder or a zip of it; `-` reads standard input.
    file: PathBuf,
    /// The namespace in which the command runs.
    #[arg(long = "in", value_name = "NAMESPACE", default_value = topology::name::HOST)]
    namespace: String,
    /// Let the lab have the uplink that it asks for: to the networks that this machine reaches, but
    /// for its loopback.
    #[arg(long)]
    allow_uplink: bool,
    /// The command and its arguments; no shell reads them.
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

/// How long the kernel may take to find out whether somebody else has a lab's IPv6 addresses: up to
/// a second before it asks, and a second in which nobody answers (RFC 4862, 5.4).
const READY_TIMEOUT: Duration = Duration::from_secs(3);

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
    file::tell_changes(&arguments.file, &read.report);
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
    if let Err(error) = can_run(&read.document, arguments.allow_uplink) {
        complain(&error);
        return ExitCode::from(NOT_RUN);
    }
    let command = command(namespace, &arguments.command);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let outcome = match runtime {
        Ok(runtime) => runtime.block_on(run(read.document, command, arguments.allow_uplink)),
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

/// Whether this machine's kernel has what a document needs, and the document may have it.
pub(super) fn can_run(document: &Document, allow_uplink: bool) -> Result<(), String> {
    let problems = lacking_where(document, allow_uplink).map_err(|error| error.to_string())?;
    match problems.is_empty() {
        true => Ok(()),
        false => {
            // Two parameters may need the same.
            let mut problems: Vec<_> = problems.iter().map(ToString::to_string).collect();
            problems.dedup();
            Err(problems.join("\n"))
        }
    }
}

/// The command with this process's own surroundings.
pub(super) fn command(namespace: NamespaceId, argv: &[OsString]) -> ExecCommand {
    let directory = std::env::current_dir().map(PathBuf::into_os_string);
    ExecCommand {
        namespace,
        argv: argv.to_vec(),
        environment: std::env::vars_os().collect(),
        directory: directory.unwrap_or_else(|_| "/".into()),
        stdio: Stdio::Inherit,
    }
}

async fn run(document: Document, command: ExecCommand, allow_uplink: bool) -> Result<u8, String> {
    let fail = |error: std::io::Error| format!("could not listen for signals: {error}");
    let signals = Signals::take().map_err(fail)?;
    let mut hangup = signal(SignalKind::hangup()).map_err(fail)?;
    let title = if document.title.is_empty() {
        "lab"
    } else {
        &document.title
    };
    let program = Path::new("/proc/self/exe");
    // Whoever does not need it does not have it: one process less.
    let uplink = allow_uplink && document.has_uplink();
    let (agent, mut events) = Agent::spawn(program, title, Streams::Inherited, uplink)
        .await
        .map_err(text)?;
    let session = async {
        tokio::select! {
            up = bring_up(&agent, document, &mut events) => up?,
            // There is no command yet that could decide.
            signal = signals.next() => return Ok(ended_by(signal.number)),
        }
        run_command(&agent, command, &mut events, &signals).await
    };
    let code = tokio::select! {
        code = session => code,
        _ = hangup.recv() => Ok(ended_by(SIGHUP)),
    };
    agent.shutdown().await;
    code
}

/// SIGHUP (signal(7)).
const SIGHUP: i32 = 1;

/// The exit code of what a signal ended, as a shell gives it.
fn ended_by(signal: i32) -> u8 {
    u8::try_from(128 + signal).unwrap_or(u8::MAX)
}

/// Makes the lab, and waits until its addresses can be used.
pub(super) async fn bring_up(
    agent: &Agent,
    document: Document,
    events: &mut mpsc::Receiver<FromAgent>,
) -> Result<(), String> {
    let apply = Request::Apply {
        document: Box::new(document.clone()),
    };
    done(agent.request(apply).await.map_err(text)?)?;
    let mut observed = Observed::default();
    let ready = async {
        while !ready::is_ready(&document, &observed) {
            match events.recv().await {
                Some(FromAgent::Observed { change }) => observed.apply(change),
                Some(_) => {}
                // The agent has ended: whoever asks it next says how.
                None => break,
            }
        }
    };
    if timeout(READY_TIMEOUT, ready).await.is_err() {
        let addresses = ready::tentative(&document, &observed).into_iter();
        let addresses = addresses
            .map(|(id, address)| format!("{address} of {}", document.describe_interface(id)));
        complain(&format!(
            "going on after {READY_TIMEOUT:?}, though the kernel still makes sure that nobody else has {}",
            addresses.collect::<Vec<_>>().join(", ")
        ));
    }
    Ok(())
}

async fn run_command(
    agent: &Agent,
    command: ExecCommand,
    events: &mut mpsc::Receiver<FromAgent>,
    signals: &Signals,
) -> Result<u8, String> {
    let exec = Request::Exec {
        exec: EXEC,
        command,
    };
    let answer = agent.request(exec).await.map_err(text)?;
    done(answer)?;
    loop {
        let event = tokio::select! {
            event = events.recv() => event,
            received = signals.next() => {
                // What the terminal sends the command gets itself.
                if !received.by_terminal {
                    let signal = received.number;
                    // An agent that has ended is seen by its events.
                    let _ = agent.send(ToAgent::Signal { exec: EXEC, signal }).await;
                }
                continue;
            }
        };
        match event {
            Some(FromAgent::Exited { exec: EXEC, code }) => {
                return Ok(u8::try_from(code).unwrap_or(u8::MAX));
            }
            Some(_) => {}
            None => break,
        }
    }
    let how = agent.end().await;
    Err(format!(
        "the lab's agent ended before the command did: {how}"
    ))
}

fn done(answer: Answer) -> Result<(), String> {
    match answer.done() {
        Ok(()) => Ok(()),
        Err(NotDone::Failed(error)) => Err(error),
        Err(NotDone::NotApplied(failure)) => {
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

pub(super) fn text(error: AgentError) -> String {
    error.to_string()
}
