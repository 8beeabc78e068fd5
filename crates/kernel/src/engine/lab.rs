//! What the engine has of the lab: its namespaces, and what is observed.

use std::collections::{BTreeMap, BTreeSet};
use std::os::fd::{AsFd, BorrowedFd};
use std::thread;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use topology::observed::{Observed, ObservedKind, ObservedNamespace};
use topology::{InterfaceId, NamespaceId, NamespaceName};

use super::node::Node;
use super::numbers::Numbers;
use crate::error::{Context, Error, Result};
use crate::namespace::Namespace;
use crate::netlink::Socket;
use crate::observe;

/// Most threads that make namespaces at a time; more only wait for each other.
const MOST_MAKERS: usize = 4;

/// The lab of this process.
#[derive(Debug)]
pub(crate) struct Lab {
    namespaces: BTreeMap<NamespaceId, Namespace>,
    nodes: BTreeMap<NamespaceId, Node>,
    numbers: Numbers,
    observed: Observed,
    /// Whether `observed` has changed since somebody asked.
    changed: bool,
    /// Not in the lab: made before it is their turn, or removed and kept until
    /// it is sure that they need not be taken back.
    aside: BTreeMap<NamespaceId, (Namespace, Node)>,
}

impl Lab {
    /// A lab with nothing but its host namespace.
    pub(crate) fn new(host: Namespace) -> Result<Self> {
        let mut lab = Self {
            namespaces: BTreeMap::new(),
            nodes: BTreeMap::new(),
            numbers: Numbers::default(),
            observed: Observed::default(),
            changed: false,
            aside: BTreeMap::new(),
        };
        let node = Node::open(&host, NamespaceName::host())?;
        lab.namespaces.insert(NamespaceId::HOST, host);
        lab.nodes.insert(NamespaceId::HOST, node);
        lab.refresh()?;
        Ok(lab)
    }

    /// What was observed last.
    pub(crate) fn observed(&self) -> &Observed {
        &self.observed
    }

