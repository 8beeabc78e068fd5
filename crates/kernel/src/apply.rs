//! A document brought to the kernel: all of it, or nothing.
//!
//! Each round plans from what is observed, does the steps, and observes
//! again: what is left to do is the next round's plan, and an empty plan is
//! the proof. Before each step its undo is learned from the model kernel; if
//! a step fails, or the kernel does not settle, the undos are done backwards.

mod ports;

use std::collections::BTreeMap;

use nix::errno::Errno;
use topology::observed::{Observed, ObservedKind, ObservedNamespace};
use topology::step::{At, Step};
use topology::{NamespaceId, NamespaceName, model};
use tracing::{debug, warn};

use crate::engine::Lab;
use crate::error::Error;
use crate::execute::{Executor, Failed};
use crate::firewall;

/// How often it is planned again. One round does it, unless the kernel adds
/// something of its own or somebody interferes.
const MOST_ROUNDS: usize = 5;

/// After how many steps events are taken: they must not be more than may wait, or everything is
/// looked at, also what takes long and hardly any lab has.
const LISTEN: usize = 64;

/// What was done.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Applied {
    /// The steps, in the order in which they were done.
    pub steps: Vec<Step>,
}

/// Why a document could not be applied. The kernel is as it was before, but
/// for what could [not be undone](ApplyError::not_undone).
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{error}{}", Left(.not_undone))]
pub struct ApplyError {
    /// The step that failed; none if no step was reached.
    pub step: Option<Box<Step>>,
    /// What was attempted, on what, and what the kernel said.
    pub error: Box<Error>,
    /// What went wrong when the steps before it were taken back.
    pub not_undone: Vec<Error>,
}

/// Asked before each step; an error stands for the kernel's refusal.
pub type Gate<'a> = &'a mut (dyn FnMut(&Step) -> Result<(), Error> + Send);

/// Does what `plan` says until there is nothing left to do.
pub(crate) fn apply(
    lab: &mut Lab,
    plan: impl Fn(&Observed) -> Vec<Step>,
    gate: Gate<'_>,
) -> Result<Applied, ApplyError> {
    let mut journal = Journal::default();
    let result = journal.rounds(lab, plan, gate);
    if let Err(error) = &result {
        debug!(%error, "taking back");
    }
    let result = match result {
        Ok(()) => Ok(Applied {
            steps: journal.done,
        }),
        Err(error) => Err(ApplyError {
            not_undone: journal.take_back(lab),
            ..error
        }),
    };
    lab.let_go();
    result
}

/// What was done, and how to undo it.
#[derive(Default)]
struct Journal {
    done: Vec<Step>,
    undos: Vec<Vec<Step>>,
    /// The rules before anything was done.
    firewalls: BTreeMap<NamespaceId, Option<String>>,
}

impl Journal {
    fn rounds(
        &mut self,
        lab: &mut Lab,
        plan: impl Fn(&Observed) -> Vec<Step>,
        gate: Gate<'_>,
    ) -> Result<(), ApplyError> {
        let mut steps = Vec::new();
        for round in 0..=MOST_ROUNDS {
            lab.refresh()?;
            steps = plan(lab.observed());
            if steps.is_empty() {
                return Ok(());
            }
            if round == 0 {
                self.firewalls = firewalls(lab.observed());
                check_firewalls(lab.observed(), &steps)?;
            }
            if round < MOST_ROUNDS {
                debug!(round, steps = steps.len(), "applying");
                let added = added_namespaces(&steps);
                let mut run = |lab: &mut Lab| {
                    lab.prepare(&added);
                    let shadow = lab.observed().clone();
                    Round {
                        executor: Executor::new(lab),
                        shadow,
                        journal: self,
                        gate: &mut *gate,
                    }
                    .run(&steps)
                };
                // Most of what there will be is to be looked at anyway.
                match added.len() > lab.observed().namespaces.len() {
                    true => lab.without_hearing(run)?,
                    false => run(lab)?,
                }
            }
        }
        let step = steps.into_iter().next().map(Box::new);
        let object = step
            .as_ref()
            .map_or_else(String::new, |step| format!("{step:?}"));
        let error = Error::new(
            "settle",
            object,
            format!("somebody or something undoes it each time; tried {MOST_ROUNDS} times"),
        );
        Err(ApplyError {
            step,
            ..error.into()
        })
    }

