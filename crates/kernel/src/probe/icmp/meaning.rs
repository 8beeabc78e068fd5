//! ICMP errors in the words of `ping` (iputils, `pr_icmph` of ping/ping.c and `print_icmp` of
//! ping/ping6_common.c).

use protocol::ping::Reason;

use super::packet::gateway;

/// What an ICMP error says. `info` is the second word of its header.
pub(in crate::probe) fn meaning(ipv6: bool, kind: u8, code: u8, info: u32) -> String {
    if ipv6 {
        meaning_v6(kind, code, info)
    } else {
        meaning_v4(kind, code, info)
    }
}

/// Whether it says that the request was not delivered: a redirect and a source quench do not.
pub(in crate::probe) fn is_final(ipv6: bool, kind: u8) -> bool {
    ipv6 || !matches!(kind, 4 | 5)
}

/// The same in a word, of an error that is final.
pub(in crate::probe) fn reason(ipv6: bool, kind: u8, code: u8) -> Reason {
    match (ipv6, kind, code) {
        (false, 3, 0 | 5 | 6 | 11) | (true, 1, 0 | 2 | 6) => Reason::NoRoute,
        (false, 3, 1 | 7 | 8 | 12) | (true, 1, 3) => Reason::NoNeighbour,
        (false, 3, 4) | (true, 2, _) => Reason::TooBig,
        (false, 3, _) | (true, 1, _) => Reason::Rejected,
        (false, 11, 0) | (true, 3, 0) => Reason::Loop,
        _ => Reason::Other,
    }
}

fn meaning_v4(kind: u8, code: u8, info: u32) -> String {
    let text = match (kind, code) {
        (3, 0) => "Destination Net Unreachable",
        (3, 1) => "Destination Host Unreachable",
        (3, 2) => "Destination Protocol Unreachable",
        (3, 3) => "Destination Port Unreachable",
        // The next hop's MTU is in the lower half (RFC 1191, 4).
        (3, 4) => return format!("Frag needed and DF set (mtu = {})", info & 0xffff),
        (3, 5) => "Source Route Failed",
        (3, 6) => "Destination Net Unknown",
        (3, 7) => "Destination Host Unknown",
        (3, 8) => "Source Host Isolated",
        (3, 9) => "Destination Net Prohibited",
        (3, 10) => "Destination Host Prohibited",
        (3, 11) => "Destination Net Unreachable for Type of Service",
        (3, 12) => "Destination Host Unreachable for Type of Service",
        (3, 13) => "Packet filtered",
        (3, 14) => "Precedence Violation",
        (3, 15) => "Precedence Cutoff",
        (3, _) => return format!("Dest Unreachable, Bad Code: {code}"),
        (4, _) => "Source Quench",
        (5, _) => return redirect(code, info),
        (11, 0) => "Time to live exceeded",
        (11, 1) => "Frag reassembly time exceeded",
        (11, _) => return format!("Time exceeded, Bad Code: {code}"),
        (12, _) => return format!("Parameter problem: pointer = {}", info >> 24),
        _ => return format!("Bad ICMP type: {kind}"),
    };
    text.to_owned()
}

fn redirect(code: u8, info: u32) -> String {
    let what = match code {
        0 => "Redirect Network".to_owned(),
        1 => "Redirect Host".to_owned(),
        2 => "Redirect Type of Service and Network".to_owned(),
        3 => "Redirect Type of Service and Host".to_owned(),
        _ => format!("Redirect, Bad Code: {code}"),
    };
    format!("{what}(New nexthop: {})", gateway(info))
}

fn meaning_v6(kind: u8, code: u8, info: u32) -> String {
    match kind {
        1 => {
            let why = match code {
                0 => "No route",
                1 => "Administratively prohibited",
                2 => "Beyond scope of source address",
                3 => "Address unreachable",
                4 => "Port unreachable",
                5 => "Source address failed ingress/egress policy",
                6 => "Reject route to destination",
                _ => return format!("Destination unreachable: Unknown code {code}"),
            };
            format!("Destination unreachable: {why}")
        }
        2 if code == 0 => format!("Packet too big: mtu={info}"),
        2 => format!("Packet too big: mtu={info}, code={code}"),
        3 => match code {
            0 => "Time exceeded: Hop limit".to_owned(),
            1 => "Time exceeded: Defragmentation failure".to_owned(),
            _ => format!("Time exceeded: code {code}"),
        },
        4 => {
            let what = match code {
                0 => "Wrong header field".to_owned(),
                1 => "Unknown header".to_owned(),
                2 => "Unknown option".to_owned(),
                _ => format!("code {code}"),
            };
            format!("Parameter problem: {what} at {info}")
        }
        _ => format!("unknown icmp type: {kind}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speaks_as_ping_does() {
        for (kind, code, info, text) in [
            (3, 1, 0, "Destination Host Unreachable"),
            (3, 4, 1400, "Frag needed and DF set (mtu = 1400)"),
            (3, 99, 0, "Dest Unreachable, Bad Code: 99"),
            (5, 1, 0x0a00_0002, "Redirect Host(New nexthop: 10.0.0.2)"),
            (11, 0, 0, "Time to live exceeded"),
            (12, 0, 0x1400_0000, "Parameter problem: pointer = 20"),
        ] {
            assert_eq!(meaning(false, kind, code, info), text);
        }
        for (kind, code, info, text) in [
            (1, 0, 0, "Destination unreachable: No route"),
            (1, 3, 0, "Destination unreachable: Address unreachable"),
            (2, 0, 1280, "Packet too big: mtu=1280"),
            (3, 0, 0, "Time exceeded: Hop limit"),
            (4, 1, 40, "Parameter problem: Unknown header at 40"),
        ] {
            assert_eq!(meaning(true, kind, code, info), text);
        }
    }

    #[test]
    fn a_redirect_is_no_loss() {
        assert!(!is_final(false, 5));
        assert!(is_final(false, 11));
        // The same numbers mean errors in ICMPv6.
        assert!(is_final(true, 4));
    }
}
