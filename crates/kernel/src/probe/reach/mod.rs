//! Who reaches whom: every namespace to every address, each with one request or few.
//!
//! One raw socket for each namespace and family serves all its targets ([`wave`]). The kernel's
//! neighbour table is one for all namespaces of the machine, so pairs are sent in as many waves as
//! it has room for ([`room`]). What is not answered is diagnosed, and tried once more unless the
//! kernel itself says why ([`why`]).

mod ends;
mod room;
mod row;
mod wave;
mod why;

use std::net::IpAddr;
use std::time::{Duration, Instant};

use protocol::reach::{
    NeighbourLimit, ReachOptions, ReachPair, ReachResult, Reachability, Unreachable,
};
use topology::address::Family;

use crate::error::{Error, Result};
use crate::probe::diagnose::Surroundings;
use ends::Ends;
use row::{Cell, Row};
use why::Whys;

/// Most pairs of a run: what a browser and a program can still take as one answer.
pub const MOST_PAIRS: usize = 250_000;
/// Most targets: the sequence number of a request is its target.
pub const MOST_TARGETS: usize = 65_535;
/// How long nothing may come before the next wave is sent: neighbours on a veth answer within
/// microseconds. Who is slower is tried again.
const QUIET: Duration = Duration::from_millis(20);

/// Measures the whole matrix. Blocks until it is done: for a thread that may wait.
///
/// # Errors
/// If there are too many pairs, the options are out of range, or the kernel refuses sockets.
pub fn reachability(
    lab: &(impl Surroundings + ?Sized),
    options: &ReachOptions,
) -> Result<Reachability> {
    let begun = Instant::now();
    let failed = |text: String| Error::new("measure", "who reaches whom", text);
    if !(10..=10_000).contains(&options.timeout_ms) {
        let text = format!(
            "a timeout of {} ms is not from 10 to 10000",
            options.timeout_ms
        );
        return Err(failed(text));
    }
    let ends = Ends::of(lab);
    let pairs = ends.pairs();
    if pairs > MOST_PAIRS || ends.targets.len() > MOST_TARGETS {
        let text = format!(
            "{} namespaces to {} addresses are {pairs} pairs: at most {MOST_PAIRS} are measured",
            ends.sources.len(),
            ends.targets.len()
        );
        return Err(failed(text));
    }
    let mut whys = Whys::new(lab);
    let mut limits = Vec::new();
    let mut cells = Vec::with_capacity(pairs);
    for family in [Family::Ipv4, Family::Ipv6] {
        if !ends
            .targets
            .iter()
            .any(|target| is_of(family, target.info.address))
        {
            continue;
        }
        let mut run = Run {
            ends: &ends,
            family,
            timeout: Duration::from_millis(options.timeout_ms.into()),
            rows: row::open(&ends, family)?,
        };
        limits.extend(run.measure(&mut whys)?);
        cells.extend(run.rows);
    }
    let mut measured = Vec::with_capacity(pairs);
    for row in cells {
        let source = ends.sources.get(row.source);
        for (target, cell) in row.cells {
            let address = ends.targets.get(target).map(|target| target.info.address);
            let (Some(source), Some(address)) = (source, address) else {
                continue;
            };
            let result = match cell {
                Cell::Replied { rtt_ns, ttl } => ReachResult::Reachable { rtt_ns, ttl },
                other => {
                    let why = whys.of(source.info.namespace, address, &other, options.timeout_ms);
                    ReachResult::Unreachable(Box::new(why))
                }
            };
            measured.push(ReachPair {
                source: index(row.source),
                target: index(target),
                result,
            });
        }
    }
    measured.sort_by_key(|pair| (pair.source, pair.target));
    Ok(Reachability {
        sources: ends.sources.into_iter().map(|source| source.info).collect(),
        targets: ends.targets.into_iter().map(|target| target.info).collect(),
        pairs: measured,
        took_ns: u64::try_from(begun.elapsed().as_nanos()).unwrap_or(u64::MAX),
        limits,
    })
}

/// The pairs of one family.
struct Run<'a> {
    ends: &'a Ends,
    family: Family,
    timeout: Duration,
    rows: Vec<Row>,
}

impl Run<'_> {
    /// Sends each pair, and again what was not answered and need not be so.
    fn measure<L: Surroundings + ?Sized>(
        &mut self,
        whys: &mut Whys<'_, L>,
    ) -> Result<Option<NeighbourLimit>> {
        let all = self.ends.meetings(self.family);
        let mut room = room::Room::look(self.ends, self.family, wanted(&all))?;
        let waves = room.waves(&all);
        let several = waves.len() > 1;
        let mut sent = waves.len();
        for (number, meetings) in waves.iter().enumerate() {
            let last = number + 1 == waves.len();
            // What is slow is waited for with the last wave, all at once.
            let patience = if last { self.timeout } else { QUIET };
            wave::send(&mut self.rows, self.ends, meetings, patience)?;
            if several {
                room.clear(self.ends, meetings);
            }
        }
        let again: Vec<_> = all
            .iter()
            .filter(|meeting| self.is_worth_another_try(meeting, whys))
            .cloned()
            .collect();
        if !again.is_empty() {
            room.wait();
            let waves = room.waves(&again);
            sent += waves.len();
            for meetings in &waves {
                wave::send(&mut self.rows, self.ends, meetings, self.timeout)?;
                if several || waves.len() > 1 {
                    room.clear(self.ends, meetings);
                }
            }
        }
        Ok(several.then(|| room.limit(sent)))
    }

    /// Whether somebody has not been heard of, and nothing certain is seen that explains it.
    fn is_worth_another_try<L: Surroundings + ?Sized>(
        &self,
        meeting: &ends::Meeting,
        whys: &mut Whys<'_, L>,
    ) -> bool {
        meeting.directions().any(|(source, targets)| {
            let row = self.rows.get(source);
            row.into_iter().any(|row| {
                targets.iter().any(|target| {
                    let waits = matches!(row.cells.get(target), Some(Cell::Waiting { .. }));
                    waits && !whys.is_certain(self.ends, source, *target)
                })
            })
        })
    }
}

/// How many neighbours all meetings at a time may need.
fn wanted(meetings: &[ends::Meeting]) -> usize {
    meetings.iter().map(ends::Meeting::neighbours).sum()
}

fn is_of(family: Family, address: IpAddr) -> bool {
    Family::of(address) == family
}

/// There are fewer than [`MOST_PAIRS`] of everything.
fn index(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}

/// For an unreachable pair of which only this is known.
fn plain(reason: protocol::ping::Reason, text: String) -> Unreachable {
    Unreachable {
        reason,
        text,
        by: None,
        findings: Vec::new(),
    }
}
