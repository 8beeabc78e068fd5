//! Commands inside namespaces: exit codes, streams, terminals, surroundings.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use kernel::Namespace;
use kernel::exec::{Child, Spec, Stdio, Terminal, spawn};
use kernel::sandbox::{Inside, Mapped};
use support::inside;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

fn main() -> ExitCode {
    support::main_by_root_too(vec![
        inside("exit_codes_are_the_commands", exit_codes_are_the_commands),
        inside("streams_are_piped", streams_are_piped),
        inside("a_terminal_controls", a_terminal_controls),
        inside(
            "surroundings_are_the_namespaces",
            surroundings_are_the_namespaces,
        ),
        inside(
            "the_end_takes_all_descendants",
            the_end_takes_all_descendants,
        ),
        inside("a_kill_takes_all_descendants", a_kill_takes_all_descendants),
        inside("signals_reach_the_command", signals_reach_the_command),
        inside("names_work_in_host_only", names_work_in_host_only),
        inside("a_start_is_fast", a_start_is_fast),
    ])
}

/// As the agent is: a runtime with several threads.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(future)
}

fn spec(words: &[&str], stdio: Stdio) -> Spec {
    let (program, arguments) = words.split_first().unwrap();
    Spec {
        program: program.into(),
        arguments: arguments.iter().map(Into::into).collect(),
        stdio,
        ..Spec::default()
    }
}

async fn start(namespace: &Namespace, words: &[&str]) -> Child {
    spawn(namespace, &spec(words, Stdio::Piped)).await.unwrap()
}

/// Runs a command; its exit code, output and errors.
async fn output(namespace: &Namespace, words: &[&str]) -> (i32, String, String) {
    let mut child = start(namespace, words).await;
    drop(child.stdin.take());
    let (mut out, mut err) = (String::new(), String::new());
    let mut stdout = child.stdout.take().unwrap();
    let mut stderr = child.stderr.take().unwrap();
    let (a, b) = tokio::join!(
        stdout.read_to_string(&mut out),
        stderr.read_to_string(&mut err)
    );
    a.unwrap();
    b.unwrap();
    (child.wait().await.unwrap(), out, err)
}

/// Runs a command that must succeed; its output without the last line end.
async fn ask(namespace: &Namespace, words: &[&str]) -> String {
    let (code, out, err) = output(namespace, words).await;
    assert_eq!((code, err.as_str()), (0, ""), "{words:?}");
    out.trim_end().to_owned()
}

fn exit_codes_are_the_commands(sandbox: &Inside) {
    block_on(async {
        let red = Namespace::create("red").unwrap();
        for namespace in [&sandbox.host, &red] {
            let code = async |words: &[&str]| output(namespace, words).await.0;
            assert_eq!(code(&["true"]).await, 0);
            assert_eq!(code(&["sh", "-c", "exit 42"]).await, 42);
            assert_eq!(code(&["sh", "-c", "kill -TERM $$"]).await, 128 + 15);
            assert_eq!(code(&["sh", "-c", "kill -KILL $$"]).await, 128 + 9);

            let (code, _, err) = output(namespace, &["no-such-program"]).await;
            assert_eq!(code, 127);
            let name = namespace.name();
            assert_eq!(
                err,
                format!("netyard: {name}: no-such-program: command not found\n")
            );

            let (code, _, err) = output(namespace, &["/etc/passwd"]).await;
            assert_eq!(code, 126);
            assert!(err.contains("/etc/passwd: Permission denied"), "{err}");
        }
    });
}

