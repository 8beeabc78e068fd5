//! The round-trip time that a ping tells, beside that of `ping` at the same interval.
//!
//! Below 10 ms `ping` does not sleep between its requests but asks the kernel again and again
//! (`MSG_DONTWAIT`), so that its caches stay warm; ours sleeps. Both are told.

use kernel::Namespace;
use kernel::probe::{Ping, PingOptions};
use protocol::ping::PingEvent;

use crate::lab::{Lab, ip};

/// How many requests are sent by each.
const COUNT: u64 = 200;
/// Milliseconds from one to the next: so short that `ping` does not sleep, and so long that it does.
const INTERVALS: [u32; 2] = [2, 20];

/// Measures from a namespace to an address and prints.
pub(crate) fn print(lab: &Lab, from: &Namespace, target: &str) {
    for interval in INTERVALS {
        // One after the other, and the other first the next time.
        for round in 0..2 {
            let mut both = [("rtt-netyard", true), ("rtt-ping", false)];
            both.rotate_left(round);
            for (name, is_ours) in both {
                let mut times = match is_ours {
                    true => ours(lab, from, target, interval),
                    false => peers(from, target, interval),
                };
                times.sort_by(f64::total_cmp);
                let at = |part: usize| times.get(times.len() * part / 100).copied().unwrap();
                println!(
                    "{name}-{interval}ms {:.2} us, p99 {:.2} us, {} replies",
                    at(50),
                    at(99),
                    times.len()
                );
            }
        }
    }
}

/// Microseconds.
fn ours(lab: &Lab, from: &Namespace, target: &str, interval_ms: u32) -> Vec<f64> {
    let options = PingOptions {
        interval_ms,
        count: Some(COUNT),
        ..PingOptions::default()
    };
    let mut times = Vec::new();
    lab.runtime.block_on(async {
        let target = target.parse().unwrap();
        let (_ping, mut events) = Ping::start(from, target, &options, None).unwrap();
        while let Some(event) = events.recv().await {
            if let PingEvent::Reply { rtt_ns, .. } = event {
                times.push(rtt_ns as f64 / 1e3);
            }
        }
    });
    times
}

fn peers(from: &Namespace, target: &str, interval_ms: u32) -> Vec<f64> {
    let seconds = f64::from(interval_ms) / 1e3;
    let text = ip::must(from, &format!("ping -n -i {seconds} -c {COUNT} {target}"));
    let times = text.lines().filter_map(|line| {
        let (_, time) = line.split_once("time=")?;
        time.split_whitespace().next()?.parse::<f64>().ok()
    });
    times.map(|milliseconds| milliseconds * 1e3).collect()
}
