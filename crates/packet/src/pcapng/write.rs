//! Writing pcapng, piece by piece: each call appends whole blocks, so that the bytes can be streamed.

use super::Interface;
use super::block::{
    BYTE_ORDER, ENHANCED_PACKET, FILTER_IS_TEXT, FRAME, INTERFACE, INTERFACE_DESCRIPTION,
    INTERFACE_FILTER, INTERFACE_NAME, INTERFACE_RESOLUTION, OPTION_COMMENT, OPTION_END, SECTION,
    SECTION_APPLICATION, STATISTICS, STATISTICS_ACCEPTED, STATISTICS_DELIVERED, STATISTICS_DROPPED,
    padding,
};
use crate::{Timestamp, View};

/// The unit of time stamps: a negative power of ten.
const NANOSECONDS: u8 = 9;

/// An interface of a file that is being written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct InterfaceId(u32);

/// What an interface has counted, for [`Writer::statistics`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics<'a> {
    /// When, at the earliest.
    pub at: Timestamp,
    /// Packets that passed the filter, dropped ones included.
    pub accepted: u64,
    /// Of these, dropped by the operating system.
    pub dropped: u64,
    /// Of these, in the file.
    pub delivered: u64,
    /// A remark.
    pub comment: Option<&'a str>,
}

/// Writes one section in little-endian order, with time stamps in nanoseconds.
#[derive(Debug)]
pub struct Writer {
    interfaces: u32,
}

impl Writer {
    /// Starts a file in `out`; `application` says who writes it.
    pub fn new(application: &str, out: &mut Vec<u8>) -> Self {
        block(out, SECTION, |out| {
            put32(out, BYTE_ORDER);
            // Version 1.0.
            put16(out, 1);
            put16(out, 0);
            // The section's length is not known in advance.
            out.extend(u64::MAX.to_le_bytes());
            option(out, SECTION_APPLICATION, application.as_bytes());
            option(out, OPTION_END, &[]);
        });
        Self { interfaces: 0 }
    }

    /// Adds an interface, which may also be done after packets were written. tcpdump reads only files whose
    /// interfaces all have one link type; Wireshark reads any.
    pub fn interface(&mut self, interface: &Interface, out: &mut Vec<u8>) -> InterfaceId {
        block(out, INTERFACE, |out| {
            put16(out, interface.link.into());
            put16(out, 0);
            put32(out, interface.snap_length);
            if !interface.name.is_empty() {
                option(out, INTERFACE_NAME, interface.name.as_bytes());
            }
            if let Some(description) = &interface.description {
                option(out, INTERFACE_DESCRIPTION, description.as_bytes());
            }
            if let Some(filter) = &interface.filter {
                let mut value = vec![FILTER_IS_TEXT];
                value.extend_from_slice(filter.as_bytes());
                option(out, INTERFACE_FILTER, &value);
            }
            option(out, INTERFACE_RESOLUTION, &[NANOSECONDS]);
            option(out, OPTION_END, &[]);
        });
        let id = InterfaceId(self.interfaces);
        self.interfaces += 1;
        id
    }

    /// Adds a packet.
    pub fn packet<'a>(
        &mut self,
        interface: InterfaceId,
        record: impl Into<View<'a>>,
        comment: Option<&str>,
        out: &mut Vec<u8>,
    ) {
        let record = record.into();
        block(out, ENHANCED_PACKET, |out| {
            put32(out, interface.0);
            put32(out, (record.at.0 >> 32) as u32);
            put32(out, record.at.0 as u32);
            put32(out, record.data.len() as u32);
            put32(out, record.length.max(record.data.len() as u32));
            out.extend_from_slice(record.data);
            pad(out, record.data.len());
            if let Some(comment) = comment {
                option(out, OPTION_COMMENT, comment.as_bytes());
                option(out, OPTION_END, &[]);
            }
        });
    }

    /// Adds what an interface has counted until now; the last of an interface counts.
    pub fn statistics(
        &mut self,
        interface: InterfaceId,
        counts: Statistics<'_>,
        out: &mut Vec<u8>,
    ) {
        block(out, STATISTICS, |out| {
            put32(out, interface.0);
            put32(out, (counts.at.0 >> 32) as u32);
            put32(out, counts.at.0 as u32);
            if let Some(comment) = counts.comment {
                option(out, OPTION_COMMENT, comment.as_bytes());
            }
            for (code, count) in [
                (STATISTICS_ACCEPTED, counts.accepted),
                (STATISTICS_DROPPED, counts.dropped),
                (STATISTICS_DELIVERED, counts.delivered),
            ] {
                option(out, code, &count.to_le_bytes());
            }
            option(out, OPTION_END, &[]);
        });
    }
}

/// Appends a block with the body that `body` appends.
fn block(out: &mut Vec<u8>, kind: u32, body: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    put32(out, kind);
    put32(out, 0);
    body(out);
    let length = (out.len() - start + FRAME - 8) as u32;
    if let Some(place) = out.get_mut(start + 4..start + 8) {
        place.copy_from_slice(&length.to_le_bytes());
    }
    put32(out, length);
}

/// Appends an option. Longer values than an option can hold are cut, at a character's start.
fn option(out: &mut Vec<u8>, code: u16, value: &[u8]) {
    let mut length = value.len().min(usize::from(u16::MAX));
    while length < value.len() && value.get(length).is_some_and(|byte| byte & 0xc0 == 0x80) {
        length -= 1;
    }
    put16(out, code);
    put16(out, length as u16);
    out.extend(value.iter().take(length));
    pad(out, length);
}

fn pad(out: &mut Vec<u8>, length: usize) {
    out.extend(std::iter::repeat_n(0, padding(length)));
}

fn put16(out: &mut Vec<u8>, value: u16) {
    out.extend(value.to_le_bytes());
}

fn put32(out: &mut Vec<u8>, value: u32) {
    out.extend(value.to_le_bytes());
}
