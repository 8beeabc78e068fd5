//! Settings of a new sandbox, and what stands in the way of making one.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use nix::errno::Errno;
use nix::fcntl::{OFlag, open, openat};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::stat::Mode;
use nix::unistd::sethostname;

use super::Options;
use crate::error::{Context, Error, Result};

/// How many network namespaces, and user namespaces, a lab may have: its
/// namespaces and a shell's own experiments, with room. The kernel enforces
/// it with ENOSPC, so that one lab cannot use up those of the machine.
const MOST_NAMESPACES: u32 = 4096;

/// The longest host name (HOST_NAME_MAX of limits.h).
const LONGEST_HOSTNAME: usize = 64;

/// The folder of br_netfilter's settings; not there without it.
const BRIDGE: &str = "/proc/sys/net/bridge";
/// What br_netfilter turns on by itself; frames on a bridge would then be
/// dropped silently by rules that were meant for routed packets.
const BRIDGE_CALLS: [&str; 3] = [
    "bridge-nf-call-iptables",
    "bridge-nf-call-ip6tables",
    "bridge-nf-call-arptables",
];

/// Applies what every sandbox has. Call it in all the new namespaces, with
/// their /proc mounted.
pub(super) fn apply(options: &Options) -> Result<()> {
    let name = hostname(&options.hostname);
    sethostname(&name).context("set", || format!("the host name {name}"))?;
    namespace()?;
    unprivileged_ping()?;
    for kind in ["user/max_net_namespaces", "user/max_user_namespaces"] {
        write(kind, &MOST_NAMESPACES.to_string())?;
    }
    raise_descriptor_limit()
}

/// Applies what every network namespace of a lab has. Call it inside.
pub(crate) fn namespace() -> Result<()> {
    // Each look into /proc/sys/net goes through the entries of all namespaces (the kernel keeps
    // those of one name in one bucket of its cache): of a thousand namespaces, six looks take a
    // tenth of what they take to be made. So the folder is looked up once.
    let flags = OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
    let folder = match open(BRIDGE, flags, Mode::empty()) {
        Err(Errno::ENOENT) => return Ok(()),
        folder => folder.context("open", || BRIDGE)?,
    };
    for setting in BRIDGE_CALLS {
        let object = || format!("0 to {BRIDGE}/{setting}");
        let flags = OFlag::O_WRONLY | OFlag::O_CLOEXEC;
        let file = match openat(&folder, setting, flags, Mode::empty()) {
            Err(Errno::ENOENT) => continue,
            file => file.context("write", object)?,
        };
        File::from(file).write_all(b"0").context("write", object)?;
    }
    Ok(())
}

/// Has unprivileged ping work: root's group may open ICMP datagram sockets. Only a group that is
/// mapped can be written here. Call it in the namespace, before a command is run there.
pub(crate) fn unprivileged_ping() -> Result<()> {
    write("net/ipv4/ping_group_range", "0 0")
}

fn write(setting: &str, value: &str) -> Result<()> {
    let path = format!("/proc/sys/{setting}");
    fs::write(&path, value).context("write", || format!("{value} to {path}"))
}

/// The agent holds several sockets in each namespace.
fn raise_descriptor_limit() -> Result<()> {
    let object = || "the limit of open files";
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE).context("read", object)?;
    setrlimit(Resource::RLIMIT_NOFILE, hard, hard).context("raise", object)
}

fn hostname(wanted: &str) -> String {
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() || c == '-' || c == '.' {
            c
        } else {
            '-'
        }
    };
    let name: String = wanted.chars().map(plain).take(LONGEST_HOSTNAME).collect();
    if name.is_empty() {
        "lab".to_owned()
    } else {
        name
    }
}

/// Adds to a failed `unshare` what limit it has met.
pub(super) fn explain_quota(error: Error) -> Error {
    if error.errno() == Some(Errno::ENOSPC) {
        error.advise(
            "a limit on namespaces is reached: raise user.max_net_namespaces, \
             user.max_mnt_namespaces and their like with sysctl as root, or stop other labs",
        )
    } else {
        error
    }
}

