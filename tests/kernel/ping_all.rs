//! `netyard ping FILE --all`.

use protocol::reach::{ReachResult, Reachability};
use support::{netyard, text_file};

/// Three on a switch, of which one has no way out.
const LAB: &str = "
netyard: 1
title: switch
namespaces:
  host:
    bridges:
      br0:
  red:
  blue:
  lost:
links:
  - red/eth0: {addresses: [10.0.0.1/24]}
    host/v-red: {bridge: br0}
  - blue/eth0: {addresses: [10.0.0.2/24]}
    host/v-blue: {bridge: br0}
  - lost/eth0: {addresses: [10.9.0.3/24]}
    host/v-lost: {bridge: br0}
";

#[test]
fn a_lab_that_is_whole_ends_with_0() {
    let whole = LAB.replace("10.9.0.3", "10.0.0.3");
    let file = text_file(&whole);
    let output = netyard(&["ping", file.path().to_str().unwrap(), "--all"])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{text}{errors}");
    assert!(text.contains("6 of 6 pairs reach each other"), "{text}");
    assert_eq!(
        text.lines().filter(|line| line.contains('·')).count(),
        3,
        "{text}"
    );
}

#[test]
fn what_fails_is_told_and_ends_with_1() {
    let file = text_file(LAB);
    let path = file.path().to_str().unwrap();
    let output = netyard(&["ping", path, "--all"]).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("2 of 6 pairs reach each other"), "{text}");
    let line = "lost to 10.0.0.1 (red): lost has no route to 10.0.0.1";
    assert!(text.contains(line), "{text}");

    let output = netyard(&["ping", path, "--all", "--json"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let found: Reachability = serde_json::from_slice(&output.stdout).unwrap();
    let names: Vec<_> = found.sources.iter().map(|s| s.name.as_str()).collect();
    assert_eq!(names, ["red", "blue", "lost"]);
    let reached = found.pairs.iter().filter(|pair| {
        matches!(pair.result, ReachResult::Reachable { ttl: Some(64), rtt_ns } if rtt_ns > 0)
    });
    assert_eq!(reached.count(), 2);
    assert_eq!(found.unreachable(), 4);
}

#[test]
fn wrong_use_ends_with_2() {
    for arguments in [
        &["ping", "/no/such/file", "--all"][..],
        &["ping", "/dev/null"],
    ] {
        let output = netyard(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty());
    }
}
