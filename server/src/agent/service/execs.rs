//! Commands that run in namespaces.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use kernel::engine::Engine;
use kernel::exec::{Child, OwnedWritePty, Spec, Stdio as KernelStdio, TerminalSize, spawn};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use super::{Outbound, failed};
use crate::agent::protocol::{Answer, ExecCommand, ExecId, FromAgent, Stdio, Terminal};
use crate::cli::NOT_RUN;

/// Bytes of output that one message carries at most.
const CHUNK: usize = 32 * 1024;

/// Ctrl-D (termios(3), VEOF).
const END_OF_FILE: &[u8] = &[4];

/// How long a command's output is still read after its end, if something it left behind holds it
/// open: nothing does, as its end kills all of it.
const DRAIN: std::time::Duration = std::time::Duration::from_secs(1);

/// The commands that run.
pub(super) struct Execs {
    engine: Arc<Engine>,
    outbound: Outbound,
    running: Running,
}

type Running = Arc<Mutex<BTreeMap<ExecId, mpsc::UnboundedSender<Control>>>>;

/// What is said to a command while it runs.
enum Control {
    /// Bytes to its standard input; empty closes it.
    Input(Vec<u8>),
    Resize(Terminal),
    Signal(i32),
    Kill,
}

impl Execs {
    pub(super) fn new(engine: Arc<Engine>, outbound: Outbound) -> Self {
        Self {
            engine,
            outbound,
            running: Running::default(),
        }
    }

    pub(super) async fn start(&self, exec: ExecId, command: ExecCommand) -> Answer {
        let Some(namespace) = self.engine.namespace(command.namespace) else {
            return failed(format!(
                "could not run a command: {} is not running",
                command.namespace
            ));
        };
        let Some((program, arguments)) = command.argv.split_first() else {
            return failed("could not run a command: none was given");
        };
        let spec = Spec {
            program: program.clone(),
            arguments: arguments.to_vec(),
            environment: command.environment,
            directory: Some(command.directory.into()),
            stdio: match command.stdio {
                Stdio::Inherit => KernelStdio::Inherit,
                Stdio::Piped => KernelStdio::Piped,
                Stdio::Terminal(Terminal { rows, columns }) => {
                    KernelStdio::Terminal { rows, columns }
                }
            },
        };
        let child = match spawn(&namespace, &spec).await {
            Ok(child) => child,
            Err(error) => return failed(error),
        };
        #[expect(
            clippy::disallowed_methods,
            reason = "bounded by the asker, who keeps within INPUT_WINDOW"
        )]
        let (sender, control) = mpsc::unbounded_channel();
        lock(&self.running).insert(exec, sender);
        let running = Arc::clone(&self.running);
        let outbound = self.outbound.clone();
        tokio::spawn(async move {
            let code = attend(exec, child, control, &outbound).await;
            lock(&running).remove(&exec);
            // The web process has gone if nobody takes it.
            let _ = outbound.send(FromAgent::Exited { exec, code }).await;
        });
        Answer::Done
    }

    pub(super) fn input(&self, exec: ExecId, bytes: Vec<u8>) {
        self.tell(exec, Control::Input(bytes));
    }

    pub(super) fn resize(&self, exec: ExecId, terminal: Terminal) {
        self.tell(exec, Control::Resize(terminal));
    }

    pub(super) fn signal(&self, exec: ExecId, signal: i32) {
        self.tell(exec, Control::Signal(signal));
    }

    pub(super) fn kill(&self, exec: ExecId) {
        self.tell(exec, Control::Kill);
    }

    fn tell(&self, exec: ExecId, control: Control) {
        if let Some(sender) = lock(&self.running).get(&exec) {
            // It may have ended meanwhile.
            let _ = sender.send(control);
        }
    }
}

fn lock(
    running: &Running,
) -> std::sync::MutexGuard<'_, BTreeMap<ExecId, mpsc::UnboundedSender<Control>>> {
    running.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Serves a command until its end; returns its exit code.
