//! Labs of several files, written as one: a zip.

use std::io::{Cursor, Write};

use topology::export;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// An archive of files that were written.
///
/// # Errors
/// If a name is too long for it.
pub(crate) fn pack(files: &[export::File]) -> Result<Vec<u8>, String> {
    let fail = |path: &str, error: &dyn std::fmt::Display| {
        format!("could not put {path} into an archive: {error}")
    };
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for file in files {
        writer
            .start_file(file.path.as_str(), SimpleFileOptions::default())
            .map_err(|error| fail(&file.path, &error))?;
        writer
            .write_all(file.text.as_bytes())
            .map_err(|error| fail(&file.path, &error))?;
    }
    let written = writer.finish().map_err(|error| fail("its end", &error))?;
    Ok(written.into_inner())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_is_packed_is_read() {
        let text = "netyard: 1\ntitle: Two\nnamespaces: {host: {loopback: {up: false}}, red: {}, blue: {}}\n\
                    links:\n  - {red/eth0: {}, blue/eth0: {}}\n";
        let document = topology::read::read(text).unwrap().document;
        let written = export::export(&document, export::Format::Kathara);
        let file = topology::import::File {
            path: "lab.zip".into(),
            bytes: pack(&written.files).unwrap(),
        };
        let read = topology::read::read_files(&[file]).unwrap().document;
        assert!(
            read.same_lab(&document),
            "{}{written:#?}",
            topology::yaml::write(&read)
        );
    }
}
