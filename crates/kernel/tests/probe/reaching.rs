//! Every namespace to every address.

use std::net::IpAddr;
use std::time::Instant;

use kernel::probe::reachability;
use kernel::sandbox::Inside;
use protocol::ping::Reason;
use protocol::reach::{ReachOptions, ReachResult, Reachability, Unreachable};
use topology::NamespaceId;

use crate::lab::{Lab, descriptors, ip, labs, threads};

fn measure(lab: &Lab) -> Reachability {
    reachability(&*lab.engine, &ReachOptions::default()).unwrap()
}

/// What came of a pair, by names.
fn pair<'a>(found: &'a Reachability, source: &str, target: &str) -> &'a ReachResult {
    let address: IpAddr = target.parse().unwrap();
    let from = found.sources.iter().position(|s| s.name == source).unwrap();
    let to = found.targets.iter().position(|t| t.address == address);
    let (from, to) = (from as u32, to.unwrap() as u32);
    let mut all = found.pairs.iter();
    let pair = all.find(|pair| pair.source == from && pair.target == to);
    &pair.unwrap().result
}

fn why<'a>(found: &'a Reachability, source: &str, target: &str) -> &'a Unreachable {
    match pair(found, source, target) {
        ReachResult::Unreachable(why) => why,
        other => panic!("{source} to {target}: {other:?}"),
    }
}

fn is_reached(found: &Reachability, source: &str, target: &str) -> bool {
    matches!(pair(found, source, target), ReachResult::Reachable { .. })
}

/// `fping`, in each namespace to the same addresses, reaches whom we reach.
fn as_fping_says(article: &labs::Article, lab: &Lab, found: &Reachability) {
    for id in article.builder.document.namespaces.keys() {
        let name = article.builder.document.namespaces[id].name.to_string();
        let pairs: Vec<_> = (found.pairs.iter())
            .filter(|pair| found.sources[pair.source as usize].name == name)
            .collect();
        let address = |target: u32| found.targets[target as usize].address.to_string();
        let targets: Vec<_> = pairs.iter().map(|pair| address(pair.target)).collect();
        let command = format!("fping -a -r 1 -t 300 {}", targets.join(" "));
        let output = ip::run(&lab.namespace(*id), &command);
        let text = String::from_utf8(output.stdout).unwrap();
        let mut alive: Vec<_> = text.lines().map(str::trim).collect();
        alive.sort();
        let reached = |result: &ReachResult| matches!(result, ReachResult::Reachable { .. });
        let mut ours: Vec<_> = (pairs.iter().zip(&targets))
            .filter_map(|(pair, target)| reached(&pair.result).then_some(target.as_str()))
            .collect();
        ours.sort();
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(ours, alive, "from {name}: {error}");
    }
}

pub(crate) fn article(_: &Inside) {
    let article = labs::article();
    let lab = Lab::start(&article.builder.document);
    let found = measure(&lab);
    let names: Vec<_> = found.sources.iter().map(|s| s.name.as_str()).collect();
    assert_eq!(names, ["host", "red", "blue", "green"]);
    assert_eq!(found.targets.len(), 7);
    // Each to the addresses that are not its own: 6, 5, 4, 6.
    assert_eq!(found.pairs.len(), 21);
    for (source, target) in [
        ("red", "10.0.0.2"),
        ("red", "10.0.1.2"),
        ("red", "10.0.1.3"),
        ("red", "fd00::2"),
        ("blue", "10.0.0.1"),
        ("blue", "fd00::1"),
        ("blue", "10.0.1.254"),
        ("green", "10.0.0.1"),
        ("host", "10.0.1.3"),
    ] {
        let ReachResult::Reachable { rtt_ns, ttl } = pair(&found, source, target) else {
            panic!("{source} to {target}: {:?}", why(&found, source, target));
        };
        let routed = source == "red" && target == "10.0.1.3" || source == "green";
        assert_eq!(
            *ttl,
            Some(if routed { 63 } else { 64 }),
            "{source} {target}"
        );
        assert!((500..200_000_000).contains(rtt_ns), "{rtt_ns} ns");
    }
    // ping agrees.
    for (id, target) in [(article.red, "10.0.1.3"), (article.blue, "10.0.1.254")] {
        ip::must(&lab.namespace(id), &format!("ping -c1 -W1 {target}"));
    }
    as_fping_says(&article, &lab, &found);
    for (source, target, reason, text) in [
        (
            "red",
            "10.0.1.254",
            Reason::NoRoute,
            "host has no route back to 10.0.0.1",
        ),
        (
            "host",
            "10.0.0.1",
            Reason::NoRoute,
            "host has no route to 10.0.0.1",
        ),
    ] {
        let why = why(&found, source, target);
        assert_eq!((why.reason, why.text.as_str()), (reason, text));
    }
    let none = why(&found, "green", "fd00::1");
    assert_eq!(none.reason, Reason::NoAddress, "{none:?}");
    assert_eq!(found.limits, []);
}

