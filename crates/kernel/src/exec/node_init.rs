//! The process between the agent and a command: see the module above.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use nix::errno::Errno;
use nix::sched::{CloneFlags, setns, unshare};
use nix::sys::prctl;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::unistd::{ForkResult, fork, getpid, sethostname, setsid};

use super::filter;
use super::relay::{self, Next};
use crate::descriptors::adopt;
use crate::error::{Context, Error, Result};
use crate::sandbox::{keeper, mounts, unprivileged_ping};
use crate::sys;

/// Instead of the number of the user namespace: stay in the agent's own.
pub(super) const NO_DESCRIPTOR: &str = "-";
/// Standard input is a terminal that the command is to control.
pub(super) const TERMINAL: &str = "terminal";
/// Standard streams are what they are.
pub(super) const PLAIN: &str = "plain";

/// What a shell says when there is no such command.
const NOT_FOUND: i32 = 127;
/// What a shell says when a command is there but cannot be executed.
const NOT_EXECUTABLE: i32 = 126;
/// When it did not come to a command at all; its cause goes to the agent.
const NO_SURROUNDINGS: i32 = 125;

/// The soft limit of open files that programs expect: those that use
/// `select` fail with more (the kernel's own default, INR_OPEN_CUR).
const OPEN_FILES: u64 = 1024;

/// The whole of the program's run under [`super::SUBCOMMAND`]: makes the
/// surroundings of a command, runs it and ends with its exit code.
/// `arguments` are those after the subcommand. Call it first thing in `main`.
pub fn node_init_main(arguments: impl IntoIterator<Item = OsString>) -> ! {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let mut request = match Request::read(&arguments) {
        Ok(request) => request,
        Err(error) => {
            // Nobody but the agent calls this: a person has typed it.
            let _ = writeln!(io::stderr(), "netyard: {error}");
            keeper::exit(2)
        }
    };
    let Err(error) = outer(&request);
    // Without a reader there is nobody left to tell.
    let _ = request.status.write_all(error.to_string().as_bytes());
    keeper::exit(NO_SURROUNDINGS)
}

/// What the agent asks for, in the order of the arguments.
struct Request<'a> {
    user: Option<OwnedFd>,
    net: OwnedFd,
    /// Takes the cause of a failure; closed without one when the command runs.
    status: File,
    terminal: bool,
    name: &'a OsStr,
    directory: &'a Path,
    program: &'a OsStr,
    arguments: &'a [OsString],
}

impl<'a> Request<'a> {
    fn read(arguments: &'a [OsString]) -> Result<Self> {
        let [
            user,
            net,
            status,
            mode,
            name,
            directory,
            program,
            arguments @ ..,
        ] = arguments
        else {
            return Err(Error::new(
                "run",
                super::SUBCOMMAND,
                "arguments are missing",
            ));
        };
        let user = (user != NO_DESCRIPTOR)
            .then(|| descriptor(user))
            .transpose()?;
        Ok(Self {
            user,
            net: descriptor(net)?,
            status: descriptor(status)?.into(),
            terminal: mode == TERMINAL,
            name,
            directory: directory.as_ref(),
            program,
            arguments,
        })
    }

    fn is_node(&self) -> bool {
        self.user.is_some()
    }
}

fn descriptor(number: &OsStr) -> Result<OwnedFd> {
    let parsed = number.to_str().and_then(|text| text.parse().ok());
    let number = parsed.ok_or_else(|| {
        Error::new(
            "take up",
            format!("descriptor {}", number.display()),
            Errno::EBADF,
        )
    })?;
    // SAFETY: the agent has left it open for this purpose, and each number is
    // given once; nothing else has been opened in this program yet.
    unsafe { adopt(number) }
}

