//! WireGuard tunnels, compared with what `wg` says.

use std::time::{Duration, Instant};

use kernel::Namespace;
use kernel::sandbox::Inside;
use topology::drift::{self, Drift};
use topology::edit::apply;
use topology::feature::Feature;
use topology::kind::wireguard::SecretKey;
use topology::kind::{DeviceKind, Value};
use topology::{Document, Edit, InterfaceId, yaml};

use crate::{Lab, ip, rebuilt};

/// What slim kernels lack of it.
pub(crate) const NEEDS: &[Feature] = &[Feature::Device(DeviceKind::Wireguard)];

/// Two namespaces with a tunnel between them: blue knows where red is, red learns where blue is.
fn tunnel() -> Document {
    let keys = [1, 2].map(|byte| SecretKey([byte; 32]).clamped());
    let [red, blue] = keys.map(|key| key.public());
    let text = format!(
        "netyard: 1
namespaces:
  red:
    interfaces:
      wg0:
        type: wireguard
        private-key: {}
        listen-port: 51820
        fwmark: 7
        peers:
          - {{public-key: {blue}, preshared-key: {blue}, allowed-ips: [10.9.0.2/32, 'fd09::/64']}}
        addresses: [10.9.0.1/24]
  blue:
    interfaces:
      wg0:
        type: wireguard
        private-key: {}
        peers:
          - public-key: {red}
            preshared-key: {blue}
            endpoint: 192.0.2.1:51820
            allowed-ips: [10.9.0.0/24]
            persistent-keepalive: 25
        addresses: [10.9.0.2/24]
links:
  - red/eth0: {{addresses: [192.0.2.1/24]}}
    blue/eth0: {{addresses: [192.0.2.2/24]}}
",
        keys[0], keys[1]
    );
    yaml::read(&text).unwrap()
}

fn namespace(lab: &Lab, document: &Document, name: &str) -> Namespace {
    lab.namespace(document.namespace_named(name).unwrap())
}

/// The lines of `wg showconf`, in an order of its own.
fn shown(namespace: &Namespace) -> Vec<String> {
    let text = ip::must(namespace, "wg showconf wg0");
    let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
    lines.retain(|line| !line.is_empty());
    lines.sort();
    lines
}

fn drifts(lab: &Lab, document: &Document) -> Vec<Drift> {
    drift::drifts(document, &lab.engine.observed())
}

/// Waits for what is not the document's, and returns it and how long that took.
fn heard(lab: &Lab, document: &Document) -> (Vec<Drift>, Duration) {
    let begin = Instant::now();
    loop {
        let now = drifts(lab, document);
        if !now.is_empty() {
            return (now, begin.elapsed());
        }
        assert!(begin.elapsed() < Duration::from_secs(20), "nothing differs");
        std::thread::sleep(Duration::from_millis(5));
    }
}

pub(crate) fn tunnels(_: &Inside) {
    let document = tunnel();
    let lab = Lab::start();
    lab.apply(&document);
    let (red, blue) = (
        namespace(&lab, &document, "red"),
        namespace(&lab, &document, "blue"),
    );
    let keys = [1, 2].map(|byte| SecretKey([byte; 32]).clamped());
    let said = shown(&red);
    for line in [
        "ListenPort = 51820".to_owned(),
        "FwMark = 0x7".to_owned(),
        format!("PrivateKey = {}", keys[0]),
        format!("PublicKey = {}", keys[1].public()),
        format!("PresharedKey = {}", keys[1].public()),
        "AllowedIPs = 10.9.0.2/32, fd09::/64".to_owned(),
    ] {
        assert!(said.contains(&line), "{line}: {said:#?}");
    }
    // Only the inside of the tunnel has such addresses.
    ip::must(&blue, "ping -n -c 3 -i 0.2 -W 20 10.9.0.1");
    let transfer = ip::must(&red, "wg show wg0 transfer");
    let received = transfer.split_whitespace().nth(1).unwrap();
    assert!(received.parse::<u64>().unwrap() > 0, "{transfer}");
    // That red has learned where blue is, is no drift.
    std::thread::sleep(Duration::from_millis(400));
    assert!(ip::must(&red, "wg show wg0 endpoints").contains("192.0.2.2:"));
    assert!(drifts(&lab, &document).is_empty());
    lab.stands(&document);
}

