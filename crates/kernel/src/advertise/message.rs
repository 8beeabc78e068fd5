//! Router advertisements and solicitations as bytes (RFC 4861, 4.1 and 4.2; RFC 8106, 5.1).

use topology::advertise::Advertisement;
use topology::observed::Mac;

/// The hop limit that no router has lowered: who is not on the link cannot have sent it.
pub(super) const HOP_LIMIT: u8 = 255;
/// Types of ICMPv6.
pub(super) const SOLICITATION: u8 = 133;
const ADVERTISEMENT: u8 = 134;
/// Octets of a solicitation without options.
const SOLICITATION_LENGTH: usize = 8;
/// The hop limit that hosts are to use (the kernel's own default, and radvd's).
const HOST_HOP_LIMIT: u8 = 64;
/// Types of options.
const SOURCE_LINK_LAYER: u8 = 1;
const PREFIX: u8 = 3;
const MTU: u8 = 5;
const DNS: u8 = 25;
/// Flags of a prefix: `L` and `A`.
const ON_LINK: u8 = 0x80;
const AUTOCONF: u8 = 0x40;
/// How many intervals a DNS server is good for (RFC 8106, 5.1).
const DNS_INTERVALS: u32 = 3;

/// An advertisement, its checksum left to the kernel (RFC 3542, 3.1).
pub(super) fn advertisement(said: &Advertisement, lifetime: u16, mac: Option<Mac>) -> Vec<u8> {
    let mut bytes = vec![ADVERTISEMENT, 0, 0, 0, HOST_HOP_LIMIT, 0];
    bytes.extend(lifetime.to_be_bytes());
    // Reachable time and retransmission timer: not said.
    bytes.extend([0; 8]);
    if let Some(Mac(mac)) = mac {
        bytes.extend([SOURCE_LINK_LAYER, 1]);
        bytes.extend(mac);
    }
    if let Some(mtu) = said.mtu {
        bytes.extend([MTU, 1, 0, 0]);
        bytes.extend(mtu.to_be_bytes());
    }
    for prefix in &said.prefixes {
        let on_link = if prefix.on_link { ON_LINK } else { 0 };
        let autoconf = if prefix.autoconf { AUTOCONF } else { 0 };
        bytes.extend([PREFIX, 4, prefix.network.prefix_len(), on_link | autoconf]);
        bytes.extend(prefix.valid.to_be_bytes());
        bytes.extend(prefix.preferred.to_be_bytes());
        bytes.extend([0; 4]);
        bytes.extend(prefix.network.network().octets());
    }
    if let Some(length) = u8::try_from(said.dns.len()).ok().filter(|count| *count > 0) {
        bytes.extend([DNS, 1 + 2 * length, 0, 0]);
        let seconds = DNS_INTERVALS * u32::from(said.interval);
        bytes.extend(seconds.to_be_bytes());
        bytes.extend(said.dns.iter().flat_map(|server| server.octets()));
    }
    bytes
}

/// Whether that is a solicitation that a router answers (RFC 4861, 6.1.1): the kernel has checked
/// its checksum. `bytes` are the first of `length` octets.
pub(super) fn is_solicitation(bytes: &[u8], length: usize, hop_limit: Option<u8>) -> bool {
    let options = bytes.get(SOLICITATION_LENGTH..);
    bytes.starts_with(&[SOLICITATION, 0])
        && hop_limit == Some(HOP_LIMIT)
        && options.is_some_and(|options| are_whole(options, length > bytes.len()))
}

/// Whether each option has a length, and ends where they end; or later, if they are `cut`.
fn are_whole(mut options: &[u8], cut: bool) -> bool {
    while let Some((_, after_kind)) = options.split_first() {
        // In units of 8 octets, its first two among them.
        let units = match after_kind.first() {
            None => return cut,
            Some(0) => return false,
            Some(units) => usize::from(*units),
        };
        match options.get(units * 8..) {
            Some(rest) => options = rest,
            None => return cut,
        }
    }
    true
}

/// A solicitation is one however little is looked at, and is told by its first octets: for the fuzz
/// targets.
#[cfg(fuzzing)]
pub(crate) fn read_any(bytes: &[u8], hop_limit: u8) {
    let is_one = is_solicitation(bytes, bytes.len(), Some(hop_limit));
    if is_one {
        assert!(hop_limit == HOP_LIMIT && bytes.len() % 8 == 0, "{bytes:?}");
        for length in SOLICITATION_LENGTH..bytes.len() {
            let seen = &bytes[..length];
            assert!(is_solicitation(seen, bytes.len(), Some(hop_limit)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Laid out by hand as the figures of RFC 4861, 4.2 and 4.6, and RFC 8106, 5.1.
    #[test]
    fn an_advertisement_has_each_option() {
        let said = Advertisement {
            prefixes: vec!["fd00:1::/64 valid 3600 preferred 1800".parse().unwrap()],
            mtu: Some(1480),
            dns: vec!["fd00:1::53".parse().unwrap()],
            interval: 10,
            lifetime: 1800,
        };
        let bytes = advertisement(&said, 1800, Some(Mac([2, 0, 0, 0, 0, 1])));
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let expected = [
            "86000000400007080000000000000000",
            "0101020000000001",
            "05010000000005c8",
            "030440c000000e100000070800000000fd000001000000000000000000000000",
            "190300000000001efd000001000000000000000000000053",
        ];
        assert_eq!(hex, expected.concat());
    }

    #[test]
    fn what_is_from_elsewhere_is_not_answered() {
        let is = |bytes: &[u8], hop_limit| is_solicitation(bytes, bytes.len(), hop_limit);
        let solicitation = [SOLICITATION, 0, 0, 0, 0, 0, 0, 0];
        assert!(is(&solicitation, Some(255)));
        assert!(!is(&solicitation, Some(254)));
        assert!(!is(&solicitation, None));
        assert!(!is(&solicitation[..7], Some(255)));
        assert!(!is(&[134, 0, 0, 0, 0, 0, 0, 0], Some(255)));
    }

    /// RFC 4861, 6.1.1: such are silently discarded.
    #[test]
    fn an_option_has_a_length_and_an_end() {
        let with = |option: &[u8], missing: usize| {
            let bytes = [&[SOLICITATION, 0, 0, 0, 0, 0, 0, 0], option].concat();
            is_solicitation(&bytes, bytes.len() + missing, Some(255))
        };
        let source = [SOURCE_LINK_LAYER, 1, 2, 0, 0, 0, 0, 1];
        assert!(with(&source, 0));
        assert!(!with(&[SOURCE_LINK_LAYER, 0, 2, 0, 0, 0, 0, 1], 0));
        assert!(!with(&source[..7], 0));
        assert!(!with(&source[..1], 0));
        // Not all of it was looked at.
        assert!(with(&source[..7], 1));
        assert!(with(&source[..1], 7));
    }
}
