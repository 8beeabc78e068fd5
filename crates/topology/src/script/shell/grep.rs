//! `grep` and `awk`, as far as scripts of networks ask them about what is known.

use regex_lite::{Regex, RegexBuilder};

/// The lines of a text that `grep` finds, and whether they are to be printed; `None` where this is
/// more than is understood here.
pub(super) fn grep(program: &str, words: &[String], text: &str) -> Option<(Vec<String>, bool)> {
    let (mut quiet, mut invert, mut ignores_case) = (false, false, false);
    let (mut is_word, mut is_line) = (false, false);
    let mut kind = match program {
        "egrep" => Kind::Extended,
        "fgrep" => Kind::Fixed,
        _ => Kind::Basic,
    };
    let mut pattern = None;
    for word in words {
        match word.strip_prefix('-') {
            Some("-quiet") => quiet = true,
            Some("-") => {}
            Some(letters) if pattern.is_none() => {
                for letter in letters.chars() {
                    match letter {
                        'q' => quiet = true,
                        'v' => invert = true,
                        'w' => is_word = true,
                        'x' => is_line = true,
                        'i' => ignores_case = true,
                        'F' => kind = Kind::Fixed,
                        'E' => kind = Kind::Extended,
                        's' | 'e' => {}
                        _ => return None,
                    }
                }
            }
            _ if pattern.is_none() => pattern = Some(word.as_str()),
            _ => return None,
        }
    }
    let mut expression = expression(pattern?, kind)?;
    if is_word {
        expression = format!(r"(?:^|\W)(?:{expression})(?:\W|$)");
    }
    if is_line {
        expression = format!("^(?:{expression})$");
    }
    let mut builder = RegexBuilder::new(&expression);
    let found = builder.case_insensitive(ignores_case).build().ok()?;
    let has = |line: &&str| found.is_match(line) != invert;
    let lines = text.lines().filter(has).map(str::to_owned);
    Some((lines.collect(), !quiet))
}

/// How a pattern is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Basic,
    Extended,
    Fixed,
}

/// A pattern as the engine writes it.
fn expression(pattern: &str, kind: Kind) -> Option<String> {
    if kind == Kind::Fixed {
        return Some(regex_lite::escape(pattern));
    }
    let mut all = String::new();
    let mut rest = pattern;
    while let Some(c) = rest.chars().next() {
        let is_first = all.is_empty() || all == "^";
        rest = rest.get(c.len_utf8()..)?;
        match c {
            '[' => {
                let (set, length) = set(rest)?;
                all.push_str(&set);
                rest = rest.get(length..)?;
            }
            '\\' => {
                let escaped = rest.chars().next()?;
                rest = rest.get(escaped.len_utf8()..)?;
                match (kind, escaped) {
                    (Kind::Basic, '(' | ')' | '{' | '}' | '|' | '+' | '?') => all.push(escaped),
                    (_, '<' | '>' | 'b') => all.push_str(r"\b"),
                    (_, 'w' | 'W' | 's' | 'S') => all.extend(['\\', escaped]),
                    (_, c) if c.is_ascii_punctuation() => all.extend(['\\', c]),
                    _ => return None,
                }
            }
            '+' | '?' | '(' | ')' | '{' | '}' | '|' if kind == Kind::Basic => {
                all.extend(['\\', c]);
            }
            '*' if is_first => all.push_str(r"\*"),
            '^' if kind == Kind::Basic && !all.is_empty() => all.push_str(r"\^"),
            '$' if kind == Kind::Basic && !rest.is_empty() => all.push_str(r"\$"),
            c => all.push(c),
        }
    }
    Some(all)
}

/// What stands after `[`, as the engine writes it, and its length with the `]`.
fn set(text: &str) -> Option<(String, usize)> {
    let mut all = "[".to_owned();
    let mut at = 0;
    loop {
        let rest = text.get(at..)?;
        let c = rest.chars().next()?;
        let is_first = matches!(all.as_str(), "[" | "[^");
        if let Some((name, _)) = rest
            .strip_prefix("[:")
            .and_then(|rest| rest.split_once(":]"))
        {
            all.push_str(&format!("[:{name}:]"));
            at += name.len() + 4;
            continue;
        }
        at += c.len_utf8();
        match c {
            ']' if !is_first => {
                all.push(']');
                return Some((all, at));
            }
            '^' if all == "[" => all.push('^'),
            '-' => all.push('-'),
            c if c.is_ascii_punctuation() => all.extend(['\\', c]),
            c => all.push(c),
        }
    }
}

