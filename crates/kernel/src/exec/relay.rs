//! Signals on their way to a command.
//!
//! The agent cannot name the command: it has a process id in a namespace of its
//! own, and two processes stand in between. Each of them passes on what it gets
//! to the next. In between, signal N travels as the Nth real-time signal: those
//! are sent by nobody else, whereas a terminal sends SIGINT to all of them and
//! to the command itself.

use std::ptr;
use std::sync::atomic::{AtomicI32, Ordering};

use nix::errno::Errno;
use nix::sys::signal::Signal;
use nix::unistd::Pid;

/// What can be sent to a command.
const RELAYED: [Signal; 4] = [
    Signal::SIGHUP,
    Signal::SIGINT,
    Signal::SIGQUIT,
    Signal::SIGTERM,
];

/// To whom this process passes signals on.
static NEXT: AtomicI32 = AtomicI32::new(0);
/// What is taken off a signal's number on the way: nothing, or the offset of
/// its carrier.
static OFFSET: AtomicI32 = AtomicI32::new(0);

/// The real-time signal that carries `signal`; `None` if it is not one of those
/// that can be sent.
pub(super) fn carrier(signal: i32) -> Option<i32> {
    let known = RELAYED.iter().any(|known| *known as i32 == signal);
    known.then(|| libc::SIGRTMIN() + signal)
}

/// Who is next after this process.
#[derive(Clone, Copy)]
pub(super) enum Next {
    /// Another process that passes on.
    Relay(Pid),
    /// The command.
    Command(Pid),
}

/// Holds signals back until somebody is there to whom they can be passed on. A
/// child inherits this.
pub(super) fn hold() {
    mask(libc::SIG_BLOCK);
}

/// Takes signals as they come: in the command, before it is executed.
pub(super) fn release() {
    mask(libc::SIG_UNBLOCK);
}

/// Passes on what has come and what will come.
pub(super) fn pass_on(next: Next) {
    let (pid, offset) = match next {
        Next::Relay(pid) => (pid, 0),
        Next::Command(pid) => (pid, libc::SIGRTMIN()),
    };
    NEXT.store(pid.as_raw(), Ordering::Relaxed);
    OFFSET.store(offset, Ordering::Relaxed);
    for carrier in RELAYED.iter().filter_map(|signal| carrier(*signal as i32)) {
        // SAFETY: all-zero is a valid sigaction, which is then filled in; the
        // handler makes one system call and touches atomics only.
        unsafe {
            let mut action: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = pass as *const () as libc::sighandler_t;
            action.sa_flags = libc::SA_RESTART;
            // It fails for no signal of the list.
            libc::sigaction(carrier, &raw const action, ptr::null_mut());
        }
    }
    release();
}

extern "C" fn pass(carrier: libc::c_int) {
    let errno = Errno::last_raw();
    // SAFETY: no memory is touched. Whoever has ended by now is not waited for
    // yet, so that the number is still its own.
    unsafe {
        libc::kill(
            NEXT.load(Ordering::Relaxed),
            carrier - OFFSET.load(Ordering::Relaxed),
        )
    };
    Errno::set_raw(errno);
}

fn mask(how: libc::c_int) {
    // SAFETY: the set is initialised by sigemptyset before anything reads it.
    unsafe {
        let mut set: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut set);
        for carrier in RELAYED.iter().filter_map(|signal| carrier(*signal as i32)) {
            libc::sigaddset(&raw mut set, carrier);
        }
        libc::sigprocmask(how, &raw const set, ptr::null_mut());
    }
}
