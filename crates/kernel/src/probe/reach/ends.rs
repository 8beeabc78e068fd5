//! The ends of all pairs: from where, to where, and who meets whom.

use std::net::IpAddr;

use protocol::reach::{ReachSource, ReachTarget};
use topology::NamespaceId;
use topology::address::{Family, is_link_local};
use topology::observed::{ObservedKind, ObservedNamespace};

use crate::namespace::Namespace;
use crate::probe::diagnose::Surroundings;

/// Sources and targets of a run.
pub(super) struct Ends {
    pub(super) sources: Vec<Source>,
    pub(super) targets: Vec<Target>,
}

pub(super) struct Source {
    pub(super) info: ReachSource,
    pub(super) namespace: Namespace,
    /// Its own addresses: places in [`Ends::targets`].
    own: Vec<usize>,
}

pub(super) struct Target {
    pub(super) info: ReachTarget,
}

/// Two namespaces that try to reach each other.
#[derive(Clone, Debug)]
pub(super) struct Meeting {
    /// Places in [`Ends::sources`], the lower first.
    pub(super) sources: [usize; 2],
    /// What each tries to reach: places in [`Ends::targets`], of the other's addresses.
    pub(super) targets: [Vec<usize>; 2],
}

impl Ends {
    pub(super) fn of(lab: &(impl Surroundings + ?Sized)) -> Self {
        let observed = lab.observed();
        let mut ends = Self {
            sources: Vec::new(),
            targets: Vec::new(),
        };
        for (id, state) in observed.namespaces.iter() {
            let Some(namespace) = lab.namespace(*id) else {
                continue;
            };
            let begin = ends.targets.len();
            ends.targets.extend(targets(*id, state));
            if *id == NamespaceId::HOST && ends.targets.len() == begin {
                continue;
            }
            ends.sources.push(Source {
                info: ReachSource {
                    namespace: *id,
                    name: state.name.to_string(),
                },
                namespace,
                own: (begin..ends.targets.len()).collect(),
            });
        }
        ends
    }

    /// How many pairs there are, of both families.
    pub(super) fn pairs(&self) -> usize {
        let all = self.targets.len();
        let others = self.sources.iter().map(|source| all - source.own.len());
        others.sum()
    }

    /// Everyone who meets in a family.
    pub(super) fn meetings(&self, family: Family) -> Vec<Meeting> {
        let own: Vec<Vec<usize>> = self.sources.iter().map(|s| self.own(s, family)).collect();
        let mut meetings = Vec::new();
        for (first, firsts) in own.iter().enumerate() {
            for (second, seconds) in own.iter().enumerate().skip(first + 1) {
                if !firsts.is_empty() || !seconds.is_empty() {
                    meetings.push(Meeting {
                        sources: [first, second],
                        targets: [seconds.clone(), firsts.clone()],
                    });
                }
            }
        }
        meetings
    }

    /// The addresses that a source is to reach in a family.
    pub(super) fn others(&self, source: &Source, family: Family) -> Vec<usize> {
        let all = 0..self.targets.len();
        all.filter(|place| !source.own.contains(place) && self.is_of(*place, family))
            .collect()
    }

    fn own(&self, source: &Source, family: Family) -> Vec<usize> {
        let own = source.own.iter().copied();
        own.filter(|place| self.is_of(*place, family)).collect()
    }

    fn is_of(&self, target: usize, family: Family) -> bool {
        let target = self.targets.get(target);
        target.is_some_and(|target| Family::of(target.info.address) == family)
    }
}

impl Meeting {
    /// How many entries of the neighbour table it may need: each end has one of each address of
    /// the other that it sends to, and of the one that it is sent to from.
    pub(super) fn neighbours(&self) -> usize {
        let [there, back] = &self.targets;
        there.len().max(1) + back.len().max(1)
    }

    /// Each source with what it sends to.
    pub(super) fn directions(&self) -> impl Iterator<Item = (usize, &Vec<usize>)> {
        self.sources.iter().copied().zip(&self.targets)
    }
}

/// The addresses of a namespace that others may reach.
fn targets(id: NamespaceId, state: &ObservedNamespace) -> Vec<Target> {
    let mut targets = Vec::new();
    for interface in state.interfaces.values() {
        if interface.kind == ObservedKind::Loopback {
            continue;
        }
        for own in &interface.addresses {
            let address: IpAddr = own.address.addr();
            if is_link_local(address) || address.is_loopback() {
                continue;
            }
            targets.push(Target {
                info: ReachTarget {
                    namespace: id,
                    name: state.name.to_string(),
                    interface: interface.id,
                    interface_name: interface.name.clone(),
                    address,
                },
            });
        }
    }
    targets
}
