//! What a machine must have, why, how to see whether it is there, and which package brings it.

use std::io::Write;
use std::process::{Command, Stdio};

use crate::system::{Distribution, find_any_program, find_program};
use crate::vm::newest_kernel;

/// The names under which browsers that can be driven are installed, best first.
pub(crate) const BROWSERS: &[&str] = &[
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
];
/// The names of their drivers.
pub(crate) const DRIVERS: &[&str] = &["chromedriver", "chromium.chromedriver"];

/// What something is needed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Need {
    /// Compiling the program.
    Build,
    /// Running labs.
    Run,
    /// The tests of the kernel part and of the server.
    Test,
    /// The tests in a browser.
    Browser,
    /// The tests in a virtual machine.
    Vm,
    /// Checks of the source text.
    Lint,
}

/// How a missing thing is brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// Packages of the distribution, by family.
    Packages {
        debian: &'static [&'static str],
        ubuntu: &'static [&'static str],
        fedora: &'static [&'static str],
    },
    /// A component of the rustup toolchain.
    RustupComponent(&'static str),
}

/// One thing that a machine must have.
#[derive(Debug)]
pub(crate) struct Prerequisite {
    /// Its name, as a person would say it.
    pub(crate) name: &'static str,
    /// What it is for.
    pub(crate) why: &'static str,
    need: Need,
    found: fn() -> bool,
    source: Source,
}

impl Prerequisite {
    /// The packages that bring it; empty when we do not know them.
    pub(crate) fn packages(&self, distribution: Distribution) -> &'static [&'static str] {
        match (self.source, distribution) {
            (Source::Packages { debian, .. }, Distribution::Debian) => debian,
            (Source::Packages { ubuntu, .. }, Distribution::Ubuntu) => ubuntu,
            (Source::Packages { fedora, .. }, Distribution::Fedora) => fedora,
            _ => &[],
        }
    }

    /// The rustup component that brings it.
    pub(crate) fn component(&self) -> Option<&'static str> {
        match self.source {
            Source::RustupComponent(name) => Some(name),
            Source::Packages { .. } => None,
        }
    }
}

/// Everything that we may ask for.
static TABLE: &[Prerequisite] = &[
    Prerequisite {
        name: "a C compiler",
        why: "SQLite is compiled into the program",
        need: Need::Build,
        found: || find_any_program(&["cc", "gcc", "clang"]).is_some(),
        source: same_on_ubuntu(&["gcc", "libc6-dev"], &["gcc"]),
    },
    Prerequisite {
        name: "the libpcap library and headers",
        why: "packets are captured with libpcap",
        need: Need::Build,
        found: libpcap_links,
        source: same_on_ubuntu(&["libpcap-dev"], &["libpcap-devel"]),
    },
    Prerequisite {
        name: "iproute2 (the command ip)",
        why: "shells in a lab use it, and the tests compare with it",
        need: Need::Run,
        found: || find_program("ip").is_some(),
        source: same_on_ubuntu(&["iproute2"], &["iproute"]),
    },
    Prerequisite {
        name: "nftables (the command nft)",
        why: "firewalls in a lab are loaded with it",
        need: Need::Run,
        found: || find_program("nft").is_some(),
        source: same_on_ubuntu(&["nftables"], &["nftables"]),
    },
    Prerequisite {
        name: "passt (the command pasta)",
        why: "labs that may have an uplink reach the outside through it",
        need: Need::Run,
        found: || find_program("pasta").is_some(),
        source: same_on_ubuntu(&["passt"], &["passt"]),
    },
    Prerequisite {
        name: "ping",
        why: "commands in a lab use it",
        need: Need::Run,
        found: || find_program("ping").is_some(),
        source: same_on_ubuntu(&["iputils-ping"], &["iputils"]),
    },
    Prerequisite {
        name: "tcpdump",
        why: "the tests compare captures with it",
        need: Need::Test,
        found: || find_program("tcpdump").is_some(),
        source: same_on_ubuntu(&["tcpdump"], &["tcpdump"]),
    },
    Prerequisite {
        name: "tshark",
        why: "the tests compare fields and display filters with it",
        need: Need::Test,
        found: || find_program("tshark").is_some(),
        source: same_on_ubuntu(&["tshark"], &["wireshark-cli"]),
    },
    Prerequisite {
        name: "fping",
        why: "the tests compare with it who reaches whom",
        need: Need::Test,
        found: || find_program("fping").is_some(),
        source: same_on_ubuntu(&["fping"], &["fping"]),
    },
    Prerequisite {
        name: "traceroute",
        why: "the tests compare ways with it",
        need: Need::Test,
        found: || find_program("traceroute").is_some(),
        source: same_on_ubuntu(&["traceroute"], &["traceroute"]),
    },
    Prerequisite {
        name: "curl",
        why: "the tests follow a capture with the command that is shown to copy",
        need: Need::Test,
        found: || find_program("curl").is_some(),
        source: same_on_ubuntu(&["curl"], &["curl"]),
    },
    Prerequisite {
        name: "ethtool",
        why: "the tests compare with it what is left to interfaces",
        need: Need::Test,
        found: || find_program("ethtool").is_some(),
        source: same_on_ubuntu(&["ethtool"], &["ethtool"]),
    },
    Prerequisite {
        name: "wireguard-tools (the command wg)",
        why: "the tests compare tunnels with it",
        need: Need::Vm,
        found: || find_program("wg").is_some(),
        source: same_on_ubuntu(&["wireguard-tools"], &["wireguard-tools"]),
    },
    Prerequisite {
        name: "Chromium (or Google Chrome)",
        why: "the tests drive a real browser",
        need: Need::Browser,
        found: || find_any_program(BROWSERS).is_some(),
        source: Source::Packages {
            debian: &["chromium"],
            ubuntu: &["chromium-browser"],
            fedora: &["chromium"],
        },
    },
    Prerequisite {
        name: "the browser's WebDriver (the command chromedriver)",
        why: "the tests drive a real browser",
        need: Need::Browser,
        found: || find_any_program(DRIVERS).is_some(),
        source: Source::Packages {
            debian: &["chromium-driver"],
            ubuntu: &["chromium-chromedriver"],
            fedora: &["chromedriver"],
        },
    },
    Prerequisite {
        name: "QEMU for x86-64",
        why: "what this kernel lacks is tested in a virtual machine",
        need: Need::Vm,
        found: || find_program("qemu-system-x86_64").is_some(),
        source: same_on_ubuntu(&["qemu-system-x86"], &["qemu-system-x86-core"]),
    },
    Prerequisite {
        name: "a full kernel with its modules in /boot, readable for this user",
        why: "the virtual machine runs it",
        need: Need::Vm,
        found: || newest_kernel().is_some(),
        source: Source::Packages {
            debian: &["linux-image-amd64"],
            ubuntu: &["linux-image-generic"],
            fedora: &["kernel"],
        },
    },
    Prerequisite {
        name: "BusyBox without shared libraries",
        why: "the virtual machine starts with it",
        need: Need::Vm,
        found: has_static_busybox,
        source: same_on_ubuntu(&["busybox-static"], &["busybox"]),
    },
    Prerequisite {
        name: "Python with venv and pip",
        why: "virtme-ng, which starts the virtual machine, is a Python program",
        need: Need::Vm,
        found: has_python,
        source: same_on_ubuntu(&["python3-venv"], &["python3"]),
    },
    Prerequisite {
        name: "rustfmt",
        why: "the layout of the source is checked",
        need: Need::Lint,
        found: || runs("rustfmt"),
        source: Source::RustupComponent("rustfmt"),
    },
    Prerequisite {
        name: "clippy",
        why: "the source is checked for common mistakes",
        need: Need::Lint,
        found: || runs("cargo-clippy"),
        source: Source::RustupComponent("clippy"),
    },
];

