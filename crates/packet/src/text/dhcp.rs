//! DHCP for IPv4 (with BOOTP) and IPv6: who asks and what for.

use super::walk::{Names, Step, Walk, put};

const REQUEST: u8 = 1;
const REPLY: u8 = 2;
/// Hardware type and address length of Ethernet.
const ETHERNET: (u8, u8) = (1, 6);

const MESSAGES6: Names = &[
    (1, "solicit"),
    (2, "advertise"),
    (3, "request"),
    (4, "confirm"),
    (5, "renew"),
    (6, "rebind"),
    (7, "reply"),
    (8, "release"),
    (9, "decline"),
    (10, "reconfigure"),
    (11, "inf-req"),
    (12, "relay-fwd"),
    (13, "relay-reply"),
    (14, "leasequery"),
    (15, "leasequery-reply"),
];

impl Walk<'_> {
    /// The BOOTP or DHCPv4 message at `p`.
    pub(super) fn bootp(&mut self, p: usize, length: u32) -> Step {
        self.protocol = "bootp";
        let operation = self.u8(p)?;
        match operation {
            REQUEST => self.put("BOOTP/DHCP, Request"),
            REPLY => self.put("BOOTP/DHCP, Reply"),
            _ => put!(self, "BOOTP/DHCP, unknown (0x{operation:02x})"),
        }
        let hardware = (self.u8(p + 1)?, self.u8(p + 2)?);
        if hardware == ETHERNET && operation == REQUEST {
            self.need(p + 28, 6)?;
            self.put(" from ");
            self.mac(p + 28)?;
        }
        self.put_num(", length ", length);
        Ok(())
    }

    /// The DHCPv6 message at `p`.
    pub(super) fn dhcpv6(&mut self, p: usize, _length: u32) -> Step {
        self.protocol = "dhcp6";
        self.put("dhcp6");
        if !self.has(p, 4) {
            self.truncated();
            return Ok(());
        }
        self.put(" ");
        self.put_name(MESSAGES6, self.u8(p)?, ("msgtype-", ""));
        Ok(())
    }
}
