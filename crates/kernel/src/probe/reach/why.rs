//! Why a pair does not reach each other.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use protocol::ping::{PingFinding, Reason};
use protocol::reach::Unreachable;
use topology::NamespaceId;

use super::ends::Ends;
use super::plain;
use super::row::Cell;
use crate::error::Cause;
use crate::probe::diagnose::{Diagnoser, Surroundings};
use crate::probe::icmp::meaning::{meaning, reason};

/// How long diagnoses may take in all: a lab in which nothing works is no reason to wait for ever.
const PATIENCE: Duration = Duration::from_secs(5);

/// Finds out why, each pair once.
pub(super) struct Whys<'a, L: ?Sized> {
    diagnoser: Diagnoser<'a, L>,
    found: BTreeMap<(NamespaceId, IpAddr), Option<Vec<PingFinding>>>,
    took: Duration,
}

impl<'a, L: Surroundings + ?Sized> Whys<'a, L> {
    pub(super) fn new(lab: &'a L) -> Self {
        Self {
            diagnoser: Diagnoser::new(lab),
            found: BTreeMap::new(),
            took: Duration::ZERO,
        }
    }

    /// Whether the kernel's own state says that a pair cannot reach each other, whatever is sent.
    pub(super) fn is_certain(&mut self, ends: &Ends, source: usize, target: usize) -> bool {
        let source = ends.sources.get(source);
        let (Some(source), Some(target)) = (source, ends.targets.get(target)) else {
            return true;
        };
        let found = self.findings(source.info.namespace, target.info.address);
        found.and_then(<[_]>::first).is_some_and(|finding| {
            matches!(
                finding.reason,
                Reason::InterfaceDown
                    | Reason::NoAddress
                    | Reason::NoRoute
                    | Reason::NotForwarded
                    | Reason::ReversePath
                    | Reason::Loop
            )
        })
    }

    /// What is seen of a pair; `None` if there was no more time to look.
    fn findings(&mut self, source: NamespaceId, target: IpAddr) -> Option<&[PingFinding]> {
        let (diagnoser, took) = (&mut self.diagnoser, &mut self.took);
        let found = self.found.entry((source, target)).or_insert_with(|| {
            if *took > PATIENCE {
                return None;
            }
            let begun = Instant::now();
            let found = diagnoser.explain(source, target);
            *took += begun.elapsed();
            Some(found)
        });
        found.as_deref()
    }

    /// Why a cell is not green.
    pub(super) fn of(
        &mut self,
        source: NamespaceId,
        target: IpAddr,
        cell: &Cell,
        timeout_ms: u32,
    ) -> Unreachable {
        let ipv6 = target.is_ipv6();
        let findings = self.findings(source, target).map(<[_]>::to_vec);
        let looked = findings.is_some();
        let mut findings = findings.unwrap_or_default();
        let mut why = match cell {
            Cell::Refused(Errno::EPERM) => {
                let text = "the kernel does not let it out: its own firewall (EPERM)";
                return plain(Reason::Filtered, text.to_owned());
            }
            Cell::Refused(errno) => {
                let reason = match errno {
                    Errno::ENETUNREACH | Errno::EHOSTUNREACH | Errno::EACCES | Errno::EINVAL => {
                        Reason::NoRoute
                    }
                    Errno::EMSGSIZE => Reason::TooBig,
                    _ => Reason::Other,
                };
                let error = Cause::Kernel(*errno);
                plain(reason, format!("the kernel refuses to send: {error}"))
            }
            Cell::Error {
                from,
                kind,
                code,
                info,
            } => {
                let said = meaning(ipv6, *kind, *code, *info);
                let reason = reason(ipv6, *kind, *code);
                let mut why = plain(reason, format!("{from} says: {said}"));
                why.by = Some(*from);
                if reason == Reason::Rejected {
                    why.findings = findings;
                    return why;
                }
                why
            }
            Cell::Waiting { .. } | Cell::Replied { .. } => {
                let more = if looked {
                    ""
                } else {
                    "; not looked into, as too many fail"
                };
                let text = format!("no answer within {timeout_ms} ms{more}");
                plain(Reason::Timeout, text)
            }
        };
        // What is seen says more than what is not heard.
        if !findings.is_empty() {
            let first = findings.remove(0);
            why.reason = first.reason;
            why.text.clone_from(&first.text);
            why.findings.push(first);
            why.findings.append(&mut findings);
        }
        why
    }
}
