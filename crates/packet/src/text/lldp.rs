//! LLDP (IEEE 802.1AB).

use super::walk::{Cut, Names, Step, Walk, name, put};

const CHASSIS: u16 = 1;
const PORT: u16 = 2;
const LIFETIME: u16 = 3;
const PORT_DESCRIPTION: u16 = 4;
const SYSTEM_NAME: u16 = 5;
const SYSTEM_DESCRIPTION: u16 = 6;
const CAPABILITIES: u16 = 7;
const MANAGEMENT: u16 = 8;
const ORGANIZATION: u16 = 127;

const NAMES: Names = &[
    (0, "End"),
    (1, "Chassis ID"),
    (2, "Port ID"),
    (3, "Time to Live"),
    (4, "Port Description"),
    (5, "System Name"),
    (6, "System Description"),
    (7, "System Capabilities"),
    (8, "Management Address"),
    (127, "Organization specific"),
];

const CHASSIS_KINDS: Names = &[
    (1, "Chassis component"),
    (2, "Interface alias"),
    (3, "Port component"),
    (4, "MAC address"),
    (5, "Network address"),
    (6, "Interface name"),
    (7, "Local"),
];

const PORT_KINDS: Names = &[
    (1, "Interface alias"),
    (2, "Port component"),
    (3, "MAC address"),
    (4, "Network Address"),
    (5, "Interface Name"),
    (6, "Agent circuit ID"),
    (7, "Local"),
];

const ABILITIES: Names = &[
    (0x01, "Other"),
    (0x02, "Repeater"),
    (0x04, "Bridge"),
    (0x08, "WLAN AP"),
    (0x10, "Router"),
    (0x20, "Telephone"),
    (0x40, "Docsis"),
    (0x80, "Station Only"),
];

const FAMILIES: Names = &[
    (0, "Reserved"),
    (1, "IPv4"),
    (2, "IPv6"),
    (3, "NSAP"),
    (4, "HDLC"),
    (5, "BBN 1822"),
    (6, "802"),
    (7, "E.163"),
    (8, "E.164"),
    (9, "F.69"),
    (10, "X.121"),
    (11, "Novell IPX"),
    (12, "Appletalk"),
    (13, "Decnet IV"),
    (14, "Banyan Vines"),
    (15, "E.164 with NSAP subaddress"),
    (196, "Layer-2 VPN"),
    (25, "VPLS"),
];

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
            if self.verbose() {
                let name = name(NAMES, kind.into()).unwrap_or("Unknown");
                put!(self, "\n\t{name} TLV ({kind}), length {size}");
            }
            if kind == 0 || size == 0 {
                break;
            }
            self.need_here(at, size)?;
            if left < size {
                return Err(Cut::Layer);
            }
            let mut known = true;
            if kind == SYSTEM_NAME {
                self.put(": ");
                self.characters_to_zero(at, size)?;
            } else if self.verbose() {
                known = self.lldp_detail(kind, at, size)?;
            }
            if self.options.verbose > 1 || (self.verbose() && !known) {
                self.dump_part("\n\t  ", at, size as u32)?;
            }
            at += size;
            left -= size;
        }
        Ok(())
    }

    /// An element of `size` captured bytes. Returns false if it is shown in hexadecimal.
    fn lldp_detail(&mut self, kind: u16, p: usize, size: usize) -> Step<bool> {
        let shortest = match kind {
            CHASSIS | PORT | LIFETIME => 2,
            ORGANIZATION => 3,
            CAPABILITIES => 4,
            _ => 0,
        };
        if size < shortest {
            return Err(Cut::Layer);
        }
        match kind {
            CHASSIS => return self.lldp_id(CHASSIS_KINDS, [4, 5], p, size),
            PORT => return self.lldp_id(PORT_KINDS, [3, 4], p, size),
            LIFETIME => put!(self, ": TTL {}s", self.u16(p)?),
            PORT_DESCRIPTION => {
                self.put(": ");
                self.characters_to_zero(p, size)?;
            }
            SYSTEM_DESCRIPTION => {
                self.put("\n\t  ");
                self.characters_to_zero(p, size)?;
            }
            CAPABILITIES => {
                for (at, label) in [(0, "System  "), (2, "Enabled ")] {
                    let abilities = self.u16(p + at)?;
                    put!(self, "\n\t  {label}Capabilities [");
                    self.put_bits(ABILITIES, abilities.into(), ", ", "none");
                    put!(self, "] (0x{abilities:04x})");
                }
            }
            MANAGEMENT => self.lldp_management(p, size)?,
            ORGANIZATION => return self.lldp_organization(p, size),
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// The name of a chassis or port; `kinds` names its forms, of which these are a hardware address and a
    /// network address.
    fn lldp_id(
        &mut self,
        kinds: Names,
        [hardware, network]: [u8; 2],
        p: usize,
        size: usize,
    ) -> Step<bool> {
        let kind = self.u8(p)?;
        let kind_name = name(kinds, kind.into()).unwrap_or("Unknown");
        put!(self, "\n\t  Subtype {kind_name} ({kind}): ");
        if kind == hardware {
            if size < 7 {
                return Err(Cut::Layer);
            }
            self.mac(p + 1)?;
        } else if kind == network {
            self.lldp_address("", p + 1, size - 1)?;
        } else if matches!(kind, 1..=7) {
            self.characters_to_zero(p + 1, size - 1)?;
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    /// A network address behind its family, after `label`.
    fn lldp_address(&mut self, label: &str, p: usize, size: usize) -> Step {
        if size < 1 {
            return Err(Cut::Layer);
        }
        let family = self.u8(p)?;
        let needed = match family {
            1 => 4,
            2 => 16,
            6 => 6,
            _ => 0,
        };
        if size - 1 < needed {
            return Err(Cut::Layer);
        }
        let family_name = name(FAMILIES, family.into()).unwrap_or("Unknown");
        put!(self, "{label}AFI {family_name} ({family})");
        self.put(if needed > 0 {
            ": "
        } else {
            ", no AF printer !"
        });
        match family {
            1 => self.ipv4_address(p + 1),
            2 => self.ipv6_address(p + 1),
            6 => self.mac(p + 1),
            _ => Ok(()),
        }
    }

    fn lldp_management(&mut self, p: usize, size: usize) -> Step {
        let length = usize::from(self.u8(p)?);
        if size - 1 < length {
            return Err(Cut::Layer);
        }
        let label = format!("\n\t  Management Address length {length}, ");
        self.lldp_address(&label, p + 1, length)?;
        let at = p + 1 + length;
        let left = size - 1 - length;
        if left < 5 {
            return Err(Cut::Layer);
        }
        let kind = self.u8(at)?;
        let numbering = match kind {
            2 => "Interface Index",
            3 => "System Port Number",
            _ => "Unknown",
        };
        put!(
            self,
            "\n\t  {numbering} Interface Numbering ({kind}): {}",
            self.u32(at + 1)?
        );
        if left > 5 {
            let length = usize::from(self.u8(at + 5)?);
            if left - 5 < 1 + length {
                return Err(Cut::Layer);
            }
            if length > 0 {
                put!(self, "\n\t  OID length {length}");
                self.characters_to_zero(at + 6, length)?;
            }
        }
        Ok(())
    }
}
