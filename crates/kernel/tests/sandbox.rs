//! A sandbox as an ordinary user makes it: what it is like inside, what dies
//! with what, and that nothing is left.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{ChildStdout, ExitCode};
use std::time::{Duration, Instant};

use kernel::Namespace;
use kernel::exec::{Spec, Stdio, spawn};
use kernel::sandbox::{Inside, Mapped, Root};
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, geteuid};
use support::{As, Started, eventually, inside, outside, program, scene};

fn main() -> ExitCode {
    support::main(vec![
        inside("inside_is_private", inside_is_private),
        inside("namespaces_are_created_fast", namespaces_are_created_fast),
        inside("no_descriptor_is_left", no_descriptor_is_left),
        inside("no_process_is_left", no_process_is_left),
        inside("a_quota_is_enforced", a_quota_is_enforced),
        inside(
            "run_is_inside_and_leaves_nothing",
            run_is_inside_and_leaves_nothing,
        ),
        outside(
            "the_end_of_one_is_the_end_of_all",
            the_end_of_one_is_the_end_of_all,
        ),
        outside("the_cut_lifeline_is_the_end", the_cut_lifeline_is_the_end),
        outside("a_killed_starter_is_the_end", a_killed_starter_is_the_end),
        program("starter", starter),
        outside("only_the_agent_holds_streams", only_the_agent_holds_streams),
        scene("lets_go", lets_go),
        outside("the_exit_code_is_the_agents", the_exit_code_is_the_agents),
        outside("root_can_be_nobody", root_can_be_nobody),
        scene("as_nobody", as_nobody),
        outside("the_machine_is_unchanged", the_machine_is_unchanged),
        outside("two_threads_are_refused", two_threads_are_refused),
        scene("a_lab", a_lab),
        scene("exit_code", |_| std::process::exit(42)),
    ])
}

fn inside_is_private(sandbox: &Inside) {
    let read = |file: &str| fs::read_to_string(file).unwrap();
    assert_eq!(
        read("/proc/sys/kernel/hostname").trim(),
        "inside-is-private"
    );
    assert!(geteuid().is_root());
    // init, the agent.
    assert_eq!(support::processes().len(), 2);
    assert_eq!(fs::read_dir("/sys/class/net").unwrap().count(), 1);
    assert_eq!(fs::read_dir("/run").unwrap().count(), 1);
    assert_eq!(fs::read_dir("/run/netns").unwrap().count(), 0);
    let host = Namespace::host().unwrap();
    assert_eq!(host, sandbox.host);
    assert_eq!(
        host.sysctl_read("net/ipv4/ping_group_range").unwrap(),
        "0\t0"
    );
    for calls in ["iptables", "ip6tables", "arptables"] {
        let setting = format!("net/bridge/bridge-nf-call-{calls}");
        if Path::new("/proc/sys").join(&setting).exists() {
            assert_eq!(host.sysctl_read(&setting).unwrap(), "0");
        }
    }
    let limits = read("/proc/self/limits");
    let files: Vec<_> = limits
        .lines()
        .find(|line| line.starts_with("Max open files"))
        .unwrap()
        .split_whitespace()
        .collect();
    assert_eq!(files[3], files[4]);
    // Root of the machine can always have a range.
    if read("/proc/self/uid_map").split_whitespace().nth(1) == Some("0") {
        assert_eq!(sandbox.ids.users, Mapped::Range);
        assert_eq!(sandbox.ids.groups, Mapped::Range);
    }
}

fn namespaces_are_created_fast(_: &Inside) {
    let times: Vec<Duration> = (0..50)
        .map(|number| {
            let start = Instant::now();
            Namespace::create(&number.to_string()).unwrap();
            start.elapsed()
        })
        .collect();
    // Measured: 0.7 ms, nearly all of it the kernel making the network
    // namespace (goal: 1 ms). The best of many, with room, so that a
    // loaded machine does not fail it.
    let best = times.iter().min().unwrap();
    assert!(*best < Duration::from_millis(5), "{times:?}");
}

