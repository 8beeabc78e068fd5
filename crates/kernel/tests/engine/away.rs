//! Devices in other namespaces than what they stand on, as containers have them.

use kernel::sandbox::Inside;
use kernel::{Error, Namespace};
use topology::edit::{Selection, apply};
use topology::feature::Feature;
use topology::kind::DeviceKind;
use topology::{Document, Edit, NamespaceId, drift, plan, yaml};

use crate::drifting::{accept, outside, revert};
use crate::{Lab, hearing, ip, rebuilt};

/// What slim kernels lack of it.
pub(crate) const NEEDS: &[Feature] = &[
    Feature::Device(DeviceKind::Vlan),
    Feature::Device(DeviceKind::Ipvlan),
];

const LAB: &str = "netyard: 1
namespaces:
  far: {}
  red:
    interfaces:
      mv: {type: macvlan, link: host/eth, mode: bridge, addresses: [10.0.0.1/24]}
  blue:
    interfaces:
      mv: {type: macvlan, link: host/eth, mode: bridge, addresses: [10.0.0.2/24, 'fd00::2/64']}
      vx: {type: vxlan, id: 7, remote: 10.9.0.2, dev: host/eth}
    routes: [{to: 10.8.0.0/16, via: 10.0.0.1, dev: mv}]
  host:
    interfaces:
      back: {type: macvlan, link: far/eth}
links:
  - host/eth: {addresses: [10.9.0.1/24]}
    far/eth: {addresses: [10.9.0.2/24]}
";

const TAGGED: &str = "netyard: 1
namespaces:
  far: {}
  red:
    interfaces:
      tag: {type: vlan, link: host/eth, id: 5, addresses: [10.0.0.1/24, 'fd00::1/64']}
      top: {type: vlan, link: tag, id: 6}
    routes: [{to: 10.8.0.0/16, via: 10.0.0.2, dev: tag}]
  blue:
    interfaces:
      iv: {type: ipvlan, link: far/eth, addresses: [10.1.0.1/24]}
      out: {type: vlan, link: far/eth, id: 5, addresses: [10.0.0.2/24]}
links:
  - host/eth: {}
    far/eth: {}
";

/// The index of what an interface stands on, and whether `ip` says that it is in another namespace.
fn below(namespace: &Namespace, name: &str) -> (Option<u64>, bool) {
    let shown = ip::json(namespace, &format!("ip -j -d link show dev {name}"));
    let index = shown[0]["link_index"].as_u64();
    (index, shown[0]["link_netnsid"].is_number())
}

fn index(namespace: &Namespace, name: &str) -> u64 {
    ip::json(namespace, &format!("ip -j link show dev {name}"))[0]["ifindex"]
        .as_u64()
        .unwrap()
}

/// Each step on the way there fails once; then it stands.
fn brought_up(document: &Document) -> Lab {
    let lab = Lab::start();
    let before = rebuilt(&lab.engine.observed());
    let all = plan::plan(document, &lab.engine.observed()).len();
    for number in (0..all).step_by(3) {
        let mut count = 0;
        let gate = move |_: &topology::Step| {
            count += 1;
            match count > number {
                true => Err(Error::new("do", "a step", "this step was to fail")),
                false => Ok(()),
            }
        };
        let error = lab
            .runtime
            .block_on(lab.engine.apply_through(document, gate));
        assert_eq!(error.unwrap_err().not_undone, [], "step {number}");
        assert_eq!(rebuilt(&lab.engine.observed()), before, "step {number}");
    }
    lab.apply(document);
    lab
}

fn edit(lab: &Lab, document: &mut Document, edit: Edit) -> Edit {
    let inverse = apply(document, edit).unwrap();
    lab.runtime
        .block_on(lab.engine.apply_edit(&*document))
        .unwrap();
    lab.stands(document);
    inverse
}

