//! FILE: a lab in any of the forms that are read, told apart by content; a folder or a zip of one.

use std::fs;
use std::io::Read;
use std::path::Path;

use topology::import::{File, Import, Report};
use topology::read::{Format, MAX_FILE_BYTES, MAX_FILES, MAX_FILES_BYTES};

use super::complain;

/// Largest file that is read, in bytes; more is refused before it is in memory. A zip may be as
/// large as what is in it.
const MAX_BYTES: u64 = MAX_FILES_BYTES as u64;

/// Deepest folder of a lab that is looked into.
const MAX_DEPTH: usize = 12;

/// Reads a lab from a file or a folder, or from standard input if the path is `-`.
pub(super) fn read(path: &Path) -> Result<Import, String> {
    let files = match path.is_dir() {
        true => folder(path)?,
        false => vec![file(path)?],
    };
    let mut read = topology::read::read_files(&files);
    if let (Err(_), [only], false) = (&read, files.as_slice(), path == Path::new("-")) {
        let others = others(path, only);
        if !others.is_empty() && !path.is_dir() {
            read = topology::read::read_beside(only, &others);
        }
    }
    read.map_err(|error| {
        let error = error.to_string();
        // What names the file itself already.
        let name = files.first().map(|file| file.path.as_str());
        let is_named = name.is_some_and(|name| !name.is_empty() && error.starts_with(name));
        match is_named {
            true => error,
            false => format!("{}: {error}", path.display()),
        }
    })
}

/// The files that a lab's file reads, such as a script's library, from where they lie. What is not
/// there or no plain file is left to the reader, which says so.
fn others(path: &Path, main: &File) -> Vec<File> {
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut others: Vec<File> = Vec::new();
    let mut total = 0;
    loop {
        let wanted = topology::read::wanted(main, &others);
        let before = others.len();
        for wanted in wanted {
            if others.iter().any(|known| known.path == wanted) {
                continue;
            }
            let place = folder.join(&wanted);
            let size = match fs::metadata(&place) {
                Ok(found) if found.is_file() => found.len(),
                _ => continue,
            };
            total += size;
            let is_within = size <= MAX_FILE_BYTES as u64 && total <= MAX_BYTES;
            if !is_within || others.len() >= MAX_FILES {
                return others;
            }
            if let Ok(found) = file(&place) {
                others.push(File {
                    path: wanted,
                    bytes: found.bytes,
                });
            }
        }
        if others.len() == before {
            return others;
        }
    }
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

/// The same for a command whose own words matter more: what a script only tries or looks at is left
/// to `netyard check`.
pub(super) fn tell_changes(path: &Path, report: &Report) {
    if report.format != Format::Script {
        return tell(path, report);
    }
    for remark in &report.changed {
        complain(&format!("{}: {remark}", path.display()));
    }
}

fn file(path: &Path) -> Result<File, String> {
    let mut bytes = Vec::new();
    let fail = |error: std::io::Error| format!("could not read {}: {error}", path.display());
    let is_input = path == Path::new("-");
    let taken = if is_input {
        let input = std::io::stdin().lock();
        input.take(MAX_BYTES + 1).read_to_end(&mut bytes)
    } else {
        fs::File::open(path).and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes))
    };
    taken.map_err(fail)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(format!(
            "could not read {}: it is larger than {MAX_BYTES} bytes",
            path.display()
        ));
    }
    // Standard input has no name.
    let name = path.file_name().filter(|_| !is_input);
    let name = name.map(|name| name.to_string_lossy().into_owned());
    Ok(File {
        path: name.unwrap_or_default(),
        bytes,
    })
}

/// The files of a folder, in the order of their names. A link is followed to a file that lies in
/// the folder too, and said to be left out else; what is too large to say something of a lab is left
/// out.
fn folder(path: &Path) -> Result<Vec<File>, String> {
    let mut files = Vec::new();
    let mut total = 0;
    let root = fs::canonicalize(path)
        .map_err(|error| format!("could not read {}: {error}", path.display()))?;
    walk(&root, path, "", 0, &mut files, &mut total)?;
    Ok(files)
}

/// Whether a link leads to a plain file within a folder.
fn leads_within(root: &Path, link: &Path) -> bool {
    fs::canonicalize(link).is_ok_and(|place| place.starts_with(root) && place.is_file())
}

fn walk(
    root: &Path,
    folder: &Path,
    prefix: &str,
    depth: usize,
    files: &mut Vec<File>,
    total: &mut usize,
) -> Result<(), String> {
    let fail = |error: std::io::Error| format!("could not read {}: {error}", folder.display());
    let entries: Result<Vec<_>, _> = fs::read_dir(folder).map_err(fail)?.collect();
    let mut entries = entries.map_err(fail)?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name().to_string_lossy().into_owned();
        let kind = entry.file_type().map_err(fail)?;
        let path = format!("{prefix}{name}");
        if kind.is_dir() && !name.starts_with('.') {
            if depth >= MAX_DEPTH {
                return Err(format!(
                    "could not read {}: folders lie in it more than {MAX_DEPTH} deep",
                    folder.display()
                ));
            }
            let prefix = format!("{path}/");
            walk(root, &entry.path(), &prefix, depth + 1, files, total)?;
        }
        let is_link = kind.is_symlink();
        let is_followed = is_link && leads_within(root, &entry.path());
        if is_link && !is_followed {
            complain(&format!(
                "{}: left out: it is a link, and to no file of the folder",
                entry.path().display()
            ));
        }
        if !kind.is_file() && !is_followed {
            continue;
        }
        let size = fs::metadata(entry.path()).map_err(fail)?.len();
        if size > MAX_FILE_BYTES as u64 {
            continue;
        }
        let bytes = file(&entry.path())?.bytes;
        *total += bytes.len();
        if *total > MAX_FILES_BYTES || files.len() >= MAX_FILES {
            return Err(format!(
                "could not read {}: it has more than {MAX_FILES} files or {MAX_FILES_BYTES} bytes",
                folder.display()
            ));
        }
        files.push(File { path, bytes });
    }
    Ok(())
}
