//! What dies with what, and that nothing is left.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{ChildStdout, ExitCode};

use kernel::Namespace;
use kernel::exec::{Spec, Stdio, spawn};
use kernel::sandbox::Inside;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use support::{As, Started, eventually, outside, program, scene};

fn main() -> ExitCode {
    support::main_by_root_too(vec![
        outside(
            "the_end_of_one_is_the_end_of_all",
            the_end_of_one_is_the_end_of_all,
        ),
        outside("a_killed_starter_is_the_end", a_killed_starter_is_the_end),
        program("starter", starter),
        outside("the_cut_lifeline_is_the_end", the_cut_lifeline_is_the_end),
        outside("only_the_agent_holds_streams", only_the_agent_holds_streams),
        scene("lets_go", lets_go),
        outside("the_exit_code_is_the_agents", the_exit_code_is_the_agents),
        scene("exit_code", |_| std::process::exit(42)),
        outside("the_machine_is_unchanged", the_machine_is_unchanged),
        scene("a_lab", a_lab),
    ])
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

    /// Waits until nothing of it is left. Measured: 10 to 70 ms.
    fn vanish(&self, killed: &str) {
        eventually(&format!("all gone after the end of {killed}"), || {
            !self.family.iter().any(|&pid| support::is_alive(pid))
                && !self.namespaces.iter().any(|(kind, link)| {
                    support::namespaces(kind)
                        .iter()
                        .any(|other| other == Path::new(link))
                })
        });
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
