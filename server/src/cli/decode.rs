//! `netyard decode FILE.pcap`.

use std::path::PathBuf;
use std::process::ExitCode;

use super::{WRONG_USE, complain};

/// What `netyard decode` takes.
#[derive(clap::Args, Debug)]
pub(super) struct DecodeArguments {
    /// A pcap or pcapng file.
    file: PathBuf,
}
