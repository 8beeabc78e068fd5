//! What a ping can be told to do, and what else it hears.

use std::net::IpAddr;
use std::time::Instant;

use kernel::probe::{Ping, PingOptions};
use kernel::sandbox::Inside;
use protocol::ping::{MOST_FLOOD, PingEvent};

use crate::lab::{Lab, ip, labs};
use crate::pinging::{Pinging, fast};

/// It ends by itself, when the last request has had its time.
pub(crate) fn counted(_: &Inside) {
    let article = labs::article();
    let lab = Lab::start(&article.builder.document);
    let three = PingOptions {
        count: Some(3),
        interval_ms: 20,
        ..fast()
    };
    for (target, answered) in [("10.0.0.2", true), ("10.0.0.9", false)] {
        let mut pinging = Pinging::start(&lab, article.red, target, &three);
        while pinging.next().is_some() {}
        let said = |wanted: fn(&PingEvent) -> bool| {
            pinging.said.iter().filter(|event| wanted(event)).count()
        };
        let replies = said(|event| matches!(event, PingEvent::Reply { .. }));
        let lost = said(|event| matches!(event, PingEvent::Lost { .. }));
        let expected = if answered { (3, 0) } else { (0, 3) };
        assert_eq!((replies, lost), expected, "{:#?}", pinging.said);
        let last = pinging.said.last();
        assert_eq!(last, Some(&PingEvent::Stopped { error: None }));
    }
}

/// As fast as answers come, but no faster than is allowed.
pub(crate) fn flood(_: &Inside) {
    let article = labs::article();
    let lab = Lab::start(&article.builder.document);
    let flood = PingOptions {
        flood: true,
        count: Some(2_000),
        ..fast()
    };
    let mut pinging = Pinging::start(&lab, article.red, "10.0.0.2", &flood);
    while pinging.next().is_some() {}
    let took = pinging.begun.elapsed().as_secs_f64();
    let counts = pinging.said.iter().rev().find_map(|event| match event {
        PingEvent::Flood(counts) => Some(*counts),
        _ => None,
    });
    let counts = counts.unwrap();
    assert_eq!(
        (counts.sent, counts.received, counts.lost),
        (2_000, 2_000, 0)
    );
    assert_eq!((counts.duplicates, counts.out_of_order), (0, 0));
    assert!(counts.rtt_min_ns > 0 && counts.rtt_max_ns >= counts.rtt_min_ns);
    // Twenty may go at once.
    assert!(took > 1_980.0 / f64::from(MOST_FLOOD), "{took}");
    // Replies are not told one by one.
    assert!(pinging.said.len() < 60, "{}", pinging.said.len());
    // Without answers it keeps a hundred a second.
    let nobody = PingOptions {
        count: Some(20),
        ..flood
    };
    let mut silent = Pinging::start(&lab, article.red, "10.0.0.9", &nobody);
    let begun = Instant::now();
    while silent.next().is_some() {}
    assert!(begun.elapsed().as_millis() >= 190, "{:?}", begun.elapsed());
}

/// A firewall changes a byte of the data on its way.
pub(crate) fn corrupted(_: &Inside) {
    let article = labs::article();
    let lab = Lab::start(&article.builder.document);
    for words in [
        "nft add table ip f",
        "nft add chain ip f output { type filter hook output priority 0 ; }",
        // 8 bytes of header and 40 of data, in bits.
        "nft add rule ip f output icmp type echo-reply @th,384,8 set 0xee",
    ] {
        lab.must(article.blue, words);
    }
    let mut pinging = Pinging::start(&lab, article.red, "10.0.0.2", &fast());
    let (from, byte) = pinging.wait("corrupted reply", |event| match event {
        PingEvent::Corrupted { from, byte, .. } => Some((*from, *byte)),
        _ => None,
    });
    assert_eq!((from.to_string().as_str(), byte), ("10.0.0.2", 40));
    let replies = pinging.said.iter();
    let replies = replies.filter(|event| matches!(event, PingEvent::Reply { .. }));
    assert_eq!(replies.count(), 0);
}

