//! What the engine has of the lab: its namespaces, and what is observed.

use std::collections::{BTreeMap, BTreeSet};
use std::os::fd::{AsFd, BorrowedFd};
use std::thread;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use protocol::counters::Counters;
use topology::observed::{Observed, ObservedKind, ObservedNamespace};
use topology::{Document, InterfaceId, NamespaceId, NamespaceName, plan};
use tracing::{debug, warn};

use super::node::Node;
use super::numbers::Numbers;
use crate::error::{Context, Error, Result};
use crate::namespace::Namespace;
use crate::netlink::{EventSocket, Socket};
use crate::observe;

/// Most threads that make namespaces at a time; more only wait for each other.
const MOST_MAKERS: usize = 4;

/// How often settings that were set are looked at, since few make events: with the dump after it,
/// drift is seen within 200 ms.
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
    /// Whether `observed` has changed since somebody asked.
    changed: bool,
    /// Not in the lab: made before it is their turn, or removed and kept until
    /// it is sure that they need not be taken back.
    aside: BTreeMap<NamespaceId, (Namespace, Node)>,
    /// Made before anybody wants them.
    ready: Vec<(Namespace, Node)>,
    /// When settings were looked at last.
    looked: Instant,
}

impl Lab {
    /// A lab with nothing but its host namespace.
    pub(crate) fn new(host: Namespace) -> Result<Self> {
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
            aside: BTreeMap::new(),
            ready: Vec::new(),
            looked: Instant::now(),
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

    /// Remembers for which interface of the document those stand that somebody else made and the
    /// document has by now: they keep their place when they get another name, and go with it.
    pub(crate) fn claim(&mut self, document: &Document) {
        let unclaimed = plan::unclaimed(document, &self.observed);
        if unclaimed.is_empty() {
            return;
        }
        for (namespace, index, interface) in unclaimed {
            self.tag(namespace, index, Some(interface));
            self.nodes.get_mut(&namespace).map(Node::touch);
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
        node.touch();
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
        node.touch();
        node.sysctls.set(namespace, interface, name, value)
    }

    /// When settings are to be looked at, if there are any that were set.
    pub(crate) fn look_due(&self) -> Option<Instant> {
        let is_any = self.nodes.values().any(|node| !node.sysctls.is_empty());
        is_any.then(|| self.looked + LOOK)
    }

    /// Looks at settings if it is time, and remembers where one has changed.
    pub(crate) fn look_if_due(&mut self) {
        if self.look_due().is_some_and(|due| due <= Instant::now()) {
            self.look();
        }
    }

    fn look(&mut self) {
        for (id, node) in &mut self.nodes {
            let observed = self.observed.namespaces.get(id);
            if observed.is_some_and(|observed| node.sysctls.differs(observed)) {
                node.touch();
            }
        }
        self.looked = Instant::now();
    }

    /// Says that there is a link between two namespaces.
    pub(crate) fn introduce(&mut self, ends: [NamespaceId; 2]) {
        self.numbers.introduce(ends);
    }

    /// Takes the events that have arrived, and remembers where something has
    /// changed.
    pub(crate) fn listen(&mut self) {
        for (id, fdb) in self.heard(&self.events) {
            if let Some(node) = self.nodes.get_mut(&id) {
                node.has_fdb |= fdb;
                node.touch();
            }
        }
        let rules = self.rule_events.as_ref();
        for (id, _) in rules.map_or_else(Vec::new, |events| self.heard(events)) {
            if let Some(node) = self.nodes.get_mut(&id) {
                node.firewall.touch();
                node.touch();
            }
        }
    }

    /// In which namespaces something has changed, and whether that was an entry
    /// of a forwarding table.
    fn heard(&self, events: &EventSocket) -> Vec<(NamespaceId, bool)> {
        let heard = match events.drain() {
            Ok(heard) => heard,
            Err(failure) => {
                warn!(%failure, "events cannot be read");
                return Vec::new();
            }
        };
        if heard.overrun {
            debug!("events were lost: dumps tell");
            return self.nodes.keys().map(|id| (*id, true)).collect();
        }
        let places = heard.places.into_iter().filter_map(|(number, fdb)| {
            let id = number.map_or(Some(NamespaceId::HOST), |n| self.numbers.assigned(n));
            Some((id?, fdb))
        });
        places.collect()
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
    /// changed: every change makes an event, but for those of settings, which are looked at.
    pub(crate) fn refresh(&mut self) -> Result<()> {
        self.listen();
        self.look();
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
        self.numbers.begin(id);
        let Node {
            name,
            socket,
            tags,
            firewall,
            has_fdb,
            sysctls,
            ..
        } = node;
        let number =
            |socket: &mut Socket, number| self.numbers.whose(id, socket, number, &self.namespaces);
        let seen = observe::namespace(socket, id, name, tags, has_fdb, number);
        let mut seen = seen.context("observe", || format!("namespace {name}"))?;
        let before = self.observed.namespaces.get(&id);
        if let Some(namespace) = self.namespaces.get(&id) {
            seen.sysctls = sysctls.seen(namespace, &mut seen.interfaces)?;
            let interfaces = before.map(|before| &before.interfaces);
            seen.firewall = firewall.seen(namespace, interfaces, &seen.interfaces);
        }
        self.numbers.end(id);
        tags.retain(|index, _| seen.interfaces.contains_key(index));
        if let Some((last, _)) = seen.interfaces.last_key_value() {
            node.saw_index(*last);
        }
        node.dumped(begin);
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
    let (namespace, socket) = Namespace::create_and(name.as_str(), Socket::open)?;
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
