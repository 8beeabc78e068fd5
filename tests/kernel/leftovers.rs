//! Afterwards the machine is as before, however a lab ended.

use std::collections::BTreeSet;
use std::process::{Child, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use support::machine::{Machine, marked, parent_of};
use support::{example, netyard, until};

/// How long the kernel may take to end all of a lab's processes.
const GONE: Duration = Duration::from_secs(5);

/// A lab whose command sleeps, every process of it marked.
fn sleeping(mark: &str) -> (Child, BTreeSet<i32>) {
    let article = example("article.sh");
    let (name, value) = mark.split_once('=').unwrap();
    let child = netyard(&[
        "run",
        &article,
        "--in",
        "red",
        "--",
        "sh",
        "-c",
        "sleep 321 & sleep 123",
    ])
    .env(name, value)
    .stdin(Stdio::null())
    .spawn()
    .unwrap();
    let pids = until(Duration::from_secs(10), "the command runs", || {
        let pids = marked(mark);
        let sleeps = pids
            .iter()
            .filter(|pid| command_of(**pid).starts_with("sleep"))
            .count();
        (sleeps == 2).then_some(pids)
    });
    (child, pids)
}

fn command_of(pid: i32) -> String {
    let bytes = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    String::from_utf8_lossy(&bytes).replace('\0', " ")
}

fn all_gone(mark: &str) {
    until(GONE, "no process is left", || {
        marked(mark).is_empty().then_some(())
    });
}

#[test]
fn nothing_is_left_after_a_run() {
    let before = Machine::now();
    let article = example("article.sh");
    let mark = "NETYARD_TEST_MARK=after-a-run";
    for _ in 0..3 {
        let status = netyard(&[
            "run",
            &article,
            "--in",
            "green",
            "--",
            "sh",
            "-c",
            "sleep 300 & exit 0",
        ])
        .env("NETYARD_TEST_MARK", "after-a-run")
        .status()
        .unwrap();
        assert!(status.success());
        assert_eq!(
            marked(mark),
            BTreeSet::new(),
            "when the program has ended, all has"
        );
    }
    assert_eq!(Machine::now(), before);
}

#[test]
fn nothing_is_left_when_any_one_process_is_killed() {
    let before = Machine::now();
    let (mut child, pids) = sleeping("NETYARD_TEST_MARK=counting");
    let count = pids.len();
    child.kill().unwrap();
    child.wait().unwrap();
    all_gone("NETYARD_TEST_MARK=counting");
    // The starter, the keeper, init, the agent, those around the command, the command, its child.
    assert!(count >= 7, "{count} processes");
    for victim in 0..count {
        let mark = format!("NETYARD_TEST_MARK=victim-{victim}");
        let (mut child, pids) = sleeping(&mark);
        let Some(&pid) = pids.iter().nth(victim) else {
            panic!("{pids:?}")
        };
        let command = command_of(pid);
        let whose = parent_of(pid);
        kill(Pid::from_raw(pid), Signal::SIGKILL).unwrap();
        if command.starts_with("sleep 321") {
            // Only a process that the command left in the background: the rest goes on.
            child.kill().unwrap();
        }
        child.wait().unwrap();
        until(
            GONE,
            &format!("no process is left after {command} (child of {whose}) was killed"),
            || marked(&mark).is_empty().then_some(()),
        );
    }
    assert_eq!(Machine::now(), before);
}

#[test]
fn a_terminated_run_ends_all_and_says_so_by_its_code() {
    let mark = "NETYARD_TEST_MARK=terminated";
    let (mut child, _) = sleeping(mark);
    kill(
        Pid::from_raw(child.id().try_into().unwrap()),
        Signal::SIGTERM,
    )
    .unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(128 + 15));
    all_gone(mark);
}
