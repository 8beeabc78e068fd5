//! One request, one answer.

use std::fmt::Debug;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::time::Duration;

use netlink_packet_core::{
    ErrorBuffer, NLM_F_ACK, NLM_F_ACK_TLVS, NLM_F_CAPPED, NLM_F_DUMP, NLM_F_DUMP_INTR,
    NLM_F_REQUEST, NLMSG_DONE, NLMSG_ERROR, NLMSG_NOOP, NLMSG_OVERRUN, NetlinkBuffer,
    NetlinkHeader, NetlinkMessage, NetlinkPayload, NetlinkSerializable,
};
use netlink_sys::protocols::NETLINK_ROUTE;
use nix::errno::Errno;
use nix::sys::socket::{MsgFlags, recv, setsockopt, sockopt};
use nix::sys::time::{TimeVal, TimeValLike};
use tracing::{debug, trace};

use super::failure::{Failure, message};

/// The largest datagram of a dump: the kernel fills at most 32 KiB
/// (`netlink_dump`, `NLMSG_GOODSIZE` and `max_recvmsg_len`).
const LARGEST_DATAGRAM: usize = 32 * 1024;
/// Length of a `struct nlmsghdr`.
const HEADER: usize = 16;
/// How often a dump is begun again because the kernel's tables changed under
/// it, before the last one is taken as it is: an event follows anyway.
const DUMP_TRIES: usize = 5;
/// An answer is there when the send returns; this ends a conversation that
/// went wrong.
const PATIENCE: Duration = Duration::from_secs(5);

/// A routing netlink socket of the namespace in which it was opened.
#[derive(Debug)]
pub(crate) struct Socket {
    socket: netlink_sys::Socket,
    sequence: u32,
}

/// What can be asked.
pub(super) trait Request: NetlinkSerializable + Debug {}
impl<T: NetlinkSerializable + Debug> Request for T {}

/// How a conversation stands.
#[derive(Default)]
struct Progress {
    /// The answer is complete.
    complete: bool,
    /// The tables changed during the dump.
    inconsistent: bool,
    /// A message could not be read; the others are still received, as the
    /// kernel begins no dump before the last one has been read to its end.
    unreadable: Option<Failure>,
}

impl Socket {
    /// Opens one in the namespace of the calling thread.
    pub(crate) fn open() -> Result<Self, Failure> {
        Self::of(NETLINK_ROUTE)
    }

    /// Opens one of another protocol.
    pub(super) fn of(protocol: isize) -> Result<Self, Failure> {
        let mut socket = netlink_sys::Socket::new(protocol)?;
        socket.bind_auto()?;
        // Say why, and do not repeat my request: both since Linux 4.12.
        socket.set_ext_ack(true)?;
        socket.set_cap_ack(true)?;
        let seconds = i64::try_from(PATIENCE.as_secs()).unwrap_or(i64::MAX);
        setsockopt(&socket, sockopt::ReceiveTimeout, &TimeVal::seconds(seconds))?;
        Ok(Self {
            socket,
            sequence: 0,
        })
    }

