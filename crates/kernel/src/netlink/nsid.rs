//! Which number one namespace has for another.

use std::os::fd::{AsRawFd, BorrowedFd};

use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::nsid::{NsidAttribute, NsidMessage};

use nix::errno::Errno;

use super::attributes::Attributes;
use super::{Failure, Socket};

/// `struct rtgenmsg`, aligned.
const HEADER: usize = 4;
/// linux/net_namespace.h.
const NETNSA_NSID: u16 = 1;

/// linux/net_namespace.h: the kernel is to choose.
const NETNSA_NSID_NOT_ASSIGNED: i32 = -1;

impl Socket {
    /// Gives another namespace a number in the socket's own, and returns it.
    pub(crate) fn number(&mut self, namespace: BorrowedFd<'_>) -> Result<i32, Failure> {
        let mut request = NsidMessage::default();
        let descriptor = namespace.as_raw_fd().unsigned_abs();
        request.attributes.extend([
            NsidAttribute::Fd(descriptor),
            NsidAttribute::Id(NETNSA_NSID_NOT_ASSIGNED),
        ]);
        match self.change(RouteNetlinkMessage::NewNsId(request), 0) {
            // It has one already.
            Err(failure) if !failure.is(Errno::EEXIST) => return Err(failure),
            Ok(()) | Err(_) => {}
        }
        let number = self.nsid_of(namespace)?;
        number.ok_or_else(|| Failure::Broken("a namespace has no number".to_owned()))
    }

    /// The number that the socket's namespace has for another, which stands
    /// in `IFLA_LINK_NETNSID`; `None` if it has none for it.
    pub(crate) fn nsid_of(&mut self, namespace: BorrowedFd<'_>) -> Result<Option<i32>, Failure> {
        let mut request = NsidMessage::default();
        let descriptor = namespace.as_raw_fd().unsigned_abs();
        request.attributes.push(NsidAttribute::Fd(descriptor));
        let number = self.get(RouteNetlinkMessage::GetNsId(request), |row| {
            Ok(Attributes::after(HEADER, row)?.i32(NETNSA_NSID))
        })?;
        // -1, NETNSA_NSID_NOT_ASSIGNED: it has none.
        Ok(number.filter(|number| *number >= 0))
    }
}
