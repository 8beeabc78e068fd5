//! DHCP for IPv6 (RFC 8415).

use super::walk::{Cut, Names, Step, Walk, put};

const RELAY_FORWARD: u8 = 12;
const RELAY_REPLY: u8 = 13;

const MESSAGES: Names = &[
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

const OPTIONS: Names = &[
    (1, "client-ID"),
    (2, "server-ID"),
    (3, "IA_NA"),
    (4, "IA_TA"),
    (5, "IA_ADDR"),
    (6, "option-request"),
    (7, "preference"),
    (8, "elapsed-time"),
    (9, "relay-message"),
    (11, "authentication"),
    (12, "server-unicast"),
    (13, "status-code"),
    (14, "rapid-commit"),
    (15, "user-class"),
    (16, "vendor-class"),
    (17, "vendor-specific-info"),
    (18, "interface-ID"),
    (19, "reconfigure-message"),
    (20, "reconfigure-accept"),
    (21, "SIP-servers-domain"),
    (22, "SIP-servers-address"),
    (23, "DNS-server"),
    (24, "DNS-search-list"),
    (25, "IA_PD"),
    (26, "IA_PD-prefix"),
    (31, "SNTP-servers"),
    (32, "lifetime"),
    (27, "NIS-server"),
    (28, "NIS+-server"),
    (29, "NIS-domain-name"),
    (30, "NIS+-domain-name"),
    (33, "BCMCS-domain-name"),
    (34, "BCMCS-server"),
    (36, "Geoconf-Civic"),
    (37, "Remote-ID"),
    (38, "Subscriber-ID"),
    (39, "Client-FQDN"),
    (40, "PANA-agent"),
    (41, "POSIX-timezone"),
    (42, "POSIX-tz-database"),
    (43, "Echo-request-option"),
    (44, "Lease-query"),
    (45, "LQ-client-data"),
    (46, "Clt-time"),
    (47, "LQ-relay-data"),
    (48, "LQ-client-link"),
    (56, "NTP-server"),
    (64, "AFTR-Name"),
    (112, "MUD-URL"),
];

const STATUS: Names = &[
    (0, "Success"),
    (1, "UnspecFail"),
    (2, "NoAddrsAvail"),
    (3, "NoBinding"),
    (4, "NotOnLink"),
    (5, "UseMulticast"),
    (6, "NoPrefixAvail"),
    (7, "UnknownQueryType"),
    (8, "MalformedQuery"),
    (9, "NotConfigured"),
    (10, "NotAllowed"),
];

impl Walk<'_> {
    /// The message at `p`.
    pub(super) fn dhcpv6(&mut self, p: usize, length: u32) -> Step {
        self.protocol = "dhcp6";
        self.put("dhcp6");
        self.layer(|walk| walk.dhcpv6_message(p, length as usize))
    }

    fn dhcpv6_message(&mut self, p: usize, length: usize) -> Step {
        self.need_here(p, 4)?;
        let kind = self.u8(p)?;
        self.put(" ");
        self.put_name(MESSAGES, kind, ("msgtype-", ""));
        if !self.verbose() {
            return Ok(());
        }
        self.put(" (");
        let end = p.saturating_add(length).min(self.data.len());
        let options = if matches!(kind, RELAY_FORWARD | RELAY_REPLY) {
            self.need(p + 2, 16)?;
            self.put("linkaddr=");
            self.ipv6_address(p + 2)?;
            self.need(p + 18, 16)?;
            self.put(" peeraddr=");
            self.ipv6_address(p + 18)?;
            p + 34
        } else {
            put!(self, "xid={:x}", self.u24(p + 1)?);
            p + 4
        };
        self.dhcpv6_options(options, end)?;
        self.put(")");
        Ok(())
    }

    /// The options from `p` to `end`. Options inside options are cut short on their own.
    fn dhcpv6_options(&mut self, p: usize, end: usize) -> Step {
        let deeper = |walk: &mut Self| walk.layer(|walk| walk.dhcpv6_options_inside(p, end));
        self.deeper(deeper)
    }

    fn dhcpv6_options_inside(&mut self, mut p: usize, end: usize) -> Step {
        while p < end {
            if end < p + 4 {
                return Err(Cut::Layer);
            }
            self.need_here(p, 4)?;
            let (option, size) = (self.u16(p)?, usize::from(self.u16(p + 2)?));
            if end < p + 4 + size {
                return Err(Cut::Layer);
            }
            self.put(" (");
            self.put_name(OPTIONS, option, ("opt_", ""));
            self.need_here(p + 4, size)?;
            if self.dhcpv6_option(option, p + 4, size)? {
                self.put(")");
            } else {
                self.put(" ?)");
            }
            p += 4 + size;
        }
        Ok(())
    }

    /// The data of one option, `size` captured bytes. Returns false for a size that is wrong.
    fn dhcpv6_option(&mut self, option: u16, p: usize, size: usize) -> Step<bool> {
        let fits = match option {
            1 | 2 | 13 => size >= 2,
            3 | 25 => size >= 12,
            4 | 37 | 56 => size >= 4,
            5 => size >= 24,
            6 | 43 => size.is_multiple_of(2),
            7 | 19 => size == 1,
            8 => size == 2,
            11 => size >= 11,
            22 | 23 | 27 | 28 | 31 | 34 | 40 | 48 => size.is_multiple_of(16),
            26 => size >= 25,
            32 | 46 => size == 4,
            41 | 42 | 112 => size >= 5,
            44 => size >= 17,
            47 => size >= 16,
            64 => size >= 3,
            _ => true,
        };
        if !fits {
            return Ok(false);
        }
        match option {
            1 | 2 => return self.dhcpv6_identity(p, size),
            3 | 25 => {
                put!(self, " IAID:{} T1:{}", self.u32(p)?, self.u32(p + 4)?);
                put!(self, " T2:{}", self.u32(p + 8)?);
                self.dhcpv6_inner(p, 12, size)?;
            }
            4 => {
                put!(self, " IAID:{}", self.u32(p)?);
                self.dhcpv6_inner(p, 4, size)?;
            }
            5 => {
                self.put(" ");
                self.ipv6_address(p)?;
                put!(
                    self,
                    " pltime:{} vltime:{}",
                    self.u32(p + 16)?,
                    self.u32(p + 20)?
                );
                self.dhcpv6_inner(p, 24, size)?;
            }
            6 | 43 => {
                for at in (0..size).step_by(2) {
                    self.put(" ");
                    self.put_name(OPTIONS, self.u16(p + at)?, ("opt_", ""));
                }
            }
            7 => put!(self, " {}", self.u8(p)?),
            8 => put!(self, " {}", self.u16(p)?),
            9 => {
                self.put(" (");
                self.deeper(|walk| {
                    walk.within(p, size as u32, |walk| walk.dhcpv6(p, size as u32))
                })?;
            }
            11 => self.dhcpv6_authentication(p, size)?,
            13 => match self.u16(p)? {
                code @ 0..=255 => {
                    self.put(" ");
                    self.put_name(STATUS, code, ("code", ""));
                }
                _ => self.put(" INVALID code"),
            },
            18 | 38 => {
                self.put(" ");
                self.hex_bytes(p, size.min(10), None)?;
                self.put("...");
            }
            19 => match self.u8(p)? {
                5 => self.put(" for renew"),
                11 => self.put(" for inf-req"),
                kind => put!(self, " for ???({kind:02x})"),
            },
            22 | 23 | 27 | 28 | 31 | 34 | 40 | 48 => {
                for at in (0..size).step_by(16) {
                    self.put(" ");
                    self.ipv6_address(p + at)?;
                }
            }
            21 | 24 => {
                let mut at = p;
                while at < p + size {
                    self.put(" ");
                    // Pointers have nothing to point at; as in tcpdump they count from the end.
                    at = self.domain_name(at, p + size).map_err(Cut::of_layer)?;
                }
            }
            26 => {
                self.put(" ");
                self.ipv6_address(p + 9)?;
                put!(self, "/{}", self.u8(p + 8)?);
                put!(self, " pltime:{} vltime:{}", self.u32(p)?, self.u32(p + 4)?);
                self.dhcpv6_inner(p, 25, size)?;
            }
            32 | 46 => put!(self, " {}", self.u32(p)?),
            37 => {
                put!(self, " {} ", self.u32(p)?);
                self.hex_bytes(p + 4, (size - 4).min(10), None)?;
                self.put("...");
            }
            41 | 42 | 112 => {
                self.put(" ");
                self.characters_to_zero(p, size)?;
            }
            44 => {
                match self.u8(p)? {
                    1 => self.put(" by-address"),
                    2 => self.put(" by-clientID"),
                    kind => put!(self, " type_{kind}"),
                }
                self.put(" ");
                self.ipv6_address(p + 1)?;
                self.dhcpv6_inner(p, 17, size)?;
            }
            45 => self.dhcpv6_inner(p, 0, size)?,
            47 => {
                self.put(" ");
                self.ipv6_address(p)?;
                self.put(" ");
                self.hex_bytes(p + 16, (size - 16).min(10), None)?;
                self.put("...");
            }
            56 => self.dhcpv6_time_servers(p, size)?,
            64 => self.dhcpv6_tunnel_name(p, size)?,
            _ => {}
        }
        Ok(true)
    }

    /// The options inside an option, behind `fixed` bytes.
    fn dhcpv6_inner(&mut self, p: usize, fixed: usize, size: usize) -> Step {
        if size > fixed {
            self.dhcpv6_options(p + fixed, p + size)
        } else {
            Ok(())
        }
    }

    /// Who a client or server is (RFC 8415, 11).
    fn dhcpv6_identity(&mut self, p: usize, size: usize) -> Step<bool> {
        match self.u16(p)? {
            1 if size >= 8 => {
                put!(self, " hwaddr/time type {}", self.u16(p + 2)?);
                put!(self, " time {} ", self.u32(p + 4)?);
                self.hex_bytes(p + 8, size - 8, None)?;
            }
            2 if size >= 10 => {
                self.put(" vid ");
                self.hex_bytes(p + 2, 8, None)?;
            }
            3 if size >= 4 => {
                put!(self, " hwaddr type {} ", self.u16(p + 2)?);
                self.hex_bytes(p + 4, size - 4, None)?;
            }
            1..=3 => return Ok(false),
            kind => put!(self, " type {kind}"),
        }
        Ok(true)
    }

    fn dhcpv6_authentication(&mut self, p: usize, size: usize) -> Step {
        const DELAYED: u8 = 2;
        const RECONFIGURE: u8 = 3;
        let protocol = self.u8(p)?;
        match protocol {
            DELAYED => self.put(" proto: delayed"),
            RECONFIGURE => self.put(" proto: reconfigure"),
            _ => put!(self, " proto: {protocol}"),
        }
        match self.u8(p + 1)? {
            1 => self.put(", alg: HMAC-MD5"),
            algorithm => put!(self, ", alg: {algorithm}"),
        }
        match self.u8(p + 2)? {
            0 => self.put(", RDM: mono"),
            method => put!(self, ", RDM: {method}"),
        }
        self.put(", RD:");
        for at in (3..11).step_by(2) {
            put!(self, " {:04x}", self.u16(p + at)?);
        }
        let rest = p + 11;
        let words = |walk: &mut Self, p: usize| {
            for at in (0..16).step_by(4) {
                put!(walk, " {:08x}", walk.u32(p + at)?);
            }
            Ok(())
        };
        match (protocol, size - 11) {
            (DELAYED, 0) => {}
            (DELAYED, length @ 20..) => {
                if length > 20 {
                    self.put(", realm: ");
                    self.hex_bytes(rest, length - 20, None)?;
                }
                let at = rest + length - 20;
                put!(self, ", key ID: {:08x}, HMAC-MD5:", self.u32(at)?);
                words(self, at + 4)?;
            }
            (RECONFIGURE, 17) => {
                self.put(match self.u8(rest)? {
                    1 => " reconfig-key",
                    2 => " type: HMAC-MD5",
                    _ => " type: ??",
                });
                self.put(" value:");
                words(self, rest + 1)?;
            }
            _ => self.put(" ??"),
        }
        Ok(())
    }

    /// RFC 5908.
    fn dhcpv6_time_servers(&mut self, p: usize, size: usize) -> Step {
        let mut at = p;
        while at < p + size - 4 {
            let (option, length) = (self.u16(at)?, usize::from(self.u16(at + 2)?));
            at += 4;
            if at + length > p + size {
                return Err(Cut::Layer);
            }
            put!(self, " subopt:{option}");
            match option {
                1 | 2 if length == 16 => {
                    self.put(" ");
                    self.ipv6_address(at)?;
                }
                3 => {
                    self.put(" ");
                    self.domain_name(at, at + length).map_err(Cut::of_layer)?;
                }
                _ => self.put(" ?"),
            }
            at += length;
        }
        Ok(())
    }

    /// RFC 6334.
    fn dhcpv6_tunnel_name(&mut self, p: usize, size: usize) -> Step {
        let mut at = p;
        let mut left = size;
        self.put(" ");
        while left > 0 {
            let label = usize::from(self.u8(at)?);
            if label == 0 {
                break;
            }
            at += 1;
            if label >= left - 1 {
                self.put(" ?");
                break;
            }
            self.characters_to_zero(at, label)?;
            at += label;
            left -= label + 1;
            if self.u8(at)? != 0 {
                self.put(".");
            }
        }
        Ok(())
    }
}
