//! Tests that need a sandbox.
//!
//! A sandbox is entered by a process with one thread, which the threads of a
//! test harness are not. So a test runs its own program again, as the server
//! does with its agent, and the body of the test runs inside. When the tests
//! are run by root, it is started by an ordinary user; a test of what differs
//! between the two is run twice ([`Test::by_root_too`]).
//!
//! Use it in a test declared with `harness = false`:
//! `fn main() -> ExitCode { support::main(&[inside("name", body)]) }`.

#![allow(dead_code, reason = "each test program uses a part of it")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../../../../tests/support/needs.rs"]
mod needs;

use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitCode, Output, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use kernel::sandbox::{self, Inside, Lifeline, Options, Root};
use kernel::{descriptors, doctor, exec};
use libtest_mimic::{Arguments, Trial};
use nix::unistd::geteuid;
use topology::feature::{Feature, Missing};

use self::needs::Needs;

/// A user id that owns nothing on the machine and has no entry anywhere.
const ORDINARY: u32 = 47_110;

/// Set for a sandbox whose root is to be nobody.
const ROOT: &str = "NETYARD_TEST_ROOT_IS_NOBODY";

/// Tells a sandbox what the kernel lacks.
const MISSING: &str = "NETYARD_TEST_MISSING";

/// Tells a sandbox which share of a long test falls to it.
const SHARE: &str = "NETYARD_TEST_SHARE";

/// What the kernel lacks, if a test wants to know: asked once, while there is one thread.
static FOUND_MISSING: OnceLock<Vec<Missing>> = OnceLock::new();

/// How long the kernel may take to clear up after a kill. Measured: tens of
/// milliseconds; the rest is for a loaded machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// Who starts a sandbox.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum As {
    /// Whoever runs the tests.
    Myself,
    /// A user without any privilege.
    Ordinary,
}

#[derive(Clone)]
pub(crate) struct Test {
    name: &'static str,
    body: Body,
    needs: Needs,
    by_root_too: bool,
}

impl Test {
    fn new(name: &'static str, body: Body) -> Self {
        Self {
            name,
            body,
            needs: Needs::default(),
            by_root_too: false,
        }
    }

    /// When root runs the tests, it is run as root and as an ordinary user. Inside a sandbox the two
    /// are alike; worth it for how one is started, ends and is kept apart from the machine.
    pub(crate) fn by_root_too(mut self) -> Self {
        self.by_root_too = true;
        self
    }

    /// It is left out where the kernel lacks one of these.
    pub(crate) fn needs(mut self, features: &[Feature]) -> Self {
        self.needs = Needs::features(features);
        self
    }

    /// It wants to know what the kernel lacks, as [`missing`] tells.
    pub(crate) fn asks(mut self) -> Self {
        self.needs = Needs::asks();
        self
    }

    /// It uses what the kernel has, as [`missing`] tells: worth running on each kernel.
    pub(crate) fn everywhere(mut self) -> Self {
        self.needs = Needs::everywhere();
        self
    }
}

#[derive(Clone, Copy)]
enum Body {
    Inside(fn(&Inside)),
    Of(fn(Feature), Feature),
    Outside(fn(As)),
    Scene(fn(&Inside)),
    Program(fn(&[String])),
}

/// A test whose body runs inside a sandbox.
pub(crate) fn inside(name: &'static str, body: fn(&Inside)) -> Test {
    Test::new(name, Body::Inside(body))
}

/// A test of a feature, which it needs, whose body runs inside a sandbox.
pub(crate) fn of(name: &str, feature: Feature, body: fn(Feature)) -> Test {
    let words = format!("{name}_{feature}").replace(' ', "_").to_lowercase();
    Test::new(words.leak(), Body::Of(body, feature)).needs(&[feature])
}

/// A test whose body runs outside and starts sandboxes itself.
pub(crate) fn outside(name: &'static str, body: fn(As)) -> Test {
    Test::new(name, Body::Outside(body))
}

/// No test, but what runs inside a sandbox that a test has started.
pub(crate) fn scene(name: &'static str, body: fn(&Inside)) -> Test {
    Test::new(name, Body::Scene(body))
}

