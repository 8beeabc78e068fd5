//! Programs that only make text from text, as far as scripts of networks use them.

use super::MOST_WORDS;
use super::variables::MOST_TEXT;

/// Text with the escapes of C in it made what they mean.
pub(super) fn unescaped(text: &str) -> String {
    let mut all = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '\\' {
            all.push(c);
            continue;
        }
        let digits = |chars: &mut std::iter::Peekable<std::str::Chars<'_>>, radix, most| {
            let mut number = 0;
            for _ in 0..most {
                match chars.peek().and_then(|c| c.to_digit(radix)) {
                    Some(digit) => number = number * radix + digit,
                    None => break,
                }
                chars.next();
            }
            char::from_u32(number).unwrap_or_default()
        };
        match chars.next() {
            Some('n') => all.push('\n'),
            Some('t') => all.push('\t'),
            Some('r') => all.push('\r'),
            Some('a') => all.push('\u{7}'),
            Some('b') => all.push('\u{8}'),
            Some('e' | 'E') => all.push('\u{1b}'),
            Some('f') => all.push('\u{c}'),
            Some('v') => all.push('\u{b}'),
            Some('x') => all.push(digits(&mut chars, 16, 2)),
            Some('0') => all.push(digits(&mut chars, 8, 3)),
            Some(c @ ('\\' | '\'' | '"')) => all.push(c),
            Some(other) => {
                all.push('\\');
                all.push(other);
            }
            None => all.push('\\'),
        }
    }
    all
}

/// `echo`
pub(super) fn echo(words: &[String]) -> String {
    let is_option = |word: &&String| {
        let letters = word.strip_prefix('-').unwrap_or_default();
        !letters.is_empty() && letters.chars().all(|c| matches!(c, 'n' | 'e' | 'E'))
    };
    let options = words.iter().take_while(is_option).count();
    let (options, words) = words.split_at(options);
    let has = |letter| options.iter().any(|option| option.contains(letter));
    let mut text = words.join(" ");
    if has('e') {
        text = unescaped(&text);
    }
    if !has('n') {
        text.push('\n');
    }
    text
}

/// `printf`
pub(super) fn printf(words: &[String]) -> String {
    let Some((format, arguments)) = words.split_first() else {
        return String::new();
    };
    let format = unescaped(format);
    let mut all = String::new();
    let mut arguments = arguments.iter();
    loop {
        let before = arguments.len();
        let mut chars = format.chars().peekable();
        while let Some(c) = chars.next() {
            if c != '%' {
                all.push(c);
                continue;
            }
            let mut flags = String::new();
            while let Some(flag) = chars.next_if(|c| c.is_ascii_digit() || "-0+ #.".contains(*c)) {
                flags.push(flag);
            }
            let text = match chars.next() {
                Some('%') => {
                    all.push('%');
                    continue;
                }
                Some('s') => arguments.next().cloned().unwrap_or_default(),
                Some('q') => quoted(arguments.next().map_or("", String::as_str)),
                Some('b') => unescaped(arguments.next().map_or("", String::as_str)),
                Some('d' | 'i' | 'u') => number(arguments.next()).to_string(),
                Some('x') => format!("{:x}", number(arguments.next())),
                Some('X') => format!("{:X}", number(arguments.next())),
                Some('o') => format!("{:o}", number(arguments.next())),
                Some('c') => arguments
                    .next()
                    .and_then(|text| text.chars().next())
                    .map(String::from)
                    .unwrap_or_default(),
                other => {
                    all.push('%');
                    all.push_str(&flags);
                    all.extend(other);
                    continue;
                }
            };
            all.push_str(&padded(&text, &flags));
        }
        // The format is used again while there are arguments that it takes.
        let taken = before - arguments.len();
        if arguments.len() == 0 || taken == 0 || all.len() > MOST_TEXT {
            return all;
        }
    }
}