fn streams_are_piped(_: &Inside) {
    block_on(async {
        let red = Namespace::create("red").unwrap();
        let mut child = start(&red, &["sh", "-c", "cat; echo done >&2"]).await;
        let text = "x".repeat(1 << 20);
        let mut stdin = child.stdin.take().unwrap();
        let mut stdout = child.stdout.take().unwrap();
        let mut got = String::new();
        let write = async {
            stdin.write_all(text.as_bytes()).await.unwrap();
            drop(stdin);
        };
        tokio::join!(write, async {
            stdout.read_to_string(&mut got).await.unwrap()
        });
        assert_eq!(got.len(), text.len());
        let mut err = String::new();
        child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut err)
            .await
            .unwrap();
        assert_eq!(err, "done\n");
        assert_eq!(child.wait().await.unwrap(), 0);
        assert_eq!(child.wait().await.unwrap(), 0);

        // A command that closes its output is seen to, though it goes on.
        let mut child = start(&red, &["sh", "-c", "exec >&- 2>&-; sleep 100"]).await;
        let mut stdout = child.stdout.take().unwrap();
        assert_eq!(stdout.read(&mut [0]).await.unwrap(), 0);
    });
}

fn a_terminal_controls(_: &Inside) {
    block_on(async {
        let red = Namespace::create("red").unwrap();
        let stdio = Stdio::Terminal {
            rows: 31,
            columns: 117,
        };
        let mut child = spawn(&red, &spec(&["sh"], stdio)).await.unwrap();
        let mut screen = Screen::of(&mut child);
        screen.enter("stty size; tty\n").await;
        screen.shows("31 117").await;
        screen.shows("/dev/pts/").await;
        let size = kernel::exec::TerminalSize::new(40, 80);
        screen.terminal.resize(size).unwrap();
        screen.enter("stty size\n").await;
        screen.shows("40 80").await;
        // Ctrl-C ends the command in front, and not the shell. What `cat`
        // answers is seen twice: as typed, and as written by it.
        screen.enter("cat\nhello\n").await;
        screen.shows("hello").await;
        screen.shows("hello").await;
        screen.enter("\x03").await;
        screen.shows("# ").await;
        screen.enter("echo st''ill\n").await;
        screen.shows("still").await;
        screen.enter("exit 7\n").await;
        assert_eq!(child.wait().await.unwrap(), 7);
        // No signal of the kernel's own either way: SIGINT ends a plain command.
        let mut child = spawn(&red, &spec(&["sleep", "1000"], stdio)).await.unwrap();
        child
            .terminal
            .as_mut()
            .unwrap()
            .write_all(b"\x03")
            .await
            .unwrap();
        assert_eq!(child.wait().await.unwrap(), 128 + 2);
    });
}

struct Screen {
    terminal: Terminal,
    unread: String,
}

impl Screen {
    fn of(child: &mut Child) -> Self {
        let terminal = child.terminal.take().unwrap();
        Self {
            terminal,
            unread: String::new(),
        }
    }

    async fn enter(&mut self, text: &str) {
        self.terminal.write_all(text.as_bytes()).await.unwrap();
    }

    /// Reads on until `text` has been shown.
    async fn shows(&mut self, text: &str) {
        let reading = async {
            let mut buffer = [0; 512];
            while !self.unread.contains(text) {
                let count = self.terminal.read(&mut buffer).await.unwrap();
                let new = String::from_utf8_lossy(&buffer[..count]);
                self.unread.push_str(&new);
            }
        };
        let result = tokio::time::timeout(support::PATIENCE, reading).await;
        assert!(result.is_ok(), "{text:?} is not in {:?}", self.unread);
        self.unread = self.unread.split_once(text).unwrap().1.to_owned();
    }
}

