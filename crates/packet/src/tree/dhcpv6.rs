//! DHCP for IPv6 (RFC 8415).

use super::build::{Dissection, Step};
use super::field::{Value, fields};
use crate::tree::Names;

pub(crate) const MESSAGES: Names = &[
    (1, "Solicit"),
    (2, "Advertise"),
    (3, "Request"),
    (4, "Confirm"),
    (5, "Renew"),
    (6, "Rebind"),
    (7, "Reply"),
    (8, "Release"),
    (9, "Decline"),
    (10, "Reconfigure"),
    (11, "Information-request"),
    (12, "Relay-forw"),
    (13, "Relay-reply"),
];

const OPTIONS: Names = &[
    (1, "Client Identifier"),
    (2, "Server Identifier"),
    (3, "Identity Association for Non-temporary Address"),
    (4, "Identity Association for Temporary Address"),
    (5, "IA Address"),
    (6, "Option Request"),
    (7, "Preference"),
    (8, "Elapsed time"),
    (9, "Relay Message"),
    (11, "Authentication"),
    (12, "Server unicast"),
    (13, "Status code"),
    (14, "Rapid Commit"),
    (15, "User Class"),
    (16, "Vendor Class"),
    (17, "Vendor-specific Information"),
    (18, "Interface-Id"),
    (19, "Reconfigure Message"),
    (20, "Reconfigure Accept"),
    (23, "DNS recursive name server"),
    (24, "Domain Search List"),
    (25, "Identity Association for Prefix Delegation"),
    (26, "IA Prefix"),
    (31, "Simple Network Time Protocol Server"),
    (32, "Lifetime"),
    (39, "Fully Qualified Domain Name"),
    (56, "NTP Server"),
    (82, "SOL_MAX_RT"),
    (83, "INF_MAX_RT"),
];

fields! {
    PROTOCOL = "dhcpv6", "DHCPv6", Protocol;
    MESSAGE = "dhcpv6.msgtype", "Message type", Decimal, MESSAGES;
    ID = "dhcpv6.xid", "Transaction ID", Hex(6);
    HOPS = "dhcpv6.hopcount", "Hopcount", Decimal;
    LINK = "dhcpv6.linkaddr", "Link address", Ipv6;
    PEER = "dhcpv6.peeraddr", "Peer address", Ipv6;
    OPTION_PART = "dhcpv6.option", "DHCPv6 Option", Protocol;
    OPTION = "dhcpv6.option.type", "Option", Decimal, OPTIONS;
    LENGTH = "dhcpv6.option.length", "Length", Decimal;
    DUID = "dhcpv6.duid.bytes", "DUID", Bytes;
    DUID_TYPE = "dhcpv6.duid.type", "DUID Type", Decimal;
    IAID = "dhcpv6.iaid", "IAID", Hex(8);
    T1 = "dhcpv6.iaid.t1", "T1", Decimal;
    T2 = "dhcpv6.iaid.t2", "T2", Decimal;
    ADDRESS = "dhcpv6.iaaddr.ip", "IPv6 address", Ipv6;
    ADDRESS_PREFERRED = "dhcpv6.iaaddr.pref_lifetime", "Preferred lifetime", Decimal;
    ADDRESS_VALID = "dhcpv6.iaaddr.valid_lifetime", "Valid lifetime", Decimal;
    PREFIX_PREFERRED = "dhcpv6.iaprefix.pref_lifetime", "Preferred lifetime", Decimal;
    PREFIX_VALID = "dhcpv6.iaprefix.valid_lifetime", "Valid lifetime", Decimal;
    PREFIX_LENGTH = "dhcpv6.iaprefix.pref_len", "Prefix length", Decimal;
    PREFIX = "dhcpv6.iaprefix.pref_addr", "Prefix address", Ipv6;
    REQUESTED = "dhcpv6.requested_option_code", "Requested Option code", Decimal, OPTIONS;
    PREFERENCE = "dhcpv6.option_preference", "Pref-value", Decimal;
    ELAPSED = "dhcpv6.elapsed_time", "Elapsed time", Decimal;
    STATUS = "dhcpv6.status_code", "Status Code", Decimal;
    STATUS_TEXT = "dhcpv6.status_msg", "Status Message", Text;
    DNS_SERVER = "dhcpv6.dns_server", "DNS server address", Ipv6;
    SEARCH = "dhcpv6.search_list_entry", "List entry", Text;
    FQDN = "dhcpv6.client_domain", "Client FQDN", Text;
    VALUE = "dhcpv6.option.value", "Value", Bytes;
}