/// A change of one peer leaves the session of another alone, and what fails is taken back.
pub(crate) fn in_place(_: &Inside) {
    let document = tunnel();
    let lab = Lab::start();
    lab.apply(&document);
    let (red, blue) = (
        namespace(&lab, &document, "red"),
        namespace(&lab, &document, "blue"),
    );
    ip::must(&blue, "ping -n -c 1 -W 20 10.9.0.1");
    let handshakes = |of: &Namespace| ip::must(of, "wg show wg0 latest-handshakes");
    let before = handshakes(&red);
    let index = || ip::json(&red, "ip -j link show wg0")[0]["ifindex"].clone();
    let number = index();
    let other = SecretKey([3; 32]).public();
    let id = document
        .interface_named(document.namespace_named("red").unwrap(), "wg0")
        .unwrap();
    let mut edited = document.clone();
    let device = edited.interfaces[&id].kind.device().unwrap();
    let peers = match device.parameters.get("peers").unwrap() {
        Value::Peers(peers) => peers.clone(),
        other => panic!("{other:?}"),
    };
    let more = format!("{peers}\n{other} allowed-ips 10.9.0.3/32 endpoint 192.0.2.3:7");
    let edit = Edit::SetParameter {
        interface: id,
        name: "peers".to_owned(),
        value: Some(Value::Peers(more.parse().unwrap())),
    };
    apply(&mut edited, edit).unwrap();
    let kernel = rebuilt(&lab.engine.observed());
    // Once with a step after it that fails.
    let mut failing = edited.clone();
    failing.interfaces.get_mut(&id).unwrap().mtu = Some(u32::MAX);
    let error = lab
        .runtime
        .block_on(lab.engine.apply(&failing))
        .unwrap_err();
    assert!(error.not_undone.is_empty(), "{error}");
    assert!(!format!("{error:?}").contains(&SecretKey([1; 32]).clamped().to_string()));
    assert_eq!(rebuilt(&lab.engine.observed()), kernel);
    assert_eq!(handshakes(&red), before);
    let applied = lab.apply(&edited);
    assert_eq!(applied.steps.len(), 1, "{applied:#?}");
    assert!(handshakes(&red).contains(before.trim()), "{before}");
    assert!(shown(&red).contains(&format!("PublicKey = {other}")));
    ip::must(&blue, "ping -n -c 1 -W 20 10.9.0.1");
    lab.apply(&document);
    assert_eq!(handshakes(&red), before);
    assert_eq!(index(), number);
}

/// What `wg` sets is drift, and can be accepted or reverted.
pub(crate) fn outside(_: &Inside) {
    let document = tunnel();
    let lab = Lab::start();
    lab.apply(&document);
    let blue = namespace(&lab, &document, "blue");
    let red_key = SecretKey([1; 32]).clamped().public();
    let other = SecretKey([4; 32]).public();
    for (words, what) in [
        ("wg set wg0 fwmark 9".to_owned(), "fwmark"),
        (
            format!("wg set wg0 peer {red_key} allowed-ips 10.9.0.0/25,10.8.0.0/16"),
            "peers",
        ),
        (
            format!("wg set wg0 peer {other} endpoint 192.0.2.9:9"),
            "peers",
        ),
        ("wg set wg0 private-key /dev/null".to_owned(), "private-key"),
    ] {
        let before = shown(&blue);
        ip::must(&blue, &words);
        let (drift, after) = heard(&lab, &document);
        assert_eq!(drift.len(), 1, "{words}: {drift:#?}");
        let text = format!("{drift:?}");
        assert!(text.contains(what), "{words}: {text}");
        eprintln!("{words}: heard after {after:?}");
        let edit = drift::accept(&document, &lab.engine.observed(), &drift[0], || {
            InterfaceId(999)
        });
        let mut accepted = document.clone();
        apply(&mut accepted, edit.unwrap()).unwrap();
        lab.stands(&accepted);
        let reverted = lab.engine.revert(&document, &drift[0]);
        lab.runtime.block_on(reverted).unwrap();
        assert_eq!(shown(&blue), before, "{words}");
        lab.stands(&document);
    }
}

/// The set-up of containers: the tunnel is all that a namespace has, and what is encrypted goes
/// through another (https://www.wireguard.com/netns/).
pub(crate) fn through(_: &Inside) {
    let keys = [1, 2].map(|byte| SecretKey([byte; 32]).clamped());
    let [red, blue] = keys.map(|key| key.public());
    let text = format!(
        "netyard: 1
namespaces:
  inner:
    interfaces:
      wg0:
        type: wireguard
        private-key: {}
        listen-port: 51820
        peers: [{{public-key: {blue}, allowed-ips: [10.9.0.2/32]}}]
        underlay: red
        addresses: [10.9.0.1/24]
  red: {{}}
  blue:
    interfaces:
      wg0:
        type: wireguard
        private-key: {}
        peers: [{{public-key: {red}, endpoint: '192.0.2.1:51820', allowed-ips: [10.9.0.0/24]}}]
        addresses: [10.9.0.2/24]
links:
  - red/eth0: {{addresses: [192.0.2.1/24]}}
    blue/eth0: {{addresses: [192.0.2.2/24]}}
",
        keys[0], keys[1]
    );
    let mut document = yaml::read(&text).unwrap();
    let lab = Lab::start();
    lab.apply(&document);
    let peer = namespace(&lab, &document, "blue");
    ip::must(&peer, "ping -n -c 3 -i 0.2 -W 20 10.9.0.1");
    // In its own namespace nothing leads to the other end.
    let inner = document.namespace_named("inner").unwrap();
    let interface = document.interface_named(inner, "wg0").unwrap();
    let own = Edit::SetUnderlay {
        interface,
        underlay: None,
    };
    let back = apply(&mut document, own).unwrap();
    lab.apply(&document);
    assert!(
        !ip::run(&peer, "ping -n -c 1 -W 1 10.9.0.1")
            .status
            .success()
    );
    apply(&mut document, back).unwrap();
    lab.apply(&document);
    // The other end has the session of the one that is gone, and greets anew only when it has heard
    // nothing for 15 s (`REKEY_TIMEOUT` and `KEEPALIVE_TIMEOUT` of wireguard/messages.h).
    ip::must(&peer, "ping -n -i 0.5 -c 1 -w 60 10.9.0.1");
    assert_eq!(drifts(&lab, &document), []);
}