fn surroundings_are_the_namespaces(sandbox: &Inside) {
    block_on(async {
        let red = Namespace::create("red").unwrap();
        let net = ask(&red, &["readlink", "/proc/self/ns/net"]).await;
        assert_eq!(net, format!("net:[{}]", red.inode()));
        let net = ask(&sandbox.host, &["readlink", "/proc/self/ns/net"]).await;
        assert_eq!(net, format!("net:[{}]", sandbox.host.inode()));
        assert_eq!(ask(&red, &["hostname"]).await, "red");
        assert_eq!(ask(&red, &["id", "-u"]).await, "0");
        assert_eq!(ask(&red, &["ls", "/sys/class/net"]).await, "lo");
        assert_eq!(ask(&red, &["ls", "-A", "/run"]).await, "");
        // What is for programs alone is set for the first of them: ICMP datagram sockets.
        let groups = "net/ipv4/ping_group_range";
        assert_eq!(red.sysctl_read(groups).unwrap(), "0\t0");
        let blue = Namespace::create("blue").unwrap();
        assert_ne!(blue.sysctl_read(groups).unwrap(), "0\t0");
        // Rules do not see what bridges carry, whatever br_netfilter begins with.
        for calls in ["iptables", "ip6tables", "arptables"] {
            let setting = format!("net/bridge/bridge-nf-call-{calls}");
            if Path::new("/proc/sys").join(&setting).exists() {
                assert_eq!(blue.sysctl_read(&setting).unwrap(), "0");
            }
        }
        // Its own processes and no other: init and the command.
        let count = ask(&red, &["sh", "-c", "echo /proc/[0-9]*"]).await;
        assert_eq!(count, "/proc/1 /proc/2");
        assert_eq!(
            ask(&red, &["sh", "-c", "echo /proc/self/fd/*"]).await,
            "/proc/self/fd/0 /proc/self/fd/1 /proc/self/fd/2 /proc/self/fd/3"
        );
        assert_eq!(ask(&red, &["sh", "-c", "ulimit -Sn"]).await, "1024");
        assert!(
            ask(&red, &["grep", "NoNewPrivs", "/proc/self/status"])
                .await
                .ends_with('1')
        );
        let mut there = spec(&["pwd"], Stdio::Piped);
        for (directory, found) in [
            ("/usr", "/usr"),
            ("/sys/class", "/sys/class"),
            ("/no/where", "/"),
        ] {
            there.directory = Some(directory.into());
            let mut child = spawn(&red, &there).await.unwrap();
            let mut out = String::new();
            child
                .stdout
                .take()
                .unwrap()
                .read_to_string(&mut out)
                .await
                .unwrap();
            assert_eq!(out.trim_end(), found);
        }
        // Where there are other users, a program can turn into one.
        if sandbox.ids.users == Mapped::Range && sandbox.ids.groups == Mapped::Range {
            let other = [
                "setpriv",
                "--reuid",
                "101",
                "--regid",
                "102",
                "--clear-groups",
                "id",
                "-u",
            ];
            assert_eq!(ask(&red, &other).await, "101");
        }
        // Root of it: its own settings, links and pings.
        ask(&red, &["ip", "link", "set", "lo", "up"]).await;
        ask(&red, &["ping", "-c", "1", "-W", "1", "127.0.0.1"]).await;
        ask(&red, &["sysctl", "-w", "net.ipv4.ip_forward=1"]).await;
        assert_eq!(red.sysctl_read("net/ipv4/ip_forward").unwrap(), "1");
        assert_eq!(
            sandbox.host.sysctl_read("net/ipv4/ip_forward").unwrap(),
            "0"
        );
    });
}

fn the_end_takes_all_descendants(_: &Inside) {
    block_on(async {
        let red = Namespace::create("red").unwrap();
        let before = support::processes().len();
        let (code, ..) = output(&red, &["sh", "-c", "setsid sleep 1000 & exit 3"]).await;
        assert_eq!(code, 3);
        support::eventually("gone", || support::processes().len() == before);
    });
}

