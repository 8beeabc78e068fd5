//! LLDP: the system's name (IEEE 802.1AB).

use super::walk::{Cut, Step, Walk, put};

const SYSTEM_NAME: u16 = 5;

impl Walk<'_> {
    /// The message at `p`.
    pub(super) fn lldp(&mut self, p: usize, length: u32) -> Step {
        self.protocol = "lldp";
        self.layer(|walk| walk.lldp_message(p, length))
    }

    fn lldp_message(&mut self, p: usize, length: u32) -> Step {
        put!(self, "LLDP, length {length}");
        let mut at = p;
        let mut left = length as usize;
        while left >= 2 {
            self.need_here(at, 2)?;
            let head = self.u16(at)?;
            let (kind, size) = (head >> 9, usize::from(head & 0x1ff));
            at += 2;
            left -= 2;
            if kind == 0 || size == 0 {
                break;
            }
            self.need_here(at, size)?;
            if left < size {
                return Err(Cut::Layer);
            }
            if kind == SYSTEM_NAME {
                self.put(": ");
                self.characters_to_zero(at, size)?;
            }
            at += size;
            left -= size;
        }
        Ok(())
    }
}
