//! TCP, and which protocol its payload is.

use super::build::{Cut, Dissection, Step};
use super::field::{Value, fields};

fields! {
    PROTOCOL = "tcp", "Transmission Control Protocol", Protocol;
    SOURCE = "tcp.srcport", "Source Port", Decimal;
    DESTINATION = "tcp.dstport", "Destination Port", Decimal;
    STREAM = "tcp.stream", "Stream index", Decimal;
    LENGTH = "tcp.len", "TCP Segment Len", Decimal;
    SEQUENCE = "tcp.seq", "Sequence Number", Decimal;
    RAW_SEQUENCE = "tcp.seq_raw", "Sequence Number (raw)", Decimal;
    NEXT_SEQUENCE = "tcp.nxtseq", "Next Sequence Number", Decimal;
    ACKNOWLEDGMENT = "tcp.ack", "Acknowledgment Number", Decimal;
    RAW_ACKNOWLEDGMENT = "tcp.ack_raw", "Acknowledgment number (raw)", Decimal;
    HEADER_LENGTH = "tcp.hdr_len", "Header Length", Decimal;
    FLAGS = "tcp.flags", "Flags", Hex(3);
    RESERVED = "tcp.flags.res", "Reserved", Bool;
    ACCURATE_ECN = "tcp.flags.ae", "Accurate ECN", Bool;
    CWR = "tcp.flags.cwr", "Congestion Window Reduced", Bool;
    ECE = "tcp.flags.ece", "ECN-Echo", Bool;
    URG = "tcp.flags.urg", "Urgent", Bool;
    ACK = "tcp.flags.ack", "Acknowledgment", Bool;
    PUSH = "tcp.flags.push", "Push", Bool;
    RESET = "tcp.flags.reset", "Reset", Bool;
    SYN = "tcp.flags.syn", "Syn", Bool;
    FIN = "tcp.flags.fin", "Fin", Bool;
    WINDOW = "tcp.window_size_value", "Window", Decimal;
    CHECKSUM = "tcp.checksum", "Checksum", Hex(4);
    URGENT = "tcp.urgent_pointer", "Urgent Pointer", Decimal;
    OPTIONS = "tcp.options", "Options", Bytes;
    PAYLOAD = "tcp.payload", "TCP payload", Bytes;
}

/// The flags with their fields and the words of the info column.
static BITS: [(u32, &super::Field, &str); 10] = [
    (0xe00, &RESERVED, "Reserved"),
    (0x100, &ACCURATE_ECN, "AE"),
    (0x080, &CWR, "CWR"),
    (0x040, &ECE, "ECE"),
    (0x020, &URG, "URG"),
    (0x010, &ACK, "ACK"),
    (0x008, &PUSH, "PSH"),
    (0x004, &RESET, "RST"),
    (0x002, &SYN, "SYN"),
    (0x001, &FIN, "FIN"),
];

/// The names of the flags that are set, `SYN, ACK`.
pub(crate) fn flag_names(flags: u32) -> String {
    let set = BITS.iter().rev().filter(|(mask, ..)| flags & mask != 0);
    let names: Vec<_> = set.map(|(.., name)| *name).collect();
    if names.is_empty() {
        "<None>".to_owned()
    } else {
        names.join(", ")
    }
}

