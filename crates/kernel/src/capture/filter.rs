//! What is refused of a filter before libpcap sees it: what is too long, and names that libpcap
//! would look up. That would take seconds where there is no name service, and where there is one
//! it would be the machine's and not the lab's.

use std::net::Ipv6Addr;

/// Most bytes of a filter. The time of libpcap's compiler grows with their cube: 4 KiB of ports
/// took it 14 s (libpcap 1.10.3), and it cannot be interrupted.
pub const MAX_FILTER: usize = 1024;
/// Most numbers, addresses and names in a filter, for the same reason: 64 port ranges, the worst
/// of what was tried, took a quarter of a second, and twice as many eight times as long.
const MAX_OPERANDS: usize = 64;

/// Whether libpcap may have a look at the filter.
pub(super) fn check(filter: &str) -> Result<(), String> {
    if filter.len() > MAX_FILTER {
        let length = filter.len();
        return Err(format!(
            "the filter has {length} bytes; at most {MAX_FILTER} are taken"
        ));
    }
    let words = words(filter);
    let operands = words.iter().filter(|word| !is_keyword(word)).count();
    if operands > MAX_OPERANDS {
        return Err(format!(
            "the filter has {operands} numbers and addresses; at most {MAX_OPERANDS} are taken"
        ));
    }
    match name(&words) {
        Some(name) => Err(format!(
            "`{name}` is neither a word of pcap-filter(7) nor an address; \
             names of hosts and networks are not looked up"
        )),
        None => Ok(()),
    }
}

/// The first word that libpcap would look up as the name of a host or network.
fn name<'a>(words: &[&'a str]) -> Option<&'a str> {
    let mut looked_up = true;
    for word in words {
        let word = match word.strip_prefix('\\') {
            // `proto \tcp`: a name though it looks like a keyword.
            Some(escaped) if looked_up => return Some(escaped),
            Some(_) => continue,
            None => *word,
        };
        if BEFORE_OTHER_WORDS.contains(&word) {
            looked_up = false;
        } else if OPERATORS.contains(&word) {
            // `port http or https`: what follows is of the same kind.
        } else if KEYWORDS.binary_search(&word).is_ok() {
            looked_up = true;
        } else if looked_up && !is_address(word) {
            return Some(word);
        }
    }
    None
}

fn is_keyword(word: &str) -> bool {
    BEFORE_OTHER_WORDS.contains(&word)
        || OPERATORS.contains(&word)
        || KEYWORDS.binary_search(&word).is_ok()
}

/// The words of a filter, as libpcap's scanner (scanner.l) takes them apart: letters and digits
/// with `-`, `_` and `.` between, `:` too if it makes an address; or a backslash and what follows.
/// Those between brackets are left out: its grammar knows no names there.
fn words(filter: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = filter;
    let mut depth = 0_usize;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '\\' => rest.find([' ', '!', '(', ')', '\n', '\t']),
            c if c.is_ascii_alphanumeric() => rest.find(|c: char| !is_inner(c)),
            _ => Some(first.len_utf8()),
        };
        let (word, after) = rest.split_at(length.unwrap_or(rest.len()));
        rest = after;
        match first {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            _ if depth > 0 => {}
            '\\' => words.push(word),
            c if c.is_ascii_alphanumeric() && is_address(word) => words.push(word),
            c if c.is_ascii_alphanumeric() => words.extend(
                word.split(':')
                    .map(|part| part.trim_end_matches(['-', '_']))
                    .filter(|part| !part.is_empty()),
            ),
            _ => {}
        }
    }
    words
}

fn is_inner(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':')
}

/// A number, an IPv4 address or the beginning of one, an IPv6 address, a link-layer address.
fn is_address(word: &str) -> bool {
    let hex = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_hexdigit());
    let groups = |separator: char, count: usize, longest: usize| {
        word.split(separator).count() == count
            && word
                .split(separator)
                .all(|group| hex(group) && group.len() <= longest)
    };
    let hexadecimal = word.strip_prefix("0x").or(word.strip_prefix("0X"));
    word.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        || hexadecimal.is_some_and(hex)
        || [':', '-', '.']
            .into_iter()
            .any(|separator| groups(separator, 6, 2))
        || groups('.', 3, 4)
        || (word.len() == 12 && hex(word))
        || word.parse::<Ipv6Addr>().is_ok()
}

const OPERATORS: [&str; 3] = ["and", "not", "or"];

/// What follows these is no host or network: a port or protocol, which a file of the machine
/// names, or a word that libpcap knows by itself.
const BEFORE_OTHER_WORDS: [&str; 19] = [
    "action",
    "dir",
    "direction",
    "ifname",
    "llc",
    "on",
    "port",
    "portrange",
    "proto",
    "protochain",
    "reason",
    "rnr",
    "rset",
    "rulenum",
    "ruleset",
    "srnr",
    "subrulenum",
    "subtype",
    "type",
];

