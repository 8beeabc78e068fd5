//! How much a browser loads before the page can be used, against the budget.

use std::cmp::Reverse;
use std::fmt;
use std::fs;
use std::path::Path;

use anyhow::Result;

use super::compress::beside;
use super::files_below;
use crate::size::bytes;

/// What the first load may weigh, all files, brotli: 350 KB.
const BUDGET: u64 = 350_000;

/// One file of the front end.
#[derive(Clone, Debug, PartialEq, Eq)]
struct File {
    /// Its path on the server.
    path: String,
    raw: u64,
    /// As it travels: brotli where there is such a copy.
    packed: u64,
    /// Whether it is loaded with the page, or only when something asks for it.
    first: bool,
}

/// All files of the front end.
#[derive(Clone, Debug)]
pub(crate) struct Sizes {
    files: Vec<File>,
}

impl Sizes {
    /// Looks at a folder that was laid out and compressed.
    pub(super) fn measure(folder: &Path) -> Result<Self> {
        let paths = files_below(folder)?;
        let is_text = |path: &&std::path::PathBuf| {
            path.ends_with("index.html") || path.extension().is_some_and(|kind| kind == "css")
        };
        let mut naming = String::new();
        for path in paths.iter().filter(is_text) {
            naming.push_str(&fs::read_to_string(path)?);
        }
        let mut files = Vec::new();
        for path in &paths {
            let name = format!("/{}", path.strip_prefix(folder)?.display());
            if name.ends_with(".br") || name.ends_with(".gz") {
                continue;
            }
            let raw = fs::metadata(path)?.len();
            let packed = fs::metadata(beside(path, "br")).map_or(raw, |meta| meta.len());
            files.push(File {
                first: is_first(&name, &naming),
                path: name,
                raw,
                packed,
            });
        }
        files.sort_by_key(|file| Reverse((file.first, file.packed)));
        Ok(Self { files })
    }

    /// Raw and compressed size of the files of the first load, or of the others.
    fn total(&self, first: bool) -> (u64, u64) {
        self.files
            .iter()
            .filter(|file| file.first == first)
            .fold((0, 0), |(raw, packed), file| {
                (raw + file.raw, packed + file.packed)
            })
    }
}

/// The page, all assets, fonts and icons, and what the page or a style sheet names.
fn is_first(name: &str, naming: &str) -> bool {
    name == "/index.html"
        || ["/assets/", "/fonts/", "/icons"]
            .iter()
            .any(|start| name.starts_with(start))
        || naming.contains(name)
}

impl fmt::Display for Sizes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = |name: &str, (raw, packed): (u64, u64), note: &str| {
            writeln!(
                formatter,
                "  {name:<44} {:>12} {:>12}{note}",
                bytes(raw),
                bytes(packed)
            )
        };
        for file in &self.files {
            let note = if file.first { "" } else { "  (when asked for)" };
            line(&file.path, (file.raw, file.packed), note)?;
        }
        let first = self.total(true);
        let verdict = if first.1 <= BUDGET { "within" } else { "OVER" };
        line(
            "first load",
            first,
            &format!("  {verdict} the budget of {}", bytes(BUDGET)),
        )?;
        let (raw, packed) = self.total(false);
        write!(
            formatter,
            "  {:<44} {:>12} {:>12}",
            "the rest",
            bytes(raw),
            bytes(packed)
        )
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_first_load_is_what_the_page_names() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str, content: &[u8]| {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        };
        write("index.html", b"<link href=\"/favicon.svg\">");
        write(
            "assets/style-1.css",
            b"@font-face{src:url(/fonts/text.woff2)}",
        );
        write("assets/style-1.css.br", b"12345");
        write("fonts/text.woff2", &[0; 100]);
        write("favicon.svg", &[0; 10]);
        write("vendor/xterm.js", &[0; 4000]);
        let sizes = Sizes::measure(dir.path()).unwrap();
        assert_eq!(sizes.total(true), (26 + 38 + 100 + 10, 26 + 5 + 100 + 10));
        assert_eq!(sizes.total(false), (4000, 4000));
        assert!(sizes.to_string().contains("within the budget of 350.0 KB"));
    }

    #[test]
    fn a_page_over_the_budget_is_called_so() {
        let file = File {
            path: "/assets/app.wasm".into(),
            raw: 1,
            packed: BUDGET + 1,
            first: true,
        };
        assert!(
            Sizes { files: vec![file] }
                .to_string()
                .contains("OVER the budget")
        );
    }
}
