//! Which routers a packet passes, by packets whose time to live ends at each of them.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::AsFd;
use std::time::{Duration, Instant, SystemTime};

use nix::poll::{PollFd, PollFlags};
use protocol::probe::{TraceAnswer, TraceHop, TraceMethod, Traced, Traceroute};
use socket2::{Protocol, Socket, Type};

use super::icmp_errors::{IcmpErrors, TCP, UDP, nanoseconds};
use super::{From, domain, wait, within};
use crate::error::{Cause, Context, Error, Result};
use crate::probe::diagnose::Surroundings;
use crate::probe::icmp::meaning::{is_final, meaning};
use crate::probe::icmp::packet::{self, Echo, Incoming};
use crate::probe::icmp::socket::{Options, Socket as Icmp};
use crate::probe::icmp::{filter, scope};
use crate::probe::{next_identifier, random};

/// Limits of what can be asked for: traceroute(8) has 255 and 10.
const MOST_HOPS: u8 = 64;
const MOST_QUERIES: u8 = 10;
/// Ports of traceroute(8).
const UDP_PORT: u16 = 33_434;
const TCP_PORT: u16 = 80;
/// How many times to live are tried at a time: a way to nowhere then takes a few timeouts.
const AT_A_TIME: usize = 8;
/// Bytes of data of an echo request: with the headers 60 bytes, as traceroute(8) has it.
const SIZE: u16 = 32;

pub(super) fn trace<L: Surroundings + ?Sized>(
    from: &From<'_, L>,
    asked: &Traceroute,
) -> Result<Traced> {
    let object = || format!("the way to {} from {}", asked.target, from.namespace);
    let failed = |cause: Cause| Error::new("trace", object(), cause);
    let patience = within("timeout", asked.timeout_ms, 10..=10_000).map_err(failed)?;
    let hops = asked.first_hop..=asked.most_hops;
    if asked.first_hop == 0 || asked.most_hops > MOST_HOPS || hops.is_empty() {
        let text = format!(
            "times to live from {} to {} are not from 1 to {MOST_HOPS}",
            asked.first_hop, asked.most_hops
        );
        return Err(failed(text.into()));
    }
    if !(1..=MOST_QUERIES).contains(&asked.queries) {
        let text = format!(
            "{} packets a hop are not 1 to {MOST_QUERIES}",
            asked.queries
        );
        return Err(failed(text.into()));
    }
    let mut trace = from.namespace.run(|| Trace::open(asked))?.map_err(failed)?;
    let mut traced = Traced {
        hops: Vec::new(),
        reached: false,
    };
    let all: Vec<u8> = hops.collect();
    for ttls in all.chunks(AT_A_TIME) {
        for ttl in ttls {
            for query in 0..asked.queries {
                // Its socket belongs to the namespace.
                let sent = match asked.method {
                    TraceMethod::Tcp => from.namespace.run(|| trace.send(*ttl, query))?,
                    TraceMethod::Icmp | TraceMethod::Udp => trace.send(*ttl, query),
                };
                sent.context("trace", object)?;
            }
        }
        trace.listen(ttls, patience).context("trace", object)?;
        for ttl in ttls {
            let answers = (0..asked.queries).map(|query| trace.answers.remove(&(*ttl, query)));
            traced.hops.push(TraceHop {
                ttl: *ttl,
                answers: answers.collect(),
            });
            if trace.last.is_some_and(|last| last <= *ttl) {
                traced.reached = trace.reached;
                return Ok(traced);
            }
        }
    }
    Ok(traced)
}

/// A packet, by its time to live and its place among those.
type Key = (u8, u8);

struct Trace<'a> {
    asked: &'a Traceroute,
    destination: SocketAddr,
    ipv6: bool,
    sender: Sender,
    errors: IcmpErrors,
    /// When each was sent, by the clock of the kernel's stamps; and for TCP by what.
    sent: BTreeMap<Key, (Duration, Option<Socket>)>,
    /// What of a packet tells which it is: its sequence number or a port.
    keys: BTreeMap<u16, Key>,
    answers: BTreeMap<Key, TraceAnswer>,
    /// The lowest time to live that was enough to come to an end of the way.
    last: Option<u8>,
    /// Whether the target itself was heard.
    reached: bool,
}

/// What sends, but for TCP, which has a socket for each packet.
enum Sender {
    Icmp(Box<(Icmp, Echo, Vec<u8>)>),
    Udp(Socket),
    Tcp,
}

