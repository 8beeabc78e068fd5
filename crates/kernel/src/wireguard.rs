//! WireGuard interfaces of a namespace: looked at, and set.
//!
//! The kernel makes no event when somebody sets one: they are looked at again and again, as
//! settings are. Where there is none, it takes nothing.

use nix::errno::Errno;
use topology::kind::{Channel, Parameters};
use topology::observed::{Interfaces, ObservedInterface, ObservedKind};

use crate::error::{Context, Result};
use crate::namespace::Namespace;
use crate::netlink::{Failure, GenericSocket};

/// The generic netlink socket of a namespace, opened when it is first needed.
#[derive(Debug, Default)]
pub(crate) struct Generic(Option<GenericSocket>);

impl Generic {
    pub(crate) fn socket(&mut self, namespace: &Namespace) -> Result<&mut GenericSocket> {
        let socket = match self.0.take() {
            Some(socket) => socket,
            None => namespace
                .run(GenericSocket::open)?
                .context("open a generic netlink socket in", || namespace.to_string())?,
        };
        Ok(self.0.insert(socket))
    }
}

fn is_one(interface: &ObservedInterface) -> bool {
    let device = interface.kind.device();
    device.is_some_and(|device| device.kind.table().channel == Channel::Wireguard)
}

/// Whether there is any.
pub(crate) fn is_any(interfaces: &Interfaces) -> bool {
    interfaces.values().any(is_one)
}

/// Says of each what is set on it.
pub(crate) fn observe(
    generic: &mut Generic,
    namespace: &Namespace,
    interfaces: &mut Interfaces,
) -> Result<()> {
    for (index, interface) in interfaces.iter_mut_of(|_, i| is_one(i)) {
        let found = generic.socket(namespace)?.wireguard(*index);
        let found = still_there(found);
        let found = found.context("look at", || format!("{} in {namespace}", interface.name))?;
        if let (ObservedKind::Device(device), Some(found)) = (&mut interface.kind, found) {
            // None of them is an interface.
            device.parameters = found.map_known(|_| None);
        }
    }
    Ok(())
}

/// Whether what is set on any differs from what was observed. One that cannot be looked at does
/// not: the next dump says why.
pub(crate) fn differs(
    generic: &mut Generic,
    namespace: &Namespace,
    interfaces: &Interfaces,
) -> bool {
    let mut all = interfaces.iter().filter(|(_, i)| is_one(i));
    all.any(|(index, interface)| {
        let socket = generic.socket(namespace);
        let now = socket.ok().and_then(|socket| socket.wireguard(*index).ok());
        let known = interface.kind.device().map(|device| &device.parameters);
        let now = now.map(|now| now.map_known(|_| None));
        now.is_some_and(|now| Some(&now) != known)
    })
}

/// One that has gone since is told of by an event.
fn still_there(
    found: Result<Parameters<u32>, Failure>,
) -> Result<Option<Parameters<u32>>, Failure> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(failure) if failure.is(Errno::ENODEV) => Ok(None),
        Err(failure) => Err(failure),
    }
}
