//! The socket of an interface that advertises.

use std::io::{self, IoSliceMut};
use std::net::{Ipv6Addr, SocketAddrV6};
use std::os::fd::AsRawFd;

use nix::sys::socket::{
    ControlMessageOwned, MsgFlags, SockaddrStorage, recvmsg, setsockopt, sockopt,
};
use socket2::{Domain, Protocol, SockAddr, SockFilter, Type};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use super::message::{HOP_LIMIT, SOLICITATION, is_solicitation};

/// All nodes and all routers of a link (RFC 4291, 2.7.1).
const ALL_NODES: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1);
const ALL_ROUTERS: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 2);
/// Octets of a solicitation that are looked at.
const LOOKED_AT: usize = 128;
/// Octets of what may wait in it: a solicitation is answered by the next advertisement, so that
/// what does not fit loses nothing.
const ROOM: usize = 8 << 10;
/// Passes solicitations only: the type is the first octet that a raw ICMPv6 socket sees.
const FILTER: [SockFilter; 4] = [
    SockFilter::new(0x30, 0, 0, 0),                   // ldb [0]
    SockFilter::new(0x15, 0, 1, SOLICITATION as u32), // jeq
    SockFilter::new(0x06, 0, 0, u32::MAX),            // ret all
    SockFilter::new(0x06, 0, 0, 0),                   // ret nothing
];

/// A raw ICMPv6 socket that hears solicitations on one interface.
#[derive(Debug)]
pub(super) struct Socket {
    inner: AsyncFd<socket2::Socket>,
    all_nodes: SockAddr,
}

/// Opens one in the namespace of the calling thread. `source` is a link-local address of the
/// interface: one that is still being tried is refused (`EADDRNOTAVAIL`).
pub(super) fn open(index: u32, source: Ipv6Addr) -> io::Result<socket2::Socket> {
    let kind = Type::RAW.nonblocking();
    let socket = socket2::Socket::new(Domain::IPV6, kind, Some(Protocol::ICMPV6))?;
    socket.attach_filter(&FILTER)?;
    socket.set_recv_buffer_size(ROOM)?;
    setsockopt(&socket, sockopt::Ipv6RecvHopLimit, &true)?;
    socket.set_multicast_hops_v6(HOP_LIMIT.into())?;
    socket.set_multicast_loop_v6(false)?;
    socket.set_multicast_if_v6(index)?;
    socket.bind(&SocketAddrV6::new(source, 0, 0, index).into())?;
    socket.join_multicast_v6(&ALL_ROUTERS, index)?;
    Ok(socket)
}

impl Socket {
    /// One that was opened.
    pub(super) fn new(opened: socket2::Socket, index: u32) -> io::Result<Self> {
        // SAFETY: the socket owns its descriptor and never closes or replaces it while it lives.
        let inner = unsafe { AsyncFd::register_with_interest(opened, Interest::READABLE) }?;
        Ok(Self {
            inner,
            all_nodes: SocketAddrV6::new(ALL_NODES, 0, 0, index).into(),
        })
    }

    /// Sends an advertisement to all of the link.
    pub(super) fn send(&self, bytes: &[u8]) -> io::Result<()> {
        self.inner
            .get_ref()
            .send_to(bytes, &self.all_nodes)
            .map(drop)
    }

    /// Waits for a solicitation. Nothing is lost when the future is dropped.
    pub(super) async fn solicited(&self) -> io::Result<()> {
        loop {
            let received = self.inner.async_io(Interest::READABLE, receive).await?;
            if received {
                return Ok(());
            }
        }
    }
}

/// Takes one packet; whether it is a solicitation.
fn receive(socket: &socket2::Socket) -> io::Result<bool> {
    let mut buffer = [0; LOOKED_AT];
    let mut control = nix::cmsg_space!(libc::c_int);
    let mut parts = [IoSliceMut::new(&mut buffer)];
    let flags = MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_TRUNC;
    let number = socket.as_raw_fd();
    let message = recvmsg::<SockaddrStorage>(number, &mut parts, Some(&mut control), flags)?;
    let length = message.bytes;
    let hop_limit = message.cmsgs()?.find_map(|part| match part {
        ControlMessageOwned::Ipv6HopLimit(limit) => u8::try_from(limit).ok(),
        _ => None,
    });
    let bytes = buffer.get(..length).unwrap_or(&buffer);
    Ok(is_solicitation(bytes, length, hop_limit))
}