fn no_descriptor_is_left(_: &Inside) {
    let open = || fs::read_dir("/proc/self/fd").unwrap().count();
    let before = open();
    for number in 0..100 {
        let namespace = Namespace::create(&number.to_string()).unwrap();
        namespace.run(|| ()).unwrap();
        namespace.publish("name").unwrap();
        Namespace::unpublish("name").unwrap();
        assert_eq!(open(), before + 2);
    }
    assert_eq!(open(), before);
}

fn no_process_is_left(_: &Inside) {
    let all: Vec<_> = (0..10).map(|_| Namespace::create("x").unwrap()).collect();
    assert_eq!(support::processes().len(), 2);
    drop(all);
    // The agent gets no child of its own to wait for by surprise.
    assert_eq!(
        nix::sys::wait::wait().unwrap_err(),
        nix::errno::Errno::ECHILD
    );
}

fn a_quota_is_enforced(_: &Inside) {
    fs::write("/proc/sys/user/max_net_namespaces", "8").unwrap();
    let mut all = Vec::new();
    let refused = loop {
        match Namespace::create("x") {
            Ok(namespace) => all.push(namespace),
            Err(error) => break error,
        }
        assert!(all.len() <= 8);
    };
    assert_eq!(refused.errno(), Some(nix::errno::Errno::ENOSPC));
    // The eighth is the sandbox's own.
    assert_eq!(all.len(), 7);
    let most = fs::read_to_string("/proc/sys/user/max_user_namespaces").unwrap();
    assert_eq!(most.trim(), "4096");
}

fn run_is_inside_and_leaves_nothing(sandbox: &Inside) {
    let inode = || {
        use std::os::unix::fs::MetadataExt;
        fs::metadata("/proc/thread-self/ns/net").unwrap().ino()
    };
    let red = Namespace::create("red").unwrap();
    let blue = Namespace::create("blue").unwrap();
    assert_eq!(red.run(inode).unwrap(), red.inode());
    // A thread that a switched thread starts inherits its namespace.
    let nested = red.run(|| {
        (
            std::thread::scope(|s| s.spawn(inode).join().unwrap()),
            blue.run(inode),
        )
    });
    let (inherited, other) = nested.unwrap();
    assert_eq!(inherited, red.inode());
    assert_eq!(other.unwrap(), blue.inode());
    assert_eq!(inode(), sandbox.host.inode());
    assert_eq!(
        red.sysctl_read("net/ipv4/nothing").unwrap_err().errno(),
        Some(nix::errno::Errno::ENOENT)
    );
    red.sysctl_write("net/ipv4/ip_forward", "1").unwrap();
    assert_eq!(red.sysctl_read("net/ipv4/ip_forward").unwrap(), "1");
    assert_eq!(blue.sysctl_read("net/ipv4/ip_forward").unwrap(), "0");
}

/// Three namespaces, a name, a command, and then to wait for the end.
fn a_lab(_: &Inside) {
    let all = ["red", "blue", "green"].map(|name| Namespace::create(name).unwrap());
    let [red, ..] = &all;
    red.publish("red").unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let spec = Spec {
            program: "sleep".into(),
            arguments: vec!["1000".into()],
            stdio: Stdio::Piped,
            ..Spec::default()
        };
        let _sleep = spawn(red, &spec).await.unwrap();
        std::io::stdout().write_all(b"up\n").unwrap();
        std::io::stdin().read_line(&mut String::new()).unwrap();
    });
}

/// Of keeper, init, agent; node-init twice, the command.
const PROCESSES: usize = 6;

/// Starts [`a_lab`]; returns when it is up.
fn start_lab(identity: As) -> (Started, BufReader<ChildStdout>) {
    let mut started = support::start("a_lab", identity);
    let mut output = BufReader::new(started.keeper.stdout.take().unwrap());
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    assert_eq!(line, "up\n");
    (started, output)
}

