//! ARP, RARP and inverse ARP.

use super::ethertype;
use super::walk::{Names, Step, Walk, put};

const HARDWARE: Names = &[
    (1, "Ethernet"),
    (6, "TokenRing"),
    (7, "ArcNet"),
    (15, "FrameRelay"),
    (23, "Strip"),
    (24, "IEEE 1394"),
    (19, "ATM"),
    (32, "InfiniBand"),
];

const OPERATIONS: Names = &[
    (1, "Request"),
    (2, "Reply"),
    (3, "Reverse Request"),
    (4, "Reverse Reply"),
    (8, "Inverse Request"),
    (9, "Inverse Reply"),
    (10, "NACK Reply"),
];

/// Bytes before the addresses.
const HEADER_LENGTH: usize = 8;

impl Walk<'_> {
    /// The message at `p`.
    pub(super) fn arp(&mut self, p: usize, length: u32) -> Step {
        self.protocol = "arp";
        self.need(p, HEADER_LENGTH)?;
        let hardware = self.u16(p)?;
        let protocol = self.u16(p + 2)?;
        let hardware_length = usize::from(self.u8(p + 4)?);
        let protocol_length = usize::from(self.u8(p + 5)?);
        let operation = self.u16(p + 6)?;
        let sender = p + HEADER_LENGTH;
        let sender_protocol = sender + hardware_length;
        let target = sender_protocol + protocol_length;
        let target_protocol = target + hardware_length;
        self.need(target_protocol, protocol_length)?;
        if !self.options.link {
            self.put("ARP, ");
        }
        let ip = protocol == ethertype::IPV4 || protocol == ethertype::TRAIL;
        let usual = ip && protocol_length == 4 && hardware_length != 0;
        if !usual || self.verbose() {
            self.put_name(HARDWARE, hardware, ("Unknown Hardware (", ")"));
            put!(self, " (len {hardware_length}), ");
            match super::walk::name(ethertype::NAMES, protocol.into()) {
                Some(name) => self.put(name),
                None => put!(self, "Unknown Protocol (0x{protocol:04x})"),
            }
            put!(self, " (len {protocol_length})");
            if !self.verbose() {
                put!(self, ", length {length}");
                return Ok(());
            }
            self.put(", ");
        }
        self.put_name(OPERATIONS, operation, ("Unknown (", ")"));
        self.put(" ");
        let address = |walk: &mut Self, at| {
            if !ip {
                walk.put("<wrong proto type>");
            } else if protocol_length != 4 {
                walk.put("<wrong len>");
            } else {
                return walk.ipv4_address(at);
            }
            Ok(())
        };
        match operation {
            1 => {
                self.put("who-has ");
                address(self, target_protocol)?;
                if self
                    .slice(target, hardware_length)?
                    .iter()
                    .any(|byte| *byte != 0)
                {
                    self.put(" (");
                    self.hardware_address(target, hardware_length)?;
                    self.put(")");
                }
                self.put(" tell ");
                address(self, sender_protocol)?;
            }
            2 => {
                address(self, sender_protocol)?;
                self.put(" is-at ");
                self.hardware_address(sender, hardware_length)?;
            }
            3 | 8 => {
                self.put("who-is ");
                self.hardware_address(target, hardware_length)?;
                self.put(" tell ");
                self.hardware_address(sender, hardware_length)?;
            }
            4 => {
                self.hardware_address(target, hardware_length)?;
                self.put(" at ");
                address(self, target_protocol)?;
            }
            9 => {
                self.hardware_address(sender, hardware_length)?;
                self.put(" at ");
                address(self, sender_protocol)?;
            }
            _ => {
                self.dump_unknown(p, self.remaining(p))?;
                return Ok(());
            }
        }
        put!(self, ", length {length}");
        Ok(())
    }
}
