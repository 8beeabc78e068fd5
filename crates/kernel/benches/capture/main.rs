//! Captures at the highest rate and at a low one, measured in a real sandbox beside `tcpdump`:
//! `cargo xtask bench capture` runs this. Arguments are rates, packets a second; 0 is as fast as it
//! goes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    missing_docs
)]

#[path = "../../tests/support/lab.rs"]
mod lab;
mod load;
mod measure;
#[path = "../../tests/support/mod.rs"]
mod support;

use std::io::{Read, Write, stdin};
use std::process::ExitCode;
use std::time::Duration;

use kernel::sandbox::Inside;
use support::{As, PATIENCE, scene, start};

/// How long each load lasts.
const LASTS: Duration = Duration::from_secs(2);
/// The lowest rate is sent for longer, for it is few packets.
const LASTS_LOW: Duration = Duration::from_secs(8);
/// Below this many a second a rate is low.
const LOW: u32 = 1_000;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    if arguments.get(1).is_some_and(|word| word == "--inside") {
        return support::main(vec![scene("capture", capture)]);
    }
    let mut rates: Vec<u32> = arguments
        .iter()
        .filter_map(|word| word.parse().ok())
        .collect();
    if rates.is_empty() {
        rates = vec![0, 10];
    }
    for rate in rates {
        // Not `As::Ordinary`, who may have no range of user ids, which tcpdump needs.
        let mut started = start("capture", As::Myself);
        let mut input = started.keeper.stdin.take().unwrap();
        writeln!(input, "{rate}").unwrap();
        drop(input);
        let output = started.output();
        eprint!("{}", String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "a rate of {rate}");
        let name = match rate {
            0 => "full rate".to_owned(),
            rate => format!("{rate} a second"),
        };
        for line in String::from_utf8_lossy(&output.stdout).lines() {
            println!("capture {name}, {line}");
        }
    }
    ExitCode::SUCCESS
}

/// A cable whose other end nobody answers at: what is sent is taken there and dropped early.
fn capture(_: &Inside) {
    let mut text = String::new();
    stdin().read_to_string(&mut text).unwrap();
    let rate: u32 = text.trim().parse().unwrap();
    let article = lab::labs::article();
    let lab = lab::Lab::start(&article.builder.document);
    for command in [
        "ip link add bench-a type veth peer name bench-b",
        "ip addr add 10.78.0.1/24 dev bench-a",
        "ip link set bench-a up",
        "ip link set bench-b up",
        "ip neigh add 10.78.0.2 lladdr 02:00:00:00:00:02 dev bench-a",
    ] {
        lab.must(article.red, command);
    }
    let red = lab.namespace(article.red);
    let lasts = if (1..LOW).contains(&rate) {
        LASTS_LOW
    } else {
        LASTS
    };
    let load = load::Load { rate, lasts };
    println!("sender alone: {}", load.send(&red));
    match measure::tcpdump(&red, &load) {
        Ok(peer) => println!("tcpdump -w: {peer}"),
        Err(error) => eprintln!("tcpdump is not measured: {}", error.trim()),
    }
    for sources in [&["bench-b"][..], &["bench-a", "bench-b"]] {
        let ours = measure::ours(&lab, &red, sources, &load);
        println!("netyard, {} interfaces: {ours}", sources.len());
    }
}
