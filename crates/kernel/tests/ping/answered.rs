//! Pings that are answered.

use std::time::{Duration, Instant};

use kernel::probe::{Ping, PingOptions};
use kernel::sandbox::Inside;
use protocol::ping::PingEvent;
use topology::NamespaceId;

use crate::lab::{Lab, descriptors, labs, threads};
use crate::pinging::{Pinging, fast};
use crate::support::eventually;

pub(crate) fn replies(_: &Inside) {
    let article = labs::article();
    let lab = Lab::start(&article.builder.document);
    for target in ["10.0.0.2", "fd00::2"] {
        let mut pinging = Pinging::start(&lab, article.red, target, &fast());
        for number in 1..=5 {
            let event = pinging.next().unwrap();
            let PingEvent::Reply {
                sequence,
                from,
                rtt_ns,
                ttl,
                bytes,
            } = event
            else {
                panic!("{event:?}");
            };
            assert_eq!((sequence, from.to_string().as_str()), (number, target));
            assert_eq!((ttl, bytes), (Some(64), 64));
            // Microseconds on a veth; milliseconds if the machine is busy.
            assert!((500..200_000_000).contains(&rtt_ns), "{rtt_ns} ns");
        }
        // At a constant pace: the fifth is sent after 400 ms.
        let took = pinging.begun.elapsed();
        assert!((390..900).contains(&took.as_millis()), "{took:?}");
        pinging.stop();
        assert_eq!(pinging.said.len(), 6, "{:#?}", pinging.said);
    }
}

/// With the default interval the stop is asked for between two requests.
pub(crate) fn stop(_: &Inside) {
    let article = labs::article();
    let lab = Lab::start(&article.builder.document);
    let options = PingOptions::default();
    let mut pinging = Pinging::start(&lab, article.red, "10.0.0.2", &options);
    pinging.reply();
    let took = pinging.stop();
    assert!(took < Duration::from_millis(50), "{took:?}");

    // One whose reader does not read is stopped just the same.
    let many = PingOptions {
        interval_ms: 2,
        ..fast()
    };
    let mut unread = Pinging::start(&lab, article.red, "10.0.0.2", &many);
    let busy = async { tokio::time::sleep(Duration::from_secs(1)).await };
    lab.runtime.block_on(busy);
    unread.ping.take().unwrap().stop();
    let mut count = 0;
    while unread.next().is_some() {
        count += 1;
    }
    // As many as there is room for, and its last words if they had room.
    assert!((256..=257).contains(&count), "{count}");
}

pub(crate) fn link_local(_: &Inside) {
    let article = labs::article();
    let lab = Lab::start(&article.builder.document);
    let observed = lab.engine.observed();
    let address = |namespace, name: &str| {
        let (_, interface) = observed.interface_named(namespace, name).unwrap();
        let own = interface.addresses.iter().map(|a| a.address.addr());
        own.filter(|a| topology::address::is_link_local(*a))
            .map(|a| a.to_string())
            .next()
            .unwrap()
    };
    let blue = address(article.blue, "veth-blue");
    let mut pinging = Pinging::start(&lab, article.red, &blue, &fast());
    pinging.reply();
    // Its own, without a choice to make though there are two links.
    let mut pinging = Pinging::start(&lab, article.blue, &blue, &fast());
    pinging.reply();

    let refused = |namespace, target: &str| {
        let _guard = lab.runtime.enter();
        let namespace = lab.namespace(namespace);
        let refused = Ping::start(&namespace, target.parse().unwrap(), &fast(), None);
        refused.unwrap_err().to_string()
    };
    let red = address(article.red, "veth-red");
    let error = refused(article.blue, &red);
    assert!(
        error.starts_with(&format!("could not ping {red} from namespace blue: "))
            && error.contains("veth-blue")
            && error.contains(" or ")
            && error.contains("veth-blue-br"),
        "{error}"
    );
    lab.must(article.red, "ip link set veth-red down");
    let error = refused(article.red, &blue);
    assert!(error.contains("no interface with one is up"), "{error}");
}