    /// For what is no conversation.
    pub(super) fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }

    /// Asks for a change and waits for the kernel's yes.
    pub(super) fn change(&mut self, request: impl Request, flags: u16) -> Result<(), Failure> {
        self.converse(request, NLM_F_ACK | flags, |_| Ok(()))
            .map(drop)
    }

    /// Asks for one object; `read` reads its row.
    pub(super) fn get<T>(
        &mut self,
        request: impl Request,
        read: impl Fn(&[u8]) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let found = self.find(request, 0, read)?;
        found.ok_or_else(|| Failure::Broken("the kernel answered without an answer".to_owned()))
    }

    /// Asks for one object that the kernel may have nothing to say of.
    pub(super) fn find<T>(
        &mut self,
        request: impl Request,
        flags: u16,
        read: impl Fn(&[u8]) -> Result<T, Failure>,
    ) -> Result<Option<T>, Failure> {
        let mut found = None;
        self.converse(request, NLM_F_ACK | flags, |row| {
            found = Some(read(row)?);
            Ok(())
        })?;
        Ok(found)
    }

    /// Asks for a whole table; `read` reads a row, or says that it is none
    /// of those that are looked for.
    pub(super) fn dump<T>(
        &mut self,
        request: &(impl Request + Clone),
        read: impl Fn(&[u8]) -> Result<Option<T>, Failure>,
    ) -> Result<Vec<T>, Failure> {
        let mut rows = Vec::new();
        for _ in 0..DUMP_TRIES {
            rows.clear();
            let consistent = self.converse(request.clone(), NLM_F_DUMP, |row| {
                rows.extend(read(row)?);
                Ok(())
            })?;
            if consistent {
                break;
            }
            debug!("a dump was interrupted by a change: again");
        }
        Ok(rows)
    }

    /// [`Socket::dump`] of those rows that the request asks for. A kernel before 4.20 tells all
    /// of them: `read` must look, too.
    pub(super) fn dump_some<T>(
        &mut self,
        request: &(impl Request + Clone),
        read: impl Fn(&[u8]) -> Result<Option<T>, Failure>,
    ) -> Result<Vec<T>, Failure> {
        // Not for other requests: what they leave unsaid would be looked at, too.
        let heeds = self.socket.set_netlink_get_strict_chk(true).is_ok();
        let rows = self.dump(request, read);
        if heeds {
            self.socket.set_netlink_get_strict_chk(false)?;
        }
        rows
    }

    /// Sends a request and reads until its answer is complete. Returns whether
    /// a dump was consistent.
    pub(super) fn converse(
        &mut self,
        request: impl Request,
        flags: u16,
        mut each: impl FnMut(&[u8]) -> Result<(), Failure>,
    ) -> Result<bool, Failure> {
        trace!(?request, flags, "netlink");
        self.sequence = self.sequence.wrapping_add(1);
        let mut message = NetlinkMessage::new(
            NetlinkHeader::default(),
            NetlinkPayload::InnerMessage(request),
        );
        message.header.flags = NLM_F_REQUEST | flags;
        message.header.sequence_number = self.sequence;
        message.finalize();
        let mut bytes = vec![0; message.buffer_len()];
        message.serialize(&mut bytes);
        self.socket.send(&bytes, 0)?;

        let mut buffer = [0; LARGEST_DATAGRAM];
        let mut progress = Progress::default();
        while !progress.complete {
            let length = receive(&self.socket, &mut buffer, MsgFlags::empty())?;
            let datagram = buffer.get(..length).ok_or_else(|| too_long(length))?;
            self.read(datagram, &mut progress, &mut each)?;
        }
        progress.unreadable.map_or(Ok(!progress.inconsistent), Err)
    }

    /// Reads the messages of one datagram.
    fn read(
        &self,
        mut datagram: &[u8],
        progress: &mut Progress,
        each: &mut impl FnMut(&[u8]) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        while !datagram.is_empty() {
            let message = NetlinkBuffer::new_checked(datagram)?;
            let length = message.length() as usize;
            datagram = datagram
                .get(length.next_multiple_of(4)..)
                .unwrap_or_default();
            if message.sequence_number() != self.sequence {
                continue; // The rest of a conversation that was given up.
            }
            let payload = message.payload();
            let flags = message.flags();
            match message.message_type() {
                NLMSG_ERROR => {
                    progress.complete = true;
                    return acknowledged(flags, payload);
                }
                NLMSG_DONE => {
                    progress.complete = true;
                    progress.inconsistent |= flags & NLM_F_DUMP_INTR != 0;
                    return done(payload);
                }
                NLMSG_OVERRUN => return Err(Errno::ENOBUFS.into()),
                NLMSG_NOOP => {}
                _ => {
                    progress.inconsistent |= flags & NLM_F_DUMP_INTR != 0;
                    let result = each(payload);
                    progress.unreadable = progress.unreadable.take().or(result.err());
                }
            }
        }
        Ok(())
    }
}

/// An `NLMSG_ERROR`: a yes if its number is 0.
pub(super) fn acknowledged(flags: u16, payload: &[u8]) -> Result<(), Failure> {
    let code = ErrorBuffer::new_checked(payload)?
        .code()
        .map_or(0, |code| code.get());
    let request = payload.get(4..).unwrap_or_default();
    // The request's header follows, or, uncapped and refused, all of it.
    let repeated = match flags & NLM_F_CAPPED != 0 || code == 0 {
        true => HEADER,
        false => request
            .first_chunk::<4>()
            .map_or(HEADER, |length| u32::from_ne_bytes(*length) as usize)
            .next_multiple_of(4),
    };
    let attributes = match flags & NLM_F_ACK_TLVS != 0 {
        true => request.get(repeated..).unwrap_or_default(),
        false => &[],
    };
    if let (0, Some(text)) = (code, message(attributes)) {
        debug!(text, "the kernel warns");
    }
    Failure::of_answer(code, attributes).map_or(Ok(()), Err)
}

/// The end of a dump, which may be its failure (old kernels send no number).
pub(super) fn done(payload: &[u8]) -> Result<(), Failure> {
    let code = payload
        .first_chunk::<4>()
        .map_or(0, |code| i32::from_ne_bytes(*code));
    let attributes = payload.get(4..).unwrap_or_default();
    Failure::of_answer(code.min(0), attributes).map_or(Ok(()), Err)
}

/// Receives one datagram and returns its whole length, also if it was cut.
pub(super) fn receive(
    socket: &netlink_sys::Socket,
    buffer: &mut [u8],
    flags: MsgFlags,
) -> Result<usize, Errno> {
    loop {
        match recv(socket.as_raw_fd(), buffer, MsgFlags::MSG_TRUNC | flags) {
            Err(Errno::EINTR) => {}
            other => return other,
        }
    }
}

fn too_long(length: usize) -> Failure {
    Failure::Broken(format!(
        "an answer of the kernel is {length} bytes long, more than {LARGEST_DATAGRAM}"
    ))
}
