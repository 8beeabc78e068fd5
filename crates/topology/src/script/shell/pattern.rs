//! Patterns as `case`, `[[ == ]]` and `${x%…}` have them: `*`, `?`, `[a-z]`.

/// One part of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Exactly(char),
    /// `?`
    One,
    /// `*`
    Any,
    /// `[a-z]`, `[!a-z]`
    Set {
        ranges: Vec<(char, char)>,
        not: bool,
    },
}

/// A pattern whose quoted parts mean themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Pattern(Vec<Part>);

impl Pattern {
    /// Text that means itself.
    pub(super) fn push_literal(&mut self, text: &str) {
        self.0.extend(text.chars().map(Part::Exactly));
    }

    /// Text in which `*`, `?` and `[` mean more.
    pub(super) fn push_active(&mut self, text: &str) {
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            rest = rest.get(c.len_utf8()..).unwrap_or_default();
            match c {
                '*' => self.0.push(Part::Any),
                '?' => self.0.push(Part::One),
                '[' => match set(rest) {
                    Some((part, length)) => {
                        self.0.push(part);
                        rest = rest.get(length..).unwrap_or_default();
                    }
                    None => self.0.push(Part::Exactly('[')),
                },
                '\\' => {
                    let escaped = rest.chars().next().unwrap_or('\\');
                    rest = rest.get(escaped.len_utf8()..).unwrap_or_default();
                    self.0.push(Part::Exactly(escaped));
                }
                c => self.0.push(Part::Exactly(c)),
            }
        }
    }

    /// How many parts it has: that often each character of a text is compared.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether the whole text is so.
    pub(super) fn matches(&self, text: &str) -> bool {
        let mut whole = false;
        self.walk(text, |end, fits| {
            whole = fits && end == text.len();
            true
        });
        whole
    }

    /// Tells of each beginning of a text, by its length in bytes, whether it is so, until it is
    /// told to stop. There is no branching, whatever the stars.
    fn walk(&self, text: &str, mut tell: impl FnMut(usize, bool) -> bool) {
        let mut places = vec![false; self.0.len() + 1];
        if let Some(first) = places.first_mut() {
            *first = true;
        }
        self.skip_stars(&mut places);
        let fits = |places: &[bool]| places.last().copied().unwrap_or_default();
        if !tell(0, fits(&places)) {
            return;
        }
        for (at, c) in text.char_indices() {
            let mut next = vec![false; places.len()];
            for (index, part) in self.0.iter().enumerate() {
                if !places.get(index).copied().unwrap_or_default() {
                    continue;
                }
                let to = match part {
                    Part::Any => index,
                    part if part.takes(c) => index + 1,
                    _ => continue,
                };
                if let Some(place) = next.get_mut(to) {
                    *place = true;
                }
            }
            self.skip_stars(&mut next);
            places = next;
            if !tell(at + c.len_utf8(), fits(&places)) {
                return;
            }
        }
    }

    fn skip_stars(&self, places: &mut [bool]) {
        for (index, part) in self.0.iter().enumerate() {
            let here = places.get(index).copied().unwrap_or_default();
            if here
                && *part == Part::Any
                && let Some(next) = places.get_mut(index + 1)
            {
                *next = true;
            }
        }
    }

    /// How long the beginning of a text is that is so, bytes: the shortest or the longest.
    pub(super) fn prefix(&self, text: &str, longest: bool) -> Option<usize> {
        let mut found = None;
        self.walk(text, |end, fits| {
            if fits {
                found = Some(end);
            }
            longest || !fits
        });
        found
    }

    /// Where the end of a text begins that is so, bytes.
    pub(super) fn suffix(&self, text: &str, longest: bool) -> Option<usize> {
        let starts = text.char_indices().map(|(at, _)| at).chain([text.len()]);
        let mut fitting = starts.filter(|from| self.matches(text.get(*from..).unwrap_or_default()));
        match longest {
            true => fitting.next(),
            false => fitting.next_back(),
        }
    }
}

