//! UDP, and which protocol its payload is.

use super::build::{Cut, Dissection, Step};
use super::field::{Value, fields};
use crate::services::{Service, of_ports};

fields! {
    PROTOCOL = "udp", "User Datagram Protocol", Protocol;
    SOURCE = "udp.srcport", "Source Port", Decimal;
    DESTINATION = "udp.dstport", "Destination Port", Decimal;
    LENGTH = "udp.length", "Length", Decimal;
    CHECKSUM = "udp.checksum", "Checksum", Hex(4);
    STREAM = "udp.stream", "Stream index", Decimal;
    PAYLOAD = "udp.payload", "Payload", Bytes;
}

impl Dissection<'_> {
    pub(super) fn udp(&mut self, p: usize) -> Step {
        let index = self.protocol(&PROTOCOL, p, 8)?;
        let at = p + 8;
        let end = self.nest(|d| {
            let source = d.number(&SOURCE, p, 2)?;
            let destination = d.number(&DESTINATION, p + 2, 2)?;
            d.label(
                index,
                format_args!("User Datagram Protocol, Src Port: {source}, Dst Port: {destination}"),
            );
            let length = d.number(&LENGTH, p + 4, 2)? as usize;
            if length != 0 && length < 8 {
                d.remark(p + 4, format_args!("Bad length value {length} < 8"))?;
                return Err(Cut::Wrong);
            }
            if p + length > d.data.len() && d.data.len() as u64 == u64::from(d.length) {
                d.remark(
                    p + 4,
                    format_args!("Bad length value {length} > IP payload length"),
                )?;
            }
            let sum = d.number(&CHECKSUM, p + 6, 2)?;
            d.after_last(format_args!(
                " [{}]",
                if sum == 0 {
                    "zero-value ignored"
                } else {
                    "unverified"
                }
            ));
            if let Some(place) = d.context.stream {
                d.generated(&STREAM, p, Value::Unsigned(place.stream.into()))?;
            }
            let end = if length == 0 {
                d.data.len()
            } else {
                (p + length).min(d.data.len())
            };
            if end > at {
                let node = d.add(&PAYLOAD, at, end - at, Value::Bytes)?;
                d.label(node, format_args!("UDP payload ({} bytes)", end - at));
            }
            Ok(end)
        })?;
        if end <= at {
            return Ok(());
        }
        let ports = (self.u16(p)?, self.u16(p + 2)?);
        self.within(end, |d| match of_ports(ports.0, ports.1) {
            Some(Service::Dns) => d.dns(at, false),
            Some(Service::Mdns) => d.dns(at, true),
            Some(Service::Dhcp) => d.dhcp(at),
            Some(Service::Dhcpv6) => d.dhcpv6(at),
            Some(Service::Ntp) => d.ntp(at),
            Some(Service::Vxlan) => d.vxlan(at),
            None => d.rest(at),
        })
    }
}
