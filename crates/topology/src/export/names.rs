//! Names that another form takes.

use std::collections::BTreeSet;

/// A name for a file that every system takes.
pub(super) fn file_name(title: &str) -> String {
    let plain = |c: char| match c {
        c if c.is_ascii_alphanumeric() => c.to_ascii_lowercase(),
        _ => '-',
    };
    let name: String = title.chars().take(60).map(plain).collect();
    let parts: Vec<_> = name.split('-').filter(|part| !part.is_empty()).collect();
    match parts.is_empty() {
        true => "lab".to_owned(),
        false => parts.join("-"),
    }
}

/// A name of allowed characters that nobody has yet; others become `other`.
pub(super) fn fitting(
    name: &str,
    is_allowed: impl Fn(char) -> bool,
    other: char,
    most: usize,
    taken: &mut BTreeSet<String>,
) -> String {
    let fits = |c: char| if is_allowed(c) { c } else { other };
    let base: String = name.chars().map(fits).take(most).collect();
    let mut fitting = base.clone();
    let mut number = 1;
    while !taken.insert(fitting.clone()) {
        number += 1;
        let ending = format!("{other}{number}");
        let room = most.saturating_sub(ending.len());
        fitting = base.chars().take(room).collect::<String>() + &ending;
    }
    fitting
}

/// A name for the `number`th of something: A to Z, AA, AB and so on.
pub(super) fn letters(number: usize) -> String {
    let mut text = Vec::new();
    let mut left = number + 1;
    while left > 0 {
        left -= 1;
        // A remainder of 26.
        text.push(char::from(b'A' + (left % 26) as u8));
        left /= 26;
    }
    text.iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain_and_single() {
        assert_eq!(file_name("Red, blue & green"), "red-blue-green");
        assert_eq!(file_name("../../etc/passwd"), "etc-passwd");
        assert_eq!(file_name("\u{e9}\r\n"), "lab");
        let mut taken = BTreeSet::new();
        let mut fit = |name| fitting(name, |c| c.is_ascii_lowercase(), '_', 5, &mut taken);
        assert_eq!(fit("red"), "red");
        assert_eq!(fit("r d"), "r_d");
        assert_eq!(fit("r.d"), "r_d_2");
        assert_eq!(fit("longish"), "longi");
        assert_eq!(fit("longing"), "lon_2");
        let all: Vec<_> = [0, 25, 26, 27, 701, 702].map(letters).into();
        assert_eq!(all, ["A", "Z", "AA", "AB", "ZZ", "AAA"]);
    }
}
