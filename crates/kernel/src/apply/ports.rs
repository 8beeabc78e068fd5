//! Ports of bridges: plugged in and set up in one message.
//!
//! While a lab of a thousand namespaces comes up, the requests for ports are those that wait longest
//! for the kernel's lock of all network changes (`rtnl_setlink` in
//! `perf record -e lock:contention_begin`; who holds it was not traced): half as many wait half as
//! often. A plan plugs all ports in before it sets the first one up; between steps of these two kinds
//! the order makes no difference, as long as each port is plugged in first.

use std::collections::{BTreeMap, BTreeSet};

use topology::step::{At, Step};
use topology::{InterfaceName, NamespaceId};

use super::{ApplyError, LISTEN, Round};
use crate::execute::Failed;

/// Of the steps at the beginning that plug ports in and set interfaces up, which belong together:
/// where each is set up that is plugged in before. Nothing where the first plugs nothing in.
fn pairs(steps: &[Step]) -> (usize, BTreeMap<usize, usize>) {
    let mut plugged: BTreeMap<&At, usize> = BTreeMap::new();
    let mut pairs = BTreeMap::new();
    let mut count = 0;
    for (place, step) in steps.iter().enumerate() {
        match step {
            Step::SetMaster {
                at,
                master: Some(_),
            } => drop(plugged.insert(at, place)),
            Step::SetUp { at, up: true } if place > 0 => {
                if let Some(first) = plugged.remove(at) {
                    pairs.insert(first, place);
                }
            }
            _ => break,
        }
        count = place + 1;
    }
    (count, pairs)
}

impl Round<'_, '_> {
    /// Does the steps at the beginning that plug ports in and set them up; returns how many these
    /// are, 0 if the first is none of them.
    pub(super) fn plug(&mut self, steps: &[Step]) -> Result<usize, ApplyError> {
        let (count, mut pairs) = pairs(steps);
        pairs.retain(|first, _| {
            steps
                .get(*first)
                .is_some_and(|step| self.is_of_bridge(step))
        });
        if pairs.is_empty() {
            return Ok(0);
        }
        let mut done = BTreeSet::new();
        for (place, step) in steps.iter().enumerate().take(count) {
            if place % LISTEN == LISTEN - 1 {
                self.executor.listen();
            }
            if done.contains(&place) {
                continue;
            }
            let up = pairs
                .get(&place)
                .and_then(|up| Some((*up, steps.get(*up)?)));
            match (step, up) {
                (
                    Step::SetMaster {
                        at,
                        master: Some(master),
                    },
                    Some((place, up)),
                ) => {
                    self.plug_and_set_up([step, up], at, master)?;
                    done.insert(place);
                }
                _ => self.step(step)?,
            }
        }
        Ok(count)
    }

    /// A bond wants its ports down, and a VRF sets them down and up.
    fn is_of_bridge(&self, step: &Step) -> bool {
        let Step::SetMaster {
            at,
            master: Some(master),
        } = step
        else {
            return false;
        };
        self.is_bridge(at.namespace, master)
    }

    fn is_bridge(&self, namespace: NamespaceId, name: &InterfaceName) -> bool {
        let found = self.shadow.interface_named(namespace, name.as_str());
        found.is_some_and(|(_, interface)| interface.kind.is_bridge())
    }

    /// Both steps at once. Where the kernel does not take that, each by itself: it is said of the one
    /// that failed why.
    fn plug_and_set_up(
        &mut self,
        [plug, up]: [&Step; 2],
        at: &At,
        master: &InterfaceName,
    ) -> Result<(), ApplyError> {
        (self.gate)(plug).map_err(|error| Failed::from(error).at(plug))?;
        let refused = (self.gate)(up).err();
        let undo = self.learn(plug);
        let together = match &refused {
            None => self.executor.plug_up(at, master).is_ok(),
            Some(_) => false,
        };
        if !together && let Err(failed) = self.executor.execute(plug) {
            // Before Linux 6.1 it is set up first.
            let down = Step::SetUp {
                at: at.clone(),
                up: false,
            };
            let _was_down = self.executor.execute(&down);
            return Err(failed.at(plug));
        }
        self.journal.did(plug, undo);
        if let Some(error) = refused {
            return Err(Failed::from(error).at(up));
        }
        let undo = self.learn(up);
        if !together {
            self.executor.execute(up).map_err(|failed| failed.at(up))?;
        }
        self.journal.did(up, undo);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(name: &str) -> At {
        At {
            namespace: NamespaceId::HOST,
            name: name.parse().unwrap(),
        }
    }

    fn plug(name: &str) -> Step {
        Step::SetMaster {
            at: at(name),
            master: Some("br0".parse().unwrap()),
        }
    }

    fn up(name: &str, up: bool) -> Step {
        Step::SetUp { at: at(name), up }
    }

    #[test]
    fn what_is_plugged_in_is_set_up_with_it() {
        let steps = [
            plug("a"),
            plug("b"),
            up("c", true),
            up("b", true),
            up("a", true),
        ];
        let all = BTreeMap::from([(0, 4), (1, 3)]);
        assert_eq!(pairs(&steps), (5, all));
    }

    #[test]
    fn nothing_is_brought_forward_past_other_steps() {
        let steps = [plug("a"), up("b", false), up("a", true)];
        assert_eq!(pairs(&steps), (1, BTreeMap::new()));
        assert_eq!(pairs(&[up("a", true), plug("a")]).1, BTreeMap::new());
    }
}
