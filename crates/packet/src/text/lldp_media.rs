//! LLDP elements of telephones and other endpoints (LLDP-MED, ANSI/TIA-1057), and the description of what a
//! device may do (MUD, RFC 8520).

use super::walk::{Names, Step, Walk, name, put};

const CAPABILITIES: u8 = 1;
const POLICY: u8 = 2;
const LOCATION: u8 = 3;
const POWER: u8 = 4;

const KINDS: Names = &[
    (1, "LLDP-MED Capabilities"),
    (2, "Network policy"),
    (3, "Location identification"),
    (4, "Extended power-via-MDI"),
    (5, "Inventory - hardware revision"),
    (6, "Inventory - firmware revision"),
    (7, "Inventory - software revision"),
    (8, "Inventory - serial number"),
    (9, "Inventory - manufacturer name"),
    (10, "Inventory - model name"),
    (11, "Inventory - asset ID"),
];

const INVENTORY: Names = &[
    (5, "Hardware revision"),
    (6, "Firmware revision"),
    (7, "Software revision"),
    (8, "Serial number"),
    (9, "Manufacturer name"),
    (10, "Model name"),
    (11, "Asset ID"),
];

const ABILITIES: Names = &[
    (0x01, "LLDP-MED capabilities"),
    (0x02, "network policy"),
    (0x04, "location identification"),
    (0x08, "extended power via MDI-PSE"),
    (0x10, "extended power via MDI-PD"),
    (0x20, "Inventory"),
];

const DEVICES: Names = &[
    (1, "endpoint class 1"),
    (2, "endpoint class 2"),
    (3, "endpoint class 3"),
    (4, "network connectivity"),
];

const APPLICATIONS: Names = &[
    (1, "voice"),
    (2, "voice signaling"),
    (3, "guest voice"),
    (4, "guest voice signaling"),
    (5, "softphone voice"),
    (6, "video conferencing"),
    (7, "streaming video"),
    (8, "video signaling"),
];

const POLICY_FLAGS: Names = &[(0x80, "Unknown"), (0x40, "Tagged"), (0x20, "reserved")];

const COORDINATES: u8 = 1;
const CIVIC: u8 = 2;
const EMERGENCY: u8 = 3;

const LOCATIONS: Names = &[
    (1, "coordinate-based LCI"),
    (2, "civic address LCI"),
    (3, "ECS ELIN"),
];

const ALTITUDES: Names = &[(1, "meters"), (2, "floors")];

const DATUMS: Names = &[
    (1, "World Geodesic System 1984"),
    (2, "North American Datum 1983 (NAVD88)"),
    (3, "North American Datum 1983 (MLLW)"),
];

const WHOSE: Names = &[
    (0, "location of DHCP server"),
    (
        1,
        "location of the network element believed to be closest to the client",
    ),
    (2, "location of the client"),
];

const CIVIC_PARTS: Names = &[
    (
        1,
        "national subdivisions (state,canton,region,province,prefecture)",
    ),
    (2, "county, parish, gun, district"),
    (3, "city, township, shi"),
    (4, "city division, borough, city district, ward chou"),
    (5, "neighborhood, block"),
    (6, "street"),
];

const SOURCES: Names = &[
    (1, "PSE - primary power source"),
    (2, "local - backup power source"),
    (3, "PSE+local - reserved"),
];

const PRIORITIES: Names = &[(1, "critical"), (2, "high"), (3, "low")];

/// Tenths of a watt from which on a value is reserved.
const RESERVED_POWER: u16 = 1024;

