//! The raw socket of a ping.

use std::io::{self, IoSliceMut};
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::socket::{
    ControlMessageOwned, MsgFlags, SockaddrStorage, recvmsg, setsockopt, sockopt,
};
use nix::sys::time::TimeSpec;
use socket2::{Domain, Protocol, SockAddr, Type};

use super::filter;

/// A raw ICMP or ICMPv6 socket for one target.
#[derive(Debug)]
pub(super) struct Socket {
    inner: socket2::Socket,
    destination: SockAddr,
    /// Room for a time stamp and a hop limit.
    control: usize,
}

/// A packet that was received.
#[derive(Debug)]
pub(super) struct Received {
    /// Its length, which may be more than there was room for.
    pub(super) length: usize,
    /// Who sent it.
    pub(super) from: IpAddr,
    /// When the kernel received it, since the Unix epoch.
    pub(super) at: Option<Duration>,
    /// Hop limit (IPv6).
    pub(super) hop_limit: Option<u8>,
}

impl Socket {
    /// Opens one in the namespace of the calling thread.
    pub(super) fn open(
        destination: SocketAddr,
        identifier: u16,
        ttl: Option<u8>,
    ) -> io::Result<Self> {
        let ipv6 = destination.is_ipv6();
        let (domain, protocol) = match ipv6 {
            false => (Domain::IPV4, Protocol::ICMPV4),
            true => (Domain::IPV6, Protocol::ICMPV6),
        };
        let inner = socket2::Socket::new(domain, Type::RAW.nonblocking(), Some(protocol))?;
        inner.attach_filter(&filter::program(ipv6, identifier))?;
        setsockopt(&inner, sockopt::ReceiveTimestampns, &true)?;
        if ipv6 {
            setsockopt(&inner, sockopt::Ipv6RecvHopLimit, &true)?;
        }
        match ttl {
            Some(ttl) if ipv6 => inner.set_unicast_hops_v6(ttl.into())?,
            Some(ttl) => inner.set_ttl_v4(ttl.into())?,
            None => {}
        }
        Ok(Self {
            inner,
            destination: destination.into(),
            control: nix::cmsg_space!(TimeSpec, libc::c_int).capacity(),
        })
    }

    /// Sends a request.
    pub(super) fn send(&self, packet: &[u8]) -> io::Result<()> {
        loop {
            match self.inner.send_to(packet, &self.destination) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => return other.map(drop),
            }
        }
    }

    /// Takes the next packet; `WouldBlock` if there is none.
    pub(super) fn receive(&self, buffer: &mut [u8]) -> io::Result<Received> {
        let mut control = vec![0; self.control];
        let mut parts = [IoSliceMut::new(buffer)];
        let flags = MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_TRUNC;
        let number = self.inner.as_raw_fd();
        let message = recvmsg::<SockaddrStorage>(number, &mut parts, Some(&mut control), flags)?;
        let mut received = Received {
            length: message.bytes,
            from: sender(message.address).ok_or(Errno::EAFNOSUPPORT)?,
            at: None,
            hop_limit: None,
        };
        for part in message.cmsgs()? {
            match part {
                ControlMessageOwned::ScmTimestampns(at) => {
                    // A clock before 1970 gives no time.
                    received.at = (at.tv_sec() >= 0).then(|| at.into());
                }
                ControlMessageOwned::Ipv6HopLimit(limit) => {
                    received.hop_limit = u8::try_from(limit).ok();
                }
                _ => {}
            }
        }
        Ok(received)
    }
}

impl AsRawFd for Socket {
    fn as_raw_fd(&self) -> RawFd {
        self.inner.as_raw_fd()
    }
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.inner.as_fd()
    }
}

fn sender(address: Option<SockaddrStorage>) -> Option<IpAddr> {
    let address = address?;
    let v4 = address.as_sockaddr_in().map(|a| IpAddr::V4(a.ip()));
    v4.or_else(|| address.as_sockaddr_in6().map(|a| IpAddr::V6(a.ip())))
}