    /// Remembers a step that was done, and how to undo it.
    fn did(&mut self, step: &Step, undo: Vec<Step>) {
        self.undos.push(undo);
        self.done.push(step.clone());
    }

    /// Undoes everything, the last first, and goes on where that fails.
    fn take_back(&mut self, lab: &mut Lab) -> Vec<Error> {
        let mut errors = Vec::new();
        let mut executor = Executor::new(lab);
        let undos = self.undos.drain(..).rev().flatten();
        // Rules may name interfaces that are back only when all is.
        let undos = undos.filter(|step| !matches!(step, Step::SetFirewall { .. }));
        let undos: Vec<Step> = undos.collect();
        for part in undos.chunk_by(|a, b| removed_in(a).is_some() && removed_in(a) == removed_in(b))
        {
            let removed: Vec<At> = part.iter().filter_map(removed).cloned().collect();
            if removed.len() > 1 && executor.remove(&removed).is_ok() {
                continue;
            }
            for step in part {
                if let Err(failed) = executor.execute(step)
                    && !is_done_anyway(step, &failed)
                {
                    warn!(error = %failed.error, "could not be undone");
                    errors.push(failed.error);
                }
            }
        }
        errors.extend(lab.refresh().err());
        self.firewalls_back(lab, &mut errors);
        errors
    }

    /// Also rules that nobody set: those that name an interface by its index have lost it, if it
    /// was made again.
    fn firewalls_back(&mut self, lab: &mut Lab, errors: &mut Vec<Error>) {
        let now = firewalls(lab.observed());
        let before = std::mem::take(&mut self.firewalls);
        let differs = |(id, ruleset): &(NamespaceId, Option<String>)| {
            now.get(id).is_some_and(|now| now != ruleset)
        };
        let mut is_any = false;
        for (id, ruleset) in before.into_iter().filter(differs) {
            is_any = true;
            errors.extend(lab.set_firewall(id, ruleset.as_deref()).err());
        }
        if is_any {
            errors.extend(lab.refresh().err());
        }
    }
}

fn firewalls(observed: &Observed) -> BTreeMap<NamespaceId, Option<String>> {
    let of = |ns: &ObservedNamespace| ns.firewall.as_ref().map(|known| known.ruleset.clone());
    let all = observed.namespaces.iter();
    all.map(|(id, ns)| (*id, of(ns))).collect()
}

/// Refuses rules that `nft` or the kernel would not take, before anything is done. They are tried
/// with the interfaces that there will be. Those that are loaded before anything else are not:
/// that is a transaction, which says the same, and each trial takes as long as it.
fn check_firewalls(observed: &Observed, steps: &[Step]) -> Result<(), ApplyError> {
    let rulesets = steps.iter().skip(1).filter_map(|step| match step {
        Step::SetFirewall {
            namespace,
            ruleset: Some(text),
        } => Some((step, namespace, text)),
        _ => None,
    });
    let mut rulesets = rulesets.peekable();
    if rulesets.peek().is_none() {
        return Ok(());
    }
    let mut then = observed.clone();
    for step in steps {
        // What the model refuses the kernel is asked all the same.
        let _refused = model::execute(&mut then, step);
    }
    for (step, namespace, text) in rulesets {
        let Some(found) = then.namespaces.get(namespace) else {
            continue;
        };
        let interfaces = found.interfaces.values().map(|i| i.name.as_str());
        firewall::check(found.name.as_str(), interfaces, text).map_err(|error| ApplyError {
            step: Some(Box::new(step.clone())),
            ..error.into()
        })?;
    }
    Ok(())
}

/// A round that goes on.
struct Round<'a, 'b> {
    executor: Executor<'a>,
    /// What the model kernel has after the steps that were done.
    shadow: Observed,
    journal: &'b mut Journal,
    gate: Gate<'b>,
}

impl Round<'_, '_> {
    fn run(&mut self, mut steps: &[Step]) -> Result<(), ApplyError> {
        let mut listened = steps.len();
        while let Some((first, rest)) = steps.split_first() {
            if listened - steps.len() >= LISTEN {
                listened = steps.len();
                self.executor.listen();
            }
            let plugged = match first {
                Step::SetMaster { .. } => self.plug(steps)?,
                _ => 0,
            };
            if plugged > 0 {
                steps = steps.get(plugged..).unwrap_or_default();
                continue;
            }
            let removed = self.removals(steps);
            steps = if removed.len() > 1 {
                let (together, rest) = steps.split_at(removed.len());
                self.remove(together, &removed)?;
                rest
            } else {
                self.step(first)?;
                rest
            };
        }
        Ok(())
    }

