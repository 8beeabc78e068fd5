//! What the engine has of the lab: its namespaces, and what is observed.

mod looking;

use std::collections::BTreeMap;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use protocol::counters::Counters;
use tokio::sync::{mpsc, watch};
use topology::kind::Changes;
use topology::observed::Observed;
use topology::offload::Offload;
use topology::step::At;
use topology::{Document, InterfaceId, NamespaceId, NamespaceName, plan};
use tracing::{debug, warn};

use super::State;
use super::node::Node;
use super::numbers::Numbers;
use super::question::Question;
use crate::error::{Context, Error, Result};
use crate::namespace::Namespace;
use crate::netlink::{Entries, EventSocket, Failure, Socket, Touched};
use crate::{observe, wireguard};

/// Most threads that make namespaces at a time; more only wait for each other.
const MOST_MAKERS: usize = 4;

/// How often settings that were set, proxy entries and WireGuard interfaces are looked at, since
/// few make events: with the look after it, drift is seen within 200 ms.
const LOOK: Duration = Duration::from_millis(150);

/// The lab of this process.
#[derive(Debug)]
pub(crate) struct Lab {
    namespaces: BTreeMap<NamespaceId, Namespace>,
    nodes: BTreeMap<NamespaceId, Node>,
    numbers: Numbers,
    /// Of all namespaces that the host's has a number for.
    events: EventSocket,
    /// Of their rules; none where the kernel has no nftables: then there are
    /// no rules either.
    rule_events: Option<EventSocket>,
    observed: Observed,
    /// Whether `observed` has changed since it was published.
    changed: bool,
    /// Who sees what is observed.
    publish: watch::Sender<State>,
    /// Not in the lab: made before it is their turn, or removed and kept until
    /// it is sure that they need not be taken back.
    aside: BTreeMap<NamespaceId, (Namespace, Node)>,
    /// Made before anybody wants them.
    ready: Vec<(Namespace, Node)>,
    /// When settings were looked at last.
    looked: Instant,
    /// What is asked meanwhile.
    pub(super) questions: mpsc::Receiver<Question>,
}

impl Lab {
    /// A lab with nothing but its host namespace, that answers questions.
    pub(crate) fn new(host: Namespace, questions: mpsc::Receiver<Question>) -> Result<Self> {
        // What changes after it is heard, what changed before is in the first
        // dump.
        let (events, rule_events) = host.run(|| (EventSocket::open(), EventSocket::of_rules()))?;
        if let Err(failure) = &rule_events {
            debug!(%failure, "rules are not heard of");
        }
        let rule_events = rule_events.ok();
        let events = events.context("open a netlink socket in", || host.to_string())?;
        let mut lab = Self {
            namespaces: BTreeMap::new(),
            nodes: BTreeMap::new(),
            numbers: Numbers::default(),
            events,
            rule_events,
            observed: Observed::default(),
            changed: false,
            publish: watch::Sender::new(State::default()),
            aside: BTreeMap::new(),
            ready: Vec::new(),
            looked: Instant::now(),
            questions,
        };
        let node = Node::open(&host, NamespaceName::host())?;
        lab.namespaces.insert(NamespaceId::HOST, host);
        lab.nodes.insert(NamespaceId::HOST, node);
        lab.refresh()?;
        lab.publish();
        Ok(lab)
    }

    /// What was observed last.
    pub(crate) fn observed(&self) -> &Observed {
        &self.observed
    }

    /// Lets others see what is observed, as long as they keep this.
    pub(crate) fn watch(&self) -> watch::Receiver<State> {
        self.publish.subscribe()
    }

    /// Shows them what has changed.
    pub(crate) fn publish(&mut self) {
        if std::mem::take(&mut self.changed) {
            self.publish.send_replace(State {
                observed: Arc::new(self.observed.clone()),
                namespaces: Arc::new(self.namespaces.clone()),
            });
        }
    }

