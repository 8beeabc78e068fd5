//! The round-trip time that a ping tells, beside that of `ping` at the same interval, and what each
//! uses of the processor.

use kernel::Namespace;
use kernel::probe::{Ping, PingOptions};
use nix::sys::resource::{UsageWho, getrusage};
use protocol::ping::PingEvent;

use crate::lab::{Lab, ip};

/// Milliseconds from one request to the next, and how many are sent by each. `ping` does not sleep
/// in the first.
const PACES: [(u32, u64); 3] = [(2, 200), (20, 50), (1000, 4)];

/// Round-trip times, and what the processor gave to each request: microseconds.
struct Measured {
    times: Vec<f64>,
    cpu: f64,
}

/// Measures from a namespace to an address and prints. The first of both is another one in each
/// `round`.
pub(crate) fn print(lab: &Lab, from: &Namespace, target: &str, round: usize) {
    for (interval, count) in PACES {
        let mut both = [("netyard", true), ("ping", false)];
        both.rotate_left(round % 2);
        for (name, is_ours) in both {
            let Measured { mut times, cpu } = match is_ours {
                true => ours(lab, from, target, interval, count),
                false => peers(from, target, interval, count),
            };
            times.sort_by(f64::total_cmp);
            let at = |part: usize| times.get(times.len() * part / 100).copied().unwrap();
            println!("{interval}ms-{name}-p50 {:.2} us", at(50));
            println!("{interval}ms-{name}-p99 {:.2} us", at(99));
            println!("{interval}ms-{name}-cpu {cpu:.1} us a request");
            assert_eq!(times.len() as u64, count, "{name}, {interval} ms");
        }
    }
}

fn ours(lab: &Lab, from: &Namespace, target: &str, interval_ms: u32, count: u64) -> Measured {
    let options = PingOptions {
        interval_ms,
        count: Some(count),
        ..PingOptions::default()
    };
    let mut times = Vec::new();
    // The runtime has this thread only, as the agent's.
    let before = used(UsageWho::RUSAGE_THREAD);
    lab.runtime.block_on(async {
        let target = target.parse().unwrap();
        let (_ping, mut events) = Ping::start(from, target, &options, None).unwrap();
        while let Some(event) = events.recv().await {
            if let PingEvent::Reply { rtt_ns, .. } = event {
                times.push(rtt_ns as f64 / 1e3);
            }
        }
    });
    Measured {
        times,
        cpu: (used(UsageWho::RUSAGE_THREAD) - before) / count as f64,
    }
}

fn peers(from: &Namespace, target: &str, interval_ms: u32, count: u64) -> Measured {
    let seconds = f64::from(interval_ms) / 1e3;
    let before = used(UsageWho::RUSAGE_CHILDREN);
    let text = ip::must(from, &format!("ping -n -i {seconds} -c {count} {target}"));
    let cpu = (used(UsageWho::RUSAGE_CHILDREN) - before) / count as f64;
    let times = text.lines().filter_map(|line| {
        let (_, time) = line.split_once("time=")?;
        time.split_whitespace().next()?.parse::<f64>().ok()
    });
    let times = times.map(|milliseconds| milliseconds * 1e3).collect();
    Measured { times, cpu }
}

/// Microseconds of the processor.
fn used(who: UsageWho) -> f64 {
    let usage = getrusage(who).unwrap();
    let parts = [usage.user_time(), usage.system_time()];
    let parts = parts.map(|part| part.tv_sec() as f64 * 1e6 + part.tv_usec() as f64);
    parts.iter().sum()
}
