//! `cargo xtask bench packet`: text, filters, rows and sightings, beside tcpdump on the same file.

use anyhow::Result;
use clap::Args;

use crate::goal::{Bound, Goal};
use crate::process;
use crate::workspace::Workspace;

#[derive(Args)]
pub(crate) struct PacketArgs {
    /// How many packets
    #[arg(default_value_t = 1_000_000)]
    packets: usize,
}

/// Measures and prints. tcpdump is left out if it is not installed.
pub(crate) fn packet(workspace: &Workspace, args: &PacketArgs) -> Result<()> {
    let mut command = workspace.cargo();
    command.args(["bench", "--quiet", "-p", "packet", "--bench", "speed", "--"]);
    let text = process::output(command.arg(args.packets.to_string()))?;
    print!("{text}");
    let goal = |what: &str, figure: Option<f64>, bound, unit| {
        let goal = Goal {
            what: what.to_owned(),
            figure: figure.unwrap_or(f64::NAN),
            bound,
            unit,
        };
        println!("{goal}");
    };
    let ratio = figure(&text, "ratio");
    let faster = Bound::AtLeast(10.0);
    goal(
        "text, faster than tcpdump -nn -r with TZ set",
        ratio,
        faster,
        "x",
    );
    let soon = Bound::AtMost(300.0);
    for what in ["viewer: open", "viewer: udp"] {
        goal(what, figure(&text, what), soon, "ms");
    }
    Ok(())
}

/// The first number of the line that begins so.
fn figure(text: &str, what: &str) -> Option<f64> {
    let mut lines = text.lines().filter_map(|line| line.strip_prefix(what));
    lines.find_map(|rest| rest.split_whitespace().next()?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::figure;

    #[test]
    fn figures_are_read_by_their_names() {
        let text = "viewer: open        12.5 ms     12 ns/packet\nratio        11.9\n";
        assert_eq!(figure(text, "ratio"), Some(11.9));
        assert_eq!(figure(text, "viewer: open"), Some(12.5));
        assert_eq!(figure(text, "viewer: udp"), None);
    }
}