/// Never returns but for a failure; then in whichever process has failed.
fn outer(request: &Request<'_>) -> Result<std::convert::Infallible> {
    // Of what the agent may have left open by accident, a command must get
    // nothing: a socket of another namespace is power over it.
    keeper::close_all_but(&[
        request.user.as_ref().map_or(-1, AsRawFd::as_raw_fd),
        request.net.as_raw_fd(),
        request.status.as_raw_fd(),
    ]);
    if let Some(user) = &request.user {
        setns(user, CloneFlags::CLONE_NEWUSER).context("enter", || "its user namespace")?;
    }
    setns(&request.net, CloneFlags::CLONE_NEWNET).context("enter", || "its network namespace")?;
    unshare(
        CloneFlags::CLONE_NEWPID
            | CloneFlags::CLONE_NEWNS
            | CloneFlags::CLONE_NEWIPC
            | CloneFlags::CLONE_NEWUTS,
    )
    .context("create", || "a command's namespaces")?;
    let this = sys::pidfd_open(getpid()).context("watch", || "node-init")?;
    relay::hold();
    // SAFETY: this process has one thread, so the child may do anything.
    match unsafe { fork() }.context("fork", || "the init of a command")? {
        ForkResult::Parent { child } => {
            keeper::ignore_keyboard();
            keeper::detach_standard_streams();
            keeper::close_all_but(&[]);
            relay::pass_on(Next::Relay(child));
            keeper::exit(keeper::wait_code(child))
        }
        ForkResult::Child => {
            keeper::die_with(&this)?;
            drop(this);
            init(request)
        }
    }
}

fn init(request: &Request<'_>) -> Result<std::convert::Infallible> {
    surround(request)?;
    limit_open_files()?;
    keeper::ignore_keyboard();
    // SAFETY: this process has one thread, so the child may do anything.
    match unsafe { fork() }.context("fork", || "a command")? {
        ForkResult::Parent { child } => {
            keeper::detach_standard_streams();
            keeper::close_all_but(&[]);
            relay::pass_on(Next::Command(child));
            keeper::reap_until(child)
        }
        ForkResult::Child => run(request),
    }
}

/// Makes what the command sees of the machine.
fn surround(request: &Request<'_>) -> Result<()> {
    if request.is_node() {
        mounts::make_private()?;
        mounts::proc()?;
        unprivileged_ping()?;
        mounts::sys()?;
        // The names of the lab's other namespaces are none of its business.
        mounts::run()?;
        sethostname(request.name).context("set", || "the host name")?;
    } else {
        mounts::proc()?;
    }
    // By path, since the directory it was in may lie below what is mounted
    // now; and a directory that is not there is no reason not to run.
    env::set_current_dir(request.directory)
        .or_else(|_| env::set_current_dir("/"))
        .context("change to", || "/")
}

fn limit_open_files() -> Result<()> {
    let object = || "the limit of open files";
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE).context("read", object)?;
    setrlimit(Resource::RLIMIT_NOFILE, OPEN_FILES.min(hard), hard).context("lower", object)
}

fn run(request: &Request<'_>) -> Result<std::convert::Infallible> {
    if request.terminal {
        take_terminal()?;
    }
    // Programs that gain by their file's mode or capabilities gain nothing
    // that root of a namespace does not have: ping and tcpdump still work.
    prctl::set_no_new_privs().context("forbid", || "new privileges")?;
    filter::install()?;
    keeper::heed_keyboard();
    relay::release();
    let error = Command::new(request.program).args(request.arguments).exec();
    let program = request.program.display();
    let (text, code) = match error.kind() {
        io::ErrorKind::NotFound => ("command not found".to_owned(), NOT_FOUND),
        _ => (error.to_string(), NOT_EXECUTABLE),
    };
    let _ = writeln!(
        io::stderr(),
        "netyard: {}: {program}: {text}",
        request.name.display()
    );
    keeper::exit(code)
}

/// Makes standard input the controlling terminal, with the command as the
/// leader of its session: keys like Ctrl-C then reach it and nobody else.
fn take_terminal() -> Result<()> {
    let object = || "the terminal";
    setsid().context("control", object)?;
    // SAFETY: standard input is open, as the agent has made it so, and the
    // call takes no pointer.
    let result = unsafe {
        let input = BorrowedFd::borrow_raw(libc::STDIN_FILENO);
        libc::ioctl(input.as_raw_fd(), libc::TIOCSCTTY, 0)
    };
    Errno::result(result).map(drop).context("control", object)
}
