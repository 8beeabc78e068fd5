//! Names of fields for those who type a filter.

use super::compile::ALIASES;
use crate::tree::{all_fields, field_named as field};

/// A name that can be used in filters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Completion {
    /// The name: `ip.addr`.
    pub name: &'static str,
    /// What it is: `Source or Destination Address`.
    pub title: &'static str,
    /// What its values are: `IPv4 address`.
    pub kind: &'static str,
}

/// All names, sorted.
#[must_use]
pub fn fields() -> Vec<Completion> {
    let own = all_fields().iter().map(|field| Completion {
        name: field.name,
        title: field.title,
        kind: field.kind.describe(),
    });
    let aliases = ALIASES.iter().map(|(name, title, names)| Completion {
        name,
        title,
        kind: names
            .first()
            .and_then(|name| field(name))
            .map_or("", |field| field.kind.describe()),
    });
    let mut all: Vec<_> = own.chain(aliases).collect();
    all.sort_by_key(|completion| completion.name);
    all
}

/// What the word that ends at byte `cursor` of a filter can become: names that start with it, those of its own
/// level before deeper ones.
#[must_use]
pub fn complete(text: &str, cursor: usize) -> Vec<Completion> {
    let before = text.get(..cursor).unwrap_or(text);
    let start = before
        .rfind(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '_')))
        .map_or(0, |at| at + 1);
    let word = before.get(start..).unwrap_or_default();
    if word.is_empty() {
        return Vec::new();
    }
    let mut found: Vec<_> = fields()
        .into_iter()
        .filter(|completion| completion.name.starts_with(word) && completion.name != word)
        .collect();
    found.sort_by_key(|completion| (completion.name.matches('.').count(), completion.name));
    found
}

/// The name that a wrong one is most like, if it is like one.
pub(super) fn near(wrong: &str) -> Option<&'static str> {
    let wrong = wrong.to_ascii_lowercase();
    let all = fields();
    let candidates = all.iter().map(|completion| {
        let distance = strsim::damerau_levenshtein(&wrong, completion.name);
        (distance, completion.name)
    });
    let (distance, name) = candidates.min()?;
    // Another word altogether is no guess.
    (distance <= 1 + wrong.len() / 5).then_some(name)
}
