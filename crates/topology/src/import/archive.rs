//! Labs that come as a zip, opened in memory.

use std::io::{Cursor, Read};

use super::report::File;
use crate::read::{MAX_FILE_BYTES, MAX_FILES, MAX_FILES_BYTES};

/// How a zip begins.
const MAGIC: &[u8] = b"PK\x03\x04";
/// How one begins that has nothing in it.
const EMPTY: &[u8] = b"PK\x05\x06";

/// The files of a zip; `None` if it is none.
///
/// Files above [`MAX_FILE_BYTES`] are left out: no format has one that says something. What a zip
/// claims of sizes is not believed.
pub(crate) fn opened(file: &File) -> Option<Result<Vec<File>, String>> {
    let is_zip = file.bytes.starts_with(MAGIC) || file.bytes.starts_with(EMPTY);
    is_zip.then(|| files(file).map_err(|reason| format!("{}: {reason}", shown(&file.path))))
}

fn shown(path: &str) -> &str {
    match path {
        "" => "the zip",
        path => path,
    }
}

fn files(file: &File) -> Result<Vec<File>, String> {
    let wrong = |error: zip::result::ZipError| format!("it is no zip that can be read: {error}");
    let mut archive = zip::ZipArchive::new(Cursor::new(&file.bytes)).map_err(wrong)?;
    if archive.len() > MAX_FILES {
        return Err(format!("it has more than {MAX_FILES} files"));
    }
    let mut files = Vec::new();
    let mut total = 0;
    for index in 0..archive.len() {
        let entry = archive.by_index(index).map_err(wrong)?;
        let path = entry.enclosed_name();
        let path = path.map(|path| path.to_string_lossy().replace('\\', "/"));
        // `..` and `/` in front lead out of the lab.
        let Some(path) = path.filter(|_| entry.is_file()) else {
            continue;
        };
        if path.starts_with("__MACOSX/") {
            continue;
        }
        let mut bytes = Vec::new();
        entry
            .take(MAX_FILE_BYTES as u64 + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| format!("{path} cannot be unpacked: {error}"))?;
        total += bytes.len();
        if total > MAX_FILES_BYTES {
            return Err(format!("it has more than {MAX_FILES_BYTES} bytes unpacked"));
        }
        if bytes.len() <= MAX_FILE_BYTES && !bytes.starts_with(MAGIC) {
            files.push(File { path, bytes });
        }
    }
    match files.is_empty() {
        true => Err("there is no file in it that could be read".to_owned()),
        false => Ok(files),
    }
}
