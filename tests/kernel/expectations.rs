//! `netyard test`: what a lab expects is tried.

use std::process::Output;

use support::{example, netyard, text_file};

/// The examples that every kernel can run; those that need more are in `tests/features`.
const EXAMPLES: [&str; 12] = [
    "article.yaml",
    "asymmetric.yaml",
    "bridged.yaml",
    "dual-stack.yaml",
    "firewall.yaml",
    "loop.yaml",
    "mtu.yaml",
    "nat.yaml",
    "router.yaml",
    "triangle.yaml",
    "uplinks.yaml",
    "vxlan.yaml",
];

fn tested(arguments: &[&str]) -> (Output, String) {
    let output = netyard(arguments).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    (output, text)
}

#[test]
fn the_examples_hold() {
    for name in EXAMPLES {
        let (output, text) = tested(&["test", &example(name)]);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{name}: {text}{errors}");
        assert!(text.contains("0 do not"), "{text}");
    }
}

const LAB: &str = "netyard: 1
title: Red & blue
namespaces: {red: {}, blue: {}}
links:
  - red/a: {addresses: [10.0.0.1/24]}
    blue/b: {addresses: [10.0.0.2/24], up: false}
expect:
  - red can ping blue
  - red cannot ping blue
  - red can reach blue tcp/80
  - red cannot reach 10.0.0.2 udp/53
  - red can ping 10.0.0.1 with loss below 1 %
  - path from red to blue avoids host
";

#[test]
fn what_does_not_hold_is_told_with_what_was_observed() {
    let file = text_file(LAB);
    let path = file.path().to_str().unwrap();
    let (output, text) = tested(&["test", path]);
    assert_eq!(output.status.code(), Some(1), "{text}");
    let lines: Vec<_> = text.lines().map(str::trim_start).collect();
    let marks: Vec<_> = lines
        .iter()
        .filter(|line| line.starts_with("ok") || line.starts_with("FAIL"))
        .map(|line| line.split_whitespace().next().unwrap())
        .collect();
    // A way that does not arrive tells nothing of what it avoids.
    assert_eq!(marks, ["FAIL", "ok", "FAIL", "ok", "ok", "FAIL"], "{text}");
    assert!(lines[1].contains("blue/b is down"), "{text}");

    let (output, text) = tested(&["test", path, "--json"]);
    assert_eq!(output.status.code(), Some(1));
    let verdicts: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(verdicts.as_array().unwrap().len(), 6);
    assert_eq!(verdicts[0]["expectation"], "red can ping blue");
    assert_eq!(verdicts[0]["holds"], false);

    let (_, text) = tested(&["test", path, "--junit"]);
    assert!(text.contains("tests=\"6\" failures=\"3\""), "{text}");
    assert!(text.contains("name=\"Red &amp; blue\""), "{text}");
}

#[test]
fn a_lab_that_expects_nothing_is_wrong_use() {
    let file = text_file("netyard: 1\n");
    let (output, _) = tested(&["test", file.path().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("can ping"));
}
