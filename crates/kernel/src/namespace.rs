//! Network namespaces, each owned by a user namespace of its own.
//!
//! A shell with `CAP_NET_ADMIN` in the lab's own user namespace could change
//! every namespace of the lab (`IFLA_TARGET_NETNSID` needs neither a name nor
//! a descriptor). So each [`Namespace::create`] makes a pair: a user
//! namespace nested in the lab's, and a network namespace that it owns. The
//! agent, as root of the lab, has power over all of them; root of one has
//! none over another.
//!
//! A namespace lives as long as something holds it: a clone of its
//! [`Namespace`], a name ([`Namespace::publish`]), a process or a socket in
//! it. After the last is gone the kernel deletes it some milliseconds later;
//! what must be gone at once (a veth peer's name) is deleted first.

use std::fs::File;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;
use std::{fmt, fs, panic, thread};

use nix::errno::Errno;
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sched::{CloneFlags, setns};
use nix::sys::stat::fstat;
use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::Pid;

use crate::error::{Context, Error, Result};
use crate::sandbox;
use crate::sys;

/// Where `ip netns` looks for names; private to the sandbox.
const NAMES: &str = "/run/netns";

/// A network namespace of this lab. Clones are handles of the same one.
#[derive(Clone)]
pub struct Namespace(Arc<Inner>);

struct Inner {
    name: String,
    user: Option<OwnedFd>,
    net: OwnedFd,
    inode: u64,
}

impl Namespace {
    /// The lab's root network namespace, owned by the lab's user namespace.
    ///
    /// # Errors
    /// If this process is not inside a sandbox: the machine's own namespace
    /// is never touched.
    pub fn host() -> Result<Self> {
        Ok(sandbox::current()?.host.clone())
    }

    /// A new, empty network namespace, owned by a new user namespace. Takes
    /// well under a millisecond; blocks the calling thread for that long.
    ///
    /// Its loopback is down and all its sysctls have the kernel's defaults
    /// (`net.ipv4.ip_forward` is 0), but for one that a sandbox sets for its
    /// host, too: rules do not see what bridges carry. `name` is for messages only;
    /// see [`Namespace::publish`].
    ///
    /// # Errors
    /// If this process is not inside a sandbox, or the kernel refuses
    /// (`ENOSPC`: the sandbox's quota of namespaces is used up).
    pub fn create(name: &str) -> Result<Self> {
        Self::create_and(name, || ()).map(|(namespace, ())| namespace)
    }

    /// [`Namespace::create`], with what `first` returns, which is run inside:
    /// each thread that enters costs as much as a dozen requests.
    pub(crate) fn create_and<T: Send>(
        name: &str,
        first: impl FnOnce() -> T + Send,
    ) -> Result<(Self, T)> {
        on_a_thread(
            || format!("namespace {name}"),
            || Self::create_here(name, first),
        )
    }

    /// [`Namespace::create_and`] on a thread that has nothing to do with any namespace: it is left
    /// in the new one.
    pub(crate) fn create_here<T>(name: &str, first: impl FnOnce() -> T) -> Result<(Self, T)> {
        let sandbox = sandbox::current()?;
        let child = Idle::spawn().context("create", || format!("namespace {name}"))?;
        child.write("uid_map", &sandbox.uid_map)?;
        child.write("gid_map", &sandbox.gid_map)?;
        let user = child.namespace("user")?;
        let net = child.namespace("net")?;
        drop(child);
        let namespace = Self::from_descriptors(name, Some(user), net)?;
        namespace.enter_thread()?;
        sandbox::set_up_namespace()?;
        Ok((namespace, first()))
    }

    pub(crate) fn from_descriptors(
        name: &str,
        user: Option<OwnedFd>,
        net: OwnedFd,
    ) -> Result<Self> {
        let inode = fstat(&net)
            .context("look at", || format!("namespace {name}"))?
            .st_ino;
        Ok(Self(Arc::new(Inner {
            name: name.to_owned(),
            user,
            net,
            inode,
        })))
    }

    /// The name it was created with; `host` for the lab's own.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The inode number of the network namespace, as in `/proc/PID/ns/net`:
    /// what tells two namespaces apart.
    pub fn inode(&self) -> u64 {
        self.0.inode
    }

