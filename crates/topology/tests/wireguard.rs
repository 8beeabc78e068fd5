//! WireGuard interfaces: told as commands, and read from what people write.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use topology::command::script_text;
use topology::kind::Value;
use topology::kind::wireguard::{PEERS, PRIVATE_KEY, Peers, SecretKey};
use topology::model;
use topology::plan::plan;
use topology::status::{Status, statuses};
use topology::{Document, NamespaceId, script, yaml};

fn key(byte: u8) -> SecretKey {
    SecretKey([byte; 32]).clamped()
}

fn parameter(document: &Document, name: &str) -> Option<Value<topology::InterfaceId>> {
    let id = document.interface_named(NamespaceId::HOST, "wg0").unwrap();
    let device = document.interfaces[&id].kind.device().unwrap();
    device.parameters.get(name).cloned()
}

fn peers(document: &Document) -> Peers {
    match parameter(document, PEERS) {
        Some(Value::Peers(peers)) => peers,
        None => Peers::default(),
        other => panic!("{other:?}"),
    }
}

fn read(text: &str) -> Result<Document, String> {
    let text = format!("ip link add wg0 type wireguard\n{text}");
    let read = script::read(&text).map_err(|errors| format!("{errors:?}"))?;
    Ok(read.document)
}

#[test]
fn wg_set_is_read_as_wg_does_it() {
    let (own, a, b) = (key(1), key(2).public(), key(3).public());
    let text = format!(
        "wg set wg0 listen-port 51820 fwmark 0x7 private-key /dev/stdin <<'EOF'\n{own}\nEOF\n\
         wg set wg0 peer {a} allowed-ips 10.0.0.2/32,10.1.0.0/16 peer {b} endpoint 192.0.2.1:7\n\
         wg set wg0 peer {b} allowed-ips 10.1.0.0/16 persistent-keepalive 25\n\
         wg show\n"
    );
    let document = read(&text).unwrap();
    assert_eq!(parameter(&document, PRIVATE_KEY), Some(Value::Secret(own)));
    assert_eq!(parameter(&document, "fwmark"), Some(Value::Number(7)));
    // The second took the network from the first.
    let wanted = format!(
        "{a} allowed-ips 10.0.0.2/32\n\
         {b} endpoint 192.0.2.1:7 allowed-ips 10.1.0.0/16 persistent-keepalive 25"
    );
    assert_eq!(peers(&document), wanted.parse().unwrap());
    let gone = read(&format!("{text}wg set wg0 peer {a} remove fwmark\n"));
    assert!(gone.is_err());
    let gone = read(&format!(
        "{text}wg set wg0 private-key /dev/null peer {a} remove\n"
    ))
    .unwrap();
    assert_eq!(parameter(&gone, PRIVATE_KEY), None);
    assert_eq!(peers(&gone).0.len(), 1);
}

#[test]
fn a_configuration_is_read_whole_or_in_addition() {
    let (own, a, b) = (key(1), key(2).public(), key(3).public());
    let conf = format!(
        "<<'EOF'\n[Interface] # ours\nprivatekey={own}\nListenPort = 7\n\n[Peer]\nEndpoint = [fd00::1]:9\n\
         PublicKey = {a}\nPresharedKey = {b}\nAllowedIPs = 10.0.0.2, fd01::/64\nEOF\n"
    );
    let more = format!("<<'EOF'\n[Peer]\nPublicKey = {b}\nEOF\n");
    let text = format!("wg setconf wg0 /dev/stdin {conf}wg addconf wg0 /dev/stdin {more}");
    let document = read(&text).unwrap();
    assert_eq!(peers(&document).0.len(), 2);
    assert_eq!(parameter(&document, PRIVATE_KEY), Some(Value::Secret(own)));
    let whole = read(&format!("{text}wg syncconf wg0 /dev/stdin {more}")).unwrap();
    assert_eq!(peers(&whole).0.len(), 1);
    assert_eq!(parameter(&whole, PRIVATE_KEY), None);
    for wrong in [
        "wg setconf wg0 /etc/wireguard/wg0.conf\n".to_owned(),
        "wg setconf wg0 /dev/stdin\n".to_owned(),
        "wg setconf lo /dev/stdin <<EOF\n[Interface]\nEOF\n".to_owned(),
        "wg setconf wg0 /dev/stdin <<EOF\n[Interface]\nAddress = 10.0.0.1/24\nEOF\n".to_owned(),
        "wg setconf wg0 /dev/stdin <<EOF\n[Peer]\nAllowedIPs = 10.0.0.1/32\nEOF\n".to_owned(),
        "wg set wg0 listen-port 70000\n".to_owned(),
        format!("wg set wg0 peer {a} endpoint vpn.example.org:51820\n"),
        "ip link add wg1 type wireguard listen-port 7\n".to_owned(),
    ] {
        assert!(read(&wrong).is_err(), "{wrong}");
    }
}

#[test]
fn what_is_told_is_read_again_and_no_secret_is_shown() {
    let (own, a, b) = (key(1), key(2).public(), key(3));
    let text = format!(
        "netyard: 1\nnamespaces:\n  red:\n    interfaces:\n      wg0:\n        type: wireguard\n        \
         private-key: {own}\n        peers: [{{public-key: {a}, preshared-key: {b}, allowed-ips: [10.0.0.0/24]}}]\n"
    );
    let document = yaml::read(&text).unwrap();
    assert_eq!(yaml::read(&yaml::write(&document)).unwrap(), document);
    let script = script_text(&document);
    assert!(
        script.contains("ip netns exec red wg syncconf wg0 /dev/stdin <<'EOF'"),
        "{script}"
    );
    assert!(script::read(&script).unwrap().document.same_lab(&document));
    let steps = plan(&document, &model::fresh());
    let mut state = model::fresh();
    for step in &steps {
        model::execute(&mut state, step).unwrap();
    }
    let other = yaml::read(&text.replace(&b.to_string(), &key(4).to_string())).unwrap();
    let statuses = statuses(&other, Some(&state));
    let differ = |status: &Status| matches!(status, Status::Drifted(all) if all.len() == 1);
    assert_eq!(
        statuses.interfaces.values().filter(|s| differ(s)).count(),
        1
    );
    let told = format!("{steps:?} {statuses:?} {document:?} {state:?}");
    for secret in [own, b, key(4)] {
        assert!(!told.contains(&secret.to_string()), "{told}");
    }
    let twice = text.replace(&a.to_string(), &own.public().to_string());
    assert!(
        yaml::read(&twice)
            .unwrap_err()
            .to_string()
            .contains("its own public key")
    );
}
