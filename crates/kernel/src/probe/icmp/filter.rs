//! What of all the ICMP packets of a namespace wakes a ping's socket: replies with its identifier,
//! and errors that quote a request with it. The kernel runs this for every packet, so that many
//! pings in one namespace do not wake each other.

use socket2::SockFilter;

/// Classic BPF (linux/bpf_common.h, linux/filter.h).
const LOAD_BYTE: u16 = 0x30; // ld  [k], 8 bits
const LOAD_HALF: u16 = 0x28; // ld  [k], 16 bits
const LOAD_BYTE_AT_X: u16 = 0x50; // ld  [x + k], 8 bits
const LOAD_HALF_AT_X: u16 = 0x48; // ld  [x + k], 16 bits
const LOAD_X_HEADER: u16 = 0xb1; // ldx 4 * ([k] & 15)
const AND: u16 = 0x54;
const SHIFT_LEFT: u16 = 0x64;
const ADD_X: u16 = 0x0c;
const TO_X: u16 = 0x07;
const IF_EQUAL: u16 = 0x15;
const RETURN: u16 = 0x06;
/// All of the packet.
const TAKE: SockFilter = SockFilter::new(RETURN, 0, 0, u32::MAX);
/// Nothing of it.
const LEAVE: SockFilter = SockFilter::new(RETURN, 0, 0, 0);

/// The filter of a ping. A packet that is too short for a question is left.
pub(in crate::probe) fn program(ipv6: bool, identifier: u16) -> Vec<SockFilter> {
    match ipv6 {
        false => program_v4(identifier.into()),
        true => program_v6(identifier.into()),
    }
}

/// The filter of one that waits for errors about anything. A packet that is too short for a
/// question is left.
pub(in crate::probe) fn errors(ipv6: bool) -> Vec<SockFilter> {
    let op = |code, k| SockFilter::new(code, 0, 0, k);
    match ipv6 {
        false => vec![
            op(LOAD_X_HEADER, 0),
            op(LOAD_BYTE_AT_X, 0),
            SockFilter::new(IF_EQUAL, 3, 0, 3), // 2: unreachable → 6
            SockFilter::new(IF_EQUAL, 2, 0, 11), // 3: time exceeded → 6
            SockFilter::new(IF_EQUAL, 1, 0, 12), // 4: parameter problem → 6
            LEAVE,                              // 5
            TAKE,                               // 6
        ],
        true => vec![
            op(LOAD_BYTE, 0),
            SockFilter::new(IF_EQUAL, 4, 0, 1), // 1: unreachable → 6
            SockFilter::new(IF_EQUAL, 3, 0, 2), // 2: packet too big → 6
            SockFilter::new(IF_EQUAL, 2, 0, 3), // 3: time exceeded → 6
            SockFilter::new(IF_EQUAL, 1, 0, 4), // 4: parameter problem → 6
            LEAVE,                              // 5
            TAKE,                               // 6
        ],
    }
}

/// An IPv4 raw socket's packets begin with the IPv4 header.
fn program_v4(identifier: u32) -> Vec<SockFilter> {
    let op = |code, k| SockFilter::new(code, 0, 0, k);
    // Jumps are counted from the instruction that follows.
    vec![
        op(LOAD_X_HEADER, 0),
        op(LOAD_BYTE_AT_X, 0),
        SockFilter::new(IF_EQUAL, 14, 0, 0), //  2: echo reply → 17
        SockFilter::new(IF_EQUAL, 4, 0, 3),  //  3: unreachable → 8
        SockFilter::new(IF_EQUAL, 3, 0, 11), //  4: time exceeded → 8
        SockFilter::new(IF_EQUAL, 2, 0, 5),  //  5: redirect → 8
        SockFilter::new(IF_EQUAL, 1, 0, 12), //  6: parameter problem → 8
        SockFilter::new(IF_EQUAL, 0, 11, 4), //  7: source quench, or else → 19
        op(LOAD_BYTE_AT_X, 8 + 9),           //  8: protocol of the quoted packet
        SockFilter::new(IF_EQUAL, 0, 9, 1),  //  9: ICMP, or else → 19
        op(LOAD_BYTE_AT_X, 8),               // 10: its header's length
        op(AND, 15),
        op(SHIFT_LEFT, 2),
        op(ADD_X, 0),
        op(TO_X, 0),
        op(LOAD_HALF_AT_X, 8 + 4),                   // 15: its identifier
        SockFilter::new(IF_EQUAL, 3, 2, identifier), // 16: → 20 or 19
        op(LOAD_HALF_AT_X, 4),                       // 17: the reply's identifier
        SockFilter::new(IF_EQUAL, 1, 0, identifier), // 18: → 20 or 19
        LEAVE,                                       // 19
        TAKE,                                        // 20
    ]
}

/// An ICMPv6 raw socket's packets begin with the ICMPv6 header.
fn program_v6(identifier: u32) -> Vec<SockFilter> {
    let op = |code, k| SockFilter::new(code, 0, 0, k);
    vec![
        op(LOAD_BYTE, 0),
        SockFilter::new(IF_EQUAL, 8, 0, 129), //  1: echo reply → 10
        SockFilter::new(IF_EQUAL, 3, 0, 1),   //  2: unreachable → 6
        SockFilter::new(IF_EQUAL, 2, 0, 2),   //  3: packet too big → 6
        SockFilter::new(IF_EQUAL, 1, 0, 3),   //  4: time exceeded → 6
        SockFilter::new(IF_EQUAL, 0, 6, 4),   //  5: parameter problem, or else → 12
        op(LOAD_BYTE, 8 + 6),                 //  6: what the quoted packet holds
        SockFilter::new(IF_EQUAL, 0, 4, 58),  //  7: ICMPv6, or else → 12
        op(LOAD_HALF, 8 + 40 + 4),            //  8: its identifier
        SockFilter::new(IF_EQUAL, 3, 2, identifier), // 9: → 13 or 12
        op(LOAD_HALF, 4),                     // 10: the reply's identifier
        SockFilter::new(IF_EQUAL, 1, 0, identifier), // 11: → 13 or 12
        LEAVE,                                // 12
        TAKE,                                 // 13
    ]
}
