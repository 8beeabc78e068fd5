//! The engine's budgets, measured in real sandboxes: `cargo xtask bench engine` runs this beside
//! the peers and prints ratios.
//!
//! Each measurement is a scene in a sandbox of its own, started as an ordinary user. A scene
//! prints lines `NAME VALUE UNIT`; what only the machine can see (the kernel's own clearing up) is
//! watched from outside.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    missing_docs
)]

mod floods;
mod scenes;
#[path = "../../tests/support/mod.rs"]
mod support;
mod workers;

use std::io::{BufRead, BufReader, Write};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use nix::unistd::geteuid;
use support::{As, scene, start};

/// How long a scene may take.
const PATIENCE: Duration = Duration::from_secs(120);

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    if arguments.get(1).is_some_and(|word| word == "--inside") {
        return support::main(vec![
            scene("star", scenes::star),
            scene("edit", scenes::edit),
            scene("firewall", scenes::firewall),
            scene("idle", scenes::idle),
            scene("drift", scenes::drift),
            scene("floods", floods::floods),
            scene("memory", scenes::memory),
        ]);
    }
    // cargo passes `--bench`; what is left are the sizes of the star.
    let chosen = |name: &str| {
        let names = arguments
            .iter()
            .skip(1)
            .filter(|word| !word.starts_with('-'));
        let mut names = names
            .filter(|word| word.parse::<usize>().is_err())
            .peekable();
        names.peek().is_none() || names.any(|word| word == name)
    };
    let sizes: Vec<usize> = arguments
        .iter()
        .filter_map(|word| word.parse().ok())
        .collect();
    let sizes = if sizes.is_empty() {
        vec![10, 100, 1000]
    } else {
        sizes
    };
    for size in sizes.iter().filter(|_| chosen("star")) {
        for pool in [0, *size] {
            run("star", *size, pool);
        }
    }
    let largest = sizes.iter().copied().max().unwrap_or_default();
    for (name, size, pool) in [
        ("edit", 500, 0),
        ("edit", 500, 8),
        ("firewall", 100, 8),
        ("idle", 100, 0),
        ("drift", largest, 0),
        ("floods", largest, 0),
        ("floods", largest, 1),
        ("memory", largest, 0),
    ] {
        if chosen(name) {
            run(name, size, pool);
        }
    }
    ExitCode::SUCCESS
}

/// Runs a scene and prints what it says.
fn run(name: &'static str, size: usize, pool: usize) {
    let identity = if geteuid().is_root() {
        As::Ordinary
    } else {
        As::Myself
    };
    let mut started = start(name, identity);
    let mut input = started.keeper.stdin.take();
    writeln!(input.as_mut().unwrap(), "{size} {pool}").unwrap();
    let begin = Instant::now();
    let mut removing = None;
    for line in BufReader::new(started.keeper.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        match line.as_str() {
            "removing" => removing = Some(Instant::now()),
            "removed" => {
                let idle = workers::wait_until_idle(PATIENCE);
                let took = removing.map_or_else(|| begin.elapsed(), |at| idle - at);
                println!(
                    "{name} {size} pool {pool}: take-down {:.1} ms",
                    millis(took)
                );
                // The scene waits for this.
                drop(input.take());
            }
            figure => println!("{name} {size} pool {pool}: {figure}"),
        }
    }
    let output = started.output();
    eprint!("{}", String::from_utf8_lossy(&output.stderr));
    assert!(
        output.status.success(),
        "{name} {size}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}
