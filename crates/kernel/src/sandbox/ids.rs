//! The lab's user namespace and the ids that exist in it.
//!
//! Inside, 0 is whoever started the lab, or nobody else on the machine: see
//! [`Root`]. Whoever started it can always be had. Some programs need more:
//! Debian's tcpdump turns from root into the user `tcpdump`. A whole range of
//! ids can be had from `newuidmap` and `newgidmap` where the administrator
//! has given the user one in /etc/subuid and /etc/subgid, and by root.

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::sched::{CloneFlags, unshare};
use nix::sys::prctl;
use nix::unistd::{
    ForkResult, Pid, User, fork, getegid, geteuid, getpid, setgroups, setresgid, setresuid,
};

use super::keeper::{exit, wait_code};
use super::settings::explain_user_namespace;
use crate::error::{Context, Error, Result};

/// The most ids a lab gets beside root: with root, those of 16 bits, which
/// all that Debian's packages create are among.
const MOST: u32 = 65_535;

/// Where root takes ids from that nobody on the machine owns: the end of the
/// range that systemd sets aside for containers (systemd's UIDS-GIDS.md:
/// 0x00080000 to 0x6FFFFFFF).
const CONTAINER_IDS: u32 = 0x6FFF_0001;

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

/// The lines of an id map: first id inside, first id outside, count.
fn extents(map: &str) -> impl Iterator<Item = (u32, u32, u32)> {
    map.lines().filter_map(|line| {
        let mut numbers = line.split_whitespace().map(str::parse);
        Some((
            numbers.next()?.ok()?,
            numbers.next()?.ok()?,
            numbers.next()?.ok()?,
        ))
    })
}

/// The ids to be had beside the user's own, and how.
struct Ranges {
    users: Range,
    groups: Range,
    how: How,
}

enum How {
    /// Write the maps: we are root.
    Write,
    /// Let these programs write them, which are root's and ask /etc/sub?id.
    Programs { users: PathBuf, groups: PathBuf },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Range {
    first: u32,
    count: u32,
}

impl Ranges {
    fn find(uid: u32) -> Option<Self> {
        if uid == 0 {
            return Some(Self {
                users: free_range("/proc/self/uid_map")?,
                groups: free_range("/proc/self/gid_map")?,
                how: How::Write,
            });
        }
        let how = How::Programs {
            users: program("newuidmap")?,
            groups: program("newgidmap")?,
        };
        let name = User::from_uid(uid.into()).ok().flatten()?.name;
        let range = |file| subordinate(&fs::read_to_string(file).ok()?, &name, uid);
        Some(Self {
            users: range("/etc/subuid")?,
            groups: range("/etc/subgid")?,
            how,
        })
    }

    /// Writes the maps of the process `pid`; called outside of its user
    /// namespace. What could not be written is left to be written.
    fn write(&self, pid: Pid, root: Root) -> Ids {
        let own = |id: u32| (root == Root::Starter).then_some(id);
        let (uid, gid) = (own(geteuid().as_raw()), own(getegid().as_raw()));
        let mapped = |done: bool| if done { Mapped::Range } else { Mapped::Single };
        match &self.how {
            How::Write => Ids {
                users: mapped(self.users.write(pid, "uid_map", uid)),
                groups: mapped(self.groups.write(pid, "gid_map", gid)),
            },
            How::Programs { users, groups } => Ids {
                users: mapped(self.users.run(users, pid, uid)),
                groups: mapped(self.groups.run(groups, pid, gid)),
            },
        }
    }
}

impl Range {
    /// The extents of a map: `root` and, from 1 on, this range; or, without a
    /// root, this range from 0 on.
    fn extents(self, root: Option<u32>) -> Vec<[u32; 3]> {
        match root {
            Some(root) => vec![[0, root, 1], [1, self.first, self.count]],
            None => vec![[0, self.first, self.count]],
        }
    }

    fn write(self, pid: Pid, file: &str, root: Option<u32>) -> bool {
        let line = |[inside, outside, count]: [u32; 3]| format!("{inside} {outside} {count}\n");
        let text: String = self.extents(root).into_iter().map(line).collect();
        fs::write(format!("/proc/{pid}/{file}"), text).is_ok()
    }

    fn run(self, program: &Path, pid: Pid, root: Option<u32>) -> bool {
        let numbers = self.extents(root).concat();
        let mut command = Command::new(program);
        command.arg(pid.to_string());
        command.args(numbers.iter().map(u32::to_string));
        // A refusal is no error: the lab then has one id, and `netyard
        // doctor` says what that means.
        command.output().is_ok_and(|output| output.status.success())
    }
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

/// Ids that root can give away: those nobody owns if they exist here, else
/// the ordinary ones of this container.
fn free_range(map: &str) -> Option<Range> {
    let text = fs::read_to_string(map).ok()?;
    [CONTAINER_IDS, 1]
        .map(|first| Range { first, count: MOST })
        .into_iter()
        .find(|range| {
            extents(&text).any(|(inside, _, count)| {
                inside <= range.first
                    && u64::from(range.first) + u64::from(range.count)
                        <= u64::from(inside) + u64::from(count)
            })
        })
}

/// The first range of a user in the text of /etc/subuid or /etc/subgid:
/// lines `NAME:FIRST:COUNT`, where NAME may be a number (subuid(5)).
fn subordinate(text: &str, name: &str, uid: u32) -> Option<Range> {
    text.lines().find_map(|line| {
        let mut fields = line.trim().split(':');
        let owner = fields.next()?;
        if owner != name && owner != uid.to_string() {
            return None;
        }
        let first = fields.next()?.parse().ok()?;
        let count: u32 = fields.next()?.parse().ok()?;
        (count > 0).then_some(Range {
            first,
            count: count.min(MOST),
        })
    })
}

fn program(name: &str) -> Option<PathBuf> {
    ["/usr/bin", "/bin", "/usr/local/bin", "/usr/sbin"]
        .iter()
        .map(|directory| Path::new(directory).join(name))
        .find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_subordinate_range_is_found_by_name_or_number() {
        let text = "root:1:2\n# note\nann:100000:65536\n1001:200000:1000\nbob:x:y\n";
        let range = |first, count| Some(Range { first, count });
        assert_eq!(subordinate(text, "ann", 1000), range(100_000, 65_535));
        assert_eq!(subordinate(text, "eve", 1001), range(200_000, 1000));
        assert_eq!(subordinate(text, "bob", 1002), None);
        assert_eq!(subordinate("", "ann", 1000), None);
    }

    #[test]
    fn root_is_the_starter_or_the_first_of_the_range() {
        let range = Range {
            first: 100_000,
            count: 65_535,
        };
        assert_eq!(
            range.extents(Some(1000)),
            [[0, 1000, 1], [1, 100_000, 65_535]]
        );
        assert_eq!(range.extents(None), [[0, 100_000, 65_535]]);
    }

    #[test]
    fn extents_are_read_as_the_kernel_prints_them() {
        let text = "         0       1000          1\n         1     100000      65535\n";
        let all: Vec<_> = extents(text).collect();
        assert_eq!(all, [(0, 1000, 1), (1, 100_000, 65_535)]);
    }

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
