//! One namespace's part of a run: its socket, and what came of each of its targets.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, SystemTime};

use nix::errno::Errno;
use socket2::SockAddr;
use topology::address::Family;

use super::ends::Ends;
use crate::error::{Context, Result};
use crate::namespace::Namespace;
use crate::probe::icmp::filter;
use crate::probe::icmp::meaning::is_final;
use crate::probe::icmp::packet::{self, Echo, Incoming};
use crate::probe::icmp::socket::{self, Received, Socket};
use crate::probe::{next_identifier, random};

/// Bytes of data in a request, as `ping` has it.
const SIZE: u16 = 56;
/// Most packets that are taken from a socket before it is another's turn.
const MOST_AT_ONCE: usize = 512;
/// How far a stamp of the kernel may be from our own clock before that is taken to have been set.
const CLOCK_SLACK: Duration = Duration::from_millis(1);

/// What is known of a pair.
#[derive(Debug, Clone)]
pub(super) enum Cell {
    /// Nothing was heard yet.
    Waiting {
        /// When it was sent first, since the Unix epoch; zero: not yet.
        sent: Duration,
    },
    /// It has answered.
    Replied { rtt_ns: u64, ttl: Option<u8> },
    /// The kernel has refused to send.
    Refused(Errno),
    /// Somebody has refused to deliver.
    Error {
        from: IpAddr,
        kind: u8,
        code: u8,
        info: u32,
    },
}

/// A namespace in a run of one family.
pub(super) struct Row {
    /// Place in [`Ends::sources`].
    pub(super) source: usize,
    pub(super) socket: Socket,
    /// By place in [`Ends::targets`].
    pub(super) cells: BTreeMap<usize, Cell>,
    /// How many cells of this wave have not been heard of.
    pub(super) open: usize,
    echo: Echo,
    ipv6: bool,
    buffer: Vec<u8>,
}

/// Opens a socket in each namespace, all from one thread.
pub(super) fn open(ends: &Ends, family: Family) -> Result<Vec<Row>> {
    let ipv6 = family == Family::Ipv6;
    let namespaces = ends.sources.iter().map(|source| &source.namespace);
    let options = socket::Options::default();
    let opened = Namespace::run_in_each(namespaces, || {
        let echo = Echo::new(ipv6, next_identifier(), random(), SIZE);
        let socket = Socket::open(ipv6, &filter::program(ipv6, echo.identifier), &options)?;
        Ok::<_, io::Error>((echo, socket))
    })?;
    let mut rows = Vec::new();
    for (place, (opened, source)) in opened.into_iter().zip(&ends.sources).enumerate() {
        let object = || format!("a raw ICMP socket in {}", source.namespace);
        let (echo, socket) = opened.context("open", object)?;
        let sent = Duration::ZERO;
        let targets = ends.others(source, family).into_iter();
        rows.push(Row {
            source: place,
            socket,
            cells: targets
                .map(|target| (target, Cell::Waiting { sent }))
                .collect(),
            open: 0,
            echo,
            ipv6,
            buffer: vec![0; packet::buffer_size(SIZE)],
        });
    }
    Ok(rows)
}

impl Row {
    /// Whether a target has not been heard of.
    pub(super) fn waits(&self, target: usize) -> bool {
        matches!(self.cells.get(&target), Some(Cell::Waiting { .. }))
    }

    /// Sends a request; `false` if the socket has no room now.
    pub(super) fn send(&mut self, target: usize, address: IpAddr) -> bool {
        let packet = self.echo.request((target & 0xffff) as u16);
        let to: SockAddr = SocketAddr::new(address, 0).into();
        let now = clock();
        let result = self.socket.send(&packet, &to);
        let Some(cell) = self.cells.get_mut(&target) else {
            return true;
        };
        match result {
            Ok(()) => {
                // An answer to an earlier one may still come: it counts from then.
                if let Cell::Waiting { sent } = cell
                    && sent.is_zero()
                {
                    *sent = now;
                }
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return false,
            Err(error) => {
                // The neighbour table or a queue is full for the moment: as if it had been lost.
                let errno = error.raw_os_error().map_or(Errno::EIO, Errno::from_raw);
                if errno != Errno::ENOBUFS && errno != Errno::ENOMEM {
                    *cell = Cell::Refused(errno);
                    self.open = self.open.saturating_sub(1);
                }
            }
        }
        true
    }

    /// Takes what has arrived; whether anything of interest has.
    pub(super) fn receive(&mut self) -> io::Result<bool> {
        let mut any = false;
        for _ in 0..MOST_AT_ONCE {
            match self.socket.receive(&mut self.buffer) {
                Ok(received) => any |= self.received(&received),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        Ok(any)
    }

    fn received(&mut self, received: &Received) -> bool {
        let bytes = self.buffer.get(..received.length).unwrap_or(&self.buffer);
        match self.echo.read(bytes, received.length) {
            Some(Incoming::Reply { sequence, ttl, .. }) => {
                let Some(cell) = self.cells.get_mut(&usize::from(sequence)) else {
                    return false;
                };
                let sent = match cell {
                    Cell::Waiting { sent } => Some(*sent),
                    // A late answer is one.
                    Cell::Error { .. } => None,
                    Cell::Replied { .. } | Cell::Refused(_) => return false,
                };
                let was_open = sent.is_some();
                let rtt = round_trip(sent.unwrap_or_default(), received.at);
                *cell = Cell::Replied {
                    rtt_ns: u64::try_from(rtt.as_nanos()).unwrap_or(u64::MAX),
                    ttl: ttl.or(received.hop_limit),
                };
                self.open = self.open.saturating_sub(usize::from(was_open));
                true
            }
            Some(Incoming::Error {
                sequence,
                kind,
                code,
                info,
            }) if is_final(self.ipv6, kind) => {
                let cell = self.cells.get_mut(&usize::from(sequence));
                let Some(cell @ Cell::Waiting { .. }) = cell else {
                    return false;
                };
                *cell = Cell::Error {
                    from: received.from,
                    kind,
                    code,
                    info,
                };
                self.open = self.open.saturating_sub(1);
                true
            }
            Some(Incoming::Error { .. }) | None => false,
        }
    }
}

/// By the clock of the kernel's stamps, since the Unix epoch.
fn clock() -> Duration {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    now.unwrap_or_default()
}

/// From when a request was sent to the kernel's stamp of its answer; to now, if there is no stamp
/// that can be true.
fn round_trip(sent: Duration, at: Option<Duration>) -> Duration {
    let now = clock();
    let stamp = at.filter(|at| (sent..=now + CLOCK_SLACK).contains(at));
    stamp.unwrap_or(now).saturating_sub(sent)
}
