//! UDP.

use super::checksum::should_be;
use super::payload::{Ip, UDP};
use super::walk::{Step, Walk, put};

const HEADER_LENGTH: u32 = 8;

impl Walk<'_> {
    /// The datagram at `p`.
    pub(super) fn udp(&mut self, p: usize, length: u32, ip: Ip, fragmented: bool) -> Step {
        self.protocol = "udp";
        if !self.has(p + 2, 2) {
            if self.directly_in(ip, UDP)? {
                self.ip_address(ip, 0)?;
                self.put(" > ");
                self.ip_address(ip, 1)?;
                self.put(": ");
            }
            self.truncated();
            return Ok(());
        }
        let source = self.u16(p)?;
        let destination = self.u16(p + 2)?;
        self.put_ports(ip, UDP, source, destination)?;
        if length < HEADER_LENGTH {
            put!(self, "truncated-udp {length}");
            return Ok(());
        }
        let payload = p + HEADER_LENGTH as usize;
        if !self.has(p + 4, 2) {
            self.truncated();
            return Ok(());
        }
        let mut stated = u32::from(self.u16(p + 4)?);
        if stated == 0 && length > 65_535 {
            // A jumbogram (RFC 2675).
            stated = length;
        }
        if stated < HEADER_LENGTH {
            put!(self, "truncated-udplength {stated}");
            return Ok(());
        }
        if !self.has(payload, 0) {
            self.truncated();
            return Ok(());
        }
        stated -= HEADER_LENGTH;
        let length = stated.min(length - HEADER_LENGTH);
        if self.verbose() && !fragmented {
            self.udp_checksum(p, length, ip)?;
        }
        if self.udp_payload(payload, length, source, destination)? {
            return Ok(());
        }
        if stated > length && !fragmented {
            put!(self, "UDP, bad length {stated} > {length}");
        } else {
            self.put_num("UDP, length ", stated);
        }
        Ok(())
    }

    fn udp_checksum(&mut self, p: usize, length: u32, ip: Ip) -> Step {
        let field = self.u16(p + 6)?;
        if ip.version == 4 {
            // For IPv4 the checksum is optional, and tcpdump checks it in the second step of detail only.
            if self.options.verbose < 2 {
                return Ok(());
            }
            if field == 0 {
                self.put("[no cksum] ");
                return Ok(());
            }
        }
        let Some(sum) = self.transport_checksum(ip, p, length + HEADER_LENGTH, UDP) else {
            return Ok(());
        };
        if sum == 0 {
            self.put("[udp sum ok] ");
        } else {
            put!(
                self,
                "[bad udp cksum 0x{field:04x} -> 0x{:04x}!] ",
                should_be(field, sum)
            );
        }
        Ok(())
    }

    /// What a datagram carries, for the ports that are known. Returns false, having printed nothing, for
    /// the others. The order is tcpdump's: it decides when both ports are known.
    fn udp_payload(&mut self, p: usize, length: u32, source: u16, destination: u16) -> Step<bool> {
        let either = |ports: &[u16]| ports.contains(&source) || ports.contains(&destination);
        if either(&[53]) {
            self.dns(p, length, false)?;
        } else if either(&[5353]) {
            self.dns(p, length, true)?;
        } else if either(&[69]) {
            self.tftp(p, length)?;
        } else if either(&[67, 68]) {
            self.bootp(p, length)?;
        } else if either(&[123]) {
            self.ntp(p, length)?;
        } else if either(&[546, 547]) {
            self.dhcpv6(p, length)?;
        } else if either(&[5060]) {
            self.sip(p, length)?;
        } else if either(&[514]) {
            self.syslog(p, length)?;
        } else if either(&[8472]) {
            self.otv(p, length)?;
        } else if either(&[4789]) {
            self.vxlan(p, length)?;
        } else if either(&[6081]) {
            self.geneve(p, length)?;
        } else if either(&[30_490]) {
            self.someip(p, length)?;
        } else {
            return Ok(false);
        }
        Ok(true)
    }
}
