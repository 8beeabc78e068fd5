//! What `nft -s list ruleset` prints, in the form in which two of them are compared.
//!
//! Without state (`-s`) the same rules are printed in the same words, but for the elements that
//! packets themselves add to sets and that time takes out of them: no change of the rules.

/// Lines that came and went that are told at most.
const MOST_CHANGES: usize = 12;

/// A listing without the elements of sets and maps that change by themselves.
pub fn canonical(listing: &str) -> String {
    let mut text = String::with_capacity(listing.len());
    let mut in_lively_set = false;
    let mut in_elements = false;
    for line in listing.lines() {
        let words = line.trim();
        if in_elements {
            in_elements = !words.ends_with('}');
            continue;
        }
        if let Some(flags) = words.strip_prefix("flags ") {
            in_lively_set |= flags
                .split(',')
                .any(|flag| matches!(flag.trim(), "dynamic" | "timeout"));
        }
        if in_lively_set && words.starts_with("elements = {") {
            in_elements = !words.ends_with('}');
            continue;
        }
        if words == "}" {
            in_lively_set = false;
        }
        // `nft` ends no line so; whatever did so, the text of a text that was made is the same.
        text.push_str(line.trim_end_matches('\r'));
        text.push('\n');
    }
    text
}

/// Whether rules name interfaces by index (`iif`, `oif`): what they say changes with the interface,
/// though nobody touched them.
pub fn names_indexes(listing: &str) -> bool {
    let words = listing.split(|c: char| !c.is_ascii_alphanumeric());
    words.into_iter().any(|word| matches!(word, "iif" | "oif"))
}

/// The lines that differ, as `- was` and `+ is`, a few of them.
pub fn changes(before: &str, now: &str) -> Vec<String> {
    let lines = |text: &str| -> Vec<String> {
        text.lines()
            .map(|line| line.trim().to_owned())
            .filter(|line| !matches!(line.as_str(), "" | "}"))
            .collect()
    };
    let (was, is) = (lines(before), lines(now));
    let gone = missing(&was, &is).map(|line| format!("- {line}"));
    let come = missing(&is, &was).map(|line| format!("+ {line}"));
    let mut all: Vec<String> = gone.chain(come).collect();
    if all.is_empty() && before != now {
        all.push("the order of the rules".to_owned());
    }
    let count = all.len();
    if count > MOST_CHANGES {
        all.truncate(MOST_CHANGES);
        all.push(format!("and {} more", count - MOST_CHANGES));
    }
    all
}

/// The lines that the first has more often than the second.
fn missing<'a>(of: &'a [String], there: &'a [String]) -> impl Iterator<Item = &'a String> {
    let mut left: std::collections::BTreeMap<&str, usize> = std::collections::BTreeMap::new();
    for line in there {
        *left.entry(line).or_default() += 1;
    }
    of.iter()
        .filter(move |line| match left.get_mut(line.as_str()) {
            Some(count) if *count > 0 => {
                *count -= 1;
                false
            }
            _ => true,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LISTING: &str = "table inet f {
\tset seen {
\t\ttype ipv4_addr
\t\tsize 100
\t\tflags dynamic,timeout
\t\ttimeout 1m
\t\telements = { 127.0.0.1 counter, 127.0.0.2 counter,
\t\t\t     127.0.0.3 counter }
\t}

\tset fixed {
\t\ttype ipv4_addr
\t\telements = { 10.0.0.1, 10.0.0.2 }
\t}

\tchain input {
\t\ttype filter hook input priority filter; policy drop;
\t\tiif \"eth0\" accept
\t}
}
";

    #[test]
    fn what_packets_add_is_no_change() {
        let kept = canonical(LISTING);
        assert!(!kept.contains("127.0.0"), "{kept}");
        assert!(kept.contains("10.0.0.1"), "{kept}");
        assert_eq!(kept.lines().count(), LISTING.lines().count() - 2);
        assert!(kept.contains("policy drop"));
    }

    #[test]
    fn changes_are_told_by_line() {
        let now = LISTING.replace("policy drop", "policy accept");
        assert_eq!(
            changes(LISTING, &now),
            [
                "- type filter hook input priority filter; policy drop;",
                "+ type filter hook input priority filter; policy accept;"
            ]
        );
        assert_eq!(changes("a\nb\n", "b\na\n"), ["the order of the rules"]);
        assert_eq!(changes("a\n", "a\n"), Vec::<String>::new());
    }

    #[test]
    fn rules_by_index_are_known() {
        assert!(names_indexes(LISTING));
        assert!(!names_indexes(&LISTING.replace("iif", "iifname")));
    }
}