    fn step(&mut self, step: &Step) -> Result<(), ApplyError> {
        (self.gate)(step).map_err(|error| Failed::from(error).at(step))?;
        let undo = self.learn(step);
        match (self.executor.execute(step), step) {
            (Ok(()), _) => {
                self.journal.did(step, undo);
                Ok(())
            }
            // Before Linux 6.2 only an interface that is down can be renamed.
            (
                Err(Failed {
                    errno: Some(Errno::EBUSY),
                    ..
                }),
                Step::RenameInterface { at, name },
            ) => {
                for step in &undo {
                    self.learn(step);
                }
                let renamed = At {
                    namespace: at.namespace,
                    name: name.clone(),
                };
                self.step(&Step::SetUp {
                    at: at.clone(),
                    up: false,
                })?;
                self.step(step)?;
                self.step(&Step::SetUp {
                    at: renamed,
                    up: true,
                })
            }
            (Err(failed), _) => Err(failed.at(step)),
        }
    }

    /// The interfaces that the steps at the beginning remove, as far as they
    /// can go together: all in one namespace. Of a link the end is taken that
    /// many links are likely to have there, the host's.
    fn removals(&self, steps: &[Step]) -> Vec<At> {
        let mut removed: Vec<At> = Vec::new();
        for step in steps {
            let Step::RemoveInterface { at } = step else {
                break;
            };
            let at = self.lower_end(at).unwrap_or_else(|| at.clone());
            if removed
                .first()
                .is_some_and(|first| first.namespace != at.namespace)
            {
                break;
            }
            removed.push(at);
        }
        removed
    }

    /// The other end of a link, if it is in a namespace of a lower number.
    fn lower_end(&self, at: &At) -> Option<At> {
        let (_, end) = self
            .shadow
            .interface_named(at.namespace, at.name.as_str())?;
        let ObservedKind::Veth { peer: Some(peer) } = end.kind else {
            return None;
        };
        let interfaces = &self.shadow.namespaces.get(&peer.namespace)?.interfaces;
        let name = interfaces.get(&peer.index)?.name.parse().ok()?;
        (peer.namespace < at.namespace).then_some(At {
            namespace: peer.namespace,
            name,
        })
    }

    /// Removes interfaces together.
    fn remove(&mut self, steps: &[Step], removed: &[At]) -> Result<(), ApplyError> {
        for step in steps {
            (self.gate)(step).map_err(|error| Failed::from(error).at(step))?;
        }
        let undos: Vec<_> = steps.iter().map(|step| self.learn(step)).collect();
        match (self.executor.remove(removed), steps.first()) {
            (Err(failed), Some(first)) => Err(failed.at(first)),
            (Err(failed), None) => Err(failed.error.into()),
            (Ok(()), _) => {
                self.journal.undos.extend(undos);
                self.journal.done.extend_from_slice(steps);
                Ok(())
            }
        }
    }

    /// How to undo a step that is about to be done. What the model kernel
    /// refuses, the real one is asked all the same: it has the last word, and
    /// better words.
    fn learn(&mut self, step: &Step) -> Vec<Step> {
        model::execute(&mut self.shadow, step).unwrap_or_else(|refused| {
            debug!(?step, %refused, "the model refuses");
            opposite(step).into_iter().collect()
        })
    }
}

/// The interface that a step removes.
fn removed(step: &Step) -> Option<&At> {
    match step {
        Step::RemoveInterface { at } => Some(at),
        _ => None,
    }
}

/// Where a step removes an interface: several of one namespace can go together.
fn removed_in(step: &Step) -> Option<NamespaceId> {
    removed(step).map(|at| at.namespace)
}

fn added_namespaces(steps: &[Step]) -> Vec<(NamespaceId, &NamespaceName)> {
    let added = steps.iter().filter_map(|step| match step {
        Step::AddNamespace { namespace, name } => Some((*namespace, name)),
        _ => None,
    });
    added.collect()
}

