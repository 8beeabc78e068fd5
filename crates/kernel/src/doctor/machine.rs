//! What is known of the machine from outside of a sandbox.

use std::fs;

use nix::errno::Errno;
use nix::sys::resource::{Resource, getrlimit};
use nix::sys::utsname::uname;

use super::Finding;
use crate::error::{Context, Error, Result};

/// The first kernel with all system calls used here: `close_range` was the
/// last to come.
const OLDEST: (u32, u32) = (5, 9);

/// Descriptors that 500 namespaces need, at five each (measured: 2,507).
const OPEN_FILES: u64 = 4096;

/// The neighbour table is one for all namespaces of the machine; with the
/// kernel's default of 1024, raw probes reached 1,024 of 4,032 pairs.
const NEIGHBOURS: u64 = 16_384;

pub(super) fn examine() -> Vec<Finding> {
    vec![
        Finding::needed("kernel", kernel(), "run a newer kernel"),
        Finding::useful(
            "open files",
            open_files(),
            "raise the hard limit `nofile` in /etc/security/limits.conf",
        ),
        Finding::useful(
            "neighbour table",
            neighbours(),
            "as root, run `sysctl -w net.ipv4.neigh.default.gc_thresh3=16384` and the same of \
             net.ipv6: with less, labs of more than some 30 namespaces lose ARP answers",
        ),
    ]
}

fn kernel() -> Result<String> {
    let object = || "the kernel";
    let name = uname().context("ask", object)?;
    let release = name.release().to_string_lossy().into_owned();
    match version(&release) {
        Some(version) if version < OLDEST => {
            let (major, minor) = OLDEST;
            let reason = format!("{release} is older than {major}.{minor}");
            Err(Error::new("use", object(), reason))
        }
        // What cannot be read as a version is shown in what follows.
        _ => Ok(format!("Linux {release}")),
    }
}

fn version(release: &str) -> Option<(u32, u32)> {
    let mut numbers = release.split(|c: char| !c.is_ascii_digit()).map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

fn open_files() -> Result<String> {
    let object = || "the limit of open files";
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE).context("read", object)?;
    at_least(object(), hard, OPEN_FILES)
}

fn neighbours() -> Result<String> {
    let path = "/proc/sys/net/ipv4/neigh/default/gc_thresh3";
    match fs::read_to_string(path) {
        Ok(text) => {
            let value = text.trim().parse().map_err(|_| Errno::EINVAL);
            at_least(path, value.context("read", || path)?, NEIGHBOURS)
        }
        // Only the initial network namespace has it.
        Err(_) => Ok("not visible from here".to_owned()),
    }
}

fn at_least(object: &str, value: u64, wanted: u64) -> Result<String> {
    if value >= wanted {
        Ok(value.to_string())
    } else {
        let reason = format!("it is {value}, less than {wanted}");
        Err(Error::new("use", object, reason))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_of_all_distributions_are_read() {
        assert_eq!(version("6.1.0-18-amd64"), Some((6, 1)));
        assert_eq!(version("5.14.0-427.el9.x86_64"), Some((5, 14)));
        assert_eq!(version("6.18-rc1"), Some((6, 18)));
        assert_eq!(version("odd"), None);
    }

    #[test]
    fn too_little_is_said_with_both_numbers() {
        let error = at_least("x", 3, 5).unwrap_err();
        assert_eq!(error.reason(), "could not use x: it is 3, less than 5");
    }
}