/// Once each, and nobody but the command: neither the processes around it nor its children.
fn signals_reach_the_command(sandbox: &Inside) {
    block_on(async {
        let red = Namespace::create("red").unwrap();
        for namespace in [&sandbox.host, &red] {
            for signal in [1, 2, 3, 15] {
                let mut child = start(namespace, &["sleep", "1000"]).await;
                child.signal(signal).unwrap();
                assert_eq!(child.wait().await.unwrap(), 128 + signal);
                child
                    .signal(signal)
                    .expect("it has ended, which is no error");
            }
            let script = "trap 'n=$((n+1)); echo $n' INT; echo up; while :; do read line; done";
            let mut child = start(namespace, &["sh", "-c", script]).await;
            let mut stdout = child.stdout.take().unwrap();
            for expected in ["up\n", "1\n", "2\n"] {
                let mut read = vec![0; expected.len()];
                stdout.read_exact(&mut read).await.unwrap();
                assert_eq!(String::from_utf8(read).unwrap(), expected);
                child.signal(2).unwrap();
            }
            assert!(child.signal(10).is_err(), "SIGUSR1 is none of them");
            child.kill().unwrap();
            child.wait().await.unwrap();
        }
    });
}

fn a_kill_takes_all_descendants(_: &Inside) {
    block_on(async {
        let red = Namespace::create("red").unwrap();
        let before = support::processes().len();
        let script = "setsid sleep 1000 & echo up; wait";
        let mut child = start(&red, &["sh", "-c", script]).await;
        let mut stdout = child.stdout.take().unwrap();
        stdout.read_exact(&mut [0; 3]).await.unwrap();
        assert_eq!(support::processes().len(), before + 4);
        child.kill().unwrap();
        assert_eq!(child.wait().await.unwrap(), 128 + 9);
        child.kill().unwrap();
        support::eventually("gone", || support::processes().len() == before);

        drop(start(&red, &["sh", "-c", script]).await);
        support::eventually("gone", || support::processes().len() == before);
    });
}

fn names_work_in_host_only(sandbox: &Inside) {
    block_on(async {
        let red = Namespace::create("red").unwrap();
        red.publish("red").unwrap();
        assert!(red.publish("red").is_err());
        let host = &sandbox.host;
        assert_eq!(ask(host, &["ip", "netns"]).await, "red");
        let inside = [
            "ip",
            "netns",
            "exec",
            "red",
            "readlink",
            "/proc/self/ns/net",
        ];
        assert_eq!(ask(host, &inside).await, format!("net:[{}]", red.inode()));
        ask(host, &["ip", "-n", "red", "link", "set", "lo", "up"]).await;
        let flags = ask(&red, &["cat", "/sys/class/net/lo/flags"]).await;
        assert_eq!(flags, "0x9");
        let link = ask(host, &["ip", "netns", "exec", "red", "ip", "link"]).await;
        assert!(link.contains("lo: <LOOPBACK,UP,LOWER_UP>"), "{link}");
        assert_eq!(ask(&red, &["ip", "netns"]).await, "");

        // A name given in one shell is known in the next, and to the agent.
        ask(host, &["ip", "netns", "add", "green"]).await;
        assert!(ask(host, &["ip", "netns"]).await.contains("green"));
        ask(host, &["ip", "netns", "exec", "green", "ip", "link"]).await;
        Namespace::unpublish("green").unwrap();
        Namespace::unpublish("red").unwrap();
        assert_eq!(ask(host, &["ip", "netns"]).await, "");
        assert!(Namespace::unpublish("red").is_err());
    });
}

fn a_start_is_fast(sandbox: &Inside) {
    block_on(async {
        let red = Namespace::create("red").unwrap();
        for namespace in [&sandbox.host, &red] {
            let mut times: Vec<_> = Vec::new();
            for _ in 0..20 {
                let start = Instant::now();
                let child = spawn(namespace, &spec(&["true"], Stdio::Inherit)).await;
                times.push(start.elapsed());
                assert_eq!(child.unwrap().wait().await.unwrap(), 0);
            }
            times.sort();
            // Measured: 2.5 ms (goal: 5 ms). The best of many, with room, so
            // that a loaded machine does not fail it.
            let best = times.first().unwrap();
            assert!(*best < Duration::from_millis(20), "{namespace}: {times:?}");
        }
    });
}
