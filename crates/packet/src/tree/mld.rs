//! Multicast listener discovery of both versions (RFC 2710, RFC 3810).

use super::build::{Dissection, Step};
use super::field::{Value, fields};
use super::icmpv6::RESERVED;
use super::igmp::RECORDS;

fields! {
    MAX_DELAY = "icmpv6.mld.maximum_response_delay", "Maximum Response Delay [ms]", Decimal;
    ADDRESS = "icmpv6.mld.multicast_address", "Multicast Address", Ipv6;
    SUPPRESS = "icmpv6.mld.flag.s", "Suppress Router-Side Processing", Bool;
    ROBUSTNESS = "icmpv6.mld.flag.qrv", "QRV (Querier's Robustness Variable)", Decimal;
    INTERVAL = "icmpv6.mld.qqi", "QQIC (Querier's Query Interval Code)", Decimal;
    SOURCES = "icmpv6.mld.nb_sources", "Number of Sources", Decimal;
    SOURCE = "icmpv6.mld.source_address", "Source Address", Ipv6;
    RECORD_COUNT = "icmpv6.mldr.nb_mcast_records", "Number of Multicast Address Records", Decimal;
    RECORD = "icmpv6.mldr.mar", "Multicast Address Record", Protocol;
    RECORD_TYPE = "icmpv6.mldr.mar.record_type", "Record Type", Decimal, RECORDS;
    AUXILIARY = "icmpv6.mldr.mar.aux_data_len", "Aux Data Len", Decimal;
    RECORD_SOURCES = "icmpv6.mldr.mar.nb_sources", "Number of Sources", Decimal;
    RECORD_ADDRESS = "icmpv6.mldr.mar.multicast_address", "Multicast Address", Ipv6;
    RECORD_SOURCE = "icmpv6.mldr.mar.source_address", "Source Address", Ipv6;
    AUXILIARY_DATA = "icmpv6.mldr.mar.auxiliary_data", "Auxiliary Data", Bytes;
}

impl Dissection<'_> {
    /// The message of type `kind` at `p`, behind its checksum.
    pub(super) fn mld(&mut self, p: usize, kind: u8) -> Step {
        if kind == 143 {
            return self.mld_report2(p);
        }
        self.number(&MAX_DELAY, p + 4, 2)?;
        self.bytes(&RESERVED, p + 6, 2)?;
        self.ipv6_address(&ADDRESS, p + 8)?;
        // A longer query is of version 2.
        if kind != 130 || self.remaining(p) < 28 {
            return Ok(());
        }
        self.bits(&SUPPRESS, p + 24, 1, 0x08)?;
        self.bits(&ROBUSTNESS, p + 24, 1, 0x07)?;
        self.number(&INTERVAL, p + 25, 1)?;
        let sources = self.number(&SOURCES, p + 26, 2)? as usize;
        for i in 0..sources {
            self.ipv6_address(&SOURCE, p + 28 + 16 * i)?;
        }
        Ok(())
    }

    fn mld_report2(&mut self, p: usize) -> Step {
        self.bytes(&RESERVED, p + 4, 2)?;
        let records = self.number(&RECORD_COUNT, p + 6, 2)?;
        let mut at = p + 8;
        for _ in 0..records {
            let auxiliary = usize::from(self.u8(at + 1)?) * 4;
            let sources = usize::from(self.u16(at + 2)?);
            let length = 20 + 16 * sources + auxiliary;
            let index = self.add(&RECORD, at, length, Value::None)?;
            let kind = self.u8(at)?;
            let name = RECORD_TYPE.value_name(kind.into()).unwrap_or("Unknown");
            let address = std::net::Ipv6Addr::from(self.array::<16>(at + 4)?);
            self.label(
                index,
                format_args!("Multicast Address Record {name}: {address}"),
            );
            self.nest(|d| {
                d.number(&RECORD_TYPE, at, 1)?;
                d.number(&AUXILIARY, at + 1, 1)?;
                d.number(&RECORD_SOURCES, at + 2, 2)?;
                d.ipv6_address(&RECORD_ADDRESS, at + 4)?;
                for i in 0..sources {
                    d.ipv6_address(&RECORD_SOURCE, at + 20 + 16 * i)?;
                }
                if auxiliary > 0 {
                    d.bytes(&AUXILIARY_DATA, at + 20 + 16 * sources, auxiliary)?;
                }
                Ok(())
            })?;
            at += length;
        }
        Ok(())
    }
}
