//! Labs in every form that is read. Whatever is read is valid, is written in every form, and is the
//! same lab when its YAML is read again.

use topology::export::{Format, export};
use topology::import::{File, Import};
use topology::read::{ReadError, read_files};
use topology::{Document, yaml};

use crate::parts::{Parts, is_printable};

/// Larger inputs only take longer.
const ENOUGH: usize = 16 << 10;

/// A lab document.
pub fn document(bytes: &[u8]) {
    if let Some(text) = text(bytes)
        && let Ok(document) = yaml::read(text)
    {
        sound(&document);
    }
}

/// A shell script.
pub fn script(bytes: &[u8]) {
    if let Some(text) = text(bytes)
        && let Ok(script) = topology::script::read(text)
    {
        sound(&script.document);
    }
}

/// A topology of containerlab.
pub fn containerlab(bytes: &[u8]) {
    one_with(bytes, "topology");
}

/// A Compose file.
pub fn compose(bytes: &[u8]) {
    one_with(bytes, "services");
}

/// A netplan configuration.
pub fn netplan(bytes: &[u8]) {
    one_with(bytes, "network");
}

/// A file of MiniEdit.
pub fn miniedit(bytes: &[u8]) {
    one_with(bytes, "hosts");
}

/// A graph of Graphviz or Mermaid.
pub fn graph(bytes: &[u8]) {
    if text(bytes).is_some() {
        files(vec![file(b"", bytes)]);
    }
}

/// A lab of Kathará: path and content in turn, each ended by a zero byte.
pub fn kathara(bytes: &[u8]) {
    if bytes.len() > ENOUGH {
        return;
    }
    let mut parts = Parts(bytes);
    let mut all = Vec::new();
    while !parts.0.is_empty() {
        let path = parts.until(0);
        all.push(file(path, parts.until(0)));
    }
    files(all);
}

/// A zip.
pub fn archive(bytes: &[u8]) {
    files(vec![file(b"lab.zip", bytes)]);
}

fn text(bytes: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(bytes).ok()?;
    (text.len() <= ENOUGH).then_some(text)
}

/// One file, if it has the word by which its format is told.
fn one_with(bytes: &[u8], word: &str) {
    if text(bytes).is_some_and(|text| text.contains(word)) {
        files(vec![file(b"", bytes)]);
    }
}

fn file(path: &[u8], bytes: &[u8]) -> File {
    File {
        path: String::from_utf8_lossy(path).into_owned(),
        bytes: bytes.to_vec(),
    }
}

fn files(files: Vec<File>) {
    match read_files(&files) {
        Ok(Import { document, report }) => {
            let said = report.to_string();
            assert!(is_printable(&said), "{said:?}");
            let written = serde_json::to_string(&report).expect("a report is written");
            assert_eq!(serde_json::from_str(&written).ok(), Some(report));
            sound(&document);
        }
        Err(error) => {
            let said = error.to_string();
            assert!(!said.is_empty() && is_printable(&said), "{said:?}");
            assert!(!matches!(&error, ReadError::Import(_, refusals) if refusals.is_empty()));
        }
    }
}

/// What holds of whatever was read.
fn sound(document: &Document) {
    assert_eq!(document.validate(), Ok(()));
    let text = yaml::write(document);
    let again = yaml::read(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert!(again.same_lab(document), "{text}\n{}", yaml::write(&again));
    let written = serde_json::to_string(document).expect("a document is written");
    let read: Document = serde_json::from_str(&written).expect("what was written is read");
    assert_eq!(read, *document);
    let _ = topology::problem::check(document);
    for format in Format::ALL {
        let export = export(document, format);
        for file in &export.files {
            assert!(is_printable(&file.text), "{format:?}: {:?}", file.text);
            let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
            assert!(file.path.chars().all(is_plain), "{}", file.path);
        }
        if format == Format::Ip {
            script_again(&export.files[0].text);
        }
    }
}

/// What a script makes is written as a script that makes it again. A document may say more than a
/// script can do: a route that waits for its gateway is refused there, as by the kernel.
fn script_again(text: &str) {
    let Ok(made) = topology::script::read(text) else {
        return;
    };
    let written = topology::command::script_text(&made.document);
    if topology::command::of_document(&made.document).is_empty() {
        // No command, no lab.
        return;
    }
    let again = topology::script::read(&written)
        .unwrap_or_else(|errors| panic!("{errors:?}\n{text}\n{written}"));
    assert!(again.document.same_lab(&made.document), "{text}\n{written}");
}