impl Dissection<'_> {
    pub(super) fn dhcpv6(&mut self, p: usize) -> Step {
        let length = self.remaining(p);
        self.protocol(&PROTOCOL, p, length)?;
        self.nest(|d| d.dhcpv6_message(p))
    }

    fn dhcpv6_message(&mut self, p: usize) -> Step {
        let kind = self.number(&MESSAGE, p, 1)?;
        if matches!(kind, 12 | 13) {
            self.number(&HOPS, p + 1, 1)?;
            self.ipv6_address(&LINK, p + 2)?;
            self.ipv6_address(&PEER, p + 18)?;
            self.dhcpv6_options(p + 34, self.data.len())
        } else {
            self.number(&ID, p + 1, 3)?;
            self.dhcpv6_options(p + 4, self.data.len())
        }
    }

    fn dhcpv6_options(&mut self, mut p: usize, end: usize) -> Step {
        while p < end {
            let kind = self.u16(p)?;
            let length = usize::from(self.u16(p + 2)?);
            let index = self.add(&OPTION_PART, p, 4 + length, Value::None)?;
            let name = OPTION.value_name(kind.into()).unwrap_or("Unknown");
            self.label(index, format_args!("{name}"));
            let data = p + 4;
            self.nest(|d| {
                d.number(&OPTION, p, 2)?;
                d.number(&LENGTH, p + 2, 2)?;
                d.within(data + length, |d| {
                    d.deeper(|d| d.dhcpv6_option(kind, data, length))
                })
            })?;
            p = data + length;
        }
        Ok(())
    }

    fn dhcpv6_option(&mut self, kind: u16, p: usize, length: usize) -> Step {
        let end = p + length;
        match kind {
            _ if length == 0 => Ok(()),
            1 | 2 => {
                self.bytes(&DUID, p, length)?;
                self.number(&DUID_TYPE, p, 2).map(|_| ())
            }
            3 | 25 => {
                self.number(&IAID, p, 4)?;
                self.number(&T1, p + 4, 4)?;
                self.number(&T2, p + 8, 4)?;
                self.dhcpv6_options(p + 12, end)
            }
            4 => {
                self.number(&IAID, p, 4)?;
                self.dhcpv6_options(p + 4, end)
            }
            5 => {
                self.ipv6_address(&ADDRESS, p)?;
                self.number(&ADDRESS_PREFERRED, p + 16, 4)?;
                self.number(&ADDRESS_VALID, p + 20, 4)?;
                self.dhcpv6_options(p + 24, end)
            }
            26 => {
                self.number(&PREFIX_PREFERRED, p, 4)?;
                self.number(&PREFIX_VALID, p + 4, 4)?;
                self.number(&PREFIX_LENGTH, p + 8, 1)?;
                self.ipv6_address(&PREFIX, p + 9)?;
                self.dhcpv6_options(p + 25, end)
            }
            6 => {
                for at in (p..end).step_by(2) {
                    self.number(&REQUESTED, at, 2)?;
                }
                Ok(())
            }
            7 => self.number(&PREFERENCE, p, 1).map(|_| ()),
            8 => {
                // Hundredths of a second on the wire; milliseconds in filters, as in Wireshark.
                let milliseconds = u64::from(self.u16(p)?) * 10;
                let at = self.add(&ELAPSED, p, 2, Value::Unsigned(milliseconds))?;
                self.label(at, format_args!("Elapsed time: {milliseconds}ms"));
                Ok(())
            }
            9 => self.dhcpv6_message(p),
            13 => {
                self.number(&STATUS, p, 2)?;
                if length > 2 {
                    self.text(&STATUS_TEXT, p + 2, length - 2)?;
                }
                Ok(())
            }
            23 => {
                for at in (p..end).step_by(16) {
                    self.ipv6_address(&DNS_SERVER, at)?;
                }
                Ok(())
            }
            24 | 39 => {
                let (field, mut at) = if kind == 24 {
                    (&SEARCH, p)
                } else {
                    (&FQDN, p + 1)
                };
                while at < end {
                    // Names here are not compressed.
                    (_, at) = self.domain_name(field, at, at)?;
                }
                Ok(())
            }
            _ => self.bytes(&VALUE, p, length),
        }
    }
}