/// No test, but what the test program does when it is run with the arguments
/// `--program NAME` and more, which it gets.
pub(crate) fn program(name: &'static str, body: fn(&[String])) -> Test {
    Test::new(name, Body::Program(body))
}

/// As [`main`], for tests that are all run [by root too](Test::by_root_too).
pub(crate) fn main_by_root_too(tests: Vec<Test>) -> ExitCode {
    main(tests.into_iter().map(Test::by_root_too).collect())
}

/// The whole of a test program's `main`.
pub(crate) fn main(tests: Vec<Test>) -> ExitCode {
    let arguments: Vec<String> = env::args().collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    if let [_, exec::SUBCOMMAND, ..] = words[..] {
        exec::node_init_main(env::args_os().skip(2));
    }
    if let [_, "--inside", name, lifeline] = words[..] {
        return run_inside(&tests, name, lifeline.parse().unwrap());
    }
    if let [_, "--program", name, ..] = words[..] {
        let test = tests.iter().find(|test| test.name == name).unwrap();
        let Body::Program(body) = test.body else {
            panic!("{name} is no program");
        };
        body(&arguments[3..]);
        return ExitCode::SUCCESS;
    }
    let root = geteuid().is_root();
    let arguments = Arguments::from_args();
    let asks = |test: &Test| test.needs.any() && needs::comes_to(&arguments, test.name);
    if tests.iter().any(asks) {
        FOUND_MISSING.get_or_init(|| doctor::missing_features().unwrap());
    }
    let missing = FOUND_MISSING.get().map_or(&[][..], Vec::as_slice);
    let mut trials = Vec::new();
    for test in tests {
        if !needs::is_wanted(test.name) {
            continue;
        }
        let identities: &[As] = match (root, test.by_root_too) {
            (true, true) => &[As::Myself, As::Ordinary],
            (true, false) => &[As::Ordinary],
            (false, _) => &[As::Myself],
        };
        for &identity in identities {
            let reported = format!("{}::{identity:?}", test.name);
            let name = reported.clone();
            let trial = match test.body {
                Body::Scene(_) | Body::Program(_) => continue,
                Body::Inside(_) | Body::Of(..) => Trial::test(name, move || {
                    let output = start(test.name, identity).output();
                    let text = String::from_utf8_lossy(&output.stderr).into_owned();
                    if output.status.success() {
                        Ok(())
                    } else {
                        Err(text.into())
                    }
                }),
                Body::Outside(body) => Trial::test(name, move || {
                    body(identity);
                    Ok(())
                }),
            };
            trials.push(test.needs.trial(test.name, &reported, missing, trial));
        }
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// What the kernel lacks; in a test that [asks](Test::asks) or is for [everywhere](Test::everywhere),
/// inside or outside.
pub(crate) fn missing() -> Vec<Feature> {
    match (FOUND_MISSING.get(), env::var(MISSING)) {
        (Some(missing), _) => missing.iter().map(|missing| missing.feature).collect(),
        (None, text) => serde_json::from_str(&text.unwrap()).unwrap(),
    }
}

/// Which of many cases fall to this sandbox: the first one, and how far it is to the next. When root
/// runs the tests, root and the ordinary user take turns: for tests that are run [by root
/// too](Test::by_root_too).
pub(crate) fn share() -> (usize, usize) {
    match env::var(SHARE) {
        Ok(first) => (first.parse().unwrap(), 2),
        Err(_) => (0, 1),
    }
}

fn run_inside(tests: &[Test], name: &str, lifeline: i32) -> ExitCode {
    // SAFETY: the first thing in main; the number is on our command line for
    // this purpose.
    let lifeline = unsafe { descriptors::adopt(lifeline) }.unwrap();
    let options = Options {
        hostname: name.to_owned(),
        root: match env::var_os(ROOT) {
            Some(_) => Root::Nobody,
            None => Root::Starter,
        },
        uplink: false,
    };
    let inside = match sandbox::enter(lifeline, &options) {
        Ok(inside) => inside,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::from(99);
        }
    };
    let test = tests.iter().find(|test| test.name == name).unwrap();
    match test.body {
        Body::Inside(body) | Body::Scene(body) => body(&inside),
        Body::Of(body, feature) => body(feature),
        Body::Outside(_) | Body::Program(_) => panic!("{name} is to run outside"),
    }
    ExitCode::SUCCESS
}

/// A sandbox that a test has started. Dropping it cuts its lifeline.
pub(crate) struct Started {
    pub(crate) keeper: Child,
    pub(crate) lifeline: Lifeline,
}

/// Starts the body of the test or scene `name` in a sandbox of its own, with
/// its standard streams piped.
pub(crate) fn start(name: &str, identity: As) -> Started {
    start_with(name, identity, Root::Starter)
}

/// As [`start`], with a choice of who root of the lab is.
pub(crate) fn start_with(name: &str, identity: As, root: Root) -> Started {
    let (lifeline, end) = sandbox::lifeline().unwrap();
    let mut command = Command::new("/proc/self/exe");
    let number = descriptors::inherit(&mut command, end);
    command.args(["--inside", name, &number.to_string()]);
    if identity == As::Ordinary {
        command.uid(ORDINARY).gid(ORDINARY);
    }
    if geteuid().is_root() {
        command.env(SHARE, if identity == As::Ordinary { "1" } else { "0" });
    }
    if root == Root::Nobody {
        command.env(ROOT, "nobody");
    }
    if let Some(missing) = FOUND_MISSING.get() {
        let features: Vec<Feature> = missing.iter().map(|missing| missing.feature).collect();
        command.env(MISSING, serde_json::to_string(&features).unwrap());
    }
    let keeper = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    Started { keeper, lifeline }
}

/// Runs [`program`] `name` as a process of its own, and waits for its end.
pub(crate) fn run_program(name: &str, identity: As) -> Output {
    start_program(name, identity).wait_with_output().unwrap()
}

/// Starts [`program`] `name` as a process of its own, with its standard
/// streams piped.
pub(crate) fn start_program(name: &str, identity: As) -> Child {
    let mut command = Command::new("/proc/self/exe");
    command.args(["--program", name]);
    if identity == As::Ordinary {
        command.uid(ORDINARY).gid(ORDINARY);
    }
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

impl Started {
    /// Waits for its end.
    pub(crate) fn output(self) -> Output {
        let output = self.keeper.wait_with_output().unwrap();
        drop(self.lifeline);
        output
    }
}

/// Runs `ask` until it says yes; panics with `what` when patience is over.
pub(crate) fn eventually(what: &str, mut ask: impl FnMut() -> bool) {
    let start = Instant::now();
    while !ask() {
        assert!(start.elapsed() < PATIENCE, "still not: {what}");
        thread::sleep(Duration::from_millis(2));
    }
}

/// The distinct namespaces of a kind (`net`, `user`, …) that any process is
/// in, as this process can see.
pub(crate) fn namespaces(kind: &str) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = processes()
        .into_iter()
        .filter(|&pid| is_alive(pid))
        .filter_map(|pid| fs::read_link(format!("/proc/{pid}/ns/{kind}")).ok())
        .collect();
    found.sort();
    found.dedup();
    found
}

/// All processes that this process can see.
pub(crate) fn processes() -> Vec<u32> {
    fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .collect()
}

/// `pid` and all that descend from it.
pub(crate) fn family(pid: u32) -> Vec<u32> {
    let parents: Vec<(u32, u32)> = processes()
        .into_iter()
        .filter_map(|pid| Some((pid, parent(pid)?)))
        .collect();
    let mut family = vec![pid];
    let mut next = 0;
    while let Some(&ancestor) = family.get(next) {
        family.extend(
            parents
                .iter()
                .filter(|(_, parent)| *parent == ancestor)
                .map(|(pid, _)| *pid),
        );
        next += 1;
    }
    family
}

fn parent(pid: u32) -> Option<u32> {
    status(pid)?.1.parse().ok()
}

/// Whether a process is still there. One that has ended and only waits for
/// the machine's own init, which may take its time, is not.
pub(crate) fn is_alive(pid: u32) -> bool {
    let adopted = ("Z".to_owned(), "1".to_owned());
    status(pid).is_some_and(|status| status != adopted)
}

/// State and parent of a process.
fn status(pid: u32) -> Option<(String, String)> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in parentheses may hold anything; what follows is plain.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    Some((fields.next()?.to_owned(), fields.next()?.to_owned()))
}
