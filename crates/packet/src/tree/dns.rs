//! DNS and multicast DNS.

use super::build::{Cut, Dissection, Step, printable};
use super::field::{Field, Value, fields};
use crate::text::{DNS_TYPES, DomainName};
use crate::tree::Names;

const CLASSES: Names = &[(1, "IN"), (3, "CH"), (4, "HS"), (254, "NONE"), (255, "ANY")];

const OPERATIONS: Names = &[
    (0, "Standard query"),
    (1, "Inverse query"),
    (2, "Server status request"),
    (4, "Zone change notification"),
    (5, "Dynamic update"),
];

pub(crate) const CODES: Names = &[
    (0, "No error"),
    (1, "Format error"),
    (2, "Server failure"),
    (3, "No such name"),
    (4, "Not implemented"),
    (5, "Refused"),
    (6, "Name exists"),
    (7, "RRset exists"),
    (8, "RRset does not exist"),
    (9, "Not authoritative"),
    (10, "Name out of zone"),
];

fields! {
    PROTOCOL = "dns", "Domain Name System", Protocol;
    MULTICAST = "mdns", "Multicast Domain Name System", Protocol;
    LENGTH = "dns.length", "Length", Decimal;
    ID = "dns.id", "Transaction ID", Hex(4);
    FLAGS = "dns.flags", "Flags", Hex(4);
    RESPONSE = "dns.flags.response", "Response", Bool;
    OPERATION = "dns.flags.opcode", "Opcode", Decimal, OPERATIONS;
    AUTHORITATIVE = "dns.flags.authoritative", "Authoritative", Bool;
    TRUNCATED = "dns.flags.truncated", "Truncated", Bool;
    DESIRED = "dns.flags.recdesired", "Recursion desired", Bool;
    AVAILABLE = "dns.flags.recavail", "Recursion available", Bool;
    ZERO = "dns.flags.z", "Z", Bool;
    AUTHENTICATED = "dns.flags.authenticated", "Answer authenticated", Bool;
    UNCHECKED = "dns.flags.checkdisable", "Non-authenticated data", Bool;
    CODE = "dns.flags.rcode", "Reply code", Decimal, CODES;
    QUESTIONS = "dns.count.queries", "Questions", Decimal;
    ANSWERS = "dns.count.answers", "Answer RRs", Decimal;
    AUTHORITIES = "dns.count.auth_rr", "Authority RRs", Decimal;
    ADDITIONALS = "dns.count.add_rr", "Additional RRs", Decimal;
    QUERY = "dns.qry", "Query", Protocol;
    QUERY_NAME = "dns.qry.name", "Name", Text;
    QUERY_TYPE = "dns.qry.type", "Type", Decimal, DNS_TYPES;
    QUERY_CLASS = "dns.qry.class", "Class", Hex(4), CLASSES;
    QUERY_UNICAST = "dns.qry.qu", "\"QU\" question", Bool;
    RECORD = "dns.resp", "Record", Protocol;
    NAME = "dns.resp.name", "Name", Text;
    TYPE = "dns.resp.type", "Type", Decimal, DNS_TYPES;
    CLASS = "dns.resp.class", "Class", Hex(4), CLASSES;
    FLUSH = "dns.resp.cache_flush", "Cache flush", Bool;
    TTL = "dns.resp.ttl", "Time to live", Decimal;
    DATA_LENGTH = "dns.resp.len", "Data length", Decimal;
    DATA = "dns.data", "Data", Bytes;
    A = "dns.a", "Address", Ipv4;
    AAAA = "dns.aaaa", "AAAA Address", Ipv6;
    CNAME = "dns.cname", "CNAME", Text;
    NS = "dns.ns", "Name Server", Text;
    PTR = "dns.ptr.domain_name", "Domain Name", Text;
    MX_PREFERENCE = "dns.mx.preference", "Preference", Decimal;
    MX = "dns.mx.mail_exchange", "Mail Exchange", Text;
    SOA_PRIMARY = "dns.soa.mname", "Primary name server", Text;
    SOA_MAILBOX = "dns.soa.rname", "Responsible authority's mailbox", Text;
    SOA_SERIAL = "dns.soa.serial_number", "Serial Number", Decimal;
    SOA_REFRESH = "dns.soa.refresh_interval", "Refresh Interval", Decimal;
    SOA_RETRY = "dns.soa.retry_interval", "Retry Interval", Decimal;
    SOA_EXPIRE = "dns.soa.expire_limit", "Expire limit", Decimal;
    SOA_MINIMUM = "dns.soa.minimum_ttl", "Minimum TTL", Decimal;
    TXT_LENGTH = "dns.txt.length", "TXT Length", Decimal;
    TXT = "dns.txt", "TXT", Text;
    SRV_PRIORITY = "dns.srv.priority", "Priority", Decimal;
    SRV_WEIGHT = "dns.srv.weight", "Weight", Decimal;
    SRV_PORT = "dns.srv.port", "Port", Decimal;
    SRV_TARGET = "dns.srv.target", "Target", Text;
    OPT_PAYLOAD = "dns.rr.udp_payload_size", "UDP payload size", Decimal;
    OPT_CODE = "dns.resp.ext_rcode", "Higher bits in extended RCODE", Hex(2);
    OPT_VERSION = "dns.resp.edns0_version", "EDNS0 version", Decimal;
    OPT_FLAGS = "dns.resp.z", "Z", Hex(4);
}

