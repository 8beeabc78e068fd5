//! LLDP elements of organizations: those of IEEE 802.1 and 802.3 that bridges and hosts send, and by whom the
//! others are dissected.

use super::llc::OUIS;
use super::walk::{Names, Step, Walk, name, put};

const IEEE_802_1: u32 = 0x00_80c2;
const IEEE_802_3: u32 = 0x00_120f;
const IANA: u32 = 0x00_005e;
const TIA: u32 = 0x00_12bb;

const KINDS_1: Names = &[
    (1, "Port VLAN Id"),
    (2, "Port and Protocol VLAN ID"),
    (3, "VLAN name"),
    (4, "Protocol Identity"),
    (7, "Link aggregation"),
    (8, "Congestion Notification"),
    (9, "ETS Configuration"),
    (10, "ETS Recommendation"),
    (11, "Priority Flow Control Configuration"),
    (12, "Application Priority"),
    (13, "EVB"),
    (14, "CDCP"),
];

const KINDS_3: Names = &[
    (1, "MAC/PHY configuration/status"),
    (2, "Power via MDI"),
    (3, "Link aggregation"),
    (4, "Max frame size"),
];

const PROTOCOL_VLAN: Names = &[(2, "supported"), (4, "enabled")];
const ABLE: Names = &[(1, "supported"), (2, "enabled")];

const MEDIA: Names = &[
    (0x4000, "10BASE-T hdx"),
    (0x2000, "10BASE-T fdx"),
    (0x1000, "100BASE-T4"),
    (0x0800, "100BASE-TX hdx"),
    (0x0400, "100BASE-TX fdx"),
    (0x0200, "100BASE-T2 hdx"),
    (0x0100, "100BASE-T2 fdx"),
    (0x0080, "Pause for fdx links"),
    (0x0040, "Asym PAUSE for fdx"),
    (0x0020, "Sym PAUSE for fdx"),
    (0x0010, "Asym and Sym PAUSE for fdx"),
    (0x0008, "1000BASE-{X LX SX CX} hdx"),
    (0x0004, "1000BASE-{X LX SX CX} fdx"),
    (0x0002, "1000BASE-T hdx"),
    (0x0001, "1000BASE-T fdx"),
];

/// Names of medium attachment units (RFC 4836), by number from 0.
const UNITS: [&str; 41] = [
    "Unknown",
    "AUI",
    "10BASE_5",
    "FOIRL",
    "10BASE2",
    "10BASET duplex mode unknown",
    "10BASEFP",
    "10BASEFB",
    "10BASEFL duplex mode unknown",
    "10BROAD36",
    "10BASET hdx",
    "10BASET fdx",
    "10BASEFL hdx",
    "10BASEFL fdx",
    "100BASET4",
    "100BASETX hdx",
    "100BASETX fdx",
    "100BASEFX hdx",
    "100BASEFX fdx",
    "100BASET2 hdx",
    "100BASET2 fdx",
    "1000BASEX hdx",
    "1000BASEX fdx",
    "1000BASELX hdx",
    "1000BASELX fdx",
    "1000BASESX hdx",
    "1000BASESX fdx",
    "1000BASECX hdx",
    "1000BASECX fdx",
    "1000BASET hdx",
    "1000BASET fdx",
    "10GBASEX",
    "10GBASELX4",
    "10GBASER",
    "10GBASEER",
    "10GBASELR",
    "10GBASESR",
    "10GBASEW",
    "10GBASEEW",
    "10GBASELW",
    "10GBASESW",
];

const POWER: Names = &[
    (1, "PSE"),
    (2, "supported"),
    (4, "enabled"),
    (8, "can be controlled"),
];
const PAIRS: Names = &[(1, "signal"), (2, "spare")];
const CLASSES: Names = &[
    (1, "class0"),
    (2, "class1"),
    (3, "class2"),
    (4, "class3"),
    (5, "class4"),
];

