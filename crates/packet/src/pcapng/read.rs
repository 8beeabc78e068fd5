//! Reading pcapng and pcap from bytes in memory, without copying packets.

use super::block::{
    BYTE_ORDER, ENHANCED_PACKET, FILTER_IS_TEXT, FRAME, INTERFACE, INTERFACE_DESCRIPTION,
    INTERFACE_FILTER, INTERFACE_NAME, INTERFACE_OFFSET, INTERFACE_RESOLUTION, OLD_PACKET,
    OPTION_COMMENT, OPTION_END, SECTION, SIMPLE_PACKET, padding,
};
use super::pcap::Pcap;
use super::{Error, Interface, Packet};
use crate::{Timestamp, View};

/// Reads the packets of a capture file one after the other.
///
/// Iterating gives packets until the end or an error; after an error it gives nothing more. What the file
/// says of its interfaces is known once the first packet of each has been read.
#[derive(Debug)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    format: Format,
    interfaces: Vec<Interface>,
    clocks: Vec<Clock>,
    failed: bool,
}

#[derive(Debug)]
enum Format {
    Pcap(Pcap),
    Pcapng(Section),
}

/// The section that is being read.
#[derive(Clone, Copy, Debug, Default)]
struct Section {
    big_endian: bool,
    /// Packets name interfaces by their number in the section; this is the number of the first.
    first_interface: usize,
}

/// How far a reader has come, apart from the bytes, of which more may have come meanwhile.
#[derive(Debug)]
pub(crate) struct Position {
    at: usize,
    format: Format,
    interfaces: Vec<Interface>,
    clocks: Vec<Clock>,
}

/// How the time stamps of an interface count.
#[derive(Clone, Copy, Debug)]
struct Clock {
    /// Ticks in a second.
    per_second: u64,
    /// Seconds to add.
    offset: i64,
}

impl Clock {
    const MICROSECONDS: Self = Self {
        per_second: 1_000_000,
        offset: 0,
    };

    fn time(self, ticks: u64) -> Timestamp {
        const SECOND: u64 = 1_000_000_000;
        // The usual, micro- and nanoseconds, without numbers of 128 bits: wasm32 divides them step by step.
        if self.offset == 0
            && SECOND.is_multiple_of(self.per_second)
            && let Some(nanoseconds) = ticks.checked_mul(SECOND / self.per_second)
        {
            return Timestamp(nanoseconds);
        }
        let nanoseconds = i128::from(ticks) * 1_000_000_000 / i128::from(self.per_second)
            + i128::from(self.offset) * 1_000_000_000;
        Timestamp(nanoseconds.clamp(0, u64::MAX.into()) as u64)
    }
}

/// A block's body with the byte order to read it in.
#[derive(Clone, Copy)]
struct Body<'a> {
    bytes: &'a [u8],
    big_endian: bool,
    /// Where the block starts in the file.
    at: usize,
}

impl<'a> Reader<'a> {
    /// Looks at the start of a file.
    ///
    /// # Errors
    /// If it is neither pcap nor pcapng, or ends before its first header does.
    pub fn new(bytes: &'a [u8]) -> Result<Self, Error> {
        let mut reader = Self {
            bytes,
            at: 0,
            format: Format::Pcapng(Section::default()),
            interfaces: Vec::new(),
            clocks: Vec::new(),
            failed: false,
        };
        if let Some((pcap, interface)) = Pcap::open(bytes)? {
            reader.at = Pcap::HEADER_LENGTH;
            reader.format = Format::Pcap(pcap);
            reader.interfaces.push(interface);
        } else if bytes.first_chunk() != Some(&SECTION.to_be_bytes()) {
            let start = bytes.iter().take(4).copied().collect();
            return Err(Error::NotACapture { start });
        }
        Ok(reader)
    }

    /// Goes on where another reader stopped: in the same bytes, or with more behind them.
    pub(crate) fn resume(bytes: &'a [u8], position: Position) -> Self {
        let Position {
            at,
            format,
            interfaces,
            clocks,
        } = position;
        Self {
            bytes,
            at,
            format,
            interfaces,
            clocks,
            failed: false,
        }
    }

    /// How far it has come. What could not be read is read again by [`Reader::resume`].
    pub(crate) fn stop(self) -> Position {
        Position {
            at: self.at,
            format: self.format,
            interfaces: self.interfaces,
            clocks: self.clocks,
        }
    }

