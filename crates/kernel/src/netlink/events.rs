//! Hearing of changes, in all namespaces of the lab through one socket.
//!
//! Every event of routing netlink passes every socket of its groups on the
//! whole machine (`netlink_broadcast_filtered`): with a socket for each of
//! 1,000 namespaces that was a third of the time that a lab took to come up.

use std::collections::BTreeSet;
use std::os::fd::{AsFd, BorrowedFd};

use netlink_sys::protocols::NETLINK_ROUTE;
use nix::errno::Errno;
use nix::sys::socket::{setsockopt, sockopt};

use super::failure::Failure;
use crate::sys;

/// The multicast groups (linux/rtnetlink.h) that together tell of everything
/// that is observed of a namespace.
const GROUPS: [u32; 10] = [
    libc::RTNLGRP_LINK,
    libc::RTNLGRP_IPV4_IFADDR,
    libc::RTNLGRP_IPV6_IFADDR,
    libc::RTNLGRP_IPV4_ROUTE,
    libc::RTNLGRP_IPV6_ROUTE,
    libc::RTNLGRP_IPV4_RULE,
    libc::RTNLGRP_IPV6_RULE,
    libc::RTNLGRP_IPV4_NETCONF,
    libc::RTNLGRP_IPV6_NETCONF,
    libc::RTNLGRP_TC,
];

/// Of nftables (linux/netfilter/nfnetlink.h): every transaction that changes
/// rules. What packets do to sets and counters is not told.
const RULES: [u32; 1] = [7];
/// `NETLINK_NETFILTER` (linux/netlink.h); `netlink-sys` has it as a number of
/// its own type.
pub(crate) const NETLINK_NETFILTER: isize = 12;

/// Most datagrams that are taken in one go, so that a namespace that is noisy
/// without end does not keep the reader: what is left is heard next time.
const MOST_AT_ONCE: usize = 4096;
/// How many bytes of events may wait: what the kernel gives without privilege
/// (`net.core.rmem_max`) is less, and taken.
const ROOM: usize = 8 * 1024 * 1024;

/// A socket that hears of every change in the namespace in which it was
/// opened, and in all those that this one has a number for. What changed is
/// not read from the events: a dump tells.
#[derive(Debug)]
pub(crate) struct EventSocket(netlink_sys::Socket);

/// Where something has changed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Heard {
    /// In the socket's own namespace.
    pub(crate) own: bool,
    /// In those of these numbers.
    pub(crate) numbers: BTreeSet<i32>,
    /// So much that the kernel could not tell all of it: anywhere.
    pub(crate) overrun: bool,
}

impl EventSocket {
    /// Opens one in the namespace of the calling thread.
    pub(crate) fn open() -> Result<Self, Failure> {
        Self::of(NETLINK_ROUTE, &GROUPS)
    }

    /// Opens one that hears of nftables' rules, which the kernel may lack.
    pub(crate) fn of_rules() -> Result<Self, Failure> {
        Self::of(NETLINK_NETFILTER, &RULES)
    }

    fn of(protocol: isize, groups: &[u32]) -> Result<Self, Failure> {
        let mut socket = netlink_sys::Socket::new(protocol)?;
        socket.bind_auto()?;
        // Before the first group: of what comes from then on all is told
        // where it comes from.
        sys::listen_to_all_namespaces(socket.as_fd())?;
        setsockopt(&socket, sockopt::RcvBuf, &ROOM)?;
        for group in groups {
            socket.add_membership(*group)?;
        }
        socket.set_non_blocking(true)?;
        Ok(Self(socket))
    }

    /// Takes all events that have arrived.
    pub(crate) fn drain(&self) -> Result<Heard, Failure> {
        let mut heard = Heard::default();
        for _ in 0..MOST_AT_ONCE {
            match sys::receive_number(self.0.as_fd()) {
                Ok(Some(number)) => _ = heard.numbers.insert(number),
                Ok(None) => heard.own = true,
                Err(Errno::EAGAIN) => break,
                Err(Errno::EINTR) => {}
                Err(Errno::ENOBUFS) => heard.overrun = true,
                Err(errno) => return Err(errno.into()),
            }
        }
        Ok(heard)
    }
}

impl AsFd for EventSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
