//! The compiled module and its JavaScript, by wasm-bindgen's own library.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use wasm_bindgen_cli_support::Bindgen;

use super::{copy_folder, files_below, hash, write_hashed};

/// The files that start the front end, by their names in the assets folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Module {
    /// The script: it loads the module and starts it.
    pub(super) script: String,
    /// The WebAssembly module.
    pub(super) wasm: String,
}

/// Runs wasm-bindgen on a compiled module and writes the result under hashed names.
pub(super) fn generate(wasm: &Path, assets: &Path) -> Result<Module> {
    let scratch = tempfile::tempdir().context("cannot make a temporary folder")?;
    let mut bindgen = Bindgen::new();
    bindgen
        .input_path(wasm)
        .out_name("app")
        .typescript(false)
        .remove_name_section(true)
        .remove_producers_section(true)
        .omit_default_module_path(true);
    bindgen
        .web(true)
        .and_then(|bindgen| bindgen.generate(scratch.path()))
        .with_context(|| format!("wasm-bindgen cannot use {}", wasm.display()))?;
    let module =
        fs::read(scratch.path().join("app_bg.wasm")).context("wasm-bindgen left no module")?;
    let wasm = write_hashed(assets, "app", "wasm", &module)?;
    let script =
        fs::read_to_string(scratch.path().join("app.js")).context("wasm-bindgen left no script")?;
    let snippets = move_snippets(&scratch.path().join("snippets"), assets)?;
    let script = starting(&script, &wasm, snippets.as_deref());
    let script = write_hashed(assets, "app", "js", script.as_bytes())?;
    Ok(Module { script, wasm })
}

/// The script that starts the module itself: no second script, and no inline one, which the
/// content security policy forbids.
fn starting(script: &str, wasm: &str, snippets: Option<&str>) -> String {
    let script = match snippets {
        Some(folder) => script
            .replace("'./snippets/", &format!("'./{folder}/"))
            .replace("\"./snippets/", &format!("\"./{folder}/")),
        None => script.to_owned(),
    };
    format!(
        "{}\n__wbg_init({{ module_or_path: new URL(\"./{wasm}\", import.meta.url) }});\n",
        script.trim_end()
    )
}

/// Scripts that crates bring along: their folder is named by their content.
fn move_snippets(snippets: &Path, assets: &Path) -> Result<Option<String>> {
    if !snippets.is_dir() {
        return Ok(None);
    }
    let mut all = Vec::new();
    for path in files_below(snippets)? {
        all.extend(path.strip_prefix(snippets)?.to_string_lossy().as_bytes());
        all.extend(fs::read(&path)?);
    }
    let name = format!("snippets-{}", hash(&all));
    copy_folder(snippets, &assets.join(&name))?;
    Ok(Some(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_starts_the_module_and_finds_its_snippets() {
        let script =
            "import { a } from './snippets/x/inline0.js';\nasync function __wbg_init() {}\n";
        let started = starting(script, "app-01.wasm", Some("snippets-02"));
        assert!(started.starts_with("import { a } from './snippets-02/x/inline0.js';"));
        assert!(started.ends_with(
            "__wbg_init({ module_or_path: new URL(\"./app-01.wasm\", import.meta.url) });\n"
        ));
    }
}
