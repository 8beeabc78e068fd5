//! Link quality, as the whole program sets it, or says why not.

use support::{example, netyard, printed, text_file};

/// Whether this kernel has a feature, as the doctor says.
fn has(feature: &str) -> bool {
    let report = netyard(&["doctor", "--json"]).output().unwrap();
    let report: serde_json::Value = serde_json::from_slice(&report.stdout).unwrap();
    let findings = report["findings"].as_array().unwrap();
    let found = findings.iter().find(|one| one["feature"] == feature);
    found.unwrap()["ok"] == true
}

/// What a program says that must fail, on both its outputs.
fn refusal(arguments: &[&str]) -> String {
    let output = netyard(arguments).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    assert!(!output.status.success(), "{text}");
    text
}

#[test]
fn a_wan_is_refused_with_the_reason_where_netem_is_missing() {
    if has("netem") {
        println!("this kernel has netem: it refuses nothing");
        return;
    }
    // Before anything is made, with the way to get it.
    let lab = example("wan.yaml");
    for arguments in [vec!["check", &lab], vec!["run", &lab, "--", "true"]] {
        let said = refusal(&arguments);
        assert!(
            said.contains("no delay and loss on links (netem)"),
            "{said}"
        );
        assert!(said.contains("modprobe sch_netem"), "{said}");
        assert!(!said.contains("(tbf)"), "{said}");
    }
}

#[test]
fn a_rate_works_where_netem_is_missing() {
    let lab = |quality: &str| {
        text_file(&format!(
            "netyard: 1\nnamespaces:\n  red: {{}}\n  blue: {{}}\nlinks:\n  - red/eth0: {{quality: {quality}, addresses: [10.0.0.1/24]}}\n    blue/eth0: {{addresses: [10.0.0.2/24]}}\n"
        ))
    };
    let limited = lab("{rate: 1mbit}");
    let path = limited.path().to_str().unwrap();
    // 60 frames of 1250 bytes at once are 600,000 bits, of which a burst of 1600 bytes passes at
    // once. `ping` sends again what finds no room.
    let ping = "tc qdisc show dev eth0; ping -q -l 60 -c 60 -s 1208 -W 2 10.0.0.2";
    let text = printed(path, "red", ping);
    assert!(
        text.contains("tbf") && text.contains("rate 1Mbit"),
        "{text}"
    );
    let (_, time) = text.split_once("packet loss, time ").unwrap();
    let time: u32 = time.split_once("ms").unwrap().0.parse().unwrap();
    assert!(time >= 400, "{text}");
    if !has("netem") {
        let delayed = lab("{rate: 1mbit, loss: 1%}");
        let said = refusal(&["check", delayed.path().to_str().unwrap()]);
        assert!(said.contains("red/eth0"), "{said}");
        assert!(
            said.contains("no delay and loss on links (netem)"),
            "{said}"
        );
    }
}
