//! The lab's user namespace and the ids that exist in it.
//!
//! Inside, 0 is whoever started the lab, or nobody else on the machine: see
//! [`Root`]. Whoever started it can always be had. Some programs need more:
//! Debian's tcpdump turns from root into the user `tcpdump`. A whole range of
//! ids can be had from `newuidmap` and `newgidmap` where the administrator
//! has given the user one in /etc/subuid and /etc/subgid, and by root.

use std::fs;
use std::io::{Read, Write};

use nix::sched::{CloneFlags, unshare};
use nix::sys::prctl;
use nix::unistd::{
    ForkResult, Pid, fork, getegid, geteuid, getpid, setgroups, setresgid, setresuid,
};

use super::keeper::{exit, wait_code};
use super::ranges::{Ranges, extents};
use super::settings::explain_user_namespace;
use crate::error::{Context, Error, Result};

/// Who root of the lab is, seen from the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Root {
    /// Whoever started the lab: a command can read and write that user's
    /// files. If root has started it, root of the lab is root of the machine
    /// as far as files go, those of /proc/sys too.
    #[default]
    Starter,
    /// A user that owns nothing: for labs of people who share a server. Can
    /// be had where a range of ids can.
    Nobody,
}

/// Which ids exist in the lab.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ids {
    /// The user ids.
    pub users: Mapped,
    /// The group ids.
    pub groups: Mapped,
}

/// How many ids of a kind exist in the lab.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mapped {
    /// Only 0.
    Single,
    /// 0 and those from 1 on: programs in the lab can become other users.
    Range,
}

/// Enters a new user namespace and maps its ids.
pub(super) fn new_user_namespace(root: Root) -> Result<Ids> {
    let (uid, gid) = (geteuid().as_raw(), getegid().as_raw());
    let helper = Ranges::find(uid)
        .map(|ranges| Helper::start(ranges, root))
        .transpose()?;
    unshare(CloneFlags::CLONE_NEWUSER)
        .context("create", || "a user namespace")
        .map_err(explain_user_namespace)?;
    let ids = helper.map_or(NOTHING, Helper::finish);
    if root == Root::Nobody {
        become_root(ids)?;
        return Ok(ids);
    }
    if ids.users == Mapped::Single {
        write("/proc/self/uid_map", &format!("0 {uid} 1"))?;
    }
    if ids.groups == Mapped::Single {
        // The kernel's condition: who may drop groups might get round a file
        // mode that denies a group something.
        write("/proc/self/setgroups", "deny")?;
        write("/proc/self/gid_map", &format!("0 {gid} 1"))?;
    }
    Ok(ids)
}

/// Becomes the root that the maps give, who is nobody that this process was.
fn become_root(ids: Ids) -> Result<()> {
    let object = || "root of the lab";
    if ids.users == Mapped::Single || ids.groups == Mapped::Single {
        return Err(
            Error::new("become", object(), "no range of ids could be mapped").advise(
                "install newuidmap and newgidmap (Debian: the package uidmap) and give this user \
                 a range of 65536 in /etc/subuid and /etc/subgid",
            ),
        );
    }
    setgroups(&[])
        .and_then(|()| setresgid(0.into(), 0.into(), 0.into()))
        .and_then(|()| setresuid(0.into(), 0.into(), 0.into()))
        // A change of user hides a process's /proc/PID even from itself.
        .and_then(|()| prctl::set_dumpable(true))
        .context("become", object)
}

/// The ids that exist in `map`, a file like `/proc/self/uid_map`, mapped to
/// themselves, in the form that such a file is written in.
pub(super) fn identity(map: &str) -> Result<String> {
    let text = fs::read_to_string(map).context("read", || map)?;
    let lines = extents(&text).map(|(inside, _, count)| format!("{inside} {inside} {count}\n"));
    Ok(lines.collect())
}

/// Result of no helper, or of one that could do nothing.
const NOTHING: Ids = Ids {
    users: Mapped::Single,
    groups: Mapped::Single,
};

fn write(file: &str, text: &str) -> Result<()> {
    fs::write(file, text)
        .context("write", || format!("{text:?} to {file}"))
        .map_err(explain_user_namespace)
}

/// A process that stays outside of the new user namespace to write its maps.
struct Helper {
    pid: Pid,
    go: std::io::PipeWriter,
}

impl Helper {
    fn start(ranges: Ranges, root: Root) -> Result<Self> {
        let (mut wait, go) = std::io::pipe().context("create", || "a pipe")?;
        let target = getpid();
        // SAFETY: this process has one thread, so the child may do anything.
        match unsafe { fork() }.context("fork", || "the writer of id maps")? {
            ForkResult::Parent { child } => Ok(Self { pid: child, go }),
            ForkResult::Child => {
                drop(go);
                let told = wait.read_exact(&mut [0]).is_ok();
                exit(if told {
                    code(ranges.write(target, root))
                } else {
                    0
                })
            }
        }
    }

    fn finish(mut self) -> Ids {
        // If it has died, its exit code says that nothing is written.
        let _ = self.go.write_all(&[1]);
        drop(self.go);
        from_code(wait_code(self.pid))
    }
}

/// What is written, as an exit code of the helper: 0 is nothing.
fn code(ids: Ids) -> i32 {
    i32::from(ids.users == Mapped::Range) | i32::from(ids.groups == Mapped::Range) << 1
}

fn from_code(code: i32) -> Ids {
    let mapped = |bit| {
        if code < 4 && code & bit != 0 {
            Mapped::Range
        } else {
            Mapped::Single
        }
    };
    Ids {
        users: mapped(1),
        groups: mapped(2),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_helpers_code_tells_what_is_written() {
        for users in [Mapped::Single, Mapped::Range] {
            for groups in [Mapped::Single, Mapped::Range] {
                let ids = Ids { users, groups };
                assert_eq!(from_code(code(ids)), ids);
            }
        }
        assert_eq!(from_code(128 + 9), NOTHING);
    }
}
