//! LLDP (IEEE 802.1AB).

use super::build::{Cut, Dissection, Step};
use super::field::{Field, Value, fields};
use crate::tree::Names;

const TYPES: Names = &[
    (0, "End of LLDPDU"),
    (1, "Chassis Id"),
    (2, "Port Id"),
    (3, "Time to Live"),
    (4, "Port Description"),
    (5, "System Name"),
    (6, "System Description"),
    (7, "System Capabilities"),
    (8, "Management Address"),
    (127, "Organization Specific"),
];
const CHASSIS: Names = &[
    (1, "Chassis component"),
    (2, "Interface alias"),
    (3, "Port component"),
    (4, "MAC address"),
    (5, "Network address"),
    (6, "Interface name"),
    (7, "Locally assigned"),
];
const PORTS: Names = &[
    (1, "Interface alias"),
    (2, "Port component"),
    (3, "MAC address"),
    (4, "Network address"),
    (5, "Interface name"),
    (6, "Agent circuit ID"),
    (7, "Locally assigned"),
];
const FAMILIES: Names = &[(1, "IPv4"), (2, "IPv6"), (6, "802")];
const NUMBERINGS: Names = &[(1, "Unknown"), (2, "ifIndex"), (3, "System port number")];

fields! {
    PROTOCOL = "lldp", "Link Layer Discovery Protocol", Protocol;
    PART = "lldp.tlv", "TLV", Protocol;
    TYPE = "lldp.tlv.type", "TLV Type", Decimal, TYPES;
    LENGTH = "lldp.tlv.len", "TLV Length", Decimal;
    CHASSIS_KIND = "lldp.chassis.subtype", "Chassis Id Subtype", Decimal, CHASSIS;
    CHASSIS_MAC = "lldp.chassis.id.mac", "Chassis Id", Ether;
    CHASSIS_TEXT = "lldp.chassis.id", "Chassis Id", Text;
    PORT_KIND = "lldp.port.subtype", "Port Id Subtype", Decimal, PORTS;
    PORT_MAC = "lldp.port.id.mac", "Port Id", Ether;
    PORT_TEXT = "lldp.port.id", "Port Id", Text;
    TTL = "lldp.time_to_live", "Seconds", Decimal;
    PORT_DESCRIPTION = "lldp.port.desc", "Port Description", Text;
    SYSTEM_NAME = "lldp.tlv.system.name", "System Name", Text;
    SYSTEM_DESCRIPTION = "lldp.tlv.system.desc", "System Description", Text;
    ABILITIES = "lldp.tlv.system_cap", "Capabilities", Hex(4);
    ENABLED = "lldp.tlv.enable_system_cap", "Enabled Capabilities", Hex(4);
    ADDRESS_LENGTH = "lldp.mgn.address.len", "Address String Length", Decimal;
    ADDRESS_KIND = "lldp.mgn.address.subtype", "Address Subtype", Decimal, FAMILIES;
    ADDRESS_IPV4 = "lldp.mgn.addr.ip4", "Management Address", Ipv4;
    ADDRESS_IPV6 = "lldp.mgn.addr.ip6", "Management Address", Ipv6;
    ADDRESS_OTHER = "lldp.mgn.addr.hex", "Management Address", Bytes;
    NUMBERING = "lldp.mgn.interface.subtype", "Interface Subtype", Decimal, NUMBERINGS;
    INTERFACE = "lldp.mgn.interface.number", "Interface Number", Decimal;
    ORGANIZATION = "lldp.orgtlv.oui", "Organization Unique Code", Hex(6);
    VALUE = "lldp.unknown_data", "Data", Bytes;
}

impl Dissection<'_> {
    pub(super) fn lldp(&mut self, p: usize) -> Step {
        let length = self.remaining(p);
        self.protocol(&PROTOCOL, p, length)?;
        self.nest(|d| d.lldp_parts(p))
    }

    fn lldp_parts(&mut self, mut p: usize) -> Step {
        while self.remaining(p) > 0 {
            let head = self.u16(p)?;
            let (kind, length) = (head >> 9, usize::from(head & 0x1ff));
            let index = self.add(&PART, p, 2 + length, Value::None)?;
            let name = TYPE.value_name(kind.into()).unwrap_or("Unknown TLV");
            self.label(index, format_args!("{name}"));
            self.nest(|d| {
                d.bits(&TYPE, p, 2, 0xfe00)?;
                d.bits(&LENGTH, p, 2, 0x01ff)?;
                d.within(p + 2 + length, |d| d.lldp_part(kind, p + 2, length))
            })?;
            p += 2 + length;
            if kind == 0 {
                return Ok(());
            }
        }
        Ok(())
    }

    fn lldp_part(&mut self, kind: u16, p: usize, length: usize) -> Step {
        match kind {
            _ if length == 0 => Ok(()),
            1 => self.lldp_id(&CHASSIS_KIND, (&CHASSIS_MAC, 4), &CHASSIS_TEXT, p, length),
            2 => self.lldp_id(&PORT_KIND, (&PORT_MAC, 3), &PORT_TEXT, p, length),
            3 => self.number(&TTL, p, 2).map(|_| ()),
            4 => self.text(&PORT_DESCRIPTION, p, length).map(|_| ()),
            5 => self.text(&SYSTEM_NAME, p, length).map(|_| ()),
            6 => self.text(&SYSTEM_DESCRIPTION, p, length).map(|_| ()),
            7 => {
                self.number(&ABILITIES, p, 2)?;
                self.number(&ENABLED, p + 2, 2).map(|_| ())
            }
            8 => self.lldp_management(p),
            127 => {
                self.number(&ORGANIZATION, p, 3)?;
                self.bytes(&VALUE, p + 3, length.checked_sub(3).ok_or(Cut::Wrong)?)
            }
            _ => self.bytes(&VALUE, p, length),
        }
    }

    /// An identity of a kind: a hardware address if the kind says so, else text.
    fn lldp_id(
        &mut self,
        kind_field: &'static Field,
        (mac_field, mac_kind): (&'static Field, u64),
        text_field: &'static Field,
        p: usize,
        length: usize,
    ) -> Step {
        let kind = self.number(kind_field, p, 1)?;
        if kind == mac_kind && length == 7 {
            return self.ether(mac_field, p + 1).map(|_| ());
        }
        self.text(text_field, p + 1, length - 1).map(|_| ())
    }

    fn lldp_management(&mut self, p: usize) -> Step {
        let length = self.number(&ADDRESS_LENGTH, p, 1)? as usize;
        let kind = self.number(&ADDRESS_KIND, p + 1, 1)?;
        match (kind, length) {
            (1, 5) => self.ipv4_address(&ADDRESS_IPV4, p + 2).map(|_| ())?,
            (2, 17) => self.ipv6_address(&ADDRESS_IPV6, p + 2).map(|_| ())?,
            _ => self.bytes(
                &ADDRESS_OTHER,
                p + 2,
                length.checked_sub(1).ok_or(Cut::Wrong)?,
            )?,
        }
        self.number(&NUMBERING, p + 1 + length, 1)?;
        self.number(&INTERFACE, p + 2 + length, 4).map(|_| ())
    }
}
