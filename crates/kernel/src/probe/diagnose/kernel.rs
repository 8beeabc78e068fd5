//! The questions of a diagnosis, asked over netlink.

use std::collections::BTreeMap;
use std::net::IpAddr;

use nix::errno::Errno;
use topology::NamespaceId;
use topology::observed::Mac;
use tracing::debug;

use super::Surroundings;
use super::asks::{Asks, Hop, Neighbour, RouteQuery};
use crate::netlink::{Failure, Socket};

/// Asks the kernel, with a socket for each namespace that is asked in.
pub(super) struct KernelAsks<'a, L: ?Sized> {
    pub(super) lab: &'a L,
    pub(super) sockets: BTreeMap<NamespaceId, Socket>,
}

impl<L: Surroundings + ?Sized> KernelAsks<'_, L> {
    fn socket(&mut self, id: NamespaceId) -> Option<&mut Socket> {
        if !self.sockets.contains_key(&id) {
            let namespace = self.lab.namespace(id)?;
            let opened = namespace.run(Socket::open);
            let failed = |error: &dyn std::fmt::Display| {
                debug!(%namespace, %error, "could not be asked");
            };
            let socket = opened
                .inspect_err(|error| failed(error))
                .ok()?
                .inspect_err(|error| failed(error))
                .ok()?;
            self.sockets.insert(id, socket);
        }
        self.sockets.get_mut(&id)
    }
}

impl<L: Surroundings + ?Sized> Asks for KernelAsks<'_, L> {
    fn route(&mut self, namespace: NamespaceId, query: RouteQuery) -> Option<Result<Hop, Errno>> {
        let found = self.socket(namespace)?.look_up(query.to, query.arrived);
        match found {
            Ok(route) => Some(Ok(Hop {
                local: route.local,
                interface: route.interface,
                gateway: route.gateway,
                source: route.source,
            })),
            Err(Failure::Refused { errno, .. }) => Some(Err(errno)),
            Err(Failure::Broken(text)) => {
                debug!(%namespace, text, "a route could not be looked up");
                None
            }
        }
    }

    fn neighbour(
        &mut self,
        namespace: NamespaceId,
        interface: u32,
        address: IpAddr,
    ) -> Option<Neighbour> {
        let found = self.socket(namespace)?.neighbour(interface, address);
        let row = found
            .inspect_err(|failure| debug!(%namespace, %failure, "neighbours could not be read"))
            .ok()?;
        Some(match row {
            None => Neighbour::Unknown,
            Some(row) if row.silent => Neighbour::Silent,
            Some(row) => row
                .link_address
                .as_slice()
                .try_into()
                .map_or(Neighbour::Unknown, |mac| Neighbour::Known(Mac(mac))),
        })
    }
}
