//! Lists the files to embed: the front end, if it was built, and the example labs.
//!
//! `cargo xtask build` sets NETYARD_FRONT to the folder that it laid out (crates/xtask/src/front.rs
//! says what is in it). Without it the program has no front end and says so.

use std::error::Error;
use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::{env, fs};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let out = PathBuf::from(env::var("OUT_DIR")?);
    println!("cargo::rerun-if-env-changed=NETYARD_FRONT");
    let front = env::var_os("NETYARD_FRONT").filter(|folder| !folder.is_empty());
    fs::write(
        out.join("front.rs"),
        front_files(front.as_ref().map(Path::new))?,
    )?;
    let public = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("../public");
    println!("cargo::rerun-if-changed={}", public.display());
    fs::write(out.join("examples.rs"), examples(&public.join("labs"))?)?;
    Ok(())
}

/// The front end as an expression: a list of `EmbeddedFile`.
fn front_files(folder: Option<&Path>) -> Result<String> {
    let mut list = String::from("&[\n");
    if let Some(folder) = folder {
        println!("cargo::rerun-if-changed={}", folder.display());
        if !folder.join("index.html").is_file() {
            return Err(format!(
                "NETYARD_FRONT is {}, which has no index.html",
                folder.display()
            )
            .into());
        }
        for path in files_below(folder)? {
            let name = path
                .strip_prefix(folder)?
                .to_str()
                .ok_or("a file name is not UTF-8")?;
            if name.ends_with(".br") || name.ends_with(".gz") {
                continue;
            }
            let mut hash = DefaultHasher::new();
            fs::read(&path)?.hash(&mut hash);
            writeln!(
                list,
                "EmbeddedFile {{ path: {:?}, tag: \"W/\\\"{:016x}\\\"\", bytes: include_bytes!({path:?}), brotli: {}, gzip: {} }},",
                format!("/{name}"),
                hash.finish(),
                sibling(&path, "br"),
                sibling(&path, "gz"),
            )?;
        }
    }
    list.push_str("]\n");
    Ok(list)
}

/// `Some(include_bytes!(…))` of the compressed copy beside a file.
fn sibling(path: &Path, suffix: &str) -> String {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    let copy = PathBuf::from(name);
    if copy.is_file() {
        format!("Some(include_bytes!({copy:?}))")
    } else {
        "None".to_owned()
    }
}

/// The example labs as an expression: a list of (name, text).
fn examples(folder: &Path) -> Result<String> {
    let mut list = String::from("&[\n");
    if folder.is_dir() {
        for path in files_below(folder)? {
            if path.extension().is_some_and(|ending| ending == "yaml") {
                let name = path
                    .file_stem()
                    .and_then(|stem| stem.to_str())
                    .ok_or("a file name is not UTF-8")?;
                writeln!(
                    list,
                    "({name:?}, include_str!({:?})),",
                    path.canonicalize()?
                )?;
            }
        }
    }
    list.push_str("]\n");
    Ok(list)
}

/// All files of a folder and below, sorted.
fn files_below(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            found.extend(files_below(&entry.path())?);
        } else {
            found.push(entry.path());
        }
    }
    found.sort();
    Ok(found)
}