impl Walk<'_> {
    /// An organization's element, at least three captured bytes. Returns false if it is shown in
    /// hexadecimal.
    pub(super) fn lldp_organization(&mut self, p: usize, size: usize) -> Step<bool> {
        let organization = self.u24(p)?;
        let organization_name = name(OUIS, organization).unwrap_or("Unknown");
        put!(self, ": OUI {organization_name} (0x{organization:06x})");
        let kinds = match organization {
            IEEE_802_1 => KINDS_1,
            IEEE_802_3 => KINDS_3,
            IANA => return self.lldp_iana(p, size),
            TIA => return self.lldp_media(p, size),
            _ => return Ok(false),
        };
        if size < 4 {
            return Ok(true);
        }
        let kind = self.u8(p + 3)?;
        put!(
            self,
            "\n\t  {} Subtype ({kind})",
            name(kinds, kind.into()).unwrap_or("unknown")
        );
        if organization == IEEE_802_1 {
            self.lldp_802_1(kind, p, size)
        } else {
            self.lldp_802_3(kind, p, size)
        }
    }

    fn lldp_802_1(&mut self, kind: u8, p: usize, size: usize) -> Step<bool> {
        match kind {
            1 if size >= 6 => {
                put!(self, "\n\t    port vlan id (PVID): {}", self.u16(p + 4)?);
            }
            2 if size >= 7 => {
                let flags = self.u8(p + 4)?;
                let vlan = self.u16(p + 5)?;
                put!(
                    self,
                    "\n\t    port and protocol vlan id (PPVID): {vlan}, flags ["
                );
                self.put_bits(PROTOCOL_VLAN, flags.into(), ", ", "none");
                put!(self, "] (0x{flags:02x})");
            }
            3 if size >= 6 => {
                put!(self, "\n\t    vlan id (VID): {}", self.u16(p + 4)?);
                if size >= 7 {
                    let length = usize::from(self.u8(p + 6)?);
                    if size >= 7 + length {
                        self.put("\n\t    vlan name: ");
                        self.characters_to_zero(p + 7, length)?;
                    }
                }
            }
            4 if size >= 5 => {
                let length = usize::from(self.u8(p + 4)?);
                if size >= 5 + length {
                    self.put("\n\t    protocol identity: ");
                    self.characters_to_zero(p + 5, length)?;
                }
            }
            7 if size >= 9 => self.lldp_aggregation(p)?,
            1..=4 | 7 => {}
            _ => return self.lldp_bridging(kind, p, size),
        }
        Ok(true)
    }

    fn lldp_aggregation(&mut self, p: usize) -> Step {
        let (status, port) = (self.u8(p + 4)?, self.u32(p + 5)?);
        self.put("\n\t    aggregation status [");
        self.put_bits(ABLE, status.into(), ", ", "none");
        put!(self, "], aggregation port ID {port}");
        Ok(())
    }

    fn lldp_802_3(&mut self, kind: u8, p: usize, size: usize) -> Step<bool> {
        match kind {
            1 if size >= 9 => {
                let negotiation = self.u8(p + 4)?;
                let (media, unit) = (self.u16(p + 5)?, self.u16(p + 7)?);
                self.put("\n\t    autonegotiation [");
                self.put_bits(ABLE, negotiation.into(), ", ", "none");
                put!(
                    self,
                    "] (0x{negotiation:02x})\n\t    PMD autoneg capability ["
                );
                self.put_bits(MEDIA, media.into(), ", ", "unknown");
                let unit_name = UNITS.get(usize::from(unit)).unwrap_or(&"unknown");
                put!(
                    self,
                    "] (0x{media:04x})\n\t    MAU type {unit_name} (0x{unit:04x})"
                );
            }
            2 if size >= 7 => {
                let [power, pairs, class] = self.array(p + 4)?;
                self.put("\n\t    MDI power support [");
                self.put_bits(POWER, u32::from(power), ", ", "none");
                let pairs = name(PAIRS, u32::from(pairs)).unwrap_or("unknown");
                let class = name(CLASSES, u32::from(class)).unwrap_or("unknown");
                put!(self, "], power pair {pairs}, power class {class}");
            }
            3 if size >= 9 => self.lldp_aggregation(p)?,
            4 if size >= 6 => put!(self, "\n\t    MTU size {}", self.u16(p + 4)?),
            1..=4 => {}
            _ => return Ok(false),
        }
        Ok(true)
    }
}
