//! The page that loads everything: public/index.html with the hashed names put in.

use anyhow::{Context, Result};

use super::bindgen::Module;

/// Puts the style sheet, the script and early hints for what it loads before `</head>`.
///
/// # Errors
/// When the page has no `</head>`.
pub(super) fn with_assets(page: &str, sheet: &str, module: &Module) -> Result<String> {
    let (head, rest) = page.split_once("</head>").context("it has no </head>")?;
    let Module {
        script,
        loader,
        wasm,
    } = module;
    // All are asked for at once, not only when the script has come. `crossorigin` makes the
    // hint match the request that the script makes, or it would be loaded twice.
    Ok(format!(
        "{head}  <link rel=\"stylesheet\" href=\"/assets/{sheet}\">\n  \
         <link rel=\"preload\" href=\"/assets/{wasm}\" as=\"fetch\" type=\"application/wasm\" crossorigin>\n  \
         <link rel=\"modulepreload\" href=\"/assets/{loader}\">\n  \
         <script type=\"module\" src=\"/assets/{script}\"></script>\n</head>{rest}"
    ))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_page_gets_its_assets_at_the_end_of_the_head() {
        let module = Module {
            script: "app-2/app.js".into(),
            loader: "app-2/split.js".into(),
            wasm: "app-2/app.wasm".into(),
        };
        let page = with_assets(
            "<head>\n  <title>x</title>\n</head><body></body>",
            "style-1.css",
            &module,
        );
        let page = page.unwrap();
        assert!(page.starts_with("<head>\n  <title>x</title>\n  <link rel=\"stylesheet\""));
        for name in [
            "/assets/style-1.css",
            "/assets/app-2/app.js",
            "/assets/app-2/split.js",
            "/assets/app-2/app.wasm",
        ] {
            assert_eq!(page.matches(name).count(), 1, "{page}");
        }
        assert!(page.ends_with("</head><body></body>"));
        assert!(with_assets("<body></body>", "a", &module).is_err());
    }
}