/// What undoes a step of which nothing more is known.
fn opposite(step: &Step) -> Option<Step> {
    Some(match step.clone() {
        Step::AddNamespace { namespace, .. } => Step::RemoveNamespace { namespace },
        Step::AddVeth { ends: [end, _] } => Step::RemoveInterface { at: end.at },
        Step::AddDevice { new, .. } => Step::RemoveInterface { at: new.at },
        Step::RenameInterface { at, name } => Step::RenameInterface {
            at: At {
                namespace: at.namespace,
                name,
            },
            name: at.name,
        },
        Step::SetUp { at, up } => Step::SetUp { at, up: !up },
        Step::AddAddress { at, address } => Step::RemoveAddress { at, address },
        Step::RemoveAddress { at, address } => Step::AddAddress { at, address },
        Step::AddRoute { namespace, route } => Step::RemoveRoute { namespace, route },
        Step::RemoveRoute { namespace, route } => Step::AddRoute { namespace, route },
        Step::AddRule { namespace, rule } => Step::RemoveRule { namespace, rule },
        Step::RemoveRule { namespace, rule } => Step::AddRule { namespace, rule },
        Step::SetForwarding {
            namespace,
            family,
            on,
        } => Step::SetForwarding {
            namespace,
            family,
            on: !on,
        },
        Step::SetQdisc {
            at,
            level,
            from,
            to,
        } => Step::SetQdisc {
            at,
            level,
            from: to,
            to: from,
        },
        Step::AddVlans { at, own, change } => Step::RemoveVlans {
            at,
            own,
            range: change.range,
        },
        Step::AddFdb { at, entry } => Step::RemoveFdb { at, entry },
        Step::RemoveFdb { at, entry } => Step::AddFdb { at, entry },
        Step::AddNeighbour { at, neighbour } => Step::RemoveNeighbour { at, neighbour },
        Step::RemoveNeighbour { at, neighbour } => Step::AddNeighbour { at, neighbour },
        Step::SetSysctl {
            namespace,
            interface,
            name,
            ..
        } => Step::SetSysctl {
            namespace,
            interface,
            name,
            value: None,
        },
        Step::SetOffload { at, offload, .. } => Step::SetOffload {
            at,
            offload,
            on: None,
        },
        Step::SetUplink { on } => Step::SetUplink { on: !on },
        Step::RemoveNamespace { .. }
        | Step::RemoveVlans { .. }
        | Step::RenameNamespace { .. }
        | Step::RemoveInterface { .. }
        | Step::SetMtu { .. }
        | Step::SetMac { .. }
        | Step::SetMaster { .. }
        | Step::SetParameters { .. }
        | Step::SetPort { .. }
        // All are put back at the end.
        | Step::SetFirewall { .. } => return None,
    })
}

/// Whether an undo was refused because there is nothing left of it to do: a
/// namespace that is taken back comes with all that was set in it.
fn is_done_anyway(step: &Step, failed: &Failed) -> bool {
    match step {
        Step::AddAddress { .. } | Step::AddRoute { .. } | Step::AddRule { .. } => {
            failed.errno == Some(Errno::EEXIST)
        }
        Step::RemoveAddress { .. } => failed.errno == Some(Errno::EADDRNOTAVAIL),
        Step::RemoveRoute { .. } => failed.errno == Some(Errno::ESRCH),
        Step::RemoveRule { .. } => failed.errno == Some(Errno::ENOENT),
        Step::RemoveFdb { .. } | Step::RemoveNeighbour { .. } => {
            failed.errno == Some(Errno::ENOENT)
        }
        // It went with its interface, or with IPv6 there.
        Step::SetSysctl { value: None, .. } => failed.errno == Some(Errno::ENOENT),
        Step::RemoveInterface { .. } => failed.errno == Some(Errno::ENODEV),
        _ => false,
    }
}

impl Failed {
    fn at(self, step: &Step) -> ApplyError {
        ApplyError {
            step: Some(Box::new(step.clone())),
            ..self.error.into()
        }
    }
}

impl From<Error> for ApplyError {
    fn from(error: Error) -> Self {
        Self {
            step: None,
            error: Box::new(error),
            not_undone: Vec::new(),
        }
    }
}

struct Left<'a>(&'a [Error]);

impl std::fmt::Display for Left<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for error in self.0 {
            write!(f, "; taking it back, {error}")?;
        }
        Ok(())
    }
}
