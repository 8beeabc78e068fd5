//! What rules have counted, from `nft list ruleset`.

use serde::{Deserialize, Serialize};

/// A rule or named counter that counts.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Counted {
    /// Its table, as `inet filter`.
    pub table: String,
    /// Its chain; empty for a named counter.
    pub chain: String,
    /// The rule as `nft` prints it, without what was counted; the name of a named counter.
    pub rule: String,
    /// Since the rules were loaded.
    pub packets: u64,
    /// Since the rules were loaded.
    pub bytes: u64,
}

/// Every rule with a counter and every named counter of a listing, in its order.
pub fn of_listing(listing: &str) -> Vec<Counted> {
    let mut found = Vec::new();
    let mut table = "";
    let mut block = "";
    for line in listing.lines() {
        let words = line.trim();
        if let Some(name) = opens(words, "table ") {
            (table, block) = (name, "");
        } else if let Some(opened) = words.strip_suffix(" {").filter(|_| is_block(words)) {
            block = opened;
        } else if words == "}" {
            block = "";
        } else if let Some(chain) = block.strip_prefix("chain ")
            && let Some((rule, packets, bytes)) = rule(words)
        {
            found.push(counted(table, chain, rule, packets, bytes));
        } else if let Some(name) = block.strip_prefix("counter ")
            && let Some((packets, bytes, "")) = numbers(words)
        {
            found.push(counted(table, "", name.to_owned(), packets, bytes));
        }
    }
    found
}

fn counted(table: &str, chain: &str, rule: String, packets: u64, bytes: u64) -> Counted {
    Counted {
        table: table.to_owned(),
        chain: chain.to_owned(),
        rule,
        packets,
        bytes,
    }
}

fn opens<'a>(words: &'a str, what: &str) -> Option<&'a str> {
    words.strip_prefix(what)?.strip_suffix(" {")
}

/// What a table holds; a rule may end with a brace that it opens, too.
fn is_block(words: &str) -> bool {
    let kinds = [
        "chain ",
        "counter ",
        "set ",
        "map ",
        "quota ",
        "limit ",
        "flowtable ",
        "ct ",
        "synproxy ",
        "secmark ",
    ];
    words.split(' ').count() <= 4 && kinds.iter().any(|kind| words.starts_with(kind))
}

/// A rule with `counter packets N bytes M` in it, the numbers taken out.
fn rule(words: &str) -> Option<(String, u64, u64)> {
    const COUNTER: &str = "counter packets ";
    // The first one that is not in a comment.
    let place = words.match_indices(COUNTER).map(|(place, _)| place);
    let is_code = |place: &usize| {
        let before = words.get(..*place).unwrap_or_default();
        before.matches('"').count().is_multiple_of(2)
    };
    let place = place.into_iter().find(is_code)?;
    let (before, after) = words.split_at_checked(place)?;
    let (packets, bytes, rest) = numbers(after.strip_prefix("counter ")?)?;
    Some((format!("{before}counter{rest}"), packets, bytes))
}

/// `packets N bytes M` and what follows.
fn numbers(words: &str) -> Option<(u64, u64, &str)> {
    let (packets, rest) = words.strip_prefix("packets ")?.split_once(" bytes ")?;
    let end = rest
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(rest.len());
    let (bytes, rest) = rest.split_at_checked(end)?;
    Some((packets.parse().ok()?, bytes.parse().ok()?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_counter_is_read() {
        let listing = "table inet f {
\tcounter web {
\t\tpackets 3 bytes 180
\t}

\tchain input {
\t\ttype filter hook input priority filter; policy drop;
\t\tiif \"eth0\" tcp dport { 22, 80 } counter packets 5 bytes 300 accept comment \"counter packets 1 bytes 2\"
\t\tct state established,related accept
\t\tmeta l4proto icmp counter packets 2 bytes 168
\t}
}
table ip nat {
\tchain post {
\t\tcounter packets 18446744073709551615 bytes 7 masquerade
\t}
}
";
        let all = of_listing(listing);
        let line = |c: &Counted| {
            format!(
                "{}|{}|{}|{}|{}",
                c.table, c.chain, c.rule, c.packets, c.bytes
            )
        };
        let all: Vec<_> = all.iter().map(line).collect();
        assert_eq!(
            all,
            [
                "inet f||web|3|180",
                "inet f|input|iif \"eth0\" tcp dport { 22, 80 } counter accept comment \"counter packets 1 bytes 2\"|5|300",
                "inet f|input|meta l4proto icmp counter|2|168",
                "ip nat|post|counter masquerade|18446744073709551615|7",
            ]
        );
    }
}