/// Adds to a failure of making a user namespace or of mapping its ids which
/// obstacle it is and what to do.
pub(super) fn explain_user_namespace(error: Error) -> Error {
    let obstacles = Obstacles {
        apparmor: setting("kernel/apparmor_restrict_unprivileged_userns"),
        debian: setting("kernel/unprivileged_userns_clone"),
        most: setting("user/max_user_namespaces"),
    };
    match obstacles.explain(error.errno()) {
        Some(advice) => error.advise(advice),
        None => error,
    }
}

fn setting(name: &str) -> Option<u64> {
    let text = fs::read_to_string(Path::new("/proc/sys").join(name)).ok()?;
    text.trim().parse().ok()
}

/// The settings that can forbid user namespaces; none where a kernel does not
/// know the setting.
struct Obstacles {
    apparmor: Option<u64>,
    debian: Option<u64>,
    most: Option<u64>,
}

impl Obstacles {
    fn explain(&self, errno: Option<Errno>) -> Option<&'static str> {
        let refused = matches!(errno, Some(Errno::EPERM | Errno::EACCES));
        if self.most == Some(0) {
            return Some(
                "user.max_user_namespaces is 0: as root, run \
                 `sysctl -w user.max_user_namespaces=15000` and put it in /etc/sysctl.d",
            );
        }
        if refused && self.debian == Some(0) {
            return Some(
                "kernel.unprivileged_userns_clone is 0: as root, run \
                 `sysctl -w kernel.unprivileged_userns_clone=1` and put it in /etc/sysctl.d",
            );
        }
        if refused && self.apparmor.is_some_and(|value| value != 0) {
            return Some(
                "AppArmor keeps capabilities from programs it does not know \
                 (kernel.apparmor_restrict_unprivileged_userns is 1, as on Ubuntu since 24.04): \
                 as root, put a profile for netyard into /etc/apparmor.d with the line \
                 `profile netyard /path/to/netyard flags=(unconfined) { userns, }` and run \
                 `apparmor_parser -r` on it",
            );
        }
        match errno {
            Some(Errno::EPERM | Errno::EACCES) => Some(
                "something forbids user namespaces here: a container's seccomp filter \
                 (docker: --security-opt seccomp=unconfined), a chroot, or a security module",
            ),
            Some(Errno::ENOSPC | Errno::EUSERS) => Some(
                "the limit user.max_user_namespaces, or 32 levels of nesting, is reached: raise \
                 it with sysctl as root, or stop other labs",
            ),
            Some(Errno::EINVAL | Errno::ENOSYS) => {
                Some("this kernel is built without user namespaces (CONFIG_USER_NS)")
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const FREE: Obstacles = Obstacles {
        apparmor: None,
        debian: None,
        most: Some(1000),
    };

    #[test]
    fn each_obstacle_is_named() {
        let explain = |obstacles: Obstacles, errno| obstacles.explain(Some(errno)).unwrap();
        let none = Obstacles {
            most: Some(0),
            ..FREE
        };
        assert!(explain(none, Errno::ENOSPC).contains("user.max_user_namespaces is 0"));
        let debian = Obstacles {
            debian: Some(0),
            ..FREE
        };
        assert!(explain(debian, Errno::EPERM).contains("unprivileged_userns_clone=1"));
        let ubuntu = Obstacles {
            apparmor: Some(1),
            ..FREE
        };
        assert!(explain(ubuntu, Errno::EPERM).contains("AppArmor"));
        assert!(explain(FREE, Errno::EPERM).contains("seccomp"));
        assert!(explain(FREE, Errno::EINVAL).contains("CONFIG_USER_NS"));
        assert_eq!(FREE.explain(Some(Errno::EIO)), None);
    }

    #[test]
    fn any_lab_name_makes_a_host_name() {
        assert_eq!(hostname("red lab/ä"), "red-lab--");
        assert_eq!(hostname(""), "lab");
        assert_eq!(hostname(&"x".repeat(100)).len(), 64);
    }
}