/// What is missing on this machine for these needs.
pub(crate) fn missing(needs: &[Need]) -> Vec<&'static Prerequisite> {
    TABLE
        .iter()
        .filter(|entry| needs.contains(&entry.need) && !(entry.found)())
        .collect()
}

const fn same_on_ubuntu(
    debian: &'static [&'static str],
    fedora: &'static [&'static str],
) -> Source {
    Source::Packages {
        debian,
        ubuntu: debian,
        fedora,
    }
}

/// Whether a program with libpcap compiles and links: true wherever a distribution puts it.
fn libpcap_links() -> bool {
    let Some(compiler) = find_any_program(&["cc", "gcc", "clang"]) else {
        return false;
    };
    let child = Command::new(compiler)
        .args(["-x", "c", "-", "-lpcap", "-o", "/dev/null"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let Ok(mut child) = child else { return false };
    let written = child.stdin.take().is_some_and(|mut source| {
        let program =
            b"#include <pcap/pcap.h>\nint main(void) { return pcap_lib_version() == 0; }\n";
        source.write_all(program).is_ok()
    });
    child.wait().is_ok_and(|status| status.success()) && written
}

/// One with shared libraries names the loader that it needs.
fn has_static_busybox() -> bool {
    let program = find_any_program(&["busybox-static", "busybox.static", "busybox"]);
    let bytes = program.and_then(|program| std::fs::read(program).ok());
    bytes.is_some_and(|bytes| !bytes.windows(9).any(|part| part == b"/ld-linux"))
}

fn has_python() -> bool {
    find_program("python3").is_some_and(|python| {
        Command::new(python)
            .args(["-c", "import ensurepip, venv"])
            .stdin(Stdio::null())
            .output()
            .is_ok_and(|output| output.status.success())
    })
}

/// Whether the program starts: rustup's proxies are there even when the component is not.
fn runs(name: &str) -> bool {
    find_program(name).is_some_and(|program| {
        Command::new(program)
            .arg("--version")
            .stdin(Stdio::null())
            .output()
            .is_ok_and(|output| output.status.success())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_distribution_brings_everything() {
        let known = [
            Distribution::Debian,
            Distribution::Ubuntu,
            Distribution::Fedora,
        ];
        for entry in TABLE {
            for distribution in known {
                assert!(
                    !entry.packages(distribution).is_empty() || entry.component().is_some(),
                    "nothing brings {} on {distribution:?}",
                    entry.name
                );
            }
        }
    }

    #[test]
    fn building_asks_for_no_browser() {
        let for_build = TABLE.iter().filter(|entry| entry.need == Need::Build);
        assert!(for_build.clone().count() >= 2);
        assert!(
            for_build
                .flat_map(|entry| entry.packages(Distribution::Debian))
                .all(|name| !name.contains("chromium"))
        );
    }
}
