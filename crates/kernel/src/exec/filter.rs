//! System calls that no command in a lab needs and that lead out of it.
//!
//! Sockets of `AF_VSOCK` know no namespaces: they reach the hypervisor and
//! its other guests. `io_uring` makes system calls where no filter sees them.

use std::collections::BTreeMap;
use std::env::consts::ARCH;

use nix::errno::Errno;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch, apply_filter,
};

use crate::error::{Context, Result};

/// Refuses them from now on, to this process and all that come of it. They
/// fail as on a kernel that was built without them, so that programs go on by
/// other means. Programs for another processor than ours (32 bit) are killed.
pub(super) fn install() -> Result<()> {
    let filters = vsock().and_then(|vsock| Ok([vsock, io_uring()?]));
    filters
        .and_then(|all| all.iter().try_for_each(|one| apply_filter(one)))
        .map_err(|error| error.to_string())
        .context("filter", || "system calls")
}

fn vsock() -> seccompiler::Result<BpfProgram> {
    let family = libc::AF_VSOCK.cast_unsigned().into();
    let is_vsock = SeccompCondition::new(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, family)?;
    let rule = SeccompRule::new(vec![is_vsock])?;
    let calls = [libc::SYS_socket, libc::SYS_socketpair];
    refuse(
        calls.map(|call| (call, vec![rule.clone()])).into(),
        Errno::EAFNOSUPPORT,
    )
}

fn io_uring() -> seccompiler::Result<BpfProgram> {
    let calls = [
        libc::SYS_io_uring_setup,
        libc::SYS_io_uring_enter,
        libc::SYS_io_uring_register,
    ];
    refuse(calls.map(|call| (call, Vec::new())).into(), Errno::ENOSYS)
}

fn refuse(calls: BTreeMap<i64, Vec<SeccompRule>>, errno: Errno) -> seccompiler::Result<BpfProgram> {
    let number = (errno as i32).cast_unsigned();
    let filter = SeccompFilter::new(
        calls,
        SeccompAction::Allow,
        SeccompAction::Errno(number),
        TargetArch::try_from(ARCH)?,
    )?;
    Ok(filter.try_into()?)
}
