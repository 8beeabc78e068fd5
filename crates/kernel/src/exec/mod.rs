//! Running a command inside a namespace of the lab.
//!
//! The kernel lets only a process with one thread change its user namespace,
//! and the agent has many. So the agent starts its own program again, as
//! [`node_init_main`], which is in that state and then makes the command's
//! surroundings: the namespace's user and network namespaces, and fresh pid,
//! mount, IPC and host name namespaces. Programs of `red` see the processes,
//! the `/proc`, the `/sys` and the host name of `red`; those of `host` are
//! root of the lab itself and share the names of `ip netns` with the agent.
//!
//! Three processes come of it: *outer*, the agent's child, waits for *init*,
//! pid 1 of the new pid namespace, which reaps and waits for the *command*.
//! When the command ends, so does init, and the kernel kills whatever the
//! command has left running. When outer is killed, init dies with it. When
//! the agent dies, so does the lab; the agent's children ask for no death
//! signal, since the kernel would send it at the end of the *thread* that
//! started them.

mod environment;
mod filter;
mod node_init;
mod relay;

use std::ffi::OsString;
use std::fmt;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio as Stream};

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::unistd::pipe2;
use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe::Receiver;
use tokio::process::{ChildStderr, ChildStdin, ChildStdout};

use crate::descriptors::inherit;
use crate::error::{Context, Error, Result};
use crate::namespace::Namespace;

pub(crate) use environment::search_path;
pub use node_init::node_init_main;

/// The hidden subcommand under which the program's `main` must call
/// [`node_init_main`] with the arguments that follow it.
pub const SUBCOMMAND: &str = "node-init";

/// The longest message that is read of a failed start, in bytes.
const LONGEST_MESSAGE: u64 = 4096;

/// A command to run.
#[derive(Debug, Clone, Default)]
pub struct Spec {
    /// The program: a path, or a name that is looked up in `PATH`.
    pub program: OsString,
    /// Its arguments, without its own name.
    pub arguments: Vec<OsString>,
    /// Environment variables, beyond and before the few that every command
    /// gets (`PATH`, `HOME`, `USER`, `TERM`, the locale).
    pub environment: Vec<(OsString, OsString)>,
    /// Where it starts; `/` if that does not exist in the lab.
    pub directory: Option<PathBuf>,
    /// Where its standard streams lead.
    pub stdio: Stdio,
}

/// Where a command's standard streams lead.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Stdio {
    /// To those of the agent.
    #[default]
    Inherit,
    /// To three pipes: [`Child::stdin`], [`Child::stdout`], [`Child::stderr`].
    Piped,
    /// To a new terminal, which the command controls: [`Child::terminal`].
    Terminal {
        /// Lines of text.
        rows: u16,
        /// Characters in a line.
        columns: u16,
    },
}

/// A terminal's master side: what is written is typed, what is read is shown.
/// Reading fails with `EIO` when all who had the terminal open have gone.
pub use pty_process::Pty as Terminal;
/// The size of a [`Terminal`], for its `resize`.
pub use pty_process::Size as TerminalSize;
/// The two halves of a [`Terminal`], for tasks of their own.
pub use pty_process::{OwnedReadPty, OwnedWritePty};

/// A command that runs. Dropping it kills the command and all it has started.
pub struct Child {
    /// Its standard input, if [`Stdio::Piped`].
    pub stdin: Option<ChildStdin>,
    /// Its standard output, if [`Stdio::Piped`].
    pub stdout: Option<ChildStdout>,
    /// Its standard error, if [`Stdio::Piped`].
    pub stderr: Option<ChildStderr>,
    /// Its terminal, if [`Stdio::Terminal`].
    pub terminal: Option<Terminal>,
    /// Always there until dropped.
    outer: Option<tokio::process::Child>,
}

impl Child {
    /// Waits for the command's end. Returns its exit code, as a shell gives
    /// it: 128 + N when signal N killed it, 127 when there was no such
    /// command, 126 when it could not be executed (and then it has said so on
    /// its standard error). May be called again.
    ///
    /// # Errors
    /// If waiting itself fails.
    pub async fn wait(&mut self) -> Result<i32> {
        let object = || "a command";
        match &mut self.outer {
            Some(outer) => outer.wait().await.map(code).context("wait for", object),
            None => Err(Error::new("wait for", object(), Errno::ECHILD)),
        }
    }

    /// Sends the command SIGHUP, SIGINT, SIGQUIT or SIGTERM, as if by kill(2) to it alone.
    ///
    /// # Errors
    /// If it is another signal, or the kernel refuses. A command that has ended
    /// is no error.
    pub fn signal(&mut self, signal: i32) -> Result<()> {
        let object = || "a command";
        let carrier = relay::carrier(signal)
            .ok_or_else(|| Error::new("send a signal to", object(), Errno::EINVAL))?;
        let Some(outer) = &mut self.outer else {
            return Ok(());
        };
        // Not waited for yet, so that the number is still its own.
        let running = matches!(outer.try_wait(), Ok(None));
        let Some(pid) = outer.id().filter(|_| running) else {
            return Ok(());
        };
        // SAFETY: no memory is touched.
        let sent = unsafe { libc::kill(pid.cast_signed(), carrier) };
        Errno::result(sent)
            .map(drop)
            .context("send a signal to", object)
    }

