//! How a lab's sandbox comes to be and dies, as an ordinary user.
//!
//! The starter runs its own program again as the agent and gives it the read
//! end of a [`lifeline`]. The agent calls [`enter`] first thing in `main`,
//! and three processes come of it:
//!
//! - the *keeper*, which the starter knows as its child: it waits for the end
//!   of the lifeline or of init, and ends with the agent's exit code;
//! - *init*, pid 1 of the lab's pid namespace: it reaps orphans and waits for
//!   the agent. It is a process of its own, so that reaping can never steal
//!   the exit status of a child that the agent waits for;
//! - the *agent*, which returns from [`enter`] and goes on.
//!
//! The starter's end closes the lifeline; the keeper's end kills init by
//! `PR_SET_PDEATHSIG`; init's end kills all that is in the pid namespace; the
//! agent's end ends init. So whichever is killed, with SIGKILL too, the
//! kernel takes down all the rest, and with the last process go the lab's
//! namespaces, links and mounts.

mod ids;
pub(crate) mod keeper;
pub(crate) mod mounts;
pub(crate) mod pasta;
mod ranges;
mod settings;
pub(crate) mod uplink;

pub(crate) use settings::{namespace as set_up_namespace, unprivileged_ping};

use std::fs::{self, File};
use std::os::fd::OwnedFd;
use std::sync::OnceLock;

use nix::fcntl::OFlag;
use nix::sched::{CloneFlags, unshare};
use nix::unistd::pipe2;

use crate::error::{Context, Error, Result};
use crate::namespace::Namespace;

pub use ids::{Ids, Mapped, Root};

/// What a sandbox is to be like.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The host name that programs in the lab see: the lab's name. Anything
    /// but letters, digits, `-` and `.` is replaced by `-`; empty: `lab`.
    pub hostname: String,
    /// Who root of the lab is, seen from the machine.
    pub root: Root,
    /// Whether the lab's host may have an uplink to the outside world
    /// ([`topology::uplink`]).
    pub uplink: bool,
}

/// Proof of being inside a sandbox, and what it is like.
#[derive(Debug, Clone)]
pub struct Inside {
    /// The lab's root network namespace.
    pub host: Namespace,
    /// Which user and group ids exist in the lab.
    pub ids: Ids,
}

/// What the rest of this crate needs to know of the sandbox it is in.
pub(crate) struct Current {
    pub(crate) host: Namespace,
    /// The lab's ids mapped to themselves, in the form of `/proc/PID/uid_map`:
    /// the map of a user namespace nested in the lab's.
    pub(crate) uid_map: String,
    /// The same of groups.
    pub(crate) gid_map: String,
    /// The way out, if the lab may have one.
    pub(crate) uplink: Option<uplink::Uplink>,
}

static CURRENT: OnceLock<Current> = OnceLock::new();

/// The starter's end of a lifeline. The sandbox dies when it is dropped or
/// its process ends, however that happens.
#[derive(Debug)]
pub struct Lifeline(#[allow(dead_code, reason = "held open, never used")] OwnedFd);

/// A new lifeline: the end to keep, and the end for [`enter`] (see
/// [`crate::descriptors::inherit`]). Both are close-on-exec, so that no other
/// child of the starter holds the sandbox alive.
///
/// # Errors
/// If the kernel has no descriptor left.
pub fn lifeline() -> Result<(Lifeline, OwnedFd)> {
    let (read, write) = pipe2(OFlag::O_CLOEXEC).context("create", || "a lifeline")?;
    Ok((Lifeline(write), read))
}

/// Makes the sandbox and goes on inside it, as root of the lab.
///
/// Returns in one process only: the agent, or, on failure, whichever process
/// failed; the others never return from here. Standard input, output and
/// error stay as they were, and so do the agent's other descriptors. Keyboard
/// signals are ignored from here on: the starter's lifeline alone decides
/// when the lab ends.
///
/// # Errors
/// If the process has more than one thread, or this machine does not let an
/// ordinary user make namespaces: the error says which obstacle it is and
/// what to do about it.
pub fn enter(lifeline: OwnedFd, options: &Options) -> Result<Inside> {
    single_threaded()?;
    let ids = ids::new_user_namespace(options.root)?;
    unshare(CloneFlags::CLONE_NEWPID).context("create", || "a pid namespace")?;
    keeper::split(lifeline)?;

    // From here on: pid 1 of the new pid namespace.
    let uplink = options.uplink.then(uplink::start).transpose()?;
    unshare(
        CloneFlags::CLONE_NEWNS
            | CloneFlags::CLONE_NEWNET
            | CloneFlags::CLONE_NEWIPC
            | CloneFlags::CLONE_NEWUTS,
    )
    .context("create", || "the lab's namespaces")
    .map_err(settings::explain_quota)?;
    // It only hides the names of the machine's control groups, which a kernel
    // without them has not got.
    let _ = unshare(CloneFlags::CLONE_NEWCGROUP);
    mounts::build()?;
    settings::apply(options)?;
    keeper::become_init()?;

    // From here on: the agent.
    let net = File::open("/proc/self/ns/net").context("open", || "/proc/self/ns/net")?;
    let host = Namespace::from_descriptors("host", None, net.into())?;
    let current = Current {
        host: host.clone(),
        uid_map: ids::identity("/proc/self/uid_map")?,
        gid_map: ids::identity("/proc/self/gid_map")?,
        uplink,
    };
    CURRENT
        .set(current)
        .map_err(|_| Error::new("enter", "a sandbox", "this process is already inside one"))?;
    Ok(Inside { host, ids })
}

/// The sandbox this process is in.
pub(crate) fn current() -> Result<&'static Current> {
    CURRENT
        .get()
        .ok_or_else(|| Error::new("use", "namespaces", "this process is not inside a sandbox"))
}

/// The kernel lets only a process with one thread enter a user namespace, and
/// only such a process may fork and go on.
pub(crate) fn single_threaded() -> Result<()> {
    let threads = fs::read_dir("/proc/self/task")
        .context("read", || "/proc/self/task")?
        .count();
    if threads == 1 {
        Ok(())
    } else {
        Err(Error::new(
            "enter",
            "a sandbox",
            format!("this process has {threads} threads; it must have one"),
        ))
    }
}