impl<'a> Trace<'a> {
    /// Opens the sockets in the namespace of the calling thread.
    fn open(asked: &'a Traceroute) -> Result<Self, Cause> {
        let ipv6 = asked.target.is_ipv6();
        let destination = scope::destination(asked.target)?;
        let sender = match asked.method {
            TraceMethod::Icmp => {
                let echo = Echo::new(ipv6, next_identifier(), random(), SIZE);
                let program = filter::program(ipv6, echo.identifier);
                let socket = Icmp::open(ipv6, &program, &Options::default())?;
                let buffer = vec![0; packet::buffer_size(SIZE)];
                Sender::Icmp(Box::new((socket, echo, buffer)))
            }
            TraceMethod::Udp => {
                let kind = Type::DGRAM.nonblocking();
                let socket = Socket::new(domain(asked.target), kind, Some(Protocol::UDP))?;
                let any: SocketAddr = match ipv6 {
                    true => (std::net::Ipv6Addr::UNSPECIFIED, 0).into(),
                    false => (std::net::Ipv4Addr::UNSPECIFIED, 0).into(),
                };
                socket.bind(&any.into())?;
                Sender::Udp(socket)
            }
            TraceMethod::Tcp => Sender::Tcp,
        };
        Ok(Self {
            asked,
            destination,
            ipv6,
            sender,
            errors: IcmpErrors::open(ipv6)?,
            sent: BTreeMap::new(),
            keys: BTreeMap::new(),
            answers: BTreeMap::new(),
            last: None,
            reached: false,
        })
    }

