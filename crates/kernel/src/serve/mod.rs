//! What namespaces serve: listeners inside them, with no process of the user's.
//!
//! All listeners of a lab live on one thread of their own, so that who sends a lot to one disturbs
//! nothing but the other services. A socket keeps its namespace alive: what is to go is closed
//! before its namespace is ([`Server::keep`]).

mod open;
mod tcp;
mod udp;

#[cfg(fuzzing)]
pub(crate) use tcp::read_any;

use std::collections::BTreeMap;
use std::sync::{Arc, RwLock};
use std::thread;
use std::time::Duration;

use protocol::serve::ServiceState;
use tokio::sync::{Semaphore, mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use topology::expectation::Transport;
use topology::serve::{Answer, Port};
use topology::{Document, NamespaceId};

use crate::error::{Context, Error, Result};
use crate::namespace::Namespace;
use crate::probe::Surroundings;

/// After how long a port that could not be had is tried again: whoever has it may end.
const AGAIN: Duration = Duration::from_secs(2);
/// Connections of all services of a lab at a time: each is a descriptor of the agent. Who comes
/// later waits, one of each listener accepted and the others not.
const CONNECTIONS: usize = 256;
/// Documents that may wait.
const WAITING: usize = 16;

/// Serves what a document says. Dropped, it closes everything.
#[derive(Debug)]
pub struct Server {
    commands: mpsc::Sender<Command>,
    states: watch::Receiver<Vec<ServiceState>>,
}

enum Command {
    /// Close what is not wanted.
    Keep(Wanted, oneshot::Sender<()>),
    /// Serve this and nothing else.
    Set(Wanted, oneshot::Sender<()>),
}

/// Every port with its answer, and what its namespace is called.
type Wanted = BTreeMap<(NamespaceId, Port), (Answer, String)>;

impl Server {
    /// Starts a server that serves nothing yet, in the namespaces of `lab`.
    ///
    /// # Errors
    /// If the kernel refuses a thread or what it waits with.
    pub fn start(lab: Arc<impl Surroundings>) -> Result<Self> {
        let object = || "the services";
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .context("start", object)?;
        let (commands, waiting) = mpsc::channel(WAITING);
        let (sender, states) = watch::channel(Vec::new());
        let worker = Worker {
            lab,
            wanted: Wanted::new(),
            running: BTreeMap::new(),
            errors: BTreeMap::new(),
            states: sender,
            room: Arc::new(Semaphore::new(CONNECTIONS)),
            datagram_ports: Arc::default(),
        };
        thread::Builder::new()
            .name("services".to_owned())
            .spawn(move || runtime.block_on(worker.run(waiting)))
            .context("start", object)?;
        Ok(Self { commands, states })
    }

    /// Closes what `document` does not have served: before its namespaces go. Returns when no
    /// socket of it is left.
    pub async fn keep(&self, document: &Document) {
        self.send(document, Command::Keep).await;
    }

    /// Serves what `document` says. Returns when each port listens or has been refused; one that
    /// is refused is tried again until it is had.
    pub async fn set(&self, document: &Document) {
        self.send(document, Command::Set).await;
    }

    async fn send(
        &self,
        document: &Document,
        command: impl FnOnce(Wanted, oneshot::Sender<()>) -> Command,
    ) {
        let (reply, done) = oneshot::channel();
        // The thread ends with the last handle: it is there.
        if self
            .commands
            .send(command(wanted(document), reply))
            .await
            .is_ok()
        {
            let _ = done.await;
        }
    }

    /// How every port stands that is to be served, as it changes.
    pub fn states(&self) -> watch::Receiver<Vec<ServiceState>> {
        self.states.clone()
    }
}

fn wanted(document: &Document) -> Wanted {
    let namespaces = document.namespaces.iter();
    let all = namespaces.flat_map(|(&id, namespace)| {
        let name = namespace.name.to_string();
        let served = namespace.serve.iter();
        served.map(move |(&port, &answer)| ((id, port), (answer, name.clone())))
    });
    all.collect()
}

/// A port that is served.
struct Running {
    /// Of the namespace that its sockets are in.
    inode: u64,
    answer: Answer,
    name: String,
    task: JoinHandle<()>,
}

/// UDP ports that are served anywhere in the lab: two that echo to each other would never stop.
type DatagramPorts = Arc<RwLock<Vec<u16>>>;

struct Worker<L> {
    lab: Arc<L>,
    wanted: Wanted,
    running: BTreeMap<(NamespaceId, Port), Running>,
    errors: BTreeMap<(NamespaceId, Port), String>,
    states: watch::Sender<Vec<ServiceState>>,
    room: Arc<Semaphore>,
    datagram_ports: DatagramPorts,
}

impl<L: Surroundings> Worker<L> {
    async fn run(mut self, mut commands: mpsc::Receiver<Command>) {
        loop {
            tokio::select! {
                command = commands.recv() => match command {
                    Some(Command::Keep(wanted, reply)) => {
                        self.wanted.retain(|what, how| wanted.get(what) == Some(how));
                        self.close().await;
                        self.tell();
                        let _ = reply.send(());
                    }
                    Some(Command::Set(wanted, reply)) => {
                        self.wanted = wanted;
                        self.settle().await;
                        let _ = reply.send(());
                    }
                    None => return,
                },
                () = tokio::time::sleep(AGAIN), if !self.wanted.is_empty() => self.settle().await,
            }
        }
    }

    /// Closes what is not wanted as it is, or not where it is, and waits until it is.
    async fn close(&mut self) {
        let (wanted, lab) = (&self.wanted, &self.lab);
        let is_right = |(what, running): (&(NamespaceId, Port), &Running)| {
            let inode = lab.namespace(what.0).map(|namespace| namespace.inode());
            let same = wanted
                .get(what)
                .is_some_and(|(answer, name)| running.answer == *answer && running.name == *name);
            same && inode == Some(running.inode) && !running.task.is_finished()
        };
        let all = self.running.iter();
        let wrong: Vec<_> = all
            .filter(|found| !is_right((found.0, found.1)))
            .map(|(what, _)| *what)
            .collect();
        for what in wrong {
            if let Some(running) = self.running.remove(&what) {
                running.task.abort();
                // Aborted, which is what was wanted; it has dropped its sockets.
                let _ = running.task.await;
            }
        }
    }

    /// Brings what listens to what is wanted.
    async fn settle(&mut self) {
        self.close().await;
        let ports = self.wanted.keys().map(|(_, port)| port);
        let datagrams = ports.filter(|port| port.transport == Transport::Udp);
        let datagrams = datagrams.map(|port| port.number.get()).collect();
        if let Ok(mut known) = self.datagram_ports.write() {
            *known = datagrams;
        }
        self.errors.clear();
        let mut missing: BTreeMap<NamespaceId, Vec<Port>> = BTreeMap::new();
        for what in self.wanted.keys() {
            if !self.running.contains_key(what) {
                missing.entry(what.0).or_default().push(what.1);
            }
        }
        for (id, ports) in missing {
            let Some(namespace) = self.lab.namespace(id) else {
                let why = "its namespace is not in the kernel";
                for port in ports {
                    let error = Error::new("serve", port.to_string(), why);
                    self.errors.insert((id, port), error.to_string());
                }
                continue;
            };
            self.open(id, &namespace, ports);
        }
        self.tell();
    }

    fn open(&mut self, id: NamespaceId, namespace: &Namespace, ports: Vec<Port>) {
        let opened = namespace.run(|| {
            let each = ports.iter().map(|port| (*port, open::open(*port)));
            each.collect::<Vec<_>>()
        });
        let opened = match opened {
            Ok(opened) => opened,
            Err(error) => {
                let refused = ports.iter().map(|port| ((id, *port), error.to_string()));
                return self.errors.extend(refused);
            }
        };
        for (port, sockets) in opened {
            let what = (id, port);
            let Some((answer, name)) = self.wanted.get(&what).cloned() else {
                continue;
            };
            let started = sockets
                .and_then(|sockets| self.start(sockets, answer, name.clone()))
                .context("serve", || format!("{port} in {name}"));
            match started {
                Ok(task) => {
                    let inode = namespace.inode();
                    let running = Running {
                        inode,
                        answer,
                        name,
                        task,
                    };
                    self.running.insert(what, running);
                }
                Err(error) => {
                    let error = match error.errno() {
                        Some(nix::errno::Errno::EADDRINUSE) => {
                            error.advise("a process in it has that port")
                        }
                        _ => error,
                    };
                    self.errors.insert(what, error.to_string());
                }
            }
        }
    }

    fn start(
        &self,
        sockets: open::Sockets,
        answer: Answer,
        name: String,
    ) -> std::io::Result<JoinHandle<()>> {
        match sockets {
            open::Sockets::Tcp(listeners) => {
                let listeners = listeners.into_iter().map(tokio::net::TcpListener::from_std);
                let listeners = listeners.collect::<std::io::Result<Vec<_>>>()?;
                let room = Arc::clone(&self.room);
                Ok(tokio::spawn(tcp::serve(listeners, answer, name, room)))
            }
            open::Sockets::Udp(sockets) => {
                let sockets = sockets.into_iter().map(tokio::net::UdpSocket::from_std);
                let sockets = sockets.collect::<std::io::Result<Vec<_>>>()?;
                let ports = Arc::clone(&self.datagram_ports);
                Ok(tokio::spawn(udp::serve(sockets, ports)))
            }
        }
    }

    fn tell(&self) {
        let states = self.wanted.keys().map(|what| ServiceState {
            namespace: what.0,
            port: what.1,
            error: self.errors.get(what).cloned(),
        });
        let states: Vec<_> = states.collect();
        self.states.send_if_modified(|known| {
            let is_news = *known != states;
            *known = states;
            is_news
        });
    }
}