/// An OPT record (EDNS).
const OPT: u16 = 41;

impl Dissection<'_> {
    /// A message behind its two bytes of length.
    pub(super) fn dns_over_tcp(&mut self, p: usize) -> Step {
        let length = usize::from(self.u16(p)?);
        let end = p + 2 + length;
        if length < 12 || end > self.data.len() {
            // Not all of it is in this segment.
            return self.rest(p);
        }
        self.within(end, |d| d.dns_message(p, p + 2, false))?;
        if self.remaining(end) > 2 {
            self.dns_over_tcp(end)
        } else {
            self.rest(end)
        }
    }

    pub(super) fn dns(&mut self, p: usize, multicast: bool) -> Step {
        self.dns_message(p, p, multicast)
    }

    /// The message at `p`; what belongs to it starts at `start`.
    fn dns_message(&mut self, start: usize, p: usize, multicast: bool) -> Step {
        let length = self.remaining(start);
        let field = if multicast { &MULTICAST } else { &PROTOCOL };
        let index = self.protocol(field, start, length)?;
        self.nest(|d| {
            if start < p {
                d.number(&LENGTH, start, 2)?;
            }
            d.number(&ID, p, 2)?;
            let flags = d.u16(p + 2)?;
            let response = flags & 0x8000 != 0;
            let title = field.title;
            d.label(
                index,
                format_args!("{title} ({})", if response { "response" } else { "query" }),
            );
            d.dns_flags(p + 2, flags, response)?;
            let mut counts = [0; 4];
            let fields = [&QUESTIONS, &ANSWERS, &AUTHORITIES, &ADDITIONALS];
            for (i, (count, field)) in counts.iter_mut().zip(fields).enumerate() {
                *count = d.number(field, p + 4 + 2 * i, 2)?;
            }
            let mut at = p + 12;
            let [questions, records @ ..] = counts;
            for _ in 0..questions {
                at = d.dns_question(at, p, multicast)?;
            }
            for _ in 0..records.iter().sum() {
                at = d.dns_record(at, p, multicast)?;
            }
            Ok(())
        })
    }

    fn dns_flags(&mut self, p: usize, flags: u16, response: bool) -> Step {
        self.number(&FLAGS, p, 2)?;
        let operation = OPERATION
            .value_name(u64::from(flags >> 11 & 0xf))
            .unwrap_or("Unknown operation");
        if response {
            let code = CODE
                .value_name(u64::from(flags & 0xf))
                .unwrap_or("Unknown error");
            self.after_last(format_args!(" {operation} response, {code}"));
        } else {
            self.after_last(format_args!(" {operation}"));
        }
        self.nest(|d| {
            d.bits(&RESPONSE, p, 2, 0x8000)?;
            d.bits(&OPERATION, p, 2, 0x7800)?;
            if response {
                d.bits(&AUTHORITATIVE, p, 2, 0x0400)?;
            }
            d.bits(&TRUNCATED, p, 2, 0x0200)?;
            d.bits(&DESIRED, p, 2, 0x0100)?;
            if response {
                d.bits(&AVAILABLE, p, 2, 0x0080)?;
            }
            d.bits(&ZERO, p, 2, 0x0040)?;
            // A query that sets it asks for the answer's to be meant (RFC 6840).
            if response || d.u16(p)? & 0x0020 != 0 {
                d.bits(&AUTHENTICATED, p, 2, 0x0020)?;
            }
            d.bits(&UNCHECKED, p, 2, 0x0010)?;
            if response {
                d.bits(&CODE, p, 2, 0x000f)?;
            }
            Ok(())
        })
    }

    /// A domain name. Returns its text and where it ends.
    pub(super) fn domain_name(
        &mut self,
        field: &'static Field,
        p: usize,
        message: usize,
    ) -> Step<(Box<str>, usize)> {
        let name =
            DomainName::read(self.data, p, message, &mut self.labels_left).ok_or(Cut::Wrong)?;
        let text: Box<str> = name.text.into();
        self.add(field, p, name.end - p, Value::Text(text.clone()))?;
        Ok((text, name.end))
    }

    fn dns_question(&mut self, p: usize, message: usize, multicast: bool) -> Step<usize> {
        let index = self.add(&QUERY, p, 0, Value::None)?;
        self.nest(|d| {
            let (name, at) = d.domain_name(&QUERY_NAME, p, message)?;
            let kind = d.number(&QUERY_TYPE, at, 2)?;
            let class = d.u16(at + 2)?;
            if multicast {
                d.bits(&QUERY_CLASS, at + 2, 2, 0x7fff)?;
                d.bits(&QUERY_UNICAST, at + 2, 2, 0x8000)?;
            } else {
                d.number(&QUERY_CLASS, at + 2, 2)?;
            }
            d.set_length(index, at + 4 - p);
            let class = if multicast { class & 0x7fff } else { class };
            d.label(
                index,
                format_args!(
                    "{name}: type {}, class {}",
                    QUERY_TYPE.value_name(kind).unwrap_or("Unknown"),
                    QUERY_CLASS.value_name(class.into()).unwrap_or("Unknown"),
                ),
            );
            Ok(at + 4)
        })
    }

    fn dns_record(&mut self, p: usize, message: usize, multicast: bool) -> Step<usize> {
        let index = self.add(&RECORD, p, 0, Value::None)?;
        self.nest(|d| {
            let (name, at) = d.domain_name(&NAME, p, message)?;
            let kind = d.u16(at)?;
            d.number(&TYPE, at, 2)?;
            let length = usize::from(d.u16(at + 8)?);
            let (data, end) = (at + 10, at + 10 + length);
            let name_of_type = TYPE.value_name(kind.into()).unwrap_or("Unknown");
            if kind == OPT {
                d.number(&OPT_PAYLOAD, at + 2, 2)?;
                d.number(&OPT_CODE, at + 4, 1)?;
                d.number(&OPT_VERSION, at + 5, 1)?;
                d.number(&OPT_FLAGS, at + 6, 2)?;
                d.label(index, format_args!("<Root>: type OPT"));
            } else {
                let class = d.u16(at + 2)?;
                if multicast {
                    d.bits(&CLASS, at + 2, 2, 0x7fff)?;
                    d.bits(&FLUSH, at + 2, 2, 0x8000)?;
                } else {
                    d.number(&CLASS, at + 2, 2)?;
                }
                d.number(&TTL, at + 4, 4)?;
                let class = if multicast { class & 0x7fff } else { class };
                d.label(
                    index,
                    format_args!(
                        "{name}: type {name_of_type}, class {}",
                        CLASS.value_name(class.into()).unwrap_or("Unknown"),
                    ),
                );
            }
            d.number(&DATA_LENGTH, at + 8, 2)?;
            d.set_length(index, end - p);
            if length > 0 {
                d.slice(data, length)?;
                let before = d.nodes.len();
                d.within(end, |d| d.dns_data(kind, data, message, end))?;
                d.dns_summary(index, &name, name_of_type, before);
            }
            Ok(end)
        })
    }

    /// Adds what a record says to its line.
    fn dns_summary(&mut self, index: usize, name: &str, kind: &str, first: usize) {
        if !self.labels {
            return;
        }
        let text = |value: &Value| match value {
            Value::Ipv4(address) => Some(address.to_string()),
            Value::Ipv6(address) => Some(address.to_string()),
            Value::Text(text) => Some(text.to_string()),
            _ => None,
        };
        let said = self
            .nodes
            .iter()
            .skip(first)
            .find_map(|node| text(&node.value));
        if let Some(said) = said {
            self.label(index, format_args!("{name}: type {kind}, class IN, {said}"));
        }
    }

    /// The data of a record from `p` to `end`.
    fn dns_data(&mut self, kind: u16, p: usize, message: usize, end: usize) -> Step {
        match kind {
            1 => self.ipv4_address(&A, p).map(|_| ()),
            28 => self.ipv6_address(&AAAA, p).map(|_| ()),
            2 => self.domain_name(&NS, p, message).map(|_| ()),
            5 => self.domain_name(&CNAME, p, message).map(|_| ()),
            12 => self.domain_name(&PTR, p, message).map(|_| ()),
            15 => {
                self.number(&MX_PREFERENCE, p, 2)?;
                self.domain_name(&MX, p + 2, message).map(|_| ())
            }
            6 => {
                let (_, at) = self.domain_name(&SOA_PRIMARY, p, message)?;
                let (_, at) = self.domain_name(&SOA_MAILBOX, at, message)?;
                let fields = [
                    &SOA_SERIAL,
                    &SOA_REFRESH,
                    &SOA_RETRY,
                    &SOA_EXPIRE,
                    &SOA_MINIMUM,
                ];
                for (i, field) in fields.into_iter().enumerate() {
                    self.number(field, at + 4 * i, 4)?;
                }
                Ok(())
            }
            16 => {
                let mut at = p;
                while at < end {
                    let length = self.number(&TXT_LENGTH, at, 1)? as usize;
                    let value = printable(self.slice(at + 1, length)?);
                    self.add(&TXT, at + 1, length, Value::Text(value))?;
                    at += 1 + length;
                }
                Ok(())
            }
            33 => {
                self.number(&SRV_PRIORITY, p, 2)?;
                self.number(&SRV_WEIGHT, p + 2, 2)?;
                self.number(&SRV_PORT, p + 4, 2)?;
                self.domain_name(&SRV_TARGET, p + 6, message).map(|_| ())
            }
            _ => self.bytes(&DATA, p, end - p),
        }
    }
}
