//! The front end as files that a server can hand out: target/front/.
//!
//! What server/build.rs may rely on:
//! - `index.html` names everything that the page needs at first;
//! - a file under `assets/` has a hash of its content in its path and never changes: a browser may
//!   keep it for ever. All others are files of public/ under their own names;
//! - beside each file that compression makes smaller are `NAME.br` and `NAME.gz`.

mod bindgen;
mod compress;
mod page;
mod sizes;
mod split;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

use self::sizes::Sizes;
use crate::process;
use crate::program::Mode;
use crate::style;
use crate::wasm_toolchain::{TARGET, Toolchain};
use crate::workspace::Workspace;

/// Compiles the front end and lays its files out; returns their folder.
pub(crate) fn build(workspace: &Workspace, toolchain: &Toolchain, mode: Mode) -> Result<PathBuf> {
    let wasm = compile(workspace, toolchain, mode)?;
    let folder = workspace.target().join("front");
    let stamp = workspace.target().join("front.stamp");
    let fingerprint = fingerprint(workspace, &wasm, mode)?;
    if folder.is_dir() && fs::read_to_string(&stamp).is_ok_and(|text| text == fingerprint) {
        println!("{}", Sizes::measure(&folder)?);
        return Ok(folder);
    }
    // A half-written folder must never be embedded: built aside, then exchanged.
    let fresh = workspace.target().join("front.new");
    remove_folder(&fresh)?;
    lay_out(workspace, &wasm, &fresh)?;
    compress::folder(&fresh, mode)?;
    remove_folder(&folder)?;
    fs::rename(&fresh, &folder)
        .with_context(|| format!("cannot move {} to {}", fresh.display(), folder.display()))?;
    fs::write(&stamp, fingerprint).with_context(|| format!("cannot write {}", stamp.display()))?;
    println!("{}", Sizes::measure(&folder)?);
    Ok(folder)
}

/// Cargo's command for the front end: also what the check of the front end runs.
fn cargo_build(workspace: &Workspace, toolchain: &Toolchain, mode: Mode) -> Command {
    let mut cargo = toolchain.cargo(workspace, "rustc");
    cargo.args(["--package", "app", "--bin", "app"]);
    match mode {
        Mode::Release => cargo.args(["--profile", "wasm"]),
        Mode::Dev => cargo
            .args(["--profile", "dev"])
            .env("CARGO_PROFILE_DEV_OPT_LEVEL", "1")
            .env("CARGO_PROFILE_DEV_DEBUG", "false"),
    };
    // Leptos without its deep view types: half the size, and compiled two to three times as fast.
    cargo.env("RUSTFLAGS", "--cfg erase_components");
    // For the last step only: with other RUSTFLAGS everything would be compiled again.
    cargo.args(["--", "-C", split::LINKER_ARGUMENT]);
    cargo
}

fn compile(workspace: &Workspace, toolchain: &Toolchain, mode: Mode) -> Result<PathBuf> {
    eprintln!("Building the front end with {}", toolchain.describe());
    process::run(&mut cargo_build(workspace, toolchain, mode))?;
    let profile = match mode {
        Mode::Release => "wasm",
        Mode::Dev => "debug",
    };
    let wasm = workspace
        .target()
        .join("wasm")
        .join(TARGET)
        .join(profile)
        .join("app.wasm");
    if !wasm.is_file() {
        bail!("cargo left no {}", wasm.display());
    }
    Ok(wasm)
}

fn lay_out(workspace: &Workspace, wasm: &Path, folder: &Path) -> Result<()> {
    let assets = folder.join("assets");
    fs::create_dir_all(&assets).with_context(|| format!("cannot make {}", assets.display()))?;
    let public = workspace.path("public");
    copy_folder(&public, folder)?;
    let module = bindgen::generate(wasm, &assets)?;
    let sheet = write_hashed(
        &assets,
        "style",
        "css",
        style::concatenated(&workspace.path("style"))?.as_bytes(),
    )?;
    let template = public.join("index.html");
    let text = fs::read_to_string(&template)
        .with_context(|| format!("cannot read the page {}", template.display()))?;
    let page = page::with_assets(&text, &sheet, &module)
        .with_context(|| format!("cannot use the page {}", template.display()))?;
    let index = folder.join("index.html");
    fs::write(&index, page).with_context(|| format!("cannot write {}", index.display()))
}

/// Writes `STEM-HASH.EXTENSION` and returns that name.
fn write_hashed(folder: &Path, stem: &str, extension: &str, content: &[u8]) -> Result<String> {
    let name = format!("{stem}-{}.{extension}", hash(content));
    let path = folder.join(&name);
    fs::write(&path, content).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(name)
}

/// The first 64 bits of SHA-256 in hexadecimal: short in a path, and no two files share it.
fn hash(content: &[u8]) -> String {
    Sha256::digest(content)
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Everything that the files depend on, as one line.
fn fingerprint(workspace: &Workspace, wasm: &Path, mode: Mode) -> Result<String> {
    let mut digest = Sha256::new();
    // This program itself decides how the files are made; it is too large to be read each time.
    let own = std::env::current_exe().context("cannot find this program")?;
    let built = fs::metadata(&own).and_then(|meta| meta.modified());
    digest.update(format!("{built:?}"));
    let mut paths = vec![wasm.to_path_buf()];
    paths.extend(files_below(&workspace.path("public"))?);
    paths.extend(files_below(&workspace.path("style"))?);
    for path in paths {
        let content = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        digest.update(path.to_string_lossy().as_bytes());
        digest.update((content.len() as u64).to_le_bytes());
        digest.update(&content);
    }
    Ok(format!("{mode:?} {}", hash(&digest.finalize())))
}

/// All files in a folder and below, sorted.
fn files_below(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let entries =
        fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    for entry in entries {
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

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    for path in files_below(from)? {
        let target = to.join(path.strip_prefix(from)?);
        if let Some(parent) = target.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::copy(&path, &target)
            .with_context(|| format!("cannot copy {} to {}", path.display(), target.display()))?;
    }
    Ok(())
}

fn remove_folder(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)
            .with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_hashed_name_changes_with_the_content_only() {
        let folder = tempfile::tempdir().unwrap();
        let first = write_hashed(folder.path(), "style", "css", b"a{}").unwrap();
        let again = write_hashed(folder.path(), "style", "css", b"a{}").unwrap();
        let other = write_hashed(folder.path(), "style", "css", b"b{}").unwrap();
        assert_eq!(first, again);
        assert_ne!(first, other);
        assert_eq!(first.len(), "style-.css".len() + 16);
        assert_eq!(fs::read(folder.path().join(first)).unwrap(), b"a{}");
    }

    #[test]
    fn folders_are_copied_with_what_is_below() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        fs::create_dir_all(from.join("labs")).unwrap();
        fs::write(from.join("labs/red.yaml"), "version: 1").unwrap();
        copy_folder(&from, &to).unwrap();
        assert_eq!(fs::read(to.join("labs/red.yaml")).unwrap(), b"version: 1");
    }
}
