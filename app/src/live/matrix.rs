//! Who reaches whom, as it is looked at: rows and columns chosen and sorted, and what has changed
//! since the run before.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::net::IpAddr;

use protocol::ping::Reason;
use protocol::reach::{ReachPair, ReachResult, ReachSource, ReachTarget, Reachability};
use topology::NamespaceId;

use super::ping_log::milliseconds;
use crate::editor::names::natural;

/// One run.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Matrix {
    found: Reachability,
    /// The place of each pair in [`Reachability::pairs`], row by row; `None` is a namespace's own
    /// address.
    places: Vec<Option<usize>>,
    /// Whether a pair was otherwise in the run before, by its place.
    changed: Vec<bool>,
}

/// How rows and columns are sorted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Order {
    /// By name.
    #[default]
    Name,
    /// What fails most first.
    Failures,
    /// What takes longest first.
    Slowest,
}

/// What is looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Wanted {
    /// From this namespace only.
    pub(crate) from: Option<NamespaceId>,
    /// To addresses of this namespace only.
    pub(crate) to: Option<NamespaceId>,
    /// Only rows and columns in which something fails.
    pub(crate) failures: bool,
    /// Only rows and columns in which something has changed.
    pub(crate) changes: bool,
    /// Their order.
    pub(crate) order: Order,
}

/// Rows and columns as they are drawn: places of sources and targets.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct Shown {
    /// Sources.
    pub(crate) rows: Vec<usize>,
    /// Targets.
    pub(crate) columns: Vec<usize>,
}

/// What a row or column comes to.
#[derive(Clone, Copy, Default)]
struct Sum {
    failures: usize,
    changes: usize,
    slowest: u64,
}

impl Sum {
    fn add(&mut self, result: &ReachResult, changed: bool) {
        match result {
            ReachResult::Reachable { rtt_ns, .. } => self.slowest = self.slowest.max(*rtt_ns),
            ReachResult::Unreachable(_) => self.failures += 1,
        }
        self.changes += usize::from(changed);
    }
}

impl Matrix {
    /// A run, seen beside the one before it.
    pub(crate) fn new(found: Reachability, before: Option<&Self>) -> Self {
        let (rows, columns) = (found.sources.len(), found.targets.len());
        let mut places = vec![None; rows * columns];
        let known: Option<BTreeMap<_, _>> = before.map(|before| {
            let pairs = before.found.pairs.iter();
            pairs
                .filter_map(|pair| Some((before.key(pair)?, reason(&pair.result))))
                .collect()
        });
        let mut matrix = Self {
            found,
            places: Vec::new(),
            changed: Vec::new(),
        };
        let mut changed = Vec::with_capacity(matrix.found.pairs.len());
        for (place, pair) in matrix.found.pairs.iter().enumerate() {
            let at = pair.source as usize * columns + pair.target as usize;
            if let Some(slot) = places.get_mut(at) {
                *slot = Some(place);
            }
            let was = known
                .as_ref()
                .zip(matrix.key(pair))
                .and_then(|(known, key)| known.get(&key));
            changed.push(was.is_some_and(|was| *was != reason(&pair.result)));
        }
        matrix.places = places;
        matrix.changed = changed;
        matrix
    }

    /// What stays the same from run to run.
    fn key(&self, pair: &ReachPair) -> Option<(NamespaceId, NamespaceId, IpAddr)> {
        let source = self.source(pair.source as usize)?;
        let target = self.target(pair.target as usize)?;
        Some((source.namespace, target.namespace, target.address))
    }

    /// All of the run.
    pub(crate) fn found(&self) -> &Reachability {
        &self.found
    }

    /// From where a row goes.
    pub(crate) fn source(&self, row: usize) -> Option<&ReachSource> {
        self.found.sources.get(row)
    }

    /// Where a column goes.
    pub(crate) fn target(&self, column: usize) -> Option<&ReachTarget> {
        self.found.targets.get(column)
    }

    /// What came of a pair, and whether it was otherwise before; `None` for a namespace's own
    /// address.
    pub(crate) fn cell(&self, row: usize, column: usize) -> Option<(&ReachResult, bool)> {
        let at = row * self.found.targets.len() + column;
        let place = (*self.places.get(at)?)?;
        let pair = self.found.pairs.get(place)?;
        let changed = self.changed.get(place).copied().unwrap_or_default();
        Some((&pair.result, changed))
    }

    /// How many pairs are otherwise than in the run before.
    pub(crate) fn changes(&self) -> usize {
        self.changed.iter().filter(|changed| **changed).count()
    }

