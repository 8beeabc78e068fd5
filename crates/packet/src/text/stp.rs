//! Spanning tree: STP, RSTP, and the outline of MSTP and SPB.

use super::walk::{Names, Step, Walk, name, put};

const CONFIG: u8 = 0x00;
const RAPID: u8 = 0x02;

const PROTOCOLS: Names = &[(0, "802.1d"), (2, "802.1w"), (3, "802.1s"), (4, "802.1aq")];

const TYPES: Names = &[
    (0x00, "Config"),
    (0x02, "Rapid STP"),
    (0x80, "Topology Change"),
];

const FLAGS: Names = &[
    (0x01, "Topology change"),
    (0x02, "Proposal"),
    (0x10, "Learn"),
    (0x20, "Forward"),
    (0x40, "Agreement"),
    (0x80, "Topology change ACK"),
];

const ROLES: Names = &[
    (0, "Unknown"),
    (1, "Alternate"),
    (2, "Root"),
    (3, "Designated"),
];

/// Bytes of a configuration message without the version 1 length.
const CONFIG_LENGTH: u32 = 35;
/// Bytes of the shortest MSTP message.
const MSTP_LENGTH: u32 = 102;

/// The role of a port in its flags.
fn role(flags: u8) -> &'static str {
    name(ROLES, u32::from(flags >> 2 & 3)).unwrap_or("Unknown")
}

