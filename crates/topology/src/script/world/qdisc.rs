//! Queueing disciplines, as `tc_modify_qdisc` and `tc_get_qdisc` (net/sched/sch_api.c) take them.

use super::World;
use crate::command::tc::{Parent, QdiscChange, Spec, Verb};
use crate::id::NamespaceId;
use crate::quality::qdisc::{Level, Netem, Qdisc};
use crate::step::{At, Step};

/// The handles that the kernel gives by itself begin here (`qdisc_alloc_handle`).
const FIRST_OWN: u16 = 0x8001;

impl World {
    pub(super) fn set_qdisc(
        &mut self,
        here: NamespaceId,
        change: QdiscChange,
    ) -> Result<(), String> {
        let at = At {
            namespace: here,
            name: change.interface,
        };
        let found = self.exists(&at)?;
        let (id, qdiscs) = (found.id, found.qdiscs.clone());
        let root = id.and_then(|id| self.roots.get(&id).copied());
        let (level, is) = match change.parent {
            Parent::Root => (Level::Root, qdiscs.root),
            Parent::Handle(handle) => {
                if root != Some(handle) {
                    return Err("Failed to find specified qdisc".to_owned());
                }
                (Level::Child, qdiscs.child)
            }
        };
        let same_handle = level == Level::Child || change.handle.is_none() || change.handle == root;
        let to = match (change.verb, &is, change.spec) {
            (Verb::Delete, ..) if !same_handle => {
                return Err("Invalid handle: it has another one".to_owned());
            }
            (Verb::Delete, ..) => None,
            (Verb::Add, Some(_), _) => {
                return Err("there is one already: Exclusivity flag on, cannot modify".to_owned());
            }
            (Verb::Change, None, _) => return Err("there is none to change".to_owned()),
            (_, is, Some(spec)) => {
                let new = made(&spec);
                match is {
                    Some(is) if is.kind() == new.kind() && same_handle => Some(changed(is, spec)),
                    Some(_) if change.verb == Verb::Change => {
                        let why = "Invalid qdisc name: must match existing qdisc";
                        return Err(why.to_owned());
                    }
                    Some(is)
                        if is.kind() != new.kind() && same_handle && change.handle.is_some() =>
                    {
                        let why = "Invalid qdisc name: must match existing qdisc";
                        return Err(why.to_owned());
                    }
                    _ => Some(new),
                }
            }
            (_, _, None) => return Err("`tc qdisc` needs a kind".to_owned()),
        };
        let is_kept = is.as_ref().map(Qdisc::kind) == to.as_ref().map(Qdisc::kind) && same_handle;
        if level == Level::Root && !is_kept && is.is_some() && to.is_some() {
            // What is below it goes with the old one, also if the new one is of the same kind.
            let at = at.clone();
            self.step(&Step::SetQdisc {
                at,
                level,
                from: is.clone(),
                to: None,
            })?;
        }
        let removed = to.is_none();
        self.step(&Step::SetQdisc {
            at,
            level,
            from: is,
            to,
        })?;
        if let (Level::Root, Some(id)) = (level, id) {
            match (removed, is_kept) {
                (true, _) => drop(self.roots.remove(&id)),
                (false, true) => {}
                (false, false) => {
                    self.roots.insert(id, change.handle.unwrap_or(FIRST_OWN));
                }
            }
        }
        Ok(())
    }
}

fn made(spec: &Spec) -> Qdisc {
    match spec {
        Spec::Netem { netem, .. } => Qdisc::Netem(*netem),
        Spec::Tbf(tbf) => Qdisc::Tbf(*tbf),
    }
}

/// What a change in place makes: `netem` keeps what is not said of some options.
fn changed(is: &Qdisc, spec: Spec) -> Qdisc {
    match (is, spec) {
        (
            Qdisc::Netem(is),
            Spec::Netem {
                netem,
                corrupt,
                rate,
                correlated,
            },
        ) => {
            let corruption = if corrupt { &netem } else { is };
            let correlation = if correlated { &netem } else { is };
            Qdisc::Netem(Netem {
                corrupt: corruption.corrupt,
                corrupt_correlation: corruption.corrupt_correlation,
                rate: if rate { netem.rate } else { is.rate },
                delay_correlation: correlation.delay_correlation,
                loss_correlation: correlation.loss_correlation,
                duplicate_correlation: correlation.duplicate_correlation,
                ..netem
            })
        }
        (_, spec) => made(&spec),
    }
}