/// What a lab must not leave behind: the processes of its own, and each kind
/// of namespace that they were in and we are not.
struct Traces {
    family: Vec<u32>,
    namespaces: Vec<(&'static str, String)>,
}

impl Traces {
    fn of(keeper: u32) -> Self {
        let family = support::family(keeper);
        let mut namespaces = Vec::new();
        for kind in ["net", "user", "pid", "mnt"] {
            let own = fs::read_link(format!("/proc/self/ns/{kind}")).unwrap();
            for pid in &family {
                if let Ok(link) = fs::read_link(format!("/proc/{pid}/ns/{kind}"))
                    && link != own
                {
                    namespaces.push((kind, link.display().to_string()));
                }
            }
        }
        Self { family, namespaces }
    }

    /// Waits until nothing of it is left, and says how long it took.
    fn vanish(&self, killed: &str) -> Duration {
        let start = Instant::now();
        eventually(&format!("all gone after the end of {killed}"), || {
            !self.family.iter().any(|&pid| support::is_alive(pid))
                && !self.namespaces.iter().any(|(kind, link)| {
                    support::namespaces(kind)
                        .iter()
                        .any(|other| other == Path::new(link))
                })
        });
        start.elapsed()
    }
}

fn the_end_of_one_is_the_end_of_all(identity: As) {
    for (position, name) in [(0, "the keeper"), (1, "init"), (2, "the agent")] {
        let (mut started, output) = start_lab(identity);
        let traces = Traces::of(started.keeper.id());
        assert_eq!(traces.family.len(), PROCESSES, "{:?}", traces.family);
        assert!(traces.namespaces.len() >= 4, "{:?}", traces.namespaces);
        let victim = i32::try_from(traces.family[position]).unwrap();
        kill(Pid::from_raw(victim), Signal::SIGKILL).unwrap();
        let status = started.keeper.wait().unwrap();
        assert!(!status.success());
        if name != "the keeper" {
            assert_eq!(status.code(), Some(128 + 9));
        }
        traces.vanish(name);
        // Whoever reads from it sees its end, too.
        assert_eq!(output.lines().count(), 0);
    }
}

fn a_killed_starter_is_the_end(identity: As) {
    let mut starter = support::start_program("starter", identity);
    let mut line = String::new();
    let mut output = BufReader::new(starter.stdout.take().unwrap());
    output.read_line(&mut line).unwrap();
    let traces = Traces::of(line.trim().parse().unwrap());
    assert_eq!(traces.family.len(), PROCESSES);
    starter.kill().unwrap();
    starter.wait().unwrap();
    traces.vanish("the starter");
}

/// Starts a lab, and tells its keeper.
fn starter(_: &[String]) {
    let (started, _output) = start_lab(As::Myself);
    let text = format!("{}\n", started.keeper.id());
    std::io::stdout().write_all(text.as_bytes()).unwrap();
    std::io::stdin().read_line(&mut String::new()).unwrap();
}

fn only_the_agent_holds_streams(identity: As) {
    let mut started = support::start("lets_go", identity);
    let mut text = String::new();
    let mut output = started.keeper.stdout.take().unwrap();
    // Would not end before the agent does, if keeper or init held it.
    output.read_to_string(&mut text).unwrap();
    assert!(started.keeper.try_wait().unwrap().is_none());
    drop(started.lifeline);
    started.keeper.wait().unwrap();
}

/// Closes its output and goes on.
fn lets_go(_: &Inside) {
    let null = File::options().write(true).open("/dev/null").unwrap();
    nix::unistd::dup2_stdout(&null).unwrap();
    std::io::stdin().read_line(&mut String::new()).unwrap();
}

fn the_cut_lifeline_is_the_end(identity: As) {
    let (started, _output) = start_lab(identity);
    // Another lab, started while the first one's lifeline is open here, does
    // not hold it.
    let (other, _other_output) = start_lab(identity);
    let traces = Traces::of(started.keeper.id());
    let Started {
        mut keeper,
        lifeline,
    } = started;
    drop(lifeline);
    assert_eq!(keeper.wait().unwrap().code(), Some(128 + 9));
    traces.vanish("the lifeline");
    assert_eq!(support::family(other.keeper.id()).len(), PROCESSES);
}

fn the_exit_code_is_the_agents(identity: As) {
    let output = support::start("exit_code", identity).output();
    assert_eq!(output.status.code(), Some(42));
}

fn root_can_be_nobody(identity: As) {
    let output = support::start_with("as_nobody", identity, Root::Nobody).output();
    let said = String::from_utf8_lossy(&output.stderr);
    if identity == As::Myself && geteuid().is_root() {
        assert!(output.status.success(), "{said}");
    } else if !output.status.success() {
        // Only who has no range of ids may be refused, and is told so.
        assert!(
            said.contains("no range of ids could be mapped; install newuidmap"),
            "{said}"
        );
    }
}

fn as_nobody(_: &Inside) {
    use std::os::unix::fs::MetadataExt;
    assert!(geteuid().is_root());
    // Nothing on the machine is root's of the lab, root's own files neither.
    assert_ne!(fs::metadata("/etc/passwd").unwrap().uid(), 0);
    let refused = fs::write("/proc/sys/kernel/core_pattern", "core").unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::PermissionDenied);
    // And yet it is root of the lab.
    let red = Namespace::create("red").unwrap();
    red.publish("red").unwrap();
    red.sysctl_write("net/ipv4/ip_forward", "1").unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let script = "ip link set lo up && ping -c 1 -W 1 127.0.0.1 && ip link add x type bridge";
        let spec = Spec {
            program: "sh".into(),
            arguments: vec!["-c".into(), script.into()],
            ..Spec::default()
        };
        let mut child = spawn(&red, &spec).await.unwrap();
        assert_eq!(child.wait().await.unwrap(), 0);
    });
}