pub(crate) fn broken(_: &Inside) {
    let mut article = labs::article();
    article.builder.interface(article.veth_blue).up = false;
    let forwarding = &mut article.builder.document.namespaces;
    forwarding.get_mut(&article.blue).unwrap().forwarding = Default::default();
    let lab = Lab::start(&article.builder.document);
    let begun = Instant::now();
    let found = measure(&lab);
    let took = begun.elapsed();
    let down = why(&found, "red", "10.0.0.2");
    assert_eq!(down.reason, Reason::InterfaceDown, "{down:?}");
    assert_eq!(down.text, "blue/veth-blue is down");
    // What the kernel itself explains is not tried again: one timeout for each family, and one more
    // for an IPv6 address that may yet become ready.
    assert!(took.as_millis() < 3_900, "{took:?}");
    drop(found);

    lab.must(article.blue, "ip link set veth-blue up");
    let begun = Instant::now();
    let found = measure(&lab);
    let off = why(&found, "red", "10.0.1.3");
    assert_eq!(off.reason, Reason::NotForwarded, "{off:?}");
    assert!(off.text.contains("blue does not forward"), "{off:?}");
    assert!(is_reached(&found, "red", "10.0.0.2"));
    assert!(
        begun.elapsed().as_millis() < 2_900,
        "{:?} {found:#?}",
        begun.elapsed()
    );
}

pub(crate) fn firewalls(_: &Inside) {
    let article = labs::article();
    let lab = Lab::start(&article.builder.document);
    for words in [
        "nft add table ip f",
        "nft add chain ip f forward { type filter hook forward priority 0 ; }",
        "nft add chain ip f output { type filter hook output priority 0 ; }",
        "nft add rule ip f forward ip daddr 10.0.1.3 drop",
        "nft add rule ip f forward ip daddr 10.0.0.1 reject with icmp admin-prohibited",
        "nft add rule ip f output ip daddr 10.0.1.254 drop",
    ] {
        lab.must(article.blue, words);
    }
    let found = measure(&lab);
    let dropped = why(&found, "red", "10.0.1.3");
    assert_eq!(dropped.reason, Reason::Filtered, "{dropped:?}");
    assert!(dropped.text.contains("firewall of blue"), "{dropped:?}");
    let rejected = why(&found, "green", "10.0.0.1");
    assert_eq!(rejected.reason, Reason::Rejected, "{rejected:?}");
    assert_eq!(rejected.by, Some("10.0.1.2".parse().unwrap()));
    assert_eq!(rejected.text, "10.0.1.2 says: Packet filtered");
    let own = why(&found, "blue", "10.0.1.254");
    assert_eq!(own.reason, Reason::Filtered, "{own:?}");
    assert!(is_reached(&found, "blue", "10.0.1.3"));
}

/// 64 namespaces need 4,032 neighbours; the kernel's own limit is 1,024.
pub(crate) fn paced(_: &Inside) {
    const SIZE: usize = 64;
    let lab = Lab::start(&labs::star(SIZE as u8));
    for _ in 0..2 {
        let found = measure(&lab);
        assert_eq!(found.sources.len(), SIZE);
        assert_eq!(found.pairs.len(), SIZE * (SIZE - 1));
        let lost: Vec<_> = found
            .pairs
            .iter()
            .filter(|pair| matches!(pair.result, ReachResult::Unreachable(_)))
            .collect();
        assert_eq!(lost, [] as [&protocol::reach::ReachPair; 0]);
        // On a machine whose limit was raised there is none.
        for limit in &found.limits {
            assert!(limit.gc_thresh3 < limit.wanted + limit.in_use, "{limit:?}");
            assert!(limit.waves > 1, "{limit:?}");
            assert!(limit.to_string().contains("gc_thresh3"));
            // What was learned is forgotten: the table is as full as before.
            let first = lab.engine.observed().namespaces.keys().nth(1).copied();
            let known = ip::must(&lab.namespace(first.unwrap()), "ip neigh");
            assert_eq!(known, "");
        }
    }
}

pub(crate) fn nothing_left(_: &Inside) {
    let lab = Lab::start(&labs::star(5));
    measure(&lab);
    let before = (descriptors(), threads());
    for _ in 0..3 {
        assert_eq!(measure(&lab).unreachable(), 0);
    }
    assert_eq!((descriptors(), threads()), before);
    let too_long = ReachOptions { timeout_ms: 60_000 };
    let refused = reachability(&*lab.engine, &too_long).unwrap_err();
    assert!(refused.to_string().contains("60000 ms"), "{refused}");
    assert!(lab.engine.namespace(NamespaceId::HOST).is_some());
}
