//! The mounts that are private to a lab.

use std::fs;
use std::os::unix::fs::DirBuilderExt;

use nix::mount::{MsFlags, mount};

use crate::error::{Context, Error, Result};

/// No program of another's id, no device, nothing to run: for file systems
/// that only show kernel state.
const KERNEL_STATE: MsFlags = MsFlags::MS_NOSUID
    .union(MsFlags::MS_NODEV)
    .union(MsFlags::MS_NOEXEC);

/// Room for names and small files of programs in the lab.
const RUN_OPTIONS: &str = "mode=755,size=16m,nr_inodes=16k";

const NONE: Option<&str> = None;

/// Builds the lab's view of the machine's files: nothing that is mounted here
/// is seen outside; /proc and /sys show the lab; /run is empty, so that the
/// names of `ip netns` are the lab's own. Call it in new mount, pid (as a
/// member) and network namespaces.
pub(super) fn build() -> Result<()> {
    make_private()?;
    proc()?;
    sys()?;
    run()?;
    names()
}

/// Stops mounts from travelling to or from any other mount namespace.
pub(crate) fn make_private() -> Result<()> {
    mount(NONE, "/", NONE, MsFlags::MS_REC | MsFlags::MS_PRIVATE, NONE)
        .context("make private", || "the mounts")
}

/// The /proc of this pid namespace.
pub(crate) fn proc() -> Result<()> {
    mount(Some("proc"), "/proc", Some("proc"), KERNEL_STATE, NONE)
        .context("mount", || "/proc")
        .map_err(explain_hidden)
}

/// The /sys of this network namespace.
pub(crate) fn sys() -> Result<()> {
    mount(Some("sysfs"), "/sys", Some("sysfs"), KERNEL_STATE, NONE)
        .context("mount", || "/sys")
        .map_err(explain_hidden)
}

/// An empty /run.
pub(crate) fn run() -> Result<()> {
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    mount(
        Some("tmpfs"),
        "/run",
        Some("tmpfs"),
        flags,
        Some(RUN_OPTIONS),
    )
    .context("mount", || "a tmpfs on /run")
}

/// The directory of `ip netns`, in the form that `ip netns add` itself gives
/// it: a mount that is shared, so that a name given in one shell of the host
/// namespace is known in all of them and in the agent.
fn names() -> Result<()> {
    let directory = "/run/netns";
    fs::DirBuilder::new()
        .mode(0o755)
        .create(directory)
        .context("create", || directory)?;
    mount(Some(directory), directory, NONE, MsFlags::MS_BIND, NONE)
        .and_then(|()| mount(NONE, directory, NONE, MsFlags::MS_SHARED, NONE))
        .context("mount", || directory)
}

fn explain_hidden(error: Error) -> Error {
    if error.errno() == Some(nix::errno::Errno::EPERM) {
        error.advise(
            "a container that hides parts of /proc or /sys does not let anyone mount a fresh \
             one: start it with --security-opt systempaths=unconfined, or run outside of it",
        )
    } else {
        error
    }
}
