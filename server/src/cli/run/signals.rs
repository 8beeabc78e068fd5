//! Signals to `netyard run`, and where they come from.

use std::io;

use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// Sent by the kernel, and by nobody's kill(2) (asm-generic/siginfo.h).
const SI_KERNEL: i32 = 0x80;

/// SIGINT, SIGQUIT and SIGTERM to this process. Not handlers, which are not told who sends.
pub(super) struct Signals(AsyncFd<SignalFd>);

/// One that has come.
#[derive(Clone, Copy, Debug)]
pub(super) struct Received {
    /// Its number (signal(7)).
    pub(super) number: i32,
    /// The terminal has sent it to all who are in its foreground: to the command, too.
    pub(super) by_terminal: bool,
}

impl Signals {
    /// Takes them from here on. Call it while this process has one thread.
    pub(super) fn take() -> io::Result<Self> {
        let mut taken = SigSet::empty();
        for signal in [Signal::SIGINT, Signal::SIGQUIT, Signal::SIGTERM] {
            taken.add(signal);
        }
        // The agent, which inherits this, undoes it for itself and for the command.
        taken.thread_block()?;
        let flags = SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC;
        let descriptor = SignalFd::with_flags(&taken, flags)?;
        // SAFETY: it owns its descriptor, and says the same number whenever it is asked.
        let registered = unsafe { AsyncFd::register_with_interest(descriptor, Interest::READABLE) };
        registered.map(Self).map_err(|error| error.into_parts().1)
    }

    /// The next one. Nothing is lost when the future is dropped.
    pub(super) async fn next(&self) -> Received {
        let read = self.0.async_io(Interest::READABLE, |descriptor| {
            let read = descriptor.read_signal()?;
            read.ok_or_else(|| io::ErrorKind::WouldBlock.into())
        });
        match read.await {
            Ok(signal) => Received {
                number: signal.ssi_signo.cast_signed(),
                by_terminal: signal.ssi_code == SI_KERNEL,
            },
            // Nothing that is open fails so; without it the command still decides.
            Err(_) => std::future::pending().await,
        }
    }
}
