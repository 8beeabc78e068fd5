//! The older pcap format.

use super::{Error, Interface};
use crate::{Timestamp, View};

/// The first four bytes of a file with microseconds.
const MICROSECONDS: u32 = 0xa1b2_c3d4;
/// The first four bytes of a file with nanoseconds.
const NANOSECONDS: u32 = 0xa1b2_3c4d;

const RECORD_LENGTH: usize = 16;

/// The longest packet of a file that says nothing of it, as in libpcap.
const LONGEST_PACKET: u32 = 262_144;

/// How to read the records of a file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pcap {
    big_endian: bool,
    /// Nanoseconds in the unit of the fractions of seconds.
    unit: u32,
    /// No more bytes of a packet are taken; libpcap does the same with files that contradict themselves.
    snap_length: u32,
}

impl Pcap {
    pub(super) const HEADER_LENGTH: usize = 24;

    /// Reads the header; `None` if the file does not start as pcap.
    pub(super) fn open(bytes: &[u8]) -> Result<Option<(Self, Interface)>, Error> {
        let Some(magic) = bytes.first_chunk::<4>() else {
            return Ok(None);
        };
        let big = u32::from_be_bytes(*magic);
        let (big_endian, unit) = match (big, big.swap_bytes()) {
            (MICROSECONDS, _) => (true, 1000),
            (_, MICROSECONDS) => (false, 1000),
            (NANOSECONDS, _) => (true, 1),
            (_, NANOSECONDS) => (false, 1),
            _ => return Ok(None),
        };
        let mut pcap = Self {
            big_endian,
            unit,
            snap_length: 0,
        };
        let (Some(snap_length), Some(link)) = (pcap.u32(bytes, 16), pcap.u32(bytes, 20)) else {
            return Err(Error::Truncated {
                what: "the header",
                at: 0,
                length: bytes.len(),
            });
        };
        // The upper half says whether frames end with a check sequence.
        let mut interface = Interface::new("", (link as u16).into());
        interface.snap_length = snap_length;
        pcap.snap_length = match snap_length {
            0 | 0x8000_0000.. => LONGEST_PACKET,
            length => length,
        };
        Ok(Some((pcap, interface)))
    }

    /// The record at `at` and where the next starts; `None` at the end.
    pub(super) fn record<'a>(
        self,
        bytes: &'a [u8],
        at: usize,
    ) -> Result<Option<(View<'a>, usize)>, Error> {
        if at >= bytes.len() {
            return Ok(None);
        }
        let head = bytes.get(at..).unwrap_or_default();
        let truncated = || Error::Truncated {
            what: "a packet",
            at,
            length: bytes.len(),
        };
        let field = |index: usize| self.u32(head, 4 * index).ok_or_else(truncated);
        let (seconds, fraction, captured, length) = (field(0)?, field(1)?, field(2)?, field(3)?);
        let end = RECORD_LENGTH.saturating_add(captured as usize);
        let data = head.get(RECORD_LENGTH..end).ok_or_else(truncated)?;
        let data = data.get(..self.snap_length as usize).unwrap_or(data);
        let time = Timestamp::new(seconds.into(), fraction.saturating_mul(self.unit));
        Ok(Some((
            View {
                at: time,
                length,
                data,
            },
            at + end,
        )))
    }

    fn u32(self, bytes: &[u8], at: usize) -> Option<u32> {
        let bytes = bytes.get(at..)?.first_chunk().copied()?;
        Some(if self.big_endian {
            u32::from_be_bytes(bytes)
        } else {
            u32::from_le_bytes(bytes)
        })
    }
}
