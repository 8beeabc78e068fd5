//! BOOTP and DHCP for IPv4: the fixed fields (RFC 951, RFC 2131).

use super::walk::{Names, Step, Walk, put};

const REQUEST: u8 = 1;
const REPLY: u8 = 2;
/// Hardware type and address length of Ethernet.
const ETHERNET: (u8, u8) = (1, 6);

const FLAGS: Names = &[(0x8000, "Broadcast")];

/// Where the options start, and the four bytes that say that they are options.
const OPTIONS: usize = 236;
const COOKIE: [u8; 4] = [0x63, 0x82, 0x53, 0x63];

/// Where things are in a message.
const ADDRESSES: [(usize, &str); 4] = [
    (12, "Client-IP"),
    (16, "Your-IP"),
    (20, "Server-IP"),
    (24, "Gateway-IP"),
];
const HARDWARE_ADDRESS: usize = 28;
const TEXTS: [(usize, usize, &str); 2] = [(44, 64, "sname"), (108, 128, "file")];

impl Walk<'_> {
    /// The message at `p`.
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
            self.need(p + HARDWARE_ADDRESS, 6)?;
            self.put(" from ");
            self.mac(p + HARDWARE_ADDRESS)?;
        }
        self.put_num(", length ", length);
        if self.verbose() {
            self.layer(|walk| walk.bootp_detail(p, hardware))?;
        }
        Ok(())
    }

    fn bootp_detail(&mut self, p: usize, hardware: (u8, u8)) -> Step {
        self.need_here(p + 8, 2)?;
        if hardware.0 != ETHERNET.0 {
            put!(self, ", htype {}", hardware.0);
        }
        if hardware != ETHERNET {
            put!(self, ", hlen {}", hardware.1);
        }
        let (hops, transaction) = (self.u8(p + 3)?, self.u32(p + 4)?);
        if hops != 0 {
            put!(self, ", hops {hops}");
        }
        if transaction != 0 {
            put!(self, ", xid 0x{transaction:x}");
        }
        let seconds = self.u16(p + 8)?;
        if seconds != 0 {
            put!(self, ", secs {seconds}");
        }
        let flags = self.u16(p + 10)?;
        self.put(", Flags [");
        self.put_bits(FLAGS, flags.into(), ", ", "none");
        self.put("]");
        if self.options.verbose > 1 {
            put!(self, " (0x{flags:04x})");
        }
        for (at, label) in ADDRESSES {
            if self.u32(p + at)? != 0 {
                put!(self, "\n\t  {label} ");
                self.ipv4_address(p + at)?;
            }
        }
        if hardware == ETHERNET {
            self.need(p + HARDWARE_ADDRESS, 6)?;
            self.put("\n\t  Client-Ethernet-Address ");
            self.mac(p + HARDWARE_ADDRESS)?;
        }
        for (at, size, label) in TEXTS {
            if self.u8(p + at)? != 0 {
                put!(self, "\n\t  {label} \"");
                let text = self.zero_terminated(p + at, size);
                self.put("\"");
                text?;
            }
        }
        self.need_here(p + OPTIONS, 4)?;
        let cookie: [u8; 4] = self.array(p + OPTIONS)?;
        if cookie == COOKIE {
            put!(self, "\n\t  Vendor-rfc1048 Extensions");
            put!(
                self,
                "\n\t    Magic Cookie 0x{:08x}",
                u32::from_be_bytes(cookie)
            );
            return self.dhcp_options(p + OPTIONS + 4);
        }
        if cookie != [0; 4] {
            put!(self, "\n\t  Vendor-#0x{:x}", u32::from_be_bytes(cookie));
        }
        Ok(())
    }
}
