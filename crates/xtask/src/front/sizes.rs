//! How much a browser loads before the yard can be used, against the budget, and how much more for
//! a lab.

use std::cmp::Reverse;
use std::fmt;
use std::fs;
use std::path::Path;

use anyhow::Result;

use super::compress::beside;
use super::{files_below, split};
use crate::size::bytes;

/// What the first load may weigh, all files, brotli: 350 KB.
const BUDGET: u64 = 350_000;

/// When a browser fetches a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum When {
    /// With the page: it is needed to show the yard.
    First,
    /// When a lab is opened, or a little before.
    Lab,
    /// Only when something asks for it.
    Asked,
}

/// One file of the front end.
#[derive(Clone, Debug, PartialEq, Eq)]
struct File {
    /// Its path on the server.
    path: String,
    raw: u64,
    /// As it travels: brotli where there is such a copy.
    packed: u64,
    when: When,
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
                when: when(&name, &naming),
                path: name,
                raw,
                packed,
            });
        }
        files.sort_by_key(|file| (file.when, Reverse(file.packed)));
        Ok(Self { files })
    }

    /// Raw and compressed size of what is fetched then.
    fn total(&self, when: When) -> (u64, u64) {
        self.files
            .iter()
            .filter(|file| file.when == when)
            .fold((0, 0), |(raw, packed), file| {
                (raw + file.raw, packed + file.packed)
            })
    }
}

/// With the page come the page itself, all assets but the parts of the program that were split off,
/// fonts and icons, and what the page or a style sheet names.
fn when(name: &str, naming: &str) -> When {
    if split::is_part(name) {
        return When::Lab;
    }
    let first = name == "/index.html"
        || ["/assets/", "/fonts/", "/icons"]
            .iter()
            .any(|start| name.starts_with(start))
        || naming.contains(name);
    if first { When::First } else { When::Asked }
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
            let note = match file.when {
                When::First => "",
                When::Lab => "  (when a lab is opened)",
                When::Asked => "  (when asked for)",
            };
            line(&file.path, (file.raw, file.packed), note)?;
        }
        let first = self.total(When::First);
        let verdict = if first.1 <= BUDGET { "within" } else { "OVER" };
        line(
            "first load",
            first,
            &format!("  {verdict} the budget of {}", bytes(BUDGET)),
        )?;
        line("when a lab is opened", self.total(When::Lab), "")?;
        let (raw, packed) = self.total(When::Asked);
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
        write("assets/app-1/split.js", &[0; 7]);
        write("assets/app-1/split_editor.wasm", &[0; 9000]);
        let sizes = Sizes::measure(dir.path()).unwrap();
        assert_eq!(
            sizes.total(When::First),
            (26 + 38 + 100 + 10 + 7, 26 + 5 + 100 + 10 + 7)
        );
        assert_eq!(sizes.total(When::Lab), (9000, 9000));
        assert_eq!(sizes.total(When::Asked), (4000, 4000));
        assert!(sizes.to_string().contains("within the budget of 350.0 KB"));
    }

    #[test]
    fn a_page_over_the_budget_is_called_so() {
        let file = File {
            path: "/assets/app.wasm".into(),
            raw: 1,
            packed: BUDGET + 1,
            when: When::First,
        };
        assert!(
            Sizes { files: vec![file] }
                .to_string()
                .contains("OVER the budget")
        );
    }
}