pub(crate) fn stands(_: &Inside) {
    let mut document = yaml::read(LAB).unwrap();
    let lab = brought_up(&document);
    let id = |name: &str| document.namespace_named(name).unwrap();
    let [red, blue, far] = ["red", "blue", "far"].map(|name| lab.namespace(id(name)));
    let host = lab.namespace(NamespaceId::HOST);
    let eth = index(&host, "eth");
    assert_eq!(below(&red, "mv"), (Some(eth), true));
    assert_eq!(below(&blue, "mv"), (Some(eth), true));
    // Of a vxlan `ip` says the number of what it sends through in its own namespace's names.
    assert!(below(&blue, "vx").1);
    assert_eq!(below(&host, "back"), (Some(index(&far, "eth")), true));
    // In the mode `bridge` they reach each other at once, and the vxlan sends in the host.
    ip::must(&red, "ping -c1 -W2 10.0.0.2");
    ip::must(
        &far,
        "ip link add vx type vxlan id 7 remote 10.9.0.1 dev eth dstport 8472",
    );
    ip::must(&far, "ip addr add 10.7.0.2/24 dev vx");
    ip::must(&far, "ip link set vx up");
    ip::must(&blue, "ip addr add 10.7.0.1/24 dev vx");
    ip::must(&blue, "ping -c1 -W2 10.7.0.2");
    ip::must(&blue, "ip addr del 10.7.0.1/24 dev vx");
    ip::must(&far, "ip link del vx");
    // A carrier is lost with that of what it stands on, and heard of in time.
    let mv = document.interface_named(id("red"), "mv").unwrap();
    let carrier = |o: &topology::observed::Observed| o.interface_of(mv).unwrap().2.carrier;
    hearing::heard(&lab, "down", "ip link set eth down", &far, |o| !carrier(o));
    hearing::heard(&lab, "up", "ip link set eth up", &far, carrier);
    // An MTU follows, and comes back.
    let lower = document.interface_named(NamespaceId::HOST, "eth").unwrap();
    let mtu = Edit::SetMtu {
        interface: lower,
        mtu: Some(1400),
    };
    let back = edit(&lab, &mut document, mtu);
    assert_eq!(ip::interfaces(&red)[0].mtu, 1400);
    edit(&lab, &mut document, back);
    assert_eq!(ip::interfaces(&red)[0].mtu, 1500);
    // Everything goes with what it stands on, and comes again with it.
    let whole = document.clone();
    let back = edit(
        &lab,
        &mut document,
        Edit::Remove(Selection::interface(lower)),
    );
    assert_eq!(ip::interfaces(&red), []);
    assert_eq!(ip::interfaces(&blue), []);
    edit(&lab, &mut document, back);
    assert_eq!(document, whole);
    assert_eq!(ip::interfaces(&blue).len(), 2);
    // What others make so is seen, and the document takes it over.
    let words = "ip link add link eth name mv9 netns red type macvlan mode bridge";
    let found = outside(&lab, &document, &host, words);
    accept(&lab, &mut document, &found[0]);
    let mv9 = document
        .interface_named(id_of(&document, "red"), "mv9")
        .unwrap();
    let kind = &document.interfaces[&mv9].kind;
    assert_eq!(kind.links().collect::<Vec<_>>(), [lower]);
    // What others move away is missing where it was.
    let found = outside(&lab, &document, &red, "ip link del mv9");
    revert(&lab, &document, &found[0]);
    assert_eq!(below(&red, "mv9"), (Some(index(&host, "eth")), true));
    assert_eq!(drift::drifts(&document, &lab.engine.observed()), []);
    // The namespace goes with all that stands in others.
    let gone = Selection::namespace(id_of(&document, "far"));
    edit(&lab, &mut document, Edit::Remove(gone));
    assert_eq!(ip::interfaces(&host), []);
}

fn id_of(document: &Document, name: &str) -> NamespaceId {
    document.namespace_named(name).unwrap()
}

