//! Lists in braces: `ns{1..3}`, `{red,blue}`.

use brush_parser::ParserOptions;
use brush_parser::word::{BraceExpressionMember, BraceExpressionOrText, parse_brace_expansions};

use super::MOST_WORDS;

/// Digits that always fit in 64 bits.
const LONGEST_NUMBER: usize = 18;

/// The words that a word with braces becomes.
pub(super) fn expand(word: &str) -> Result<Vec<String>, String> {
    if !has_list(word) {
        return Ok(vec![word.to_owned()]);
    }
    // The parser takes every number for one of 64 bits, and panics.
    let mut runs = word.split(|c: char| !c.is_ascii_digit());
    if let Some(number) = runs.find(|run| run.len() > LONGEST_NUMBER) {
        return Err(format!("`{word}`: the number {number} is too large"));
    }
    let pieces = parse_brace_expansions(word, &ParserOptions::default())
        .map_err(|error| format!("`{word}`: {error}"))?;
    match pieces {
        Some(pieces) => combined(&pieces),
        None => Ok(vec![word.to_owned()]),
    }
}

/// Whether there is a brace that is not that of `${…}`, with a list in it.
fn has_list(word: &str) -> bool {
    let opens = word.match_indices('{');
    let mut lists = opens.filter(|(at, _)| {
        let before = word.get(..*at).unwrap_or_default();
        let after = word.get(at + 1..).unwrap_or_default();
        let is_parameter = before.ends_with('$') || before.ends_with('\\');
        !is_parameter && after.contains('}') && (after.contains(',') || after.contains(".."))
    });
    lists.next().is_some()
}

fn combined(pieces: &[BraceExpressionOrText]) -> Result<Vec<String>, String> {
    let mut words = vec![String::new()];
    for piece in pieces {
        let choices = match piece {
            BraceExpressionOrText::Text(text) => vec![text.clone()],
            BraceExpressionOrText::Expr(members) => {
                let mut choices = Vec::new();
                for member in members {
                    choices.extend(choices_of(member)?);
                }
                choices
            }
        };
        if words.len().saturating_mul(choices.len()) > MOST_WORDS {
            return Err(format!("braces make more than {MOST_WORDS} words"));
        }
        let with = |word: &String| {
            choices
                .iter()
                .map(|choice| format!("{word}{choice}"))
                .collect::<Vec<_>>()
        };
        words = words.iter().flat_map(with).collect();
    }
    Ok(words)
}

fn choices_of(member: &BraceExpressionMember) -> Result<Vec<String>, String> {
    match member {
        BraceExpressionMember::NumberSequence {
            start,
            end,
            increment,
        } => Ok(sequence(*start, *end, *increment)?
            .iter()
            .map(i64::to_string)
            .collect()),
        BraceExpressionMember::CharSequence {
            start,
            end,
            increment,
        } => {
            let numbers = sequence(
                i64::from(u32::from(*start)),
                i64::from(u32::from(*end)),
                *increment,
            )?;
            let chars = numbers
                .iter()
                .filter_map(|number| char::from_u32(u32::try_from(*number).ok()?));
            Ok(chars.map(String::from).collect())
        }
        BraceExpressionMember::Child(pieces) => combined(pieces),
    }
}

/// From one number to another, either way.
fn sequence(start: i64, end: i64, increment: i64) -> Result<Vec<i64>, String> {
    let step = increment.unsigned_abs().max(1);
    let last = start.abs_diff(end) / step;
    if last >= MOST_WORDS as u64 {
        return Err(format!("braces make more than {MOST_WORDS} words"));
    }
    let at = |index: u64| {
        // At most as far as the end is.
        let offset = index * step;
        match start <= end {
            true => start.saturating_add_unsigned(offset),
            false => start.saturating_sub_unsigned(offset),
        }
    };
    Ok((0..=last).map(at).collect())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::expand;

    #[test]
    fn large_numbers_are_counted_or_refused() {
        assert!(expand("a{1..99999999999999999999}").is_err());
        let far = expand("{-999999999999999999..999999999999999999..999999999999999999}").unwrap();
        assert_eq!(far, ["-999999999999999999", "0", "999999999999999999"]);
        assert_eq!(expand("ns{3..1}").unwrap(), ["ns3", "ns2", "ns1"]);
        assert!(expand("{1..999999999}").is_err());
    }
}
