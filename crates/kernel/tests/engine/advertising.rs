//! Router advertisements, and what a host makes of them, compared with what `ip` says.

use std::sync::Arc;
use std::time::Duration;

use kernel::advertise::Advertiser;
use kernel::sandbox::Inside;
use topology::advertise::Advertisement;
use topology::drift;
use topology::observed::{Observed, Origin};
use topology::{Document, InterfaceId, yaml};

use crate::support::eventually;
use crate::{Lab, ip};

const LAB: &str = "netyard: 1
namespaces:
  router: {forwarding: [ipv6]}
  laptop: {}
links:
  - laptop/eth0: {mac: '02:00:00:00:00:0a'}
    router/lan:
      addresses: [fd00:1::1/64]
      advertise: {prefixes: [fd00:1::/64 valid 3600 preferred 1800], mtu: 1400, interval: 4, lifetime: 600}
";

/// The address that the host makes of its MAC address (RFC 4291, appendix A).
const MADE: &str = "fd00:1::ff:fe00:a";

fn lan(document: &Document) -> InterfaceId {
    let router = document.namespace_named("router").unwrap();
    document.interface_named(router, "lan").unwrap()
}

/// Whether the host can use its address.
fn has_made(observed: &Observed) -> bool {
    let namespaces = observed.namespaces.values();
    let mut addresses = namespaces
        .flat_map(|namespace| namespace.interfaces.values())
        .flat_map(|interface| &interface.addresses);
    addresses.any(|found| {
        let is_it = found.address.addr().to_string() == MADE;
        is_it && found.origin == Origin::Dynamic && !found.tentative
    })
}

pub(crate) fn heard(_: &Inside) {
    let mut document = yaml::read(LAB).unwrap_or_else(|error| panic!("{error}"));
    let laptop = document.namespace_named("laptop").unwrap();
    let Lab { engine, runtime } = Lab::start();
    let engine = Arc::new(engine);
    let apply = |document: &Document| {
        let applied = runtime.block_on(engine.apply(document));
        applied.unwrap_or_else(|error| panic!("{error}"))
    };
    let advertiser = {
        let _inside = runtime.enter();
        Advertiser::start(Arc::clone(&engine))
    };
    apply(&document);
    runtime.block_on(advertiser.set(&document));
    let look = engine.namespace(laptop).unwrap();
    let until = |what: &str, ask: &mut dyn FnMut() -> bool| {
        eventually(what, || {
            // Where the advertiser's task runs.
            runtime.block_on(async { tokio::time::sleep(Duration::from_millis(20)).await });
            ask()
        });
    };
    // `ip` says of the address that a router gave it, for a time.
    until("the host has an address of the prefix", &mut || {
        has_made(&engine.observed())
    });
    let shown = ip::json(&look, "ip -j -6 addr show dev eth0");
    let addresses = shown[0]["addr_info"].as_array().unwrap();
    let made = addresses.iter().find(|a| a["local"] == MADE);
    let made = made.unwrap_or_else(|| panic!("{addresses:#?}"));
    assert_eq!(made["dynamic"], true, "{made:#}");
    assert_eq!(made["prefixlen"], 64);
    let seconds = |name: &str| made[name].as_u64().unwrap();
    assert!(
        (3500..=3600).contains(&seconds("valid_life_time")),
        "{made:#}"
    );
    assert!(
        (1700..=1800).contains(&seconds("preferred_life_time")),
        "{made:#}"
    );
    let defaults = || ip::json(&look, "ip -j -6 route show default");
    let routes = defaults();
    assert_eq!(routes[0]["protocol"], "ra", "{routes:#?}");
    assert_eq!(routes[0]["dev"], "eth0", "{routes:#?}");
    let gateway = routes[0]["gateway"].as_str().unwrap().to_owned();
    assert!(gateway.starts_with("fe80::"), "{gateway}");
    let mtu = look.sysctl_read("net/ipv6/conf/eth0/mtu").unwrap();
    assert_eq!(mtu.trim(), "1400");
    // None of it is anybody's business: no drift, and no plan removes it.
    assert_eq!(drift::drifts(&document, &engine.observed()), []);
    assert!(topology::plan::plan(&document, &engine.observed()).is_empty());
    ip::must(&look, "ping -c 1 -W 2 fd00:1::1");
    // Nobody asked for it, and it comes again: the lifetime begins anew.
    let expires = || defaults()[0]["expires"].as_u64().unwrap();
    until("another one comes", &mut || expires() < 599);
    until("another one comes", &mut || expires() >= 599);

    // An interface that comes up later asks, and is answered.
    let eth0 = document.interface_named(laptop, "eth0").unwrap();
    for up in [false, true] {
        document.interfaces.get_mut(&eth0).unwrap().up = up;
        runtime.block_on(advertiser.keep(&document));
        apply(&document);
        runtime.block_on(advertiser.set(&document));
    }
    until("it has its address again", &mut || {
        has_made(&engine.observed()) && !defaults().is_empty()
    });

    // One that is no default router any more, though it tells of the network.
    let lan = lan(&document);
    let said = &mut document.interfaces.get_mut(&lan).unwrap().advertise;
    let said: &mut Advertisement = said.as_mut().unwrap();
    said.lifetime = 0;
    runtime.block_on(advertiser.keep(&document));
    apply(&document);
    runtime.block_on(advertiser.set(&document));
    until("the route has gone", &mut || defaults().is_empty());
    assert!(ip::must(&look, "ip -6 addr").contains(MADE));

    // A router that goes takes its socket along: its namespace is free.
    let mut without = document.clone();
    let router = document.namespace_named("router").unwrap();
    let gone = topology::edit::Selection::namespace(router);
    topology::edit::apply(&mut without, topology::Edit::Remove(gone)).unwrap();
    runtime.block_on(advertiser.keep(&without));
    apply(&without);
    runtime.block_on(advertiser.set(&without));
    until("its address has gone with the link", &mut || {
        !ip::must(&look, "ip -6 addr").contains(MADE)
    });
}
