//! Checking filters.

use std::time::{Duration, Instant};

use kernel::capture::{MAX_FILTER, check_filter};
use kernel::sandbox::Inside;

use crate::capturing::quiet;

pub(crate) fn checked(_: &Inside) {
    let (article, lab) = quiet();
    let blue = lab.namespace(article.blue);
    let check = |filter: &str| check_filter(&blue, "veth-blue", filter).unwrap();
    for good in [
        "",
        "icmp",
        "icmp6 and ip6[40] == 128",
        "tcp port 80 or port domain",
        "ether host 02:00:00:00:00:01",
        "inbound and not arp",
        "vlan 5",
        "ip proto \\tcp",
    ] {
        assert_eq!(check(good), Ok(()), "{good}");
    }
    for (bad, words) in [
        ("icmp and", "syntax error"),
        ("port 99999", "illegal port number 99999 > 65535"),
        ("host 10.0.0.256", "invalid IPv4 address"),
        ("ip host fd00::1", "applied to ip6 host"),
        ("wlan type mgt", "802.11"),
        ("host red", "not looked up"),
        ("icmp\0", "null"),
        (&"1 or ".repeat(MAX_FILTER), "at most 1024 are taken"),
    ] {
        let said = check(bad).expect_err(bad);
        assert!(said.contains(words), "{bad:.40}: {said}");
    }
    // For what the interface's packets are like.
    let any = check_filter(&blue, "any", "ether broadcast").unwrap();
    let said = any.expect_err("ether broadcast on any");
    assert!(said.contains("not a broadcast link"), "{said}");
    let nowhere = check_filter(&blue, "nothing", "icmp")
        .unwrap_err()
        .to_string();
    assert!(
        nowhere.starts_with("could not check a filter for nothing in namespace blue: "),
        "{nowhere}"
    );
}

/// The worst that is known, as large as it is taken.
pub(crate) fn in_time(_: &Inside) {
    let (article, lab) = quiet();
    let blue = lab.namespace(article.blue);
    let fill = |begin: &str, part: &dyn Fn(usize) -> String| {
        let mut filter = begin.to_owned();
        for part in (2..65).map(part) {
            if filter.len() + part.len() <= MAX_FILTER {
                filter += &part;
            }
        }
        filter
    };
    let around = |count: usize, open: &str, close: &str| {
        format!("{}0{} = 1", open.repeat(count), close.repeat(count))
    };
    for filter in [
        fill("port 1", &|n| format!("||{n}")),
        fill("ip", &|n| format!("&&!port {n}")),
        fill("portrange 1-2", &|n| format!("||{n}-{n}")),
        fill("tcp portrange 1-2", &|n| format!("||udp portrange {n}-{n}")),
        fill("host fd00::1", &|n| format!("||fd00::{n:x}")),
        fill("net 10.1", &|n| format!("||10.{n}")),
        fill("ip6 protochain 6", &|n| format!("||{n}")),
        fill("tcp[0]=1", &|n| format!("||udp[{n}]={n}")),
        "vlan||".repeat(170) + "ip",
        "l1||".repeat(250) + "ip",
        "sctp&&!udp||".repeat(80) + "ip",
        "(".repeat(500) + "ip" + &")".repeat(500),
        around(250, "ip[", "]"),
        around(60, "(1+ip[0]*", ")"),
    ] {
        let begin = Instant::now();
        let result = check_filter(&blue, "veth-blue", &filter).unwrap();
        let took = begin.elapsed();
        // All but what needs too many registers is a filter.
        let text = result.err().unwrap_or_default();
        assert!(
            text.is_empty() || text.contains("registers"),
            "{text}: {filter:.60}"
        );
        assert!(took < Duration::from_secs(2), "{took:?}: {filter:.60}");
    }
}
