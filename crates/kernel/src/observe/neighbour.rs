//! Permanent neighbours and proxy entries.

use std::collections::BTreeSet;

use topology::observed::{Interfaces, ObservedInterface, ObservedNamespace};

use crate::netlink::{Failure, Socket};

/// Asks for the entries that somebody has set; returns whether there is any.
pub(super) fn observe(socket: &mut Socket, interfaces: &mut Interfaces) -> Result<bool, Failure> {
    let mut rows = socket.permanent_neighbours()?;
    rows.extend(socket.proxy_neighbours()?);
    let is_any = !rows.is_empty();
    let has_any = |_: &u32, interface: &ObservedInterface| !interface.neighbours.is_empty();
    for (_, interface) in interfaces.iter_mut_of(has_any) {
        interface.neighbours.clear();
    }
    for row in rows {
        if let Some(interface) = interfaces.get_mut(&row.index) {
            interface.neighbours.insert(row.neighbour);
        }
    }
    Ok(is_any)
}

/// Whether the proxy entries of a namespace are those that were observed; if the kernel does not
/// tell, they are not.
pub(crate) fn proxies_are(socket: &mut Socket, observed: &ObservedNamespace) -> bool {
    let known = observed.interfaces.iter().flat_map(|(index, interface)| {
        let proxies = interface.neighbours.iter();
        let proxies = proxies.filter(|neighbour| neighbour.is_proxy());
        proxies.map(move |neighbour| (*index, *neighbour))
    });
    let Ok(rows) = socket.proxy_neighbours() else {
        return false;
    };
    let found: BTreeSet<_> = rows
        .iter()
        .map(|row| (row.index, row.neighbour))
        .filter(|(index, _)| observed.interfaces.contains_key(index))
        .collect();
    known.collect::<BTreeSet<_>>() == found
}
