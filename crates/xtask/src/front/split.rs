//! The compiled module in two: what the yard page needs, and the editor (app/src/split.rs).

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, anyhow};
use walrus::ModuleConfig;
use wasm_split_cli_support::{Options, transform};

/// The script that fetches the parts; the module imports it under this name.
pub(super) const LOADER: &str = "split.js";

/// What the linker must keep so that a module can be taken apart: which number in the code stands
/// for which function or datum.
pub(super) const LINKER_ARGUMENT: &str = "link-arg=--emit-relocs";

/// Takes a module apart: the parts that are fetched later and their loader go to the folder; the
/// main module, which wasm-bindgen must still process, is written to `main`.
///
/// `script` is the name of the script that wasm-bindgen will make, in the same folder.
pub(super) fn split(wasm: &Path, main: &Path, folder: &Path, script: &str) -> Result<()> {
    let input = fs::read(wasm).with_context(|| format!("cannot read {}", wasm.display()))?;
    let script = format!("./{script}");
    let loader = format!("./{LOADER}");
    let mut options = Options::new(&input);
    options.output_dir = folder;
    options.main_out_path = main;
    options.main_module = &script;
    options.link_name = &loader;
    let parts = transform(options)
        .map_err(|error| anyhow!("cannot take {} apart: {error:#}", wasm.display()))?;
    for part in &parts.split_modules {
        rewrite(part).with_context(|| format!("cannot rewrite {}", part.display()))?;
    }
    Ok(())
}

/// Whether a file is such a part: it is not fetched with the page.
pub(super) fn is_part(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    // The names that wasm_split_cli_support gives: of one part, and of what several parts share.
    name.ends_with(".wasm") && (name.starts_with("split_") || name.starts_with("chunk_"))
}

/// Writes a part anew, without names and with numbers as short as they can be: they are padded so
/// that a linker could change them, which costs a quarter of the compressed size. wasm-bindgen
/// does the same with the main module.
fn rewrite(part: &Path) -> Result<()> {
    let mut module = ModuleConfig::new()
        .generate_name_section(false)
        .generate_producers_section(false)
        .parse(&fs::read(part)?)?;
    fs::write(part, module.emit_wasm())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_known_by_their_names() {
        assert!(is_part("/assets/app-01/split_editor.wasm"));
        assert!(is_part("/assets/app-01/chunk_2.wasm"));
        assert!(!is_part("/assets/app-01/app_bg.wasm"));
        assert!(!is_part("/assets/app-01/split.js"));
    }
}
