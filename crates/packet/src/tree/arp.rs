//! ARP and RARP.

use super::build::{Dissection, Step};
use super::field::{Value, fields};
use crate::tree::Names;

const OPERATIONS: Names = &[
    (1, "request"),
    (2, "reply"),
    (3, "reverse request"),
    (4, "reverse reply"),
];
const HARDWARE: Names = &[(1, "Ethernet"), (6, "IEEE 802")];
const PROTOCOLS: Names = &[(0x0800, "IPv4"), (0x86dd, "IPv6")];

fields! {
    PROTOCOL = "arp", "Address Resolution Protocol", Protocol;
    HARDWARE_TYPE = "arp.hw.type", "Hardware type", Decimal, HARDWARE;
    PROTOCOL_TYPE = "arp.proto.type", "Protocol type", Hex(4), PROTOCOLS;
    HARDWARE_SIZE = "arp.hw.size", "Hardware size", Decimal;
    PROTOCOL_SIZE = "arp.proto.size", "Protocol size", Decimal;
    OPERATION = "arp.opcode", "Opcode", Decimal, OPERATIONS;
    GRATUITOUS = "arp.isgratuitous", "Is gratuitous", Bool;
    PROBE = "arp.isprobe", "Is probe", Bool;
    SENDER_MAC = "arp.src.hw_mac", "Sender MAC address", Ether;
    SENDER_HARDWARE = "arp.src.hw", "Sender hardware address", Bytes;
    SENDER_IPV4 = "arp.src.proto_ipv4", "Sender IP address", Ipv4;
    SENDER_PROTOCOL = "arp.src.proto", "Sender protocol address", Bytes;
    TARGET_MAC = "arp.dst.hw_mac", "Target MAC address", Ether;
    TARGET_HARDWARE = "arp.dst.hw", "Target hardware address", Bytes;
    TARGET_IPV4 = "arp.dst.proto_ipv4", "Target IP address", Ipv4;
    TARGET_PROTOCOL = "arp.dst.proto", "Target protocol address", Bytes;
}

impl Dissection<'_> {
    pub(super) fn arp(&mut self, p: usize) -> Step {
        let (hardware, protocol) = (self.u8(p + 4), self.u8(p + 5));
        let length =
            8 + 2 * (usize::from(hardware.unwrap_or(6)) + usize::from(protocol.unwrap_or(4)));
        let index = self.protocol(&PROTOCOL, p, length)?;
        self.nest(|d| {
            let kind = d.number(&HARDWARE_TYPE, p, 2)?;
            let of = d.number(&PROTOCOL_TYPE, p + 2, 2)?;
            let hardware = d.number(&HARDWARE_SIZE, p + 4, 1)? as usize;
            let protocol = d.number(&PROTOCOL_SIZE, p + 5, 1)? as usize;
            let operation = d.u16(p + 6)?;
            d.number(&OPERATION, p + 6, 2)?;
            let ethernet = kind == 1 && hardware == 6;
            let ipv4 = of == 0x0800 && protocol == 4;
            let at = [
                p + 8,
                p + 8 + hardware,
                p + 8 + hardware + protocol,
                p + 8 + 2 * hardware + protocol,
            ];
            let [sender_hardware, sender, target_hardware, target] = at;
            let word = OPERATION.value_name(operation.into()).unwrap_or("unknown");
            let mut what = if matches!(operation, 3 | 4) {
                format!("Reverse Address Resolution Protocol ({word}")
            } else {
                format!("Address Resolution Protocol ({word}")
            };
            if ipv4 && let (Ok(from), Ok(to)) = (d.array::<4>(sender), d.array::<4>(target)) {
                if from == to && matches!(operation, 1 | 2) {
                    d.generated(&GRATUITOUS, p + 8, Value::Bool(true))?;
                    what += "/gratuitous ARP";
                } else if from == [0; 4] && operation == 1 {
                    d.generated(&PROBE, p + 8, Value::Bool(true))?;
                    what = what.replace("(request", "(ARP Probe");
                }
            }
            d.label(index, format_args!("{what})"));
            if ethernet {
                d.ether(&SENDER_MAC, sender_hardware)?;
            } else if hardware > 0 {
                d.bytes(&SENDER_HARDWARE, sender_hardware, hardware)?;
            }
            if ipv4 {
                d.ipv4_address(&SENDER_IPV4, sender)?;
            } else if protocol > 0 {
                d.bytes(&SENDER_PROTOCOL, sender, protocol)?;
            }
            if ethernet {
                d.ether(&TARGET_MAC, target_hardware)?;
            } else if hardware > 0 {
                d.bytes(&TARGET_HARDWARE, target_hardware, hardware)?;
            }
            if ipv4 {
                d.ipv4_address(&TARGET_IPV4, target)?;
            } else if protocol > 0 {
                d.bytes(&TARGET_PROTOCOL, target, protocol)?;
            }
            Ok(())
        })
    }
}
