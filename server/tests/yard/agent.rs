//! A scripted agent: it speaks the agent's protocol as the real one does, and does nothing.
//!
//! It is the test's own program, started through a shell script that leads to one of its tests; the
//! server does not know the difference. What it answers depends on what it is asked:
//! the functions below say how.

use std::collections::BTreeMap;
use std::io::Read;
use std::os::fd::RawFd;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use packet::{Record, Timestamp};
use protocol::capture::{CaptureId, CapturedPacket, SourceEvent};
use protocol::lab::ApplyFailure;
use protocol::ping::{PingEvent, PingId};
use protocol::reach::Reachability;
use server::agent::codec::{Reader, Writer};
use server::agent::protocol::{
    Answer, ExecCommand, ExecId, FromAgent, Request, Stdio, ToAgent, VERSION,
};
use tokio::net::UnixStream;
use tokio::net::unix::OwnedWriteHalf;
use topology::NamespaceId;
use topology::observed::{ObservedChange, ObservedNamespace};

/// The test that becomes an agent.
pub(crate) const AGENT: &str = "running::the_scripted_agent_speaks_the_agents_protocol";

const DESCRIPTORS: &str = "NETYARD_SCRIPTED_AGENT";

/// How long it takes to apply a document.
pub(crate) const APPLY: Duration = Duration::from_millis(100);

/// Packets of a capture with the filter `flood`.
pub(crate) const FLOOD: u64 = 150_000;

/// A program that is a scripted agent.
pub(crate) fn program(folder: &Path) -> PathBuf {
    let path = folder.join("agent");
    let own = std::env::current_exe().unwrap();
    // The last argument changes nothing; by it a test finds its own agents among the processes.
    let script = format!(
        "#!/bin/sh\n{DESCRIPTORS}=\"$2 $3\" exec '{}' --exact {AGENT} --nocapture --skip '{}'\n",
        own.display(),
        folder.display()
    );
    std::fs::write(&path, script).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).unwrap();
    path
}

/// How many agents run that were started by the program in that folder.
pub(crate) fn count(folder: &Path) -> usize {
    let folder = folder.to_str().unwrap();
    let processes = std::fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    let lines = processes
        .filter_map(|process| std::fs::read_to_string(process.path().join("cmdline")).ok());
    lines
        .filter(|line| line.contains(AGENT) && line.contains(folder))
        .count()
}

/// Runs as the agent if this process was started as one; never returns then.
pub(crate) fn run_if_started_as_one() {
    let Ok(text) = std::env::var(DESCRIPTORS) else {
        return;
    };
    let numbers: Vec<RawFd> = text
        .split(' ')
        .map(|number| number.parse().unwrap())
        .collect();
    // SAFETY: the starter has left both open for this process alone, and nothing else took them up.
    let [stream, lifeline] = [numbers[0], numbers[1]]
        .map(|number| unsafe { kernel::descriptors::adopt(number) }.unwrap());
    std::thread::spawn(move || {
        let mut byte = [0];
        // The end, or an error: either way nobody holds the other end any more.
        let _ = std::fs::File::from(lifeline).read(&mut byte);
        std::process::exit(0);
    });
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let stream = std::os::unix::net::UnixStream::from(stream);
        stream.set_nonblocking(true).unwrap();
        let (read, write) = UnixStream::from_std(stream).unwrap().into_split();
        let mut agent = Scripted {
            out: Writer::new(write),
            cats: BTreeMap::new(),
        };
        agent.say(FromAgent::Hello { version: VERSION }).await;
        let mut reader = Reader::new(read);
        while let Ok(Some(message)) = reader.next().await {
            agent.hear(message).await;
        }
    });
    std::process::exit(0);
}

struct Scripted {
    out: Writer<OwnedWriteHalf>,
    /// Commands `cat`, and what they have written.
    cats: BTreeMap<ExecId, u64>,
}

impl Scripted {
    async fn say(&mut self, message: FromAgent) {
        self.out.send(&message).await.unwrap();
    }

    async fn hear(&mut self, message: ToAgent) {
        match message {
            ToAgent::Hello { .. } | ToAgent::Resize { .. } | ToAgent::Signal { .. } => {}
            ToAgent::Request { number, request } => {
                let answer = self.answer(request).await;
                self.say(FromAgent::Answer { number, answer }).await;
            }
            ToAgent::Input { exec, bytes } => self.input(exec, bytes).await,
            ToAgent::Kill { exec } => self.say(FromAgent::Exited { exec, code: 137 }).await,
        }
    }