    /// Waits, and goes on to hear, to look and to show what changes, and to answer.
    pub(crate) fn linger(&mut self, time: Duration) {
        self.listen();
        self.look_if_due();
        if let Err(error) = self.refresh_due(Duration::ZERO) {
            // It stays touched: it is tried again.
            warn!(%error, "what the kernel has is not known");
        }
        self.publish();
        self.answer();
        thread::sleep(time);
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
    pub(crate) fn event_sockets(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        let rules = self.rule_events.iter();
        std::iter::once(&self.events).chain(rules).map(AsFd::as_fd)
    }

    /// What the interfaces that were made for the document have counted.
    pub(crate) fn counters(&mut self) -> Result<Vec<(InterfaceId, Counters)>> {
        let mut all = Vec::new();
        for (id, node) in &mut self.nodes {
            let Some(observed) = self.observed.namespaces.get(id) else {
                continue;
            };
            let drawn = |index: u32| observed.interfaces.get(&index)?.id;
            let counted = node.socket.counters();
            let counted = counted.context("read the counters of", || node.name.to_string())?;
            let counted = counted.into_iter();
            all.extend(counted.filter_map(|(index, counters)| Some((drawn(index)?, counters))));
        }
        Ok(all)
    }

    /// How many namespaces are ready.
    pub(crate) fn ready(&self) -> usize {
        self.ready.len()
    }

    /// Makes one more namespace ready.
    pub(crate) fn make_ready(&mut self) -> Result<()> {
        // Whoever takes it gives it a name of its own.
        self.ready.push(make(&NamespaceName::host())?);
        Ok(())
    }

    /// Makes namespaces before it is their turn, several at a time: the
    /// kernel takes nearly a millisecond for each, most of it waiting. One
    /// that cannot be made is tried again, and complained of, in its turn.
    pub(crate) fn prepare(&mut self, wanted: &[(NamespaceId, &NamespaceName)]) {
        let missing = wanted.iter().filter(|(id, _)| !self.aside.contains_key(id));
        let missing: Vec<_> = missing.skip(self.ready.len()).collect();
        if missing.len() < 2 {
            return;
        }
        let makers = thread::available_parallelism()
            .map_or(1, usize::from)
            .min(MOST_MAKERS);
        if makers < 2 {
            return;
        }
        let make = |part: &[&(NamespaceId, &NamespaceName)]| {
            let made = part.iter().map(|(id, name)| {
                let made = Namespace::create_here(name.as_str(), Socket::open);
                Some((*id, opened(made.ok()?, name).ok()?))
            });
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
            None => match self.ready.pop() {
                Some((namespace, node)) => (renamed(&namespace, name.as_str())?, node),
                None => make(name)?,
            },
        };
        namespace.publish(name.as_str())?;
        node.name = name.clone();
        // Before its first dump: what changes after that is heard.
        let number = self.socket(NamespaceId::HOST)?.number(namespace.net_fd());
        let number = number.context("number", || namespace.to_string())?;
        self.numbers.assign(number, id);
        node.touch(Touched::whole());
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
        node.touch(Touched::default());
        self.namespaces.insert(id, renamed);
        take_name_away(&old)
    }

    /// Lets go of the namespaces that are kept and not in the lab.
    pub(crate) fn let_go(&mut self) {
        self.aside.clear();
    }

    /// An index for a new interface in a namespace, which nobody is known to
    /// have.
    pub(crate) fn next_index(&mut self, id: NamespaceId) -> Result<u32> {
        Ok(self.node(id)?.next_index())
    }

    /// Remembers for which interface of the document one was made.
    pub(crate) fn tag(&mut self, id: NamespaceId, index: u32, interface: Option<InterfaceId>) {
        if let Some(node) = self.nodes.get_mut(&id) {
            node.saw_index(index);
            node.tags
                .extend(interface.map(|interface| (index, interface)));
        }
    }

    /// Remembers through which namespace an interface sends that was just made: of a wireguard the
    /// kernel does not tell.
    pub(crate) fn sends_through(
        &mut self,
        id: NamespaceId,
        index: u32,
        underlay: Option<NamespaceId>,
    ) {
        if let Some(node) = self.nodes.get_mut(&id) {
            node.underlays
                .extend(underlay.map(|underlay| (index, underlay)));
        }
    }

    /// Says that an interface is to be looked at.
    pub(crate) fn touch(&mut self, id: NamespaceId, index: u32) {
        if let Some(node) = self.nodes.get_mut(&id) {
            node.touch(Touched::interface(index));
        }
    }

    /// Remembers for which interface of the document those stand that somebody else made and the
    /// document has by now: they keep their place when they get another name, and go with it.
    pub(crate) fn claim(&mut self, document: &Document) {
        let unclaimed = plan::unclaimed(document, &self.observed);
        if unclaimed.is_empty() {
            return;
        }
        for (namespace, index, interface) in unclaimed {
            self.tag(namespace, index, Some(interface));
            self.touch(namespace, index);
        }
        if let Err(error) = self.refresh() {
            // They stay touched: it is tried again.
            warn!(%error, "what the kernel has is not known");
        }
    }

    /// Replaces the rules of a namespace.
    pub(crate) fn set_firewall(&mut self, id: NamespaceId, ruleset: Option<&str>) -> Result<()> {
        let namespace = self.namespaces.get(&id).ok_or_else(|| absent(id))?;
        let node = self.nodes.get_mut(&id).ok_or_else(|| absent(id))?;
        node.firewall.set(namespace, ruleset)?;
        node.touch(Touched::default());
        Ok(())
    }

    /// Sets a setting of a namespace, or of one of its interfaces.
    pub(crate) fn set_sysctl(
        &mut self,
        id: NamespaceId,
        interface: Option<(u32, &str)>,
        name: &str,
        value: Option<i32>,
    ) -> Result<()> {
        let namespace = self.namespaces.get(&id).ok_or_else(|| absent(id))?;
        let node = self.nodes.get_mut(&id).ok_or_else(|| absent(id))?;
        // What a namespace has may change what all its interfaces have.
        node.touch(match interface {
            Some((index, _)) => Touched::interface(index),
            None => Touched::whole(),
        });
        node.sysctls.set(namespace, interface, name, value)
    }

    /// Says that entries of neighbour tables are being set: of proxies there are no events.
    pub(crate) fn sets_neighbours(&mut self, id: NamespaceId) {
        if let Some(node) = self.nodes.get_mut(&id) {
            node.touch(Touched {
                entries: Entries {
                    neighbours: true,
                    ..Entries::default()
                },
                ..Touched::default()
            });
        }
    }

    /// Leaves something to an interface, or does not; `None` gives back what was before.
    pub(crate) fn set_offload(
        &mut self,
        at: &At,
        index: u32,
        offload: Offload,
        on: Option<bool>,
    ) -> Result<Result<(), Failure>> {
        let node = self.node(at.namespace)?;
        node.touch(Touched::interface(index));
        let Node {
            offloads, socket, ..
        } = node;
        Ok(offloads.set(socket, (index, at.name.as_str()), offload, on))
    }

    /// Sets what is said of a WireGuard interface, of which the kernel makes no event.
    pub(crate) fn set_wireguard(
        &mut self,
        id: NamespaceId,
        index: u32,
        changes: &Changes<u32>,
    ) -> Result<Result<(), Failure>> {
        let namespace = self.namespaces.get(&id).ok_or_else(|| absent(id))?;
        let node = self.nodes.get_mut(&id).ok_or_else(|| absent(id))?;
        node.touch(Touched::default());
        let socket = node.generic.socket(namespace)?;
        Ok(socket.set_wireguard(index, changes))
    }

    /// When it is to be looked at what makes no events, if there is any.
    pub(crate) fn look_due(&self) -> Option<Instant> {
        let is_any = self.nodes.values().any(Node::has_silent);
        is_any.then(|| self.looked + LOOK)
    }

    /// Looks at them if it is time, and remembers where one has changed.
    pub(crate) fn look_if_due(&mut self) {
        if self.look_due().is_some_and(|due| due <= Instant::now()) {
            self.look();
        }
    }

    fn look(&mut self) {
        for (id, node) in &mut self.nodes {
            let Some(observed) = self.observed.namespaces.get(id) else {
                continue;
            };
            let mut touched = Touched {
                // A setting may have changed more than itself.
                whole: node.sysctls.differs(observed),
                ..Touched::default()
            };
            let mut differs = touched.whole;
            if node.has_proxies && !observe::proxies_are(&mut node.socket, observed) {
                touched.entries.neighbours = true;
                differs = true;
            }
            if let Some(namespace) = self.namespaces.get(id).filter(|_| node.has_wireguard) {
                let interfaces = &observed.interfaces;
                differs |= wireguard::differs(&mut node.generic, namespace, interfaces);
            }
            if differs {
                node.touch(touched);
            }
        }
        self.looked = Instant::now();
    }

    /// Says that there is a link between two namespaces.
    pub(crate) fn introduce(&mut self, ends: [NamespaceId; 2]) {
        self.numbers.introduce(ends);
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
    opened(Namespace::create_and(name.as_str(), Socket::open)?, name)
}

/// A namespace with the socket that was opened in it.
fn opened(
    (namespace, socket): (Namespace, Result<Socket, Failure>),
    name: &NamespaceName,
) -> Result<(Namespace, Node)> {
    let socket = socket.context("open a netlink socket in", || namespace.to_string())?;
    Ok((namespace, Node::new(socket, name.clone())))
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
