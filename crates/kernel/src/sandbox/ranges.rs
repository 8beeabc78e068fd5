//! Ranges of ids: where they come from and how a map gets them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::unistd::{Pid, User, getegid, geteuid};

use super::ids::{Ids, Mapped, Root};

/// The most ids a lab gets beside root: with root, those of 16 bits, which
/// all that Debian's packages create are among.
const MOST: u32 = 65_535;

/// Where root takes ids from that nobody on the machine owns: the end of the
/// range that systemd sets aside for containers (systemd's UIDS-GIDS.md:
/// 0x00080000 to 0x6FFFFFFF).
const CONTAINER_IDS: u32 = 0x6FFF_0001;

/// The ids to be had beside the user's own, and how.
pub(super) struct Ranges {
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
    pub(super) fn find(uid: u32) -> Option<Self> {
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
    pub(super) fn write(&self, pid: Pid, root: Root) -> Ids {
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

/// The lines of an id map: first id inside, first id outside, count.
pub(super) fn extents(map: &str) -> impl Iterator<Item = (u32, u32, u32)> {
    map.lines().filter_map(|line| {
        let mut numbers = line.split_whitespace().map(str::parse);
        Some((
            numbers.next()?.ok()?,
            numbers.next()?.ok()?,
            numbers.next()?.ok()?,
        ))
    })
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
}