    /// Kills the command and all it has started, by SIGKILL. Does not wait.
    ///
    /// # Errors
    /// If the kernel refuses. A command that has ended is no error.
    pub fn kill(&mut self) -> Result<()> {
        if let Some(outer) = &mut self.outer
            && matches!(outer.try_wait(), Ok(None))
        {
            outer.start_kill().context("kill", || "a command")?;
        }
        Ok(())
    }
}

impl Drop for Child {
    /// Kills it, and leaves a task behind that reaps it: the runtime itself
    /// does so only when another child ends.
    fn drop(&mut self) {
        let Some(mut outer) = self.outer.take() else {
            return;
        };
        let running = matches!(outer.try_wait(), Ok(None)) && outer.start_kill().is_ok();
        if running && let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move { outer.wait().await });
        }
    }
}

impl fmt::Debug for Child {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Child").field(&self.outer).finish()
    }
}

/// Starts `spec` in `namespace`. When it returns, the command itself runs, or
/// has failed to be found or executed: then [`Child::wait`] says 127 or 126.
///
/// Call it in a runtime with I/O enabled.
///
/// # Errors
/// If the command's surroundings could not be made: the error says which
/// part the kernel refused. Nothing is left running then.
pub async fn spawn(namespace: &Namespace, spec: &Spec) -> Result<Child> {
    let object = || format!("{} in {namespace}", spec.program.display());
    let (report, status) = pipe2(OFlag::O_CLOEXEC).context("run", object)?;
    let (command, terminal) = command(namespace, spec, status)?;
    let mut outer = tokio::process::Command::from(command)
        .kill_on_drop(true)
        .spawn()
        .context("run", object)?;
    // `command` is gone: the only write end left is that of the new process.
    let mut message = String::new();
    Receiver::from_owned_fd(report)
        .context("run", object)?
        .take(LONGEST_MESSAGE)
        .read_to_string(&mut message)
        .await
        .context("run", object)?;
    if !message.is_empty() {
        let _ = outer.wait().await;
        return Err(Error::new("run", object(), message));
    }
    Ok(Child {
        stdin: outer.stdin.take(),
        stdout: outer.stdout.take(),
        stderr: outer.stderr.take(),
        terminal,
        outer: Some(outer),
    })
}

/// `node-init` with all that it needs to make the surroundings of `spec`.
fn command(
    namespace: &Namespace,
    spec: &Spec,
    status: OwnedFd,
) -> Result<(Command, Option<Terminal>)> {
    let mut command = Command::new("/proc/self/exe");
    command.arg0("netyard-node").arg(SUBCOMMAND);
    let object = || format!("{} in {namespace}", spec.program.display());
    for descriptor in [namespace.user_fd(), Some(namespace.net_fd())] {
        match descriptor {
            Some(descriptor) => {
                let own = descriptor.try_clone_to_owned().context("run", object)?;
                let number = inherit(&mut command, own);
                command.arg(number.to_string());
            }
            None => {
                command.arg(node_init::NO_DESCRIPTOR);
            }
        }
    }
    let number = inherit(&mut command, status);
    command.arg(number.to_string());
    let terminal = connect(&mut command, spec.stdio).context("open", || "a terminal")?;
    command
        .arg(if terminal.is_some() {
            node_init::TERMINAL
        } else {
            node_init::PLAIN
        })
        .arg(namespace.name())
        .arg(spec.directory.as_deref().unwrap_or("/".as_ref()))
        .arg(&spec.program)
        .args(&spec.arguments)
        .env_clear()
        .envs(environment::of(spec));
    Ok((command, terminal))
}

fn connect(command: &mut Command, stdio: Stdio) -> std::io::Result<Option<Terminal>> {
    match stdio {
        Stdio::Inherit => Ok(None),
        Stdio::Piped => {
            command
                .stdin(Stream::piped())
                .stdout(Stream::piped())
                .stderr(Stream::piped());
            Ok(None)
        }
        Stdio::Terminal { rows, columns } => {
            let (terminal, end) = pty_process::open().map_err(plain)?;
            terminal
                .resize(TerminalSize::new(rows, columns))
                .map_err(plain)?;
            let end = || end.as_fd().try_clone_to_owned();
            command.stdin(end()?).stdout(end()?).stderr(end()?);
            Ok(Some(terminal))
        }
    }
}

fn plain(error: pty_process::Error) -> std::io::Error {
    match error {
        pty_process::Error::Io(error) => error,
        pty_process::Error::Rustix(errno) => errno.into(),
        other => std::io::Error::other(other),
    }
}

fn code(status: ExitStatus) -> i32 {
    match (status.code(), status.signal()) {
        (Some(code), _) => code,
        (None, signal) => 128 + signal.unwrap_or_default(),
    }
}
