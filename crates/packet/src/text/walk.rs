//! The walk over one record: reading its bytes safely and writing its line.
//!
//! Every dissector is a method on [`Walk`] in a file of its own. Offsets are from the start of the record.
//! A read past the end is not an error of ours but a fact about the packet: it returns [`Cut`], which
//! travels up with `?` and is printed at the end of the line as `[|protocol]`, as tcpdump does.

use std::fmt;

use super::Options;
use super::flows::Flows;
use crate::bytes;

/// The captured bytes ended before the field that was wanted. tcpdump handles it in one of two ways, which
/// show in packets inside packets and in where `-x` starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    /// The line ends here.
    Line,
    /// The layer ends here; the one around it goes on. See [`Walk::layer`].
    Layer,
    /// The line ends here, even where a dissector makes of [`Cut::Line`] the end of its layer.
    Whole,
}

impl Cut {
    /// The end of the line as the end of a layer.
    pub(super) fn of_layer(self) -> Self {
        match self {
            Self::Line | Self::Layer => Self::Layer,
            Self::Whole => Self::Whole,
        }
    }
}

/// The result of a dissector.
pub(super) type Step<T = ()> = Result<T, Cut>;

/// Packets inside packets deeper than this are not followed: the stack of a browser is small. tcpdump
/// has no such limit; real traffic has three or four.
const MAX_DEPTH: u8 = 32;

/// See [`Walk::labels_left`].
const MOST_LABELS: u32 = 100_000;

/// One record being turned into text.
pub(super) struct Walk<'a> {
    /// The captured bytes that may be read. Shortened while a dissector knows a smaller length.
    pub(super) data: &'a [u8],
    /// The line so far. Only printable ASCII, tabs and newlines are ever pushed.
    pub(super) out: &'a mut Vec<u8>,
    /// The protocol to name when the packet is cut short.
    pub(super) protocol: &'static str,
    /// First sequence numbers of the TCP conversations seen so far.
    pub(super) flows: &'a mut Flows,
    /// What to print.
    pub(super) options: &'a Options,
    depth: u8,
    /// How many more labels of domain names are followed that are not printed. The bound keeps messages
    /// whose records all point at one long chain of labels from costing seconds.
    pub(super) labels_left: u32,
}

impl<'a> Walk<'a> {
    pub(super) fn new(
        data: &'a [u8],
        out: &'a mut Vec<u8>,
        flows: &'a mut Flows,
        options: &'a Options,
    ) -> Self {
        Self {
            data,
            out,
            protocol: "",
            flows,
            options,
            depth: 0,
            labels_left: MOST_LABELS,
        }
    }

    /// Is detail wanted (`-v`)?
    pub(super) fn verbose(&self) -> bool {
        self.options.verbose > 0
    }

    // Reading.

    /// Are `length` bytes at `p` captured?
    pub(super) fn has(&self, p: usize, length: usize) -> bool {
        p.checked_add(length)
            .is_some_and(|end| end <= self.data.len())
    }

    /// Ends the line unless `length` bytes at `p` are captured.
    pub(super) fn need(&self, p: usize, length: usize) -> Step {
        if self.has(p, length) {
            Ok(())
        } else {
            Err(Cut::Line)
        }
    }

    /// Ends the layer unless `length` bytes at `p` are captured.
    pub(super) fn need_here(&self, p: usize, length: usize) -> Step {
        if self.has(p, length) {
            Ok(())
        } else {
            Err(Cut::Layer)
        }
    }

    /// Runs a dissector. If its layer ends early, that is marked and the layer around it goes on.
    pub(super) fn layer(&mut self, inside: impl FnOnce(&mut Self) -> Step) -> Step {
        match inside(self) {
            Err(Cut::Layer) => {
                self.truncated();
                Ok(())
            }
            result => result,
        }
    }

    /// How many bytes are captured from `p` on.
    pub(super) fn remaining(&self, p: usize) -> u32 {
        self.data.len().saturating_sub(p) as u32
    }

    /// A fixed number of bytes at `p`.
    pub(super) fn array<const N: usize>(&self, p: usize) -> Step<[u8; N]> {
        bytes::array(self.data, p).ok_or(Cut::Line)
    }

