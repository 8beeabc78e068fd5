//! What is refused: with a clear message, and nothing applied.

use support::{netyard, text_file};

fn refused(text: &str, words: &[&str]) {
    let file = text_file(text);
    let path = file.path().to_str().unwrap();
    for arguments in [
        vec!["check", path],
        vec!["plan", path],
        vec!["run", path, "--", "true"],
    ] {
        let output = netyard(&arguments).output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(
            output.status.code(),
            Some(2),
            "{arguments:?} {text}: {errors}"
        );
        for word in words {
            assert!(
                errors.contains(word),
                "{arguments:?} {text}: {word:?} is not in: {errors}"
            );
        }
    }
}

#[test]
fn an_address_that_others_reach_is_wrong_use() {
    let data = tempfile::tempdir().unwrap();
    let output = netyard(&["serve", "--no-browser", "--listen", "0.0.0.0:0", "--data"])
        .arg(data.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(error.contains("others could reach it"), "{error}");
}

#[test]
fn names_that_are_none() {
    refused("ip netns add a-name-of-16-byt\n", &["line 1", "15"]);
    refused("ip netns add red\nip netns add a/b\n", &["line 2", "/"]);
    refused("ip netns add 'a b'\n", &["line 1"]);
    refused("ip netns add -- -x\n", &["line 1"]);
    refused("ip link add eth%d type bridge\n", &["line 1", "%"]);
}

#[test]
fn addresses_that_no_interface_has() {
    let on_bridge =
        |address: &str| format!("ip link add br0 type bridge\nip addr add {address} dev br0\n");
    refused(&on_bridge("10.0.0.255/24"), &["line 2", "broadcast"]);
    refused(&on_bridge("224.0.0.1/4"), &["line 2", "multicast"]);
    refused(&on_bridge("ff02::1/64"), &["line 2", "multicast"]);
    let twice = on_bridge("10.0.0.1/24") + "ip addr add 10.0.0.1/24 dev br0\n";
    refused(&twice, &["line 3", "10.0.0.1/24"]);
}

#[test]
fn an_mtu_that_the_kernel_refuses() {
    refused(
        "ip link add br0 type bridge\nip link set br0 mtu 65536\n",
        &["line 2", "65536"],
    );
    refused(
        "ip link add br0 type bridge\nip link set br0 mtu 67\n",
        &["line 2", "67"],
    );
}

#[test]
fn what_is_not_understood_is_named_not_skipped() {
    refused(
        "ip netns add red\ntc qdisc add dev eth0 root netem delay 1ms\n",
        &["line 2", "tc"],
    );
    refused(
        "ip netns add red; frobnicate --all\n",
        &["line 1", "frobnicate"],
    );
    refused(
        "ip netns add red\nip link add x type wireguard\n",
        &["line 2", "wireguard"],
    );
    refused("ip netns add $NS\n", &["line 1", "$"]);
    refused(
        "ip addr add 10.0.0.1/24 dev nowhere\n",
        &["line 1", "nowhere"],
    );
}

#[test]
fn unknown_keys_and_oversized_documents() {
    refused(
        "netyard: 1\nnamespaces:\n  red: {}\ncolour: blue\n",
        &["colour"],
    );
    refused("netyard: 999\n", &["999"]);
    let large = format!("netyard: 1\ntitle: {}\n", "x".repeat(50_000_000));
    refused(&large, &["larger"]);
}
