//! Hearing of changes.

use std::os::fd::{AsFd, BorrowedFd};

use netlink_sys::protocols::NETLINK_ROUTE;
use nix::errno::Errno;
use nix::sys::socket::MsgFlags;

use super::failure::Failure;
use super::socket::receive;
use super::tables::is_set_entry;

/// Lengths of `struct nlmsghdr` and `struct ndmsg`.
const HEADER: usize = 16;
const NEIGHBOUR: usize = 12;

/// The multicast groups (linux/rtnetlink.h) that together tell of everything
/// that is observed of a namespace.
const GROUPS: [u32; 8] = [
    libc::RTNLGRP_LINK,
    libc::RTNLGRP_IPV4_IFADDR,
    libc::RTNLGRP_IPV6_IFADDR,
    libc::RTNLGRP_IPV4_ROUTE,
    libc::RTNLGRP_IPV6_ROUTE,
    libc::RTNLGRP_IPV4_NETCONF,
    libc::RTNLGRP_IPV6_NETCONF,
    libc::RTNLGRP_NEIGH,
];

/// Most datagrams that are taken in one go, so that a namespace that is noisy
/// without end does not keep the reader: what is left is heard next time.
const MOST_AT_ONCE: usize = 4096;

/// A socket that hears of every change in the namespace in which it was
/// opened. What changed is not read from the events: a dump tells.
#[derive(Debug)]
pub(crate) struct EventSocket(netlink_sys::Socket);

/// What there was to hear.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Heard {
    /// Nothing has changed.
    Nothing,
    /// Something has.
    Change,
    /// Something has, and an entry of a forwarding table came or went.
    Fdb,
    /// So much that the kernel could not tell all of it.
    Overrun,
}

impl EventSocket {
    /// Opens one in the namespace of the calling thread.
    pub(crate) fn open() -> Result<Self, Failure> {
        let mut socket = netlink_sys::Socket::new(NETLINK_ROUTE)?;
        socket.bind_auto()?;
        for group in GROUPS {
            socket.add_membership(group)?;
        }
        socket.set_non_blocking(true)?;
        Ok(Self(socket))
    }

    /// Takes all events that have arrived.
    pub(crate) fn drain(&self) -> Result<Heard, Failure> {
        // What does not fit is cut off: only what came matters.
        let mut buffer = [0; HEADER + NEIGHBOUR];
        let mut heard = Heard::Nothing;
        for _ in 0..MOST_AT_ONCE {
            match receive(&self.0, &mut buffer, MsgFlags::MSG_DONTWAIT) {
                Ok(_) => heard = heard.max(what(&buffer)),
                Err(Errno::EAGAIN) => break,
                Err(Errno::ENOBUFS) => heard = Heard::Overrun,
                Err(errno) => return Err(errno.into()),
            }
        }
        Ok(heard)
    }
}

/// What an event tells. Of neighbours only what somebody sets matters: the rest comes and goes all
/// the time, and is not observed.
fn what(event: &[u8; HEADER + NEIGHBOUR]) -> Heard {
    let [_, _, _, _, low, high, ..] = *event;
    match u16::from_ne_bytes([low, high]) {
        libc::RTM_NEWNEIGH | libc::RTM_DELNEIGH => {
            let row = event.get(HEADER..).unwrap_or_default();
            match is_set_entry(row) {
                true => Heard::Fdb,
                false => Heard::Nothing,
            }
        }
        _ => Heard::Change,
    }
}

impl AsFd for EventSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
