//! `pasta` (passt(1)), twice: so that a lab reaches the world and not the
//! machine's loopback.
//!
//! One `pasta` beside the lab's host namespace would do with a packet to
//! 127.0.0.1 what it does with any other: connect, and that on the machine,
//! where services trust whoever comes by the loopback. No packet to there
//! leaves a namespace by itself, but whoever is root in it can see to it (seen:
//! `pasta` of 2023 connects). So a second namespace is put between the two, in
//! which nobody is: the sockets of the lab's `pasta` are opened there, where
//! the loopback is empty and down, and only what that namespace's own kernel
//! routes outwards reaches the second `pasta`, which opens sockets on the
//! machine.
//!
//! ```text
//! host of the lab ──uplink0── pasta ▷ between ──out0── pasta ▷ the machine
//! ```
//!
//! The second takes over the machine's own address, as is its default, so that
//! this address, too, is not the machine's but the empty namespace's.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{PipeReader, PipeWriter, Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sched::{CloneFlags, unshare};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork};
use topology::uplink::{ADDRESS, GATEWAY, INTERFACE, MASK};

use super::keeper::{exit, wait_code};
use crate::sys;

/// How long the two may take to be there. They take some 30 ms each.
const TIMEOUT: Duration = Duration::from_secs(8);
/// How often it is looked whether they are.
const LOOK: Duration = Duration::from_millis(2);
/// How much of what they say is kept, in bytes: the beginning of it.
const KEPT: usize = 2048;

/// The interface that leads out of the namespace between.
const OUTER: &str = "out0";

/// Of both. No port of the machine leads into the lab and none of the lab to
/// the machine's loopback, by no name; nothing but frames of IPv4 is answered.
const COMMON: [&str; 19] = [
    "--foreground",
    "--quiet",
    "--ipv4-only",
    "--config-net",
    "--no-map-gw",
    "--tcp-ports",
    "none",
    "--udp-ports",
    "none",
    "--tcp-ns",
    "none",
    "--udp-ns",
    "none",
    "--no-dhcp",
    "--no-dhcpv6",
    "--no-ndp",
    "--no-ra",
    "--no-netns-quit",
    "--netns-only",
];

/// Where `pasta` is; `None` if it is not installed.
pub(crate) fn program() -> Option<PathBuf> {
    ["/usr/bin", "/bin", "/usr/local/bin"]
        .iter()
        .map(|directory| Path::new(directory).join("pasta"))
        .find(|path| path.is_file())
}

/// Both, running. They end when it is dropped.
pub(super) struct Pasta {
    children: Vec<Child>,
    said: PipeReader,
    /// Held, so that the other end tells only what was said and no end.
    _errors: PipeWriter,
    text: Vec<u8>,
}

struct Child {
    pid: Pid,
    /// Readable once it has ended.
    end: OwnedFd,
}

impl Child {
    fn new(pid: Pid) -> Result<Self, String> {
        match sys::pidfd_open(pid) {
            Ok(end) => Ok(Self { pid, end }),
            Err(error) => {
                end(pid);
                Err(format!("cannot watch pasta: {error}"))
            }
        }
    }
}

fn end(pid: Pid) {
    // It has ended if it cannot be killed: nobody else waits for it.
    let _ = kill(pid, Signal::SIGKILL);
    wait_code(pid);
}

impl Pasta {
    /// Starts both for the lab whose init is that directory of /proc, and waits
    /// until the lab's host has its default route.
    ///
    /// The error is for a person.
    pub(super) fn start(lab: &str) -> Result<Self, String> {
        let program = program().ok_or(
            "pasta is not installed: install it (Debian, Ubuntu, Fedora: the package passt)",
        )?;
        let (said, errors) = std::io::pipe().map_err(|error| format!("no pipe: {error}"))?;
        // It only keeps this process from waiting for what nobody says.
        let _ = fcntl(&said, FcntlArg::F_SETFL(OFlag::O_NONBLOCK));
        let copy = errors.try_clone();
        let mut pasta = Self {
            children: Vec::new(),
            said,
            _errors: copy.map_err(|error| format!("no pipe: {error}"))?,
            text: Vec::new(),
        };
        let between = pasta.start_inner(&program, lab, &errors)?;
        pasta.start_outer(&program, &between, &errors)?;
        drop(errors);
        let routes = format!("{lab}/net/route");
        let begin = Instant::now();
        while !has_default_route(&routes, INTERFACE) {
            if !pasta.goes_on() {
                return Err(pasta.why());
            }
            if begin.elapsed() > TIMEOUT {
                return Err(format!("no route after {TIMEOUT:?}: {}", pasta.why()));
            }
            thread::sleep(LOOK);
        }
        Ok(pasta)
    }