    /// The interfaces that were read so far. For pcap one without a name.
    #[must_use]
    pub fn interfaces(&self) -> &[Interface] {
        &self.interfaces
    }

    fn advance(&mut self) -> Result<Option<Packet<'a>>, Error> {
        loop {
            let section = match &self.format {
                Format::Pcap(pcap) => {
                    let Some((record, next)) = pcap.record(self.bytes, self.at)? else {
                        return Ok(None);
                    };
                    self.at = next;
                    return Ok(Some(self.packet(0, record, None)));
                }
                Format::Pcapng(section) => *section,
            };
            if self.at >= self.bytes.len() {
                return Ok(None);
            }
            let (kind, body, section) = self.block(section)?;
            self.format = Format::Pcapng(section);
            match kind {
                INTERFACE => self.interface(body)?,
                ENHANCED_PACKET | OLD_PACKET => {
                    return self.timed_packet(kind, body, section).map(Some);
                }
                SIMPLE_PACKET => return self.simple_packet(body, section).map(Some),
                // Names, statistics, secrets, journals and what is not known.
                _ => {}
            }
        }
    }

    /// The next block, and the section that it belongs to or starts.
    fn block(&mut self, mut section: Section) -> Result<(u32, Body<'a>, Section), Error> {
        let at = self.at;
        let rest = self.bytes.get(at..).unwrap_or_default();
        let truncated = || Error::Truncated {
            what: "a block",
            at,
            length: self.bytes.len(),
        };
        let frame = Body {
            bytes: rest,
            big_endian: section.big_endian,
            at,
        };
        let mut kind = frame.u32(0).ok_or_else(truncated)?;
        if rest.first_chunk() == Some(&SECTION.to_be_bytes()) {
            kind = SECTION;
            section.big_endian = match rest.get(8..12).ok_or_else(truncated)? {
                magic if magic == BYTE_ORDER.to_be_bytes() => true,
                magic if magic == BYTE_ORDER.to_le_bytes() => false,
                _ => {
                    return Err(Error::Damaged {
                        what: "a section of unknown byte order",
                        at,
                    });
                }
            };
            section.first_interface = self.interfaces.len();
        }
        let frame = Body {
            big_endian: section.big_endian,
            ..frame
        };
        let length = frame.u32(4).ok_or_else(truncated)? as usize;
        if length < FRAME {
            return Err(Error::Damaged {
                what: "a block shorter than its own frame",
                at,
            });
        }
        let bytes = rest.get(8..length - 4).ok_or_else(truncated)?;
        let end = at + length + padding(length);
        if rest.len() < length {
            return Err(truncated());
        }
        self.at = end;
        Ok((kind, Body { bytes, ..frame }, section))
    }

    fn interface(&mut self, body: Body<'a>) -> Result<(), Error> {
        let (Some(link), Some(snap_length)) = (body.u16(0), body.u32(4)) else {
            return Err(body.damaged("an interface without link type"));
        };
        let mut interface = Interface::new("", link.into());
        interface.snap_length = snap_length;
        let mut clock = Clock::MICROSECONDS;
        for (code, value) in body.options(8) {
            match (code, value) {
                (INTERFACE_NAME, _) => interface.name = printable(value),
                (INTERFACE_DESCRIPTION, _) => interface.description = Some(printable(value)),
                (INTERFACE_FILTER, [FILTER_IS_TEXT, filter @ ..]) => {
                    interface.filter = Some(printable(filter));
                }
                (INTERFACE_RESOLUTION, [resolution, ..]) => {
                    clock.per_second = ticks_per_second(*resolution)
                        .ok_or_else(|| body.damaged("a time resolution that is too fine"))?;
                }
                (INTERFACE_OFFSET, value) => {
                    if let Some(offset) = (Body {
                        bytes: value,
                        ..body
                    })
                    .u64(0)
                    {
                        clock.offset = offset as i64;
                    }
                }
                _ => {}
            }
        }
        self.interfaces.push(interface);
        self.clocks.push(clock);
        Ok(())
    }

    fn timed_packet(
        &self,
        kind: u32,
        body: Body<'a>,
        section: Section,
    ) -> Result<Packet<'a>, Error> {
        // The old form has a 16-bit interface number and a count of drops.
        let number = if kind == OLD_PACKET {
            body.u16(0).map(u32::from)
        } else {
            body.u32(0)
        };
        let fields = (number, body.u32(4), body.u32(8), body.u32(12), body.u32(16));
        let (Some(number), Some(high), Some(low), Some(captured), Some(length)) = fields else {
            return Err(body.damaged("a packet without its fields"));
        };
        let index = section.first_interface + number as usize;
        let Some(clock) = self.clocks.get(index) else {
            return Err(body.damaged("a packet of an interface that was not described"));
        };
        let captured = captured as usize;
        let Some(data) = body.bytes.get(20..20usize.saturating_add(captured)) else {
            return Err(body.damaged("a packet longer than its block"));
        };
        let record = View {
            at: clock.time(u64::from(high) << 32 | u64::from(low)),
            length,
            data,
        };
        let comment = body
            .options(20 + captured + padding(captured))
            .find(|(code, _)| *code == OPTION_COMMENT)
            .and_then(|(_, value)| std::str::from_utf8(value).ok());
        Ok(self.packet(index, record, comment))
    }

    /// A packet of the section's first interface without a time.
    fn simple_packet(&self, body: Body<'a>, section: Section) -> Result<Packet<'a>, Error> {
        let index = section.first_interface;
        let (Some(length), Some(interface)) = (body.u32(0), self.interfaces.get(index)) else {
            return Err(body.damaged("a simple packet without its interface"));
        };
        let captured = match interface.snap_length {
            0 => length,
            snap_length => length.min(snap_length),
        };
        let Some(data) = body.bytes.get(4..4usize.saturating_add(captured as usize)) else {
            return Err(body.damaged("a packet longer than its block"));
        };
        Ok(self.packet(
            index,
            View {
                at: Timestamp(0),
                length,
                data,
            },
            None,
        ))
    }

    fn packet(&self, index: usize, record: View<'a>, comment: Option<&'a str>) -> Packet<'a> {
        let link = self
            .interfaces
            .get(index)
            .map_or(crate::LinkType::Other(0), |it| it.link);
        Packet {
            interface: index,
            link,
            record,
            comment,
        }
    }
}