impl Walk<'_> {
    /// An element of the Internet's numbers authority. Returns false if it is shown in hexadecimal.
    pub(super) fn lldp_iana(&mut self, p: usize, size: usize) -> Step<bool> {
        const MUD: u8 = 1;
        if size < 8 {
            return Ok(true);
        }
        let kind = self.u8(p + 3)?;
        let kind_name = if kind == MUD { "MUD-URL" } else { "unknown" };
        put!(self, "\n\t  {kind_name} Subtype ({kind})");
        if kind != MUD {
            return Ok(false);
        }
        self.put("\n\t  MUD-URL=");
        self.characters(p + 4, size - 4)?;
        Ok(true)
    }

    /// An element of the Telecommunications Industry Association. Returns false if it is shown in
    /// hexadecimal.
    pub(super) fn lldp_media(&mut self, p: usize, size: usize) -> Step<bool> {
        if size < 4 {
            return Ok(true);
        }
        let kind = self.u8(p + 3)?;
        let kind_name = name(KINDS, kind.into()).unwrap_or("unknown");
        put!(self, "\n\t  {kind_name} Subtype ({kind})");
        match kind {
            CAPABILITIES if size >= 7 => {
                let abilities = self.u16(p + 4)?;
                self.put("\n\t    Media capabilities [");
                self.put_bits(ABILITIES, abilities.into(), ", ", "none");
                let device = self.u8(p + 6)?;
                let device_name = name(DEVICES, device.into()).unwrap_or("unknown");
                put!(self, "] (0x{abilities:04x})");
                put!(self, "\n\t    Device type [{device_name}] (0x{device:02x})");
            }
            POLICY if size >= 8 => self.lldp_policy(p)?,
            LOCATION if size >= 5 => self.lldp_location(p, size)?,
            POWER if size >= 7 => self.lldp_power(p)?,
            CAPABILITIES..=POWER => {}
            _ => {
                let Some(item) = name(INVENTORY, kind.into()) else {
                    return Ok(false);
                };
                put!(self, "\n\t  {item} ");
                self.characters_to_zero(p + 4, size - 4)?;
            }
        }
        Ok(true)
    }

    fn lldp_policy(&mut self, p: usize) -> Step {
        let application = self.u8(p + 4)?;
        let application_name = name(APPLICATIONS, application.into()).unwrap_or("none");
        put!(
            self,
            "\n\t    Application type [{application_name}] (0x{application:02x}), Flags ["
        );
        self.put_bits(POLICY_FLAGS, self.u8(p + 5)?.into(), ", ", "none");
        let (vlan, rest) = (self.u16(p + 5)?, self.u16(p + 6)?);
        put!(
            self,
            "]\n\t    Vlan id {}, L2 priority {}, DSCP value {}",
            (vlan & 0x1ffe) >> 1,
            (rest & 0x01ff) >> 6,
            rest & 0x3f
        );
        Ok(())
    }

    fn lldp_location(&mut self, p: usize, size: usize) -> Step {
        let format = self.u8(p + 4)?;
        let format_name = name(LOCATIONS, format.into()).unwrap_or("unknown");
        put!(
            self,
            "\n\t    Location data format {format_name} (0x{format:02x})"
        );
        match format {
            COORDINATES if size >= 21 => self.lldp_coordinates(p)?,
            CIVIC if size >= 6 => self.lldp_civic(p, size)?,
            COORDINATES | CIVIC => {}
            EMERGENCY => {
                self.put("\n\t    ECS ELIN id ");
                self.characters_to_zero(p + 5, size - 5)?;
            }
            _ => {
                self.put("\n\t    Location ID ");
                self.dump_part("\n\t      ", p + 5, (size - 5) as u32)?;
            }
        }
        Ok(())
    }

    /// Latitude, longitude and altitude (RFC 6225), whose fixed-point numbers tcpdump prints raw.
    fn lldp_coordinates(&mut self, p: usize) -> Step {
        for (label, at) in [("Latitude", p + 5), ("Longitude", p + 10)] {
            let head = self.u8(at)?;
            let value = u64::from(head & 3) << 32 | u64::from(self.u32(at + 1)?);
            put!(
                self,
                "\n\t    {label} resolution {}, {} value {value}",
                head >> 2,
                label.to_ascii_lowercase()
            );
        }
        let kind = self.u8(p + 15)? >> 4;
        let kind_name = name(ALTITUDES, kind.into()).unwrap_or("unknown");
        let resolution = self.u16(p + 15)? >> 6 & 0x3f;
        let value = self.u32(p + 16)? & 0x3fff_ffff;
        let datum = self.u8(p + 20)?;
        let datum_name = name(DATUMS, datum.into()).unwrap_or("unknown");
        put!(self, "\n\t    Altitude type {kind_name} ({kind})");
        put!(
            self,
            "\n\t    Altitude resolution {resolution}, altitude value 0x{value:x}"
        );
        put!(self, "\n\t    Datum {datum_name} (0x{datum:02x})");
        Ok(())
    }

    /// A civic address (RFC 4776).
    fn lldp_civic(&mut self, p: usize, size: usize) -> Step {
        let length = usize::from(self.u8(p + 5)?);
        if length < 3 || size < 7 + length {
            return Ok(());
        }
        let whose = self.u8(p + 6)?;
        let whose_name = name(WHOSE, whose.into()).unwrap_or("unknown");
        put!(
            self,
            "\n\t    LCI length {length}, LCI what {whose_name} (0x{whose:02x}), Country-code "
        );
        self.characters_to_zero(p + 7, 2)?;
        let (mut at, mut left) = (p + 9, length - 3);
        while left >= 2 {
            let (kind, part) = (self.u8(at)?, usize::from(self.u8(at + 1)?));
            at += 2;
            left -= 2;
            let kind_name = name(CIVIC_PARTS, kind.into()).unwrap_or("unknown");
            put!(
                self,
                "\n\t      CA type '{kind_name}' ({kind}), length {part}: "
            );
            if kind == 0 || part == 0 || left < part {
                break;
            }
            self.characters_to_zero(at, part)?;
            at += part;
            left -= part;
        }
        Ok(())
    }

    fn lldp_power(&mut self, p: usize) -> Step {
        let head = self.u8(p + 4)?;
        // As C's precedence has it in tcpdump: the two lowest bits decide.
        let device = if head & 3 != 0 {
            "PD device"
        } else {
            "PSE device"
        };
        let source = name(SOURCES, u32::from(head & 0x30) >> 4).unwrap_or("none");
        let priority = head & 15;
        let priority_name = name(PRIORITIES, priority.into()).unwrap_or("none");
        put!(
            self,
            "\n\t    Power type [{device}], Power source [{source}]"
        );
        put!(
            self,
            "\n\t    Power priority [{priority_name}] (0x{priority:02x})"
        );
        let power = self.u16(p + 5)?;
        if power < RESERVED_POWER {
            put!(self, ", Power {:.1} Watts", f32::from(power) / 10.0);
        } else {
            put!(self, ", Power {power} (Reserved)");
        }
        Ok(())
    }
}
