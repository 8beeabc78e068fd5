//! The few system calls that `nix` does not wrap.

use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

use nix::errno::Errno;
use nix::sched::CloneFlags;
use nix::unistd::Pid;

/// A descriptor of the process `pid`: readable once it has ended.
pub(crate) fn pidfd_open(pid: Pid) -> nix::Result<OwnedFd> {
    // SAFETY: pidfd_open reads no memory of ours.
    let result = unsafe { libc::syscall(libc::SYS_pidfd_open, pid.as_raw(), 0) };
    owned(Errno::result(result)?)
}

/// Kills the process of `pidfd` with SIGKILL; never another that got its pid.
pub(crate) fn pidfd_kill(pidfd: BorrowedFd<'_>) -> nix::Result<()> {
    // SAFETY: a null siginfo is allowed and nothing else is a pointer.
    let result = unsafe {
        libc::syscall(
            libc::SYS_pidfd_send_signal,
            pidfd.as_raw_fd(),
            libc::SIGKILL,
            std::ptr::null::<libc::siginfo_t>(),
            0,
        )
    };
    Errno::result(result).map(drop)
}

/// Closes every descriptor from `first` to `last`, both included.
///
/// # Safety
/// Nothing in this process may use these descriptors afterwards.
pub(crate) unsafe fn close_range(first: RawFd, last: RawFd) -> nix::Result<()> {
    if first > last {
        return Ok(());
    }
    // SAFETY: no memory is touched; the caller answers for the descriptors.
    let result = unsafe { libc::syscall(libc::SYS_close_range, first, last, 0) };
    Errno::result(result).map(drop)
}

/// Starts a child in new namespaces, which does nothing but wait to be killed.
///
/// It exists so that its namespaces can be taken from `/proc/PID/ns`. It
/// reports its end to nobody (no SIGCHLD), so it is seen only by a wait with
/// `__WALL` and disturbs no other waiter of this process.
pub(crate) fn spawn_idle(namespaces: CloneFlags) -> nix::Result<(Pid, OwnedFd)> {
    let mut pidfd: RawFd = -1;
    // SAFETY: all-zero is the documented default of every field.
    let mut arguments: libc::clone_args = unsafe { std::mem::zeroed() };
    arguments.flags = u64::from(namespaces.bits().cast_unsigned()) | libc::CLONE_PIDFD as u64;
    arguments.pidfd = (&raw mut pidfd) as u64;
    // SAFETY: no CLONE_VM, so the child has its own copy of memory and stack,
    // as after fork(). This process may have other threads, so the child
    // makes nothing but system calls: no allocation, no lock, no libc state.
    // All signals are blocked around it, so no handler of ours runs in it.
    unsafe {
        let mut all: libc::sigset_t = std::mem::zeroed();
        let mut before: libc::sigset_t = std::mem::zeroed();
        libc::sigfillset(&raw mut all);
        libc::pthread_sigmask(libc::SIG_SETMASK, &raw const all, &raw mut before);
        let pid = libc::syscall(
            libc::SYS_clone3,
            &raw mut arguments,
            size_of::<libc::clone_args>(),
        );
        if pid == 0 {
            loop {
                libc::syscall(libc::SYS_ppoll, 0, 0, 0, 0, 0);
            }
        }
        let result = Errno::result(pid);
        libc::pthread_sigmask(libc::SIG_SETMASK, &raw const before, std::ptr::null_mut());
        let pid = i32::try_from(result?).map_err(|_| Errno::EOVERFLOW)?;
        Ok((Pid::from_raw(pid), OwnedFd::from_raw_fd(pidfd)))
    }
}

fn owned(number: libc::c_long) -> nix::Result<OwnedFd> {
    let number = RawFd::try_from(number).map_err(|_| Errno::EBADF)?;
    // SAFETY: the kernel has just made this descriptor for us alone.
    Ok(unsafe { OwnedFd::from_raw_fd(number) })
}