    /// The rows and columns that are wanted, in their order.
    pub(crate) fn shown(&self, wanted: Wanted) -> Shown {
        let is_from = |row: usize| {
            let source = self.source(row);
            wanted.from.is_none() || source.map(|s| s.namespace) == wanted.from
        };
        let is_to = |column: usize| {
            let target = self.target(column);
            wanted.to.is_none() || target.map(|t| t.namespace) == wanted.to
        };
        let mut rows = vec![Sum::default(); self.found.sources.len()];
        let mut columns = vec![Sum::default(); self.found.targets.len()];
        for (pair, changed) in self.found.pairs.iter().zip(&self.changed) {
            let (row, column) = (pair.source as usize, pair.target as usize);
            if !is_from(row) || !is_to(column) {
                continue;
            }
            for sum in [rows.get_mut(row), columns.get_mut(column)]
                .into_iter()
                .flatten()
            {
                sum.add(&pair.result, *changed);
            }
        }
        let name_of_row = |row: usize| self.source(row).map(|s| s.name.as_str());
        let name_of_column = |column: usize| self.target(column).map(|t| t.name.as_str());
        Shown {
            rows: chosen(&rows, is_from, wanted, name_of_row),
            columns: chosen(&columns, is_to, wanted, name_of_column),
        }
    }

    /// One line for each pair, with a heading.
    pub(crate) fn csv(&self) -> String {
        let mut text = "from,to,address,reachable,rtt_ms,reason,text\n".to_owned();
        for pair in &self.found.pairs {
            let source = self.source(pair.source as usize);
            let Some((source, target)) = source.zip(self.target(pair.target as usize)) else {
                continue;
            };
            let (reachable, rtt, reason, why) = match &pair.result {
                ReachResult::Reachable { rtt_ns, .. } => {
                    ("yes", milliseconds(*rtt_ns), "", String::new())
                }
                ReachResult::Unreachable(why) => {
                    ("no", String::new(), why.reason.short(), why.text.clone())
                }
            };
            let fields = [
                source.name.as_str(),
                target.name.as_str(),
                &target.address.to_string(),
                reachable,
                &rtt,
                reason,
                &why,
            ];
            let fields: Vec<String> = fields.iter().map(|field| quoted(field)).collect();
            text.push_str(&fields.join(","));
            text.push('\n');
        }
        text
    }
}

/// As RFC 4180 has it.
fn quoted(field: &str) -> String {
    match field.contains([',', '"', '\n']) {
        true => format!("\"{}\"", field.replace('"', "\"\"")),
        false => field.to_owned(),
    }
}

fn chosen<'a>(
    sums: &[Sum],
    is_in: impl Fn(usize) -> bool,
    wanted: Wanted,
    name: impl Fn(usize) -> Option<&'a str>,
) -> Vec<usize> {
    let all = sums.iter().enumerate();
    let mut kept: Vec<(usize, Sum)> = all
        .filter(|(place, sum)| {
            is_in(*place)
                && (!wanted.failures || sum.failures > 0)
                && (!wanted.changes || sum.changes > 0)
        })
        .map(|(place, sum)| (place, *sum))
        .collect();
    let by_name = |a: usize, b: usize| {
        natural(name(a).unwrap_or_default(), name(b).unwrap_or_default()).then(a.cmp(&b))
    };
    kept.sort_by(|(a, one), (b, other)| match wanted.order {
        Order::Name => by_name(*a, *b),
        Order::Failures => Reverse(one.failures)
            .cmp(&Reverse(other.failures))
            .then_with(|| by_name(*a, *b)),
        Order::Slowest => Reverse(one.slowest)
            .cmp(&Reverse(other.slowest))
            .then_with(|| by_name(*a, *b)),
    });
    kept.into_iter().map(|(place, _)| place).collect()
}

/// Why a pair fails; `None` if it does not.
fn reason(result: &ReachResult) -> Option<Reason> {
    match result {
        ReachResult::Reachable { .. } => None,
        ReachResult::Unreachable(why) => Some(why.reason),
    }
}

/// What stands in a cell: milliseconds, or why not.
pub(crate) fn short(result: &ReachResult) -> String {
    match result {
        ReachResult::Reachable { rtt_ns, .. } => milliseconds(*rtt_ns),
        ReachResult::Unreachable(why) => why.reason.short().to_owned(),
    }
}

/// How bad a cell is, for its colour and sign.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Grade {
    /// It answers.
    Reachable,
    /// Somebody says no: a firewall, a router.
    Refused,
    /// Nothing comes back, or nothing can be sent.
    Broken,
}

