//! Compressed copies beside each file, made once here and not at each request.

use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use flate2::Compression;
use flate2::write::GzEncoder;

use super::files_below;
use crate::program::Mode;

/// log2 of brotli's window: 4 MiB, larger than any of our files.
const WINDOW: u32 = 22;

/// Writes `NAME.br` and `NAME.gz` beside each file of the folder that they make smaller.
pub(super) fn folder(folder: &Path, mode: Mode) -> Result<()> {
    let (brotli, gzip) = match mode {
        Mode::Release => (11, Compression::best()),
        Mode::Dev => (4, Compression::fast()),
    };
    for path in files_below(folder)? {
        let content = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        for (suffix, packed) in [
            ("br", with_brotli(&content, brotli)?),
            ("gz", with_gzip(&content, gzip)?),
        ] {
            if worth_it(content.len(), packed.len()) {
                let target = beside(&path, suffix);
                fs::write(&target, packed)
                    .with_context(|| format!("cannot write {}", target.display()))?;
            }
        }
    }
    Ok(())
}

/// `NAME.SUFFIX` beside a file.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(".");
    name.push(suffix);
    PathBuf::from(name)
}

/// Fonts and images are compressed already: unpacking them again would only cost time.
fn worth_it(raw: usize, packed: usize) -> bool {
    packed.saturating_mul(20) < raw.saturating_mul(19)
}

fn with_brotli(content: &[u8], quality: u32) -> Result<Vec<u8>> {
    let mut packed = Vec::new();
    let mut writer = brotli::CompressorWriter::new(&mut packed, 1 << 16, quality, WINDOW);
    writer.write_all(content).context("brotli failed")?;
    drop(writer);
    Ok(packed)
}

fn with_gzip(content: &[u8], level: Compression) -> Result<Vec<u8>> {
    let mut writer = GzEncoder::new(Vec::new(), level);
    writer.write_all(content).context("gzip failed")?;
    writer.finish().context("gzip failed")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::io::Read;

    #[test]
    fn copies_unpack_to_the_original() {
        let dir = tempfile::tempdir().unwrap();
        let text = "namespace red, namespace blue\n".repeat(100);
        let path = dir.path().join("page.html");
        fs::write(&path, &text).unwrap();
        folder(dir.path(), Mode::Release).unwrap();
        let mut unpacked = String::new();
        let packed = fs::read(beside(&path, "br")).unwrap();
        brotli::Decompressor::new(&packed[..], 4096)
            .read_to_string(&mut unpacked)
            .unwrap();
        assert_eq!(unpacked, text);
        unpacked.clear();
        let packed = fs::read(beside(&path, "gz")).unwrap();
        flate2::read::GzDecoder::new(&packed[..])
            .read_to_string(&mut unpacked)
            .unwrap();
        assert_eq!(unpacked, text);
    }

    #[test]
    fn what_does_not_shrink_gets_no_copy() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("font.woff2");
        fs::write(&path, b"0").unwrap();
        folder(dir.path(), Mode::Release).unwrap();
        assert!(!beside(&path, "br").exists());
        assert!(!worth_it(1000, 951) && worth_it(1000, 949));
    }
}