/// `%q`: so that a shell reads it as one word, as bash writes it (`sh_backslash_quote`,
/// `ansic_quote`).
fn quoted(text: &str) -> String {
    if text.is_empty() {
        return "''".to_owned();
    }
    if text.chars().any(char::is_control) {
        let escaped = text.chars().map(|c| match c {
            '\n' => "\\n".to_owned(),
            '\t' => "\\t".to_owned(),
            '\r' => "\\r".to_owned(),
            '\u{1b}' => "\\E".to_owned(),
            '\'' | '\\' => format!("\\{c}"),
            c if c.is_ascii_control() => format!("\\{:03o}", u32::from(c)),
            c => c.to_string(),
        });
        return format!("$'{}'", escaped.collect::<String>());
    }
    let mut all = String::new();
    let mut before = None;
    for c in text.chars() {
        let is_active = match c {
            '#' => before.is_none(),
            '~' => matches!(before, None | Some(':' | '=')),
            c => " !\"$&'()*,;<>?[\\]^`{|}".contains(c),
        };
        if is_active {
            all.push('\\');
        }
        all.push(c);
        before = Some(c);
    }
    all
}

fn number(text: Option<&String>) -> i64 {
    let text = text.map_or("", |text| text.trim());
    let hex = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    match hex {
        Some(digits) => i64::from_str_radix(digits, 16).unwrap_or_default(),
        None => text.parse().unwrap_or_default(),
    }
}

fn padded(text: &str, flags: &str) -> String {
    let width = flags.split('.').next().unwrap_or_default();
    let is_left = width.contains('-');
    let digits = width.trim_start_matches(['-', '+', ' ', '#']);
    let fill = if digits.starts_with('0') && !is_left {
        '0'
    } else {
        ' '
    };
    let width: usize = digits.trim_start_matches('0').parse().unwrap_or(0);
    let missing = width.min(1_000).saturating_sub(text.chars().count());
    let padding: String = std::iter::repeat_n(fill, missing).collect();
    match is_left {
        true => format!("{text}{padding}"),
        false => format!("{padding}{text}"),
    }
}

/// `seq`
pub(super) fn seq(words: &[String]) -> Option<String> {
    let mut separator = "\n";
    let mut width = 0;
    let mut numbers = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "-s" => separator = words.next()?,
            "-w" => width = usize::MAX,
            word => numbers.push((word.parse::<i64>().ok()?, word.len())),
        }
    }
    let longest = numbers.iter().map(|(_, length)| *length).max()?;
    width = width.min(longest);
    let (first, step, last) = match numbers.as_slice() {
        [(last, _)] => (1, 1, *last),
        [(first, _), (last, _)] => (*first, 1, *last),
        [(first, _), (step, _), (last, _)] => (*first, *step, *last),
        _ => return None,
    };
    if step == 0 {
        return None;
    }
    let mut texts = Vec::new();
    let mut number = first;
    while (step > 0 && number <= last) || (step < 0 && number >= last) {
        texts.push(format!("{number:0width$}"));
        if texts.len() > MOST_WORDS {
            return None;
        }
        number = number.checked_add(step)?;
    }
    if texts.is_empty() {
        return Some(String::new());
    }
    Some(texts.join(separator) + "\n")
}

/// `cut -d C -f LIST`
pub(super) fn cut(words: &[String], text: &str) -> Option<String> {
    let mut separator = "\t".to_owned();
    let mut list = None;
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match (word.get(..2)?, word.get(2..)?) {
            ("-d", "") => separator.clone_from(words.next()?),
            ("-d", value) => value.clone_into(&mut separator),
            ("-f", "") => list = Some(words.next()?.clone()),
            ("-f", value) => list = Some(value.to_owned()),
            _ => return None,
        }
    }
    let mut ranges = Vec::new();
    for part in list?.split(',') {
        let (from, to) = match part.split_once('-') {
            Some((from, to)) => (from, to),
            None => (part, part),
        };
        let number = |text: &str, usual: usize| match text {
            "" => Some(usual),
            text => text.parse().ok(),
        };
        ranges.push(number(from, 1)?..=number(to, usize::MAX)?);
    }
    let mut all = String::new();
    for line in text.lines() {
        match line.contains(&separator) {
            true => {
                let fields = line.split(separator.as_str()).enumerate();
                let kept = fields
                    .filter(|(index, _)| ranges.iter().any(|range| range.contains(&(index + 1))));
                let kept: Vec<&str> = kept.map(|(_, field)| field).collect();
                all.push_str(&kept.join(&separator));
            }
            false => all.push_str(line),
        }
        all.push('\n');
    }
    Some(all)
}

