//! NTP: version and mode (RFC 5905).

use super::walk::{Step, Walk, put};

impl Walk<'_> {
    /// The message at `p`.
    pub(super) fn ntp(&mut self, p: usize, length: u32) -> Step {
        self.protocol = "ntp";
        let first = self.u8(p)?;
        let mode = match first & 7 {
            0 => "unspecified",
            1 => "symmetric active",
            2 => "symmetric passive",
            3 => "Client",
            4 => "Server",
            5 => "Broadcast",
            6 => "Control Message",
            _ => "Reserved",
        };
        put!(self, "NTPv{}, {mode}, length {length}", first >> 3 & 7);
        Ok(())
    }
}
