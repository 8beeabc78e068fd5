//! The socket of `netyard exec`, served on the local socket only: a command's streams.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{Message, WebSocket};
use axum::extract::{Path, State};
use axum::response::Response;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout};

use super::AppState;
use super::error::{Refusal, Upgrade};
use crate::agent::client::Agent;
use crate::agent::protocol::{ExecId, ToAgent};
use crate::exec_protocol::{ExecControl, ExecEnd, ExecStart, STDERR, STDOUT};
use crate::labs::handle::{ExecEvent, LabHandle, RunningExec};
use crate::labs::yard::YardError;

/// How long the one who asked may take to say what to run.
const START_TIMEOUT: Duration = Duration::from_secs(10);

/// How long the last message may take.
const END_TIMEOUT: Duration = Duration::from_secs(5);

/// Between two pings: a command that neither reads nor writes is ended soon after the one who asked
/// has gone.
const PING_INTERVAL: Duration = Duration::from_secs(5);

/// Bytes of input in one message to the agent.
const CHUNK: usize = 64 << 10;

type Sink = SplitSink<WebSocket, Message>;
type Stream = SplitStream<WebSocket>;

pub(super) async fn exec(
    State(state): State<AppState>,
    Path(lab): Path<String>,
    upgrade: Upgrade,
) -> Result<Response, Refusal> {
    let upgrade = upgrade?;
    let place = state.sockets.place()?;
    Ok(upgrade.on_upgrade(async move |socket| {
        serve(socket, &state, &lab).await;
        drop(place);
    }))
}

async fn serve(socket: WebSocket, state: &AppState, lab: &str) {
    let (mut sink, mut stream) = socket.split();
    let end = match run(state, lab, &mut sink, &mut stream).await {
        Ok(Some(end)) | Err(end) => end,
        Ok(None) => return,
    };
    // Whoever has gone does not hear how it ended.
    let _ = timeout(END_TIMEOUT, finish(sink, stream, &end)).await;
}

/// Runs a command to its end, or says why not; nothing if the one who asked has gone.
async fn run(
    state: &AppState,
    lab: &str,
    sink: &mut Sink,
    stream: &mut Stream,
) -> Result<Option<ExecEnd>, ExecEnd> {
    let failed = |error: &dyn std::fmt::Display| ExecEnd::Error(error.to_string());
    let first = timeout(START_TIMEOUT, stream.next()).await;
    let first = first.map_err(|_| failed(&"nobody said what to run"))?;
    let Some(Ok(Message::Text(text))) = first else {
        return Ok(None);
    };
    let start: ExecStart = serde_json::from_str(&text)
        .map_err(|error| failed(&format!("what to run was not understood: {error}")))?;
    let id = state.yard.find(lab).await.map_err(|error| match error {
        YardError::NoSuchLab(_) | YardError::Ambiguous { .. } => {
            ExecEnd::WrongUse(error.to_string())
        }
        error => failed(&error),
    })?;
    let handle = state.yard.open(&id).await.map_err(|error| failed(&error))?;
    let mut running = handle.exec(start).await.map_err(|error| failed(&error))??;
    let (agent, exec) = (running.agent.clone(), running.exec);
    let window = Arc::clone(&running.window);
    let ended = tokio::select! {
        end = write(&mut running, sink) => end,
        error = read(&agent, exec, stream, &window) => error.map(Err),
    };
    leave(&handle, exec, &ended).await;
    ended.transpose().map_err(ExecEnd::Error)
}

/// A command that has not ended by itself is ended, for nobody listens to it any more.
async fn leave(lab: &LabHandle, exec: ExecId, ended: &Option<Result<ExecEnd, String>>) {
    if !matches!(ended, Some(Ok(ExecEnd::Exited(_)))) {
        lab.exec_gone(exec).await;
    }
}

/// Sends what the command writes, until it ends; nothing if nobody listens.
async fn write(running: &mut RunningExec, sink: &mut Sink) -> Option<Result<ExecEnd, String>> {
    let mut ping = tokio::time::interval_at(Instant::now() + PING_INTERVAL, PING_INTERVAL);
    loop {
        let event = tokio::select! {
            event = running.events.next() => event,
            _ = ping.tick() => match sink.send(Message::Ping(Default::default())).await {
                Ok(()) => continue,
                Err(_) => return None,
            },
        };
        match event {
            Some(ExecEvent::Output { is_error, bytes }) => {
                let mut frame = Vec::with_capacity(bytes.len() + 1);
                frame.push(if is_error { STDERR } else { STDOUT });
                frame.extend_from_slice(&bytes);
                if sink.send(Message::Binary(frame.into())).await.is_err() {
                    return None;
                }
            }
            Some(ExecEvent::Exited(code)) => return Some(Ok(ExecEnd::Exited(code))),
            Some(ExecEvent::Failed(error)) => return Some(Err(error)),
            None => {
                let error = "the command was ended: its output was not read fast enough";
                return Some(Err(error.to_owned()));
            }
        }
    }
}

/// Passes on input and sizes. Returns when the other end has gone, or with what it did wrong.
async fn read(
    agent: &Agent,
    exec: ExecId,
    stream: &mut Stream,
    window: &Semaphore,
) -> Option<String> {
    loop {
        let message = match stream.next().await? {
            Ok(Message::Binary(bytes)) => {
                if !input(agent, exec, &bytes, window).await {
                    // The lab says how it ended.
                    return std::future::pending().await;
                }
                continue;
            }
            Ok(Message::Text(text)) => match serde_json::from_str(&text) {
                Ok(ExecControl::Resize(terminal)) => ToAgent::Resize { exec, terminal },
                Err(error) => {
                    return Some(format!("a control message was not understood: {error}"));
                }
            },
            Ok(Message::Ping(_) | Message::Pong(_)) => continue,
            Ok(Message::Close(_)) | Err(_) => return None,
        };
        if agent.send(message).await.is_err() {
            // The lab says how it ended.
            return std::future::pending().await;
        }
    }
}

/// Passes on input as the command takes it; says whether the agent is there.
async fn input(agent: &Agent, exec: ExecId, bytes: &[u8], window: &Semaphore) -> bool {
    // An empty message closes the input: it is passed on as it is.
    let chunks = bytes.chunks(CHUNK).chain(bytes.is_empty().then_some(bytes));
    for chunk in chunks {
        match window.acquire_many(chunk.len() as u32).await {
            Ok(taken) => taken.forget(),
            Err(_) => return false,
        }
        if agent
            .send(ToAgent::Input {
                exec,
                bytes: chunk.to_vec(),
            })
            .await
            .is_err()
        {
            return false;
        }
    }
    true
}

async fn finish(mut sink: Sink, mut stream: Stream, end: &ExecEnd) {
    let Ok(text) = serde_json::to_string(end) else {
        return;
    };
    if sink.send(Message::Text(text.into())).await.is_ok()
        && sink.send(Message::Close(None)).await.is_ok()
    {
        while let Some(Ok(_)) = stream.next().await {}
    }
}
