//! The compiled module, taken apart, and its JavaScript, by wasm-bindgen's own library.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use wasm_bindgen_cli_support::Bindgen;

use super::{copy_folder, files_below, hash, split};

/// The script that wasm-bindgen makes.
const SCRIPT: &str = "app.js";
/// The module that it makes.
const MAIN: &str = "app_bg.wasm";

/// The files that start the front end, by their names in the assets folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Module {
    /// The script: it loads the module and starts it.
    pub(super) script: String,
    /// The script that it imports, which fetches the other parts of the program.
    pub(super) loader: String,
    /// The WebAssembly module.
    pub(super) wasm: String,
}

/// Takes a compiled module apart, runs wasm-bindgen on it, and copies the result to a folder below
/// the assets that is named by all of its content: the files name each other, and belong together.
pub(super) fn generate(wasm: &Path, assets: &Path) -> Result<Module> {
    let scratch = tempfile::tempdir().context("cannot make a temporary folder")?;
    let made = scratch.path().join("made");
    let main = scratch.path().join("main.wasm");
    split::split(wasm, &main, &made, SCRIPT)?;
    let mut bindgen = Bindgen::new();
    bindgen
        .input_path(main)
        .out_name("app")
        .typescript(false)
        .remove_name_section(true)
        .remove_producers_section(true)
        .omit_default_module_path(true)
        // The other parts refer to what the main module exports.
        .keep_lld_exports(true)
        .demangle(false);
    bindgen
        .web(true)
        .and_then(|bindgen| bindgen.generate(&made))
        .with_context(|| format!("wasm-bindgen cannot use {}", wasm.display()))?;
    let script = made.join(SCRIPT);
    let text = fs::read_to_string(&script).context("wasm-bindgen left no script")?;
    fs::write(&script, starting(&text))?;
    let folder = format!("app-{}", hash_of_folder(&made)?);
    copy_folder(&made, &assets.join(&folder))?;
    let within = |name: &str| format!("{folder}/{name}");
    Ok(Module {
        script: within(SCRIPT),
        loader: within(split::LOADER),
        wasm: within(MAIN),
    })
}

/// The script that starts the module itself: no second script, and no inline one, which the
/// content security policy forbids.
fn starting(script: &str) -> String {
    format!(
        "{}\n__wbg_init({{ module_or_path: new URL(\"./{MAIN}\", import.meta.url) }});\n",
        script.trim_end()
    )
}

/// The hash of the names and the content of all files.
fn hash_of_folder(folder: &Path) -> Result<String> {
    let mut all = Vec::new();
    for path in files_below(folder)? {
        all.extend(path.strip_prefix(folder)?.to_string_lossy().as_bytes());
        all.extend(fs::read(&path)?);
    }
    Ok(hash(&all))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_script_starts_the_module() {
        let started = starting("async function __wbg_init() {}\n\n");
        assert_eq!(
            started,
            "async function __wbg_init() {}\n\
             __wbg_init({ module_or_path: new URL(\"./app_bg.wasm\", import.meta.url) });\n"
        );
    }

    #[test]
    fn a_folder_is_named_by_all_of_its_files() {
        let folder = tempfile::tempdir().unwrap();
        let part = folder.path().join("split_editor.wasm");
        fs::write(folder.path().join(SCRIPT), "a").unwrap();
        fs::write(&part, "b").unwrap();
        let first = hash_of_folder(folder.path()).unwrap();
        assert_eq!(hash_of_folder(folder.path()).unwrap(), first);
        fs::write(&part, "c").unwrap();
        assert_ne!(hash_of_folder(folder.path()).unwrap(), first);
    }
}