async fn attend(
    exec: ExecId,
    mut child: Child,
    mut control: mpsc::UnboundedReceiver<Control>,
    outbound: &Outbound,
) -> i32 {
    let mut readers = JoinSet::new();
    if let Some(stdout) = child.stdout.take() {
        readers.spawn(forward(exec, false, stdout, outbound.clone()));
    }
    if let Some(stderr) = child.stderr.take() {
        readers.spawn(forward(exec, true, stderr, outbound.clone()));
    }
    #[expect(
        clippy::disallowed_methods,
        reason = "bounded by the asker, who keeps within INPUT_WINDOW"
    )]
    let (to_input, input) = mpsc::unbounded_channel();
    let (to_size, sizes) = watch::channel(None);
    if let Some(stdin) = child.stdin.take() {
        tokio::spawn(feed(exec, stdin, input, outbound.clone()));
    } else if let Some(terminal) = child.terminal.take() {
        let (read, write) = terminal.into_split();
        readers.spawn(forward(exec, false, read, outbound.clone()));
        tokio::spawn(type_in(exec, write, input, sizes, outbound.clone()));
    }
    let code = loop {
        tokio::select! {
            code = child.wait() => break code,
            said = control.recv() => match said {
                // These fail only when the command has closed its input, which is its business.
                Some(Control::Input(bytes)) => drop(to_input.send(bytes)),
                Some(Control::Resize(terminal)) => drop(to_size.send_replace(Some(terminal))),
                Some(Control::Signal(signal)) => {
                    if let Err(error) = child.signal(signal) {
                        tracing::warn!("{error}");
                    }
                }
                Some(Control::Kill) | None => {
                    if let Err(error) = child.kill() {
                        tracing::warn!("{error}");
                    }
                    break child.wait().await;
                }
            },
        }
    };
    let drained = async { while readers.join_next().await.is_some() {} };
    // What is still unread after that is held by something that is not of the command.
    let _ = tokio::time::timeout(DRAIN, drained).await;
    code.unwrap_or_else(|error| {
        tracing::warn!("{error}");
        i32::from(NOT_RUN)
    })
}

/// Tells what a command writes, until it closes the stream.
async fn forward(
    exec: ExecId,
    is_error: bool,
    mut stream: impl AsyncRead + Unpin,
    outbound: Outbound,
) {
    let mut chunk = vec![0; CHUNK];
    // A terminal that all have closed fails with EIO: the end, like no more bytes.
    while let Ok(count @ 1..) = stream.read(&mut chunk).await {
        let bytes = chunk.get(..count).unwrap_or_default().to_vec();
        let output = FromAgent::Output {
            exec,
            is_error,
            bytes,
        };
        if outbound.send(output).await.is_err() {
            return;
        }
    }
}

/// Writes to a command's standard input, and closes it at the first empty piece.
async fn feed(
    exec: ExecId,
    mut stdin: impl AsyncWrite + Unpin,
    mut input: mpsc::UnboundedReceiver<Vec<u8>>,
    outbound: Outbound,
) {
    while let Some(bytes) = input.recv().await {
        if bytes.is_empty() || stdin.write_all(&bytes).await.is_err() {
            break;
        }
        taken(exec, &bytes, &outbound).await;
    }
    drop(stdin);
    // A command that reads no more takes all there is, so that nobody waits for it.
    while let Some(bytes) = input.recv().await {
        taken(exec, &bytes, &outbound).await;
    }
}

/// Types into a command's terminal; an empty piece is the end-of-file key.
async fn type_in(
    exec: ExecId,
    mut terminal: OwnedWritePty,
    mut input: mpsc::UnboundedReceiver<Vec<u8>>,
    mut sizes: watch::Receiver<Option<Terminal>>,
    outbound: Outbound,
) {
    loop {
        tokio::select! {
            bytes = input.recv() => {
                let Some(bytes) = bytes else { return };
                let keys = if bytes.is_empty() { END_OF_FILE } else { &bytes };
                if terminal.write_all(keys).await.is_err() {
                    return;
                }
                taken(exec, &bytes, &outbound).await;
            }
            changed = sizes.changed() => {
                if changed.is_err() {
                    return;
                }
                let Some(Terminal { rows, columns }) = *sizes.borrow_and_update() else {
                    continue;
                };
                if let Err(error) = terminal.resize(TerminalSize::new(rows, columns)) {
                    tracing::debug!("resizing a terminal: {error}");
                }
            }
        }
    }
}

async fn taken(exec: ExecId, bytes: &[u8], outbound: &Outbound) {
    let bytes = bytes.len() as u64;
    // The web process has gone if nobody takes it.
    let _ = outbound.send(FromAgent::InputTaken { exec, bytes }).await;
}
