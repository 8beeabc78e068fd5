//! What is left to interfaces: set, looked at, and given back.
//!
//! Of each that was set it is known how it was before. An event tells where to look again.

use std::collections::BTreeMap;

use topology::observed::{Interfaces, ObservedInterface};
use topology::offload::Offload;

use crate::netlink::{Failure, Socket};

/// What was set in one namespace, and how it was before, by the index of the interface.
#[derive(Debug, Default)]
pub(crate) struct Known(BTreeMap<(u32, Offload), bool>);

impl Known {
    /// Sets one, or gives back what was before it was set first.
    pub(crate) fn set(
        &mut self,
        socket: &Socket,
        (index, name): (u32, &str),
        offload: Offload,
        on: Option<bool>,
    ) -> Result<(), Failure> {
        let key = (index, offload);
        match on {
            Some(on) => {
                let before = socket.offload(name, offload)?;
                socket.turn_offload(name, offload, on)?;
                self.0.entry(key).or_insert(before);
            }
            None => {
                if let Some(before) = self.0.get(&key) {
                    // It may wait for another one that is given back after it.
                    socket.set_offload(name, offload, *before)?;
                    self.0.remove(&key);
                }
            }
        }
        Ok(())
    }

    /// Says of each interface how those are that were set. Those of interfaces that have gone are
    /// forgotten; one that is just going is told of by an event.
    pub(crate) fn seen(&mut self, socket: &Socket, interfaces: &mut Interfaces) {
        self.0
            .retain(|(index, _), _| interfaces.contains_key(index));
        let has_any = |_: &u32, interface: &ObservedInterface| !interface.offloads.is_empty();
        for (_, interface) in interfaces.iter_mut_of(has_any) {
            interface.offloads.clear();
        }
        for (index, offload) in self.0.keys() {
            if let Some(interface) = interfaces.get_mut(index)
                && let Ok(on) = socket.offload(&interface.name, *offload)
            {
                interface.offloads.insert(*offload, on);
            }
        }
    }
}
