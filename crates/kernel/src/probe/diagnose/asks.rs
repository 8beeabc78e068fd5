//! What a diagnosis asks of the kernel beyond what is observed all the time.

use std::net::IpAddr;

use nix::errno::Errno;
use topology::NamespaceId;
use topology::observed::Mac;

/// Questions to the kernel, each in a namespace. `None` is: it could not be asked.
pub trait Asks {
    /// Which way a packet would take (`ip route get`), or why there is none.
    fn route(&mut self, namespace: NamespaceId, query: RouteQuery) -> Option<Result<Hop, Errno>>;

    /// What the neighbour table has of an address (`ip neigh`); `Neighbour::Unknown` if nothing.
    fn neighbour(
        &mut self,
        namespace: NamespaceId,
        interface: u32,
        address: IpAddr,
    ) -> Option<Neighbour>;
}

/// A packet to find a way for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct RouteQuery {
    /// Where it goes.
    pub to: IpAddr,
    /// Its source address and the index of the interface that it has come in by; `None` for one
    /// that starts here.
    pub arrived: Option<(IpAddr, u32)>,
}

/// The next hop on a packet's way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Hop {
    /// The packet is for this namespace itself.
    pub local: bool,
    /// Index of the interface that it leaves by.
    pub interface: Option<u32>,
    /// The router that it is handed to; `None`: to the target itself.
    pub gateway: Option<IpAddr>,
    /// The source address that it gets.
    pub source: Option<IpAddr>,
}

/// What a namespace knows of a neighbour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Neighbour {
    /// Nothing.
    Unknown,
    /// It has been asked for and has not answered (`INCOMPLETE`, `FAILED`).
    Silent,
    /// Its link-layer address, learned or set by hand.
    Known(Mac),
}
