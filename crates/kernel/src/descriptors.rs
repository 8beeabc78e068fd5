//! Handing open descriptors to a program that we start.
//!
//! A descriptor stays close-on-exec in this process, so that no other child
//! gets it by accident; only the one child it is meant for has it open, under
//! the same number.

use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::process::CommandExt;
use std::process::Command;

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, FdFlag, fcntl};

use crate::error::{Context, Result};

/// Makes `descriptor` open in the program that `command` starts.
///
/// Returns its number there, to be passed as an argument and taken up with
/// [`adopt`]. The command keeps the descriptor open until it is dropped.
pub fn inherit(command: &mut Command, descriptor: OwnedFd) -> RawFd {
    let number = descriptor.as_raw_fd();
    // SAFETY: the closure runs between fork and exec and makes one system
    // call; it allocates nothing and takes no lock.
    unsafe {
        command.pre_exec(move || {
            fcntl(&descriptor, FcntlArg::F_SETFD(FdFlag::empty()))?;
            Ok(())
        });
    }
    number
}

/// Takes up a descriptor that whoever started this program has left open
/// under `number`, and makes it close-on-exec.
///
/// # Errors
/// If `number` is not an open descriptor, or is standard input, output or
/// error.
///
/// # Safety
/// Nothing else in this process may own `number`: call it once for each, at
/// the beginning of `main`.
pub unsafe fn adopt(number: RawFd) -> Result<OwnedFd> {
    let object = || format!("inherited descriptor {number}");
    if number < 3 {
        return Err(Errno::EBADF).context("take up", object);
    }
    // SAFETY: asking for the flags of any number is harmless.
    Errno::result(unsafe { libc::fcntl(number, libc::F_SETFD, libc::FD_CLOEXEC) })
        .context("take up", object)?;
    // SAFETY: it is open, as just seen, and ours by the caller's promise.
    Ok(unsafe { OwnedFd::from_raw_fd(number) })
}
