//! How captures end, and what cannot be captured.

use std::time::Duration;

use kernel::capture::{Capture, CaptureOptions};
use kernel::sandbox::Inside;
use topology::NamespaceId;

use crate::capturing::{Capturing, ping, quiet};
use crate::lab::{descriptors, threads};
use crate::support::eventually;

/// On an idle link, which wakes nobody.
pub(crate) fn stop(_: &Inside) {
    let (article, lab) = quiet();
    let mut times: Vec<Duration> = (0..5)
        .map(|_| {
            let mut capturing = Capturing::start(&lab, article.blue, "veth-blue", "");
            std::thread::sleep(Duration::from_millis(30));
            capturing.stop()
        })
        .collect();
    times.sort();
    // The kernel takes about 15 ms to close a packet socket.
    assert!(times[0] < Duration::from_millis(50), "{times:?}");
    assert!(times[2] < Duration::from_millis(100), "{times:?}");
}

pub(crate) fn down_and_up(_: &Inside) {
    let (article, lab) = quiet();
    let mut capturing = Capturing::start(&lab, article.blue, "veth-blue", "icmp");
    lab.must(article.blue, "ip link set veth-blue down");
    std::thread::sleep(Duration::from_millis(300));
    lab.must(article.blue, "ip link set veth-blue up");
    ping(&lab.namespace(article.red), "10.0.0.2");
    capturing.packets(2);
    capturing.stop();
}

pub(crate) fn deleted(_: &Inside) {
    let (article, lab) = quiet();
    let mut idle = Capturing::start(&lab, article.blue, "veth-blue", "");
    let mut down = Capturing::start(&lab, article.red, "veth-red", "");
    lab.must(article.red, "ip link set veth-red down");
    std::thread::sleep(Duration::from_millis(300));
    lab.must(article.blue, "ip link del veth-blue");
    for capturing in [&mut idle, &mut down] {
        let error = capturing.end();
        assert_eq!(error.as_deref(), Some("The interface disappeared"));
    }
}

pub(crate) fn refused(_: &Inside) {
    let (article, lab) = quiet();
    let blue = lab.namespace(article.blue);
    let start = |interface: &str, filter: &str| {
        let options = CaptureOptions::default();
        let refused = Capture::start(&[(blue.clone(), interface.to_owned())], filter, &options);
        refused.map(drop).unwrap_err().to_string()
    };
    let error = start("nothing", "");
    assert!(
        error.starts_with("could not capture nothing in namespace blue: ")
            && error.contains("No such device"),
        "{error}"
    );
    assert_eq!(
        start("veth-blue", "icmp and"),
        "could not use the filter `icmp and`: can't parse filter expression: syntax error"
    );
    let error = start("veth-blue", "host blue.example");
    assert!(
        error.contains("names of hosts and networks are not looked up"),
        "{error}"
    );
    lab.must(NamespaceId::HOST, "ip link set br0 down");
    let host = lab.namespace(NamespaceId::HOST);
    let refused = Capture::start(&[(host, "br0".to_owned())], "", &CaptureOptions::default());
    let error = refused.map(drop).unwrap_err().to_string();
    assert!(
        error.starts_with("could not capture br0 in namespace host: "),
        "{error}"
    );
}

pub(crate) fn nothing_left(_: &Inside) {
    let (article, lab) = quiet();
    let red = lab.namespace(article.red);
    let once = |round: usize| {
        let mut capturing = Capturing::start(&lab, article.blue, "veth-blue", "icmp");
        ping(&red, "10.0.0.2");
        capturing.packets(2);
        match round % 2 {
            0 => drop(capturing),
            _ => drop(capturing.stop()),
        }
        let blue = lab.namespace(article.blue);
        let checked = kernel::capture::check_filter(&blue, "veth-blue", "icmp");
        assert_eq!(checked.unwrap(), Ok(()));
        let refused = Capture::start(
            &[(blue, "veth-blue".to_owned())],
            "bad bad",
            &CaptureOptions::default(),
        );
        assert!(refused.is_err());
    };
    once(0);
    eventually("the first is gone", || !threads().contains("capture"));
    std::thread::sleep(Duration::from_millis(50));
    let (before, names) = (descriptors(), threads());
    for round in 0..10 {
        once(round);
    }
    eventually("all descriptors closed", || descriptors() == before);
    eventually("all threads ended", || threads() == names);
    // Nor is the interface left promiscuous.
    let shown = lab.must(article.blue, "ip -d link show veth-blue");
    assert!(shown.contains("promiscuity 0"), "{shown}");
}
