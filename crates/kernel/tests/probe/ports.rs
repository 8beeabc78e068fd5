//! TCP and UDP ports.

use std::net::{TcpListener, UdpSocket};
use std::thread;

use kernel::probe::probe;
use kernel::sandbox::Inside;
use protocol::ping::Reason;
use protocol::probe::{PortProbe, Probe, Probed, TcpProbed, UdpProbed};
use topology::NamespaceId;

use crate::lab::{Lab, labs};

fn port(target: &str, port: u16) -> PortProbe {
    PortProbe {
        target: target.parse().unwrap(),
        port,
        timeout_ms: 500,
    }
}

fn try_tcp(lab: &Lab, from: NamespaceId, target: &str, number: u16) -> TcpProbed {
    match probe(&*lab.engine, from, &Probe::Tcp(port(target, number))).unwrap() {
        Probed::Tcp(probed) => probed,
        other => panic!("{other:?}"),
    }
}

fn try_udp(lab: &Lab, from: NamespaceId, target: &str, number: u16) -> UdpProbed {
    match probe(&*lab.engine, from, &Probe::Udp(port(target, number))).unwrap() {
        Probed::Udp(probed) => probed,
        other => panic!("{other:?}"),
    }
}

pub(crate) fn tcp(_: &Inside) {
    let article = labs::article();
    let lab = Lab::start(&article.builder.document);
    let blue = lab.namespace(article.blue);
    let _listener = blue.run(|| TcpListener::bind("[::]:80")).unwrap().unwrap();
    for target in ["10.0.0.2", "fd00::2"] {
        let TcpProbed::Open { took_ns } = try_tcp(&lab, article.red, target, 80) else {
            panic!("{target} is not open");
        };
        assert!((1_000..400_000_000).contains(&took_ns), "{took_ns}");
        let TcpProbed::Refused { by, .. } = try_tcp(&lab, article.red, target, 81) else {
            panic!("{target} does not refuse");
        };
        assert_eq!(by.to_string(), target);
    }
    // Its own, over the loopback.
    let own = try_tcp(&lab, article.blue, "10.0.0.2", 81);
    assert!(matches!(own, TcpProbed::Refused { .. }), "{own:?}");
    let TcpProbed::NotSent(none) = try_tcp(&lab, NamespaceId::HOST, "10.0.0.1", 80) else {
        panic!("it was sent without a route");
    };
    assert_eq!(none.reason, Reason::NoRoute);
    assert_eq!(none.error, "Network is unreachable (ENETUNREACH)");
    assert_eq!(none.findings[0].text, "host has no route to 10.0.0.1");
    // Nobody has it: the kernel asks for longer than we wait.
    let TcpProbed::Silent(silence) = try_tcp(&lab, article.red, "10.0.0.9", 80) else {
        panic!("somebody was heard");
    };
    assert_eq!(silence.reason, Reason::NoNeighbour, "{silence:?}");
    let wrong = Probe::Tcp(PortProbe {
        timeout_ms: 0,
        ..port("10.0.0.2", 80)
    });
    assert!(probe(&*lab.engine, article.red, &wrong).is_err());
}

pub(crate) fn udp(_: &Inside) {
    let article = labs::article();
    let lab = Lab::start(&article.builder.document);
    let blue = lab.namespace(article.blue);
    let echo = blue.run(|| UdpSocket::bind("10.0.0.2:7")).unwrap().unwrap();
    let _mute = blue.run(|| UdpSocket::bind("10.0.0.2:9")).unwrap().unwrap();
    let echoing = thread::spawn(move || {
        let mut buffer = [0; 64];
        let (length, from) = echo.recv_from(&mut buffer).unwrap();
        echo.send_to(&buffer[..length], from).unwrap();
    });
    let UdpProbed::Answered { bytes, .. } = try_udp(&lab, article.red, "10.0.0.2", 7) else {
        panic!("no answer");
    };
    assert_eq!(bytes, 8);
    echoing.join().unwrap();
    for target in ["10.0.0.2", "fd00::2"] {
        let UdpProbed::Rejected(refusal) = try_udp(&lab, article.red, target, 4242) else {
            panic!("{target} says nothing");
        };
        assert_eq!(refusal.by.to_string(), target);
        assert_eq!(refusal.reason, Reason::Rejected);
        let meaning = refusal.meaning.to_lowercase();
        assert!(meaning.ends_with("port unreachable"), "{meaning}");
    }
    let UdpProbed::Silent(silence) = try_udp(&lab, article.red, "10.0.0.2", 9) else {
        panic!("somebody was heard");
    };
    assert_eq!(silence.reason, Reason::Timeout, "{silence:?}");
}

pub(crate) fn firewalls(_: &Inside) {
    let article = labs::article();
    let lab = Lab::start(&article.builder.document);
    for words in [
        "nft add table ip f",
        "nft add chain ip f forward { type filter hook forward priority 0 ; }",
        "nft add rule ip f forward tcp dport 81 drop",
        "nft add rule ip f forward tcp dport 82 reject with icmp admin-prohibited",
        "nft add rule ip f forward tcp dport 83 reject with tcp reset",
        "nft add rule ip f forward udp dport 82 reject",
    ] {
        lab.must(article.blue, words);
    }
    let TcpProbed::Silent(silence) = try_tcp(&lab, article.red, "10.0.1.3", 81) else {
        panic!("somebody was heard");
    };
    assert_eq!(silence.reason, Reason::Filtered, "{silence:?}");
    let TcpProbed::Rejected(refusal) = try_tcp(&lab, article.red, "10.0.1.3", 82) else {
        panic!("not rejected");
    };
    assert_eq!(refusal.by.to_string(), "10.0.0.2");
    assert_eq!((refusal.kind, refusal.code), (3, 13));
    assert_eq!(refusal.meaning, "Packet filtered");
    // It speaks for the target: nobody can tell.
    let TcpProbed::Refused { by, .. } = try_tcp(&lab, article.red, "10.0.1.3", 83) else {
        panic!("not refused");
    };
    assert_eq!(by.to_string(), "10.0.1.3");
    let UdpProbed::Rejected(refusal) = try_udp(&lab, article.red, "10.0.1.3", 82) else {
        panic!("not rejected");
    };
    assert_eq!(refusal.by.to_string(), "10.0.0.2");
}
