//! Signals to `netyard run` reach its command.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use support::{example, netyard, until};

/// A script that runs in red and has said that it does.
fn script(text: &str) -> (Child, BufReader<std::process::ChildStdout>) {
    let article = example("article.sh");
    let mut child = netyard(&["run", &article, "--in", "red", "--", "sh", "-c", text])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    assert_eq!(line(&mut lines), "up\n");
    (child, lines)
}

fn line(lines: &mut impl BufRead) -> String {
    let mut line = String::new();
    lines.read_line(&mut line).unwrap();
    line
}

fn send(child: &Child, signal: Signal) {
    kill(Pid::from_raw(child.id().try_into().unwrap()), signal).unwrap();
}

#[test]
fn each_reaches_the_command_once() {
    for (signal, name) in [
        (Signal::SIGINT, "INT"),
        (Signal::SIGQUIT, "QUIT"),
        (Signal::SIGTERM, "TERM"),
    ] {
        let text =
            format!("trap 'n=$((n+1)); echo $n' {name}; echo up; while :; do sleep 0.05; done");
        let (mut child, mut lines) = script(&text);
        for count in ["1\n", "2\n"] {
            send(&child, signal);
            assert_eq!(line(&mut lines), count, "{name}");
        }
        send(&child, Signal::SIGHUP);
        assert_eq!(child.wait().unwrap().code(), Some(128 + 1));
    }
}

#[test]
fn the_code_is_that_of_a_command_that_they_end() {
    for signal in [Signal::SIGINT, Signal::SIGQUIT, Signal::SIGTERM] {
        let (mut child, _lines) = script("echo up; exec sleep 300");
        send(&child, signal);
        assert_eq!(child.wait().unwrap().code(), Some(128 + signal as i32));
    }
    let (mut child, _lines) = script("trap 'exit 5' TERM; echo up; while :; do sleep 0.05; done");
    send(&child, Signal::SIGTERM);
    assert_eq!(child.wait().unwrap().code(), Some(5));
}

#[test]
fn an_agent_that_was_killed_is_told_with_its_end() {
    let (mut child, _lines) = script("echo up; exec sleep 300");
    let keeper = until(Duration::from_secs(5), "there is a keeper", || {
        let children = format!("/proc/{0}/task/{0}/children", child.id());
        let text = std::fs::read_to_string(children).unwrap();
        text.trim().parse().ok()
    });
    kill(Pid::from_raw(keeper), Signal::SIGKILL).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(125));
    let error = line(&mut BufReader::new(child.stderr.take().unwrap()));
    assert!(error.contains("it was killed (SIGKILL)"), "{error}");
}