/// The other words of libpcap's scanner (scanner.l, 1.10), sorted.
const KEYWORDS: [&str; 164] = [
    "aarp",
    "addr1",
    "addr2",
    "addr3",
    "addr4",
    "address1",
    "address2",
    "address3",
    "address4",
    "ah",
    "arp",
    "atalk",
    "bcc",
    "broadcast",
    "byte",
    "carp",
    "clnp",
    "connectmsg",
    "csnp",
    "decnet",
    "dpc",
    "dst",
    "es-is",
    "esis",
    "esp",
    "ether",
    "fddi",
    "fisu",
    "gateway",
    "geneve",
    "greater",
    "hdpc",
    "hfisu",
    "hlssu",
    "hmsu",
    "hopc",
    "host",
    "hsio",
    "hsls",
    "icmp",
    "icmp-echo",
    "icmp-echoreply",
    "icmp-ireq",
    "icmp-ireqreply",
    "icmp-maskreply",
    "icmp-maskreq",
    "icmp-paramprob",
    "icmp-redirect",
    "icmp-routeradvert",
    "icmp-routersolicit",
    "icmp-sourcequench",
    "icmp-timxceed",
    "icmp-tstamp",
    "icmp-tstampreply",
    "icmp-unreach",
    "icmp6",
    "icmp6-certpathadvert",
    "icmp6-certpathsolicit",
    "icmp6-destinationunreach",
    "icmp6-echo",
    "icmp6-echoreply",
    "icmp6-homeagentdiscoveryreply",
    "icmp6-homeagentdiscoveryrequest",
    "icmp6-ineighbordiscoveryadvert",
    "icmp6-ineighbordiscoverysolicit",
    "icmp6-mobileprefixadvert",
    "icmp6-mobileprefixsolicit",
    "icmp6-multicastlistenerdone",
    "icmp6-multicastlistenerquery",
    "icmp6-multicastlistenerreportv1",
    "icmp6-multicastlistenerreportv2",
    "icmp6-multicastrouteradvert",
    "icmp6-multicastroutersolicit",
    "icmp6-multicastrouterterm",
    "icmp6-neighboradvert",
    "icmp6-neighborsolicit",
    "icmp6-nodeinformationquery",
    "icmp6-nodeinformationresponse",
    "icmp6-packettoobig",
    "icmp6-parameterproblem",
    "icmp6-redirect",
    "icmp6-routeradvert",
    "icmp6-routerrenum",
    "icmp6-routersolicit",
    "icmp6-timeexceeded",
    "icmp6code",
    "icmp6type",
    "icmpcode",
    "icmptype",
    "ifindex",
    "igmp",
    "igrp",
    "iih",
    "ilmic",
    "inbound",
    "ip",
    "ip6",
    "ipx",
    "is-is",
    "isis",
    "iso",
    "l1",
    "l2",
    "lane",
    "lat",
    "len",
    "length",
    "less",
    "link",
    "lsp",
    "lssu",
    "lsu",
    "mask",
    "metac",
    "metaconnect",
    "mopdl",
    "moprc",
    "mpls",
    "msu",
    "multicast",
    "net",
    "netbeui",
    "oam",
    "oamf4",
    "oamf4ec",
    "oamf4sc",
    "opc",
    "outbound",
    "pim",
    "ppp",
    "pppoed",
    "pppoes",
    "psnp",
    "ra",
    "radio",
    "rarp",
    "sc",
    "sca",
    "sctp",
    "sio",
    "slip",
    "sls",
    "snp",
    "src",
    "stp",
    "ta",
    "tcp",
    "tcp-ack",
    "tcp-cwr",
    "tcp-ece",
    "tcp-fin",
    "tcp-push",
    "tcp-rst",
    "tcp-syn",
    "tcp-urg",
    "tcpflags",
    "tr",
    "udp",
    "vci",
    "vlan",
    "vpi",
    "vrrp",
    "vxlan",
    "wlan",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_are_sorted() {
        assert!(KEYWORDS.is_sorted());
    }

    #[test]
    fn what_needs_no_lookup_is_taken() {
        for filter in [
            "",
            "icmp or arp",
            "icmp6 and not ip6[40] == 135",
            "host 10.0.0.1 and port http or https",
            "net 10.0.0/24 or net 192.168",
            "src host fd00::1 and dst net fe80::/10",
            "ether host 02:00:00:aa:bb:cc or ether src 02-0-0-aa-bb-cc",
            "ether dst 0200.00aa.bbcc or ether src 020000aabbcc",
            "tcp[tcpflags] & (tcp-syn|tcp-fin) != 0",
            "icmp[icmptype] = icmp-echo",
            "ip proto \\tcp and portrange 80-90",
            "ether proto 0x0800 && len<=100",
            "ip[2:2]-20>100",
            "wlan type mgt subtype beacon",
            "vlan 100 and tcp port domain",
            "port ftp-data",
        ] {
            assert_eq!(name(&words(filter)), None, "{filter}");
        }
    }

    #[test]
    fn names_are_refused() {
        for (filter, refused) in [
            ("foo", "foo"),
            ("host www.example.com", "www.example.com"),
            ("icmp and src red", "red"),
            ("port 80 and host (10.0.0.1 or blue)", "blue"),
            ("net loopback", "loopback"),
            ("ether host printer", "printer"),
            ("host \\icmp", "icmp"),
            ("host dead:beef", "dead"),
            ("host icmp-x", "icmp-x"),
            ("port http and src http", "http"),
            ("host fe80::1%eth0", "eth0"),
            ("host 10.0.0.1-x", "10.0.0.1-x"),
        ] {
            assert_eq!(name(&words(filter)), Some(refused), "{filter}");
        }
        let text = check("host blue").unwrap_err();
        assert!(text.contains("`blue` is neither"), "{text}");
    }

    #[test]
    fn long_filters_are_refused() {
        let longest = "tcp or ".repeat((MAX_FILTER - 3) / 7) + "tcp";
        assert!(check(&longest).is_ok());
        let text = check(&(longest + " or tcp")).unwrap_err();
        assert!(text.contains("at most 1024 are taken"), "{text}");

        let most = "port 1".to_owned() + &"||2".repeat(MAX_OPERANDS - 1);
        assert!(check(&most).is_ok());
        let text = check(&(most + "||3")).unwrap_err();
        assert!(text.contains("at most 64 are taken"), "{text}");
    }
}
