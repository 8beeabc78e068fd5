//! Namespaces, bridges and links.

use super::{Builder, End};
use crate::id::NamespaceId;
use crate::name::NamespaceName;

impl Builder {
    /// Makes a namespace with its loopback up; the same again if there is one of this name.
    pub(in crate::import) fn namespace(&mut self, wanted: &str) -> NamespaceId {
        if let Some(known) = self.namespaces.get(wanted) {
            return *known;
        }
        let name = self.name(wanted, "namespace", |builder, name| {
            builder.used.contains(name)
        });
        self.used.insert(name.clone());
        self.run(NamespaceId::HOST, &["ip", "netns", "add", &name]);
        let made = name.parse::<NamespaceName>().ok();
        let made = made.and_then(|name| self.shell.namespace(&name));
        // Where it could not be made, that is refused already.
        let made = made.unwrap_or(NamespaceId::HOST);
        self.namespaces.insert(wanted.to_owned(), made);
        if made != NamespaceId::HOST {
            self.run(made, &["ip", "link", "set", "lo", "up"]);
        }
        made
    }

    /// The namespace that was made for a name of the format.
    pub(in crate::import) fn known(&self, wanted: &str) -> Option<NamespaceId> {
        self.namespaces.get(wanted).copied()
    }

    /// Makes a namespace, with another name if this one is taken.
    pub(in crate::import) fn namespace_new(&mut self, wanted: &str) -> NamespaceId {
        let other = self.namespaces.remove(wanted);
        let made = self.namespace(wanted);
        if let Some(other) = other {
            self.namespaces.insert(wanted.to_owned(), other);
        }
        made
    }

    pub(in crate::import) fn has_interface(&self, namespace: NamespaceId, name: &str) -> bool {
        self.shell.has_interface(namespace, name)
    }

    /// Makes a bridge, which is up, in the host; returns its name.
    pub(in crate::import) fn bridge(&mut self, wanted: &str) -> String {
        let name = self.name(wanted, "bridge", |builder, name| {
            builder.shell.has_interface(NamespaceId::HOST, name)
        });
        self.run(
            NamespaceId::HOST,
            &["ip", "link", "add", "name", &name, "up", "type", "bridge"],
        );
        name
    }

    /// Makes a link, with both ends up.
    pub(in crate::import) fn link(&mut self, a: &End, b: &End) {
        let names = [a, b].map(|end| self.name_of(end.namespace));
        let mut argv = vec!["ip", "link", "add", "name", &a.name, "up"];
        if let Some(name) = &names[0] {
            argv.extend(["netns", name]);
        }
        argv.extend(["type", "veth", "peer", "name", &b.name]);
        if let Some(name) = &names[1] {
            argv.extend(["netns", name]);
        }
        self.run(NamespaceId::HOST, &argv);
        self.run(b.namespace, &["ip", "link", "set", "dev", &b.name, "up"]);
    }

    /// Makes a link from an interface to a new port of a bridge of the host; returns the port.
    pub(in crate::import) fn port(&mut self, bridge: &str, of: &str, end: &End) -> String {
        let port = self.port_name(of, &end.name);
        let other = End {
            namespace: NamespaceId::HOST,
            name: port.clone(),
        };
        self.link(end, &other);
        self.plug(&other, bridge);
        port
    }

    /// Makes an interface a port of a bridge beside it.
    pub(in crate::import) fn plug(&mut self, end: &End, bridge: &str) {
        let argv = ["ip", "link", "set", "dev", &end.name, "master", bridge];
        self.run(end.namespace, &argv);
    }

    /// The name of a namespace, but for the host's.
    pub(in crate::import) fn name_of(&self, namespace: NamespaceId) -> Option<String> {
        match namespace {
            NamespaceId::HOST => None,
            namespace => self.shell.name_of(namespace),
        }
    }
}
