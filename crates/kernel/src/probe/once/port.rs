//! Whether anybody is at a port.

use std::io;
use std::net::SocketAddr;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags};
use protocol::probe::{PortProbe, TcpProbed, UdpProbed};
use socket2::{Protocol, Socket, Type};

use super::icmp_errors::{IcmpErrors, TCP, UDP, nanoseconds};
use super::{From, domain, wait, within};
use crate::error::{Cause, Context, Error, Result};
use crate::probe::diagnose::Surroundings;
use crate::probe::icmp::scope;

/// Longest time to wait, milliseconds.
const MOST_WAITING: u32 = 30_000;
/// What is sent to a UDP port, but for DNS.
const DATAGRAM: &[u8] = b"netyard\n";
/// The port of DNS.
const DNS: u16 = 53;
/// A question for the root's name servers: the shortest one that every server answers, if only
/// with a refusal (RFC 1035, 4.1).
const QUESTION: [u8; 17] = [
    0x4e, 0x59, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, // header: recursion desired, one question
    0, 0, 2, 0, 1, // the root, NS, IN
];

/// Tries to connect.
pub(super) fn tcp<L: Surroundings + ?Sized>(
    from: &From<'_, L>,
    asked: &PortProbe,
) -> Result<TcpProbed> {
    let Begun {
        socket,
        mut errors,
        remote,
        patience,
    } = begin(from, asked, Type::STREAM, Protocol::TCP)?;
    let object = || what(from, asked);
    let begun = Instant::now();
    match socket.connect(&remote.into()) {
        Ok(()) => {}
        Err(error) if error.raw_os_error() == Some(libc::EINPROGRESS) => {}
        // On a loopback the answer is there when the call returns.
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            return Ok(refused(&mut errors, &socket, remote, begun.elapsed()));
        }
        Err(error) => return Ok(TcpProbed::NotSent(from.not_sent(asked.target, &error))),
    }
    let local = local(&socket);
    while let Some(left) = patience.checked_sub(begun.elapsed()) {
        let mut ready = [
            PollFd::new(socket.as_fd(), PollFlags::POLLOUT),
            PollFd::new(errors.as_fd(), PollFlags::POLLIN),
        ];
        wait(&mut ready, left).context("wait for", object)?;
        let connected = ready.first().and_then(PollFd::any).unwrap_or(false);
        let took = begun.elapsed();
        if connected {
            return Ok(match socket.take_error() {
                Ok(None) => TcpProbed::Open {
                    took_ns: nanoseconds(took),
                },
                Ok(Some(error)) | Err(error) => match error.kind() {
                    io::ErrorKind::ConnectionRefused => refused(&mut errors, &socket, remote, took),
                    _ => match errors.refusal(TCP, local, remote, took) {
                        Some(refusal) => TcpProbed::Rejected(refusal),
                        None => TcpProbed::NotSent(from.not_sent(asked.target, &error)),
                    },
                },
            });
        }
        if let Some(refusal) = errors.refusal(TCP, local, remote, took) {
            return Ok(TcpProbed::Rejected(refusal));
        }
    }
    Ok(TcpProbed::Silent(from.silence(asked.target)))
}

/// A connection was refused: by an ICMP error if one was heard, else by a reset.
fn refused(
    errors: &mut IcmpErrors,
    socket: &Socket,
    remote: SocketAddr,
    took: Duration,
) -> TcpProbed {
    match errors.refusal(TCP, local(socket), remote, took) {
        Some(refusal) => TcpProbed::Rejected(refusal),
        None => TcpProbed::Refused {
            by: remote.ip(),
            took_ns: nanoseconds(took),
        },
    }
}

/// Sends a datagram and listens.
pub(super) fn udp<L: Surroundings + ?Sized>(
    from: &From<'_, L>,
    asked: &PortProbe,
) -> Result<UdpProbed> {
    let Begun {
        socket,
        mut errors,
        remote,
        patience,
    } = begin(from, asked, Type::DGRAM, Protocol::UDP)?;
    let object = || what(from, asked);
    if let Err(error) = socket.connect(&remote.into()) {
        return Ok(UdpProbed::NotSent(from.not_sent(asked.target, &error)));
    }
    let local = local(&socket);
    let payload = match asked.port {
        DNS => &QUESTION[..],
        _ => DATAGRAM,
    };
    let begun = Instant::now();
    if let Err(error) = socket.send(payload)
        && error.kind() != io::ErrorKind::ConnectionRefused
    {
        return Ok(UdpProbed::NotSent(from.not_sent(asked.target, &error)));
    }
    let mut stream = &socket;
    while let Some(left) = patience.checked_sub(begun.elapsed()) {
        let mut ready = [
            PollFd::new(socket.as_fd(), PollFlags::POLLIN),
            PollFd::new(errors.as_fd(), PollFlags::POLLIN),
        ];
        wait(&mut ready, left).context("wait for", object)?;
        let took = begun.elapsed();
        if let Some(refusal) = errors.refusal(UDP, local, remote, took) {
            return Ok(UdpProbed::Rejected(refusal));
        }
        let mut answer = [0; 2048];
        // An error of the socket is that of an ICMP message, which is heard above.
        if let Ok(bytes) = io::Read::read(&mut stream, &mut answer) {
            return Ok(UdpProbed::Answered {
                bytes: u32::try_from(bytes).unwrap_or(u32::MAX),
                took_ns: nanoseconds(took),
            });
        }
    }
    Ok(UdpProbed::Silent(from.silence(asked.target)))
}

/// The sockets of a probe.
struct Begun {
    socket: Socket,
    errors: IcmpErrors,
    remote: SocketAddr,
    patience: Duration,
}

fn begin<L: Surroundings + ?Sized>(
    from: &From<'_, L>,
    asked: &PortProbe,
    kind: Type,
    protocol: Protocol,
) -> Result<Begun> {
    let object = || what(from, asked);
    let patience = within("timeout", asked.timeout_ms, 10..=MOST_WAITING)
        .map_err(|cause| Error::new("probe", object(), cause))?;
    let open = || {
        let mut remote = scope::destination(asked.target)?;
        remote.set_port(asked.port);
        let socket = Socket::new(domain(asked.target), kind.nonblocking(), Some(protocol))?;
        let errors = IcmpErrors::open(asked.target.is_ipv6())?;
        Ok::<_, Cause>((remote, socket, errors))
    };
    let (remote, socket, errors) = from.namespace.run(open)?.context("probe", object)?;
    Ok(Begun {
        socket,
        errors,
        remote,
        patience,
    })
}

fn what<L: ?Sized>(from: &From<'_, L>, asked: &PortProbe) -> String {
    let port = SocketAddr::new(asked.target, asked.port);
    format!("{port} from {}", from.namespace)
}

fn local(socket: &Socket) -> Option<SocketAddr> {
    socket.local_addr().ok()?.as_socket()
}
