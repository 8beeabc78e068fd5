//! Routing netlink: one verb for each thing that the engine asks of the kernel.
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
mod link;
mod neighbour;
mod netconf;
mod nsid;
mod qdisc;
mod route;
mod rule;
mod socket;
mod stats;
mod tables;

pub(crate) use address::AddressRow;
pub(crate) use events::{EventSocket, NETLINK_NETFILTER};
pub(crate) use failure::Failure;
pub(crate) use link::{End, LinkRow};
pub(crate) use qdisc::QdiscRow;
pub(crate) use route::{Route, RouteRow};
pub(crate) use socket::Socket;
pub(crate) use tables::FdbRow;
