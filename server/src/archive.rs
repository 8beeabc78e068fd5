//! Zip archives: labs of several files that come and go as one.

use std::io::{Cursor, Read, Write};

use topology::export;
use topology::import::File;
use topology::read::MAX_FILES;
use topology::yaml::MAX_TEXT_BYTES;
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

/// Whether it begins as an archive with something in it does.
pub(crate) fn is_archive(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04")
}

/// The files of an archive, folders left out. What is in it is counted while it is read, whatever
/// the archive says of itself.
///
/// # Errors
/// If it is damaged, has a path that leads out of it, or holds more than is read.
pub(crate) fn unpack(bytes: &[u8]) -> Result<Vec<File>, String> {
    let mut archive = ZipArchive::new(Cursor::new(bytes))
        .map_err(|error| format!("cannot read the archive: {error}"))?;
    if archive.len() > MAX_FILES {
        let count = archive.len();
        return Err(format!(
            "the archive has {count} files: at most {MAX_FILES} are read at once"
        ));
    }
    let mut files = Vec::new();
    let mut room = MAX_TEXT_BYTES as u64;
    for index in 0..archive.len() {
        let entry = archive
            .by_index(index)
            .map_err(|error| format!("cannot read file {} of the archive: {error}", index + 1))?;
        let name = entry.name().map(|name| name.into_owned());
        let name = name.map_err(|error| format!("cannot read the archive: {error}"))?;
        if entry.is_dir() {
            continue;
        }
        let path = entry
            .enclosed_name()
            .ok_or_else(|| format!("{name}: its path leads out of the archive"))?;
        let path = path.to_string_lossy().replace('\\', "/");
        let mut bytes = Vec::new();
        entry
            .take(room + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| format!("cannot read {name} of the archive: {error}"))?;
        room = room.checked_sub(bytes.len() as u64).ok_or_else(|| {
            format!("the archive holds more than {MAX_TEXT_BYTES} bytes, which are read at most")
        })?;
        files.push(File { path, bytes });
    }
    Ok(files)
}

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
    fn what_is_packed_is_unpacked_and_anything_else_refused() {
        let file = |path: &str| export::File {
            path: path.to_owned(),
            text: "red[0]=\"A\"\n".repeat(200),
        };
        let packed = pack(&[file("lab/lab.conf"), file("lab/red.startup")]).unwrap();
        assert!(is_archive(&packed));
        let files = unpack(&packed).unwrap();
        assert_eq!(files[1].path, "lab/red.startup");
        assert_eq!(files[0].bytes, file("").text.as_bytes());
        // Whatever is cut off or turned round: refused or read, never a panic.
        for place in (0..packed.len()).step_by(7) {
            let _refused = unpack(&packed[..place]);
            let mut damaged = packed.clone();
            damaged[place] ^= 0x55;
            let _refused = unpack(&damaged);
        }
        let bomb = pack(&[export::File {
            path: "a".into(),
            text: "a".repeat(MAX_TEXT_BYTES + 1),
        }]);
        assert!(unpack(&bomb.unwrap()).unwrap_err().contains("more than"));
        let outside = pack(&[file("../../etc/passwd")]).unwrap();
        assert!(unpack(&outside).unwrap_err().contains("leads out"));
    }
}