fn the_machine_is_unchanged(identity: As) {
    let look = || {
        let read = |file: &str| fs::read_to_string(file).unwrap_or_default();
        let mut seen = BTreeMap::new();
        for file in [
            "/proc/self/mountinfo",
            "/proc/sys/kernel/hostname",
            "/proc/sys/net/ipv4/ping_group_range",
            "/proc/sys/net/ipv4/ip_forward",
            "/proc/sys/net/bridge/bridge-nf-call-iptables",
            "/proc/sys/user/max_net_namespaces",
            "/proc/sys/user/max_user_namespaces",
            "/proc/net/route",
            "/proc/net/if_inet6",
        ] {
            seen.insert(file.to_owned(), read(file));
        }
        for directory in ["/sys/class/net", "/run", "/run/netns"] {
            let mut names: Vec<_> = fs::read_dir(directory)
                .map(|entries| entries.map(|entry| entry.unwrap().file_name()).collect())
                .unwrap_or_default();
            names.sort();
            seen.insert(directory.to_owned(), format!("{names:?}"));
        }
        seen
    };
    let before = look();
    let (started, _output) = start_lab(identity);
    assert_eq!(look(), before);
    let traces = Traces::of(started.keeper.id());
    drop(started.lifeline);
    let mut keeper = started.keeper;
    keeper.wait().unwrap();
    traces.vanish("all");
    assert_eq!(look(), before);
}

fn two_threads_are_refused(_: As) {
    // The harness has several threads, so this very process is an example.
    let (_lifeline, end) = kernel::sandbox::lifeline().unwrap();
    std::thread::scope(|scope| {
        let result = scope
            .spawn(|| kernel::sandbox::enter(end, &Default::default()))
            .join()
            .unwrap();
        let error = result.unwrap_err().to_string();
        assert!(error.contains("threads; it must have one"), "{error}");
    });
}
