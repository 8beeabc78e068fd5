//! `cargo xtask bench reach`: who reaches whom, beside raw sockets, fping and Mininet, and how long
//! a round trip takes, beside `ping`, in one run.
//!
//! The kernel's neighbour table is one for all namespaces of the machine: the peers' script raises
//! its limit and puts it back, and so does this around our own part. Without root our own is measured
//! under the limit that is there.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args;

use crate::bench::{Figures, median};
use crate::goal::{Bound, Goal};
use crate::process;
use crate::workspace::Workspace;

/// The script that measures the peers, in the folder of those.
const REACH: &str = "02_reach.sh";
/// Where the limits of the IPv4 neighbour table stand.
const LIMITS: &str = "/proc/sys/net/ipv4/neigh/default";
/// As in the script.
const RAISED: &str = "65536";
/// Rounds of round trips.
const ROUND_TRIPS: usize = 5;
/// Intervals at which they are measured, as the bench program names them.
const INTERVALS: [&str; 3] = ["2ms", "20ms", "1000ms"];

#[derive(Args)]
pub(crate) struct ReachArgs {
    /// How often all is measured
    #[arg(long, default_value_t = 3)]
    reps: usize,
    /// The folder with the peers' scripts
    #[arg(long, default_value = crate::bench::PEERS)]
    peers: PathBuf,
    /// How many namespaces the stars have, at most 250
    #[arg(default_values_t = [10, 64, 100])]
    sizes: Vec<u8>,
}

/// Measures and prints.
pub(crate) fn reach(workspace: &Workspace, args: &ReachArgs) -> Result<()> {
    let script = workspace.path(&args.peers).join(REACH);
    let sizes: Vec<String> = args.sizes.iter().map(u8::to_string).collect();
    let mut figures = Figures::new();
    for repetition in 1..=args.reps {
        eprintln!("repetition {repetition} of {}", args.reps);
        take_ours(&mut figures, "as it is", &ours(workspace, &sizes)?);
        match Raised::raise() {
            Ok(_raised) => take_ours(&mut figures, "raised", &ours(workspace, &sizes)?),
            Err(error) => eprintln!("the limit is not raised: {error:#}"),
        }
        if script.is_file() {
            // Mininet and fping one by one take most of the time: once.
            take_peers(
                &mut figures,
                &peers(workspace, &script, &sizes, repetition == 1)?,
            );
        }
    }
    let round_trips = ["rtt".to_owned(), ROUND_TRIPS.to_string()];
    take_ours(&mut figures, "as it is", &ours(workspace, &round_trips)?);
    for (name, values) in &figures {
        println!("{name}: {:.3}", median(values));
    }
    if !script.is_file() {
        println!("no peers were measured: there is no {}", script.display());
    }
    for size in &sizes {
        print_ratios(&figures, size);
    }
    print_goals(&figures, &sizes);
    Ok(())
}

/// Runs the bench program of `kernel` and returns what it prints.
fn ours(workspace: &Workspace, sizes: &[String]) -> Result<String> {
    let mut command = workspace.cargo();
    command.args(["bench", "--quiet", "-p", "kernel", "--bench", "reach", "--"]);
    process::output(command.args(sizes))
}

fn peers(workspace: &Workspace, script: &Path, sizes: &[String], full: bool) -> Result<String> {
    let mut command = workspace.command("bash");
    if full {
        command.env("FULL", "1");
    }
    process::output(command.arg(script).args(sizes))
        .context("the peers' script needs root, iproute2, gcc and fping")
}

/// The limits of the neighbour table, raised; dropping it puts them back.
struct Raised(Vec<(String, String)>);

impl Raised {
    fn raise() -> Result<Self> {
        let mut before = Self(Vec::new());
        // The highest first: each must be at least the one below.
        for number in [3, 2, 1] {
            let file = format!("{LIMITS}/gc_thresh{number}");
            let value = fs::read_to_string(&file).with_context(|| format!("reading {file}"))?;
            fs::write(&file, RAISED).with_context(|| format!("writing {file}"))?;
            before.0.push((file, value));
        }
        Ok(before)
    }
}

impl Drop for Raised {
    fn drop(&mut self) {
        for (file, value) in self.0.iter().rev() {
            if let Err(error) = fs::write(file, value.trim()) {
                eprintln!("{file} could not be put back to {}: {error}", value.trim());
            }
        }
    }
}

/// Lines like `reach 64: cold 160.1 ms, 4032 of 4032 pairs, rtt p50 4.2 us p99 60.0 us`.
fn take_ours(figures: &mut Figures, limit: &str, text: &str) {
    for line in text.lines() {
        let Some((scene, figure)) = line.split_once(": ") else {
            continue;
        };
        let mut words = figure.split_whitespace();
        if let (Some(name), Some(Ok(value))) = (words.next(), words.next().map(str::parse)) {
            let name = format!("netyard {scene}, limit {limit}, {name}");
            figures.entry(name).or_default().push(value);
        }
    }
}

