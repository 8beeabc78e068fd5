//! One step, done in the kernel.

use std::collections::BTreeMap;
use std::os::fd::{AsFd, OwnedFd};
use std::thread;
use std::time::{Duration, Instant};

use netlink_packet_route::address::AddressFlags;
use nix::errno::Errno;
use topology::address::Family;
use topology::kind::{Changes, Channel, Device, Value};
use topology::rule::Rule;
use topology::status::step_route_text;
use topology::step::{At, NewInterface, Step, StepRoute};
use topology::uplink;
use topology::{InterfaceName, NamespaceId};
use tracing::debug;

use crate::engine::Lab;
use crate::error::{Cause, Error};
use crate::netlink::{AddressRow, End, Failure, LinkRow, Route};
use crate::sandbox;

/// How long a name may still be taken by a link that is going: the kernel
/// deletes namespaces, and the links in them, some time after their end
/// (measured: up to 23 ms).
const LINGERING: Duration = Duration::from_millis(200);
/// How often it is looked whether an address can be used by now.
const LOOK_FOR_ADDRESS: Duration = Duration::from_millis(20);
/// How often it is looked whether it has gone.
const LOOK: Duration = Duration::from_millis(2);
/// How long duplicate address detection may take: up to one second of delay,
/// one for the answer (RFC 4862), and some room.
const DETECTION: Duration = Duration::from_secs(3);
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

    /// Does one step.
    pub(crate) fn execute(&mut self, step: &Step) -> Result<(), Failed> {
        debug!(?step, "step");
        match step {
            Step::AddNamespace { namespace, name } => self
                .lab
                .add_namespace(*namespace, name)
                .map_err(Failed::from),
            Step::RemoveNamespace { namespace } => {
                self.lab.remove_namespace(*namespace).map_err(Failed::from)
            }
            Step::RenameNamespace { namespace, name } => self
                .lab
                .rename_namespace(*namespace, name)
                .map_err(Failed::from),
            Step::AddVeth { ends } => self.add_veth(ends),
            Step::AddDevice { new, device } => self.add_device(new, device),
            Step::SetParameters { at, kind, changes } => {
                let index = self.index(at)?;
                let changes = self.indexed(at.namespace, changes)?;
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
                let changes = self.indexed(at.namespace, changes)?;
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
            | Step::RemoveFdb { .. } => self.set_tables(step),
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

    fn set_uplink(&mut self, on: bool) -> Result<(), Failed> {
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

    fn add_veth(&mut self, ends: &[NewInterface; 2]) -> Result<(), Failed> {
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

    fn add_device(
        &mut self,
        new: &NewInterface,
        device: &Device<InterfaceName>,
    ) -> Result<(), Failed> {
        let at = &new.at;
        let changes = self.indexed(at.namespace, &device.parameters.as_changes())?;
        let said = changes.into_iter().filter_map(|(name, v)| Some((name, v?)));
        let indexed = Device {
            kind: device.kind,
            parameters: said.collect(),
        };
        let socket = self.lab.socket(at.namespace)?;
        let result = until_free(|| socket.add_device(at.name.as_str(), &indexed));
        self.say(result, "add", || {
            format!("{} {}", device.kind, self.interface(at))
        })?;
        let index = self.look_up(at)?.index;
        self.lab.tag(at.namespace, index, new.id);
        self.indexes.insert(at.clone(), index);
        Ok(())
    }

    /// Changes with indexes for names.
    fn indexed(
        &mut self,
        namespace: NamespaceId,
        changes: &Changes<InterfaceName>,
    ) -> Result<Changes<u32>, Failed> {
        let mut indexed = Changes::new();
        for (parameter, value) in changes {
            let value = match value {
                None => None,
                Some(Value::Link(name)) => {
                    let at = At {
                        namespace,
                        name: name.clone(),
                    };
                    Some(Value::Link(self.index(&at)?))
                }
                // It names no interface.
                Some(other) => other.map(|_| None),
            };
            indexed.insert(parameter.clone(), value);
        }
        Ok(indexed)
    }

    fn rename(&mut self, at: &At, name: &InterfaceName) -> Result<(), Failed> {
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

    fn set_master(&mut self, at: &At, master: Option<&InterfaceName>) -> Result<(), Failed> {
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

    fn route(&mut self, namespace: NamespaceId, route: &StepRoute) -> Result<Route, Failed> {
        let interface = match &route.interface {
            Some(name) => Some(self.index(&At {
                namespace,
                name: name.clone(),
            })?),
            None => None,
        };
        let mut indexes = BTreeMap::new();
        for name in route.options.interfaces() {
            let at = At {
                namespace,
                name: name.clone(),
            };
            indexes.insert(name.clone(), self.index(&at)?);
        }
        let options = route.options.map(|name| indexes.get(name).copied());
        let StepRoute {
            destination,
            gateway,
            metric,
            ..
        } = *route;
        Ok(Route {
            destination,
            gateway,
            interface,
            metric,
            options: options.unwrap_or_default(),
        })
    }

    /// Waits while the source address of an IPv6 route is being asked for on its link: the kernel
    /// refuses the route until then.
    fn add_route(&mut self, namespace: NamespaceId, route: &Route) -> Result<(), Failure> {
        let begin = Instant::now();
        let socket = self.lab.socket(namespace);
        let socket = socket.map_err(|error| Failure::Broken(error.to_string()))?;
        let source = route.options.source.filter(|source| source.is_ipv6());
        loop {
            let result = socket.add_route(route);
            let (Err(failure), Some(source)) = (&result, source) else {
                return result;
            };
            if !failure.is(Errno::EINVAL) || begin.elapsed() > DETECTION {
                return result;
            }
            let rows = socket.addresses()?;
            let is_tentative = |row: &AddressRow| {
                row.address.addr() == source
                    && row.flags.contains(AddressFlags::Tentative)
                    && !row.flags.contains(AddressFlags::Dadfailed)
            };
            if !rows.iter().any(is_tentative) {
                // It has become usable just now, perhaps.
                return socket.add_route(route);
            }
            thread::sleep(LOOK_FOR_ADDRESS);
        }
    }

    /// VLANs, and entries of forwarding tables.
    fn set_tables(&mut self, step: &Step) -> Result<(), Failed> {
        let (Step::AddVlans { at, .. }
        | Step::RemoveVlans { at, .. }
        | Step::AddFdb { at, .. }
        | Step::RemoveFdb { at, .. }) = step
        else {
            return Ok(());
        };
        let index = self.index(at)?;
        let socket = self.lab.socket(at.namespace)?;
        let (operation, what, result) = match step {
            Step::AddVlans { own, change, .. } => (
                "add",
                format!("VLAN {}", change.range),
                socket.add_vlans(index, *own, *change),
            ),
            Step::RemoveVlans { own, range, .. } => (
                "remove",
                format!("VLAN {range}"),
                socket.remove_vlans(index, *own, *range),
            ),
            Step::AddFdb { entry, .. } => ("add", entry.to_string(), socket.add_fdb(index, entry)),
            Step::RemoveFdb { entry, .. } => {
                ("remove", entry.to_string(), socket.remove_fdb(index, entry))
            }
            _ => return Ok(()),
        };
        self.say(result, operation, || {
            format!("{what} of {}", self.interface(at))
        })
    }

    fn set_sysctl(
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

    fn index(&mut self, at: &At) -> Result<u32, Failed> {
        if let Some(index) = self.indexes.get(at) {
            return Ok(*index);
        }
        let index = self.look_up(at)?.index;
        self.indexes.insert(at.clone(), index);
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

    fn route_text(&self, namespace: NamespaceId, route: &StepRoute) -> String {
        let said = step_route_text(route);
        format!("route {said} in {}", self.lab.name(namespace))
    }

    fn rule_text(&self, namespace: NamespaceId, rule: &Rule<InterfaceName>) -> String {
        let said = rule.words().join(" ");
        format!("rule {said} in {}", self.lab.name(namespace))
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

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self {
            errno: error.errno(),
            error,
        }
    }
}
