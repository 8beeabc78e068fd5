//! Whether an expectation of a lab holds, from what was tried.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use topology::expectation::{Bound, Figure};

use crate::ping::{PingEvent, PingFinding};
use crate::probe::{IcmpRefusal, NotSent, Silence, TcpProbed, Traced, UdpProbed};

/// What came of an expectation.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Verdict {
    /// What was expected, as the lab says it.
    pub expectation: String,
    /// Whether it holds.
    pub holds: bool,
    /// What was observed, for a person.
    pub observed: String,
    /// How long it took to try, milliseconds.
    pub took_ms: f64,
}

/// Whether something is so, and what was observed.
#[derive(Clone, PartialEq, Debug)]
pub struct Finding {
    /// Whether it holds.
    pub holds: bool,
    /// What was observed.
    pub observed: String,
}

/// What was heard of a ping.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Tally {
    /// Requests that have ended, answered or not.
    sent: u64,
    /// Round trips in nanoseconds.
    round_trips: Vec<u64>,
    /// What was said against it, last.
    trouble: Option<String>,
    /// What explains it.
    findings: Vec<PingFinding>,
}

impl Tally {
    /// Takes what a ping says.
    pub fn hear(&mut self, event: PingEvent) {
        match event {
            PingEvent::Reply { rtt_ns, .. } => {
                self.sent += 1;
                self.round_trips.push(rtt_ns);
            }
            PingEvent::Lost { .. } => self.sent += 1,
            PingEvent::IcmpError { from, meaning, .. } => {
                self.sent += 1;
                self.trouble = Some(format!("{from} says: {meaning}"));
            }
            PingEvent::SendFailed { error, .. } => {
                self.sent += 1;
                self.trouble = Some(error);
            }
            PingEvent::Corrupted { from, .. } => {
                self.sent += 1;
                self.trouble = Some(format!("{from} answers with other data"));
            }
            PingEvent::Diagnosis { findings } => self.findings = findings,
            PingEvent::Stopped { error } => {
                self.trouble = error.or(self.trouble.take());
            }
            PingEvent::Duplicate { .. } | PingEvent::OutOfOrder { .. } | PingEvent::Flood(_) => {}
        }
    }

    /// Whether a reply has come.
    pub fn is_answered(&self) -> bool {
        !self.round_trips.is_empty()
    }

    /// Requests without an answer, per cent.
    fn loss(&self) -> f64 {
        let lost = self.sent.saturating_sub(self.round_trips.len() as u64);
        match self.sent {
            0 => 100.0,
            sent => lost as f64 / sent as f64 * 100.0,
        }
    }

    /// The median of the round trips, milliseconds.
    fn rtt(&self) -> Option<f64> {
        let mut sorted = self.round_trips.clone();
        sorted.sort_unstable();
        sorted.get(sorted.len() / 2).map(|ns| *ns as f64 / 1e6)
    }

    /// What this says of the expectation that `target` answers, or does not.
    pub fn judge(&self, target: IpAddr, can: bool, bounds: &[Bound]) -> Finding {
        let Some(rtt) = self.rtt() else {
            return Finding {
                holds: !can,
                observed: format!("no answer from {target}{}", self.why()),
            };
        };
        let loss = self.loss();
        let broken = bounds.iter().any(|bound| {
            let value = match bound.figure {
                Figure::Loss => loss,
                Figure::Rtt => rtt,
            };
            !bound.holds(value)
        });
        let figures = match bounds.is_empty() {
            true => format!("{rtt:.3} ms"),
            false => format!(
                "{} of {} requests, loss {loss:.1} %, median {rtt:.3} ms",
                self.round_trips.len(),
                self.sent
            ),
        };
        Finding {
            holds: can && !broken,
            observed: format!("{target} answers: {figures}"),
        }
    }

    fn why(&self) -> String {
        let found = self.findings.first().map(|finding| finding.text.clone());
        let why = found.or_else(|| self.trouble.clone());
        why.map(|why| format!(": {why}")).unwrap_or_default()
    }
}

/// What a TCP port says of the expectation that it is open.
pub fn judge_tcp(target: IpAddr, port: u16, probed: &TcpProbed, can: bool) -> Finding {
    let (open, text) = match probed {
        TcpProbed::Open { took_ns } => (true, format!("is open: {:.3} ms", millis(*took_ns))),
        TcpProbed::Refused { by, .. } => (false, format!("is refused by {by}")),
        TcpProbed::Rejected(refusal) => (false, rejected(refusal)),
        TcpProbed::NotSent(not_sent) => (false, unsent(not_sent)),
        TcpProbed::Silent(silence) => (false, silent(silence)),
    };
    Finding {
        holds: open == can,
        observed: format!("{target} tcp/{port} {text}"),
    }
}

