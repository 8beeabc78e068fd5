//! `netyard doctor`.

use std::process::ExitCode;

use super::{print, print_json};

/// What `netyard doctor` takes.
#[derive(clap::Args, Debug)]
pub(super) struct DoctorArguments {
    /// Print one JSON value.
    #[arg(long)]
    json: bool,
}
