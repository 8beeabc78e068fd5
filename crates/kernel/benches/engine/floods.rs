//! What the kernel sends by itself on a bridge with many ports.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use kernel::sandbox::Inside;
use topology::document::Document;
use topology::{NamespaceId, edit, problem};

use crate::scenes::{Lab, Setting, star_of};

/// For how long frames are counted after the lab is there.
const WATCHED: Duration = Duration::from_secs(10);

/// A star as the commands would make it. `ready` other than 0 is with the switch that the problem
/// offers, taken before it comes up.
pub(crate) fn floods(_: &Inside) {
    let setting = Setting::read();
    let mut document = star_of(setting.size);
    if setting.ready > 0 {
        document = switched(document);
    }
    let lab = Lab::start();
    lab.apply(&document);
    let host = lab.engine.namespace(NamespaceId::HOST).unwrap();
    // What is sent at once, and what follows: routers are asked for again after seconds.
    let begin = Instant::now();
    let before = host.run(frames).unwrap();
    let mut last = before;
    let mut most = 0.0_f64;
    while begin.elapsed() < WATCHED {
        let since = Instant::now();
        thread::sleep(Duration::from_secs(1));
        let now = host.run(frames).unwrap();
        let seconds = since.elapsed().as_secs_f64();
        most = most.max((now - last) as f64 / seconds);
        last = now;
    }
    let seconds = begin.elapsed().as_secs_f64();
    let all = last - before;
    println!("frames {:.0} a second", all as f64 / seconds);
    println!("most-frames {most:.0} in one second");
    println!("frames-before {before} until it was there");
}

fn switched(mut document: Document) -> Document {
    let problems = problem::check(&document);
    let fixes = problems
        .iter()
        .flat_map(|found| problem::fixes(&document, found));
    let fixes: Vec<_> = fixes.collect();
    assert!(!fixes.is_empty(), "no switch is offered: {problems:#?}");
    for fix in fixes {
        edit::apply(&mut document, fix.edit).unwrap();
    }
    document
}

/// How many frames all interfaces of the namespace of this thread have sent and received, but for
/// the loopback.
fn frames() -> u64 {
    let text = fs::read_to_string("/proc/thread-self/net/dev").unwrap();
    let counted = text.lines().skip(2).filter_map(|line| {
        let (name, figures) = line.split_once(':')?;
        let figures: Vec<u64> = figures
            .split_whitespace()
            .map(|word| word.parse().unwrap())
            .collect();
        // Of /proc/net/dev: the second is received packets, the tenth sent ones.
        (name.trim() != "lo").then(|| figures[1] + figures[9])
    });
    counted.sum()
}
