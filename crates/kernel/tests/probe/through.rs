//! What gets through.

use kernel::probe::probe;
use kernel::sandbox::Inside;
use protocol::probe::{Probe, Probed, Throughput, ThroughputProbed, Transport};

use crate::lab::{Lab, descriptors, labs, threads};

pub(crate) fn measured(_: &Inside) {
    let article = labs::article();
    let lab = Lab::start(&article.builder.document);
    let before = (descriptors(), threads());
    let measure = |transport, target: &str, rate| -> ThroughputProbed {
        let asked = Throughput {
            target: target.parse().unwrap(),
            transport,
            duration_ms: 400,
            rate,
            size: 1000,
        };
        match probe(&*lab.engine, article.red, &Probe::Throughput(asked)).unwrap() {
            Probed::Throughput(found) => found,
            other => panic!("{other:?}"),
        }
    };
    for target in ["10.0.1.3", "fd00::2"] {
        let tcp = measure(Transport::Tcp, target, None);
        assert_eq!(tcp.sent_bytes, tcp.received_bytes);
        // Gigabits on a veth; a tenth of one if the machine is busy.
        assert!(tcp.bits_per_second > 100_000_000, "{tcp:?}");
        assert!(tcp.retransmits.is_some());
    }
    let udp = measure(Transport::Udp, "10.0.1.3", Some(8_000_000));
    let datagrams = udp.datagrams.clone().unwrap();
    // 1,000 a second for 0.4 s.
    assert!((300..=401).contains(&datagrams.sent), "{udp:?}");
    assert_eq!(datagrams.received, datagrams.sent);
    assert_eq!(udp.received_bytes, datagrams.received * 1000);
    assert_eq!(datagrams.out_of_order, 0);
    assert!(
        (5_000_000..12_000_000).contains(&udp.bits_per_second),
        "{udp:?}"
    );
    let flood = measure(Transport::Udp, "10.0.0.2", None);
    let datagrams = flood.datagrams.unwrap();
    assert!(datagrams.received > 1_000 && datagrams.received <= datagrams.sent);

    let nobody = Throughput {
        target: "10.0.0.9".parse().unwrap(),
        transport: Transport::Tcp,
        duration_ms: 400,
        rate: None,
        size: 1000,
    };
    let error = probe(&*lab.engine, article.red, &Probe::Throughput(nobody)).unwrap_err();
    assert!(
        error.to_string().contains("no namespace of the lab"),
        "{error}"
    );
    assert_eq!((descriptors(), threads()), before);
}
