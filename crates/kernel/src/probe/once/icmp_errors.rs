//! Hearing ICMP errors about packets of TCP and UDP.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use protocol::probe::IcmpRefusal;

use crate::probe::icmp::packet::{self, TransportError};
use crate::probe::icmp::socket::{Options, Socket};
use crate::probe::icmp::{filter, meaning};

/// Most packets that are taken in one go.
const MOST_AT_ONCE: usize = 256;

/// `tcp` and `udp` (IANA protocol numbers).
pub(super) const TCP: u8 = 6;
pub(super) const UDP: u8 = 17;

/// A socket that hears them.
pub(super) struct IcmpErrors {
    socket: Socket,
    ipv6: bool,
    buffer: Vec<u8>,
}

/// One that was heard.
#[derive(Debug, Clone, Copy)]
pub(super) struct Heard {
    pub(super) from: IpAddr,
    /// When the kernel received it, since the Unix epoch.
    pub(super) at: Option<Duration>,
    pub(super) error: TransportError,
}

impl IcmpErrors {
    /// Opens one in the namespace of the calling thread.
    pub(super) fn open(ipv6: bool) -> io::Result<Self> {
        Ok(Self {
            socket: Socket::open(ipv6, &filter::errors(ipv6), &Options::default())?,
            ipv6,
            buffer: vec![0; packet::buffer_size(0)],
        })
    }

    /// Takes all that have come about packets of a protocol to an address.
    pub(super) fn take(&mut self, protocol: u8, target: IpAddr) -> Vec<Heard> {
        let mut heard = Vec::new();
        for _ in 0..MOST_AT_ONCE {
            let Ok(received) = self.socket.receive(&mut self.buffer) else {
                break;
            };
            let bytes = self.buffer.get(..received.length).unwrap_or(&self.buffer);
            let error = packet::transport_error(self.ipv6, bytes);
            let ours = |e: &TransportError| e.protocol == protocol && e.destination.ip() == target;
            heard.extend(error.filter(ours).map(|error| Heard {
                from: received.from,
                at: received.at,
                error,
            }));
        }
        heard
    }

    /// The first one about the packets of a socket, if it is the end of them.
    pub(super) fn refusal(
        &mut self,
        protocol: u8,
        local: Option<SocketAddr>,
        remote: SocketAddr,
        took: Duration,
    ) -> Option<IcmpRefusal> {
        let heard = self.take(protocol, remote.ip()).into_iter().find(|heard| {
            let port = local.map(|local| local.port());
            heard.error.destination.port() == remote.port()
                && port.is_none_or(|port| heard.error.source.port() == port)
                && meaning::is_final(self.ipv6, heard.error.kind)
        })?;
        let TransportError {
            kind, code, info, ..
        } = heard.error;
        Some(IcmpRefusal {
            by: heard.from,
            reason: meaning::reason(self.ipv6, kind, code),
            kind,
            code,
            meaning: meaning::meaning(self.ipv6, kind, code, info),
            took_ns: nanoseconds(took),
        })
    }
}

impl AsFd for IcmpErrors {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// As messages say it.
pub(super) fn nanoseconds(took: Duration) -> u64 {
    u64::try_from(took.as_nanos()).unwrap_or(u64::MAX)
}
