//! Raw ICMP sockets.

use std::io::{self, IoSliceMut};
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::socket::{
    ControlMessageOwned, MsgFlags, SockaddrStorage, TimestampingFlag, recvmsg, setsockopt, sockopt,
};
use nix::sys::time::TimeSpec;
use socket2::{Domain, Protocol, SockAddr, SockFilter, Type};

/// Bytes that may wait in a socket: what the kernel gives without privilege (`net.core.rmem_max`)
/// is less, and taken.
const ROOM: usize = 4 << 20;
/// Room for `struct scm_timestamping` and `struct sock_extended_err` with an address, and a hop
/// limit, each with its header.
const CONTROL: usize = 256;

/// A raw ICMP or ICMPv6 socket.
#[derive(Debug)]
pub(in crate::probe) struct Socket {
    inner: socket2::Socket,
}

/// How one is opened.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::probe) struct Options {
    /// Time to live (hop limit) of what is sent.
    pub(in crate::probe) ttl: Option<u8>,
    /// Whether it may be fragmented.
    pub(in crate::probe) fragment: Fragment,
    /// The address to send from.
    pub(in crate::probe) source: Option<IpAddr>,
    /// Have the kernel stamp what is sent ([`Socket::take_sent`]).
    pub(in crate::probe) stamp_sent: bool,
}

/// Whether what is sent may be fragmented (`ping -M`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::probe) enum Fragment {
    /// As the namespace has it.
    #[default]
    Usual,
    /// Never; what is larger than the path is known to take is refused here (`EMSGSIZE`).
    Never,
    /// Never, and what is known of the path does not matter.
    Probe,
}

/// A packet that was received.
#[derive(Debug)]
pub(in crate::probe) struct Received {
    /// Its length, which may be more than there was room for.
    pub(in crate::probe) length: usize,
    /// Who sent it.
    pub(in crate::probe) from: IpAddr,
    /// When the kernel received it, since the Unix epoch.
    pub(in crate::probe) at: Option<Duration>,
    /// Hop limit (IPv6).
    pub(in crate::probe) hop_limit: Option<u8>,
}

impl Socket {
    /// Opens one in the namespace of the calling thread; it hears what passes `filter`.
    pub(in crate::probe) fn open(
        ipv6: bool,
        filter: &[SockFilter],
        options: &Options,
    ) -> io::Result<Self> {
        let (domain, protocol) = match ipv6 {
            false => (Domain::IPV4, Protocol::ICMPV4),
            true => (Domain::IPV6, Protocol::ICMPV6),
        };
        let inner = socket2::Socket::new(domain, Type::RAW.nonblocking(), Some(protocol))?;
        inner.attach_filter(filter)?;
        inner.set_recv_buffer_size(ROOM)?;
        // Software stamps of what comes, and on request of what goes (networking/timestamping).
        let mut stamps = TimestampingFlag::SOF_TIMESTAMPING_SOFTWARE
            | TimestampingFlag::SOF_TIMESTAMPING_RX_SOFTWARE;
        if options.stamp_sent {
            // Before the queue of the device: what it delays is a part of the way.
            stamps |= TimestampingFlag::from_bits_retain(libc::SOF_TIMESTAMPING_TX_SCHED);
        }
        setsockopt(&inner, sockopt::Timestamping, &stamps)?;
        if ipv6 {
            setsockopt(&inner, sockopt::Ipv6RecvHopLimit, &true)?;
        }
        match options.ttl {
            Some(ttl) if ipv6 => inner.set_unicast_hops_v6(ttl.into())?,
            Some(ttl) => inner.set_ttl_v4(ttl.into())?,
            None => {}
        }
        fragment(&inner, ipv6, options.fragment)?;
        if let Some(source) = options.source {
            inner.bind(&SocketAddr::new(source, 0).into())?;
        }
        Ok(Self { inner })
    }

    /// Sets the time to live (hop limit) of what is sent from now on.
    pub(in crate::probe) fn set_ttl(&self, ipv6: bool, ttl: u8) -> io::Result<()> {
        match ipv6 {
            true => self.inner.set_unicast_hops_v6(ttl.into()),
            false => self.inner.set_ttl_v4(ttl.into()),
        }
    }

    /// Sends a packet.
    pub(in crate::probe) fn send(&self, packet: &[u8], to: &SockAddr) -> io::Result<()> {
        loop {
            match self.inner.send_to(packet, to) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => return other.map(drop),
            }
        }
    }

    /// Takes the next packet; `WouldBlock` if there is none.
    pub(in crate::probe) fn receive(&self, buffer: &mut [u8]) -> io::Result<Received> {
        let mut control = Control([0; CONTROL]);
        let mut parts = [IoSliceMut::new(buffer)];
        let flags = MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_TRUNC;
        let number = self.inner.as_raw_fd();
        let message = recvmsg::<SockaddrStorage>(number, &mut parts, Some(&mut control.0), flags)?;
        let mut received = Received {
            length: message.bytes,
            from: sender(message.address).ok_or(Errno::EAFNOSUPPORT)?,
            at: None,
            hop_limit: None,
        };
        for part in message.cmsgs()? {
            match part {
                ControlMessageOwned::ScmTimestampsns(stamps) => received.at = stamp(stamps.system),
                ControlMessageOwned::Ipv6HopLimit(limit) => {
                    received.hop_limit = u8::try_from(limit).ok();
                }
                _ => {}
            }
        }
        Ok(received)
    }

    /// Takes the next stamp of a packet that was sent: the packet's whole length, of which `buffer`
    /// gets the beginning (headers of lower layers first), and when it was given to the device.
    /// `None` if there is none now.
    pub(in crate::probe) fn take_sent(&self, buffer: &mut [u8]) -> Option<(usize, Duration)> {
        loop {
            let mut control = Control([0; CONTROL]);
            let mut parts = [IoSliceMut::new(buffer)];
            let flags = MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_ERRQUEUE | MsgFlags::MSG_TRUNC;
            let number = self.inner.as_raw_fd();
            let message =
                recvmsg::<SockaddrStorage>(number, &mut parts, Some(&mut control.0), flags).ok()?;
            for part in message.cmsgs().ok()? {
                if let ControlMessageOwned::ScmTimestampsns(stamps) = part
                    && let Some(at) = stamp(stamps.system)
                {
                    return Some((message.bytes, at));
                }
            }
        }
    }
}

/// Room for control messages, aligned as the kernel's headers are.
#[repr(C, align(8))]
struct Control([u8; CONTROL]);

/// A stamp since the Unix epoch; a clock before 1970 and no stamp (0) give none.
fn stamp(at: TimeSpec) -> Option<Duration> {
    (at.tv_sec() > 0).then(|| at.into())
}

/// `IP_MTU_DISCOVER` and `IPV6_MTU_DISCOVER` (ip(7), ipv6(7)): `socket2` has neither.
fn fragment(socket: &socket2::Socket, ipv6: bool, fragment: Fragment) -> io::Result<()> {
    let (level, name) = match ipv6 {
        false => (libc::IPPROTO_IP, libc::IP_MTU_DISCOVER),
        true => (libc::IPPROTO_IPV6, libc::IPV6_MTU_DISCOVER),
    };
    // The values are the same for both.
    let value = match fragment {
        Fragment::Usual => return Ok(()),
        Fragment::Never => libc::IP_PMTUDISC_DO,
        Fragment::Probe => libc::IP_PMTUDISC_PROBE,
    };
    crate::sys::set_option(socket.as_fd(), level, name, value)?;
    Ok(())
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