impl<'a> Iterator for Reader<'a> {
    type Item = Result<Packet<'a>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let result = self.advance().transpose();
        self.failed = matches!(result, Some(Err(_)));
        result
    }
}

/// A text of a file for a list or a terminal: what controls either is replaced, for the file may be
/// from anybody.
fn printable(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let shown = |c: char| match c.is_control() {
        true => char::REPLACEMENT_CHARACTER,
        false => c,
    };
    text.chars().map(shown).collect()
}

/// From the option: a negative power of ten, or of two with the high bit. `None` if it does not fit.
fn ticks_per_second(resolution: u8) -> Option<u64> {
    let power = u32::from(resolution & 0x7f);
    if resolution & 0x80 == 0 {
        10u64.checked_pow(power)
    } else {
        1u64.checked_shl(power)
    }
}

impl<'a> Body<'a> {
    fn damaged(&self, what: &'static str) -> Error {
        Error::Damaged { what, at: self.at }
    }

    fn array<const N: usize>(&self, at: usize) -> Option<[u8; N]> {
        self.bytes.get(at..)?.first_chunk().copied()
    }

    fn u16(&self, at: usize) -> Option<u16> {
        let bytes = self.array(at)?;
        Some(if self.big_endian {
            u16::from_be_bytes(bytes)
        } else {
            u16::from_le_bytes(bytes)
        })
    }

    fn u32(&self, at: usize) -> Option<u32> {
        let bytes = self.array(at)?;
        Some(if self.big_endian {
            u32::from_be_bytes(bytes)
        } else {
            u32::from_le_bytes(bytes)
        })
    }

    fn u64(&self, at: usize) -> Option<u64> {
        let bytes = self.array(at)?;
        Some(if self.big_endian {
            u64::from_be_bytes(bytes)
        } else {
            u64::from_le_bytes(bytes)
        })
    }

    /// The options from `at` on, to their end or the first that does not fit.
    fn options(self, mut at: usize) -> impl Iterator<Item = (u16, &'a [u8])> {
        std::iter::from_fn(move || {
            let code = self.u16(at)?;
            let length = usize::from(self.u16(at + 2)?);
            let value = self.bytes.get(at + 4..at + 4 + length)?;
            at += 4 + length + padding(length);
            (code != OPTION_END).then_some((code, value))
        })
    }
}