/// Lines like `mesh N=64 round 1 threads 2 pairs 4032/4032 send_errors 0 in 26.1 ms = …`, and of
/// the others like `mininet pingAll   N=64   loss 0.0% in  10200.0 ms = …`.
fn take_peers(figures: &mut Figures, text: &str) {
    let last = text
        .split_once("=== figures")
        .map_or(text, |(_, last)| last);
    // What comes before is measured under the limit that is there.
    let raised = last
        .split_once("gc_thresh3 = 65536")
        .map_or(last, |(_, raised)| raised);
    for line in raised.lines() {
        for peer in ["mininet pingAll", "fping -i1, one", "fping -i0"] {
            let part = |from: &str| line.split_once(from)?.1.split_whitespace().next();
            let took = part(" in ").and_then(|took| took.parse().ok());
            if let (true, Some(size), Some(took)) = (line.starts_with(peer), part("N="), took) {
                let name = format!("{peer} {size}");
                figures.entry(name).or_default().push(took);
            }
        }
    }
    for line in raised.lines().filter(|line| line.starts_with("mesh N=")) {
        let mut words = line.split_whitespace().peekable();
        let (mut size, mut round, mut threads, mut took) = (None, None, None, None);
        while let Some(word) = words.next() {
            let next = words.peek().copied();
            match word {
                "round" => round = next,
                "threads" => threads = next,
                "in" => took = next.and_then(|took| took.parse::<f64>().ok()),
                word => size = word.strip_prefix("N=").or(size),
            }
        }
        if let (Some(size), Some(round), Some(threads), Some(took)) = (size, round, threads, took) {
            let name = match round {
                "0" => format!("raw {size} cold"),
                _ => format!("raw {size} warm {threads}"),
            };
            figures.entry(name).or_default().push(took);
        }
    }
}

fn print_ratios(figures: &Figures, size: &str) {
    let figure = |name: &str| figures.get(name).map(|values| median(values));
    for (ours, peer) in [
        ("warm", format!("raw {size} warm 1")),
        ("warm", format!("raw {size} warm 2")),
        ("cold", format!("raw {size} cold")),
    ] {
        let own = figure(&format!("netyard reach {size}, limit raised, {ours}"));
        if let (Some(own), Some(peer_ms)) = (own, figure(&peer)) {
            println!(
                "ratio, {size} namespaces, {ours}: {:.2} x {peer}",
                own / peer_ms
            );
        }
    }
    let lost = figures.iter().filter(|(name, _)| {
        name.starts_with(&format!("netyard reach {size},")) && name.ends_with("lost")
    });
    for (name, values) in lost {
        println!("LOST: {name}: {values:?}");
    }
}

/// The goals of the issue "See everything".
fn print_goals(figures: &Figures, sizes: &[String]) {
    let figure = |name: String| figures.get(&name).map_or(f64::NAN, |values| median(values));
    let goal = |what: String, figure, bound, unit| {
        let goal = Goal {
            what,
            figure,
            bound,
            unit,
        };
        println!("{goal}");
    };
    for size in sizes {
        let warm = figure(format!("netyard reach {size}, limit raised, warm"));
        let cold = figure(format!("netyard reach {size}, limit raised, cold"));
        let raw = figure(format!("raw {size} warm 1"));
        let (what, bound) = ("neighbours known, beside raw sockets", Bound::AtMost(1.3));
        goal(
            format!("all pairs of {size}, {what}"),
            warm / raw,
            bound,
            "x",
        );
        let what = format!("all pairs of {size}, no neighbours known");
        goal(what, cold / 1e3, Bound::AtMost(1.3), "s");
        let mininet = figure(format!("mininet pingAll {size}"));
        let what = format!("all pairs of {size}, faster than Mininet's pingAll");
        goal(what, mininet / cold, Bound::AtLeast(20.0), "x");
        let lost = |(name, values): (&String, &Vec<f64>)| {
            let is_it = name == &format!("netyard reach {size}, limit as it is, lost");
            is_it.then(|| values.iter().sum::<f64>())
        };
        let lost = figures.iter().find_map(lost).unwrap_or(0.0);
        let what = format!("all pairs of {size} under the limit as it is, lost");
        goal(what, lost, Bound::AtMost(0.0), "pairs");
    }
    for interval in INTERVALS {
        let p50 = |who| figure(format!("netyard rtt, limit as it is, {interval}-{who}-p50"));
        let what = format!("round trip each {interval}, p50 beside ping");
        goal(what, p50("netyard") / p50("ping"), Bound::AtMost(1.0), "x");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_read_from_both() {
        let mut figures = Figures::new();
        take_ours(
            &mut figures,
            "raised",
            "reach 64: cold 160.1 ms, 4032 of 4032 pairs\nnoise\n",
        );
        take_peers(
            &mut figures,
            "=== figures\n--- with gc_thresh3 = 1024, N=64\nmesh N=64 round 0 threads 1 pairs 1024/4032 send_errors 0 in 9.9 ms = 1 us\n\
             --- with gc_thresh3 = 65536\nmesh N=64 round 0 threads 1 pairs 4032/4032 send_errors 0 in 226.0 ms = 56 us\n\
             mesh N=64 round 1 threads 2 pairs 4032/4032 send_errors 0 in 26.1 ms = 6 us\n\
             mininet pingAll                            N=64   loss 0.0% in  10200.5 ms =   2529.9 us/pair\n",
        );
        let expected: Figures = [
            ("mininet pingAll 64", 10_200.5),
            ("netyard reach 64, limit raised, cold", 160.1),
            ("raw 64 cold", 226.0),
            ("raw 64 warm 2", 26.1),
        ]
        .map(|(name, value)| (name.to_owned(), vec![value]))
        .into();
        assert_eq!(figures, expected);
    }
}
