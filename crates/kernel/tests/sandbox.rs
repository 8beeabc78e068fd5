//! A sandbox as an ordinary user makes it: what it is like inside, what dies
//! with what, and that nothing is left.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::fs;
use std::process::ExitCode;

use kernel::Namespace;
use kernel::sandbox::Inside;
use support::inside;

fn main() -> ExitCode {
    support::main(vec![inside("inside_is_private", inside_is_private)])
}

fn inside_is_private(sandbox: &Inside) {
    let hostname = fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
    assert_eq!(hostname.trim(), "inside-is-private");
    assert_eq!(Namespace::host().unwrap(), sandbox.host);
    let red = Namespace::create("red").unwrap();
    assert_ne!(red, sandbox.host);
    let names = |file: &str| fs::read_to_string(file).unwrap().lines().count();
    // Two lines of heading, and loopback.
    assert_eq!(red.run(|| names("/proc/thread-self/net/dev")).unwrap(), 3);
    assert_eq!(
        red.sysctl_read("net/ipv4/ping_group_range").unwrap(),
        "0\t0"
    );
}