    /// Whether what is observed has changed since this was asked last.
    pub(crate) fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.changed)
    }

    /// Its namespaces.
    pub(crate) fn namespaces(&self) -> &BTreeMap<NamespaceId, Namespace> {
        &self.namespaces
    }

    /// One of its namespaces.
    pub(crate) fn namespace(&self, id: NamespaceId) -> Result<&Namespace> {
        self.namespaces.get(&id).ok_or_else(|| absent(id))
    }

    /// The socket for requests to a namespace.
    pub(crate) fn socket(&mut self, id: NamespaceId) -> Result<&mut Socket> {
        Ok(&mut self.node(id)?.socket)
    }

    /// Its name, as people say it.
    pub(crate) fn name(&self, id: NamespaceId) -> String {
        self.nodes
            .get(&id)
            .map_or_else(|| id.to_string(), |node| node.name.to_string())
    }

    /// The descriptors that become readable when something changes.
    pub(crate) fn event_sockets(&self) -> impl Iterator<Item = (NamespaceId, BorrowedFd<'_>)> {
        self.nodes.iter().map(|(id, node)| (*id, node.as_fd()))
    }

    /// Makes namespaces before it is their turn, several at a time: the
    /// kernel takes nearly a millisecond for each, most of it waiting. One
    /// that cannot be made is tried again, and complained of, in its turn.
    pub(crate) fn prepare(&mut self, wanted: &[(NamespaceId, &NamespaceName)]) {
        let missing = wanted.iter().filter(|(id, _)| !self.aside.contains_key(id));
        let missing: Vec<_> = missing.collect();
        let makers = thread::available_parallelism()
            .map_or(1, usize::from)
            .min(MOST_MAKERS);
        if missing.len() < 2 || makers < 2 {
            return;
        }
        let make = |part: &[&(NamespaceId, &NamespaceName)]| {
            let made = part.iter().map(|(id, name)| Some((*id, make(name).ok()?)));
            made.collect::<Vec<_>>()
        };
        thread::scope(|scope| {
            let parts = missing.chunks(missing.len().div_ceil(makers));
            let makers: Vec<_> = parts.map(|part| scope.spawn(move || make(part))).collect();
            let made = makers.into_iter().filter_map(|maker| maker.join().ok());
            self.aside.extend(made.flatten().flatten());
        });
    }

    /// Makes a namespace, or takes one that is kept.
    pub(crate) fn add_namespace(&mut self, id: NamespaceId, name: &NamespaceName) -> Result<()> {
        let (namespace, mut node) = match self.aside.remove(&id) {
            Some(kept) => kept,
            None => make(name)?,
        };
        namespace.publish(name.as_str())?;
        node.name = name.clone();
        node.touch();
        self.namespaces.insert(id, namespace);
        self.nodes.insert(id, node);
        Ok(())
    }

    /// Removes a namespace. Until [`Lab::let_go`] it can be taken back; after
    /// that it is gone when nothing runs in it any more.
    pub(crate) fn remove_namespace(&mut self, id: NamespaceId) -> Result<()> {
        let name = self.node(id)?.name.clone();
        take_name_away(&name)?;
        if let Some(removed) = self.namespaces.remove(&id).zip(self.nodes.remove(&id)) {
            self.aside.insert(id, removed);
        }
        self.numbers.forget(id);
        self.observed.namespaces.remove(&id);
        self.changed = true;
        Ok(())
    }

    /// Gives a namespace another name.
    pub(crate) fn rename_namespace(&mut self, id: NamespaceId, name: &NamespaceName) -> Result<()> {
        let renamed = renamed(self.namespace(id)?, name.as_str())?;
        renamed.publish(name.as_str())?;
        let node = self.node(id)?;
        let old = std::mem::replace(&mut node.name, name.clone());
        node.touch();
        self.namespaces.insert(id, renamed);
        take_name_away(&old)
    }

    /// Lets go of the namespaces that are kept and not in the lab.
    pub(crate) fn let_go(&mut self) {
        self.aside.clear();
    }

    /// Remembers for which interface of the document one was made.
    pub(crate) fn tag(&mut self, id: NamespaceId, index: u32, interface: Option<InterfaceId>) {
        if let (Some(node), Some(interface)) = (self.nodes.get_mut(&id), interface) {
            node.tags.insert(index, interface);
        }
    }

    /// Learns by which number a namespace calls another, as the link between
    /// them says that was just made.
    pub(crate) fn introduce(&mut self, number: (NamespaceId, i32), whose: NamespaceId) {
        self.numbers.learn(number, whose);
    }

    /// Takes the events of one namespace.
    pub(crate) fn listen(&mut self, id: NamespaceId) {
        if let Some(node) = self.nodes.get_mut(&id) {
            node.listen();
        }
    }

    /// When the next namespace is to be dumped, if any is.
    pub(crate) fn due(&self, patience: Duration) -> Option<Instant> {
        self.nodes
            .values()
            .filter_map(|node| node.due(patience))
            .min()
    }

    /// Dumps the namespaces that are due.
    pub(crate) fn refresh_due(&mut self, patience: Duration) -> Result<()> {
        let now = Instant::now();
        self.dump(|node| node.due(patience).is_some_and(|due| due <= now))
    }

    /// Brings what is observed up to date, now. What is not dumped has not
    /// changed: every change makes an event.
    pub(crate) fn refresh(&mut self) -> Result<()> {
        for node in self.nodes.values_mut() {
            node.listen();
        }
        self.dump(|node| node.due(Duration::ZERO).is_some())
    }

    /// Dumps namespaces, and then those in which a link's carrier came or
    /// went with what was seen: the kernel tells of a carrier's loss only
    /// once a second (`linkwatch`), but shows it at once.
    fn dump(&mut self, wanted: impl Fn(&Node) -> bool) -> Result<()> {
        let due = self.nodes.iter().filter(|(_, node)| wanted(node));
        let due: BTreeSet<_> = due.map(|(id, _)| *id).collect();
        let mut touched = BTreeSet::new();
        for id in &due {
            touched.extend(self.dump_one(*id)?);
        }
        for id in touched.difference(&due) {
            self.dump_one(*id)?;
        }
        Ok(())
    }

    /// Dumps a namespace. Returns the namespaces at the other ends of links
    /// that were set up or down in it.
    fn dump_one(&mut self, id: NamespaceId) -> Result<BTreeSet<NamespaceId>> {
        let Some(node) = self.nodes.get_mut(&id) else {
            return Ok(BTreeSet::new());
        };
        let begin = Instant::now();
        // Events from here on are of changes that the dump may not have.
        node.listen();
        self.numbers.begin(id);
        let Node {
            name,
            socket,
            tags,
            has_fdb,
            ..
        } = node;
        let number =
            |socket: &mut Socket, number| self.numbers.whose(id, socket, number, &self.namespaces);
        let seen = observe::namespace(socket, id, name, tags, has_fdb, number);
        let seen = seen.context("observe", || format!("namespace {name}"))?;
        self.numbers.end(id);
        tags.retain(|index, _| seen.interfaces.contains_key(index));
        node.dumped(begin);
        let before = self.observed.namespaces.get(&id);
        if before == Some(&seen) {
            return Ok(BTreeSet::new());
        }
        let far = far_ends(before, &seen);
        self.observed.namespaces.insert(id, seen);
        self.changed = true;
        Ok(far)
    }

    fn node(&mut self, id: NamespaceId) -> Result<&mut Node> {
        self.nodes.get_mut(&id).ok_or_else(|| absent(id))
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        for (id, node) in &self.nodes {
            if *id != NamespaceId::HOST {
                // Whoever took the name away already did this work.
                let _ = Namespace::unpublish(node.name.as_str());
            }
        }
    }
}

fn make(name: &NamespaceName) -> Result<(Namespace, Node)> {
    let namespace = Namespace::create(name.as_str())?;
    let node = Node::open(&namespace, name.clone())?;
    Ok((namespace, node))
}

/// A handle of the same namespace that has another name in messages.
fn renamed(namespace: &Namespace, name: &str) -> Result<Namespace> {
    let object = || namespace.to_string();
    let user = namespace
        .user_fd()
        .map(|user| user.try_clone_to_owned())
        .transpose();
    let net = namespace.net_fd().try_clone_to_owned();
    Namespace::from_descriptors(
        name,
        user.context("rename", object)?,
        net.context("rename", object)?,
    )
}

/// Where the other ends are of the links that were set up or down.
fn far_ends(before: Option<&ObservedNamespace>, now: &ObservedNamespace) -> BTreeSet<NamespaceId> {
    let was_up = |index| before?.interfaces.get(index).map(|interface| interface.up);
    let switched = now
        .interfaces
        .iter()
        .filter(|(index, interface)| was_up(index).is_some_and(|up| up != interface.up));
    let peers = switched.filter_map(|(_, interface)| match interface.kind {
        ObservedKind::Veth { peer } => peer,
        _ => None,
    });
    peers.map(|peer| peer.namespace).collect()
}

/// Takes a name away that the lab has given. A person may have done so
/// already, with `ip netns delete`.
fn take_name_away(name: &NamespaceName) -> Result<()> {
    match Namespace::unpublish(name.as_str()) {
        Err(error) if matches!(error.errno(), Some(Errno::ENOENT | Errno::EINVAL)) => Ok(()),
        other => other,
    }
}

fn absent(id: NamespaceId) -> Error {
    Error::new("find", id.to_string(), "the lab has no such namespace")
}
