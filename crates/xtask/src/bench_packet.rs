//! `cargo xtask bench packet`: text, filters, rows and sightings, beside tcpdump on the same file.

use anyhow::Result;
use clap::Args;

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
    process::run(command.arg(args.packets.to_string()))
}