/// What a UDP port says of the expectation that somebody answers there.
pub fn judge_udp(target: IpAddr, port: u16, probed: &UdpProbed, can: bool) -> Finding {
    let (answered, text) = match probed {
        UdpProbed::Answered { took_ns, .. } => {
            (true, format!("answers: {:.3} ms", millis(*took_ns)))
        }
        UdpProbed::Rejected(refusal) => (false, rejected(refusal)),
        UdpProbed::NotSent(not_sent) => (false, unsent(not_sent)),
        UdpProbed::Silent(silence) => (false, silent(silence)),
    };
    Finding {
        holds: answered == can,
        observed: format!("{target} udp/{port} {text}"),
    }
}

/// What a way says of the expectation that it passes a namespace, told by that one's addresses.
pub fn judge_path(target: IpAddr, traced: &Traced, by: &[IpAddr], passes: bool) -> Finding {
    let answers = traced
        .hops
        .iter()
        .flat_map(|hop| hop.answers.iter().flatten());
    let mut hops: Vec<IpAddr> = answers.map(|answer| answer.from).collect();
    hops.dedup();
    // The end of the way is no place that it passes.
    let between = hops.iter().filter(|hop| **hop != target);
    let is_passed = between.clone().any(|hop| by.contains(hop));
    let way = hops.iter().map(ToString::to_string).collect::<Vec<_>>();
    let way = match way.is_empty() {
        true => "nobody".to_owned(),
        false => way.join(", "),
    };
    let end = match traced.reached {
        true => "",
        false => "; the target itself did not answer",
    };
    Finding {
        // A way that does not arrive tells nothing of what it avoids.
        holds: is_passed == passes && (traced.reached || is_passed),
        observed: format!("on the way to {target}: {way}{end}"),
    }
}

fn millis(ns: u64) -> f64 {
    ns as f64 / 1e6
}

fn rejected(refusal: &IcmpRefusal) -> String {
    format!("is rejected by {}: {}", refusal.by, refusal.meaning)
}

fn unsent(not_sent: &NotSent) -> String {
    let why = not_sent.findings.first().map(|finding| &finding.text);
    format!("cannot be sent to: {}", why.unwrap_or(&not_sent.error))
}

fn silent(silence: &Silence) -> String {
    match silence.findings.first() {
        Some(finding) => format!("is silent: {}", finding.text),
        None => "is silent".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::probe::{TraceAnswer, TraceHop};

    fn address(last: u8) -> IpAddr {
        IpAddr::from([10, 0, 0, last])
    }

    fn reply(rtt_ns: u64) -> PingEvent {
        PingEvent::Reply {
            sequence: 1,
            from: address(2),
            rtt_ns,
            ttl: None,
            bytes: 64,
        }
    }

    #[test]
    fn pings_are_judged_by_answers_and_bounds() {
        let mut tally = Tally::default();
        assert!(!tally.judge(address(2), true, &[]).holds);
        assert!(tally.judge(address(2), false, &[]).holds);
        for rtt in [1_000_000, 3_000_000, 2_000_000] {
            tally.hear(reply(rtt));
        }
        tally.hear(PingEvent::Lost { sequence: 4 });
        assert!(tally.judge(address(2), true, &[]).holds);
        assert!(!tally.judge(address(2), false, &[]).holds);
        let bound = |figure, below, limit| Bound {
            figure,
            below,
            limit,
        };
        for (bounds, holds) in [
            (vec![bound(Figure::Loss, true, 26.0)], true),
            (vec![bound(Figure::Loss, true, 25.0)], false),
            (vec![bound(Figure::Loss, false, 24.0)], true),
            (
                vec![
                    bound(Figure::Rtt, true, 2.5),
                    bound(Figure::Rtt, false, 1.5),
                ],
                true,
            ),
            (
                vec![
                    bound(Figure::Rtt, true, 2.5),
                    bound(Figure::Rtt, false, 2.1),
                ],
                false,
            ),
        ] {
            let found = tally.judge(address(2), true, &bounds);
            assert_eq!(found.holds, holds, "{bounds:?}: {}", found.observed);
        }
    }

    #[test]
    fn a_way_is_judged_by_who_answers_on_it() {
        let hop = |ttl, last| TraceHop {
            ttl,
            answers: vec![Some(TraceAnswer {
                from: address(last),
                rtt_ns: 1,
                error: None,
            })],
        };
        let mut traced = Traced {
            hops: vec![hop(1, 1), hop(2, 9)],
            reached: true,
        };
        let judge = |traced: &Traced, by: u8, passes| {
            judge_path(address(9), traced, &[address(by)], passes).holds
        };
        assert!(judge(&traced, 1, true) && !judge(&traced, 1, false));
        assert!(judge(&traced, 5, false) && !judge(&traced, 5, true));
        assert!(judge(&traced, 9, false));
        traced.reached = false;
        assert!(judge(&traced, 1, true) && !judge(&traced, 5, false));
    }
}