/// VLANs go up and down with what they stand on, wherever they are.
pub(crate) fn tagged(_: &Inside) {
    let mut document = yaml::read(TAGGED).unwrap();
    let lab = brought_up(&document);
    let [red, blue] = ["red", "blue"].map(|name| lab.namespace(id_of(&document, name)));
    ip::must(&red, "ping -c1 -W2 10.0.0.2");
    assert!(below(&red, "tag").1 && below(&blue, "iv").1);
    let lower = document.interface_named(NamespaceId::HOST, "eth").unwrap();
    let down = Edit::SetUp {
        interface: lower,
        up: false,
    };
    let back = edit(&lab, &mut document, down);
    // Beside the tunnels that kernels put into every namespace.
    let up = || {
        let shown = ip::interfaces(&red);
        let own = shown
            .iter()
            .filter(|i| ["tag", "top"].contains(&i.name.as_str()));
        own.map(|i| i.up).collect::<Vec<_>>()
    };
    assert_eq!(up(), [false, false]);
    edit(&lab, &mut document, back);
    assert_eq!(up(), [true, true]);
    assert_eq!(ip::routes(&red, "-4"), ["10.8.0.0/16 via 10.0.0.2 dev tag"]);
    ip::must(&red, "ping -c1 -W2 10.0.0.2");
}

const THROUGH: &str = "netyard: 1
namespaces:
  far:
    interfaces:
      vx: {type: vxlan, id: 7, remote: 10.9.0.1, dstport: 4789, addresses: [10.7.0.2/24]}
  red:
    interfaces:
      vx: {type: vxlan, id: 7, remote: 10.9.0.2, dstport: 4789, underlay: mid, addresses: [10.7.0.1/24]}
  mid: {}
links:
  - mid/eth: {addresses: [10.9.0.1/24]}
    far/eth: {addresses: [10.9.0.2/24]}
";

/// A tunnel sends through the namespace where it was made.
pub(crate) fn through(_: &Inside) {
    let mut document = yaml::read(THROUGH).unwrap();
    let lab = brought_up(&document);
    let [red, mid] = ["red", "mid"].map(|name| id_of(&document, name));
    let [in_red, in_mid] = [red, mid].map(|id| lab.namespace(id));
    ip::must(&in_red, "ping -c1 -W2 10.7.0.2");
    assert!(below(&in_red, "vx").1);
    // Moved to another underlay, which has no way there, and taken back in the running kernel.
    let vx = document.interface_named(red, "vx").unwrap();
    let elsewhere = Edit::SetUnderlay {
        interface: vx,
        underlay: None,
    };
    let back = edit(&lab, &mut document, elsewhere);
    assert!(!below(&in_red, "vx").1);
    edit(&lab, &mut document, back);
    ip::must(&in_red, "ping -c1 -W2 10.7.0.2");
    // As somebody else does it: seen, and taken over or undone.
    ip::must(&in_mid, "ip link add vx9 type vxlan id 9 dstport 4790");
    let found = outside(&lab, &document, &in_mid, "ip link set vx9 netns red");
    accept(&lab, &mut document, &found[0]);
    let vx9 = document.interface_named(red, "vx9").unwrap();
    assert_eq!(document.interfaces[&vx9].underlay, Some(mid));
    ip::must(&in_red, "ip link del vx9");
    let found = outside(
        &lab,
        &document,
        &in_red,
        "ip link add vx9 type vxlan id 9 dstport 4790",
    );
    let underlay = found.iter().find(|d| d.difference.what == "underlay");
    revert(&lab, &document, underlay.unwrap_or(&found[0]));
    assert!(below(&in_red, "vx9").1);
    // The namespace goes with what sends through it.
    let gone = Selection::namespace(mid);
    let back = edit(&lab, &mut document, Edit::Remove(gone));
    assert_eq!(ip::interfaces(&in_red), []);
    edit(&lab, &mut document, back);
    ip::must(&in_red, "ping -c1 -W2 10.7.0.2");
}

/// What slim kernels lack of the tunnels of IP.
pub(crate) const TUNNELS: &[Feature] = &[
    Feature::Device(DeviceKind::Gre),
    Feature::Device(DeviceKind::Ipip),
];