/// What `awk` prints: the fields of each line, or of those that have an expression or a number.
pub(super) fn awk(words: &[String], text: &str) -> Option<String> {
    let (separator, program) = match words {
        [program] => (None, program),
        [flag, separator, program] if flag == "-F" => (Some(separator.as_str()), program),
        [flag, program] => (Some(flag.strip_prefix("-F")?), program),
        _ => return None,
    };
    // One character; more are an expression.
    let separator = match separator.map(|separator| separator.chars().collect::<Vec<_>>()) {
        None => None,
        Some(one) => match one.as_slice() {
            [c] if *c != ' ' => Some(*c),
            _ => return None,
        },
    };
    let (condition, action) = program.trim().split_once('{')?;
    let condition = Condition::of(condition.trim())?;
    let print = action
        .strip_suffix('}')?
        .trim()
        .trim_end_matches(';')
        .trim();
    let printed: Option<Vec<Field>> = match print.strip_prefix("print")? {
        "" => Some(vec![Field::Number(0)]),
        said => said.split(',').map(|said| Field::of(said.trim())).collect(),
    };
    let printed = printed?;
    let mut all = String::new();
    for (index, line) in text.lines().enumerate() {
        if !condition.is_so(index + 1, line) {
            continue;
        }
        let fields: Vec<&str> = match separator {
            Some(separator) => line.split(separator).collect(),
            None => line.split_whitespace().collect(),
        };
        let texts: Vec<&str> = printed.iter().map(|f| f.text(line, &fields)).collect();
        all.push_str(&texts.join(" "));
        all.push('\n');
    }
    Some(all)
}

/// Which lines `awk` takes.
enum Condition {
    Each,
    Has(Regex),
    Is(usize),
    After(usize),
}

impl Condition {
    fn of(text: &str) -> Option<Self> {
        if text.is_empty() {
            return Some(Self::Each);
        }
        if let Some(inner) = text
            .strip_prefix('/')
            .and_then(|rest| rest.strip_suffix('/'))
        {
            let found = Regex::new(&expression(inner, Kind::Extended)?).ok()?;
            return Some(Self::Has(found));
        }
        let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        if let Some(number) = text.strip_prefix("NR==") {
            return Some(Self::Is(number.parse().ok()?));
        }
        Some(Self::After(text.strip_prefix("NR>")?.parse().ok()?))
    }

    fn is_so(&self, number: usize, line: &str) -> bool {
        match self {
            Self::Each => true,
            Self::Has(found) => found.is_match(line),
            Self::Is(one) => number == *one,
            Self::After(one) => number > *one,
        }
    }
}

/// A field of a line.
enum Field {
    /// `$0` is the whole line.
    Number(usize),
    Last,
}

impl Field {
    fn of(text: &str) -> Option<Self> {
        match text.strip_prefix('$')? {
            "NF" => Some(Self::Last),
            number => Some(Self::Number(number.parse().ok()?)),
        }
    }

    fn text<'a>(&self, line: &'a str, fields: &[&'a str]) -> &'a str {
        let found = match self {
            Self::Number(0) => return line,
            Self::Number(number) => fields.get(number - 1),
            Self::Last => fields.last(),
        };
        found.copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn words(text: &[&str]) -> Vec<String> {
        text.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn finds_what_grep_finds() {
        let text = "red\nredder\nh1-001 (id: 0)\na.b\n10x0\n10.0\n";
        for (arguments, found) in [
            (&["-qw", "red"][..], &["red"][..]),
            (&["h[12]-"], &["h1-001 (id: 0)"]),
            (
                &["-E", "^(red|h[0-9]+)"],
                &["red", "redder", "h1-001 (id: 0)"],
            ),
            (&["^\\(red\\|a\\)"], &["red", "redder", "a.b"]),
            (&["(id"], &["h1-001 (id: 0)"]),
            (&["10.0"], &["10x0", "10.0"]),
            (&["10\\.0"], &["10.0"]),
            (&["-F", "a.b"], &["a.b"]),
            (&["-x", "-i", "RED"], &["red"]),
            (&["-v", "[[:alpha:]]"], &["10.0"]),
            (&["[]x]0"], &["10x0"]),
        ] {
            let (lines, _) = grep("grep", &words(arguments), text).unwrap();
            assert_eq!(lines, found, "{arguments:?}");
        }
        assert_eq!(grep("fgrep", &words(&["1.0"]), "1x0").unwrap().0.len(), 0);
        // What refers back, what counts, and what reads more is not understood.
        for arguments in [&["\\(a\\)\\1"][..], &["-c", "a"], &["a", "file"]] {
            assert!(
                grep("grep", &words(arguments), text).is_none(),
                "{arguments:?}"
            );
        }
    }

    #[test]
    fn prints_what_awk_prints() {
        let text = "red (id: 1)\nblue (id: 0)\n";
        for (arguments, printed) in [
            (&["{print $1}"][..], "red\nblue\n"),
            (&["/^r/{ print $1, $3 }"], "red 1)\n"),
            (&["NR==2 {print $NF;}"], "0)\n"),
            (&["NR>1{print}"], "blue (id: 0)\n"),
            (&["-F:", "{print $2}"], " 1)\n 0)\n"),
            (&["-F", "(", "{print $1}"], "red \nblue \n"),
        ] {
            assert_eq!(
                awk(&words(arguments), text).unwrap(),
                printed,
                "{arguments:?}"
            );
        }
        for program in [
            "{print $1 $2}",
            "BEGIN{print 1}",
            "{sum += $1}",
            "{print \"a\"}",
        ] {
            assert!(awk(&words(&[program]), text).is_none(), "{program}");
        }
    }
}
