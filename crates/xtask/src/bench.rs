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

/// The limit: what a program needs that does nothing else, with the kernel's defaults.
const RAW: &str = "raw, IPv6 as is";

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
    let others = ["edit", "firewall", "idle", "drift", "floods", "memory"].map(str::to_owned);
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
    print_goals(&figures, &args.sizes);
    Ok(())
}

/// A figure of ours is at most so much, or so many times that of a peer.
struct Goal {
    what: &'static str,
    figure: String,
    /// Of whom it is so many times; none if it is an absolute figure.
    peer: Option<String>,
    most: f64,
    unit: &'static str,
}

/// Those that were set when the engine was begun.
fn goals(sizes: &[usize]) -> Vec<Goal> {
    let n = sizes.iter().copied().max().unwrap_or_default();
    let goal = |what, figure: String, most, unit| Goal {
        what,
        figure,
        peer: None,
        most,
        unit,
    };
    let ratio = |what, figure: String, peer: &str, most| Goal {
        what,
        figure,
        peer: Some(format!("{peer} {n} create")),
        most,
        unit: "x",
    };
    let create = format!("netyard star {n} pool 0 create");
    let pooled = format!("netyard star {n} pool {n} create");
    let mut goals = vec![
        ratio("star, beside raw netlink", create.clone(), RAW, 1.5),
        ratio("star with the pool, beside raw netlink", pooled, RAW, 1.0),
        ratio("star, beside Mininet", create, "mininet", 1.0 / 15.0),
    ];
    if sizes.contains(&100) {
        let small = "netyard star 100 pool 0 create".to_owned();
        goals.push(goal("star of 100", small, 150.0, "ms"));
    }
    let of_largest = |scene: &str, name: &str| format!("netyard {scene} {n} {name}");
    goals.extend([
        goal(
            "edit on a bridge with 500 ports, with the pool",
            "netyard edit 500 pool 8 edit".to_owned(),
            5.0,
            "ms",
        ),
        goal(
            "edit with a firewall, from edit to verified",
            "netyard firewall 100 pool 8 edit".to_owned(),
            50.0,
            "ms",
        ),
        goal(
            "take-down, until the kernel is idle",
            of_largest("star", "pool 0 take-down"),
            2000.0,
            "ms",
        ),
        goal(
            "frames of the kernel's own, with the switch",
            of_largest("floods", "pool 1 frames"),
            2000.0,
            "a second",
        ),
        goal(
            "memory of a namespace, agent included",
            of_largest("memory", "pool 0 memory"),
            0.5,
            "MiB",
        ),
        goal(
            "idle lab of 100 namespaces, of a core",
            "netyard idle 100 pool 0 processor".to_owned(),
            0.5,
            "%",
        ),
        goal(
            "drift after an outside change",
            of_largest("drift", "pool 0 drift"),
            200.0,
            "ms",
        ),
    ]);
    goals
}

fn print_goals(figures: &Figures, sizes: &[usize]) {
    for goal in goals(sizes) {
        println!("{}", verdict(figures, &goal));
    }
}

/// One line: what, the goal, the figure, how many times the goal it is, and whether it is met.
fn verdict(figures: &Figures, goal: &Goal) -> String {
    let figure = |name: &String| figures.get(name).map(|values| median(values));
    let measured = figure(&goal.figure).and_then(|own| match &goal.peer {
        None => Some(own),
        Some(peer) => Some(own / figure(peer)?),
    });
    let Goal {
        what, most, unit, ..
    } = goal;
    match measured {
        None => format!("goal, {what}: at most {most:.3} {unit}; not measured"),
        Some(measured) => {
            let word = if measured <= *most { "met" } else { "MISSED" };
            let times = measured / most;
            format!(
                "goal, {what}: at most {most:.3} {unit}; {measured:.3} {unit}, {times:.2} x; {word}"
            )
        }
    }
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
        ("pool 0", "create", RAW),
        ("pool N", "create", RAW),
        ("pool 0", "take-down", RAW),
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
    fn goals_are_met_missed_or_not_measured() {
        let mut figures = Figures::new();
        take_ours(&mut figures, "star 100 pool 0: create 98.1 ms\n");
        take_peers(
            &mut figures,
            "=== figures\nraw, IPv6 as is  N=100  create  0.0500 s  take down  0.1 s\n",
        );
        let lines: Vec<_> = goals(&[100])
            .iter()
            .map(|goal| verdict(&figures, goal))
            .collect();
        assert_eq!(
            lines[0],
            "goal, star, beside raw netlink: at most 1.500 x; 1.962 x, 1.31 x; MISSED"
        );
        assert!(lines[1].ends_with("not measured"), "{}", lines[1]);
        assert_eq!(
            lines[3],
            "goal, star of 100: at most 150.000 ms; 98.100 ms, 0.65 x; met"
        );
    }

    #[test]
    fn the_median_is_the_middle() {
        assert_eq!(median(&[3.0, 1.0, 2.0]).to_bits(), 2.0_f64.to_bits());
    }
}