const OVER_IP: &str = "netyard: 1
namespaces:
  far:
    interfaces:
      gt: {type: gre, local: 10.9.0.2, remote: 10.9.0.1, addresses: [10.7.0.2/24]}
      it: {type: ipip, local: 10.9.0.2, remote: 10.9.0.1, addresses: [10.6.0.2/24]}
  red:
    interfaces:
      gt: {type: gre, local: 10.9.0.1, remote: 10.9.0.2, underlay: mid, addresses: [10.7.0.1/24]}
      it: {type: ipip, local: 10.9.0.1, remote: 10.9.0.2, underlay: mid, addresses: [10.6.0.1/24]}
  mid: {}
links:
  - mid/eth: {addresses: [10.9.0.1/24]}
    far/eth: {addresses: [10.9.0.2/24]}
";

/// So do tunnels of IP in IP: also changed in place, made by others, and without their underlay.
pub(crate) fn over_ip(_: &Inside) {
    let mut document = yaml::read(OVER_IP).unwrap();
    let lab = brought_up(&document);
    let [red, mid] = ["red", "mid"].map(|name| id_of(&document, name));
    let [in_red, in_mid] = [red, mid].map(|id| lab.namespace(id));
    let both_work = || {
        ip::must(&in_red, "ping -c1 -W5 10.7.0.2");
        ip::must(&in_red, "ping -c1 -W5 10.6.0.2");
    };
    both_work();
    for name in ["gt", "it"] {
        assert!(below(&in_red, name).1, "{name}");
        let tunnel = document.interface_named(red, name).unwrap();
        let made = index(&in_red, name);
        let ttl = Edit::SetParameter {
            interface: tunnel,
            name: "ttl".to_owned(),
            value: Some(topology::kind::Value::Number(9)),
        };
        let back = edit(&lab, &mut document, ttl);
        both_work();
        edit(&lab, &mut document, back);
        assert_eq!(index(&in_red, name), made);
        let elsewhere = Edit::SetUnderlay {
            interface: tunnel,
            underlay: None,
        };
        let back = edit(&lab, &mut document, elsewhere);
        assert!(!below(&in_red, name).1, "{name}");
        edit(&lab, &mut document, back);
    }
    both_work();
    for kind in ["gre", "ipip"] {
        // Made and moved by somebody: the document takes it over.
        ip::must(
            &in_mid,
            &format!("ip link add t9 type {kind} remote 10.9.0.9"),
        );
        let found = outside(&lab, &document, &in_mid, "ip link set t9 netns red");
        accept(&lab, &mut document, &found[0]);
        let t9 = document.interface_named(red, "t9").unwrap();
        assert_eq!(document.interfaces[&t9].underlay, Some(mid));
        // As the engine's own command says it, with the same result.
        ip::must(&in_red, "ip link del t9");
        let words = format!("ip link add t9 link-netns mid type {kind} remote 10.9.0.9");
        ip::must(&in_red, &words);
        crate::support::eventually("the tunnel as it was", || {
            drift::drifts(&document, &lab.engine.observed()).is_empty()
        });
        // One that sends elsewhere is another one.
        ip::must(&in_red, "ip link del t9");
        let words = format!("ip link add t9 type {kind} remote 10.9.0.9");
        let found = outside(&lab, &document, &in_red, &words);
        let underlay = found.iter().find(|d| d.difference.what == "underlay");
        revert(&lab, &document, underlay.unwrap_or(&found[0]));
        assert!(below(&in_red, "t9").1, "{kind}");
        edit(&lab, &mut document, Edit::Remove(Selection::interface(t9)));
    }
    // The namespace goes with what sends through it.
    let whole = document.clone();
    let back = edit(&lab, &mut document, Edit::Remove(Selection::namespace(mid)));
    let shown = ip::interfaces(&in_red);
    assert!(
        !shown
            .iter()
            .any(|i| ["gt", "it"].contains(&i.name.as_str()))
    );
    edit(&lab, &mut document, back);
    assert_eq!(document, whole);
    both_work();
}