impl Dissection<'_> {
    pub(super) fn tcp(&mut self, p: usize) -> Step {
        let header = self
            .u8(p + 12)
            .map_or(20, |words| usize::from(words >> 4) * 4);
        let index = self.protocol(&PROTOCOL, p, header.max(20))?;
        let payload = self.data.len().saturating_sub(p + header);
        self.nest(|d| d.tcp_header(p, header, payload, index))?;
        if payload == 0 {
            return Ok(());
        }
        let at = p + header;
        let ports = [self.u16(p)?, self.u16(p + 2)?];
        if ports.contains(&53) {
            return self.dns_over_tcp(at);
        }
        let bytes = self.slice(at, payload)?;
        if super::tls::is_record(bytes) {
            return self.tls(at);
        }
        if super::http::is_start(bytes) {
            return self.http(at);
        }
        self.rest(at)
    }

    /// Gives the last node, one flag of the two bytes at `p`, the one byte that it stands in. The line shows
    /// it among all twelve, as Wireshark does.
    fn tcp_flag_place(&mut self, p: usize, flags: u32, mask: u32) {
        let labels = self.labels;
        let Some(node) = self.nodes.last_mut() else {
            return;
        };
        let set = flags & mask != 0;
        (node.offset, node.length) = if mask > 0xff {
            (p as u32, 1)
        } else {
            (p as u32 + 1, 1)
        };
        node.mask = None;
        if !labels {
            return;
        }
        let (bits, title) = (super::node::bits(flags, mask, 12), node.field.title);
        let last = self.nodes.len().wrapping_sub(1);
        let words = if set { "Set" } else { "Not set" };
        self.label(last, format_args!("{bits} = {title}: {words}"));
    }

    fn tcp_header(&mut self, p: usize, header: usize, payload: usize, index: usize) -> Step {
        let source = self.number(&SOURCE, p, 2)?;
        let destination = self.number(&DESTINATION, p + 2, 2)?;
        self.label(
            index,
            format_args!(
                "Transmission Control Protocol, Src Port: {source}, Dst Port: {destination}"
            ),
        );
        let place = self.context.stream;
        if let Some(place) = place {
            self.generated(&STREAM, p, Value::Unsigned(place.stream.into()))?;
        }
        if header < 20 {
            self.remark(
                p + 12,
                format_args!("Bogus TCP header length ({header}, must be at least 20)"),
            )?;
            return Err(Cut::Wrong);
        }
        self.generated(&LENGTH, p + 12, Value::Unsigned(payload as u64))?;
        let flags = u32::from(self.u16(p + 12)? & 0x0fff);
        // Relative to the start of the conversation, where that is known.
        let (raw, raw_acknowledgment) = (self.u32(p + 4)?, self.u32(p + 8)?);
        let (sequence, acknowledgment, note) = match place {
            Some(place) => (
                raw.wrapping_sub(place.sequence),
                raw_acknowledgment.wrapping_sub(place.acknowledgment),
                "    (relative sequence number)",
            ),
            None => (raw, raw_acknowledgment, ""),
        };
        let has_acknowledgment = flags & 0x10 != 0;
        let acknowledgment = if has_acknowledgment || place.is_none() {
            acknowledgment
        } else {
            0
        };
        self.add(&SEQUENCE, p + 4, 4, Value::Unsigned(sequence.into()))?;
        self.after_last(format_args!("{note}"));
        self.number(&RAW_SEQUENCE, p + 4, 4)?;
        let counts = payload as u32 + u32::from(flags & 2 != 0) + u32::from(flags & 1 != 0);
        let next = Value::Unsigned(sequence.wrapping_add(counts).into());
        self.generated(&NEXT_SEQUENCE, p + 4, next)?;
        self.add(
            &ACKNOWLEDGMENT,
            p + 8,
            4,
            Value::Unsigned(acknowledgment.into()),
        )?;
        self.number(&RAW_ACKNOWLEDGMENT, p + 8, 4)?;
        self.label(
            index,
            format_args!(
                "Transmission Control Protocol, Src Port: {source}, Dst Port: {destination}, \
                 Seq: {sequence}, {}Len: {payload}",
                if has_acknowledgment {
                    format!("Ack: {acknowledgment}, ")
                } else {
                    String::new()
                },
            ),
        );
        let words = self.bits(&HEADER_LENGTH, p + 12, 1, 0xf0)?;
        if let Some(node) = self.nodes.last_mut() {
            node.value = Value::Unsigned(header as u64);
        }
        let last = self.nodes.len().wrapping_sub(1);
        self.label(
            last,
            format_args!("{words:04b} .... = Header Length: {header} bytes ({words})"),
        );
        let at = self.add(&FLAGS, p + 12, 2, Value::Unsigned(flags.into()))?;
        self.label(
            at,
            format_args!("Flags: 0x{flags:03x} ({})", flag_names(flags)),
        );
        self.nest(|d| {
            for (mask, field, _) in BITS {
                d.bits(field, p + 12, 2, mask)?;
                d.tcp_flag_place(p + 12, flags, mask);
            }
            Ok(())
        })?;
        self.number(&WINDOW, p + 14, 2)?;
        self.number(&CHECKSUM, p + 16, 2)?;
        // Not checked: what a host sends itself carries a partial checksum, which the device would complete.
        self.after_last(format_args!(" [unverified]"));
        self.number(&URGENT, p + 18, 2)?;
        if header > 20 {
            let length = header - 20;
            let at = self.add(&OPTIONS, p + 20, length, Value::Bytes)?;
            let words = self.nest(|d| d.tcp_options(p + 20, p + header))?;
            self.label(at, format_args!("Options: ({length} bytes){words}"));
        }
        if payload > 0 {
            let at = self.add(&PAYLOAD, p + header, payload, Value::Bytes)?;
            self.label(at, format_args!("TCP payload ({payload} bytes)"));
        }
        Ok(())
    }
}
