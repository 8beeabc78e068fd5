//! `cargo xtask bench capture`: captures from a cable under load, beside `tcpdump -w` in one run.

use anyhow::Result;
use clap::Args;

use crate::bench::{Figures, median};
use crate::goal::{Bound, Goal};
use crate::process;
use crate::workspace::Workspace;

/// What our figures are compared with.
const PEER: &str = "tcpdump -w";

#[derive(Args)]
pub(crate) struct CaptureArgs {
    /// How often all is measured
    #[arg(long, default_value_t = 3)]
    reps: usize,
    /// Also how late packets are at a browser's end of the socket, of the program that
    /// `cargo xtask build` has built (or `NETYARD_BIN`)
    #[arg(long)]
    socket: bool,
    /// How many packets are sent a second; 0 is as many as go
    #[arg(default_values_t = [0, 10])]
    rates: Vec<u32>,
}

/// Measures and prints.
pub(crate) fn capture(workspace: &Workspace, args: &CaptureArgs) -> Result<()> {
    let mut figures = Figures::new();
    for repetition in 1..=args.reps {
        eprintln!("repetition {repetition} of {}", args.reps);
        let mut command = workspace.cargo();
        command.args([
            "bench", "--quiet", "-p", "kernel", "--bench", "capture", "--",
        ]);
        let rates = args.rates.iter().map(u32::to_string);
        let text = process::output(command.args(rates))?;
        print!("{text}");
        take(&mut figures, &text);
    }
    println!("medians of {}:", args.reps);
    for (name, values) in &figures {
        println!("{name}: {:.3}", median(values));
    }
    print_ratios(&figures);
    print_goals(&figures);
    if args.socket {
        socket(workspace)?;
    }
    Ok(())
}

/// From the kernel to a browser's end of the socket: by two tests, which print what they measure.
fn socket(workspace: &Workspace) -> Result<()> {
    let mut command = workspace.cargo();
    command.args(["test", "--quiet", "-p", "netyard-tests", "--test", "server"]);
    command.args(["--", "--include-ignored", "--nocapture", "--test-threads=1"]);
    process::run(command.args([
        "packets_reach_a_browser_soon",
        "as_many_as_go_reach_a_browser",
    ]))
}

/// Lines like `capture full rate, tcpdump -w: cpu 0.27 us a packet, rate 490000 a second, 9 lost`:
/// of each part of a figure its name and its number, whichever of them is first.
fn take(figures: &mut Figures, text: &str) {
    for line in text.lines() {
        let Some((scene, parts)) = line.split_once(": ") else {
            continue;
        };
        for part in parts.split(", ") {
            let words: Vec<&str> = part.split_whitespace().collect();
            match words[..] {
                ["late", "p50", p50, "ms", "p99", p99, "ms"] => {
                    for (name, value) in [("late p50", p50), ("late p99", p99)] {
                        add(figures, scene, name, value);
                    }
                }
                [name @ ("cpu" | "rate"), value, ..] => add(figures, scene, name, value),
                [value, name, ..] => add(figures, scene, name, value),
                _ => {}
            }
        }
    }
}

fn add(figures: &mut Figures, scene: &str, name: &str, value: &str) {
    if let Ok(value) = value.parse() {
        let name = format!("{scene}, {name}");
        figures.entry(name).or_default().push(value);
    }
}

/// How much of the processor ours take beside the peer, where both were measured.
fn print_ratios(figures: &Figures) {
    for (name, peer) in figures {
        let Some(load) = name.strip_suffix(&format!(", {PEER}, cpu")) else {
            continue;
        };
        let ours = figures.iter().filter(|(name, _)| {
            name.starts_with(&format!("{load}, netyard")) && name.ends_with("cpu")
        });
        for (name, own) in ours {
            println!("ratio, {name}: {:.2} x {PEER}", median(own) / median(peer));
        }
    }
}

/// The goals of the issue "See everything", of each load and number of interfaces.
fn print_goals(figures: &Figures) {
    for (name, values) in figures {
        let Some((scene, figure)) = name.rsplit_once(", ") else {
            continue;
        };
        if !scene.contains("netyard") {
            continue;
        }
        let goal = match figure {
            "cpu" if scene.contains("full rate") => Some((0.3, "us a packet")),
            "lost" => Some((0.0, "packets")),
            "late p50" => Some((25.0, "ms")),
            "late p99" => Some((50.0, "ms")),
            _ => None,
        };
        if let Some((bound, unit)) = goal {
            let goal = Goal {
                what: name.clone(),
                figure: median(values),
                bound: Bound::AtMost(bound),
                unit,
            };
            println!("{goal}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_read_by_their_names() {
        let mut figures = Figures::new();
        take(
            &mut figures,
            "capture full rate, tcpdump -w: cpu 0.250 us a packet, rate 490000 a second, 7 lost, 6 dropped by the kernel, late p50 4.50 ms p99 9.00 ms\nnoise\n",
        );
        let expected: Figures = [
            ("cpu", 0.25),
            ("rate", 490_000.0),
            ("lost", 7.0),
            ("dropped", 6.0),
            ("late p50", 4.5),
            ("late p99", 9.0),
        ]
        .map(|(name, value)| {
            (
                format!("capture full rate, tcpdump -w, {name}"),
                vec![value],
            )
        })
        .into();
        assert_eq!(figures, expected);
    }
}
