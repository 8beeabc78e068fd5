//! The largest packet that a path takes whole: echo requests that must not be fragmented.

use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags};
use protocol::probe::{MtuLimit, PathMtu, PathMtuProbed};
use socket2::SockAddr;

use super::{From, said, wait, within};
use crate::error::{Cause, Context, Error, Result};
use crate::netlink::Socket as Netlink;
use crate::probe::diagnose::Surroundings;
use crate::probe::icmp::packet::{self, Echo, HEADER, Incoming};
use crate::probe::icmp::socket::{Fragment, Options, Socket};
use crate::probe::icmp::{filter, scope};
use crate::probe::{next_identifier, random};

use std::os::fd::AsFd;

/// What every path takes (RFC 791, 3.2: 68; RFC 8200, 5), but no less than an echo request with a
/// token needs.
const LEAST_V4: u32 = 68;
const LEAST_V6: u32 = 1280;
/// Largest IPv4 packet, and IPv6 one that is no jumbogram.
const MOST_V4: u32 = 65_535;
const MOST_V6: u32 = 65_575;
/// Headers of IP.
const IPV4: u32 = 20;
const IPV6: u32 = 40;
/// How often each size is tried: an answer may be lost while its own way back is found out.
const TRIES: usize = 2;
/// Limits that are followed: more routers than a packet passes.
const MOST_LIMITS: usize = 64;

/// What came of a size.
enum Came {
    Answer,
    TooBig(MtuLimit),
    Silence,
}

pub(super) fn measure<L: Surroundings + ?Sized>(
    from: &From<'_, L>,
    asked: &PathMtu,
) -> Result<PathMtuProbed> {
    let object = || format!("the path to {} from {}", asked.target, from.namespace);
    let failed = |cause: Cause| Error::new("measure", object(), cause);
    let patience = within("timeout", asked.timeout_ms, 10..=10_000).map_err(failed)?;
    let ipv6 = asked.target.is_ipv6();
    let open = || {
        let to: SockAddr = scope::destination(asked.target)?.into();
        let identifier = next_identifier();
        let options = Options {
            fragment: Fragment::Probe,
            ..Options::default()
        };
        let socket = Socket::open(ipv6, &filter::program(ipv6, identifier), &options)?;
        let mut netlink = Netlink::open().map_err(|failure| Cause::Text(failure.to_string()))?;
        let way = netlink.look_up(asked.target, None);
        Ok::<_, Cause>((to, identifier, socket, way))
    };
    let (to, identifier, socket, way) = from.namespace.run(open)?.map_err(failed)?;
    let way = way.context("measure", object)?;
    let (least, most) = match ipv6 {
        true => (LEAST_V6, MOST_V6),
        false => (LEAST_V4, MOST_V4),
    };
    let observed = from.lab.observed();
    let state = observed.namespaces.get(&from.source);
    let interface = way
        .interface
        .and_then(|index| state?.interfaces.get(&index));
    let first = interface.map_or(most, |interface| interface.mtu).min(most);
    let mut asking = Asking {
        socket,
        to,
        ipv6,
        identifier,
        patience,
        sequence: 0,
    };
    let mut limits: Vec<MtuLimit> = Vec::new();
    let mut size = first;
    // As long as routers say what they take, it is followed.
    let silent = loop {
        match asking.ask(size).map_err(failed)? {
            Came::Answer => {
                return Ok(PathMtuProbed {
                    mtu: size,
                    first,
                    limits,
                    black_hole: false,
                });
            }
            Came::TooBig(limit) if (least..size).contains(&limit.mtu) => {
                size = limit.mtu;
                limits.push(limit);
                if limits.len() > MOST_LIMITS {
                    break size;
                }
            }
            Came::TooBig(_) | Came::Silence => break size,
        }
    };
    // Else it is found by halving.
    let (mut good, mut bad) = (least, silent);
    if !matches!(asking.ask(good).map_err(failed)?, Came::Answer) {
        let findings = from.findings(asked.target);
        let why = findings
            .first()
            .map_or("nothing is seen that explains it", |f| &f.text);
        let text = format!("it does not answer, not even to {least} bytes: {why}");
        return Err(failed(text.into()));
    }
    while bad - good > 1 {
        let middle = good + (bad - good) / 2;
        match asking.ask(middle).map_err(failed)? {
            Came::Answer => good = middle,
            Came::TooBig(limit) => {
                bad = middle;
                if limits.len() < MOST_LIMITS {
                    limits.push(limit);
                }
            }
            Came::Silence => bad = middle,
        }
    }
    Ok(PathMtuProbed {
        mtu: good,
        first,
        limits,
        black_hole: true,
    })
}

/// Echo requests of any size.
struct Asking {
    socket: Socket,
    to: SockAddr,
    ipv6: bool,
    identifier: u16,
    patience: Duration,
    sequence: u16,
}

impl Asking {
    /// Sends packets of that many bytes until one is answered, or enough are not.
    fn ask(&mut self, size: u32) -> Result<Came, Cause> {
        let headers = if self.ipv6 { IPV6 } else { IPV4 };
        let data = size.saturating_sub(headers + HEADER as u32);
        let data = u16::try_from(data).unwrap_or(u16::MAX);
        let echo = Echo::new(self.ipv6, self.identifier, random(), data);
        let mut buffer = vec![0; packet::buffer_size(data)];
        for _ in 0..TRIES {
            self.sequence = self.sequence.wrapping_add(1);
            let packet = echo.request(self.sequence);
            self.socket
                .send(&packet, &self.to)
                .map_err(|error| Cause::Text(said(&error)))?;
            let begun = Instant::now();
            while let Some(left) = self.patience.checked_sub(begun.elapsed()) {
                let mut ready = [PollFd::new(self.socket.as_fd(), PollFlags::POLLIN)];
                wait(&mut ready, left)?;
                while let Ok(received) = self.socket.receive(&mut buffer) {
                    let bytes = buffer.get(..received.length).unwrap_or(&buffer);
                    match echo.read(bytes, received.length) {
                        Some(Incoming::Reply { .. }) => return Ok(Came::Answer),
                        Some(Incoming::Error {
                            kind, code, info, ..
                        }) => match (self.ipv6, kind, code) {
                            (false, 3, 4) => {
                                return Ok(Came::TooBig(MtuLimit {
                                    by: received.from,
                                    // RFC 1191, 4: in the lower half.
                                    mtu: info & 0xffff,
                                }));
                            }
                            (true, 2, _) => {
                                return Ok(Came::TooBig(MtuLimit {
                                    by: received.from,
                                    mtu: info,
                                }));
                            }
                            _ => {}
                        },
                        None => {}
                    }
                }
            }
        }
        Ok(Came::Silence)
    }
}
