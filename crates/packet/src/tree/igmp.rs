//! IGMP of versions 1 to 3.

use super::build::{Dissection, Step};
use super::field::{Value, fields};
use super::ipv4::STATUS;
use crate::tree::Names;

pub(crate) const TYPES: Names = &[
    (0x11, "Membership Query"),
    (0x12, "Membership Report"),
    (0x16, "Membership Report"),
    (0x17, "Leave Group"),
    (0x22, "Membership Report"),
];

/// Kinds of group records, of IGMPv3 and MLDv2 alike.
pub(super) const RECORDS: Names = &[
    (1, "Mode Is Include"),
    (2, "Mode Is Exclude"),
    (3, "Change To Include Mode"),
    (4, "Change To Exclude Mode"),
    (5, "Allow New Sources"),
    (6, "Block Old Sources"),
];

fields! {
    PROTOCOL = "igmp", "Internet Group Management Protocol", Protocol;
    VERSION = "igmp.version", "IGMP Version", Decimal;
    TYPE = "igmp.type", "Type", Hex(2), TYPES;
    MAX_RESPONSE = "igmp.max_resp", "Max Resp Time", Decimal;
    RESERVED = "igmp.reserved", "Reserved", Bytes;
    CHECKSUM = "igmp.checksum", "Checksum", Hex(4);
    CHECKSUM_STATUS = "igmp.checksum.status", "Checksum Status", Decimal, STATUS;
    GROUP = "igmp.maddr", "Multicast Address", Ipv4;
    SUPPRESS = "igmp.s", "S", Bool;
    ROBUSTNESS = "igmp.qrv", "QRV", Decimal;
    INTERVAL = "igmp.qqic", "QQIC", Decimal;
    SOURCES = "igmp.num_src", "Num Src", Decimal;
    SOURCE = "igmp.saddr", "Source Address", Ipv4;
    GROUPS = "igmp.num_grp_recs", "Num Group Records", Decimal;
    RECORD = "igmp.record", "Group Record", Protocol;
    RECORD_TYPE = "igmp.record_type", "Record Type", Decimal, RECORDS;
    AUXILIARY = "igmp.aux_data_len", "Aux Data Len", Decimal;
    AUXILIARY_DATA = "igmp.aux_data", "Aux Data", Bytes;
}

/// A time as IGMPv3 writes it: above 127 a mantissa and an exponent (RFC 3376, 4.1.1).
fn tenths_of(code: u8) -> u64 {
    let (mantissa, exponent) = (u64::from(code & 15), code >> 4 & 7);
    if code < 128 {
        code.into()
    } else {
        (mantissa | 16) << (exponent + 3)
    }
}

impl Dissection<'_> {
    pub(super) fn igmp(&mut self, p: usize) -> Step {
        let length = self.remaining(p);
        self.protocol(&PROTOCOL, p, length)?;
        let kind = self.u8(p)?;
        self.nest(|d| {
            let version = match (kind, length, d.u8(p + 1).unwrap_or(0)) {
                (0x22, ..) => 3,
                (0x11, 12.., _) => 3,
                (0x12, ..) | (0x11, _, 0) => 1,
                _ => 2,
            };
            d.generated(&VERSION, p, Value::Unsigned(version))?;
            d.number(&TYPE, p, 1)?;
            if (version == 3 && kind == 0x22) || version == 1 {
                d.bytes(&RESERVED, p + 1, 1)?;
            } else {
                let code = d.u8(p + 1)?;
                let tenths = if version == 3 {
                    tenths_of(code)
                } else {
                    code.into()
                };
                d.add(&MAX_RESPONSE, p + 1, 1, Value::Unsigned(tenths))?;
                d.label_seconds(tenths);
            }
            d.message_checksum(&CHECKSUM, &CHECKSUM_STATUS, p)?;
            if kind == 0x22 {
                return d.igmp_report3(p);
            }
            d.ipv4_address(&GROUP, p + 4)?;
            if version == 3 {
                d.bits(&SUPPRESS, p + 8, 1, 0x08)?;
                d.bits(&ROBUSTNESS, p + 8, 1, 0x07)?;
                d.number(&INTERVAL, p + 9, 1)?;
                let sources = d.number(&SOURCES, p + 10, 2)? as usize;
                for i in 0..sources {
                    d.ipv4_address(&SOURCE, p + 12 + 4 * i)?;
                }
            }
            Ok(())
        })
    }

    fn label_seconds(&mut self, tenths: u64) {
        let last = self.nodes.len().wrapping_sub(1);
        self.label(
            last,
            format_args!(
                "Max Resp Time: {}.{} sec (0x{tenths:02x})",
                tenths / 10,
                tenths % 10
            ),
        );
    }

    fn igmp_report3(&mut self, p: usize) -> Step {
        self.bytes(&RESERVED, p + 4, 2)?;
        let groups = self.number(&GROUPS, p + 6, 2)?;
        let mut at = p + 8;
        for _ in 0..groups {
            let sources = usize::from(self.u16(at + 2)?);
            let auxiliary = usize::from(self.u8(at + 1)?) * 4;
            let length = 8 + 4 * sources + auxiliary;
            let index = self.add(&RECORD, at, length, Value::None)?;
            let group = std::net::Ipv4Addr::from(self.array::<4>(at + 4)?);
            let kind = self.u8(at)?;
            let name = RECORD_TYPE.value_name(kind.into()).unwrap_or("Unknown");
            self.label(index, format_args!("Group Record : {group}  {name}"));
            self.nest(|d| {
                d.number(&RECORD_TYPE, at, 1)?;
                d.number(&AUXILIARY, at + 1, 1)?;
                d.number(&SOURCES, at + 2, 2)?;
                d.ipv4_address(&GROUP, at + 4)?;
                for i in 0..sources {
                    d.ipv4_address(&SOURCE, at + 8 + 4 * i)?;
                }
                if auxiliary > 0 {
                    d.bytes(&AUXILIARY_DATA, at + 8 + 4 * sources, auxiliary)?;
                }
                Ok(())
            })?;
            at += length;
        }
        Ok(())
    }
}
