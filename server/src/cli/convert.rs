//! `netyard convert FILE --to FORMAT`.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::ValueEnum;
use clap::builder::PossibleValue;
use topology::export::{self, Export, export};

use super::{NOT_RUN, WRONG_USE, complain, file, print};
use crate::archive;

/// What `netyard convert` takes.
#[derive(clap::Args, Debug)]
pub(super) struct ConvertArguments {
    /// A lab in any form that is read, its folder or a zip of it; `-` reads standard input.
    file: PathBuf,
    /// The form to write.
    #[arg(long, value_enum)]
    to: Format,
    /// Where to write it; standard output otherwise. Kathará's labs are folders and need it: a new
    /// folder, or a file that ends in `.zip`.
    #[arg(long, value_name = "PATH")]
    output: Option<PathBuf>,
    /// Take what the file tries, such as its pings, as expectations of the lab.
    #[arg(long)]
    with_expectations: bool,
}

/// The forms that are written.
#[derive(Clone, Copy, Debug)]
struct Format(export::Format);

impl ValueEnum for Format {
    fn value_variants<'a>() -> &'a [Self] {
        const ALL: [Format; 9] = {
            let mut all = [Format(export::Format::Yaml); 9];
            let mut index = 0;
            while index < all.len() {
                all[index] = Format(export::Format::ALL[index]);
                index += 1;
            }
            all
        };
        &ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.0.key()).help(self.0.title()))
    }
}

pub(super) fn main(arguments: &ConvertArguments) -> ExitCode {
    let Format(format) = arguments.to;
    if arguments.output.is_none() && format.ending().is_none() {
        complain(&format!(
            "{} is a folder: say where with --output",
            format.title()
        ));
        return ExitCode::from(WRONG_USE);
    }
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
    let written = export(&read.document, format);
    for lost in &written.lost {
        complain(&format!("not in {}: {lost}", format.title()));
    }
    let Some(output) = &arguments.output else {
        let text: String = written.files.into_iter().map(|file| file.text).collect();
        return print(&text);
    };
    match write(&written, format, output) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error);
            ExitCode::from(NOT_RUN)
        }
    }
}

fn write(written: &Export, format: export::Format, output: &Path) -> Result<(), String> {
    let fail =
        |path: &Path, error: std::io::Error| format!("could not write {}: {error}", path.display());
    if format.ending().is_some() {
        let text: String = written
            .files
            .iter()
            .map(|file| file.text.as_str())
            .collect();
        return fs::write(output, text).map_err(|error| fail(output, error));
    }
    if output.extension() == Some(OsStr::new("zip")) {
        let bytes = archive::pack(&written.files)?;
        return fs::write(output, bytes).map_err(|error| fail(output, error));
    }
    // One that is there may hold something else.
    fs::create_dir(output).map_err(|error| fail(output, error))?;
    for file in &written.files {
        // The folder's name is the caller's.
        let name = file
            .path
            .split_once('/')
            .map_or(&*file.path, |(_, name)| name);
        let path = output.join(name);
        fs::write(&path, &file.text).map_err(|error| fail(&path, error))?;
    }
    Ok(())
}
