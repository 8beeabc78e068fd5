//! All pairs of a star, measured in a real sandbox: `cargo xtask bench reach` runs this beside the
//! peers and prints ratios. Arguments are sizes of stars; `rtt N` measures round trips instead, N times.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    missing_docs
)]

#[path = "../../tests/support/lab.rs"]
mod lab;
mod rtt;
#[path = "../../tests/support/mod.rs"]
mod support;

use std::io::{Read, Write, stdin};
use std::process::ExitCode;

use kernel::probe::reachability;
use kernel::sandbox::Inside;
use nix::unistd::geteuid;
use protocol::reach::{ReachOptions, ReachResult, Reachability};
use support::{As, PATIENCE, scene, start};
use topology::NamespaceId;

/// How often a star is measured: once without known neighbours, then with them.
const ROUNDS: usize = 6;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    if arguments.get(1).is_some_and(|word| word == "--inside") {
        return support::main(vec![scene("reach", reach), scene("rtt", rtt)]);
    }
    if arguments.get(1).is_some_and(|word| word == "rtt") {
        let rounds = arguments.get(2).map_or("5", String::as_str);
        run("rtt", As::Myself, rounds, "rtt");
        return ExitCode::SUCCESS;
    }
    let mut sizes: Vec<u8> = arguments
        .iter()
        .filter_map(|word| word.parse().ok())
        .collect();
    if sizes.is_empty() {
        sizes = vec![10, 32, 64, 100];
    }
    for size in sizes {
        let identity = if geteuid().is_root() {
            As::Ordinary
        } else {
            As::Myself
        };
        run(
            "reach",
            identity,
            &size.to_string(),
            &format!("reach {size}"),
        );
    }
    ExitCode::SUCCESS
}

/// Runs a scene with that as its input and prints what it says, each line behind a title.
fn run(scene: &str, identity: As, input: &str, title: &str) {
    let mut started = start(scene, identity);
    let mut stdin = started.keeper.stdin.take().unwrap();
    writeln!(stdin, "{input}").unwrap();
    drop(stdin);
    let output = started.output();
    eprint!("{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{title}");
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        println!("{title}: {line}");
    }
}

/// Between two leaves of a small star, across its bridge.
fn rtt(_: &Inside) {
    let mut text = String::new();
    stdin().read_to_string(&mut text).unwrap();
    let rounds: usize = text.trim().parse().unwrap();
    let lab = lab::Lab::start(&lab::labs::star(2));
    let observed = lab.engine.observed();
    let leaf = (observed.namespaces.keys()).find(|id| **id != NamespaceId::HOST);
    let leaf = lab.namespace(*leaf.unwrap());
    for round in 0..rounds {
        rtt::print(&lab, &leaf, "10.0.0.2", round);
    }
}

fn reach(_: &Inside) {
    let mut text = String::new();
    stdin().read_to_string(&mut text).unwrap();
    let size: u8 = text.trim().parse().unwrap();
    let lab = lab::Lab::start(&lab::labs::star(size));
    for round in 0..ROUNDS {
        let found = reachability(&*lab.engine, &ReachOptions::default()).unwrap();
        let name = match (round, found.limits.is_empty()) {
            (0, true) => "cold",
            (_, true) => "warm",
            (_, false) => "paced",
        };
        println!(
            "{name} {:.2} ms, {}",
            found.took_ns as f64 / 1e6,
            told(&found)
        );
        if found.unreachable() > 0 {
            println!("lost {} pairs", found.unreachable());
        }
    }
}

fn told(found: &Reachability) -> String {
    let mut rtts: Vec<u64> = found
        .pairs
        .iter()
        .filter_map(|pair| match pair.result {
            ReachResult::Reachable { rtt_ns, .. } => Some(rtt_ns),
            ReachResult::Unreachable(_) => None,
        })
        .collect();
    rtts.sort_unstable();
    let at = |part: usize| rtts.get(rtts.len() * part / 100).copied().unwrap_or(0) as f64 / 1e3;
    let (pairs, p50, p99) = (rtts.len(), at(50), at(99));
    let limits = found.limits.iter().map(|l| format!(", {} waves", l.waves));
    format!(
        "{pairs} of {} pairs, rtt p50 {p50:.1} us p99 {p99:.1} us{}",
        found.pairs.len(),
        limits.collect::<String>()
    )
}