    async fn answer(&mut self, request: Request) -> Answer {
        match request {
            Request::Apply { document }
            | Request::PutRight { document }
            | Request::Revert { document, .. } => self.apply(&document).await,
            Request::StartPing { ping, target, .. } => self.ping(ping, target).await,
            // It leaves it to the server to say that the ping has stopped.
            Request::StopPing { .. } | Request::StopCapture { .. } => Answer::Done,
            Request::CheckFilter { filter, .. } => match filter.as_str() {
                "bad" => Answer::BadFilter("syntax error".into()),
                _ => Answer::Done,
            },
            Request::StartCapture {
                capture,
                sources,
                options,
            } => self.capture(capture, sources.len(), &options.filter).await,
            Request::Exec { exec, command } => self.exec(exec, command).await,
            Request::Counted { .. } => Answer::Counted(Vec::new()),
            Request::Reach { .. } => Answer::Reached(Box::new(Reachability {
                sources: Vec::new(),
                targets: Vec::new(),
                pairs: Vec::new(),
                took_ns: 1,
                limits: Vec::new(),
            })),
            Request::Probe { .. } => Answer::Failed("could not connect: nothing runs here".into()),
            Request::WatchCounters { .. } => Answer::Done,
        }
    }

    /// A lab called `refused` is refused by the kernel; any other is taken, slowly.
    async fn apply(&mut self, document: &topology::Document) -> Answer {
        tokio::time::sleep(APPLY).await;
        if document.title == "refused" {
            return Answer::NotApplied(ApplyFailure {
                subject: "host/br0".into(),
                namespace: Some(NamespaceId::HOST),
                interface: None,
                command: "ip link add br0 type bridge".into(),
                error: "Operation not supported (EOPNOTSUPP)".into(),
            });
        }
        let observed = ObservedNamespace {
            name: topology::NamespaceName::host(),
            interfaces: Default::default(),
            routes: Default::default(),
            rules: Default::default(),
            sysctls: Default::default(),
            forwarding: Default::default(),
            firewall: None,
        };
        let change = ObservedChange {
            namespaces: [(NamespaceId::HOST, Some(observed))].into(),
            ..ObservedChange::default()
        };
        self.say(FromAgent::Observed { change }).await;
        Answer::Done
    }

    /// It says something before it has answered, as a fast kernel may. `::1` cannot be pinged.
    async fn ping(&mut self, ping: PingId, target: std::net::IpAddr) -> Answer {
        if target.is_ipv6() {
            return Answer::Failed("Network is unreachable (ENETUNREACH)".into());
        }
        self.say(FromAgent::Ping {
            ping,
            event: PingEvent::Lost { sequence: 1 },
        })
        .await;
        Answer::Done
    }

    /// Three packets before the answer, one of each source in turn; very many with the filter
    /// `flood`.
    async fn capture(&mut self, capture: CaptureId, sources: usize, filter: &str) -> Answer {
        if filter == "bad" {
            return Answer::BadFilter("syntax error".into());
        }
        let total = if filter == "flood" { FLOOD } else { 3 };
        for first in (0..total).step_by(1_000) {
            let numbers = first..total.min(first + 1_000);
            let records = numbers.map(|n| CapturedPacket {
                source: (n % sources as u64) as u16,
                record: Record {
                    at: Timestamp(n),
                    length: 8,
                    data: n.to_le_bytes().to_vec(),
                },
            });
            self.say(FromAgent::Packets {
                capture,
                records: records.collect(),
            })
            .await;
        }
        let running = SourceEvent {
            running: true,
            ..SourceEvent::default()
        };
        let mut events = vec![running; sources];
        events[0].received = total;
        self.say(FromAgent::Capture {
            capture,
            sources: events,
        })
        .await;
        Answer::CaptureStarted {
            link_types: vec![1; sources],
        }
    }

    /// `echo`, `cat`, and `crash`, which ends the agent.
    async fn exec(&mut self, exec: ExecId, command: ExecCommand) -> Answer {
        let argv: Vec<_> = command
            .argv
            .iter()
            .map(|word| word.to_str().unwrap())
            .collect();
        match argv[0] {
            "echo" => {
                let kind = match command.stdio {
                    Stdio::Terminal(terminal) => format!("{} columns", terminal.columns),
                    stdio => format!("{stdio:?}"),
                };
                let text = format!("{} ({kind})", argv[1..].join(" "));
                for (is_error, text) in [
                    (false, text),
                    (true, command.directory.into_string().unwrap()),
                ] {
                    self.say(FromAgent::Output {
                        exec,
                        is_error,
                        bytes: text.into(),
                    })
                    .await;
                }
                self.say(FromAgent::Exited { exec, code: 7 }).await;
            }
            "cat" => {
                self.cats.insert(exec, 0);
            }
            "crash" => std::process::exit(3),
            other => {
                return Answer::Failed(format!(
                    "could not run {other}: No such file or directory (ENOENT)"
                ));
            }
        }
        Answer::Done
    }

    async fn input(&mut self, exec: ExecId, bytes: Vec<u8>) {
        if bytes.is_empty() {
            let total = self.cats.remove(&exec).unwrap_or(0);
            return self
                .say(FromAgent::Exited {
                    exec,
                    code: (total % 100) as i32,
                })
                .await;
        }
        if let Some(total) = self.cats.get_mut(&exec) {
            *total += bytes.len() as u64;
            self.say(FromAgent::InputTaken {
                exec,
                bytes: bytes.len() as u64,
            })
            .await;
            self.say(FromAgent::Output {
                exec,
                is_error: false,
                bytes,
            })
            .await;
        }
    }
}