/// `tr SET SET`, `tr -d SET`, with single characters, ranges and classes of letters.
pub(super) fn tr(words: &[String], text: &str) -> Option<String> {
    let set = |text: &str| -> Option<Vec<char>> {
        Some(match text {
            "[:upper:]" => ('A'..='Z').collect(),
            "[:lower:]" => ('a'..='z').collect(),
            "[:digit:]" => ('0'..='9').collect(),
            "[:space:]" => " \t\n\r".chars().collect(),
            text if text.starts_with("[:") => return None,
            text => {
                let text: Vec<char> = unescaped(text).chars().collect();
                match text.as_slice() {
                    [from, '-', to] => (*from..=*to).collect(),
                    // Ranges among others.
                    [_, between @ .., _] if between.contains(&'-') => return None,
                    _ => text,
                }
            }
        })
    };
    match words {
        [flag, from] if flag == "-d" => {
            let from = set(from)?;
            Some(text.chars().filter(|c| !from.contains(c)).collect())
        }
        [from, to] if !from.starts_with('-') => {
            let (from, to) = (set(from)?, set(to)?);
            let last = *to.last()?;
            let change = |c: char| match from.iter().position(|known| *known == c) {
                Some(index) => to.get(index).copied().unwrap_or(last),
                None => c,
            };
            Some(text.chars().map(change).collect())
        }
        _ => None,
    }
}

/// `head` and `tail` with a number of lines.
pub(super) fn some_lines(words: &[String], text: &str, from_end: bool) -> Option<String> {
    let said = match words {
        [] => "10",
        [flag, number] if flag == "-n" => number,
        [flag] => flag.strip_prefix("-n").or_else(|| flag.strip_prefix('-'))?,
        _ => return None,
    };
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    if let Some(first) = said.strip_prefix('+') {
        // `tail -n +2`: from the second on.
        let first: usize = first.parse().ok().filter(|_| from_end)?;
        return Some(
            lines
                .get(first.saturating_sub(1)..)
                .unwrap_or_default()
                .concat(),
        );
    }
    let count: usize = said.parse().ok()?;
    let kept = match from_end {
        true => lines.get(lines.len().saturating_sub(count)..)?,
        false => lines.get(..count.min(lines.len()))?,
    };
    Some(kept.concat())
}

/// `wc -l`
pub(super) fn wc(words: &[String], text: &str) -> Option<String> {
    match words {
        [flag] if flag == "-l" => Some(format!("{}\n", text.matches('\n').count())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn make_text_as_the_programs_do() {
        assert_eq!(echo(&words("-n a b")), "a b");
        assert_eq!(echo(&words("-e a\\tb")), "a\tb\n");
        assert_eq!(printf(&words("10.0.%d.%d 1 2")), "10.0.1.2");
        assert_eq!(
            printf(&["%s-%03d\\n".into(), "a".into(), "7".into()]),
            "a-007\n"
        );
        assert_eq!(printf(&["%s ".into(), "a".into(), "b".into()]), "a b ");
        assert_eq!(seq(&words("3")).unwrap(), "1\n2\n3\n");
        assert_eq!(seq(&words("2 2 6")).unwrap(), "2\n4\n6\n");
        assert_eq!(seq(&words("-w 9 10")).unwrap(), "09\n10\n");
        assert_eq!(seq(&words("1 99999999")), None);
        assert_eq!(cut(&words("-d. -f1-3"), "10.0.0.1\n").unwrap(), "10.0.0\n");
        assert_eq!(
            cut(&words("-d / -f 1"), "10.0.0.1/24\n").unwrap(),
            "10.0.0.1\n"
        );
        assert_eq!(tr(&words(", \\n"), "a,b").unwrap(), "a\nb");
        assert_eq!(some_lines(&words("-n 1"), "a\nb\n", true).unwrap(), "b\n");
        assert_eq!(tr(&words("-d a-c0-9"), "a0-"), None);
        assert_eq!(
            some_lines(&words("-n +2"), "a\nb\nc\n", true).unwrap(),
            "b\nc\n"
        );
        assert_eq!(some_lines(&words("-n +2"), "a\n", false), None);
    }
}
