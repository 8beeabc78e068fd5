//! A matrix for people.

use std::fmt::Write as _;

use protocol::reach::{ReachResult, Reachability, Unreachable};

/// Up to so many rows and columns the whole matrix is printed: what a terminal shows.
const MOST_SHOWN: usize = 20;
/// Failures that are printed one by one: `--json` has all.
const MOST_FAILURES: usize = 100;
/// A cell of the address's own namespace.
const OWN: &str = "·";

/// The matrix if it is small, the failures, and how many there are.
pub(super) fn text(found: &Reachability) -> String {
    let mut text = String::new();
    if found.sources.len() <= MOST_SHOWN && found.targets.len() <= MOST_SHOWN {
        matrix(&mut text, found);
    }
    failures(&mut text, found);
    for limit in &found.limits {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "note: {limit}");
    }
    summary(&mut text, found);
    text
}

fn matrix(text: &mut String, found: &Reachability) {
    let mut rows = vec![
        std::iter::once(String::new())
            .chain(found.targets.iter().map(|target| target.name.clone()))
            .collect::<Vec<_>>(),
        std::iter::once("from \\ to, ms".to_owned())
            .chain(
                found
                    .targets
                    .iter()
                    .map(|target| target.address.to_string()),
            )
            .collect(),
    ];
    for (source, place) in found.sources.iter().zip(0_u32..) {
        let mut row = vec![OWN.to_owned(); found.targets.len() + 1];
        if let Some(first) = row.first_mut() {
            first.clone_from(&source.name);
        }
        for pair in found.pairs.iter().filter(|pair| pair.source == place) {
            if let Some(cell) = row.get_mut(pair.target as usize + 1) {
                *cell = match &pair.result {
                    ReachResult::Reachable { rtt_ns, .. } => milliseconds(*rtt_ns),
                    ReachResult::Unreachable(why) => why.reason.short().to_owned(),
                };
            }
        }
        rows.push(row);
    }
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..=found.targets.len()).map(width).collect();
    for row in &rows {
        let mut line = String::new();
        for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
            let _ = match column {
                0 => write!(line, "{cell:<width$}"),
                _ => write!(line, "  {cell:>width$}"),
            };
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text.push('\n');
}

fn failures(text: &mut String, found: &Reachability) {
    let mut more = 0;
    let failed = found.pairs.iter().filter_map(|pair| match &pair.result {
        ReachResult::Unreachable(why) => Some((pair, why)),
        ReachResult::Reachable { .. } => None,
    });
    for (number, (pair, why)) in failed.enumerate() {
        if number >= MOST_FAILURES {
            more += 1;
            continue;
        }
        let source = found.sources.get(pair.source as usize);
        let target = found.targets.get(pair.target as usize);
        if let (Some(source), Some(target)) = (source, target) {
            let _ = writeln!(
                text,
                "{} to {} ({}): {}",
                source.name,
                target.address,
                target.name,
                told(why)
            );
        }
    }
    if more > 0 {
        let _ = writeln!(text, "and {more} more: --json has all");
    }
}

/// The reason, and who said so if that is not in it.
fn told(why: &Unreachable) -> String {
    match why.by {
        Some(by) if !why.text.contains(&by.to_string()) => format!("{} (told by {by})", why.text),
        _ => why.text.clone(),
    }
}

fn summary(text: &mut String, found: &Reachability) {
    let mut rtts: Vec<u64> = found
        .pairs
        .iter()
        .filter_map(|pair| match pair.result {
            ReachResult::Reachable { rtt_ns, .. } => Some(rtt_ns),
            ReachResult::Unreachable(_) => None,
        })
        .collect();
    rtts.sort_unstable();
    let _ = write!(
        text,
        "{} of {} pairs reach each other",
        rtts.len(),
        found.pairs.len()
    );
    if let (Some(half), Some(most)) = (rtts.get(rtts.len() / 2), rtts.last()) {
        let (half, most) = (milliseconds(*half), milliseconds(*most));
        let _ = write!(text, ", the median in {half} ms and all within {most} ms");
    }
    let _ = writeln!(text, " (measured in {} ms)", milliseconds(found.took_ns));
}

/// Milliseconds, as `ping` writes them.
fn milliseconds(ns: u64) -> String {
    let whole = ns as f64 / 1e6;
    match whole {
        0.0..10.0 => format!("{whole:.3}"),
        10.0..100.0 => format!("{whole:.1}"),
        _ => format!("{whole:.0}"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use protocol::ping::Reason;
    use protocol::reach::{ReachPair, ReachSource, ReachTarget};
    use topology::NamespaceId;

    use super::*;

    fn found() -> Reachability {
        let names = ["red", "blue"];
        let source = |(id, name): (u64, &str)| ReachSource {
            namespace: NamespaceId(id),
            name: name.to_owned(),
        };
        let target = |(id, name): (u64, &str)| ReachTarget {
            namespace: NamespaceId(id),
            name: name.to_owned(),
            interface: None,
            interface_name: "eth0".to_owned(),
            address: format!("10.0.0.{id}").parse().unwrap(),
        };
        let why = Unreachable {
            reason: Reason::NoRoute,
            text: "blue has no route to 10.0.0.1".to_owned(),
            by: None,
            findings: Vec::new(),
        };
        Reachability {
            sources: (1..).zip(names).map(source).collect(),
            targets: (1..).zip(names).map(target).collect(),
            pairs: vec![
                ReachPair {
                    source: 0,
                    target: 1,
                    result: ReachResult::Reachable {
                        rtt_ns: 12_345,
                        ttl: Some(64),
                    },
                },
                ReachPair {
                    source: 1,
                    target: 0,
                    result: ReachResult::Unreachable(Box::new(why)),
                },
            ],
            took_ns: 1_234_567_890,
            limits: Vec::new(),
        }
    }

    #[test]
    fn a_small_matrix_is_shown_whole() {
        let expected = "\
\u{20}                   red      blue
from \\ to, ms  10.0.0.1  10.0.0.2
red                   ·     0.012
blue           no route         ·

blue to 10.0.0.1 (red): blue has no route to 10.0.0.1
1 of 2 pairs reach each other, the median in 0.012 ms and all within 0.012 ms (measured in 1235 ms)
";
        assert_eq!(text(&found()), expected);
    }

    #[test]
    fn a_large_one_is_its_failures() {
        let mut large = found();
        let target = large.targets.first().unwrap().clone();
        large.targets.resize(MOST_SHOWN + 1, target);
        let told = text(&large);
        assert!(told.starts_with("blue to 10.0.0.1 (red): "), "{told}");
        let failed = large.pairs.get(1).unwrap().clone();
        large.pairs.resize(MOST_FAILURES + 6, failed);
        assert!(text(&large).contains("and 5 more: --json has all"));
    }
}
