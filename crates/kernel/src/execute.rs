//! One step, done in the kernel.

mod links;
mod routes;
mod settings;
mod tables;

use std::collections::BTreeMap;

use nix::errno::Errno;
use topology::InterfaceName;
use topology::address::Family;
use topology::kind::{Changes, Channel};
use topology::model;
use topology::step::{At, Step};
use tracing::debug;

use crate::engine::{LOOPBACK, Lab};
use crate::error::{Cause, Error};
use crate::netlink::{Failure, LinkRow};

/// The group into which links are put to be deleted together; any number that
/// nobody else uses.
const DOOMED: u32 = 0x6e79_6172;
/// The group of links that nobody has put into one (`INIT_NETDEV_GROUP`,
/// linux/netdevice.h).
const USUAL: u32 = 0;

/// A step that was not done: nothing of it is there.
#[derive(Debug)]
pub(crate) struct Failed {
    /// What was attempted, on what, and what the kernel said.
    pub(crate) error: Error,
    /// The kernel's number, if it was the kernel that refused.
    pub(crate) errno: Option<Errno>,
}

/// Does steps, and remembers indexes while it does.
pub(crate) struct Executor<'a> {
    lab: &'a mut Lab,
    indexes: BTreeMap<At, u32>,
}

impl<'a> Executor<'a> {
    /// One for a while in which nobody else is expected to rename links.
    pub(crate) fn new(lab: &'a mut Lab) -> Self {
        Self {
            lab,
            indexes: BTreeMap::new(),
        }
    }

    /// Takes the events that have arrived.
    pub(crate) fn listen(&mut self) {
        // What is left is taken next time.
        let _is_more = self.lab.listen();
    }

    /// Does one step.
    pub(crate) fn execute(&mut self, step: &Step) -> Result<(), Failed> {
        debug!(?step, "step");
        match step {
            Step::AddNamespace { namespace, name } => {
                self.lab.add_namespace(*namespace, name)?;
                let at = At {
                    namespace: *namespace,
                    name: InterfaceName::loopback(),
                };
                self.indexes.insert(at, LOOPBACK);
                Ok(())
            }
            Step::RemoveNamespace { namespace } => {
                self.lab.remove_namespace(*namespace).map_err(Failed::from)
            }
            Step::RenameNamespace { namespace, name } => self
                .lab
                .rename_namespace(*namespace, name)
                .map_err(Failed::from),
            Step::AddVeth { ends } => self.add_veth(ends),
            Step::AddDevice {
                new,
                device,
                underlay,
            } => self.add_device(new, device, *underlay),
            Step::SetParameters { at, kind, changes } => {
                let index = self.index(at)?;
                let changes = self.indexed(changes)?;
                let result = match kind.table().channel {
                    Channel::Link => {
                        let socket = self.lab.socket(at.namespace)?;
                        socket.set_parameters(index, *kind, &changes)
                    }
                    Channel::Wireguard => self.lab.set_wireguard(at.namespace, index, &changes)?,
                };
                self.say(result, "set", || {
                    format!("{} of {}", names_of(&changes), self.interface(at))
                })
            }
            Step::SetPort { at, changes } => {
                let index = self.index(at)?;
                let near = |name: &InterfaceName| {
                    Some(At {
                        namespace: at.namespace,
                        name: name.clone(),
                    })
                };
                let changes = self.indexed(&model::renamed(changes, near))?;
                let result = self.lab.socket(at.namespace)?.set_port(index, &changes);
                self.say(result, "set", || {
                    format!("{} of the port {}", names_of(&changes), self.interface(at))
                })
            }
            Step::SetMac { at, mac } => {
                let index = self.index(at)?;
                let result = self.lab.socket(at.namespace)?.set_mac(index, mac.0);
                self.say(result, "set", || {
                    format!("the MAC address of {} to {mac}", self.interface(at))
                })
            }
            Step::RemoveInterface { at } => self.remove(std::slice::from_ref(at)),
            Step::RenameInterface { at, name } => self.rename(at, name),
            Step::SetUp { at, up } => {
                let index = self.index(at)?;
                let result = self.lab.socket(at.namespace)?.set_up(index, *up);
                let state = if *up { "up" } else { "down" };
                self.say(result, "set", || format!("{} {state}", self.interface(at)))
            }
            Step::SetMtu { at, mtu } => {
                let index = self.index(at)?;
                let result = self.lab.socket(at.namespace)?.set_mtu(index, *mtu);
                self.say(result, "set", || {
                    format!("the MTU of {} to {mtu}", self.interface(at))
                })
            }
            Step::SetMaster { at, master } => self.set_master(at, master.as_ref()),
            Step::AddAddress { at, address } => {
                let index = self.index(at)?;
                let result = self.lab.socket(at.namespace)?.add_address(index, *address);
                self.say(result, "add", || {
                    format!("{address} to {}", self.interface(at))
                })
            }
            Step::RemoveAddress { at, address } => {
                let index = self.index(at)?;
                let result = self
                    .lab
                    .socket(at.namespace)?
                    .remove_address(index, *address);
                self.say(result, "remove", || {
                    format!("{address} from {}", self.interface(at))
                })
            }
            Step::AddRoute { namespace, route } => {
                let wanted = self.route(*namespace, route)?;
                let result = self.add_route(*namespace, &wanted);
                self.say(result, "add", || self.route_text(*namespace, route))
            }
            Step::RemoveRoute { namespace, route } => {
                let wanted = self.route(*namespace, route)?;
                let result = self.lab.socket(*namespace)?.remove_route(&wanted);
                self.say(result, "remove", || self.route_text(*namespace, route))
            }
            Step::AddRule { namespace, rule } => {
                let result = self.lab.socket(*namespace)?.add_rule(rule);
                self.say(result, "add", || self.rule_text(*namespace, rule))
            }
            Step::RemoveRule { namespace, rule } => {
                let result = self.lab.socket(*namespace)?.remove_rule(rule);
                self.say(result, "remove", || self.rule_text(*namespace, rule))
            }
            Step::AddVlans { .. }
            | Step::RemoveVlans { .. }
            | Step::AddFdb { .. }
            | Step::RemoveFdb { .. }
            | Step::AddNeighbour { .. }
            | Step::RemoveNeighbour { .. } => self.set_tables(step),
            Step::SetForwarding {
                namespace,
                family,
                on,
            } => {
                let file = match family {
                    Family::Ipv4 => "net/ipv4/ip_forward",
                    Family::Ipv6 => "net/ipv6/conf/all/forwarding",
                };
                let value = if *on { "1" } else { "0" };
                Ok(self.lab.namespace(*namespace)?.sysctl_write(file, value)?)
            }
            Step::SetFirewall { namespace, ruleset } => self
                .lab
                .set_firewall(*namespace, ruleset.as_deref())
                .map_err(Failed::from),
            Step::SetSysctl {
                namespace,
                interface,
                name,
                value,
            } => self.set_sysctl(*namespace, interface.as_ref(), name, *value),
            Step::SetQdisc { at, level, to, .. } => {
                let index = self.index(at)?;
                let socket = self.lab.socket(at.namespace)?;
                let result = socket.set_qdisc(index, *level, to.as_ref());
                let (verb, kind) = match to {
                    Some(to) => ("set", to.kind()),
                    None => ("remove", "the qdisc"),
                };
                self.say(result, verb, || format!("{kind} of {}", self.interface(at)))
            }
            Step::SetOffload { at, offload, on } => {
                let index = self.index(at)?;
                let result = self.lab.set_offload(at, index, *offload, *on)?;
                self.say(result, "set", || {
                    format!("{offload} of {}", self.interface(at))
                })
            }
            Step::SetUplink { on } => self.set_uplink(*on),
        }
    }