/// The host's loopback is down at first, as the kernel makes it.
pub(crate) fn own_address(_: &Inside) {
    let mut article = labs::article();
    article.builder.address(article.bridge, "fd00:1::fe/64");
    let lab = Lab::start(&article.builder.document);
    let host = NamespaceId::HOST;
    // These two are not there before it has been up.
    for target in ["127.0.0.1", "::1"] {
        let mut pinging = Pinging::start(&lab, host, target, &fast());
        pinging.finds("host/lo is down: host reaches its own addresses through it");
        let refused = pinging
            .said
            .iter()
            .any(|event| matches!(event, PingEvent::SendFailed { .. }));
        assert!(refused, "{:#?}", pinging.said);
    }
    for target in ["10.0.1.254", "fd00:1::fe"] {
        let mut pinging = Pinging::start(&lab, host, target, &fast());
        pinging.finds("host/lo is down: host reaches its own addresses through it");
        lab.must(host, "ip link set lo up");
        pinging.reply();
        pinging.taken_back();
        pinging.stop();
        lab.must(host, "ip link set lo down");
    }
}

/// Each is answered, by its own target, and none hears of another's replies.
pub(crate) fn many(_: &Inside) {
    let lab = Lab::start(&labs::star(9));
    let begin = Instant::now();
    let source = lab.engine.observed();
    let source = source
        .namespaces
        .iter()
        .find(|(_, n)| n.name.as_str() == "n1");
    let source = *source.unwrap().0;
    let mut all: Vec<(String, Pinging<'_>)> = (0..90)
        .map(|number| {
            let target = format!("10.0.0.{}", 1 + number % 9);
            let pinging = Pinging::start(&lab, source, &target, &fast());
            (target, pinging)
        })
        .collect();
    assert!(
        begin.elapsed() < Duration::from_secs(1),
        "{:?}",
        begin.elapsed()
    );
    for (target, pinging) in &mut all {
        pinging.reply();
        pinging.stop();
        for event in &pinging.said {
            match event {
                PingEvent::Reply { from, .. } => assert_eq!(from.to_string(), *target),
                PingEvent::Stopped { .. } => {}
                other => panic!("{other:?}"),
            }
        }
    }
}

/// In fragments on the wire.
pub(crate) fn large(_: &Inside) {
    let article = labs::article();
    let lab = Lab::start(&article.builder.document);
    let size = |size| PingOptions { size, ..fast() };
    for (target, sizes) in [("10.0.0.2", [0, 7, 60_000]), ("fd00::2", [0, 7, 60_000])] {
        for bytes in sizes {
            let mut pinging = Pinging::start(&lab, article.red, target, &size(bytes));
            pinging.reply();
            let got = pinging.said.iter().find_map(|event| match event {
                PingEvent::Reply { bytes, .. } => Some(*bytes),
                _ => None,
            });
            assert_eq!(got, Some(u32::from(bytes) + 8));
        }
    }
}

pub(crate) fn nothing_left(_: &Inside) {
    let article = labs::article();
    let lab = Lab::start(&article.builder.document);
    let once = || {
        for target in ["10.0.0.2", "fd00::2", "10.0.0.9", "10.99.0.1"] {
            let mut pinging = Pinging::start(&lab, article.red, target, &fast());
            pinging.next();
            match target {
                // Dropped without a stop.
                "fd00::2" => drop(pinging),
                _ => drop(pinging.stop()),
            }
        }
    };
    once();
    let (before, names) = (descriptors(), threads());
    for _ in 0..20 {
        once();
    }
    // The last sockets are closed by the tasks in their time; they run here.
    let turn = || {
        let sleep = async { tokio::time::sleep(Duration::from_millis(1)).await };
        lab.runtime.block_on(sleep);
    };
    // Of the first round some may have been open still when they were counted, of each ping two at
    // most: what twenty rounds leave would be more.
    eventually("all descriptors closed", || {
        turn();
        descriptors().len() <= before.len()
    });
    assert_eq!(threads(), names);
}
