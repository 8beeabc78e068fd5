//! Settings of the kernel, and the uplink.

use nix::errno::Errno;
use topology::step::At;
use topology::{InterfaceName, NamespaceId, uplink};

use super::{Executor, Failed};
use crate::error::Error;
use crate::sandbox;

impl Executor<'_> {
    pub(super) fn set_sysctl(
        &mut self,
        namespace: NamespaceId,
        interface: Option<&InterfaceName>,
        name: &str,
        value: Option<i32>,
    ) -> Result<(), Failed> {
        let of = match interface {
            Some(name) => {
                let at = At {
                    namespace,
                    name: name.clone(),
                };
                Some((self.index(&at)?, name.as_str()))
            }
            None => None,
        };
        Ok(self.lab.set_sysctl(namespace, of, name, value)?)
    }

    pub(super) fn set_uplink(&mut self, on: bool) -> Result<(), Failed> {
        match (&sandbox::current()?.uplink, on) {
            (Some(uplink), _) => uplink.set(on)?,
            // One of the same name that somebody else has made is removed below.
            (None, false) => {}
            (None, true) => {
                let error = Error::new("start", "the uplink of the lab", "it is not allowed here");
                return Err(error.advise(uplink::ALLOW).into());
            }
        }
        if on {
            return Ok(());
        }
        let socket = self.lab.socket(NamespaceId::HOST)?;
        let result = match socket.link_named(uplink::INTERFACE) {
            Ok(Some(left)) => match socket.delete_link(left.index) {
                // It was just going.
                Err(failure) if failure.is(Errno::ENODEV) => Ok(()),
                other => other,
            },
            Ok(None) => Ok(()),
            Err(failure) => Err(failure),
        };
        self.say(result, "remove", || uplink::INTERFACE.to_owned())
    }
}
