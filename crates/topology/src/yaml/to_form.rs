//! A document in the shape of the text.

use indexmap::IndexMap;
use serde_saphyr::{FlowMap, FlowSeq};

use super::form::{Coordinate, Hop, Lab, Link, Namespace, Route, spanned};
use super::interface::settings;
use super::rule;
use super::serve;
use super::settings::Settings;
use super::sysctl;
use crate::address::Family;
use crate::document::{self, Document, Kind};
use crate::id::{InterfaceId, NamespaceId, Node};

pub(super) fn form(document: &Document) -> Lab {
    let namespaces = document.namespaces.iter().filter_map(|(&id, namespace)| {
        let form = namespace_form(document, id, namespace);
        let says_nothing = form.forwarding.0.is_empty()
            && form.loopback.is_none()
            && form.bridges.is_empty()
            && form.interfaces.is_empty()
            && form.routes.is_empty()
            && form.firewall.is_none()
            && form.rules.is_empty()
            && form.sysctl.is_empty()
            && !form.uplink
            && form.serve.0.is_empty();
        // Every lab has a host: it is written only if there is something to say.
        (id != NamespaceId::HOST || !says_nothing)
            .then(|| (namespace.name.to_string(), spanned(Some(form))))
    });
    Lab {
        netyard: super::VERSION,
        title: spanned(document.title.clone()),
        namespaces: namespaces.collect(),
        links: document
            .links()
            .map(|link| spanned(link_form(document, link)))
            .collect(),
        expect: document
            .expectations
            .iter()
            .filter_map(|one| Some(spanned(one.named(document)?.to_string())))
            .collect(),
        layout: positions(document)
            .filter_map(|(node, at)| {
                Some((
                    node_name(document, *node)?,
                    spanned(FlowSeq([Coordinate(at.x), Coordinate(at.y)])),
                ))
            })
            .collect(),
    }
}

/// Bridges by namespace, as they are read: ids are given anew by then.
fn positions(document: &Document) -> impl Iterator<Item = (&Node, &document::Point)> {
    let namespace_of = |node: &Node| match node {
        Node::Namespace(_) => None,
        Node::Bridge(id) => document.interfaces.get(id).map(|bridge| bridge.namespace),
    };
    let mut positions: Vec<_> = document.positions.iter().collect();
    positions.sort_by_key(|(node, _)| namespace_of(node));
    positions.into_iter()
}

fn namespace_form(
    document: &Document,
    id: NamespaceId,
    namespace: &document::Namespace,
) -> Namespace {
    let families = [Family::Ipv4, Family::Ipv6];
    let loopback = document
        .interfaces_of(id)
        .find(|(_, i)| i.kind == Kind::Loopback);
    let loopback = loopback
        .map(|(_, i)| settings(document, i))
        .filter(|settings| !is_usual(settings));
    let bridges = document
        .interfaces_of(id)
        .filter(|(_, i)| i.kind.is_bridge());
    let others = document
        .interfaces_of(id)
        .filter(|(_, i)| i.kind.device().is_some() && !i.kind.is_bridge());
    Namespace {
        forwarding: FlowSeq(
            families
                .into_iter()
                .filter(|f| namespace.forwarding.get(*f))
                .map(spanned)
                .collect(),
        ),
        loopback: loopback.map(FlowMap),
        bridges: bridges
            .map(|(_, i)| {
                (
                    i.name.to_string(),
                    spanned(Some(FlowMap(settings(document, i)))),
                )
            })
            .collect(),
        interfaces: others
            .map(|(_, i)| {
                let form = spanned(FlowMap(settings(document, i)));
                (i.name.to_string(), form)
            })
            .collect(),
        routes: namespace
            .routes
            .iter()
            .map(|route| spanned(FlowMap(route_form(document, route))))
            .collect(),
        firewall: namespace
            .firewall
            .as_ref()
            .map(|ruleset| spanned(ruleset.to_string())),
        rules: namespace
            .rules
            .iter()
            .map(|rule| spanned(FlowMap(rule::form(document, rule))))
            .collect(),
        sysctl: sysctl::said(&namespace.sysctls),
        uplink: namespace.uplink,
        serve: serve::said(&namespace.serve),
    }
}

fn is_usual(settings: &Settings) -> bool {
    settings.up
        && settings.mtu.is_none()
        && settings.master.is_none()
        && settings.addresses.is_empty()
        && settings.sysctl.is_empty()
        && settings.quality.is_empty()
}

fn link_form(document: &Document, link: document::Link) -> Link {
    let end = |id: InterfaceId| {
        let settings = document
            .interfaces
            .get(&id)
            .map(|interface| settings(document, interface));
        (
            document.describe_interface(id),
            spanned(Some(FlowMap(settings.unwrap_or_default()))),
        )
    };
    IndexMap::from_iter(link.ends.map(end))
}

fn route_form(document: &Document, route: &document::Route) -> Route {
    let dev = |id: Option<InterfaceId>| {
        let found = id.and_then(|id| document.interfaces.get(&id));
        found.map(|interface| interface.name.to_string())
    };
    let options = &route.options;
    let hops = options.hops.iter().map(|hop| Hop {
        via: hop.gateway,
        dev: dev(hop.interface),
        weight: hop.weight,
        onlink: hop.onlink,
    });
    Route {
        to: match route.is_default() && route.gateways().next().is_some() {
            true => "default".to_owned(),
            false => route.destination.to_string(),
        },
        via: route.gateway,
        dev: dev(route.interface),
        metric: route.metric,
        table: options.table,
        kind: options.kind,
        scope: options.scope,
        src: options.source,
        onlink: options.onlink,
        nexthops: hops.collect(),
    }
}

/// `red` for a namespace, `host/br0` for a bridge.
fn node_name(document: &Document, node: Node) -> Option<String> {
    match node {
        Node::Namespace(id) => document.namespaces.get(&id).map(|ns| ns.name.to_string()),
        Node::Bridge(id) => document
            .interfaces
            .contains_key(&id)
            .then(|| document.describe_interface(id)),
    }
}
