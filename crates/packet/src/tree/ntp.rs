//! NTP.

use super::build::{Dissection, Step};
use super::field::{Field, Value, fields};
use crate::tree::Names;

const LEAPS: Names = &[
    (0, "no warning"),
    (1, "last minute of the day has 61 seconds"),
    (2, "last minute of the day has 59 seconds"),
    (3, "unknown (clock unsynchronized)"),
];
const VERSIONS: Names = &[
    (1, "NTP Version 1"),
    (2, "NTP Version 2"),
    (3, "NTP Version 3"),
    (4, "NTP Version 4"),
];
pub(crate) const MODES: Names = &[
    (0, "reserved"),
    (1, "symmetric active"),
    (2, "symmetric passive"),
    (3, "client"),
    (4, "server"),
    (5, "broadcast"),
    (6, "reserved for NTP control message"),
    (7, "reserved for private use"),
];

fields! {
    PROTOCOL = "ntp", "Network Time Protocol", Protocol;
    FLAGS = "ntp.flags", "Flags", Hex(2);
    LEAP = "ntp.flags.li", "Leap Indicator", Decimal, LEAPS;
    VERSION = "ntp.flags.vn", "Version number", Decimal, VERSIONS;
    MODE = "ntp.flags.mode", "Mode", Decimal, MODES;
    STRATUM = "ntp.stratum", "Peer Clock Stratum", Decimal;
    POLL = "ntp.ppoll", "Peer Polling Interval", Decimal;
    PRECISION = "ntp.precision", "Peer Clock Precision", Signed;
    ROOT_DELAY = "ntp.rootdelay", "Root Delay", Float;
    ROOT_DISPERSION = "ntp.rootdispersion", "Root Dispersion", Float;
    REFERENCE_ID = "ntp.refid", "Reference ID", Bytes;
    REFERENCE = "ntp.reftime", "Reference Timestamp", Time;
    ORIGIN = "ntp.org", "Origin Timestamp", Time;
    RECEIVE = "ntp.rec", "Receive Timestamp", Time;
    TRANSMIT = "ntp.xmt", "Transmit Timestamp", Time;
    KEY = "ntp.keyid", "Key ID", Bytes;
    CODE = "ntp.mac", "Message Authentication Code", Bytes;
}

/// Seconds from 1900, where NTP counts from, to 1970.
const EPOCH: i128 = 2_208_988_800;

impl Dissection<'_> {
    pub(super) fn ntp(&mut self, p: usize) -> Step {
        let length = self.remaining(p);
        let index = self.protocol(&PROTOCOL, p, length)?;
        self.nest(|d| {
            let flags = d.number(&FLAGS, p, 1)?;
            let version = flags >> 3 & 7;
            let mode = MODE.value_name(flags & 7).unwrap_or("unknown");
            d.label(
                index,
                format_args!("Network Time Protocol (NTP Version {version}, {mode})"),
            );
            d.nest(|d| {
                d.bits(&LEAP, p, 1, 0xc0)?;
                d.bits(&VERSION, p, 1, 0x38)?;
                d.bits(&MODE, p, 1, 0x07)
            })?;
            if flags & 7 > 5 {
                return d.rest(p + 1);
            }
            d.number(&STRATUM, p + 1, 1)?;
            d.number(&POLL, p + 2, 1)?;
            let precision = d.u8(p + 3)?.cast_signed();
            d.add(&PRECISION, p + 3, 1, Value::Signed(precision.into()))?;
            for (field, at) in [(&ROOT_DELAY, p + 4), (&ROOT_DISPERSION, p + 8)] {
                let value = f64::from(d.u32(at)?) / 65_536.0;
                d.add(field, at, 4, Value::Float(value))?;
            }
            d.bytes(&REFERENCE_ID, p + 12, 4)?;
            let stamps: [&'static Field; 4] = [&REFERENCE, &ORIGIN, &RECEIVE, &TRANSMIT];
            for (i, field) in stamps.into_iter().enumerate() {
                d.ntp_stamp(field, p + 16 + 8 * i)?;
            }
            match d.remaining(p + 48) {
                rest @ (20 | 24) => {
                    d.bytes(&KEY, p + 48, 4)?;
                    d.bytes(&CODE, p + 52, rest - 4)
                }
                _ => d.rest(p + 48),
            }
        })
    }

    fn ntp_stamp(&mut self, field: &'static Field, p: usize) -> Step {
        let (seconds, fraction) = (self.u32(p)?, self.u32(p + 4)?);
        // The upper half of the numbers is of the time until 2036, the lower of that after it.
        let era = if seconds & 0x8000_0000 == 0 {
            1i128 << 32
        } else {
            0
        };
        let nanoseconds = (i128::from(fraction) * 1_000_000_000) >> 32;
        let at = (i128::from(seconds) + era - EPOCH) * 1_000_000_000 + nanoseconds;
        let index = self.add(field, p, 8, Value::Time(at))?;
        if seconds == 0 && fraction == 0 {
            self.label(index, format_args!("{}: NULL", field.title));
        }
        Ok(())
    }
}