    /// Starts the one of the lab, in a new namespace; returns the directory of
    /// that process in /proc. It waits there for the route outwards.
    fn start_inner(
        &mut self,
        program: &Path,
        lab: &str,
        errors: &PipeWriter,
    ) -> Result<String, String> {
        let fail = |error: &dyn std::fmt::Display| format!("no namespace between: {error}");
        let host = File::open(format!("{lab}/ns/net")).map_err(|error| fail(&error))?;
        let (mut told, tell) = std::io::pipe().map_err(|error| fail(&error))?;
        let mut errors = errors.try_clone().map_err(|error| fail(&error))?;
        // SAFETY: this process has one thread, so the child may do anything.
        match unsafe { fork() }.map_err(|error| fail(&error))? {
            ForkResult::Parent { child } => {
                self.children.push(Child::new(child)?);
                drop((tell, errors));
                let mut path = String::new();
                told.read_to_string(&mut path)
                    .map_err(|error| fail(&error))?;
                match path.is_empty() {
                    true => Err(self.why()),
                    false => Ok(path),
                }
            }
            ForkResult::Child => {
                drop(told);
                let failed = inner(program, host, tell, &errors);
                // Whoever reads it has gone, if it cannot be written.
                let _ = errors.write_all(failed.as_bytes());
                exit(1)
            }
        }
    }

    /// Starts the one of the machine, whose interface is in the namespace
    /// between.
    fn start_outer(
        &mut self,
        program: &Path,
        between: &str,
        errors: &PipeWriter,
    ) -> Result<(), String> {
        let fail = |error: std::io::Error| format!("{}: {error}", program.display());
        let between = File::open(format!("{between}/ns/net")).map_err(fail)?;
        let arguments = ["--ns-ifname", OUTER];
        let mut command = command(program, between, errors, &arguments).map_err(fail)?;
        let child = command.spawn().map_err(fail)?;
        let pid = Pid::from_raw(child.id().cast_signed());
        self.children.push(Child::new(pid)?);
        Ok(())
    }

    /// What becomes readable when they say something or end.
    pub(super) fn events(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        let ends = self.children.iter().map(|child| child.end.as_fd());
        ends.chain([self.said.as_fd()])
    }

    /// Whether both are alive. Takes what they have said since.
    pub(super) fn goes_on(&mut self) -> bool {
        let mut buffer = [0; 512];
        while let Ok(count @ 1..) = self.said.read(&mut buffer) {
            let room = KEPT.saturating_sub(self.text.len());
            let new = buffer.get(..count.min(room)).unwrap_or_default();
            self.text.extend_from_slice(new);
        }
        let count = self.children.len();
        self.children.retain(|child| {
            let waited = waitpid(child.pid, Some(WaitPidFlag::WNOHANG));
            waited == Ok(WaitStatus::StillAlive)
        });
        self.children.len() == count
    }

    /// Why it does not run: what they said, but for what nobody needs to know.
    fn why(&mut self) -> String {
        self.goes_on();
        let text = String::from_utf8_lossy(&self.text);
        let is_noise = |line: &&str| line.is_empty() || line.contains("to syslog");
        let lines: Vec<_> = text
            .lines()
            .map(str::trim)
            .filter(|line| !is_noise(line))
            .collect();
        match lines.is_empty() {
            true => "pasta ended and did not say why".to_owned(),
            false => format!("pasta says: {}", lines.join("; ")),
        }
    }
}

impl Drop for Pasta {
    fn drop(&mut self) {
        for child in self.children.drain(..) {
            end(child.pid);
        }
    }
}

/// Becomes the `pasta` of the lab; what went wrong if it does not.
fn inner(program: &Path, host: File, mut tell: PipeWriter, errors: &PipeWriter) -> String {
    let mut enter = || -> Result<(), String> {
        unshare(CloneFlags::CLONE_NEWNET).map_err(|error| format!("no namespace: {error}"))?;
        let own = fs::read_link("/proc/self").map_err(|error| format!("/proc/self: {error}"))?;
        let path = format!("/proc/{}", own.display());
        tell.write_all(path.as_bytes())
            .map_err(|error| format!("nobody listens: {error}"))
    };
    if let Err(error) = enter() {
        return error;
    }
    drop(tell);
    let begin = Instant::now();
    while !has_default_route("/proc/self/net/route", OUTER) {
        if begin.elapsed() > TIMEOUT {
            return "the machine gives no route outwards".to_owned();
        }
        thread::sleep(LOOK);
    }
    let arguments = [
        "--ns-ifname",
        INTERFACE,
        "--address",
        ADDRESS,
        "--netmask",
        MASK,
        "--gateway",
        GATEWAY,
    ];
    match command(program, host, errors, &arguments) {
        Ok(mut command) => format!("{}: {}", program.display(), command.exec()),
        Err(error) => format!("{}: {error}", program.display()),
    }
}

/// `pasta` with a clean environment, for that namespace: as its standard input,
/// the one descriptor that all its versions leave open. It gives up the
/// capabilities with which it could open another process's.
fn command(
    program: &Path,
    namespace: File,
    errors: &PipeWriter,
    arguments: &[&str],
) -> std::io::Result<Command> {
    let mut command = Command::new(program);
    command
        .args(COMMON)
        .args(["--netns", "/proc/self/fd/0"])
        .args(arguments.iter().map(OsStr::new))
        .env_clear()
        .current_dir("/")
        .stdin(Stdio::from(namespace))
        .stdout(Stdio::null())
        .stderr(Stdio::from(errors.try_clone()?));
    Ok(command)
}

/// Whether a file like /proc/net/route has a default route through that
/// interface: its name and the destination are the first two fields
/// (`fib_route_seq_show`).
fn has_default_route(file: &str, interface: &str) -> bool {
    let text = fs::read_to_string(file).unwrap_or_default();
    text.lines().any(|line| {
        let mut fields = line.split_whitespace();
        fields.next() == Some(interface) && fields.next() == Some("00000000")
    })
}
