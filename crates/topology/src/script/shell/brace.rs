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
    let word = &with_zeros(word)?;
    let pieces = parse_brace_expansions(word, &ParserOptions::default())
        .map_err(|error| format!("`{word}`: {error}"))?;
    match pieces {
        Some(pieces) => combined(&pieces),
        None => Ok(vec![word.to_owned()]),
    }
}

/// `{08..10}` as `{08,09,10}`: the parser forgets how many digits there are.
fn with_zeros(word: &str) -> Result<String, String> {
    let mut all = String::new();
    let mut written = 0;
    let (mut quote, mut before) = (None, None);
    // How deep in `${…}`.
    let mut depth = 0_usize;
    let mut rest = word;
    while let Some(c) = rest.chars().next() {
        match c {
            '{' if before == Some('$') || depth > 0 => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        let is_plain = quote.is_none() && depth == 0 && before != Some('\\');
        let list = match c {
            '{' if is_plain => rest.get(1..).and_then(|rest| rest.split_once('}')),
            _ => None,
        };
        if let Some((inside, after)) = list
            && let Some(numbers) = numbers_with_zeros(inside)?
        {
            // No list has fewer words than it has numbers.
            written += numbers.len();
            if written > MOST_WORDS {
                return Err(format!("braces make more than {MOST_WORDS} words"));
            }
            // One alone would be no list.
            match numbers.as_slice() {
                [one] => all.push_str(one),
                numbers => all.push_str(&format!("{{{}}}", numbers.join(","))),
            }
            rest = after;
            before = Some('}');
            continue;
        }
        match (quote, c) {
            (Some(end), c) if end == c && before != Some('\\') => quote = None,
            (None, '"' | '\'') if before != Some('\\') => quote = Some(c),
            _ => {}
        }
        all.push(c);
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
        before = Some(c);
    }
    Ok(all)
}

/// The numbers of `08..10` or `08..10..2`, all as long as the longer of its ends, which has a zero in
/// front; `None` for anything else.
fn numbers_with_zeros(inside: &str) -> Result<Option<Vec<String>>, String> {
    let parts: Vec<&str> = inside.split("..").collect();
    let number = |text: &str| text.parse::<i64>().ok();
    let (first, last, step) = match parts.as_slice() {
        [first, last] => (*first, *last, Some(1)),
        [first, last, step] => (*first, *last, number(step)),
        _ => return Ok(None),
    };
    let has_zero = |text: &str| {
        let digits = text.trim_start_matches('-');
        digits.len() > 1 && digits.starts_with('0')
    };
    let (Some(start), Some(end), Some(step)) = (number(first), number(last), step) else {
        return Ok(None);
    };
    if !has_zero(first) && !has_zero(last) {
        return Ok(None);
    }
    let width = first.len().max(last.len());
    let numbers = sequence(start, end, step)?;
    let texts = numbers.iter().map(|n| format!("{n:0width$}"));
    Ok(Some(texts.collect()))
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
        assert!(expand("{01..999999999}").is_err());
        // However many there are, they are not written before they are counted.
        assert!(expand(&"{01..9999}".repeat(50_000)).is_err());
    }

    /// As bash 5 writes them.
    #[test]
    fn numbers_have_the_zeros_that_are_written() {
        for (word, expanded) in [
            ("NS{08..10}", &["NS08", "NS09", "NS10"][..]),
            ("{8..010}", &["008", "009", "010"]),
            ("{-01..1}", &["-01", "000", "001"]),
            ("{-5..005..5}", &["-05", "000", "005"]),
            ("{01..05..2}", &["01", "03", "05"]),
            ("{3..01}", &["03", "02", "01"]),
            ("{01..01}x", &["01x"]),
            ("{a{00..01},b}", &["a00", "a01", "b"]),
            ("{0..2}", &["0", "1", "2"]),
            ("\"{00..01}\"", &["\"{00..01}\""]),
            ("'{00..01}'", &["'{00..01}'"]),
        ] {
            assert_eq!(expand(word).unwrap(), expanded, "{word}");
        }
        assert_eq!(expand("${x:-{00..01}}").unwrap(), ["${x:-{00..01}}"]);
        assert_eq!(expand("${x}{00..01}").unwrap(), ["${x}00", "${x}01"]);
    }
}
