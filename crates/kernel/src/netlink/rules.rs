//! Hearing of changes of nftables' rules.

use std::os::fd::{AsFd, BorrowedFd};

use super::events::{Heard, drain};
use super::failure::Failure;

/// `NETLINK_NETFILTER` (linux/netlink.h); `netlink-sys` has it as a number of its own type.
pub(crate) const NETLINK_NETFILTER: isize = 12;
/// `NFNLGRP_NFTABLES` (linux/netfilter/nfnetlink.h): every transaction that changes rules. What
/// packets do to sets and counters is not told.
const NFTABLES: u32 = 7;

/// A socket that hears of every change of the rules in the namespace in which it was opened.
#[derive(Debug)]
pub(crate) struct RuleEvents(netlink_sys::Socket);

impl RuleEvents {
    /// Opens one in the namespace of the calling thread.
    pub(crate) fn open() -> Result<Self, Failure> {
        let mut socket = netlink_sys::Socket::new(NETLINK_NETFILTER)?;
        socket.bind_auto()?;
        socket.add_membership(NFTABLES)?;
        socket.set_non_blocking(true)?;
        Ok(Self(socket))
    }

    /// Takes all events that have arrived.
    pub(crate) fn drain(&self) -> Result<Heard, Failure> {
        drain(&self.0)
    }

    /// What becomes readable with an event.
    pub(crate) fn descriptor(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
