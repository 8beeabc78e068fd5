//! `cargo xtask bench engine`: the engine's budgets beside the peers, in one run.
//!
//! Figures of one machine at one hour say little, ratios within one run more: each repetition
//! measures Netyard and then the peers' script (`01_star.sh`, which holds the raw netlink program
//! that is the limit), and the medians are compared.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args;

use crate::process;
use crate::workspace::Workspace;

/// Where the peers' scripts lie, seen from the workspace.
pub(crate) const PEERS: &str = "../shared/bench";
/// The script that makes stars.
const STAR: &str = "01_star.sh";

#[derive(Args)]
pub(crate) struct EngineArgs {
    /// How often each star is measured
    #[arg(long, default_value_t = 3)]
    reps: usize,
    /// The folder with the peers' scripts
    #[arg(long, default_value = PEERS)]
    peers: PathBuf,
    /// How many namespaces the stars have
    #[arg(default_values_t = [10, 100, 1000])]
    sizes: Vec<usize>,
}

/// All values of each figure: milliseconds, or what its name says.
pub(crate) type Figures = BTreeMap<String, Vec<f64>>;

/// Measures and prints.
pub(crate) fn engine(workspace: &Workspace, args: &EngineArgs) -> Result<()> {
    let sizes: Vec<String> = args.sizes.iter().map(usize::to_string).collect();
    let script = workspace.path(&args.peers).join(STAR);
    let has_peers = script.is_file();
    let mut figures = Figures::new();
    for repetition in 1..=args.reps {
        eprintln!("repetition {repetition} of {}", args.reps);
        let stars = ["star".to_owned()];
        take_ours(&mut figures, &ours(workspace, stars.iter().chain(&sizes))?);
        if has_peers {
            take_peers(&mut figures, &peers(workspace, &script, &sizes)?);
        }
    }
    let others = ["edit", "idle", "drift", "floods", "memory"].map(str::to_owned);
    take_ours(&mut figures, &ours(workspace, others.iter().chain(&sizes))?);
    for (name, values) in &figures {
        println!("{name}: {:.3}", median(values));
    }
    if !has_peers {
        println!("no peers were measured: there is no {}", script.display());
    }
    for size in &args.sizes {
        print_ratios(&figures, *size);
    }
    Ok(())
}

/// Runs the bench program of `kernel` and returns what it prints.
fn ours<'a>(workspace: &Workspace, words: impl Iterator<Item = &'a String>) -> Result<String> {
    let mut command = workspace.cargo();
    command.args([
        "bench", "--quiet", "-p", "kernel", "--bench", "engine", "--",
    ]);
    process::output(command.args(words))
}

fn peers(workspace: &Workspace, script: &Path, sizes: &[String]) -> Result<String> {
    let mut command = workspace.command("bash");
    // Each on its own: Mininet takes half a minute for 1,000.
    command.env("METHODS", "raw mininet").env("REPS", "1");
    process::output(command.arg(script).args(sizes))
        .context("the peers' script needs root, iproute2 and gcc")
}

/// Lines like `star 100 pool 0: create 98.1 ms, of the processor 70 ms`.
fn take_ours(figures: &mut Figures, text: &str) {
    for line in text.lines() {
        let Some((scene, figure)) = line.split_once(": ") else {
            continue;
        };
        let mut words = figure.split_whitespace();
        if let (Some(name), Some(Ok(value))) = (words.next(), words.next().map(str::parse)) {
            let name = format!("netyard {scene} {name}");
            figures.entry(name).or_default().push(value);
        }
    }
}

/// Lines like `raw, IPv6 as is  N=100  create  0.0775 s  = 0.775 ms each  take down  0.1204 s`.
fn take_peers(figures: &mut Figures, text: &str) {
    let last = text
        .split_once("=== figures")
        .map_or(text, |(_, last)| last);
    for line in last.lines() {
        let Some((method, rest)) = line.split_once("N=") else {
            continue;
        };
        let size = rest.split_whitespace().next().unwrap_or_default();
        for (name, before) in [("create", "create"), ("take-down", "take down")] {
            let value = rest
                .split_once(before)
                .map(|(_, rest)| rest.split_whitespace().next());
            if let Some(Some(Ok(seconds))) = value.map(|word| word.map(str::parse::<f64>)) {
                let name = format!("{} {size} {name}", method.trim());
                figures.entry(name).or_default().push(seconds * 1e3);
            }
        }
    }
}

fn print_ratios(figures: &Figures, size: usize) {
    let figure = |name: String| figures.get(&name).map(|values| median(values));
    let pairs = [
        ("pool 0", "create", "raw, IPv6 as is"),
        ("pool N", "create", "raw, IPv6 as is"),
        ("pool 0", "take-down", "raw, IPv6 as is"),
        ("pool 0", "create", "mininet"),
    ];
    for (pool, what, peer) in pairs {
        let pool = pool.replace('N', &size.to_string());
        let own = figure(format!("netyard star {size} {pool} {what}"));
        let peer_s = figure(format!("{peer} {size} {what}"));
        if let (Some(own), Some(peer_s)) = (own, peer_s) {
            let ratio = own / peer_s;
            println!("ratio, star of {size}, {pool}, {what}: {ratio:.2} x {peer}");
        }
    }
}

/// The middle one; of an even number the higher of the two.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_read_from_both() {
        let mut figures = Figures::new();
        take_ours(
            &mut figures,
            "star 100 pool 0: create 98.1 ms, of the processor 70 ms\nstar 100 pool 0: take-down 213.0 ms\nnoise\n",
        );
        take_peers(
            &mut figures,
            "raw, IPv6 as is  N=100  create 9 s  take down 9 s\n=== figures\nraw, IPv6 as is       N=100   create    0.0775 s  =    0.775 ms each   take down   0.1204 s   (median of 3)\n",
        );
        let names: Vec<_> = figures.keys().map(String::as_str).collect();
        assert_eq!(
            names,
            [
                "netyard star 100 pool 0 create",
                "netyard star 100 pool 0 take-down",
                "raw, IPv6 as is 100 create",
                "raw, IPv6 as is 100 take-down",
            ]
        );
        assert_eq!(figures.get("raw, IPv6 as is 100 create"), Some(&vec![77.5]));
    }

    #[test]
    fn the_median_is_the_middle() {
        assert_eq!(median(&[3.0, 1.0, 2.0]).to_bits(), 2.0_f64.to_bits());
    }
}
