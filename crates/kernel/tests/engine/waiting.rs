//! A route waits a second or more for its IPv6 source address to be free: duplicate address
//! detection. Nothing but other edits waits with it.

use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use kernel::capture::{Capture, CaptureItem, CaptureOptions};
use kernel::probe::probe;
use kernel::sandbox::Inside;
use protocol::probe::{Probe, Probed, TraceMethod, Traceroute};
use topology::edit::apply;
use topology::observed::Observed;
use topology::status::{Status, statuses};
use topology::{Edit, NamespaceId, yaml};

use crate::hearing::{SOON, heard};
use crate::{Lab, ip, support};

/// What changes meanwhile is heard and shown.
pub(crate) fn changes_are_heard(_: &Inside) {
    const WAITS: &str = "netyard: 1
namespaces:
  red:
    routes: [{to: 'fd09::/64', via: 'fd00::2', src: 'fd00::1'}]
links:
  - red/wan: {addresses: ['fd00::1/64']}
    host/w: {addresses: ['fd00::2/64']}
";
    let lab = Lab::start();
    let host = lab.namespace(NamespaceId::HOST);
    let document = yaml::read(WAITS).unwrap();
    let is_done = std::cell::Cell::new(false);
    let apply = async {
        lab.engine.apply(&document).await.unwrap();
        is_done.set(true);
    };
    let change = async {
        let mut changes = lab.engine.changes();
        let mut observed = Observed::default();
        let tentative = |o: &Observed| {
            let found = o.interface_named(NamespaceId::HOST, "w");
            found.is_some_and(|(_, w)| w.carrier && w.addresses.iter().any(|a| a.tentative))
        };
        while !tentative(&observed) {
            observed.apply(changes.next().await.unwrap());
        }
        // It waits by now.
        tokio::time::sleep(Duration::from_millis(100)).await;
        ip::must(&host, "ip addr add 10.9.9.9/32 dev lo");
        let begin = Instant::now();
        let added = |o: &Observed| {
            let found = o.interface_named(NamespaceId::HOST, "lo");
            let address = "10.9.9.9/32".parse().unwrap();
            found.is_some_and(|(_, lo)| lo.addresses.iter().any(|a| a.address == address))
        };
        while !added(&observed) {
            observed.apply(changes.next().await.unwrap());
        }
        let took = begin.elapsed();
        assert!(!is_done.get(), "the route did not have to wait");
        eprintln!("heard after {took:?}");
        assert!(took < SOON, "heard after {took:?}");
    };
    lab.runtime.block_on(async { tokio::join!(apply, change) });
    lab.stands(&document);
}

const AROUND: &str = "netyard: 1
namespaces:
  red: {}
  blue:
    sysctl: {net.ipv4.tcp_mtu_probing: 1}
links:
  - red/wan: {}
    host/w: {addresses: ['fd00::2/64']}
  - blue/eth: {addresses: [10.0.1.2/24]}
    host/eth: {addresses: [10.0.1.1/24]}
";

/// While an edit waits, drift is told in time, also of what makes no event; counters are told,
/// probes run, and captures begin and see them.
pub(crate) fn nothing_else_waits(_: &Inside) {
    let lab = Lab::start();
    let mut document = yaml::read(AROUND).unwrap();
    lab.apply(&document);
    let [red, blue] = ["red", "blue"].map(|name| document.namespace_named(name).unwrap());
    let host = lab.namespace(NamespaceId::HOST);
    let in_blue = lab.namespace(blue);
    let wan = document.interface_named(red, "wan").unwrap();
    let before = document.clone();
    let routed = AROUND.replace(
        "red: {}",
        "red: {routes: [{to: 'fd09::/64', via: 'fd00::2', src: 'fd00::1'}]}",
    );
    let routed = routed.replace("red/wan: {}", "red/wan: {addresses: ['fd00::1/64']}");
    let route = yaml::read(&routed).unwrap().namespaces[&red].routes[0].clone();
    let edits = vec![
        Edit::AddAddress {
            interface: wan,
            address: "fd00::1/64".parse().unwrap(),
            index: None,
        },
        Edit::AddRoute {
            namespace: red,
            route,
            index: None,
        },
    ];
    apply(&mut document, Edit::Batch { edits }).unwrap();
    let ask = || {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        runtime.build().unwrap()
    };
    let drifts = |observed: &Observed| {
        let found = statuses(&before, Some(observed));
        matches!(found.namespaces.get(&blue), Some(Status::Drifted(_)))
    };
    thread::scope(|scope| {
        let (done, is_done) = mpsc::channel();
        let (engine, document) = (&lab.engine, &document);
        scope.spawn(move || {
            let applied = ask().block_on(engine.apply_edit(document));
            done.send(applied.map(drop)).unwrap();
        });
        let waits = |o: &Observed| {
            let found = o.interface_of(wan);
            found.is_some_and(|(_, _, wan)| {
                let address = "fd00::1/64".parse().unwrap();
                wan.addresses
                    .iter()
                    .any(|a| a.address == address && a.tentative)
            })
        };
        support::eventually("an address that is asked for", || {
            waits(&lab.engine.observed())
        });
        timely("counters", || {
            assert!(!ask().block_on(lab.engine.counters()).unwrap().is_empty());
        });
        let words = "sysctl -w net.ipv4.tcp_mtu_probing=2";
        heard(&lab, "drift of a setting", words, &in_blue, drifts);
        let sources = [(host.clone(), "eth".to_owned())];
        let started = timely("a capture", || {
            Capture::start(&sources, "icmp", &CaptureOptions::default()).unwrap()
        });
        let traced = Traceroute {
            target: "10.0.1.1".parse().unwrap(),
            method: TraceMethod::Icmp,
            port: None,
            first_hop: 1,
            most_hops: 1,
            queries: 1,
            timeout_ms: 1000,
        };
        timely("a probe", || {
            match probe(&lab.engine, blue, &Probe::Traceroute(traced)).unwrap() {
                Probed::Traceroute(traced) => assert!(traced.hops[0].answers[0].is_some()),
                other => panic!("{other:?}"),
            }
        });
        assert!(is_done.try_recv().is_err(), "the edit did not have to wait");
        let (capture, mut items) = started;
        let packet = async {
            while let Some(item) = items.next().await {
                if let CaptureItem::Packets(_) = item {
                    return;
                }
            }
            panic!("nothing was captured");
        };
        let in_time = async { tokio::time::timeout(support::PATIENCE, packet).await };
        lab.runtime.block_on(in_time).unwrap();
        capture.stop();
        is_done.recv().unwrap().unwrap();
    });
    assert_eq!(document.namespaces[&red].routes.len(), 1);
}

/// Does something, which is not to take long.
fn timely<T>(what: &str, act: impl FnOnce() -> T) -> T {
    let begin = Instant::now();
    let result = act();
    let took = begin.elapsed();
    eprintln!("{what} took {took:?}");
    assert!(took < SOON, "{what} took {took:?}");
    result
}
