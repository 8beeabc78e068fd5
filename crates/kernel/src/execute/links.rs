//! Interfaces: made, renamed, plugged.

use std::os::fd::{AsFd, OwnedFd};
use std::thread;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use topology::kind::{Changes, Device, Value};
use topology::step::{At, NewInterface};
use topology::{InterfaceName, NamespaceId};

use super::{Executor, Failed};
use crate::engine::Lab;
use crate::error::Error;
use crate::netlink::{End, Failure};

/// How long a name may still be taken by a link that is going: the kernel
/// deletes namespaces, and the links in them, some time after their end
/// (measured: up to 23 ms).
const LINGERING: Duration = Duration::from_millis(200);
/// How often it is looked whether it has gone.
const LOOK: Duration = Duration::from_millis(2);

impl Executor<'_> {
    pub(super) fn add_veth(&mut self, ends: &[NewInterface; 2]) -> Result<(), Failed> {
        let [a, b] = ends;
        let descriptor = |lab: &Lab, end: &NewInterface| -> Result<OwnedFd, Failed> {
            let namespace = lab.namespace(end.at.namespace)?;
            namespace
                .net_fd()
                .try_clone_to_owned()
                .map_err(|error| Error::new("use", namespace.to_string(), error).into())
        };
        let (first, second) = (descriptor(self.lab, a)?, descriptor(self.lab, b)?);
        let mut indexes = [
            self.lab.next_index(a.at.namespace)?,
            self.lab.next_index(b.at.namespace)?,
        ];
        let socket = self.lab.socket(a.at.namespace)?;
        let mut make = |indexes: [u32; 2]| {
            socket.add_veth([
                End {
                    name: a.at.name.as_str(),
                    namespace: first.as_fd(),
                    index: indexes[0],
                },
                End {
                    name: b.at.name.as_str(),
                    namespace: second.as_fd(),
                    index: indexes[1],
                },
            ])
        };
        let result = match make(indexes) {
            // A name or an index is taken.
            Err(failure) if failure.is(Errno::EEXIST) || failure.is(Errno::EBUSY) => {
                indexes = [0, 0];
                until_free(|| make(indexes))
            }
            other => other,
        };
        self.say(result, "add", || {
            let ends = [a, b].map(|end| self.interface(&end.at));
            format!("link {} to {}", ends[0], ends[1])
        })?;
        for (end, mut index) in [a, b].into_iter().zip(indexes) {
            if index == 0 {
                index = self.look_up(&end.at)?.index;
            }
            self.lab.tag(end.at.namespace, index, end.id);
            self.indexes.insert(end.at.clone(), index);
        }
        self.lab.introduce([a.at.namespace, b.at.namespace]);
        Ok(())
    }

    pub(super) fn add_device(
        &mut self,
        new: &NewInterface,
        device: &Device<At>,
        underlay: Option<NamespaceId>,
    ) -> Result<(), Failed> {
        let at = &new.at;
        let mut elsewhere = device.links().map(|lower| lower.namespace);
        let elsewhere = elsewhere
            .find(|namespace| *namespace != at.namespace)
            .or(underlay);
        let below = match elsewhere {
            Some(namespace) => Some(self.number(at.namespace, namespace)?),
            None => None,
        };
        let changes = self.indexed(&device.parameters.as_changes())?;
        let said = changes.into_iter().filter_map(|(name, v)| Some((name, v?)));
        let indexed = Device {
            kind: device.kind,
            parameters: said.collect(),
        };
        let socket = self.lab.socket(at.namespace)?;
        let result = until_free(|| socket.add_device(at.name.as_str(), &indexed, below));
        self.say(result, "add", || {
            format!("{} {}", device.kind, self.interface(at))
        })?;
        let index = self.look_up(at)?.index;
        self.lab.tag(at.namespace, index, new.id);
        self.lab.sends_through(at.namespace, index, underlay);
        self.indexes.insert(at.clone(), index);
        if let Some(namespace) = elsewhere {
            self.lab.introduce([at.namespace, namespace]);
        }
        Ok(())
    }

    /// The number that one namespace has for another.
    fn number(&mut self, own: NamespaceId, other: NamespaceId) -> Result<i32, Failed> {
        let namespace = self.lab.namespace(other)?.clone();
        let number = self.lab.socket(own)?.number(namespace.net_fd());
        self.say(number, "number", || {
            let names = [own, other].map(|id| self.lab.name(id));
            format!("{} in {}", names[1], names[0])
        })
    }

    /// Changes with indexes for names.
    pub(super) fn indexed(&mut self, changes: &Changes<At>) -> Result<Changes<u32>, Failed> {
        let mut indexed = Changes::new();
        for (parameter, value) in changes {
            let value = match value {
                None => None,
                Some(Value::Link(at)) => Some(Value::Link(self.index(at)?)),
                // It names no interface.
                Some(other) => other.map(|_| None),
            };
            indexed.insert(parameter.clone(), value);
        }
        Ok(indexed)
    }

    pub(super) fn rename(&mut self, at: &At, name: &InterfaceName) -> Result<(), Failed> {
        let index = self.index(at)?;
        let result = self.lab.socket(at.namespace)?.rename(index, name.as_str());
        self.say(result, "rename", || {
            format!("{} to {name}", self.interface(at))
        })?;
        self.indexes.remove(at);
        self.indexes.insert(
            At {
                namespace: at.namespace,
                name: name.clone(),
            },
            index,
        );
        Ok(())
    }

    pub(super) fn set_master(
        &mut self,
        at: &At,
        master: Option<&InterfaceName>,
    ) -> Result<(), Failed> {
        let index = self.index(at)?;
        let found = match master {
            Some(name) => Some(self.index(&At {
                namespace: at.namespace,
                name: name.clone(),
            })?),
            None => None,
        };
        let result = self.lab.socket(at.namespace)?.set_master(index, found);
        self.say(result, "plug", || match master {
            Some(name) => format!("{} into {name}", self.interface(at)),
            None => format!("{} out of what it is a port of", self.interface(at)),
        })
    }
}

impl Executor<'_> {
    /// Makes an interface the port of a bridge and sets it up, in one message.
    pub(crate) fn plug_up(&mut self, at: &At, bridge: &InterfaceName) -> Result<(), Failed> {
        let index = self.index(at)?;
        let found = self.index(&At {
            namespace: at.namespace,
            name: bridge.clone(),
        })?;
        let result = self.lab.socket(at.namespace)?.plug_up(index, found);
        self.say(result, "plug", || {
            format!("{} into {bridge} and set it up", self.interface(at))
        })
    }
}

/// Makes a link; waits a little for one of the same name that is going.
fn until_free(mut make: impl FnMut() -> Result<(), Failure>) -> Result<(), Failure> {
    let begin = Instant::now();
    loop {
        match make() {
            Err(failure) if failure.is(Errno::EEXIST) && begin.elapsed() < LINGERING => {
                thread::sleep(LOOK);
            }
            other => return other,
        }
    }
}
