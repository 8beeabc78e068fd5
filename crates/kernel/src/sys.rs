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

/// What an idle child stands on.
#[repr(align(16))]
struct StackBytes([u8; 8 * 1024]);

/// The stack of a child of [`spawn_idle`].
pub(crate) struct IdleStack(Box<StackBytes>);

impl IdleStack {
    /// One that nobody stands on.
    pub(crate) fn new() -> Self {
        Self(Box::new(StackBytes([0; 8 * 1024])))
    }
}

/// Starts a child in new namespaces, which does nothing but wait to be killed.
///
/// It exists so that its namespaces can be taken from `/proc/PID/ns`. It shares this process's
/// memory: a copy, as of fork(), takes longer the larger the lab is, and each page that is written
/// after it again. It reports its end to nobody (no SIGCHLD), so it is seen only by a wait with
/// `__WALL` and disturbs no other waiter of this process.
///
/// # Safety
/// `stack` must be kept, and used for nothing else, until the child is reaped.
pub(crate) unsafe fn spawn_idle(
    namespaces: CloneFlags,
    stack: &mut IdleStack,
) -> nix::Result<(Pid, OwnedFd)> {
    /// Sleeps for ever. Never fails, so never writes errno, which is that of the parent's thread.
    extern "C" fn idle(_: *mut libc::c_void) -> libc::c_int {
        loop {
            // SAFETY: waits for nothing, without end; reads and writes no memory.
            unsafe { libc::syscall(libc::SYS_ppoll, 0, 0, 0, 0, 0) };
        }
    }
    let mut pidfd: RawFd = -1;
    let flags = namespaces.bits() | libc::CLONE_VM | libc::CLONE_PIDFD;
    let top = stack.0.0.as_mut_ptr_range().end;
    // SAFETY: the child has a stack of its own, which the caller keeps, aligned as every ABI wants
    // it, and touches nothing else. All signals are blocked around it, so no handler of ours runs
    // in it, and nothing but SIGKILL ends its wait.
    unsafe {
        let mut all: libc::sigset_t = std::mem::zeroed();
        let mut before: libc::sigset_t = std::mem::zeroed();
        libc::sigfillset(&raw mut all);
        libc::pthread_sigmask(libc::SIG_SETMASK, &raw const all, &raw mut before);
        let pid = libc::clone(
            idle,
            top.cast(),
            flags,
            std::ptr::null_mut(),
            &raw mut pidfd,
        );
        let result = Errno::result(pid);
        libc::pthread_sigmask(libc::SIG_SETMASK, &raw const before, std::ptr::null_mut());
        Ok((Pid::from_raw(result?), OwnedFd::from_raw_fd(pidfd)))
    }
}

/// Lets a netlink socket hear of all namespaces that its own has a number for
/// (`NETLINK_LISTEN_ALL_NSID`), those that it has power over.
pub(crate) fn listen_to_all_namespaces(socket: BorrowedFd<'_>) -> nix::Result<()> {
    set_option(socket, libc::SOL_NETLINK, libc::NETLINK_LISTEN_ALL_NSID, 1)
}

/// Takes one datagram from a netlink socket that listens to all namespaces,
/// as much of it as `buffer` holds, and says how many bytes that are and by
/// which number the socket's own namespace knows the one from which it came;
/// `None` for its own.
pub(crate) fn receive_from_any(
    socket: BorrowedFd<'_>,
    buffer: &mut [u8],
) -> nix::Result<(usize, Option<i32>)> {
    #[repr(C, align(8))]
    struct Control([u8; 64]);
    let mut control = Control([0; 64]);
    let mut part = libc::iovec {
        iov_base: buffer.as_mut_ptr().cast(),
        iov_len: buffer.len(),
    };
    // SAFETY: all-zero is an empty message: no name, no buffers.
    let mut message: libc::msghdr = unsafe { std::mem::zeroed() };
    message.msg_iov = &raw mut part;
    message.msg_iovlen = 1;
    message.msg_control = (&raw mut control).cast();
    message.msg_controllen = size_of::<Control>() as _;
    // SAFETY: the message names no memory but `buffer`, by `part`, and
    // `control`, which live as long.
    let result = unsafe {
        libc::recvmsg(
            socket.as_raw_fd(),
            &raw mut message,
            libc::MSG_DONTWAIT | libc::MSG_TRUNC,
        )
    };
    // With MSG_TRUNC it is the length of the whole datagram.
    let length = usize::try_from(Errno::result(result)?).unwrap_or_default();
    let length = length.min(buffer.len());
    // SAFETY: the kernel has filled `control` and set its length.
    let mut header = unsafe { libc::CMSG_FIRSTHDR(&raw const message) };
    // SAFETY: a header that is not null lies within `control`, aligned.
    while let Some(found) = unsafe { header.as_ref() } {
        if found.cmsg_level == libc::SOL_NETLINK && found.cmsg_type == libc::NETLINK_LISTEN_ALL_NSID
        {
            // SAFETY: the kernel puts an int there (`netlink_cmsg_listen_all_nsid`).
            let number = unsafe { libc::CMSG_DATA(header).cast::<i32>().read_unaligned() };
            // NETNSA_NSID_NOT_ASSIGNED: the socket's own.
            return Ok((length, (number >= 0).then_some(number)));
        }
        // SAFETY: as for the first.
        header = unsafe { libc::CMSG_NXTHDR(&raw const message, header) };
    }
    Ok((length, None))
}

