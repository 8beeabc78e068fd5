//! TCP options.

use super::build::{Dissection, Step};
use super::field::{Value, fields};
use crate::tree::Names;

const KINDS: Names = &[
    (0, "End of Option List"),
    (1, "No-Operation"),
    (2, "Maximum Segment Size"),
    (3, "Window Scale"),
    (4, "SACK Permitted"),
    (5, "SACK"),
    (8, "Time Stamp Option"),
    (19, "MD5 Signature Option"),
    (28, "User Timeout Option"),
    (29, "The TCP Authentication Option (TCP-AO)"),
    (30, "Multipath TCP"),
    (34, "TCP Fast Open Cookie"),
    (253, "RFC3692-style Experiment 1"),
    (254, "RFC3692-style Experiment 2"),
];

fields! {
    EOL = "tcp.options.eol", "TCP Option - End of Option List (EOL)", Protocol;
    NOP = "tcp.options.nop", "TCP Option - No-Operation (NOP)", Protocol;
    MSS = "tcp.options.mss", "TCP Option - Maximum segment size", Protocol;
    WSCALE = "tcp.options.wscale", "TCP Option - Window scale", Protocol;
    SACK_PERMITTED = "tcp.options.sack_perm", "TCP Option - SACK permitted", Protocol;
    SACK = "tcp.options.sack", "TCP Option - SACK", Protocol;
    TIMESTAMP = "tcp.options.timestamp", "TCP Option - Timestamps", Protocol;
    MD5 = "tcp.options.md5", "TCP Option - TCP MD5 signature", Protocol;
    USER_TIMEOUT = "tcp.options.user_to", "TCP Option - User Timeout", Protocol;
    AUTHENTICATION = "tcp.options.ao", "TCP Option - TCP AO", Protocol;
    MULTIPATH = "tcp.options.mptcp", "TCP Option - Multipath TCP", Protocol;
    FAST_OPEN = "tcp.options.tfo", "TCP Option - Fast Open", Protocol;
    UNKNOWN = "tcp.options.unknown", "TCP Option - Unknown", Protocol;
    KIND = "tcp.option_kind", "Kind", Decimal, KINDS;
    LENGTH = "tcp.option_len", "Length", Decimal;
    MSS_VALUE = "tcp.options.mss_val", "MSS Value", Decimal;
    SHIFT = "tcp.options.wscale.shift", "Shift count", Decimal;
    MULTIPLIER = "tcp.options.wscale.multiplier", "Multiplier", Decimal;
    LEFT = "tcp.options.sack_le", "left edge", Decimal;
    RIGHT = "tcp.options.sack_re", "right edge", Decimal;
    VALUE = "tcp.options.timestamp.tsval", "Timestamp value", Decimal;
    ECHO = "tcp.options.timestamp.tsecr", "Timestamp echo reply", Decimal;
    DATA = "tcp.options.unknown.payload", "Payload", Bytes;
    WRONG = "tcp.option.len.invalid", "Invalid length for option", Protocol;
}

impl Dissection<'_> {
    /// The options from `p` to `end`. Returns what they are in short.
    pub(super) fn tcp_options(&mut self, mut p: usize, end: usize) -> Step<String> {
        let mut words = String::new();
        while p < end {
            let kind = self.u8(p)?;
            let length = if kind < 2 {
                1
            } else {
                usize::from(self.u8(p + 1)?)
            };
            if length == 0 || (kind >= 2 && length < 2) || p + length > end {
                self.add(&WRONG, p, 0, Value::None)?;
                return Ok(words);
            }
            let (field, word): (_, &str) = match kind {
                0 => (&EOL, "End of Option List (EOL)"),
                1 => (&NOP, "No-Operation (NOP)"),
                2 => (&MSS, "Maximum segment size"),
                3 => (&WSCALE, "Window scale"),
                4 => (&SACK_PERMITTED, "SACK permitted"),
                5 => (&SACK, "SACK"),
                8 => (&TIMESTAMP, "Timestamps"),
                19 => (&MD5, "TCP MD5 signature"),
                28 => (&USER_TIMEOUT, "User Timeout"),
                29 => (&AUTHENTICATION, "TCP AO"),
                30 => (&MULTIPATH, "Multipath TCP"),
                34 => (&FAST_OPEN, "Fast Open"),
                _ => (&UNKNOWN, "Unknown"),
            };
            if self.labels {
                words += ", ";
                words += word;
            }
            let index = self.add(field, p, length, Value::None)?;
            self.nest(|d| d.tcp_option(p, kind, length, index))?;
            p += length;
            if kind == 0 {
                break;
            }
        }
        Ok(words)
    }

    fn tcp_option(&mut self, p: usize, kind: u8, length: usize, index: usize) -> Step {
        self.number(&KIND, p, 1)?;
        if kind < 2 {
            return Ok(());
        }
        self.number(&LENGTH, p + 1, 1)?;
        let (data, size) = (p + 2, length - 2);
        match (kind, size) {
            (2, 2) => {
                let value = self.number(&MSS_VALUE, data, 2)?;
                self.label(
                    index,
                    format_args!("TCP Option - Maximum segment size: {value} bytes"),
                );
            }
            (3, 1) => {
                let shift = self.number(&SHIFT, data, 1)?;
                let factor = 1u64 << shift.min(14);
                let at = self.add(&MULTIPLIER, data, 1, Value::Unsigned(factor))?;
                self.label(at, format_args!("[Multiplier: {factor}]"));
                self.label(
                    index,
                    format_args!("TCP Option - Window scale: {shift} (multiply by {factor})"),
                );
            }
            (5, size) if size % 8 == 0 => {
                let base = self.context.stream.map_or(0, |place| place.acknowledgment);
                for at in (data..data + size).step_by(8) {
                    let left = self.u32(at)?.wrapping_sub(base);
                    let right = self.u32(at + 4)?.wrapping_sub(base);
                    self.add(&LEFT, at, 4, Value::Unsigned(left.into()))?;
                    self.add(&RIGHT, at + 4, 4, Value::Unsigned(right.into()))?;
                    self.after(index, format_args!(" {left}-{right}"));
                }
            }
            (8, 8) => {
                let value = self.number(&VALUE, data, 4)?;
                let echo = self.number(&ECHO, data + 4, 4)?;
                self.label(
                    index,
                    format_args!("TCP Option - Timestamps: TSval {value}, TSecr {echo}"),
                );
            }
            (_, 0) => {}
            (_, size) => self.bytes(&DATA, data, size)?,
        }
        Ok(())
    }
}
