//! The Internet checksum (RFC 1071), as detail (`-v`) shows it.

use super::payload::Ip;
use super::walk::Walk;

/// The checksum over the bytes of several parts, each of even length but the last. Zero means that a message
/// with its checksum inside is whole.
pub(crate) fn checksum(parts: &[&[u8]]) -> u16 {
    let mut sum = 0u64;
    for part in parts {
        for pair in part.chunks(2) {
            sum += match pair {
                [high, low] => u64::from(u16::from_be_bytes([*high, *low])),
                [high] => u64::from(*high) << 8,
                _ => 0,
            };
        }
    }
    while sum > 0xffff {
        sum = (sum >> 16) + (sum & 0xffff);
    }
    !(sum as u16)
}

/// What the checksum field should hold, when it holds `field` and the checksum over all came out as
/// `result`.
pub(super) fn should_be(field: u16, result: u16) -> u16 {
    let mut sum = u32::from(field) + u32::from(result);
    sum = (sum & 0xffff) + (sum >> 16);
    (sum + (sum >> 16)) as u16
}

impl Walk<'_> {
    /// The checksum of `length` bytes at `p` with the pseudo header of the packet around them, or `None` if
    /// they are not all captured.
    pub(super) fn transport_checksum(
        &self,
        ip: Ip,
        p: usize,
        length: u32,
        protocol: u8,
    ) -> Option<u16> {
        let bytes = self.slice(p, length as usize).ok()?;
        if ip.version == 4 {
            let addresses = self.slice(ip.at + 12, 4).ok()?;
            let [high, low] = (length as u16).to_be_bytes();
            let tail = [0, protocol, high, low];
            let destination = self.final_destination_v4(ip)?;
            Some(checksum(&[addresses, &destination, &tail, bytes]))
        } else {
            let source = self.slice(ip.at + 8, 16).ok()?;
            let destination = self.final_destination_v6(ip)?;
            let [a, b, c, d] = length.to_be_bytes();
            Some(checksum(&[
                source,
                &destination,
                &[a, b, c, d, 0, 0, 0, protocol],
                bytes,
            ]))
        }
    }
}
