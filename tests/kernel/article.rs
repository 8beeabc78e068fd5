//! The article's own script: red reaches blue by their cable, and nobody reaches green.

use std::time::Instant;

use support::{example, netyard};

#[test]
fn red_reaches_blue() {
    let article = example("article.sh");
    let output = netyard(&[
        "run", &article, "--in", "red", "--", "ping", "-c", "3", "-i", "0.2", "10.0.0.2",
    ])
    .output()
    .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(
        text.contains("3 packets transmitted, 3 received, 0% packet loss"),
        "{text}"
    );
}

#[test]
fn red_does_not_reach_green() {
    let article = example("article.sh");
    let output = netyard(&[
        "run", &article, "--in", "red", "--", "ping", "-c", "1", "-W", "1", "10.0.0.3",
    ])
    .output()
    .unwrap();
    assert_eq!(
        output.status.code(),
        Some(1),
        "ping's own code for no reply"
    );
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("1 packets transmitted, 0 received"), "{text}");
}

#[test]
fn the_bridged_lab_joins_all_three_in_both_families() {
    let bridged = example("bridged.yaml");
    for target in ["10.0.0.1", "10.0.0.2", "10.0.0.3"] {
        let status = netyard(&[
            "run", &bridged, "--in", "green", "--", "ping", "-c1", "-W2", target,
        ])
        .output()
        .unwrap();
        assert!(
            status.status.success(),
            "{}",
            String::from_utf8_lossy(&status.stdout)
        );
    }
}

#[test]
fn the_host_commands_of_the_article_work_in_host() {
    let article = example("article.sh");
    let output = netyard(&[
        "run", &article, "--", "ip", "netns", "exec", "red", "ping", "-c1", "10.0.0.2",
    ])
    .output()
    .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let output = netyard(&["run", &article, "--", "ip", "netns", "list"])
        .output()
        .unwrap();
    let names = String::from_utf8_lossy(&output.stdout).into_owned();
    for name in ["red", "blue", "green"] {
        assert!(names.contains(name), "{names}");
    }
}

/// The goal is 100 ms; the limit here is what a busy machine may take without the test being
/// about the machine.
#[test]
fn the_command_starts_soon() {
    let article = example("article.sh");
    let mut times = Vec::new();
    for _ in 0..5 {
        let start = Instant::now();
        let output = netyard(&["run", &article, "--in", "red", "--", "date", "+%s%N"])
            .output()
            .unwrap();
        let now = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap();
        let started: u128 = String::from_utf8_lossy(&output.stdout)
            .trim()
            .parse()
            .unwrap();
        let after_start = now.as_nanos().saturating_sub(started);
        times.push(start.elapsed().as_nanos().saturating_sub(after_start) / 1000);
    }
    times.sort_unstable();
    println!("from `netyard run` to the command's start, µs, five runs sorted: {times:?}");
    assert!(times[2] < 1_000_000, "{times:?}");
}
