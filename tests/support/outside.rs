//! A machine of one's own, for tests of what leaves a lab: a network namespace with an address, a
//! default route, and further addresses on its loopback. The real machine's network is not touched
//! and need not be there.

use std::process::{Command, Output};

/// Says to a test that it runs on such a machine.
const MARK: &str = "NETYARD_TEST_MACHINE";

/// The machine's own address, on its way out.
pub const OWN: &str = "198.51.100.1";
/// An address on its loopback, which is no loopback address.
pub const OTHER: &str = "203.0.113.9";

/// Whether this process is on such a machine.
pub fn is_here() -> bool {
    std::env::var_os(MARK).is_some()
}

/// Makes the machine's network; call it there first.
pub fn build() {
    for line in [
        "link set lo up",
        "link add eth0 type veth peer name far",
        "link set eth0 up",
        "link set far up",
        &format!("addr add {OWN}/24 dev eth0"),
        &format!("addr add {OTHER}/32 dev lo"),
        "route add default via 198.51.100.2",
    ] {
        let status = Command::new("ip").args(line.split(' ')).status().unwrap();
        assert!(status.success(), "ip {line}");
    }
}

/// Runs one test of this program on such a machine, as an ordinary user there, whoever we are.
pub fn run(test: &str) -> Output {
    let program = std::env::current_exe().unwrap();
    let output = Command::new("unshare")
        .args([
            "--user",
            "--net",
            "--map-user=1000",
            "--map-group=1000",
            "--keep-caps",
        ])
        .arg(program)
        .args(["--exact", test, "--nocapture"])
        .env(MARK, "1")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{test}: {text}{errors}");
    assert!(text.contains("1 passed"), "{test}: {text}");
    output
}
