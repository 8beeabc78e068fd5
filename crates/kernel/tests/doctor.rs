//! The doctor's findings on the machine that runs the tests.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::io::Write;
use std::process::ExitCode;

use kernel::doctor::{self, Finding};
use support::{As, outside, program};

fn main() -> ExitCode {
    support::main_by_root_too(vec![
        outside("labs_can_run_here", labs_can_run_here),
        program("examine", examine),
    ])
}

fn examine(_: &[String]) {
    let findings = doctor::examine().unwrap();
    let text = serde_json::to_string(&findings).unwrap();
    std::io::stdout().write_all(text.as_bytes()).unwrap();
}

fn labs_can_run_here(identity: As) {
    let before = support::namespaces("net");
    let output = support::run_program("examine", identity);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let findings: Vec<Finding> = serde_json::from_slice(&output.stdout).unwrap();
    // Without these the tests of this crate could not have been run.
    assert!(doctor::can_run(&findings), "{findings:#?}");
    for name in [
        "sandbox",
        "veth",
        "bridge",
        "ICMP sockets",
        "libpcap",
        "nftables",
    ] {
        let finding = findings
            .iter()
            .find(|finding| finding.name == name)
            .unwrap();
        assert!(finding.ok, "{finding:#?}");
    }
    // What is wrong has a remedy.
    assert!(
        findings
            .iter()
            .all(|finding| finding.ok == finding.remedy.is_none())
    );
    support::eventually("no namespace left", || {
        support::namespaces("net")
            .iter()
            .all(|one| before.contains(one))
    });
}