/// A firewall doubles requests.
pub(crate) fn duplicates(_: &Inside) {
    let article = labs::article();
    let lab = Lab::start(&article.builder.document);
    for words in [
        "nft add table ip f",
        "nft add chain ip f output { type filter hook output priority 0 ; }",
        "nft add rule ip f output icmp type echo-request dup to 10.0.0.2 device veth-red",
    ] {
        lab.must(article.red, words);
    }
    let mut pinging = Pinging::start(&lab, article.red, "10.0.0.2", &fast());
    pinging.wait("duplicate", |event| match event {
        PingEvent::Duplicate { sequence } => Some(*sequence),
        _ => None,
    });
}

/// Without fragments, from another address, with a time to live.
pub(crate) fn told(_: &Inside) {
    let mut article = labs::article();
    article.builder.address(article.veth_red, "10.0.0.77/24");
    let lab = Lab::start(&article.builder.document);
    let whole = PingOptions {
        size: 2_000,
        dont_fragment: true,
        ..fast()
    };
    for target in ["10.0.0.2", "fd00::2"] {
        let mut pinging = Pinging::start(&lab, article.red, target, &whole);
        assert_eq!(pinging.refusal(), "Message too long (EMSGSIZE)", "{target}");
    }
    let source: IpAddr = "10.0.0.77".parse().unwrap();
    let from = PingOptions {
        source: Some(source),
        ..fast()
    };
    // Blue answers that address only.
    for words in [
        "nft add table ip f",
        "nft add chain ip f input { type filter hook input priority 0 ; }",
        "nft add rule ip f input ip saddr != 10.0.0.77 drop",
    ] {
        lab.must(article.blue, words);
    }
    let mut pinging = Pinging::start(&lab, article.red, "10.0.0.2", &from);
    assert_eq!(pinging.reply(), 1);

    let _guard = lab.runtime.enter();
    let namespace = lab.namespace(article.red);
    let target: IpAddr = "10.0.0.2".parse().unwrap();
    for (wrong, text) in [
        (
            PingOptions {
                interval_ms: 1,
                ..fast()
            },
            "an interval of 1 ms is too short",
        ),
        (
            PingOptions {
                size: u16::MAX,
                ..fast()
            },
            "65535 bytes of data are more than 65507",
        ),
        (
            PingOptions {
                source: Some("fd00::1".parse().unwrap()),
                ..fast()
            },
            "the source address is of another family",
        ),
        (
            PingOptions {
                source: Some("192.0.2.7".parse().unwrap()),
                ..fast()
            },
            "EADDRNOTAVAIL",
        ),
    ] {
        let error = Ping::start(&namespace, target, &wrong, None).unwrap_err();
        assert!(error.to_string().contains(text), "{error}");
    }
}

/// Round trips by the kernel's stamps, beside those of `ping` in the same lab.
pub(crate) fn beside_ping(_: &Inside) {
    const COUNT: usize = 40;
    let article = labs::article();
    let lab = Lab::start(&article.builder.document);
    let options = PingOptions {
        interval_ms: 20,
        count: Some(COUNT as u64),
        ..PingOptions::default()
    };
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    // At 10 ms and less `ping` does not sleep in between, and finds all in the processor's caches.
    // In turns, so that both have the machine as it is.
    for _ in 0..3 {
        let mut pinging = Pinging::start(&lab, article.red, "10.0.0.2", &options);
        while pinging.next().is_some() {}
        ours.extend(pinging.said.iter().filter_map(|event| match event {
            PingEvent::Reply { rtt_ns, .. } => Some(*rtt_ns),
            _ => None,
        }));
        let red = lab.namespace(article.red);
        let text = ip::must(&red, &format!("ping -c{COUNT} -i.02 10.0.0.2"));
        theirs.extend(text.lines().filter_map(|line| {
            let (_, rest) = line.split_once("time=")?;
            let milliseconds: f64 = rest.split_whitespace().next()?.parse().ok()?;
            Some((milliseconds * 1e6) as u64)
        }));
    }
    assert_eq!((ours.len(), theirs.len()), (3 * COUNT, 3 * COUNT));
    ours.sort_unstable();
    theirs.sort_unstable();
    let (ours, theirs) = (ours[ours.len() / 2], theirs[theirs.len() / 2]);
    // It rounds to microseconds.
    assert!(ours <= theirs + 1_000, "p50 {ours} ns, of ping {theirs} ns");
}
