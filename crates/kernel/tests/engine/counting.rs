//! What interfaces count, compared with what `ip -s` shows.

use std::collections::BTreeMap;

use kernel::sandbox::Inside;
use protocol::counters::{Counters, Flow};
use topology::InterfaceId;
use topology::document::Kind;

use crate::labs::article;
use crate::{Lab, ip};

fn counted(lab: &Lab) -> BTreeMap<InterfaceId, Counters> {
    let counters = lab.runtime.block_on(lab.engine.counters());
    counters.unwrap().into_iter().collect()
}

/// What `ip -s` says.
fn shown(namespace: &kernel::Namespace, name: &str) -> Counters {
    let shown = ip::json(namespace, &format!("ip -j -s link show {name}"));
    let stats = &shown[0]["stats64"];
    let flow = |way: &str| {
        let number = |what: &str| stats[way][what].as_u64().unwrap();
        Flow {
            packets: number("packets"),
            bytes: number("bytes"),
            dropped: number("dropped"),
            errors: number("errors"),
        }
    };
    Counters {
        received: flow("rx"),
        sent: flow("tx"),
    }
}

pub(crate) fn as_ip_shows(_: &Inside) {
    let lab = Lab::start();
    let article = article();
    lab.apply(&article.builder.document);
    let red = lab.namespace(article.red);
    // The kernel itself sends now and then (IPv6): the same before and after is of one moment.
    let same = (0..50).find_map(|_| {
        let before = shown(&red, "veth-red");
        let counted = counted(&lab)[&article.veth_red];
        (before == shown(&red, "veth-red")).then_some((before, counted))
    });
    let (by_ip, by_us) = same.expect("a quiet moment");
    assert_eq!(by_ip, by_us);

    let before = counted(&lab);
    ip::must(&red, "ping -c 20 -i 0.01 -s 1000 10.0.0.2");
    let after = counted(&lab);
    let rise = |id: InterfaceId, way: fn(&Counters) -> Flow| {
        let (before, after) = (way(&before[&id]), way(&after[&id]));
        (after.packets - before.packets, after.bytes - before.bytes)
    };
    // 20 frames of 1,042 bytes each way, and little besides: ARP, IPv6.
    let ways: [fn(&Counters) -> Flow; 2] = [|c| c.sent, |c| c.received];
    for id in [article.veth_red, article.veth_blue] {
        for way in ways {
            let (packets, bytes) = rise(id, way);
            assert!((20..40).contains(&packets), "{id}: {packets}");
            assert!((20_840..24_000).contains(&bytes), "{id}: {bytes}");
        }
    }
    // Every interface that was made for the document, and no other.
    let interfaces = article.builder.document.interfaces.iter();
    let made = interfaces.filter(|(_, i)| i.kind != Kind::Loopback);
    assert!(after.keys().eq(made.map(|(id, _)| id)), "{after:?}");
}