    /// The network namespace, for `setns`, `IFLA_NET_NS_FD` and the like.
    pub fn net_fd(&self) -> BorrowedFd<'_> {
        self.0.net.as_fd()
    }

    /// The user namespace that owns it; none for `host`, which belongs to the
    /// user namespace that the agent itself is in.
    pub fn user_fd(&self) -> Option<BorrowedFd<'_>> {
        self.0.user.as_ref().map(AsFd::as_fd)
    }

    /// Runs `f` inside the namespace, on a short-lived thread of its own, and
    /// returns what it returns. Sockets opened by `f` stay in the namespace
    /// and may be used from anywhere. Blocks until `f` is done; costs about
    /// 50 µs. A panic of `f` goes on in the caller.
    ///
    /// `/proc/self/net` would be that of the main thread: `f` must read
    /// `/proc/thread-self/net`. `/proc/sys/net` is right.
    ///
    /// # Errors
    /// If the thread cannot be started or cannot enter; `f` was not run then.
    pub fn run<T: Send>(&self, f: impl FnOnce() -> T + Send) -> Result<T> {
        let inside = || {
            self.enter_thread()?;
            Ok(f())
        };
        on_a_thread(|| self.to_string(), inside)
    }

    /// Runs `f` inside of each of several namespaces, one after the other on one thread: entering
    /// costs a few microseconds then. Otherwise as [`Namespace::run`].
    ///
    /// # Errors
    /// If the thread cannot be started or cannot enter one of them.
    pub(crate) fn run_in_each<'a, T: Send>(
        namespaces: impl Iterator<Item = &'a Self> + Send,
        mut f: impl FnMut() -> T + Send,
    ) -> Result<Vec<T>> {
        let inside = move || {
            let each = namespaces.map(|namespace| {
                namespace.enter_thread()?;
                Ok(f())
            });
            each.collect()
        };
        on_a_thread(|| "several namespaces".to_owned(), inside)
    }

    /// Moves the calling thread into the network namespace, and makes sure.
    fn enter_thread(&self) -> Result<()> {
        let object = || self.to_string();
        setns(&self.0.net, CloneFlags::CLONE_NEWNET).context("enter", object)?;
        let now = fs::metadata("/proc/thread-self/ns/net").context("enter", object)?;
        if now.ino() == self.0.inode {
            Ok(())
        } else {
            Err(Error::new(
                "enter",
                self.to_string(),
                format!(
                    "the thread is in net:[{}] instead of net:[{}]",
                    now.ino(),
                    self.0.inode
                ),
            ))
        }
    }

    /// Reads the sysctl `path`, with slashes and below `/proc/sys`, such as
    /// `net/ipv4/conf/eth0.10/rp_filter`. White space at the ends is removed.
    ///
    /// # Errors
    /// If `path` is not a plain relative path or the kernel refuses
    /// (`ENOENT`: it has no such setting).
    pub fn sysctl_read(&self, path: &str) -> Result<String> {
        let file = sysctl_file(path)?;
        let text = self
            .run(|| fs::read_to_string(file))?
            .context("read", || format!("sysctl {path} in {self}"))?;
        Ok(text.trim().to_owned())
    }

    /// Writes `value` to the sysctl `path`, as in [`Namespace::sysctl_read`].
    ///
    /// # Errors
    /// If `path` is not a plain relative path or the kernel refuses.
    pub fn sysctl_write(&self, path: &str, value: &str) -> Result<()> {
        let file = sysctl_file(path)?;
        self.run(|| fs::write(file, value))?
            .context("write", || format!("{value} to sysctl {path} in {self}"))
    }

    /// Gives it the name `name` for `ip netns` in the lab's host namespace.
    /// The name keeps the namespace alive until [`Namespace::unpublish`].
    ///
    /// # Errors
    /// If `name` cannot be a file name or is taken, or the kernel refuses.
    pub fn publish(&self, name: &str) -> Result<()> {
        sandbox::current()?;
        let file = name_file(name)?;
        let object = || format!("{self} as {file}");
        File::create_new(&file).context("publish", object)?;
        let source = format!("/proc/self/fd/{}", self.0.net.as_raw_fd());
        let none: Option<&str> = None;
        mount(
            Some(source.as_str()),
            file.as_str(),
            none,
            MsFlags::MS_BIND,
            none,
        )
        .inspect_err(|_| {
            // The mount's failure is what the caller must hear of.
            let _ = fs::remove_file(&file);
        })
        .context("publish", object)
    }

    /// Takes the name `name` away again.
    ///
    /// # Errors
    /// If there is no such name, or the kernel refuses.
    pub fn unpublish(name: &str) -> Result<()> {
        sandbox::current()?;
        let file = name_file(name)?;
        umount2(file.as_str(), MntFlags::MNT_DETACH).context("unmount", || &file)?;
        fs::remove_file(&file).context("remove", || &file)
    }
}