    /// Removes several interfaces of one namespace at once, since each removal
    /// by itself takes the kernel 16 ms (PERF.md, 2). All of them or none.
    pub(crate) fn remove(&mut self, all: &[At]) -> Result<(), Failed> {
        let Some(first) = all.first() else {
            return Ok(());
        };
        let indexes: Vec<u32> = all
            .iter()
            .map(|at| self.index(at))
            .collect::<Result<_, _>>()?;
        // The other ends of veths go, too, and their names may come again.
        self.indexes.clear();
        let socket = self.lab.socket(first.namespace)?;
        let result = match indexes.as_slice() {
            [index] => socket.delete_link(*index),
            several => {
                let doomed = several
                    .iter()
                    .try_for_each(|index| socket.set_group(*index, DOOMED))
                    .and_then(|()| socket.delete_group(DOOMED));
                if doomed.is_err() {
                    // The next removal must not take those along that stay.
                    for index in several {
                        let _gone = socket.set_group(*index, USUAL);
                    }
                }
                doomed
            }
        };
        self.say(result, "remove", || {
            let names: Vec<_> = all.iter().map(|at| self.interface(at)).collect();
            names.join(", ")
        })
    }

    /// The index of an interface that a step is about: it is looked at again, as not every change
    /// makes an event.
    fn index(&mut self, at: &At) -> Result<u32, Failed> {
        let index = match self.indexes.get(at) {
            Some(index) => *index,
            None => self.look_up(at)?.index,
        };
        self.indexes.insert(at.clone(), index);
        self.lab.touch(at.namespace, index);
        Ok(index)
    }

    fn look_up(&mut self, at: &At) -> Result<LinkRow, Failed> {
        match self.lab.socket(at.namespace)?.link_named(at.name.as_str()) {
            Ok(Some(row)) => Ok(row),
            Ok(None) => self.say(Err(Errno::ENODEV.into()), "find", || self.interface(at)),
            Err(failure) => self.say(Err(failure), "find", || self.interface(at)),
        }
    }

    /// An interface as people say it: `red/veth-red`.
    fn interface(&self, at: &At) -> String {
        format!("{}/{}", self.lab.name(at.namespace), at.name)
    }

    fn say<T>(
        &self,
        result: Result<T, Failure>,
        operation: &'static str,
        object: impl FnOnce() -> String,
    ) -> Result<T, Failed> {
        result.map_err(|failure| {
            let errno = match &failure {
                Failure::Refused { errno, .. } => Some(*errno),
                Failure::Broken(_) => None,
            };
            let error = Error::new(operation, object(), Cause::from(failure));
            Failed { error, errno }
        })
    }
}

/// The names of what is set.
fn names_of(changes: &Changes<u32>) -> String {
    let names: Vec<_> = changes.keys().map(String::as_str).collect();
    names.join(", ")
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self {
            errno: error.errno(),
            error,
        }
    }
}
