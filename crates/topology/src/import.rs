//! Labs as others keep them, read purely: one file or folder of this module a format.
//!
//! Every reader builds its lab with `builder::Builder`, which does each thing on the
//! [`crate::model`] kernel as the reader of scripts does: what the kernel would refuse is refused
//! here, with file and line. Every import ends with a [`Report`].

use crate::read::{Format, ReadError};

mod archive;
mod builder;
mod containerlab;
mod kathara;
mod report;
mod tree;
mod variables;

pub(crate) use archive::opened;
use builder::Builder;
pub use report::{File, Import, Offer, Refusal, Remark, Report, Taken};

/// Reads by one of the readers; a reader does the same each time.
fn built(format: Format, read: impl Fn(&mut Builder)) -> Result<Import, ReadError> {
    let run = |limit| {
        let mut builder = Builder::new(format, limit);
        read(&mut builder);
        builder
    };
    let mut builder = run(usize::MAX);
    if let Some(refusals) = builder.refused() {
        return Err(ReadError::Import(format, refusals));
    }
    let reason = match builder.document() {
        Ok(document) => return Ok(builder.finish(document)),
        Err(reason) => reason,
    };
    // The change that made it so: all before it is valid, and it is not.
    let (mut valid, mut invalid) = (0, builder.acted());
    while invalid - valid > 1 {
        let middle = valid.midpoint(invalid);
        match run(middle).document() {
            Ok(_) => valid = middle,
            Err(_) => invalid = middle,
        }
    }
    let refusal = run(invalid).refused_at_last(reason);
    Err(ReadError::Import(format, vec![refusal]))
}

/// The text of a file.
///
/// # Errors
/// It is no text.
fn text_of(file: &File) -> Result<String, String> {
    let text = std::str::from_utf8(&file.bytes)
        .map_err(|error| format!("it is no UTF-8 text: {error}"))?;
    // An editor on Windows puts it in front.
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text).to_owned())
}

/// Reads what is of a format of others; `None` where it is none of them.
pub(crate) fn read(files: &[File]) -> Option<Result<Import, ReadError>> {
    if let Some(folder) = kathara::folder(files) {
        let read = |builder: &mut Builder| kathara::read(builder, files, folder);
        return Some(built(Format::Kathara, read));
    }
    let [file] = files else {
        return None;
    };
    let text = text_of(file).ok()?;
    if kathara::is_one(&text) {
        let read = |builder: &mut Builder| kathara::read_configuration(builder, file, &text);
        return Some(built(Format::Kathara, read));
    }
    let has_key = |key: &str| {
        text.lines()
            .any(|line| line.trim_end().strip_suffix(':') == Some(key))
            || text.lines().any(|line| {
                line.strip_prefix(key)
                    .is_some_and(|rest| rest.starts_with(':'))
            })
    };
    if has_key("topology") {
        let read = |builder: &mut Builder| containerlab::read(builder, file, &text);
        return Some(built(Format::Containerlab, read));
    }
    None
}
