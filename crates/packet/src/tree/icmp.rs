//! ICMP for IPv4.

use super::build::{Cut, Dissection, Step};
use super::field::{Value, fields};
use super::ipv4::{STATUS, checksum_note};
use crate::text::checksum;
use crate::tree::Names;

pub(crate) const TYPES: Names = &[
    (0, "Echo (ping) reply"),
    (3, "Destination unreachable"),
    (4, "Source quench (flow control)"),
    (5, "Redirect"),
    (8, "Echo (ping) request"),
    (9, "Router advertisement"),
    (10, "Router solicitation"),
    (11, "Time-to-live exceeded"),
    (12, "Parameter problem"),
    (13, "Timestamp request"),
    (14, "Timestamp reply"),
    (17, "Address mask request"),
    (18, "Address mask reply"),
];

const UNREACHABLE: Names = &[
    (0, "Network unreachable"),
    (1, "Host unreachable"),
    (2, "Protocol unreachable"),
    (3, "Port unreachable"),
    (4, "Fragmentation needed"),
    (5, "Source route failed"),
    (6, "Destination network unknown"),
    (7, "Destination host unknown"),
    (8, "Source host isolated"),
    (9, "Network administratively prohibited"),
    (10, "Host administratively prohibited"),
    (11, "Network unreachable for TOS"),
    (12, "Host unreachable for TOS"),
    (13, "Communication administratively filtered"),
    (14, "Host precedence violation"),
    (15, "Precedence cutoff in effect"),
];
const REDIRECTS: Names = &[
    (0, "Redirect for network"),
    (1, "Redirect for host"),
    (2, "Redirect for TOS and network"),
    (3, "Redirect for TOS and host"),
];
const EXCEEDED: Names = &[
    (0, "Time to live exceeded in transit"),
    (1, "Fragment reassembly time exceeded"),
];
const PROBLEMS: Names = &[
    (0, "Pointer indicates the error"),
    (1, "Required option missing"),
    (2, "Bad length"),
];

fields! {
    PROTOCOL = "icmp", "Internet Control Message Protocol", Protocol;
    TYPE = "icmp.type", "Type", Decimal, TYPES;
    CODE = "icmp.code", "Code", Decimal;
    CHECKSUM = "icmp.checksum", "Checksum", Hex(4);
    CHECKSUM_STATUS = "icmp.checksum.status", "Checksum Status", Decimal, STATUS;
    ID = "icmp.ident", "Identifier (BE)", Decimal;
    ID_LITTLE = "icmp.ident_le", "Identifier (LE)", Decimal;
    SEQUENCE = "icmp.seq", "Sequence Number (BE)", Decimal;
    SEQUENCE_LITTLE = "icmp.seq_le", "Sequence Number (LE)", Decimal;
    UNUSED = "icmp.unused", "Unused", Bytes;
    MTU = "icmp.mtu", "MTU of next hop", Decimal;
    GATEWAY = "icmp.redir_gw", "Gateway Address", Ipv4;
    POINTER = "icmp.pointer", "Pointer", Decimal;
    ORIGINATE = "icmp.originate_timestamp", "Originate Timestamp", Decimal;
    RECEIVE = "icmp.receive_timestamp", "Receive Timestamp", Decimal;
    TRANSMIT = "icmp.transmit_timestamp", "Transmit Timestamp", Decimal;
}

/// What a code says of a message of this type.
pub(crate) fn code_name(kind: u8, code: u8) -> Option<&'static str> {
    let names = match kind {
        3 => UNREACHABLE,
        5 => REDIRECTS,
        11 => EXCEEDED,
        12 => PROBLEMS,
        _ => return None,
    };
    names
        .iter()
        .find(|(number, _)| *number == u32::from(code))
        .map(|(_, name)| *name)
}

impl Dissection<'_> {
    pub(super) fn icmp(&mut self, p: usize) -> Step {
        let length = self.remaining(p);
        self.protocol(&PROTOCOL, p, length)?;
        let kind = self.u8(p)?;
        self.nest(|d| {
            d.number(&TYPE, p, 1)?;
            let code = d.u8(p + 1)?;
            d.number(&CODE, p + 1, 1)?;
            if let Some(name) = code_name(kind, code) {
                d.after_last(format_args!(" ({name})"));
            }
            d.message_checksum(&CHECKSUM, &CHECKSUM_STATUS, p)?;
            match kind {
                0 | 8 | 13 | 14 | 17 | 18 => d.icmp_query(p, kind),
                3..=5 | 11 | 12 => d.icmp_error(p, kind, code),
                _ => d.rest(p + 4),
            }
        })
    }

    /// A checksum over all from `p` to the end, at `p + 2`.
    pub(super) fn message_checksum(
        &mut self,
        field: &'static super::Field,
        status_field: &'static super::Field,
        p: usize,
    ) -> Step {
        let bytes = self.slice(p, self.remaining(p))?;
        let status = match checksum(&[bytes]) {
            _ if self.cut_short => 2,
            0 => 1,
            _ => 0,
        };
        self.number(field, p + 2, 2)?;
        self.after_last(format_args!("{}", checksum_note(status)));
        self.generated(status_field, p + 2, Value::Unsigned(status))
    }

    fn icmp_query(&mut self, p: usize, kind: u8) -> Step {
        let (id, sequence) = (self.u16(p + 4)?, self.u16(p + 6)?);
        self.number(&ID, p + 4, 2)?;
        self.after_last(format_args!(" (0x{id:04x})"));
        self.add(
            &ID_LITTLE,
            p + 4,
            2,
            Value::Unsigned(id.swap_bytes().into()),
        )?;
        self.after_last(format_args!(" (0x{:04x})", id.swap_bytes()));
        self.number(&SEQUENCE, p + 6, 2)?;
        self.after_last(format_args!(" (0x{sequence:04x})"));
        self.add(
            &SEQUENCE_LITTLE,
            p + 6,
            2,
            Value::Unsigned(sequence.swap_bytes().into()),
        )?;
        self.after_last(format_args!(" (0x{:04x})", sequence.swap_bytes()));
        if matches!(kind, 13 | 14) {
            self.number(&ORIGINATE, p + 8, 4)?;
            self.number(&RECEIVE, p + 12, 4)?;
            self.number(&TRANSMIT, p + 16, 4)?;
            return Ok(());
        }
        self.rest(p + 8)
    }

    fn icmp_error(&mut self, p: usize, kind: u8, code: u8) -> Step {
        match (kind, code) {
            (3, 4) => {
                self.bytes(&UNUSED, p + 4, 2)?;
                self.number(&MTU, p + 6, 2)?;
            }
            (5, _) => {
                self.ipv4_address(&GATEWAY, p + 4)?;
            }
            (12, _) => {
                self.number(&POINTER, p + 4, 1)?;
            }
            _ => self.bytes(&UNUSED, p + 4, 4)?,
        }
        self.quoted(|d| d.ipv4(p + 8))
    }

    /// A packet that an error quotes: only its start is there, which is nothing wrong.
    pub(super) fn quoted(&mut self, inside: impl FnOnce(&mut Self) -> Step) -> Step {
        let innermost = self.innermost;
        let result = inside(self);
        self.innermost = innermost;
        match result {
            Err(Cut::Short | Cut::Wrong) => Ok(()),
            result => result,
        }
    }
}
