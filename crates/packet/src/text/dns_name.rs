//! Domain names: labels, compression and what is wrong with them.

use super::Options;
use super::flows::Flows;
use super::walk::{Cut, Step, Walk, put};

/// Characters of a name that are printed.
const LONGEST_NAME: usize = 255;

/// The two high bits of a label's first byte.
const KIND: u8 = 0xc0;
const POINTER: u8 = 0xc0;
const EXTENDED: u8 = 0x40;
const LABEL: u8 = 0x00;

/// The only extended label that was ever defined: a string of bits (RFC 2673).
const BIT_STRING: u8 = 1;

/// A domain name, for those who want it without a line around it.
pub(crate) struct DomainName {
    /// Its labels with dots between them; `<Root>` if there are none.
    pub(crate) text: String,
    /// Where it ends.
    pub(crate) end: usize,
}

impl DomainName {
    /// The name at `p` in the message at `message`; `None` if it is cut short or wrong. `labels_left` bounds
    /// what a message of many names costs.
    pub(crate) fn read(
        data: &[u8],
        p: usize,
        message: usize,
        labels_left: &mut u32,
    ) -> Option<Self> {
        let (mut out, mut flows, options) = (Vec::new(), Flows::default(), Options::default());
        let mut walk = Walk::new(data, &mut out, &mut flows, &options);
        walk.labels_left = *labels_left;
        let end = walk.domain_name(p, message).ok()?;
        // A name follows at most as many labels as it has characters.
        *labels_left = walk.labels_left.checked_sub(out.len() as u32)?;
        if end > data.len() {
            return None;
        }
        if out.len() > 1 && out.last() == Some(&b'.') {
            out.pop();
        }
        let text = String::from_utf8_lossy(&out).into_owned();
        let text = if text == "." {
            "<Root>".to_owned()
        } else {
            text
        };
        Some(Self { text, end })
    }
}

impl Walk<'_> {
    /// Where the name at `p` ends, without following pointers. `None` if it is cut short or wrong.
    pub(super) fn skip_name(&self, p: usize) -> Option<usize> {
        let mut at = p;
        loop {
            let first = self.u8(at).ok()?;
            at += 1;
            match first & KIND {
                _ if first == 0 => return Some(at),
                POINTER => return Some(at + 1),
                LABEL => at += usize::from(first),
                EXTENDED if first & !KIND == BIT_STRING => at += 1 + self.bit_bytes(at).ok()?,
                _ => return None,
            }
        }
    }

    /// The bytes of a bit string whose number of bits is at `p`.
    fn bit_bytes(&self, p: usize) -> Step<usize> {
        Ok(match self.u8(p)? {
            0 => 32,
            bits => usize::from(bits).div_ceil(8),
        })
    }

    /// How far a label's data reaches behind its first byte. Prints what is wrong with a wrong one.
    fn label_length(&mut self, p: usize) -> Step<usize> {
        let first = self.u8(p)?;
        match first & KIND {
            EXTENDED if first & !KIND == BIT_STRING => Ok(self.bit_bytes(p + 1)? + 1),
            EXTENDED => {
                put!(self, "<ELT {}>", first & !KIND);
                Err(Cut::Layer)
            }
            POINTER | LABEL => Ok(first.into()),
            _ => {
                self.put("<BAD LABEL TYPE>");
                Err(Cut::Layer)
            }
        }
    }

    /// Prints the name at `p` in the message at `message`. Returns where it ends. Pointers must lead
    /// backwards, so that this ends for any input.
    pub(super) fn domain_name(&mut self, p: usize, message: usize) -> Step<usize> {
        let mut length = self.label_length(p)?;
        let mut first = self.u8(p)?;
        let mut at = p + 1;
        if first == 0 {
            self.put(".");
            return Ok(at);
        }
        if first & KIND == POINTER {
            self.need_here(at, 1)?;
        }
        let mut furthest = p.wrapping_sub(message);
        // Where the name ends; known for sure at the first pointer.
        let mut end = None;
        let mut printed = 0;

        while first != 0 && at < self.data.len() {
            match first & KIND {
                POINTER => {
                    end = end.or(Some(at + 1));
                    let offset = usize::from(first & !KIND) << 8 | usize::from(self.u8(at)?);
                    if offset >= furthest {
                        self.put("<BAD PTR>");
                        return Err(Cut::Layer);
                    }
                    furthest = offset;
                    at = message + offset;
                    first = self.u8(at)?;
                    length = self.label_length(at)?;
                    at += 1;
                    continue;
                }
                LABEL => {
                    if printed < LONGEST_NAME {
                        self.characters(at, length.min(LONGEST_NAME - printed))?;
                    }
                    printed += length;
                }
                _ => self.bit_string(at)?,
            }
            at += length;
            if printed <= LONGEST_NAME {
                self.put(".");
            }
            printed += 1;
            if printed > LONGEST_NAME && end.is_some() {
                // Nothing of the rest is printed, and where the name ends is known: the rest is only
                // followed to see whether it is wrong.
                if self.labels_left == 0 {
                    break;
                }
                self.labels_left -= 1;
            }
            first = self.u8(at)?;
            length = self.label_length(at)?;
            at += 1;
        }
        if printed > LONGEST_NAME {
            self.put("<DOMAIN NAME TOO LONG>");
        }
        Ok(end.unwrap_or(at))
    }

    /// A string of bits as hexadecimal: `\[xff/8]`.
    fn bit_string(&mut self, p: usize) -> Step {
        let bits = match self.u8(p)? {
            0 => 256,
            bits => u32::from(bits),
        };
        self.put("\\[x");
        let mut at = p + 1;
        let mut left = bits;
        let limit = p + 1 + bits.div_ceil(4) as usize;
        while at < limit && left > 7 {
            self.hex_bytes(at, 1, None).map_err(|_| Cut::Whole)?;
            at += 1;
            left -= 8;
        }
        if left > 4 {
            let last = self.u8(at).map_err(|_| Cut::Whole)?;
            self.hex(u32::from(last) & (0xff << (8 - left)), 2);
        } else if left > 0 {
            let last = self.u8(at).map_err(|_| Cut::Whole)?;
            self.hex(u32::from(last >> 4) & (0xf << (4 - left)), 1);
        }
        put!(self, "/{bits}]");
        Ok(())
    }
}