    /// `length` bytes at `p`.
    pub(super) fn slice(&self, p: usize, length: usize) -> Step<&'a [u8]> {
        bytes::slice(self.data, p, length).ok_or(Cut::Line)
    }

    pub(super) fn u8(&self, p: usize) -> Step<u8> {
        self.data.get(p).copied().ok_or(Cut::Line)
    }

    pub(super) fn u16(&self, p: usize) -> Step<u16> {
        self.array(p).map(u16::from_be_bytes)
    }

    pub(super) fn u24(&self, p: usize) -> Step<u32> {
        self.array(p)
            .map(|[a, b, c]| u32::from_be_bytes([0, a, b, c]))
    }

    pub(super) fn u32(&self, p: usize) -> Step<u32> {
        self.array(p).map(u32::from_be_bytes)
    }

    pub(super) fn u64(&self, p: usize) -> Step<u64> {
        self.array(p).map(u64::from_be_bytes)
    }

    /// Runs `inside` one packet deeper, or says that it is nested too deeply.
    pub(super) fn deeper(&mut self, inside: impl FnOnce(&mut Self) -> Step) -> Step {
        if self.depth >= MAX_DEPTH {
            self.put(" [nested too deeply]");
            return Ok(());
        }
        self.depth += 1;
        let result = inside(self);
        self.depth -= 1;
        result
    }

    /// Runs `inside` with the readable bytes ending `length` bytes after `p` at the latest.
    pub(super) fn within(
        &mut self,
        p: usize,
        length: u32,
        inside: impl FnOnce(&mut Self) -> Step,
    ) -> Step {
        let outer = self.data;
        self.shorten(p, length);
        let result = inside(self);
        self.data = outer;
        result
    }

    /// Lets the readable bytes end `length` bytes after `p` at the latest.
    pub(super) fn shorten(&mut self, p: usize, length: u32) {
        let end = p.saturating_add(length as usize).min(self.data.len());
        self.data = self.data.get(..end).unwrap_or(self.data);
    }

    // Writing.

    /// Text of our own.
    #[inline]
    pub(super) fn put(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    /// A decimal number.
    pub(super) fn num(&mut self, value: impl Into<u32>) {
        let mut value = value.into();
        let start = self.out.len();
        let digits = value.checked_ilog10().unwrap_or(0) as usize + 1;
        self.out.resize(start + digits, b'0');
        for place in self.out.iter_mut().rev().take(digits) {
            *place = b'0' + (value % 10) as u8;
            value /= 10;
        }
    }

    /// A decimal number after a label.
    #[inline]
    pub(super) fn put_num(&mut self, label: &str, value: impl Into<u32>) {
        self.put(label);
        self.num(value);
    }

    /// A hexadecimal number in small letters with at least `width` digits.
    pub(super) fn hex(&mut self, value: impl Into<u32>, width: usize) {
        let value = value.into();
        let digits = (8 - value.leading_zeros() as usize / 4).max(1).max(width);
        for place in (0..digits).rev() {
            let digit = if place < 8 {
                (value >> (4 * place)) & 0xf
            } else {
                0
            };
            self.out.push(hex_digit(digit as u8));
        }
    }

    /// A hexadecimal number after a label.
    pub(super) fn put_hex(&mut self, label: &str, value: impl Into<u32>, width: usize) {
        self.put(label);
        self.hex(value, width);
    }

    /// One byte of the packet's text: printable ASCII as it is, the rest as `^X`, `^?` and `M-x`.
    pub(super) fn character(&mut self, byte: u8) {
        let mut byte = byte;
        if byte >= 0x80 {
            self.put("M-");
            byte &= 0x7f;
        }
        if !(0x20..0x7f).contains(&byte) {
            self.put("^");
            byte ^= 0x40;
        }
        self.out.push(byte);
    }

    /// `length` bytes of the packet's text. If some are missing it ends the layer after the rest.
    pub(super) fn characters(&mut self, p: usize, length: usize) -> Step {
        let captured = self.data.get(p..).unwrap_or_default();
        for byte in captured.iter().take(length) {
            self.character(*byte);
        }
        if captured.len() < length {
            Err(Cut::Layer)
        } else {
            Ok(())
        }
    }

    /// Text up to a zero byte or `length` bytes; ends the line (after printing) if a byte is missing.
    pub(super) fn characters_to_zero(&mut self, p: usize, length: usize) -> Step {
        for at in p..p.saturating_add(length) {
            match self.u8(at)? {
                0 => break,
                byte => self.character(byte),
            }
        }
        Ok(())
    }

    /// A zero-terminated text in at most `length` bytes; returns the bytes used with the zero. Ends the
    /// layer (after printing) if there is no zero.
    pub(super) fn zero_terminated(&mut self, p: usize, length: usize) -> Step<usize> {
        for used in 0..length {
            match self.u8(p + used) {
                Ok(0) => return Ok(used + 1),
                Ok(byte) => self.character(byte),
                Err(_) => break,
            }
        }
        Err(Cut::Layer)
    }

    /// The mark for a packet that was cut short.
    pub(super) fn truncated(&mut self) {
        self.put(" [|");
        self.put(self.protocol);
        self.put("]");
    }

    /// The mark for a packet that contradicts its own protocol.
    pub(super) fn invalid(&mut self) {
        self.put(" (invalid)");
    }

    /// The name of the protocol in capitals.
    pub(super) fn put_protocol_caps(&mut self) {
        let name = self.protocol;
        self.out
            .extend(name.bytes().map(|byte| byte.to_ascii_uppercase()));
    }

    /// The name of `value`, or `otherwise` around it.
    pub(super) fn put_name(
        &mut self,
        names: Names,
        value: impl Into<u32>,
        otherwise: (&str, &str),
    ) {
        let value = value.into();
        match name(names, value) {
            Some(name) => self.put(name),
            None => {
                self.put_num(otherwise.0, value);
                self.put(otherwise.1);
            }
        }
    }

    /// The names of all bits that are set, or `none`.
    pub(super) fn put_bits(&mut self, names: Names, value: u32, separator: &str, none: &str) {
        let mut first = true;
        for (bits, name) in names {
            if *bits != 0 && value & bits == *bits {
                if !first {
                    self.put(separator);
                }
                self.put(name);
                first = false;
            }
        }
        if first {
            self.put(none);
        }
    }
}

impl fmt::Write for Walk<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.put(text);
        Ok(())
    }
}

/// Writes formatted text of our own into the line. For the rare forms; the common ones use [`Walk::put`].
macro_rules! put {
    ($walk:expr, $($arguments:tt)*) => {{
        // Writing into memory cannot fail.
        let _ = std::fmt::Write::write_fmt($walk, format_args!($($arguments)*));
    }};
}
pub(super) use put;

/// Values with their names.
pub(super) type Names = &'static [(u32, &'static str)];

/// The name of `value`, if it has one.
pub(super) fn name(names: Names, value: u32) -> Option<&'static str> {
    names
        .iter()
        .find(|(number, _)| *number == value)
        .map(|(_, name)| *name)
}

/// The digit of a value below 16.
pub(super) fn hex_digit(value: u8) -> u8 {
    match value & 0xf {
        value @ 0..=9 => b'0' + value,
        value => b'a' + value - 10,
    }
}
