//! What is left to interfaces, compared with what `ethtool` says.

use kernel::Namespace;
use kernel::sandbox::Inside;
use topology::drift;
use topology::edit::apply;
use topology::offload::{Offload, Offloads};
use topology::{Document, InterfaceId};

use crate::labs::article;
use crate::support::eventually;
use crate::{Lab, ip, rebuilt};

fn shown(namespace: &Namespace, name: &str) -> Offloads {
    let text = ip::must(namespace, &format!("ethtool -k {name}"));
    let known = text.lines().filter_map(|line| {
        let (long, state) = line.split_once(": ")?;
        // Those that are indented are parts.
        let offload = long.parse().ok()?;
        Some((offload, state.starts_with("on")))
    });
    known.collect()
}

fn set(document: &mut Document, interface: InterfaceId, text: &str) {
    let said = text.split_whitespace().map(|word| {
        let (name, state) = word.split_once('=').unwrap();
        (name.parse::<Offload>().unwrap(), state == "on")
    });
    document.interfaces.get_mut(&interface).unwrap().offloads = said.collect();
}

pub(crate) fn as_ethtool(_: &Inside) {
    let article = article();
    let mut document = article.builder.document;
    let lab = Lab::start();
    lab.apply(&document);
    let red = lab.namespace(article.red);
    let usual = shown(&red, "veth-red");
    assert_eq!(usual.len(), 4, "{usual:?}");
    let first = rebuilt(&lab.engine.observed());
    let index = || ip::json(&red, "ip -j link show veth-red")[0]["ifindex"].clone();
    let number = index();
    for text in [
        "tx=off tso=off",
        "tx=on",
        "tx=off",
        "tx=on tso=off gso=off gro=on",
        "tso=on",
        "gro=off tx=off tso=off gso=on",
        "tx=on tso=on",
    ] {
        set(&mut document, article.veth_red, text);
        lab.apply(&document);
        let is = shown(&red, "veth-red");
        let wanted = &document.interfaces[&article.veth_red].offloads;
        for (offload, on) in &is {
            let expected = match wanted.get(offload) {
                Some(on) => *on,
                // Which parts of it go with the checksums differs between kernels.
                None if *offload == Offload::Tso && is[&Offload::Tx] != usual[&Offload::Tx] => {
                    continue;
                }
                None => usual[offload],
            };
            assert_eq!(*on, expected, "{text}: {offload}: {is:?}");
        }
    }
    // Changed from outside, it is drift.
    ip::must(&red, "ethtool -K veth-red tso off");
    let drifts = || drift::drifts(&document, &lab.engine.observed());
    eventually("it is heard", || !drifts().is_empty());
    let found = drifts();
    assert_eq!(found.len(), 1, "{found:#?}");
    let mut accepted = document.clone();
    let edit = drift::accept(&document, &lab.engine.observed(), &found[0], || {
        InterfaceId(999)
    });
    apply(&mut accepted, edit.unwrap()).unwrap();
    lab.stands(&accepted);
    let revert = lab.engine.revert(&document, &found[0]);
    lab.runtime.block_on(revert).unwrap();
    assert!(shown(&red, "veth-red")[&Offload::Tso]);
    lab.stands(&document);
    // Given back.
    set(&mut document, article.veth_red, "");
    lab.apply(&document);
    assert_eq!(shown(&red, "veth-red"), usual);
    assert_eq!(rebuilt(&lab.engine.observed()), first);
    assert_eq!(index(), number);
}