/// Sets an option of a socket that is an int.
pub(crate) fn set_option(
    socket: BorrowedFd<'_>,
    level: libc::c_int,
    name: libc::c_int,
    value: libc::c_int,
) -> nix::Result<()> {
    // SAFETY: the kernel reads one int, of that length.
    let result = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            level,
            name,
            (&raw const value).cast(),
            size_of::<libc::c_int>() as libc::socklen_t,
        )
    };
    Errno::result(result).map(drop)
}

/// How many segments TCP has sent again (`tcpi_total_retrans`).
pub(crate) fn tcp_retransmits(socket: BorrowedFd<'_>) -> nix::Result<u32> {
    // SAFETY: all-zero is a value of this struct of integers.
    let mut info: libc::tcp_info = unsafe { std::mem::zeroed() };
    let mut length = size_of::<libc::tcp_info>() as libc::socklen_t;
    // SAFETY: the kernel writes at most `length` bytes to `info`.
    let result = unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            libc::IPPROTO_TCP,
            libc::TCP_INFO,
            (&raw mut info).cast(),
            &raw mut length,
        )
    };
    Errno::result(result)?;
    Ok(info.tcpi_total_retrans)
}

/// Does a command of linux/ethtool.h, which is the first word of `data`, on an interface of the
/// namespace that the socket belongs to.
///
/// `data` is what that command takes and gives, as long as it says itself.
pub(crate) fn ethtool(
    socket: BorrowedFd<'_>,
    interface: &str,
    data: &mut [u32],
) -> nix::Result<()> {
    // SAFETY: all-zero is an empty name and a null pointer.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    // One byte less than there is room for: it ends with a zero.
    let (_last, room) = request
        .ifr_name
        .split_last_mut()
        .ok_or(Errno::ENAMETOOLONG)?;
    if interface.len() > room.len() {
        return Err(Errno::ENAMETOOLONG);
    }
    for (to, from) in room.iter_mut().zip(interface.bytes()) {
        *to = from as libc::c_char;
    }
    request.ifr_ifru.ifru_data = data.as_mut_ptr().cast();
    // SAFETY: the kernel reads and writes `request`, and of `data` as much as its own words say,
    // which the callers make as long; both live as long as this call.
    let result = unsafe { libc::ioctl(socket.as_raw_fd(), SIOCETHTOOL, &raw mut request) };
    Errno::result(result).map(drop)
}

/// linux/sockios.h
const SIOCETHTOOL: libc::Ioctl = 0x8946;

/// What the interface of that number is called in the namespace of a socket.
pub(crate) fn interface_name(socket: BorrowedFd<'_>, index: u32) -> nix::Result<String> {
    // SAFETY: all-zero is an empty name and the number 0.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    request.ifr_ifru.ifru_ifindex = libc::c_int::try_from(index).map_err(|_| Errno::ENODEV)?;
    // SAFETY: the kernel reads and writes `request` alone, which lives as long as this call.
    let result = unsafe {
        libc::ioctl(
            socket.as_raw_fd(),
            libc::SIOCGIFNAME as libc::Ioctl,
            &raw mut request,
        )
    };
    Errno::result(result)?;
    let name = request.ifr_name.iter().map(|byte| *byte as u8);
    let name: Vec<u8> = name.take_while(|byte| *byte != 0).collect();
    Ok(String::from_utf8_lossy(&name).into_owned())
}

fn owned(number: libc::c_long) -> nix::Result<OwnedFd> {
    let number = RawFd::try_from(number).map_err(|_| Errno::EBADF)?;
    // SAFETY: the kernel has just made this descriptor for us alone.
    Ok(unsafe { OwnedFd::from_raw_fd(number) })
}