impl PartialEq for Namespace {
    fn eq(&self, other: &Self) -> bool {
        self.0.inode == other.0.inode
    }
}

impl Eq for Namespace {}

impl fmt::Display for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "namespace {}", self.0.name)
    }
}

impl fmt::Debug for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} net:[{}]", self.0.name, self.0.inode)
    }
}

/// Runs `f` on a thread of its own, which may enter namespaces: `object` is where to. A panic of `f`
/// goes on in the caller.
fn on_a_thread<T: Send>(
    object: impl FnOnce() -> String,
    f: impl FnOnce() -> Result<T> + Send,
) -> Result<T> {
    thread::scope(|scope| {
        let thread = thread::Builder::new()
            .name("namespace".to_owned())
            .spawn_scoped(scope, f)
            .context("start a thread in", object)?;
        thread
            .join()
            .unwrap_or_else(|payload| panic::resume_unwind(payload))
    })
}

/// A child that waits in new namespaces; killed and reaped when dropped.
struct Idle {
    pid: Pid,
    pidfd: OwnedFd,
    /// What it stands on until then.
    _stack: sys::IdleStack,
}

impl Idle {
    fn spawn() -> nix::Result<Self> {
        let namespaces = CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWNET;
        let mut stack = sys::IdleStack::new();
        // SAFETY: it is kept until the child is reaped (`drop`).
        let (pid, pidfd) = unsafe { sys::spawn_idle(namespaces, &mut stack) }?;
        Ok(Self {
            pid,
            pidfd,
            _stack: stack,
        })
    }

    fn write(&self, file: &str, text: &str) -> Result<()> {
        let path = format!("/proc/{}/{file}", self.pid);
        fs::write(&path, text).context("write", || path)
    }

    fn namespace(&self, kind: &str) -> Result<OwnedFd> {
        let path = format!("/proc/{}/ns/{kind}", self.pid);
        Ok(File::open(&path).context("open", || path)?.into())
    }
}

impl Drop for Idle {
    fn drop(&mut self) {
        // It can only have been killed by somebody else before: nothing to do.
        let _ = sys::pidfd_kill(self.pidfd.as_fd());
        let flags = WaitPidFlag::WEXITED | WaitPidFlag::__WALL;
        while waitid(Id::PIDFd(self.pidfd.as_fd()), flags) == Err(Errno::EINTR) {}
    }
}

fn sysctl_file(path: &str) -> Result<String> {
    let plain = path
        .split('/')
        .all(|part| !matches!(part, "" | "." | "..") && !part.contains('\0'));
    if plain {
        Ok(format!("/proc/sys/{path}"))
    } else {
        Err(Error::new("use", format!("sysctl {path:?}"), Errno::EINVAL))
    }
}

fn name_file(name: &str) -> Result<String> {
    let plain = !matches!(name, "" | "." | "..")
        && !name.contains(['/', '\0'])
        && Path::new(name).file_name().is_some();
    if plain {
        Ok(format!("{NAMES}/{name}"))
    } else {
        Err(Error::new(
            "use",
            format!("{name:?} as a namespace's name"),
            Errno::EINVAL,
        ))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn there_is_no_namespace_outside_a_sandbox() {
        let error = Namespace::host().unwrap_err();
        assert!(error.to_string().contains("not inside a sandbox"));
        assert!(Namespace::create("red").is_err());
    }

    #[test]
    fn sysctl_paths_stay_below_proc_sys() {
        assert_eq!(
            sysctl_file("net/ipv4/conf/eth0.10/rp_filter").unwrap(),
            "/proc/sys/net/ipv4/conf/eth0.10/rp_filter"
        );
        for bad in ["", "/net", "net//ipv4", "net/../kernel", "."] {
            assert!(sysctl_file(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn names_are_single_file_names() {
        assert_eq!(name_file("red").unwrap(), "/run/netns/red");
        for bad in ["", "..", "a/b", "a\0b"] {
            assert!(name_file(bad).is_err(), "{bad}");
        }
    }
}
