//! One run of `nft`.

use std::fs::File;
use std::io::{ErrorKind, Read, Seek, Write};
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::resource::{Resource, setrlimit};

use crate::error::{Context, Error, Result};
use crate::exec;
use crate::namespace::Namespace;

/// How long it may take: usually some milliseconds; seconds on a machine that is emulated, and with
/// names of hosts in a text, for whose addresses it asks.
const PATIENCE: Duration = Duration::from_secs(10);
/// How many seconds of a processor it may take.
const PROCESSOR: u64 = 5;
/// How much memory it may take: a short text may stand for very many rules, since definitions may
/// use each other.
const MEMORY: u64 = 512 << 20;
/// How long a listing may be, in bytes.
const MOST_OUTPUT: usize = 4 << 20;
/// How much of what it complains of is read, in bytes.
const MOST_ERRORS: usize = 64 << 10;

/// How to get it.
const INSTALL: &str = "install nftables (Debian, Ubuntu, Fedora: the package nftables)";

/// What came of a run.
pub(super) struct Printed {
    /// Whether it ended well.
    pub(super) ok: bool,
    /// Its standard output.
    pub(super) output: String,
    /// Its standard error.
    pub(super) errors: String,
}

/// Runs it in a namespace and waits for its end.
pub(super) fn run(
    namespace: &Namespace,
    arguments: &[&str],
    input: Option<&str>,
) -> Result<Printed> {
    let object = || format!("nft in {namespace}");
    let input = match input {
        Some(text) => Some(file(text).context("write for", object)?),
        None => None,
    };
    // The child is in the namespace of the thread that starts it.
    namespace.run(|| {
        let child = start(arguments, input);
        let child = child.map_err(|error| match error.kind() {
            ErrorKind::NotFound => Error::new("run", object(), error).advise(INSTALL),
            _ => Error::new("run", object(), error),
        })?;
        finish(child, object)
    })?
}

/// A file in memory: unlike a pipe it never makes the writer wait.
fn file(text: &str) -> std::io::Result<File> {
    let mut file = File::from(memfd_create("nft", MFdFlags::MFD_CLOEXEC)?);
    file.write_all(text.as_bytes())?;
    file.rewind()?;
    Ok(file)
}

fn start(arguments: &[&str], input: Option<File>) -> std::io::Result<Child> {
    let mut command = Command::new("nft");
    command
        .args(arguments)
        .env_clear()
        .env("PATH", exec::search_path())
        .current_dir("/")
        .stdin(input.map_or_else(Stdio::null, Stdio::from))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let limit = || {
        setrlimit(Resource::RLIMIT_AS, MEMORY, MEMORY)?;
        setrlimit(Resource::RLIMIT_CPU, PROCESSOR, PROCESSOR)?;
        Ok(())
    };
    // SAFETY: between fork and exec only system calls are made.
    unsafe { command.pre_exec(limit) };
    command.spawn()
}

/// Reads what it prints until its end, or ends it.
fn finish(mut child: Child, object: impl Fn() -> String) -> Result<Printed> {
    let read = read_all(&mut child, Instant::now() + PATIENCE);
    if read.is_err() {
        // It can only have ended by itself.
        let _ = child.kill();
    }
    let status = child.wait().context("wait for", &object)?;
    let (output, errors) = read.map_err(|why| Error::new("run", object(), why))?;
    Ok(Printed {
        ok: status.success(),
        output: String::from_utf8_lossy(&output).into_owned(),
        errors: match errors.is_empty() && !status.success() {
            // Killed for its memory or time, it says nothing.
            true => format!("nft ended with {status}"),
            false => String::from_utf8_lossy(&errors).into_owned(),
        },
    })
}

fn read_all(child: &mut Child, deadline: Instant) -> Result<(Vec<u8>, Vec<u8>), String> {
    let (mut output, mut errors) = (Vec::new(), Vec::new());
    let mut stdout = child.stdout.take();
    let mut stderr = child.stderr.take();
    while stdout.is_some() || stderr.is_some() {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(format!("it took longer than {PATIENCE:?}"));
        }
        let descriptors = [
            stdout.as_ref().map(AsFd::as_fd),
            stderr.as_ref().map(AsFd::as_fd),
        ];
        let mut polled: Vec<PollFd<'_>> = descriptors
            .into_iter()
            .flatten()
            .map(|fd| PollFd::new(fd, PollFlags::POLLIN))
            .collect();
        let timeout = PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX);
        match poll(&mut polled, timeout) {
            Ok(_) | Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno.desc().to_owned()),
        }
        let ready: Vec<bool> = polled
            .iter()
            .map(|fd| fd.any().unwrap_or_default())
            .collect();
        let mut ready = ready.into_iter();
        let is_out = stdout.is_some() && ready.next() == Some(true);
        let is_err = stderr.is_some() && ready.next() == Some(true);
        if is_out && take(&mut stdout, &mut output)? && output.len() > MOST_OUTPUT {
            return Err(format!("its rules are longer than {MOST_OUTPUT} bytes"));
        }
        if is_err && take(&mut stderr, &mut errors)? {
            errors.truncate(MOST_ERRORS);
        }
    }
    Ok((output, errors))
}

/// Reads once; closes the pipe at its end.
fn take(pipe: &mut Option<impl Read>, into: &mut Vec<u8>) -> Result<bool, String> {
    let Some(open) = pipe else { return Ok(false) };
    let mut buffer = [0; 16 << 10];
    match open.read(&mut buffer) {
        Ok(0) => *pipe = None,
        Ok(count) => into.extend_from_slice(buffer.get(..count).unwrap_or_default()),
        Err(error) if error.kind() == ErrorKind::Interrupted => {}
        Err(error) => return Err(error.to_string()),
    }
    Ok(true)
}
