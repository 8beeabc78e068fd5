//! The process outside that leads a lab's host namespace to the world.
//!
//! Init starts it before it leaves the machine's network and mounts, and after
//! it has become pid 1 of the lab: so it has the machine's network, the lab's
//! capabilities, and no life of its own. It is in the lab's pid namespace, and
//! whatever it starts is, too: when init ends, by SIGKILL too, the kernel ends
//! them all. Only a lab that may have an uplink has this process.
//!
//! The agent asks it over a socket, one byte a request; it answers with one
//! line: empty if it is done, else what went wrong.

use std::fs;
use std::io::{Read, Write};
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::net::UnixStream;
use std::sync::Mutex;
use std::time::Duration;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::prctl;
use nix::unistd::{ForkResult, fork};

use super::keeper::{close_all_but, detach_standard_streams, exit, ignore_keyboard};
use super::pasta::Pasta;
use crate::error::{Context, Error, Result};

const ON: u8 = b'1';
const OFF: u8 = b'0';

/// The longest answer that is taken, in bytes.
const LONGEST: u64 = 4096;
/// How long an answer may take: more than [`super::pasta`] waits for anything.
const TIMEOUT: Duration = Duration::from_secs(20);

/// The agent's end.
#[derive(Debug)]
pub(crate) struct Uplink(Mutex<UnixStream>);

/// Starts the process. Call it in init, while that has the machine's network
/// and /proc.
pub(super) fn start() -> Result<Uplink> {
    let object = || "the way out of the lab";
    let (ours, theirs) = UnixStream::pair().context("open", object)?;
    ours.set_read_timeout(Some(TIMEOUT))
        .context("open", object)?;
    // As this /proc calls init; inside, all call it 1.
    let init = fs::read_link("/proc/self").context("read", || "/proc/self")?;
    let lab = format!("/proc/{}", init.display());
    // SAFETY: this process has one thread, so the child may do anything.
    match unsafe { fork() }.context("fork", object)? {
        ForkResult::Parent { .. } => Ok(Uplink(Mutex::new(ours))),
        ForkResult::Child => {
            drop(ours);
            let _ = prctl::set_name(c"lab-uplink");
            ignore_keyboard();
            detach_standard_streams();
            close_all_but(&[theirs.as_raw_fd()]);
            serve(theirs, &lab)
        }
    }
}

impl Uplink {
    /// Gives the lab its uplink, or takes it away, and waits until that is done.
    ///
    /// # Errors
    /// If it cannot be: with what `pasta` said.
    pub(crate) fn set(&self, on: bool) -> Result<()> {
        let operation = if on { "start" } else { "stop" };
        let object = || "the uplink of the lab";
        let mut stream = self
            .0
            .lock()
            .map_err(|_| Error::new(operation, object(), "a request before it has failed"))?;
        stream
            .write_all(&[if on { ON } else { OFF }])
            .context(operation, object)?;
        let mut answer = Vec::new();
        let mut byte = [0];
        loop {
            stream.read_exact(&mut byte).context(operation, object)?;
            if byte == *b"\n" {
                break;
            }
            if (answer.len() as u64) < LONGEST {
                answer.extend(byte);
            }
        }
        if answer.is_empty() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&answer).into_owned();
        Err(Error::new(operation, object(), said))
    }
}

/// Does what the agent asks, until it is gone.
fn serve(mut agent: UnixStream, lab: &str) -> ! {
    let mut running: Option<Pasta> = None;
    loop {
        if !is_asked(&agent, running.as_mut()) {
            // One of the two has ended: the other is of no use, and its interface goes with it,
            // which the engine sees.
            running = None;
            continue;
        }
        let mut request = [0];
        if agent.read_exact(&mut request).is_err() {
            drop(running);
            exit(0);
        }
        running = None;
        let done = match request {
            [ON] => Pasta::start(lab).map(|pasta| running = Some(pasta)),
            _ => Ok(()),
        };
        let answer = done.err().unwrap_or_default().replace('\n', "; ") + "\n";
        if agent.write_all(answer.as_bytes()).is_err() {
            drop(running);
            exit(0);
        }
    }
}

/// Waits for a request; false if what runs has ended before.
fn is_asked(agent: &UnixStream, mut running: Option<&mut Pasta>) -> bool {
    loop {
        let mut events = vec![PollFd::new(agent.as_fd(), PollFlags::POLLIN)];
        let of_pasta = running.iter().flat_map(|pasta| pasta.events());
        events.extend(of_pasta.map(|fd| PollFd::new(fd, PollFlags::POLLIN)));
        match poll(&mut events, PollTimeout::NONE) {
            Ok(_) => {}
            Err(Errno::EINTR) => continue,
            Err(_) => return true,
        }
        if events.first().and_then(PollFd::any) == Some(true) {
            return true;
        }
        // What they say is taken, so that they never wait for it.
        if let Some(pasta) = running.as_deref_mut()
            && !pasta.goes_on()
        {
            return false;
        }
    }
}
