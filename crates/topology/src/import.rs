//! Labs as others keep them, read purely: one file or folder of this module a format.
//!
//! Every reader builds its lab with `builder::Builder`, which does each thing on the
//! [`crate::model`] kernel as the reader of scripts does: what the kernel would refuse is refused
//! here, with file and line. Every import ends with a [`Report`].

use crate::read::{Format, ReadError};
use crate::script::Beside;

mod archive;
mod builder;
mod compose;
mod containerlab;
mod graph;
mod kathara;
mod miniedit;
mod netplan;
mod report;
mod tree;
mod variables;

pub(crate) use archive::opened;
use builder::Builder;
pub use report::{File, Import, Offer, Refusal, Remark, Report, Taken};

/// Reads by one of the readers; a reader does the same each time.
fn built(format: Format, file: &str, read: impl Fn(&mut Builder)) -> Result<Import, ReadError> {
    let run = |limit| {
        let mut builder = Builder::new(format, limit);
        builder.in_file(file);
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
    let text = crate::read::text_of(&file.bytes);
    text.map(str::to_owned)
        .map_err(|(line, reason)| match line {
            0 => reason,
            line => format!("line {line}: {reason}"),
        })
}

/// Reads what is of a format of others; `None` where it is none of them.
pub(crate) fn read(files: &[File]) -> Option<Result<Import, ReadError>> {
    if let Some(folder) = kathara::folder(files) {
        let read = |builder: &mut Builder| kathara::read(builder, files, folder);
        return Some(built(Format::Kathara, "", read));
    }
    match files {
        [file] => read_file(file, &Beside::new()),
        _ => None,
    }
}

/// Reads a file that is of a format of others, with what lies beside it by its path from there;
/// `None` where it is none of them.
pub(crate) fn read_file(file: &File, beside: &Beside) -> Option<Result<Import, ReadError>> {
    let text = text_of(file).ok()?;
    if kathara::is_one(&text) {
        let read = |builder: &mut Builder| kathara::read_configuration(builder, file, &text);
        return Some(built(Format::Kathara, "", read));
    }
    let format = format_of(&text)?;
    let read = |builder: &mut Builder| match format {
        Format::Containerlab => containerlab::read(builder, file, &text),
        Format::Netplan => netplan::read(builder, file, &text),
        Format::Compose => compose::read(builder, file, &text, beside),
        Format::Miniedit => miniedit::read(builder, file, &text),
        Format::Graphviz => graph::build(builder, graph::graphviz::read(&text)),
        _ => graph::build(builder, graph::mermaid::read(&text)),
    };
    Some(built(format, &file.path, read))
}

/// The files that a file reads of those that may lie beside it; `None` where it is of none of these
/// formats.
pub(crate) fn wanted(file: &File, beside: &Beside) -> Option<Vec<String>> {
    let text = text_of(file).ok()?;
    match format_of(&text)? {
        Format::Compose => Some(compose::wanted(file, &text, beside)),
        _ => Some(Vec::new()),
    }
}

/// Which of the formats of others, that are one text, this is.
fn format_of(text: &str) -> Option<Format> {
    if miniedit::is_one(text) {
        Some(Format::Miniedit)
    } else if graph::graphviz::is_one(text) {
        Some(Format::Graphviz)
    } else if graph::mermaid::is_one(text) {
        Some(Format::Mermaid)
    } else if !crate::read::looks_like_yaml(text) || has_key(text, "netyard") {
        None
    } else if has_key(text, "topology") {
        Some(Format::Containerlab)
    } else if has_key(text, "services") || includes_only(text) {
        Some(Format::Compose)
    } else if has_key(text, "network") {
        Some(Format::Netplan)
    } else {
        None
    }
}

/// Whether a text is a Compose file that has its services in others. What else includes files says
/// something of its own at its top.
fn includes_only(text: &str) -> bool {
    let is_top = |line: &&str| !line.starts_with([' ', '\t', '#', '-']) && !line.trim().is_empty();
    let is_known = |line: &str| {
        let key = line.split(':').next().unwrap_or_default().trim_end();
        let known = [
            "name", "version", "include", "networks", "volumes", "configs", "secrets",
        ];
        known.contains(&key) || key.starts_with("x-")
    };
    has_key(text, "include") && text.lines().filter(is_top).all(is_known)
}

/// Whether a text is a YAML mapping with this key at its top.
fn has_key(text: &str, key: &str) -> bool {
    text.lines().any(|line| {
        let rest = line
            .strip_prefix(key)
            .and_then(|rest| rest.trim_start().strip_prefix(':'));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace))
    }) || text.trim_start().starts_with('{') && text.contains(&format!("\"{key}\""))
}
