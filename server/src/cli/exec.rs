//! `netyard exec LAB NAMESPACE -- COMMAND…`.

use std::ffi::OsString;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use futures_util::stream::SplitSink;
use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::signal::unix::{SignalKind, signal};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{WebSocketStream, client_async};
use topology::NamespaceId;

use super::{NOT_RUN, WRONG_USE, complain, run};
use crate::data_dir::{LocalSocket, default_path};
use crate::exec_protocol::{ExecControl, ExecEnd, ExecStart, STDERR, STDOUT, path};

mod terminal;

/// What `netyard exec` takes.
#[derive(clap::Args, Debug)]
pub(super) struct ExecArguments {
    /// The lab: its id, or its title if only one lab has it.
    lab: String,
    /// The namespace; `host` is the lab's own root namespace.
    namespace: String,
    /// The command and its arguments; no shell reads them.
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<OsString>,
    /// Where the yard keeps its labs, if it was started with `--data`.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

type Socket = WebSocketStream<UnixStream>;

/// Bytes that are read from standard input at once.
const CHUNK: usize = 16 * 1024;

pub(super) fn main(arguments: ExecArguments) -> ExitCode {
    let start = start(&arguments);
    // A read from a terminal cannot be cancelled: the runtime must not wait for it.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let outcome = match runtime {
        Ok(runtime) => {
            let outcome = runtime.block_on(exec(&arguments, &start));
            runtime.shutdown_background();
            outcome
        }
        Err(error) => Err(format!("could not start: {error}").into()),
    };
    match outcome {
        Ok(code) => ExitCode::from(u8::try_from(code).unwrap_or(u8::MAX)),
        Err(Failure { code, error }) => {
            complain(&error);
            ExitCode::from(code)
        }
    }
}

/// Why there is no exit code of the command's, and the one to end with instead.
struct Failure {
    code: u8,
    error: String,
}

impl From<String> for Failure {
    fn from(error: String) -> Self {
        Self {
            code: NOT_RUN,
            error,
        }
    }
}

fn start(arguments: &ExecArguments) -> ExecStart {
    let command = run::command(NamespaceId::HOST, &arguments.command);
    let environment = command.environment.into_iter();
    let interactive = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    ExecStart {
        namespace: arguments.namespace.clone(),
        argv: command.argv.into_iter().map(Into::into).collect(),
        environment: environment
            .map(|(name, value)| (name.into(), value.into()))
            .collect(),
        directory: command.directory.into(),
        terminal: interactive.then(terminal::size),
    }
}

async fn exec(arguments: &ExecArguments, start: &ExecStart) -> Result<i32, Failure> {
    let mut socket = connect(arguments).await?;
    let text = serde_json::to_string(start).map_err(|error| error.to_string())?;
    socket
        .send(Message::text(text))
        .await
        .map_err(|error| lost(&error))?;
    // From here on keys go to the command, the interrupt key too; put back when dropped.
    let _raw = match start.terminal {
        Some(_) => Some(terminal::Raw::enter()?),
        None => None,
    };
    let (to_yard, mut from_yard) = socket.split();
    // Both ways at once: a command that writes while it is written to must not wait for itself.
    let input = tokio::spawn(send_input(to_yard, start.terminal.is_some()));
    let code = loop {
        match from_yard.next().await {
            Some(Ok(Message::Binary(bytes))) => write(&bytes).await?,
            Some(Ok(Message::Text(text))) => break end(&text),
            Some(Ok(Message::Close(_))) | None => {
                let error = "the yard ended the connection before the command did";
                break Err(error.to_owned().into());
            }
            Some(Ok(_)) => {}
            Some(Err(error)) => break Err(lost(&error).into()),
        }
    };
    input.abort();
    code
}

/// Sends what is typed or piped in, and the terminal's size when it changes, until the command has
/// ended or takes no more: then its end is on its way to us.
async fn send_input(mut to_yard: SplitSink<Socket, Message>, has_terminal: bool) {
    let mut input = tokio::io::stdin();
    let mut chunk = vec![0; CHUNK];
    let mut input_open = true;
    // Without it the command's terminal keeps the size that it started with.
    let Ok(mut resized) = signal(SignalKind::window_change()) else {
        return;
    };
    loop {
        let message = tokio::select! {
            read = input.read(&mut chunk), if input_open => {
                // A standard input that cannot be read is one that has ended.
                let count = read.unwrap_or_default();
                input_open = count > 0;
                Message::binary(chunk.get(..count).unwrap_or_default().to_vec())
            }
            _ = resized.recv(), if has_terminal => {
                match serde_json::to_string(&ExecControl::Resize(terminal::size())) {
                    Ok(text) => Message::text(text),
                    Err(_) => continue,
                }
            }
            else => return,
        };
        if to_yard.send(message).await.is_err() {
            return;
        }
    }
}

async fn connect(arguments: &ExecArguments) -> Result<Socket, String> {
    let folder = match &arguments.data {
        Some(folder) => folder.clone(),
        None => default_path().map_err(|error| error.to_string())?,
    };
    let no_yard = |error: &dyn std::fmt::Display| {
        let folder = folder.display();
        format!("no yard serves the labs in {folder}: {error}. Start one with `netyard serve`")
    };
    let folder_path: &Path = &folder;
    let local = LocalSocket::of(folder_path).map_err(|error| no_yard(&error))?;
    let stream = UnixStream::connect(local.address())
        .await
        .map_err(|error| no_yard(&error))?;
    let url = format!("ws://localhost{}", path(&arguments.lab));
    match client_async(url, stream).await {
        Ok((socket, _)) => Ok(socket),
        Err(tokio_tungstenite::tungstenite::Error::Http(response)) => {
            let body = response.body().as_deref().unwrap_or_default();
            let said = serde_json::from_slice::<protocol::lab::HttpError>(body);
            Err(said.map_or_else(
                |_| format!("the yard refused: {}", response.status()),
                |e| e.error,
            ))
        }
        Err(error) => Err(format!("could not talk to the yard: {error}")),
    }
}

/// Writes what the command wrote where it wrote it.
async fn write(frame: &[u8]) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("could not write the command's output: {error}");
    match frame.split_first() {
        Some((&STDOUT, bytes)) => {
            let mut out = tokio::io::stdout();
            out.write_all(bytes).await.map_err(failed)?;
            out.flush().await.map_err(failed)
        }
        Some((&STDERR, bytes)) => {
            let mut out = tokio::io::stderr();
            out.write_all(bytes).await.map_err(failed)?;
            out.flush().await.map_err(failed)
        }
        _ => Err("the yard said something that this version does not understand".to_owned()),
    }
}

fn end(text: &str) -> Result<i32, Failure> {
    match serde_json::from_str(text) {
        Ok(ExecEnd::Exited(code)) => Ok(code),
        Ok(ExecEnd::Error(error)) => Err(error.into()),
        Ok(ExecEnd::WrongUse(error)) => Err(Failure {
            code: WRONG_USE,
            error,
        }),
        Err(error) => {
            let what = "the yard said something that this version does not understand";
            Err(format!("{what}: {error}").into())
        }
    }
}

fn lost(error: &tokio_tungstenite::tungstenite::Error) -> String {
    format!("the connection to the yard was lost: {error}")
}
