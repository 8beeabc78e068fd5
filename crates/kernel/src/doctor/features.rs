//! What kernels differ in, each tried once.

use std::process::Command;

use ipnet::IpNet;
use nix::errno::Errno;
use topology::feature::Feature;
use topology::kind::{Changes, Device, DeviceKind, Form, Usual, Value};
use topology::quality::qdisc::Level;
use topology::quality::{Measure, Quality};
use topology::route::{Hop, RouteKind, RouteOptions};

use super::Finding;
use crate::error::Error;
use crate::firewall;
use crate::namespace::Namespace;
use crate::netlink::{End, Failure, Route, Socket};
use crate::sandbox;

/// Tries everything in the namespace of the calling thread, which is made for it.
pub(super) fn try_all() -> Vec<Finding> {
    let lower = Lower::new();
    Feature::all()
        .map(|feature| {
            let tried = match &lower {
                Ok(lower) => tried(feature, lower.index),
                Err(failure) => Err(failure.to_string()),
            };
            Finding {
                name: feature.to_string(),
                ok: tried.is_ok(),
                needed: false,
                remedy: tried.is_err().then(|| feature.remedy()),
                detail: tried.map_or_else(|words| words, |()| "made".to_owned()),
                feature: Some(feature),
            }
        })
        .collect()
}

/// An interface for others to stand on.
struct Lower {
    index: u32,
    /// Where its other end is: it goes with that.
    _far: Namespace,
}

impl Lower {
    fn new() -> Result<Self, Failure> {
        let broken = |error: Error| Failure::Broken(error.to_string());
        let host = Namespace::host().map_err(broken)?;
        let far = Namespace::create("features").map_err(broken)?;
        let ends = [("ny-lower", &host), ("ny-far", &far)].map(|(name, namespace)| End {
            name,
            namespace: namespace.net_fd(),
            index: 0,
        });
        let mut socket = Socket::open()?;
        socket.add_veth(ends)?;
        let row = socket.link_named("ny-lower")?;
        let index = row.ok_or(Errno::ENODEV)?.index;
        Ok(Self { index, _far: far })
    }
}

/// The kernel's words, if it does not do it.
fn tried(feature: Feature, lower: u32) -> Result<(), String> {
    let words = |failure: Failure| failure.to_string();
    let mut socket = Socket::open().map_err(words)?;
    match feature {
        Feature::Device(kind) => {
            let made = make(&mut socket, kind, lower);
            made.and_then(|index| socket.delete_link(index))
                .map_err(words)
        }
        Feature::BridgeVlans => set(&mut socket, lower, "vlan_filtering"),
        Feature::BridgeLearningLimit => set(&mut socket, lower, "fdb_max_learned"),
        Feature::Nftables => nftables(),
        Feature::Uplink => pasta(),
        Feature::PolicyRouting => {
            let options = RouteOptions {
                table: Some(7),
                kind: RouteKind::Blackhole,
                ..RouteOptions::default()
            };
            route(&mut socket, options).map_err(words)
        }
        Feature::Multipath => {
            let hop = Hop {
                gateway: None,
                interface: Some(lower),
                weight: 1,
                onlink: false,
            };
            let options = RouteOptions {
                hops: vec![hop.clone(), hop],
                ..RouteOptions::default()
            };
            let up = socket.set_up(lower, true);
            up.and_then(|()| route(&mut socket, options)).map_err(words)
        }
        Feature::Netem => queue(&mut socket, lower, Measure::Delay),
        Feature::Tbf => queue(&mut socket, lower, Measure::Rate),
    }
}

/// Adds a route, and removes it.
fn route(socket: &mut Socket, options: RouteOptions<u32>) -> Result<(), Failure> {
    let route = Route {
        // TEST-NET-1 (RFC 5737).
        destination: IpNet::new_assert([192, 0, 2, 0].into(), 24),
        gateway: None,
        interface: None,
        metric: None,
        options,
    };
    socket.add_route(&route)?;
    socket.remove_route(&route)
}

/// Makes a device with what must be said, and returns its index. Whoever tries it removes it: a
/// macvlan keeps an ipvlan from its interface.
fn make(socket: &mut Socket, kind: DeviceKind, lower: u32) -> Result<u32, Failure> {
    let mut device = Device::new(kind);
    for parameter in kind.table().parameters {
        let value = match (parameter.usual, parameter.form) {
            (Usual::Required, Form::Lower | Form::Link) => Value::Link(lower),
            (Usual::Required, _) => Value::Number(7),
            // A tunnel without another end is one for everything, and there is one of it already.
            (_, Form::Address { .. }) if parameter.name == "remote" => {
                Value::Address([192, 0, 2, 1].into())
            }
            _ => continue,
        };
        device.parameters.set(parameter.name, Some(value));
    }
    let name = format!("ny-{kind}");
    socket.add_device(&name, &device, None)?;
    let row = socket.link_named(&name)?;
    Ok(row.ok_or(Errno::ENODEV)?.index)
}

/// A ruleset that has what labs use: a hook, connection tracking, a counter, translation.
const RULES: &str = "\
table inet netyard_doctor {
  chain input {
    type filter hook input priority filter
    ct state invalid counter drop
  }
  chain postrouting {
    type nat hook postrouting priority srcnat
    masquerade
  }
}
";

fn nftables() -> Result<(), String> {
    let scratch = Namespace::create("rules");
    let loaded = scratch.and_then(|scratch| firewall::load(&scratch, RULES, false));
    loaded.map(drop).map_err(|error| error.reason())
}

/// Sets a quality that has only this measure, and removes it.
fn queue(socket: &mut Socket, lower: u32, measure: Measure) -> Result<(), String> {
    let words = |failure: Failure| failure.to_string();
    let mut quality = Quality::default();
    measure.set(&mut quality, Some(1_000_000));
    let root = quality.qdiscs().root;
    let is_set = socket.set_qdisc(lower, Level::Root, root.as_ref());
    is_set.map_err(words)?;
    socket.set_qdisc(lower, Level::Root, None).map_err(words)
}

/// Whether it is there: what it does depends on the machine's network, which comes and goes.
fn pasta() -> Result<(), String> {
    let program = sandbox::pasta::program().ok_or("pasta is not installed")?;
    let mut command = Command::new(&program);
    command.arg("--version").env_clear();
    let output = command.output();
    let output = output.map_err(|error| format!("{}: {error}", program.display()))?;
    match output.status.success() {
        true => Ok(()),
        false => Err(format!("pasta --version: {}", output.status)),
    }
}

/// Sets a parameter of a bridge.
fn set(socket: &mut Socket, lower: u32, name: &str) -> Result<(), String> {
    let words = |failure: Failure| failure.to_string();
    let kind = DeviceKind::Bridge;
    let index = make(socket, kind, lower).map_err(words)?;
    let one = Value::Number(1);
    let changes = Changes::from([(name.to_owned(), Some(one.clone()))]);
    let row = socket
        .set_parameters(index, kind, &changes)
        .and_then(|()| socket.link_named("ny-bridge"));
    // Also when it was refused: the next one that is tried has the same name.
    socket.delete_link(index).map_err(words)?;
    let row = row.map_err(words)?;
    let is = row.and_then(|row| row.device?.parameters.get(name).cloned());
    match is == Some(one) {
        true => Ok(()),
        false => Err(format!("`{name}` is taken and not done")),
    }
}
