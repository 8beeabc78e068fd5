//! Why no reply comes: from what the kernel has now, never from what a document wants.
//!
//! A packet's way is followed from namespace to namespace ([`walk`]), through the cables and
//! bridges of each network on it ([`segment`]), there and back; what there is to say at each place
//! is in [`reasons`]. What is observed of the lab tells
//! most of it. The rest is asked of the kernel ([`Asks`]): which route it would take, and who has
//! answered its address resolution.

mod asks;
mod kernel;
mod reasons;
mod segment;
#[cfg(test)]
mod tests;
mod walk;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use protocol::ping::PingFinding;
use protocol::probe::WayFound;
use topology::NamespaceId;
use topology::observed::Observed;

pub use asks::{Asks, Hop, Neighbour, RouteQuery};
pub use walk::explain;

use crate::engine::Engine;
use crate::namespace::Namespace;
use kernel::KernelAsks;

/// The lab that a diagnosis looks at.
pub trait Surroundings: Send + Sync + 'static {
    /// The kernel's state now.
    fn observed(&self) -> Arc<Observed>;
    /// A namespace of the lab, to ask the kernel in it.
    fn namespace(&self, id: NamespaceId) -> Option<Namespace>;
}

impl Surroundings for Engine {
    fn observed(&self) -> Arc<Observed> {
        Self::observed(self)
    }

    fn namespace(&self, id: NamespaceId) -> Option<Namespace> {
        Self::namespace(self, id)
    }
}

/// What is seen that explains why `target` does not answer `source`, the likeliest first; nothing
/// if nothing is seen. Asks the kernel: takes about a millisecond, so it is not for the worker
/// of a runtime.
pub fn diagnose(
    source: NamespaceId,
    target: IpAddr,
    lab: &(impl Surroundings + ?Sized),
) -> Vec<PingFinding> {
    Diagnoser::new(lab).explain(source, target)
}

/// Diagnoses many, on one moment's state.
pub(crate) struct Diagnoser<'a, L: ?Sized> {
    observed: Arc<Observed>,
    asks: KernelAsks<'a, L>,
}

impl<'a, L: Surroundings + ?Sized> Diagnoser<'a, L> {
    pub(crate) fn new(lab: &'a L) -> Self {
        Self {
            observed: lab.observed(),
            asks: KernelAsks {
                lab,
                sockets: BTreeMap::new(),
            },
        }
    }

    /// The way of a packet, as far as it comes.
    pub(crate) fn way(&mut self, source: NamespaceId, target: IpAddr) -> WayFound {
        walk::way(source, target, &self.observed, &mut self.asks)
    }

    /// As [`diagnose`].
    pub(crate) fn explain(&mut self, source: NamespaceId, target: IpAddr) -> Vec<PingFinding> {
        explain(source, target, &self.observed, &mut self.asks)
    }
}
