//! The style sheets in style/, as one.

use std::path::Path;

use anyhow::{Context, Result, bail};

/// The sheets that others build upon come first; all others follow in the order of their names.
const FIRST: [&str; 3] = ["reset.css", "tokens.css", "base.css"];

/// All sheets of the folder as one text, in a fixed order.
pub(crate) fn concatenated(folder: &Path) -> Result<String> {
    let entries = std::fs::read_dir(folder)
        .with_context(|| format!("cannot list the style sheets in {}", folder.display()))?;
    let mut names = Vec::new();
    for entry in entries {
        let name = entry?.file_name();
        let name = name
            .to_str()
            .with_context(|| format!("{name:?} is not a UTF-8 name"))?;
        if name.ends_with(".css") {
            names.push(name.to_owned());
        }
    }
    if names.is_empty() {
        bail!("no style sheet in {}", folder.display());
    }
    let mut all = String::new();
    for name in in_order(names) {
        let path = folder.join(&name);
        let text = std::fs::read_to_string(&path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        all.push_str(text.trim());
        all.push('\n');
    }
    Ok(all)
}

fn in_order(mut names: Vec<String>) -> Vec<String> {
    let rank = |name: &str| {
        FIRST
            .iter()
            .position(|first| *first == name)
            .unwrap_or(FIRST.len())
    };
    names.sort_by(|left, right| (rank(left), left).cmp(&(rank(right), right)));
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foundations_come_first_and_the_rest_by_name() {
        let names = ["canvas.css", "base.css", "app.css", "tokens.css"].map(str::to_owned);
        assert_eq!(
            in_order(names.to_vec()),
            ["tokens.css", "base.css", "app.css", "canvas.css"]
        );
    }
}
