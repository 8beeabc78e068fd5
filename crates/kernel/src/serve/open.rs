//! The sockets of a port that is served.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, UdpSocket};

use nix::sys::socket::{setsockopt, sockopt};
use socket2::{Domain, Protocol, Socket, Type};
use topology::expectation::Transport;
use topology::serve::Port;

/// Connections that may wait to be accepted.
const BACKLOG: i32 = 64;

/// One for each family: IPv4, and IPv6 if the kernel has it.
pub(super) enum Sockets {
    Tcp(Vec<TcpListener>),
    Udp(Vec<UdpSocket>),
}

/// Opens them in the namespace of the calling thread.
pub(super) fn open(port: Port) -> io::Result<Sockets> {
    let number = port.number.get();
    let any = [
        IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    ];
    let mut sockets = Vec::with_capacity(any.len());
    for address in any {
        match bound(port.transport, SocketAddr::new(address, number)) {
            Ok(socket) => sockets.push(socket),
            // A kernel without IPv6.
            Err(error) if address.is_ipv6() && is_without_family(&error) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(match port.transport {
        Transport::Tcp => Sockets::Tcp(sockets.into_iter().map(TcpListener::from).collect()),
        Transport::Udp => Sockets::Udp(sockets.into_iter().map(UdpSocket::from).collect()),
    })
}

fn is_without_family(error: &io::Error) -> bool {
    error.raw_os_error() == Some(libc::EAFNOSUPPORT)
}

fn bound(transport: Transport, at: SocketAddr) -> io::Result<Socket> {
    let (kind, protocol) = match transport {
        Transport::Tcp => (Type::STREAM, Protocol::TCP),
        Transport::Udp => (Type::DGRAM, Protocol::UDP),
    };
    let socket = Socket::new(Domain::for_address(at), kind.nonblocking(), Some(protocol))?;
    if at.is_ipv6() {
        // Apart from that of IPv4, so that the addresses of both are themselves.
        socket.set_only_v6(true)?;
    }
    match transport {
        Transport::Tcp => {
            // Connections that have just ended keep nobody from listening anew.
            socket.set_reuse_address(true)?;
            socket.bind(&at.into())?;
            socket.listen(BACKLOG)?;
        }
        Transport::Udp => {
            // An answer comes from the address that was asked, of several.
            match at.is_ipv6() {
                true => setsockopt(&socket, sockopt::Ipv6RecvPacketInfo, &true)?,
                false => setsockopt(&socket, sockopt::Ipv4PacketInfo, &true)?,
            }
            socket.bind(&at.into())?;
        }
    }
    Ok(socket)
}
