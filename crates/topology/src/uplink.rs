//! The uplink: the way from a lab's host namespace to the outside world.
//!
//! It is an interface that no document describes: a program, `pasta` (passt(1)), makes it, gives it
//! an address and the default route, and answers at its other end with ordinary sockets of the
//! machine. So it is somebody else's interface in everything that is compared with the document; the
//! document says only whether it is there.

use crate::id::NamespaceId;
use crate::observed::{
    Observed, ObservedInterface, ObservedKind, ObservedNamespace, ObservedRoute,
};

/// The name of its interface in the host namespace.
pub const INTERFACE: &str = "uplink0";
/// The address of the lab there, in a network that nobody else is likely to use: of the addresses
/// that are shared between a customer and a provider (RFC 6598).
pub const ADDRESS: &str = "100.64.0.2";
/// The gateway of its default route: `pasta` itself.
pub const GATEWAY: &str = "100.64.0.1";
/// The mask of that network: these two.
pub const MASK: &str = "255.255.255.252";
/// The kind of interface that it is, as the kernel calls it (drivers/net/tun.c).
pub const KIND: &str = "tun";
/// Its MTU, in bytes: the largest that `pasta` gives (passt's tap.h, `ETH_MAX_MTU` less what is
/// needed for alignment).
pub const MTU: u32 = 65_520;
/// How it is allowed, for a person.
pub const ALLOW: &str = "start Netyard with --allow-uplink: netyard serve --allow-uplink, or \
                         netyard run --allow-uplink";

/// Whether an interface is one.
pub fn is_uplink(interface: &ObservedInterface) -> bool {
    let is_kind = matches!(&interface.kind, ObservedKind::Other(kind) if kind == KIND);
    interface.name == INTERFACE && interface.id.is_none() && is_kind
}

/// Its index in a namespace that has it.
pub fn index_in(namespace: &ObservedNamespace) -> Option<u32> {
    let mut all = namespace.interfaces.iter();
    all.find(|(_, interface)| is_uplink(interface))
        .map(|(index, _)| *index)
}

/// Whether a route came with it: it is no document's.
pub fn has_made(namespace: &ObservedNamespace, route: &ObservedRoute) -> bool {
    index_in(namespace).is_some_and(|index| route.interface == Some(index))
}

/// Whether the kernel has it.
pub fn is_on(observed: &Observed) -> bool {
    let host = observed.namespaces.get(&NamespaceId::HOST);
    host.is_some_and(|host| index_in(host).is_some())
}