    /// Sends a packet; one with TCP from the namespace of the calling thread.
    fn send(&mut self, ttl: u8, query: u8) -> io::Result<()> {
        let number = u16::from(ttl) * u16::from(MOST_QUERIES) + u16::from(query);
        let mut to = self.destination;
        let now = clock();
        let mut own = None;
        let key = match &self.sender {
            Sender::Icmp(sender) => {
                let (socket, echo, _) = &**sender;
                socket.set_ttl(self.ipv6, ttl)?;
                socket.send(&echo.request(number), &to.into())?;
                number
            }
            Sender::Udp(socket) => {
                let port = self.asked.port.unwrap_or(UDP_PORT).wrapping_add(number);
                to.set_port(port);
                set_ttl(socket, self.ipv6, ttl)?;
                socket.send_to(&[0x40; SIZE as usize], &to.into())?;
                port
            }
            Sender::Tcp => {
                to.set_port(self.asked.port.unwrap_or(TCP_PORT));
                let kind = Type::STREAM.nonblocking();
                let socket = Socket::new(domain(to.ip()), kind, Some(Protocol::TCP))?;
                set_ttl(&socket, self.ipv6, ttl)?;
                match socket.connect(&to.into()) {
                    Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                        self.heard_target((ttl, query), now, clock());
                        return Ok(());
                    }
                    Err(error) if error.raw_os_error() != Some(libc::EINPROGRESS) => {
                        return Err(error);
                    }
                    _ => {}
                }
                let port = socket
                    .local_addr()?
                    .as_socket()
                    .map_or(0, |local| local.port());
                own = Some(socket);
                port
            }
        };
        self.keys.insert(key, (ttl, query));
        self.sent.insert((ttl, query), (now, own));
        Ok(())
    }

    /// Listens until all packets of these times to live up to the end of the way are answered, or
    /// the time is over.
    fn listen(&mut self, ttls: &[u8], patience: Duration) -> io::Result<()> {
        let begun = Instant::now();
        while let Some(left) = patience.checked_sub(begun.elapsed()) {
            self.take()?;
            let last = self.last.unwrap_or(u8::MAX);
            let wanted = ttls.iter().filter(|ttl| **ttl <= last);
            let mut keys = wanted.flat_map(|ttl| (0..self.asked.queries).map(|q| (*ttl, q)));
            if keys.all(|key| self.answers.contains_key(&key)) {
                return Ok(());
            }
            let mut ready = vec![PollFd::new(self.errors.as_fd(), PollFlags::POLLIN)];
            match &self.sender {
                Sender::Icmp(sender) => {
                    ready.push(PollFd::new(sender.0.as_fd(), PollFlags::POLLIN));
                }
                Sender::Udp(socket) => ready.push(PollFd::new(socket.as_fd(), PollFlags::POLLIN)),
                Sender::Tcp => {
                    let open = self
                        .sent
                        .iter()
                        .filter(|(key, _)| !self.answers.contains_key(key));
                    let sockets = open.filter_map(|(_, (_, socket))| socket.as_ref());
                    ready.extend(sockets.map(|s| PollFd::new(s.as_fd(), PollFlags::POLLOUT)));
                }
            }
            wait(&mut ready, left)?;
        }
        Ok(())
    }

    /// Takes what has arrived.
    fn take(&mut self) -> io::Result<()> {
        match &mut self.sender {
            Sender::Icmp(_) => self.take_icmp(),
            Sender::Udp(socket) => {
                let mut buffer = [std::mem::MaybeUninit::uninit(); 64];
                let mut from = Vec::new();
                while let Ok((_, address)) = socket.recv_from(&mut buffer) {
                    from.extend(address.as_socket());
                }
                // Somebody has such a port: the target is reached.
                for address in from {
                    if let Some(key) = self.keys.get(&address.port()).copied() {
                        let sent = self.sent.get(&key).map_or_else(clock, |(at, _)| *at);
                        self.heard_target(key, sent, clock());
                    }
                }
                self.take_errors(UDP);
                Ok(())
            }
            Sender::Tcp => {
                // Before the sockets: one whose packet has ended on its way has failed, too.
                self.take_errors(TCP);
                self.take_connections();
                Ok(())
            }
        }
    }

    fn take_icmp(&mut self) -> io::Result<()> {
        let mut heard = Vec::new();
        if let Sender::Icmp(sender) = &mut self.sender {
            let (socket, echo, buffer) = &mut **sender;
            loop {
                let received = match socket.receive(buffer) {
                    Ok(received) => received,
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                    Err(error) => return Err(error),
                };
                let bytes = buffer.get(..received.length).unwrap_or(buffer);
                let incoming = echo.read(bytes, received.length);
                heard.extend(incoming.map(|incoming| (received, incoming)));
            }
        }
        for (received, incoming) in heard {
            match incoming {
                Incoming::Reply { sequence, .. } => {
                    if let Some(key) = self.keys.get(&sequence).copied() {
                        let sent = self.sent.get(&key).map_or_else(clock, |(at, _)| *at);
                        self.heard_target(key, sent, received.at.unwrap_or_else(clock));
                    }
                }
                Incoming::Error {
                    sequence,
                    kind,
                    code,
                    info,
                } => self.heard_error(sequence, received.from, received.at, (kind, code, info)),
            }
        }
        Ok(())
    }

    fn take_errors(&mut self, protocol: u8) {
        for heard in self.errors.take(protocol, self.asked.target) {
            let error = heard.error;
            let key = match self.sender {
                Sender::Udp(_) => error.destination.port(),
                Sender::Icmp(_) | Sender::Tcp => error.source.port(),
            };
            let said = (error.kind, error.code, error.info);
            self.heard_error(key, heard.from, heard.at, said);
        }
    }

    fn take_connections(&mut self) {
        let mut ended = Vec::new();
        for (key, (at, socket)) in &self.sent {
            let Some(socket) = socket.as_ref().filter(|_| !self.answers.contains_key(key)) else {
                continue;
            };
            let error = socket.take_error().ok().flatten();
            let refused = error.map(|e| e.kind() == io::ErrorKind::ConnectionRefused);
            let connected = refused.is_none() && socket.peer_addr().is_ok();
            if refused == Some(true) || connected {
                ended.push((*key, *at));
            }
        }
        for (key, at) in ended {
            self.heard_target(key, at, clock());
        }
    }

    /// The target itself has answered.
    fn heard_target(&mut self, key: Key, sent: Duration, at: Duration) {
        self.reached = true;
        self.ended(key.0);
        self.answer(key, self.asked.target, sent, at, None);
    }

    /// An ICMP error came about a packet.
    fn heard_error(
        &mut self,
        which: u16,
        from: IpAddr,
        at: Option<Duration>,
        (kind, code, info): (u8, u8, u32),
    ) {
        let Some(key) = self.keys.get(&which).copied() else {
            return;
        };
        if !is_final(self.ipv6, kind) {
            return;
        }
        let sent = self.sent.get(&key).map_or_else(clock, |(at, _)| *at);
        let passed = kind == if self.ipv6 { 3 } else { 11 } && code == 0;
        let port = (kind, code) == if self.ipv6 { (1, 4) } else { (3, 3) };
        let arrived = port && from == self.asked.target;
        if arrived {
            self.reached = true;
        }
        if !passed {
            self.ended(key.0);
        }
        let error = (!passed && !arrived).then(|| meaning(self.ipv6, kind, code, info));
        self.answer(key, from, sent, at.unwrap_or_else(clock), error);
    }

    fn ended(&mut self, ttl: u8) {
        self.last = Some(self.last.map_or(ttl, |last| last.min(ttl)));
    }

    fn answer(
        &mut self,
        key: Key,
        from: IpAddr,
        sent: Duration,
        at: Duration,
        error: Option<String>,
    ) {
        let rtt_ns = nanoseconds(at.saturating_sub(sent));
        self.answers.entry(key).or_insert(TraceAnswer {
            from,
            rtt_ns,
            error,
        });
    }
}

fn set_ttl(socket: &Socket, ipv6: bool, ttl: u8) -> io::Result<()> {
    match ipv6 {
        true => socket.set_unicast_hops_v6(ttl.into()),
        false => socket.set_ttl_v4(ttl.into()),
    }
}

/// By the clock of the kernel's stamps, since the Unix epoch.
fn clock() -> Duration {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    now.unwrap_or_default()
}
