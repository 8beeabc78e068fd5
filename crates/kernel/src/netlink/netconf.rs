//! The settings of all interfaces together (`/proc/sys/net/ipv?/conf/all`),
//! as netlink tells them: it takes no thread inside the namespace.
//!
//! `netlink-packet-route` does not know these messages.

use netlink_packet_core::NetlinkSerializable;
use topology::address::Family;

use super::attributes::Attributes;
use super::{Failure, Socket};

/// `RTM_GETNETCONF` (linux/rtnetlink.h).
const GET: u16 = 82;
/// Attributes of linux/netconf.h.
const NETCONFA_IFINDEX: u16 = 1;
const NETCONFA_FORWARDING: u16 = 2;
/// `NETCONFA_IFINDEX_ALL`: `conf/all`.
const ALL: i32 = -1;
/// `struct netconfmsg`: the family, and three bytes to align.
const BODY: usize = 4;

impl Socket {
    /// Whether the namespace forwards packets of a family.
    pub(crate) fn forwarding(&mut self, family: Family) -> Result<bool, Failure> {
        let request = Netconf {
            family: match family {
                Family::Ipv4 => libc::AF_INET,
                Family::Ipv6 => libc::AF_INET6,
            },
        };
        self.get(request, |row| {
            let on = Attributes::after(BODY, row)?.i32(NETCONFA_FORWARDING);
            on.map(|on| on != 0).ok_or_else(|| {
                Failure::Broken("the kernel does not tell whether it forwards".to_owned())
            })
        })
    }
}

#[derive(Debug)]
struct Netconf {
    family: i32,
}

impl NetlinkSerializable for Netconf {
    fn message_type(&self) -> u16 {
        GET
    }

    fn buffer_len(&self) -> usize {
        BODY + 8
    }

    fn serialize(&self, buffer: &mut [u8]) {
        let [a, b] = 8_u16.to_ne_bytes();
        let [c, d] = NETCONFA_IFINDEX.to_ne_bytes();
        let [e, f, g, h] = ALL.to_ne_bytes();
        let family = u8::try_from(self.family).unwrap_or_default();
        buffer.copy_from_slice(&[family, 0, 0, 0, a, b, c, d, e, f, g, h]);
    }
}