impl Part {
    fn takes(&self, c: char) -> bool {
        match self {
            Self::Exactly(known) => *known == c,
            Self::One | Self::Any => true,
            Self::Set { ranges, not } => {
                let is_in = ranges.iter().any(|(from, to)| (*from..=*to).contains(&c));
                is_in != *not
            }
        }
    }
}

/// What stands after `[`, and its length with the `]`.
fn set(text: &str) -> Option<(Part, usize)> {
    let not = text.starts_with(['!', '^']);
    let inside = text.get(usize::from(not)..)?;
    // A `]` that comes first is one of the set.
    let from = usize::from(inside.starts_with(']'));
    let mut ranges = Vec::new();
    let (mut end, mut members) = (from, inside.get(..from)?.to_owned());
    // `[:digit:]` in it is a class.
    loop {
        let rest = inside.get(end..)?;
        let class = rest
            .strip_prefix("[:")
            .and_then(|rest| rest.split_once(":]"));
        match class.and_then(|(name, _)| Some((name, class_of(name)?))) {
            Some((name, class)) => {
                ranges.extend(class);
                end += name.len() + 4;
            }
            None => match rest.chars().next()? {
                ']' => break,
                c => {
                    members.push(c);
                    end += c.len_utf8();
                }
            },
        }
    }
    let members: Vec<char> = members.chars().collect();
    let mut members = members.as_slice();
    loop {
        members = match members {
            [] => break,
            [from, '-', to, rest @ ..] => {
                ranges.push((*from, *to));
                rest
            }
            [one, rest @ ..] => {
                ranges.push((*one, *one));
                rest
            }
        };
    }
    Some((Part::Set { ranges, not }, end + 1 + usize::from(not)))
}

/// The characters of a class, as the locale `C` has them.
fn class_of(name: &str) -> Option<&'static [(char, char)]> {
    Some(match name {
        "digit" => &[('0', '9')],
        "alpha" => &[('A', 'Z'), ('a', 'z')],
        "alnum" => &[('0', '9'), ('A', 'Z'), ('a', 'z')],
        "upper" => &[('A', 'Z')],
        "lower" => &[('a', 'z')],
        "xdigit" => &[('0', '9'), ('A', 'F'), ('a', 'f')],
        "space" => &[(' ', ' '), ('\t', '\r')],
        "blank" => &[(' ', ' '), ('\t', '\t')],
        "punct" => &[('!', '/'), (':', '@'), ('[', '`'), ('{', '~')],
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> Pattern {
        let mut pattern = Pattern::default();
        pattern.push_active(text);
        pattern
    }

    #[test]
    fn matches_as_bash_does() {
        for (text, yes, no) in [
            ("veth*", "veth0", "eth0"),
            ("*.1", "10.0.0.1", "10.0.0.2"),
            ("ns[0-9]", "ns7", "nsx"),
            ("ns[!0-9]", "nsx", "ns7"),
            ("a?c", "abc", "ac"),
            ("[]]", "]", "["),
            ("ns[[:digit:]]", "ns7", "nsx"),
            ("ns[![:alpha:]_]", "ns7", "ns_"),
            ("[[:digit:]-]", "-", "]"),
            ("\\*", "*", "x"),
            ("", "", "x"),
        ] {
            assert!(pattern(text).matches(yes), "{text} {yes}");
            assert!(!pattern(text).matches(no), "{text} {no}");
        }
        assert_eq!(pattern("*.").prefix("10.0.0.1", false), Some(3));
        assert_eq!(pattern("*.").prefix("10.0.0.1", true), Some(7));
        assert_eq!(pattern(".*").suffix("10.0.0.1", false), Some(6));
        assert_eq!(pattern(".*").suffix("10.0.0.1", true), Some(2));
        let hostile = "*a".repeat(500);
        assert!(!pattern(&hostile).matches(&"a".repeat(400)));
    }
}
