//! Netlink: one verb for each thing that the engine asks of the kernel.
//!
//! A [`Socket`] belongs to the namespace in which it was opened, and is used
//! synchronously: the kernel does what a request asks while it is being sent,
//! and the answer is there when the send returns, so there is nothing to wait
//! for. `rtnetlink` hands each request to another task and leaves the
//! kernel's own explanation (the extended acknowledgement) as bytes; here it
//! becomes part of the [`Failure`], so that the person reads "MTU greater
//! than device maximum" and not "Invalid argument".
//!
//! **Invariants:** no link is ever moved to another namespace: each is made
//! in its own. A failed look-up means absent only where the kernel says so
//! (`ENODEV`).

mod address;
mod attributes;
mod device;
mod events;
mod failure;
#[cfg(fuzzing)]
mod fuzz;
mod generic;
mod link;
mod neighbour;
mod netconf;
mod nsid;
mod offload;
mod qdisc;
mod route;
mod rule;
mod socket;
mod stats;
mod tables;
mod touched;
mod wireguard;

pub(crate) use address::AddressRow;
pub(crate) use events::{EventSocket, NETLINK_NETFILTER};
pub(crate) use failure::Failure;
#[cfg(fuzzing)]
pub(crate) use fuzz::read as read_any;
pub(crate) use generic::GenericSocket;
pub(crate) use link::{End, Ipv6, LinkRow};
pub(crate) use neighbour::NeighbourTable;
pub(crate) use qdisc::QdiscRow;
pub(crate) use route::{Packet, Route, RouteRow};
pub(crate) use socket::Socket;
pub(crate) use tables::FdbRow;
pub(crate) use touched::{Entries, Touched};
