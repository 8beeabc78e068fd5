//! When the command starts, the lab can be used.

use std::time::Instant;

use support::{example, netyard, text_file};

fn run(file: &str, command: &[&str]) -> (bool, String) {
    let mut arguments = vec!["run", file, "--in", "red", "--"];
    arguments.extend(command);
    let output = netyard(&arguments).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (
        output.status.success(),
        String::from_utf8_lossy(&text).into_owned(),
    )
}

#[test]
fn ipv6_works_from_the_first_packet_on() {
    let bridged = example("bridged.yaml");
    let (works, said) = run(&bridged, &["ping", "-c1", "-W1", "fd00::3"]);
    assert!(works, "{said}");
    let (works, said) = run(&bridged, &["ip", "-6", "addr", "show", "tentative"]);
    assert!(works && !said.contains("fd00::"), "{said}");
    let (works, said) = run(
        &bridged,
        &["ping", "-c1", "-W1", "-I", "fd00::1", "fd00::2"],
    );
    assert!(works, "{said}");
}

#[test]
fn a_bridges_own_address_is_waited_for() {
    let lab = text_file(
        "netyard: 1\nnamespaces:\n  red:\n    bridges: {br0: {addresses: ['fd00::1/64']}}\n  blue: {}\n\
         links:\n  - red/a: {bridge: br0}\n    blue/b: {}\n",
    );
    let path = lab.path().to_str().unwrap();
    let (works, said) = run(path, &["ip", "-6", "addr", "show", "tentative"]);
    assert!(works && !said.contains("fd00::"), "{said}");
}

#[test]
fn what_will_never_be_ready_is_not_waited_for() {
    let lab = text_file(
        "netyard: 1\nnamespaces:\n  red: {}\n  blue: {}\n\
         links:\n  - red/a: {addresses: ['fd00::1/64']}\n    blue/b: {up: false}\n",
    );
    let path = lab.path().to_str().unwrap();
    let began = Instant::now();
    assert_eq!(run(path, &["true"]), (true, String::new()));
    assert!(began.elapsed().as_secs_f64() < 1.5, "{:?}", began.elapsed());
}

/// Somebody else has it: it is lost, and the kernel says so after the same time.
#[test]
fn an_address_that_two_have_does_not_hold_up_the_command() {
    let lab = text_file(
        "netyard: 1\nnamespaces:\n  red: {}\n  blue: {}\n\
         links:\n  - red/a: {addresses: ['fd00::1/64']}\n    blue/b: {addresses: ['fd00::1/64']}\n",
    );
    let path = lab.path().to_str().unwrap();
    let (works, said) = run(path, &["echo", "here"]);
    assert!(works && said.ends_with("here\n"), "{said}");
}
