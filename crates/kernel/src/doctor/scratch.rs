//! What is tried in a sandbox made for it.

use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::process::Command;

use nix::pty::openpty;
use nix::sys::socket::{AddressFamily, SockFlag, SockProtocol, SockType, socket};
use nix::unistd::{ForkResult, fork};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Finding;
use topology::kind::{Device, DeviceKind};

use crate::error::{Context, Error, Result};
use crate::exec::{self, Spec};
use crate::namespace::Namespace;
use crate::netlink::{End, Socket};
use crate::sandbox::{self, Inside, Lifeline, Mapped, Options, keeper};

const UNKNOWN: &str = "this kernel is built or configured without it: use the distribution's own";
const RANGE: &str = "install newuidmap and newgidmap (Debian: the package uidmap) and give this \
                     user a range of 65536 in /etc/subuid and /etc/subgid";

/// Makes a sandbox in a child, tries there what `try_all` says, and takes it down.
pub(super) fn examine<T: Serialize + DeserializeOwned>(
    try_all: impl FnOnce(&Inside) -> Vec<T>,
    no_sandbox: fn(Error) -> T,
) -> Result<Vec<T>> {
    sandbox::single_threaded()?;
    let (lifeline, end) = sandbox::lifeline()?;
    let (mut read, write) = io::pipe().context("create", || "a pipe")?;
    // SAFETY: this process has one thread, so the child may do anything.
    let child = match unsafe { fork() }.context("fork", || "a scratch sandbox")? {
        ForkResult::Parent { child } => child,
        ForkResult::Child => {
            drop(read);
            in_child(lifeline, end, write, try_all, no_sandbox)
        }
    };
    drop((end, write));
    let mut text = String::new();
    let got = read.read_to_string(&mut text);
    let code = keeper::wait_code(child);
    drop(lifeline);
    got.context("read", || "the findings")?;
    text.lines()
        .map(|line| serde_json::from_str(line).map_err(|error| error.to_string()))
        .collect::<Result<Vec<_>, _>>()
        .and_then(|findings| match code {
            0 => Ok(findings),
            _ => Err(format!("the scratch sandbox ended with {code}")),
        })
        .context("try", || "a sandbox")
}

fn in_child<T: Serialize>(
    lifeline: Lifeline,
    end: OwnedFd,
    mut write: impl Write,
    try_all: impl FnOnce(&Inside) -> Vec<T>,
    no_sandbox: fn(Error) -> T,
) -> ! {
    // The parent's end alone must hold the sandbox.
    drop(lifeline);
    let options = Options {
        hostname: "doctor".to_owned(),
        ..Options::default()
    };
    let findings = match sandbox::enter(end, &options) {
        Ok(inside) => try_all(&inside),
        Err(error) => vec![no_sandbox(error)],
    };
    let written = findings.iter().try_for_each(|finding| {
        let line = serde_json::to_string(finding)?;
        writeln!(write, "{line}")
    });
    keeper::exit(i32::from(written.is_err()))
}

/// That there is no sandbox.
pub(super) fn no_sandbox(error: Error) -> Finding {
    Finding::needed("sandbox", Err(error), UNKNOWN)
}

/// What labs need in any case.
pub(super) fn try_all(inside: &Inside) -> Vec<Finding> {
    vec![
        Finding::needed("sandbox", Ok(made(inside)), UNKNOWN),
        Finding::useful("range of ids", ids(inside), RANGE),
        Finding::needed("nested namespaces", nested(), UNKNOWN),
        Finding::needed("commands in namespaces", command(), "see what it says"),
        Finding::needed("veth", veth(), UNKNOWN),
        Finding::needed("bridge", bridge(), UNKNOWN),
        Finding::useful(
            "IPv6",
            icmp(AddressFamily::Inet6, SockProtocol::IcmpV6),
            UNKNOWN,
        ),
        Finding::useful(
            "ICMP sockets",
            icmp(AddressFamily::Inet, SockProtocol::Icmp),
            UNKNOWN,
        ),
        Finding::useful("packet sockets", packet(), UNKNOWN),
        Finding::useful("libpcap", libpcap(), "install libpcap (Debian: libpcap0.8)"),
        Finding::useful("terminals", terminal(), "mount /dev/pts"),
        Finding::useful("ip", ip(), "install iproute2, for the shells of labs"),
    ]
}

fn made(inside: &Inside) -> String {
    format!(
        "user, pid, mount, network, IPC, host name and cgroup namespaces with their own /proc, \
         /sys and /run; ping_group_range set; net:[{}]",
        inside.host.inode()
    )
}

fn ids(inside: &Inside) -> Result<String> {
    if inside.ids.users == Mapped::Range && inside.ids.groups == Mapped::Range {
        Ok("programs in a lab can turn into other users".to_owned())
    } else {
        Err(Error::new(
            "map",
            "more than one id",
            "programs that turn into another user fail in a lab, as Debian's tcpdump does",
        ))
    }
}

fn nested() -> Result<String> {
    let all = (0..3).map(|_| Namespace::create("scratch"));
    let all = all.collect::<Result<Vec<_>>>()?;
    Ok(format!("{} made", all.len()))
}

fn command() -> Result<String> {
    let scratch = Namespace::create("scratch")?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("start", || "a runtime")?;
    let spec = Spec {
        program: "true".into(),
        ..Spec::default()
    };
    let code = runtime.block_on(async { exec::spawn(&scratch, &spec).await?.wait().await })?;
    match code {
        0 => Ok("run with their own pid and mount namespaces".to_owned()),
        _ => Err(Error::new("run", "true", format!("it ended with {code}"))),
    }
}

fn veth() -> Result<String> {
    let (one, other) = (Namespace::create("one")?, Namespace::create("other")?);
    let ends = [("one", &one), ("other", &other)].map(|(name, namespace)| End {
        name,
        namespace: namespace.net_fd(),
        index: 0,
    });
    let made = Socket::open().and_then(|mut socket| socket.add_veth(ends));
    made.context("create", || "a veth pair between namespaces")?;
    Ok("made between two namespaces".to_owned())
}

fn bridge() -> Result<String> {
    let made = Socket::open().and_then(|mut socket| {
        socket.add_device("scratch", &Device::new(DeviceKind::Bridge), None)
    });
    made.context("create", || "a bridge")?;
    Ok("made".to_owned())
}

fn icmp(family: AddressFamily, protocol: SockProtocol) -> Result<String> {
    open(family, SockType::Datagram, protocol).context("open", || "an ICMP socket")
}

fn packet() -> Result<String> {
    open(AddressFamily::Packet, SockType::Raw, SockProtocol::EthAll)
        .context("open", || "a packet socket")
}

fn open(family: AddressFamily, kind: SockType, protocol: SockProtocol) -> nix::Result<String> {
    socket(family, kind, SockFlag::SOCK_CLOEXEC, protocol).map(|_| "opened".to_owned())
}

fn libpcap() -> Result<String> {
    pcap::Capture::from_device("any")
        .and_then(|capture| capture.immediate_mode(true).open())
        .map(|_| "captures from `any`".to_owned())
        .map_err(|error| Error::new("open", "a capture", error.to_string()))
}

fn terminal() -> Result<String> {
    openpty(None, None).context("open", || "a terminal")?;
    Ok("opened".to_owned())
}

fn ip() -> Result<String> {
    let object = || "ip -Version";
    let output = program("ip")
        .arg("-Version")
        .output()
        .context("run", object)?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn program(name: &str) -> Command {
    let mut command = Command::new(name);
    command.env("PATH", exec::search_path());
    command
}
