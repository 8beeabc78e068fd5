//! A document from the shape of the text.

use std::fmt::Display;

use serde_saphyr::{FlowMap, FlowSeq, Location, Spanned};

use super::YamlError;
use super::form::{Coordinate, Lab, Namespace, Route, destination};
use super::interface::{kind_of, set, tie};
use super::names::Names;
use super::rule;
use super::serve;
use super::settings::Settings;
use super::sysctl;
use crate::document::{self, Device, Document, Interface, Kind, Point};
use crate::edit::{Edit, EditError, Place, apply};
use crate::expectation::Expectation;
use crate::firewall::{Ruleset, RulesetError};
use crate::id::{InterfaceId, NamespaceId, Node};
use crate::name::{HOST, InterfaceName, NamespaceName};
use crate::route::{Hop, RouteOptions};

/// What is read, and where each object stands.
struct Builder {
    document: Document,
    /// Of the namespaces once all are there, then of the interfaces.
    names: Names,
    next_interface: u64,
    places: Vec<(Subject, Location)>,
}

#[derive(PartialEq)]
enum Subject {
    Namespace(NamespaceId),
    Interface(InterfaceId),
}

pub(super) fn document(lab: Lab) -> Result<Document, YamlError> {
    let mut builder = Builder {
        document: Document::new(""),
        names: Names::default(),
        next_interface: 1,
        places: Vec::new(),
    };
    let title = Edit::SetTitle {
        title: lab.title.value.clone(),
    };
    apply(&mut builder.document, title).map_err(|error| fail(lab.title.defined, error))?;
    builder.host_loopback_up();
    for (number, (name, form)) in lab.namespaces.iter().enumerate() {
        builder.namespace(number as u64 + 1, name, form)?;
    }
    builder.names.take_up_namespaces(&builder.document);
    for link in &lab.links {
        builder.link(link)?;
    }
    builder.names.take_up_interfaces(&builder.document);
    builder.ties(&lab)?;
    // Routes may name any interface: they come when all are there.
    for (name, form) in &lab.namespaces {
        if let Some(namespace) = &form.value {
            builder.routes(name, namespace)?;
        }
    }
    for (name, at) in &lab.layout {
        builder.position(name, at)?;
    }
    for said in &lab.expect {
        let read: Expectation<NamespaceName> = said
            .value
            .parse()
            .map_err(|error| fail(said.defined, error))?;
        let read = read.in_document(&builder.document);
        let expectation = read.map_err(|error| fail(said.defined, error))?;
        builder.document.expectations.push(expectation);
    }
    match builder.document.validate() {
        Ok(()) => Ok(builder.document),
        Err(error) => Err(builder.explain(&error)),
    }
}

fn fail(location: Location, error: impl Display) -> YamlError {
    YamlError::at(location, error.to_string())
}

/// A mistake in a block scalar, whose first line is at `location`.
fn in_block(location: Location, error: RulesetError) -> YamlError {
    match error {
        RulesetError::At { line, column, why } => YamlError {
            line: location.line() + line as u64 - 1,
            column: location.column() + column as u64 - 1,
            message: why,
        },
        other => fail(location, other),
    }
}

impl Builder {
    /// As every loopback of a document on disk, unless it says otherwise.
    fn host_loopback_up(&mut self) {
        if let Some(loopback) = self
            .document
            .interfaces
            .get_mut(&InterfaceId::HOST_LOOPBACK)
        {
            loopback.up = true;
        }
    }

    fn fresh(&mut self, location: Location) -> InterfaceId {
        let id = InterfaceId(self.next_interface);
        self.next_interface += 1;
        self.places.push((Subject::Interface(id), location));
        id
    }

