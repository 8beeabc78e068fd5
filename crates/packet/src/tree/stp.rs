//! Spanning tree of all versions that Linux speaks.

use super::build::{Dissection, Step};
use super::field::{Field, Value, fields};
use crate::tree::Names;

const PROTOCOLS: Names = &[(0, "Spanning Tree Protocol")];
const VERSIONS: Names = &[
    (0, "Spanning Tree"),
    (2, "Rapid Spanning Tree"),
    (3, "Multiple Spanning Tree"),
    (4, "Shortest Path Tree"),
];
const TYPES: Names = &[
    (0x00, "Configuration"),
    (0x02, "Rapid/Multiple Spanning Tree"),
    (0x80, "Topology Change Notification"),
];
const ROLES: Names = &[
    (0, "Unknown"),
    (1, "Alternate or Backup"),
    (2, "Root"),
    (3, "Designated"),
];

fields! {
    PROTOCOL = "stp", "Spanning Tree Protocol", Protocol;
    PROTOCOL_ID = "stp.protocol", "Protocol Identifier", Hex(4), PROTOCOLS;
    VERSION = "stp.version", "Protocol Version Identifier", Decimal, VERSIONS;
    TYPE = "stp.type", "BPDU Type", Hex(2), TYPES;
    FLAGS = "stp.flags", "BPDU flags", Hex(2);
    ACKNOWLEDGED = "stp.flags.tcack", "Topology Change Acknowledgment", Bool;
    AGREEMENT = "stp.flags.agreement", "Agreement", Bool;
    FORWARDING = "stp.flags.forwarding", "Forwarding", Bool;
    LEARNING = "stp.flags.learning", "Learning", Bool;
    ROLE = "stp.flags.port_role", "Port Role", Decimal, ROLES;
    PROPOSAL = "stp.flags.proposal", "Proposal", Bool;
    CHANGE = "stp.flags.tc", "Topology Change", Bool;
    ROOT = "stp.root", "Root Identifier", Protocol;
    ROOT_PRIORITY = "stp.root.prio", "Root Bridge Priority", Decimal;
    ROOT_EXTENSION = "stp.root.ext", "Root Bridge System ID Extension", Decimal;
    ROOT_ADDRESS = "stp.root.hw", "Root Bridge System ID", Ether;
    COST = "stp.root.cost", "Root Path Cost", Decimal;
    BRIDGE = "stp.bridge", "Bridge Identifier", Protocol;
    BRIDGE_PRIORITY = "stp.bridge.prio", "Bridge Priority", Decimal;
    BRIDGE_EXTENSION = "stp.bridge.ext", "Bridge System ID Extension", Decimal;
    BRIDGE_ADDRESS = "stp.bridge.hw", "Bridge System ID", Ether;
    PORT = "stp.port", "Port identifier", Hex(4);
    AGE = "stp.msg_age", "Message Age", Float;
    MAX_AGE = "stp.max_age", "Max Age", Float;
    HELLO = "stp.hello", "Hello Time", Float;
    DELAY = "stp.forward", "Forward Delay", Float;
    VERSION_1_LENGTH = "stp.version_1_length", "Version 1 Length", Decimal;
}

impl Dissection<'_> {
    pub(super) fn stp(&mut self, p: usize) -> Step {
        let length = match self.u8(p + 3) {
            Ok(0x80) => 4,
            Ok(0x02) => 36,
            _ => 35,
        };
        self.protocol(&PROTOCOL, p, length)?;
        self.nest(|d| {
            d.number(&PROTOCOL_ID, p, 2)?;
            let version = d.number(&VERSION, p + 2, 1)?;
            let kind = d.number(&TYPE, p + 3, 1)?;
            if kind == 0x80 {
                return Ok(());
            }
            d.number(&FLAGS, p + 4, 1)?;
            d.nest(|d| {
                d.bits(&ACKNOWLEDGED, p + 4, 1, 0x80)?;
                if version >= 2 {
                    d.bits(&AGREEMENT, p + 4, 1, 0x40)?;
                    d.bits(&FORWARDING, p + 4, 1, 0x20)?;
                    d.bits(&LEARNING, p + 4, 1, 0x10)?;
                    d.bits(&ROLE, p + 4, 1, 0x0c)?;
                    d.bits(&PROPOSAL, p + 4, 1, 0x02)?;
                }
                d.bits(&CHANGE, p + 4, 1, 0x01)
            })?;
            d.bridge_id(
                [&ROOT, &ROOT_PRIORITY, &ROOT_EXTENSION, &ROOT_ADDRESS],
                p + 5,
            )?;
            d.number(&COST, p + 13, 4)?;
            d.bridge_id(
                [
                    &BRIDGE,
                    &BRIDGE_PRIORITY,
                    &BRIDGE_EXTENSION,
                    &BRIDGE_ADDRESS,
                ],
                p + 17,
            )?;
            d.number(&PORT, p + 25, 2)?;
            for (i, field) in [&AGE, &MAX_AGE, &HELLO, &DELAY].into_iter().enumerate() {
                let at = p + 27 + 2 * i;
                // In 1/256 of a second.
                let value = f64::from(d.u16(at)?) / 256.0;
                d.add(field, at, 2, Value::Float(value))?;
            }
            if version >= 2 {
                d.number(&VERSION_1_LENGTH, p + 35, 1)?;
            }
            Ok(())
        })
    }

    fn bridge_id(&mut self, fields: [&'static Field; 4], p: usize) -> Step {
        let [whole, priority_field, extension_field, address_field] = fields;
        let first = self.u16(p)?;
        let (priority, extension) = (first & 0xf000, first & 0x0fff);
        let address = self.array::<6>(p + 2)?;
        let index = self.add(whole, p, 8, Value::None)?;
        self.label(
            index,
            format_args!(
                "{}: {priority} / {extension} / {}",
                whole.title,
                super::field::Colons(&address)
            ),
        );
        self.nest(|d| {
            d.add(priority_field, p, 1, Value::Unsigned(priority.into()))?;
            d.add(extension_field, p, 2, Value::Unsigned(extension.into()))?;
            d.ether(address_field, p + 2).map(|_| ())
        })
    }
}
