//! What a capture of a load costs, and how late it is.

use std::fmt;
use std::fs;
use std::io::Read;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use kernel::Namespace;
use kernel::capture::{Capture, CaptureItem, CaptureOptions};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::lab::Lab;
use crate::load::{Load, Sent};

/// What was measured of one capture.
pub(crate) struct Measured {
    sent: Sent,
    /// On how many interfaces each packet was to be taken.
    times: u64,
    got: u64,
    /// As the kernel counted it.
    dropped: u64,
    processor: Duration,
    /// From the kernel's stamp to the reader, in rising order, where it was measured.
    late: Vec<Duration>,
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            sent,
            times,
            got,
            dropped,
            ..
        } = self;
        let each = self.processor.as_secs_f64() * 1e6 / (*got).max(1) as f64;
        let lost = (times * sent.packets).saturating_sub(*got);
        write!(
            f,
            "cpu {each:.3} us a packet, {sent}, {got} packets taken, {lost} lost, {dropped} dropped by the kernel"
        )?;
        let at = |part: usize| {
            let place = self.late.len() * part / 1000;
            (self.late.get(place).copied().unwrap_or_default()).as_secs_f64() * 1e3
        };
        match self.late.is_empty() {
            true => Ok(()),
            false => write!(f, ", late p50 {:.2} ms p99 {:.2} ms", at(500), at(990)),
        }
    }
}

/// By `tcpdump -w` on the far end, into `/dev/null`; in its words why not: it must be able to turn
/// into its own user, which takes a range of user ids.
pub(crate) fn tcpdump(namespace: &Namespace, load: &Load) -> Result<Measured, String> {
    let mut command = Command::new("tcpdump");
    command
        .args(["-i", "bench-b", "-n", "-w", "-"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let before = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap();
    let mut child = namespace.run(|| command.spawn()).unwrap().unwrap();
    let mut error = child.stderr.take().unwrap();
    let mut text = String::new();
    // It says when it listens.
    while !text.contains("listening on") {
        let mut byte = [0; 1];
        if error.read(&mut byte).unwrap() == 0 {
            child.wait().unwrap();
            return Err(text);
        }
        text.push(char::from(byte[0]));
    }
    thread::sleep(Duration::from_millis(300));
    let sent = load.send(namespace);
    // It takes a block that is not full only after its time-out of one second.
    thread::sleep(Duration::from_millis(1_200));
    let pid = Pid::from_raw(child.id().try_into().unwrap());
    kill(pid, Signal::SIGINT).unwrap();
    error.read_to_string(&mut text).unwrap();
    child.wait().unwrap();
    let after = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap();
    let used = |usage: nix::sys::resource::Usage| {
        let parts = [usage.user_time(), usage.system_time()];
        let parts = parts.map(|part| part.tv_sec() as f64 + part.tv_usec() as f64 / 1e6);
        Duration::from_secs_f64(parts.iter().sum())
    };
    let count = |what: &str| {
        let line = text.lines().find(|line| line.contains(what));
        line.and_then(|line| line.split_whitespace().next()?.parse().ok())
            .unwrap_or_else(|| panic!("tcpdump does not say {what}: {text}"))
    };
    Ok(Measured {
        sent,
        times: 1,
        got: count("captured"),
        dropped: count("dropped by kernel"),
        processor: used(after).saturating_sub(used(before)),
        late: Vec::new(),
    })
}

/// By our own, as the agent does it: all that its threads and the reader of their packets use.
pub(crate) fn ours(lab: &Lab, namespace: &Namespace, interfaces: &[&str], load: &Load) -> Measured {
    let sources: Vec<_> = (interfaces.iter())
        .map(|name| (namespace.clone(), (*name).to_owned()))
        .collect();
    let options = CaptureOptions::default();
    let (capture, mut items) = Capture::start(&sources, "udp", &options).unwrap();
    let link_types = capture.link_types().len();
    assert_eq!(link_types, interfaces.len());
    let (sending, from) = (*load, namespace.clone());
    let sender = thread::spawn(move || {
        thread::sleep(Duration::from_millis(300));
        let sent = sending.send(&from);
        thread::sleep(Duration::from_millis(300));
        // The processor's time of the threads, before they end.
        let used = threads("capture");
        drop(capture);
        (sent, used)
    });
    let begin = own();
    let (mut got, mut received, mut dropped, mut late) = (0, 0, 0, Vec::new());
    lab.runtime.block_on(async {
        while let Some(item) = items.next().await {
            match item {
                CaptureItem::Packets(packets) => {
                    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
                    got += packets.len() as u64;
                    // Its first and its last are enough of a batch, which comes at once.
                    for packet in [packets.first(), packets.last()].into_iter().flatten() {
                        late.push(now.saturating_sub(Duration::from_nanos(packet.record.at.0)));
                    }
                }
                CaptureItem::Sources(sources) => {
                    received = sources.iter().map(|source| source.received).sum();
                    dropped = sources.iter().map(|source| source.dropped).sum();
                }
            }
        }
    });
    let reader = own().saturating_sub(begin);
    let (sent, workers) = sender.join().unwrap();
    assert_eq!(received, got + dropped);
    late.sort();
    Measured {
        sent,
        times: interfaces.len() as u64,
        got,
        dropped,
        processor: workers + reader,
        late,
    }
}

/// What this thread has used of the processor.
fn own() -> Duration {
    schedule("/proc/thread-self/schedstat")
}

/// What the threads of that name have.
fn threads(name: &str) -> Duration {
    let tasks = fs::read_dir("/proc/self/task").unwrap();
    let paths = tasks.map(|task| task.unwrap().path());
    let named = paths.filter(|path| {
        let text = fs::read_to_string(path.join("comm")).unwrap_or_default();
        text.trim() == name
    });
    named
        .map(|path| schedule(&path.join("schedstat").display().to_string()))
        .sum()
}

fn schedule(path: &str) -> Duration {
    let text = fs::read_to_string(path).unwrap();
    let used = text.split_whitespace().next().unwrap();
    Duration::from_nanos(used.parse().unwrap())
}
