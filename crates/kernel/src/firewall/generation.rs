//! The number of the ruleset: each transaction that changes it makes it one higher.

use std::time::Duration;

use netlink_packet_core::NlasIterator;
use nix::errno::Errno;
use nix::sys::socket::{MsgFlags, recv, setsockopt, sockopt};
use nix::sys::time::{TimeVal, TimeValLike};
use std::os::fd::AsRawFd;

use crate::error::{Context, Result};
use crate::namespace::Namespace;
use crate::netlink::{Failure, NETLINK_NETFILTER};

/// `NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETGEN` (linux/netfilter/nfnetlink.h, nf_tables.h).
const GET: u16 = 10 << 8 | 16;
/// `NLM_F_REQUEST` (linux/netlink.h).
const REQUEST: u16 = 1;
/// `NFTA_GEN_ID`, 32 bits in network order.
const ID: u16 = 1;
/// A `struct nlmsghdr` and a `struct nfgenmsg`.
const HEADERS: usize = 16 + 4;
/// The answer is there when the send returns; this ends a conversation that went wrong.
const PATIENCE: Duration = Duration::from_secs(5);

/// Asks for it.
pub(super) fn of(namespace: &Namespace) -> Result<u32> {
    namespace.run(ask)?.context("ask for", || {
        format!("the firewall of {}", namespace.name())
    })
}

fn ask() -> Result<u32, Failure> {
    let socket = netlink_sys::Socket::new(NETLINK_NETFILTER)?;
    let seconds = i64::try_from(PATIENCE.as_secs()).unwrap_or(i64::MAX);
    setsockopt(&socket, sockopt::ReceiveTimeout, &TimeVal::seconds(seconds))?;
    let mut request = Vec::with_capacity(HEADERS);
    request.extend_from_slice(&20_u32.to_ne_bytes());
    request.extend_from_slice(&GET.to_ne_bytes());
    request.extend_from_slice(&REQUEST.to_ne_bytes());
    // Sequence number, sender, and then family, version and resource: all may be 0.
    request.resize(HEADERS, 0);
    socket.send(&request, 0)?;
    let mut answer = [0; 1024];
    let length = recv(socket.as_raw_fd(), &mut answer, MsgFlags::empty())?;
    let answer = answer.get(..length).unwrap_or_default();
    let kind = answer.get(4..6).and_then(|bytes| bytes.first_chunk());
    // `NLMSG_ERROR`, and its number.
    if kind.is_some_and(|kind| u16::from_ne_bytes(*kind) == 2) {
        let number = answer.get(16..20).and_then(|bytes| bytes.first_chunk());
        let number = number.map_or(0, |number| i32::from_ne_bytes(*number));
        return Err(Errno::from_raw(number.saturating_neg()).into());
    }
    let attributes = NlasIterator::new(answer.get(HEADERS..).unwrap_or_default());
    let found = attributes
        .filter_map(std::result::Result::ok)
        .find(|attribute| attribute.kind() == ID);
    let id = found.and_then(|attribute| attribute.value().first_chunk().copied());
    id.map(u32::from_be_bytes)
        .ok_or_else(|| Failure::Broken("the kernel answered without an answer".to_owned()))
}