    fn namespace(
        &mut self,
        number: u64,
        name: &str,
        form: &Spanned<Option<Namespace>>,
    ) -> Result<(), YamlError> {
        let location = form.defined;
        let name: NamespaceName = name.parse().map_err(|error| fail(location, error))?;
        let empty = Namespace::default();
        let said = form.value.as_ref().unwrap_or(&empty);
        let is_host = name.as_str() == HOST;
        let id = if is_host {
            NamespaceId::HOST
        } else {
            NamespaceId(number)
        };
        self.places.push((Subject::Namespace(id), location));
        let mut namespace = document::Namespace {
            name,
            forwarding: document::Forwarding::default(),
            routes: Vec::new(),
            firewall: None,
            sysctls: sysctl::read(&said.sysctl, false)?,
            rules: Default::default(),
            uplink: said.uplink,
            serve: serve::read(&said.serve.0)?,
        };
        if let Some(text) = &said.firewall {
            let read = Ruleset::new(&text.value);
            let ruleset = read.map_err(|error| in_block(text.defined, error))?;
            namespace.firewall = Some(ruleset);
        }
        for family in &said.forwarding.0 {
            if namespace.forwarding.set(family.value, true) {
                return Err(fail(family.defined, "it is in the list already"));
            }
        }
        self.document.namespaces.insert(id, namespace);
        let loopback_id = if is_host {
            InterfaceId::HOST_LOOPBACK
        } else {
            self.fresh(location)
        };
        let usual = Settings::default();
        let settings = said
            .loopback
            .as_ref()
            .map_or(&usual, |loopback| &loopback.0);
        if settings.master.is_some() {
            return Err(fail(location, "a loopback cannot be a port of a bridge"));
        }
        let mut loopback = Interface::loopback(id);
        set(&mut loopback, settings)?;
        self.document.interfaces.insert(loopback_id, loopback);
        for (name, bridge) in &said.bridges {
            let location = bridge.defined;
            let name: InterfaceName = name.parse().map_err(|error| fail(location, error))?;
            let settings = bridge.value.as_ref().map_or(&usual, |settings| &settings.0);
            let mut made = Interface::new(id, name, Kind::bridge());
            set(&mut made, settings)?;
            let id = self.fresh(location);
            self.document.interfaces.insert(id, made);
        }
        for (name, form) in &said.interfaces {
            let location = form.defined;
            let kind = kind_of(name, form)?;
            let name: InterfaceName = name.parse().map_err(|error| fail(location, error))?;
            let mut made = Interface::new(id, name, Kind::Device(Device::new(kind)));
            set(&mut made, &form.value.0)?;
            let id = self.fresh(location);
            self.document.interfaces.insert(id, made);
        }
        Ok(())
    }

    /// Bridges, bonds and VRFs for their ports, and what stands on what, once all are there.
    fn ties(&mut self, lab: &Lab) -> Result<(), YamlError> {
        for (name, form) in &lab.namespaces {
            let Some((form, id)) = form.value.as_ref().zip(self.names.namespace(name)) else {
                continue;
            };
            let bridges = form.bridges.iter();
            let bridges = bridges.filter_map(|(name, form)| Some((name, &form.value.as_ref()?.0)));
            let others = form
                .interfaces
                .iter()
                .map(|(name, form)| (name, &form.value.0));
            for (name, settings) in bridges.chain(others) {
                if let Some(id) = self.names.interface(id, name) {
                    tie(&mut self.document, &self.names, id, settings)?;
                }
            }
        }
        for (name, form) in lab.links.iter().flat_map(|link| &link.value) {
            let end = name.split_once('/').and_then(|(namespace, interface)| {
                let namespace = self.names.namespace(namespace)?;
                self.names.interface(namespace, interface)
            });
            if let (Some(id), Some(settings)) = (end, &form.value) {
                tie(&mut self.document, &self.names, id, &settings.0)?;
            }
        }
        Ok(())
    }

    fn link(&mut self, form: &Spanned<super::form::Link>) -> Result<(), YamlError> {
        let location = form.defined;
        let ends: Vec<_> = form.value.iter().collect();
        let [first, second] = ends.as_slice() else {
            let count = ends.len();
            return Err(fail(
                location,
                format!("a link has two ends of different names, and this has {count}"),
            ));
        };
        let [a, b] = [first.1.defined, second.1.defined].map(|location| self.fresh(location));
        for ((name, settings), id, peer) in [(first, a, b), (second, b, a)] {
            let usual = Settings::default();
            let said = settings.value.as_ref();
            let said = said.map_or(&usual, |FlowMap(settings)| settings);
            let end = self.end(name, said, peer, settings.defined)?;
            self.document.interfaces.insert(id, end);
        }
        Ok(())
    }

