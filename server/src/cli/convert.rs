//! `netyard convert FILE --to FORMAT`.

use std::path::PathBuf;
use std::process::ExitCode;

use super::{WRONG_USE, complain, file, print};

/// What `netyard convert` takes.
#[derive(clap::Args, Debug)]
pub(super) struct ConvertArguments {
    /// A lab in any form that is read, its folder or a zip of it; `-` reads standard input.
    file: PathBuf,
    /// The form to write.
    #[arg(long, value_enum)]
    to: Format,
    /// Take what the file tries, such as its pings, as expectations of the lab.
    #[arg(long)]
    with_expectations: bool,
}

/// The forms that are written.
#[derive(clap::ValueEnum, Clone, Copy, Debug)]
enum Format {
    /// A lab document.
    Yaml,
    /// A shell script of `ip` commands.
    Ip,
}

pub(super) fn main(arguments: &ConvertArguments) -> ExitCode {
    let mut read = match file::read(&arguments.file) {
        Ok(read) => read,
        Err(error) => {
            complain(&error);
            return ExitCode::from(WRONG_USE);
        }
    };
    if arguments.with_expectations {
        read.take_offers();
    }
    file::tell(&arguments.file, &read.report);
    print(&match arguments.to {
        Format::Yaml => topology::yaml::write(&read.document),
        Format::Ip => topology::command::script_text(&read.document),
    })
}
