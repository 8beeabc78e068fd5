//! This machine: its distribution, the programs on its path, who we are.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The distributions whose package names we know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Distribution {
    /// Debian and what is made from it, except Ubuntu.
    Debian,
    /// Ubuntu: as Debian, but its Chromium is a snap.
    Ubuntu,
    /// Fedora and what is made from it.
    Fedora,
    /// Anything else: we say what is needed, in words.
    Unknown,
}

impl Distribution {
    /// Reads /etc/os-release.
    pub(crate) fn detect() -> Self {
        let text = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
        let distribution = Self::from_os_release(&text);
        let manager = match distribution {
            Self::Debian | Self::Ubuntu => find_program("apt-get"),
            Self::Fedora => find_program("dnf"),
            Self::Unknown => None,
        };
        if manager.is_some() {
            distribution
        } else {
            Self::Unknown
        }
    }

    /// Format: os-release(5), `ID=debian`, `ID_LIKE="ubuntu debian"`.
    fn from_os_release(text: &str) -> Self {
        let words: Vec<&str> = text
            .lines()
            .filter_map(|line| {
                line.strip_prefix("ID=")
                    .or_else(|| line.strip_prefix("ID_LIKE="))
            })
            .flat_map(|value| value.trim_matches(['"', '\'']).split_whitespace())
            .collect();
        if words.contains(&"ubuntu") {
            Self::Ubuntu
        } else if words.contains(&"debian") {
            Self::Debian
        } else if words.contains(&"fedora") {
            Self::Fedora
        } else {
            Self::Unknown
        }
    }
}

/// The first executable of that name on PATH or in the system folders: an ordinary user's PATH
/// often lacks the sbin folders, where `ip` and `nft` are.
pub(crate) fn find_program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/local/sbin", "/usr/sbin", "/sbin"].map(PathBuf::from))
        .map(|folder| folder.join(name))
        .find(|candidate| is_executable(candidate))
}

/// The first of several names that is found.
pub(crate) fn find_any_program(names: &[&str]) -> Option<PathBuf> {
    names.iter().find_map(|name| find_program(name))
}

fn is_executable(path: &Path) -> bool {
    std::fs::metadata(path)
        .is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

/// Our effective user id: the owner of our own folder in /proc.
pub(crate) fn effective_uid() -> Result<u32> {
    Ok(std::fs::metadata("/proc/self")
        .context("cannot look at /proc/self")?
        .uid())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distributions_are_known_by_their_os_release() {
        let cases = [
            ("ID=debian\nVERSION_ID=\"12\"", Distribution::Debian),
            ("ID=ubuntu\nID_LIKE=debian", Distribution::Ubuntu),
            (
                "ID=linuxmint\nID_LIKE=\"ubuntu debian\"",
                Distribution::Ubuntu,
            ),
            ("ID=fedora", Distribution::Fedora),
            (
                "ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"",
                Distribution::Fedora,
            ),
            ("ID=arch", Distribution::Unknown),
        ];
        for (text, expected) in cases {
            assert_eq!(Distribution::from_os_release(text), expected, "{text}");
        }
    }

    #[test]
    fn programs_are_found_by_name() {
        assert!(find_program("sh").is_some());
        assert!(find_program("no-such-program-anywhere").is_none());
        assert!(find_any_program(&["no-such-program-anywhere", "sh"]).is_some());
    }
}
