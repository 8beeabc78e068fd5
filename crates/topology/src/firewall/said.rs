//! What `nft` says of a text that it refuses.

/// Most mistakes that are told of one text: the later ones follow from the first.
const MOST: usize = 3;

/// What `nft` said, as lines for a person: each with the line and column of `text`, of which
/// [`super::for_nft`] made what `nft` read.
///
/// `nft` writes `/dev/stdin:3:5-10: Error: syntax error, unexpected string`, the place in bytes,
/// and then the line with marks below (src/erec.c).
pub fn in_words(said: &str, text: &str) -> String {
    let mistakes: Vec<String> = said
        .lines()
        .filter_map(|line| mistake(line, text))
        .take(MOST)
        .collect();
    match mistakes.is_empty() {
        true => said.trim().to_owned(),
        false => mistakes.join("\n"),
    }
}

fn mistake(line: &str, text: &str) -> Option<String> {
    let (place, words) = line.split_once(": Error: ")?;
    let (_, place) = place.split_once("stdin:")?;
    let (number, columns) = place.split_once(':')?;
    let number: usize = number.parse().ok()?;
    let byte: usize = columns.split('-').next()?.parse().ok()?;
    // `for_nft` puts a line in front.
    let number = number.saturating_sub(1).max(1);
    let written = text.lines().nth(number - 1).unwrap_or_default();
    let before = written.get(..byte.saturating_sub(1));
    let column = before.map_or(byte, |before| before.chars().count() + 1);
    Some(format!("line {number}, column {column}: {words}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_those_of_the_text() {
        let text = "table inet x {\n é chain y { tcp dport 80 acept\n }\n}\n";
        let said = "/dev/stdin:3:30-30: Error: syntax error, unexpected newline\n é chain\n^\n";
        assert_eq!(
            in_words(said, text),
            "line 2, column 29: syntax error, unexpected newline"
        );
        assert_eq!(in_words("out of memory\n", text), "out of memory");
        assert_eq!(
            in_words("/dev/stdin:999:7-9: Error: x\n", text),
            "line 998, column 7: x"
        );
    }
}
