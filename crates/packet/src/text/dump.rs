//! Bytes in hexadecimal, as tcpdump prints what it does not understand and what `-x` and `-X` add.

use super::Dump;
use super::walk::{Cut, Step, Walk, hex_digit};

impl Walk<'_> {
    /// What tcpdump prints for a payload that it does not know: hexadecimal and ASCII.
    pub(super) fn dump_unknown(&mut self, p: usize, length: u32) -> Step {
        self.dump("\n\t", p, length, true)
    }

    /// The same at the link layer, where it is left out if all bytes are printed after the line anyway.
    pub(super) fn dump_frame(&mut self, p: usize, length: u32) -> Step {
        match self.options.dump {
            Dump::None => self.dump_unknown(p, length),
            _ => Ok(()),
        }
    }

    /// Up to `length` bytes at `p` in rows of sixteen, each row after `indent`. Fails, after printing what
    /// there is, if fewer are captured.
    pub(super) fn dump(&mut self, indent: &str, p: usize, length: u32, ascii: bool) -> Step {
        let captured = self.data.get(p..).unwrap_or_default();
        let bytes = captured.get(..length as usize).unwrap_or(captured);
        for (row, bytes) in bytes.chunks(16).enumerate() {
            self.put(indent);
            self.put_hex("0x", (row * 16) as u32, 4);
            self.put(": ");
            for pair in bytes.chunks(2) {
                self.put(" ");
                for byte in pair {
                    self.out.extend([hex_digit(byte >> 4), hex_digit(*byte)]);
                }
            }
            if ascii {
                // A full row is eight groups of a space and four digits.
                let width = bytes.len() / 2 * 5 + bytes.len() % 2 * 3;
                for _ in width..42 {
                    self.put(" ");
                }
                self.out.extend(
                    bytes
                        .iter()
                        .map(|byte| if byte.is_ascii_graphic() { *byte } else { b'.' }),
                );
            }
        }
        if captured.len() < length as usize {
            Err(Cut::Line)
        } else {
            Ok(())
        }
    }

    /// What tcpdump prints for an unknown part of a known message: hexadecimal without ASCII, as far as it
    /// is captured.
    pub(super) fn dump_part(&mut self, indent: &str, p: usize, length: u32) -> Step {
        self.dump(indent, p, length.min(self.remaining(p)), false)
    }
}