    /// `NAMESPACE/INTERFACE` with its settings.
    fn end(
        &self,
        name: &str,
        settings: &Settings,
        peer: InterfaceId,
        location: Location,
    ) -> Result<Interface, YamlError> {
        let Some((namespace, interface)) = name.split_once('/') else {
            return Err(fail(
                location,
                format!("`{name}`: write the end of a link as NAMESPACE/INTERFACE"),
            ));
        };
        let Some(id) = self.names.namespace(namespace) else {
            return Err(fail(
                location,
                format!("`{name}`: there is no namespace {namespace}"),
            ));
        };
        let interface = interface.parse().map_err(|error| fail(location, error))?;
        let mut end = Interface::new(id, interface, Kind::Veth { peer });
        set(&mut end, settings)?;
        Ok(end)
    }

    fn routes(&mut self, name: &str, form: &Namespace) -> Result<(), YamlError> {
        let Some(id) = self.names.namespace(name) else {
            return Ok(());
        };
        for route in &form.routes {
            let location = route.defined;
            let read = self
                .route(id, &route.value.0)
                .map_err(|error| fail(location, error))?;
            let edit = Edit::AddRoute {
                namespace: id,
                route: read,
                index: None,
            };
            apply(&mut self.document, edit).map_err(|error| fail(location, error))?;
        }
        for form in &form.rules {
            let read = rule::read(&self.names, id, &form.value.0);
            let rule = read.map_err(|error| fail(form.defined, error))?;
            let edit = Edit::AddRule {
                namespace: id,
                rule,
            };
            apply(&mut self.document, edit).map_err(|error| fail(form.defined, error))?;
        }
        Ok(())
    }

    fn route(&self, namespace: NamespaceId, form: &Route) -> Result<document::Route, String> {
        let named = |dev: &Option<String>| match dev {
            None => Ok(None),
            Some(name) => {
                let found = self.names.interface(namespace, name);
                found
                    .map(Some)
                    .ok_or_else(|| format!("there is no interface {name} in this namespace"))
            }
        };
        let hops = form.nexthops.iter().map(|hop| {
            Ok(Hop {
                gateway: hop.via,
                interface: named(&hop.dev)?,
                weight: hop.weight,
                onlink: hop.onlink,
            })
        });
        Ok(document::Route {
            destination: destination(form)?,
            gateway: form.via,
            interface: named(&form.dev)?,
            metric: form.metric,
            options: RouteOptions {
                table: form.table,
                kind: form.kind,
                scope: form.scope,
                source: form.src,
                onlink: form.onlink,
                hops: hops.collect::<Result<_, String>>()?,
            },
        })
    }

    fn position(
        &mut self,
        name: &str,
        at: &Spanned<FlowSeq<[Coordinate; 2]>>,
    ) -> Result<(), YamlError> {
        let names = &self.names;
        let node = match name.split_once('/') {
            None => names
                .namespace(name)
                .filter(|id| *id != NamespaceId::HOST)
                .map(Node::Namespace),
            Some((namespace, bridge)) => names
                .namespace(namespace)
                .and_then(|id| names.interface(id, bridge))
                .filter(|id| {
                    let found = self.document.interfaces.get(id);
                    found.is_some_and(|i| i.kind.is_bridge())
                })
                .map(Node::Bridge),
        };
        let Some(node) = node else {
            return Err(fail(
                at.defined,
                format!("`{name}` is neither a namespace besides the host nor NAMESPACE/BRIDGE"),
            ));
        };
        let [Coordinate(x), Coordinate(y)] = at.value.0;
        self.document.positions.insert(node, Point { x, y });
        Ok(())
    }

    /// A refusal with the place of its object.
    fn explain(&self, error: &EditError) -> YamlError {
        let subject = match error.place {
            Place::Document(_) => None,
            Place::Namespace(id, _) => Some(Subject::Namespace(id)),
            Place::Interface(id, _) => Some(Subject::Interface(id)),
        };
        let place = self
            .places
            .iter()
            .find(|(known, _)| Some(known) == subject.as_ref());
        match place {
            Some((_, location)) => fail(*location, error),
            None => YamlError::new(error.to_string()),
        }
    }
}
