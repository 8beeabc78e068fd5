//! The keeper and init: who dies with whom.

use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};

use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::prctl;
use nix::sys::signal::{SigHandler, Signal, signal};
use nix::sys::stat::Mode;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, dup2_stderr, dup2_stdin, dup2_stdout, fork, getpid};

use crate::error::{Context, Error, Result};
use crate::sys;

/// Signals a terminal sends to everyone in it. The starter decides what they
/// mean for the lab, and a command in the lab gets them itself.
const KEYBOARD: [Signal; 6] = [
    Signal::SIGINT,
    Signal::SIGQUIT,
    Signal::SIGHUP,
    Signal::SIGTSTP,
    Signal::SIGTTIN,
    Signal::SIGTTOU,
];

/// What the keeper ends with when the lifeline was cut: as if by SIGKILL.
const LIFELINE_CUT: i32 = 128 + libc::SIGKILL;

/// Forks: the parent becomes the keeper and never returns; the child, pid 1
/// of the new pid namespace, does.
pub(super) fn split(lifeline: OwnedFd) -> Result<()> {
    let keeper = sys::pidfd_open(getpid()).context("watch", || "the keeper")?;
    // SAFETY: this process has one thread, so the child may do anything.
    match unsafe { fork() }.context("fork", || "the keeper")? {
        ForkResult::Parent { child } => keep(lifeline, child),
        ForkResult::Child => {
            drop(lifeline);
            die_with(&keeper)
        }
    }
}

/// Asks for SIGKILL when the parent ends, and makes sure that it had not
/// ended before: then nothing would ever come.
pub(crate) fn die_with(parent: &OwnedFd) -> Result<()> {
    prctl::set_pdeathsig(Signal::SIGKILL).context("tie", || "a process to its parent")?;
    if ended(parent)? {
        exit(LIFELINE_CUT);
    }
    Ok(())
}

/// Waits for the end of the lifeline or of init. Holds no other descriptor:
/// one that it had inherited would hide from its other end that all who used
/// it are gone.
fn keep(lifeline: OwnedFd, init: Pid) -> ! {
    let Ok(child) = sys::pidfd_open(init) else {
        exit(LIFELINE_CUT)
    };
    // For those who look at a list of processes.
    let _ = prctl::set_name(c"lab-keeper");
    ignore_keyboard();
    detach_standard_streams();
    close_all_but(&[lifeline.as_raw_fd(), child.as_raw_fd()]);
    let mut events = [
        PollFd::new(lifeline.as_fd(), PollFlags::POLLIN),
        PollFd::new(child.as_fd(), PollFlags::POLLIN),
    ];
    while poll(&mut events, PollTimeout::NONE) == Err(Errno::EINTR) {}
    let [_, child_event] = &events;
    if child_event.any() == Some(true) {
        exit(wait_code(init));
    }
    // Whatever else woke us, the lifeline is not intact. Should the kill
    // fail, our own end does the same by init's death signal.
    let _ = sys::pidfd_kill(child.as_fd());
    wait_code(init);
    exit(LIFELINE_CUT)
}

/// Forks: the parent stays as init, reaps whatever becomes its child, and
/// ends with the agent's exit code; the child, the agent, returns.
pub(super) fn become_init() -> Result<()> {
    ignore_keyboard();
    // SAFETY: this process has one thread, so the child may do anything.
    let agent = match unsafe { fork() }.context("fork", || "init")? {
        ForkResult::Parent { child } => child,
        ForkResult::Child => return Ok(()),
    };
    let _ = prctl::set_name(c"lab-init");
    detach_standard_streams();
    close_all_but(&[]);
    reap_until(agent)
}

/// Waits for every child, own or adopted, until `main` has ended; ends with
/// its exit code.
pub(crate) fn reap_until(main: Pid) -> ! {
    loop {
        match waitpid(None, None) {
            Ok(WaitStatus::Exited(pid, code)) if pid == main => exit(code),
            Ok(WaitStatus::Signaled(pid, signal, _)) if pid == main => exit(128 + signal as i32),
            Ok(_) | Err(Errno::EINTR) => {}
            // No child is left, so somebody else has waited for `main`.
            Err(_) => exit(LIFELINE_CUT),
        }
    }
}

/// Waits for `pid`: its exit code, or 128 and the signal that killed it.
pub(crate) fn wait_code(pid: Pid) -> i32 {
    loop {
        match waitpid(pid, None) {
            Ok(WaitStatus::Exited(_, code)) => return code,
            Ok(WaitStatus::Signaled(_, signal, _)) => return 128 + signal as i32,
            Ok(_) | Err(Errno::EINTR) => {}
            Err(_) => return LIFELINE_CUT,
        }
    }
}

/// Ends this process at once. Nothing is flushed and no destructor runs: what
/// a forked process has of those belongs to the one it was forked from.
pub(crate) fn exit(code: i32) -> ! {
    // SAFETY: _exit touches no memory.
    unsafe { libc::_exit(code) }
}

/// Ignores what a terminal sends.
pub(crate) fn ignore_keyboard() {
    on_keyboard(SigHandler::SigIgn);
}

/// Undoes [`ignore_keyboard`], before a command is executed.
pub(crate) fn heed_keyboard() {
    on_keyboard(SigHandler::SigDfl);
}

fn on_keyboard(handler: SigHandler) {
    for one in KEYBOARD {
        // SAFETY: `handler` is no function of ours that could run. The call
        // fails for no signal of the list.
        let _ = unsafe { signal(one, handler) };
    }
}

/// Standard streams that lead nowhere, so that a pipe ends when the programs
/// that use it do.
pub(crate) fn detach_standard_streams() {
    if let Ok(null) = open("/dev/null", OFlag::O_RDWR | OFlag::O_CLOEXEC, Mode::empty()) {
        let _ = dup2_stdin(&null);
        let _ = dup2_stdout(&null);
        let _ = dup2_stderr(&null);
    }
}

/// Closes every descriptor above standard error but these.
pub(crate) fn close_all_but(kept: &[RawFd]) {
    let mut first = 3;
    let mut kept: Vec<RawFd> = kept.iter().copied().filter(|&fd| fd >= first).collect();
    kept.sort_unstable();
    for fd in kept {
        // SAFETY: the callers own nothing else that they would use or drop.
        let _ = unsafe { sys::close_range(first, fd - 1) };
        first = fd + 1;
    }
    // SAFETY: as above.
    let _ = unsafe { sys::close_range(first, RawFd::MAX) };
}

fn ended(process: &OwnedFd) -> Result<bool> {
    let mut event = [PollFd::new(process.as_fd(), PollFlags::POLLIN)];
    poll(&mut event, PollTimeout::ZERO)
        .map(|ready| ready > 0)
        .map_err(|errno| Error::new("watch", "the parent process", errno))
}
