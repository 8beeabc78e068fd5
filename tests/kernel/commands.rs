//! What a command of `netyard run` gives and gets.

use std::io::Write;
use std::process::Stdio;

use support::{example, netyard};

fn code(command: &[&str]) -> Option<i32> {
    let article = example("article.sh");
    let mut arguments = vec!["run", &article, "--in", "red", "--"];
    arguments.extend(command);
    netyard(&arguments).output().unwrap().status.code()
}

#[test]
fn the_exit_code_is_the_commands() {
    assert_eq!(code(&["true"]), Some(0));
    assert_eq!(code(&["sh", "-c", "exit 7"]), Some(7));
    assert_eq!(code(&["sh", "-c", "kill -TERM $$"]), Some(128 + 15));
    assert_eq!(code(&["no-such-command"]), Some(127));
    assert_eq!(code(&["/etc/passwd"]), Some(126));
}

#[test]
fn arguments_are_any_bytes() {
    use std::os::unix::ffi::OsStrExt;
    let article = example("article.sh");
    let output = netyard(&["run", &article, "--", "printf", "%s"])
        .arg(std::ffi::OsStr::from_bytes(b"a\xffb"))
        .output()
        .unwrap();
    assert_eq!(output.stdout, b"a\xffb");
}

#[test]
fn standard_streams_go_through() {
    let article = example("article.sh");
    let mut child = netyard(&["run", &article, "--in", "blue", "--", "tr", "a-z", "A-Z"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"hello\n").unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.stdout, b"HELLO\n");
}

#[test]
fn an_unknown_namespace_is_named_with_those_that_are_there() {
    let article = example("article.sh");
    let output = netyard(&["run", &article, "--in", "purple", "--", "true"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("purple") && text.contains("red"), "{text}");
}

#[test]
fn a_namespace_sees_its_own_network_only() {
    let article = example("article.sh");
    let output = netyard(&["run", &article, "--in", "red", "--", "ls", "/sys/class/net"])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let mut names: Vec<_> = text.split_whitespace().collect();
    // Tunnels of the machine's own kernel modules, which every namespace gets.
    names.retain(|name| ["lo", "veth-red", "br0", "veth-br-green", "eth0"].contains(name));
    assert_eq!(names, ["lo", "veth-red"]);
}

#[test]
fn doctor_finds_that_labs_can_run_here() {
    let output = netyard(&["doctor", "--json"]).output().unwrap();
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(output.status.success(), "{report:#}");
}
