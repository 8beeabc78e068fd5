//! Hearing of changes, in all namespaces of the lab through one socket.
//!
//! Every event of routing netlink passes every socket of its groups on the
//! whole machine (`netlink_broadcast_filtered`): with a socket for each of
//! 1,000 namespaces that was a third of the time that a lab took to come up.

use std::collections::BTreeMap;
use std::os::fd::{AsFd, BorrowedFd};

use netlink_sys::protocols::NETLINK_ROUTE;
use nix::errno::Errno;
use nix::sys::socket::{setsockopt, sockopt};
use socket2::{SockFilter, SockRef};

use super::failure::Failure;
use super::neighbour::{NTF_PROXY, NUD_PERMANENT};
use super::tables::MAY_BE_SET;
use super::touched::Touched;
use crate::sys;

/// How much of an event is read, in bytes: the attributes that matter come first
/// (`rt6_fill_node`: `RTA_OIF` follows the addresses and the table; one that is cut off is looked
/// for everywhere).
const ENOUGH: usize = 512;

/// The multicast groups (linux/rtnetlink.h) that together tell of everything
/// that is observed of a namespace.
const GROUPS: [u32; 11] = [
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
    ENTRIES,
];
/// The one that tells of entries of forwarding and neighbour tables.
const ENTRIES: u32 = libc::RTNLGRP_NEIGH;

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
/// opened, and in all those that this one has a number for. From the events
/// only is read where to look.
#[derive(Debug)]
pub(crate) struct EventSocket {
    socket: netlink_sys::Socket,
    /// Whether it hears of routing netlink; else of rules, where all is looked at anyway.
    is_routing: bool,
}

/// What there was to hear.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Heard {
    /// Where something has changed: by the socket's number of the namespace,
    /// `None` for its own.
    pub(crate) places: BTreeMap<Option<i32>, Touched>,
    /// So much that the kernel could not tell all of it: anywhere.
    pub(crate) overrun: bool,
    /// Whether there may be more.
    pub(crate) is_more: bool,
}

impl EventSocket {
    /// Opens one in the namespace of the calling thread.
    pub(crate) fn open() -> Result<Self, Failure> {
        Self::of(NETLINK_ROUTE, &GROUPS, &filter())
    }

    /// Opens one that hears of nftables' rules, which the kernel may lack.
    pub(crate) fn of_rules() -> Result<Self, Failure> {
        Self::of(NETLINK_NETFILTER, &RULES, &[])
    }

    fn of(protocol: isize, groups: &[u32], filter: &[SockFilter]) -> Result<Self, Failure> {
        let mut socket = netlink_sys::Socket::new(protocol)?;
        socket.bind_auto()?;
        // Before the first group: of what comes from then on all is told
        // where it comes from.
        sys::listen_to_all_namespaces(socket.as_fd())?;
        setsockopt(&socket, sockopt::RcvBuf, &ROOM)?;
        if !filter.is_empty() {
            SockRef::from(&socket).attach_filter(filter)?;
        }
        for group in groups {
            socket.add_membership(*group)?;
        }
        socket.set_non_blocking(true)?;
        Ok(Self {
            socket,
            is_routing: protocol == NETLINK_ROUTE,
        })
    }

    /// Hears of nothing but entries that somebody sets, until [`EventSocket::resume`]: to tell each
    /// socket of everything that a large lab is made of is a tenth of the time that it takes, and
    /// who makes it looks at all of it afterwards.
    pub(crate) fn pause(&mut self) -> Result<(), Failure> {
        let mut left = GROUPS.iter().filter(|group| **group != ENTRIES);
        Ok(left.try_for_each(|group| self.socket.drop_membership(*group))?)
    }

    /// Hears of everything again. What happened meanwhile is not told.
    pub(crate) fn resume(&mut self) -> Result<(), Failure> {
        let mut left = GROUPS.iter().filter(|group| **group != ENTRIES);
        Ok(left.try_for_each(|group| self.socket.add_membership(*group))?)
    }

    /// Takes all events that have arrived.
    pub(crate) fn drain(&self) -> Result<Heard, Failure> {
        let mut buffer = [0; ENOUGH];
        let mut heard = Heard {
            is_more: true,
            ..Heard::default()
        };
        for _ in 0..MOST_AT_ONCE {
            match sys::receive_from_any(self.socket.as_fd(), &mut buffer) {
                Ok((length, place)) => {
                    heard.take(
                        self.is_routing,
                        place,
                        buffer.get(..length).unwrap_or(&buffer),
                    );
                }
                Err(Errno::EAGAIN) => {
                    heard.is_more = false;
                    break;
                }
                Err(Errno::EINTR) => {}
                Err(Errno::ENOBUFS) => heard.overrun = true,
                Err(errno) => return Err(errno.into()),
            }
        }
        Ok(heard)
    }
}

impl Heard {
    fn take(&mut self, is_routing: bool, place: Option<i32>, event: &[u8]) {
        let mut touched = Touched::default();
        if !is_routing || touched.take(event) {
            self.places.entry(place).or_default().add(touched);
        }
    }
}

/// Keeps neighbours that nobody has set from the socket: with a thousand
/// namespaces that ping each other there are more than it holds. Those of IP
/// that somebody removes look like those that are given up, but for who asked
/// for it.
fn filter() -> Vec<SockFilter> {
    // A load takes the machine's 16 bits as the network's.
    let half = |value: u16| u32::from(u16::from_be_bytes(value.to_ne_bytes()));
    // Classic BPF (linux/bpf_common.h): code, jumps if true and if false, value.
    let family = |family: i32| family.unsigned_abs();
    let permanent = u16::from(NUD_PERMANENT);
    vec![
        SockFilter::new(0x28, 0, 0, 4),                         // 0: its type
        SockFilter::new(0x15, 1, 0, half(libc::RTM_NEWNEIGH)),  // 1: → 3
        SockFilter::new(0x15, 0, 13, half(libc::RTM_DELNEIGH)), // 2: or else → 16
        SockFilter::new(0x30, 0, 0, 16),                        // 3: `ndm_family`
        SockFilter::new(0x15, 0, 2, family(libc::AF_BRIDGE)),   // 4: or else → 7
        SockFilter::new(0x28, 0, 0, 24),                        // 5: `ndm_state`
        SockFilter::new(0x45, 9, 8, half(MAY_BE_SET)),          // 6: → 16 or 15
        SockFilter::new(0x15, 1, 0, family(libc::AF_INET)),     // 7: → 9
        SockFilter::new(0x15, 0, 6, family(libc::AF_INET6)),    // 8: or else → 15
        SockFilter::new(0x28, 0, 0, 24),                        // 9: `ndm_state`
        SockFilter::new(0x45, 5, 0, half(permanent)),           // 10: → 16
        SockFilter::new(0x30, 0, 0, 26),                        // 11: `ndm_flags`
        SockFilter::new(0x45, 3, 0, u32::from(NTF_PROXY)),      // 12: → 16
        SockFilter::new(0x20, 0, 0, 12),                        // 13: `nlmsg_pid`: who asked
        SockFilter::new(0x15, 0, 1, 0),                         // 14: somebody → 16
        SockFilter::new(0x06, 0, 0, 0),                         // 15: leave
        SockFilter::new(0x06, 0, 0, u32::MAX),                  // 16: take
    ]
}

impl AsFd for EventSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}