impl Walk<'_> {
    /// The bridge protocol data unit at `p`.
    pub(super) fn stp(&mut self, p: usize, length: u32) -> Step {
        self.protocol = "stp";
        if length < 4 {
            self.invalid();
            return Ok(());
        }
        if self.u16(p)? != 0 {
            put!(self, "unknown STP version, length {length}");
            return Ok(());
        }
        let version = self.u8(p + 2)?;
        self.put("STP ");
        let Some(protocol) = name(PROTOCOLS, version.into()) else {
            self.put_hex("Unknown STP protocol (0x", version, 2);
            self.put(")");
            return Ok(());
        };
        self.put(protocol);
        let kind = self.u8(p + 3)?;
        self.put(", ");
        match name(TYPES, kind.into()) {
            Some(kind) => self.put(kind),
            None => {
                self.put_hex("Unknown BPDU Type (0x", kind, 2);
                self.put(")");
            }
        }
        let shortest = match (kind, version) {
            (CONFIG, _) => CONFIG_LENGTH,
            (RAPID, 2) => CONFIG_LENGTH + 1,
            (RAPID, 3 | 4) => MSTP_LENGTH,
            _ => return Ok(()),
        };
        if length < shortest {
            self.invalid();
            return Ok(());
        }
        if shortest == MSTP_LENGTH {
            self.mstp(p, length, version)
        } else {
            self.stp_config(p, length, version)
        }
    }

    fn stp_config(&mut self, p: usize, length: u32, version: u8) -> Step {
        let flags = self.u8(p + 4)?;
        self.put(", Flags [");
        self.put_bits(FLAGS, flags.into(), ", ", "none");
        self.put("]");
        // Both are read before any is printed.
        let port = self.u16(p + 25)?;
        self.need(p + 17, 8)?;
        self.put(", bridge-id ");
        self.bridge_id(p + 17)?;
        put!(self, ".{port:04x}, length {length}");
        if !self.verbose() {
            return Ok(());
        }
        self.stp_times(p)?;
        self.need(p + 5, 12)?;
        self.put("\n\troot-id ");
        self.bridge_id(p + 5)?;
        put!(self, ", root-pathcost {}", self.u32(p + 13)?);
        if version == RAPID {
            self.put(", port-role ");
            self.put(role(flags));
        }
        Ok(())
    }

    /// The four timers, which are in 1/256 of a second.
    fn stp_times(&mut self, p: usize) -> Step {
        let mut times = [0.0f32; 4];
        for (time, at) in times.iter_mut().zip([27, 29, 31, 33]) {
            *time = f32::from(self.u16(p + at)?) / 256.0;
        }
        let [age, max_age, hello, forward] = times;
        put!(self, "\n\tmessage-age {age:.2}s, max-age {max_age:.2}s");
        put!(
            self,
            ", hello-time {hello:.2}s, forwarding-delay {forward:.2}s"
        );
        Ok(())
    }

    /// A bridge's priority and address: `8000.02:00:00:00:00:01`.
    fn bridge_id(&mut self, p: usize) -> Step {
        self.need(p, 8)?;
        self.hex_bytes(p, 2, None)?;
        self.put(".");
        self.mac(p + 2)
    }

    fn mstp(&mut self, p: usize, length: u32, version: u8) -> Step {
        /// Everything up to the version 1 length, which must be 0.
        const FIXED: u32 = CONFIG_LENGTH + 1;
        const SPB: u8 = 4;
        if self.u8(p + 35)? != 0 {
            self.invalid();
            return Ok(());
        }
        let version3 = u32::from(self.u16(p + 36)?) + 2;
        if length < FIXED + version3 {
            self.invalid();
            return Ok(());
        }
        let flags = self.u8(p + 4)?;
        self.put(", CIST Flags [");
        self.put_bits(FLAGS, flags.into(), ", ", "none");
        put!(self, "], length {length}");
        if self.verbose() {
            self.mstp_detail(p, flags)?;
        }
        if version == SPB {
            let version4 = u32::from(self.u16(p + 36 + version3 as usize)?) + 2;
            if length < FIXED + version3 + version4 || version4 < 87 {
                self.invalid();
            } else if self.verbose() {
                self.spb(p + 36 + version3 as usize)?;
            }
        }
        Ok(())
    }

    fn mstp_detail(&mut self, p: usize, flags: u8) -> Step {
        // Each piece is read whole before it is printed.
        put!(self, "\n\tport-role {}, ", role(flags));
        self.need(p + 5, 12)?;
        self.put("CIST root-id ");
        self.bridge_id(p + 5)?;
        put!(self, ", CIST ext-pathcost {}", self.u32(p + 13)?);
        self.need(p + 17, 8)?;
        self.put("\n\tCIST regional-root-id ");
        self.bridge_id(p + 17)?;
        put!(self, ", ");
        put!(self, "CIST port-id {:04x},", self.u16(p + 25)?);
        self.stp_times(p)?;
        let version3 = self.u16(p + 36)?;
        put!(self, "\n\tv3len {version3}, MCID Name ");
        self.characters_to_zero(p + 39, 32)?;
        self.need(p + 71, 18)?;
        put!(self, ", rev {},\n\t\tdigest ", self.u16(p + 71)?);
        self.hex_bytes(p + 73, 16, None)?;
        self.put(", ");
        put!(self, "CIST int-root-pathcost {},", self.u32(p + 89)?);
        self.need(p + 93, 8)?;
        self.put("\n\tCIST bridge-id ");
        self.bridge_id(p + 93)?;
        self.put(", ");
        put!(self, "CIST remaining-hops {}", self.u8(p + 101)?);
        // After 64 bytes of configuration come the instances, 16 bytes each.
        let instances = usize::from(version3).saturating_sub(64) / 16;
        for instance in 0..instances {
            self.mst_instance(p + 102 + 16 * instance)?;
        }
        Ok(())
    }

    /// What shortest path bridging (802.1aq) adds, from the length of its part on.
    fn spb(&mut self, p: usize) -> Step {
        put!(self, "\n\tv4len {}, ", self.u16(p)?);
        self.put("AUXMCID Name ");
        self.characters_to_zero(p + 3, 32)?;
        self.need(p + 35, 18)?;
        put!(self, ", Rev {},\n\t\tdigest ", self.u16(p + 35)?);
        self.hex_bytes(p + 37, 16, None)?;
        self.need(p + 53, 34)?;
        let [agreement, _, format, convention]: [u8; 4] = self.array(p + 53)?;
        put!(
            self,
            "\n\tAgreement num {}, Discarded Agreement num {}, Agreement valid-flag {},\n\t\
             Restricted role-flag: {}, Format id {} cap {format}, Convention id {} cap {convention},\n\t\
             Edge count {}, Agreement digest ",
            agreement >> 6,
            agreement >> 4 & 3,
            agreement >> 3 & 1,
            agreement >> 2 & 1,
            format >> 4,
            convention >> 4,
            self.u16(p + 57)?
        );
        self.hex_bytes(p + 67, 20, None)
    }

    fn mst_instance(&mut self, p: usize) -> Step {
        let number = self.u16(p + 1)? & 0xfff;
        let flags = self.u8(p)?;
        put!(self, "\n\tMSTI {number}, Flags [");
        self.put_bits(FLAGS, flags.into(), ", ", "none");
        put!(self, "], port-role {}", role(flags));
        self.need(p + 1, 12)?;
        self.put("\n\t\tMSTI regional-root-id ");
        self.bridge_id(p + 1)?;
        put!(self, ", pathcost {}", self.u32(p + 9)?);
        self.need(p + 13, 3)?;
        put!(self, "\n\t\tMSTI bridge-prio {}", self.u8(p + 13)? >> 4);
        put!(
            self,
            ", port-prio {}, hops {}",
            self.u8(p + 14)? >> 4,
            self.u8(p + 15)?
        );
        Ok(())
    }
}