impl Grade {
    /// That of a result.
    pub(crate) fn of(result: &ReachResult) -> Self {
        match reason(result) {
            None => Self::Reachable,
            Some(Reason::Rejected | Reason::Filtered | Reason::TooBig) => Self::Refused,
            Some(_) => Self::Broken,
        }
    }

    /// For `data-grade` and style sheets.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Reachable => "reachable",
            Self::Refused => "refused",
            Self::Broken => "broken",
        }
    }

    /// Told apart without colours.
    pub(crate) fn sign(self) -> &'static str {
        match self {
            Self::Reachable => "✓",
            Self::Refused => "⊘",
            Self::Broken => "✗",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::reach::Unreachable;

    fn found(results: [[Option<ReachResult>; 2]; 3]) -> Reachability {
        let names = ["n10", "n2", "n1"];
        let pairs = results.into_iter().enumerate().flat_map(|(source, row)| {
            let row = row.into_iter().enumerate();
            row.filter_map(move |(target, result)| {
                Some(ReachPair {
                    source: source as u32,
                    target: target as u32,
                    result: result?,
                })
            })
        });
        Reachability {
            pairs: pairs.collect(),
            sources: (0..)
                .zip(names)
                .map(|(id, name)| ReachSource {
                    namespace: NamespaceId(id),
                    name: name.into(),
                })
                .collect(),
            targets: (0..)
                .zip(&names[..2])
                .map(|(id, name)| ReachTarget {
                    namespace: NamespaceId(id),
                    name: (*name).into(),
                    interface: None,
                    interface_name: "eth0".into(),
                    address: IpAddr::from([10, 0, 0, id as u8]),
                })
                .collect(),
            took_ns: 1,
            limits: Vec::new(),
        }
    }

    fn ok(rtt_ns: u64) -> Option<ReachResult> {
        Some(ReachResult::Reachable { rtt_ns, ttl: None })
    }

    fn no(reason: Reason) -> Option<ReachResult> {
        Some(ReachResult::Unreachable(Box::new(Unreachable {
            reason,
            text: "a, \"b\"".into(),
            by: None,
            findings: Vec::new(),
        })))
    }

    #[test]
    fn rows_and_columns_are_chosen_and_sorted() {
        let run = found([
            [None, ok(10)],
            [ok(900), None],
            [no(Reason::NoRoute), ok(20)],
        ]);
        let matrix = Matrix::new(run, None);
        let rows = |wanted| matrix.shown(wanted).rows;
        assert_eq!(rows(Wanted::default()), [2, 1, 0]);
        let order = |order| Wanted {
            order,
            ..Wanted::default()
        };
        assert_eq!(rows(order(Order::Slowest)), [1, 2, 0]);
        assert_eq!(rows(order(Order::Failures)), [2, 1, 0]);
        let failures = Wanted {
            failures: true,
            ..Wanted::default()
        };
        let shown = matrix.shown(failures);
        assert_eq!((shown.rows, shown.columns), (vec![2], vec![0]));
        let to = Wanted {
            to: Some(NamespaceId(1)),
            failures: true,
            ..Wanted::default()
        };
        assert_eq!(matrix.shown(to), Shown::default());
        assert_eq!(matrix.cell(0, 0), None);
        let (result, _) = matrix.cell(2, 0).unwrap();
        assert_eq!(
            (short(result).as_str(), Grade::of(result).key()),
            ("no route", "broken")
        );
        assert!(matrix.csv().ends_with(
            "n1,n10,10.0.0.0,no,,no route,\"a, \"\"b\"\"\"\nn1,n2,10.0.0.1,yes,0.000,,\n"
        ));
    }

    #[test]
    fn what_was_otherwise_before_stands_out() {
        let first = Matrix::new(
            found([[None, ok(10)], [ok(1), None], [no(Reason::NoRoute), ok(2)]]),
            None,
        );
        assert_eq!(first.changes(), 0);
        let second = Matrix::new(
            found([
                [None, ok(99)],
                [no(Reason::Timeout), None],
                [no(Reason::InterfaceDown), ok(2)],
            ]),
            Some(&first),
        );
        assert_eq!(second.changes(), 2);
        assert!(second.cell(1, 0).unwrap().1 && second.cell(2, 0).unwrap().1);
        assert!(!second.cell(0, 1).unwrap().1);
        let shown = second.shown(Wanted {
            changes: true,
            ..Wanted::default()
        });
        assert_eq!((shown.rows, shown.columns), (vec![2, 1], vec![0]));
    }
}
