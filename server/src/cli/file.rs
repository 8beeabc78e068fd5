//! FILE: a lab document or a script of commands, told apart by content.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use topology::import::{Import, Report};
use topology::read::Format;

use super::complain;

/// Largest file that is read, in bytes; more is refused before it is in memory.
const MAX_BYTES: u64 = topology::yaml::MAX_TEXT_BYTES as u64;

/// Reads a lab from a file, or from standard input if the path is `-`.
pub(super) fn read(path: &Path) -> Result<Import, String> {
    let text = text(path)?;
    topology::read::read(&text).map_err(|error| format!("{}: {error}", path.display()))
}

/// Says on standard error what became of what was read, if it was not taken as it stands.
pub(super) fn tell(path: &Path, report: &Report) {
    if report.format == Format::Yaml {
        return;
    }
    for line in report.to_string().lines() {
        complain(&format!("{}: {line}", path.display()));
    }
}

fn text(path: &Path) -> Result<String, String> {
    let mut bytes = Vec::new();
    let fail = |error: std::io::Error| format!("could not read {}: {error}", path.display());
    let taken = if path == Path::new("-") {
        std::io::stdin()
            .lock()
            .take(MAX_BYTES + 1)
            .read_to_end(&mut bytes)
    } else {
        File::open(path).and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes))
    };
    taken.map_err(fail)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(format!(
            "could not read {}: it is larger than {MAX_BYTES} bytes",
            path.display()
        ));
    }
    String::from_utf8(bytes).map_err(|error| {
        format!(
            "could not read {}: it is no UTF-8 text: {error}",
            path.display()
        )
    })
}
