//! Capture files: pcapng is written and read, the older pcap is read.
//!
//! The formats: <https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-03.html> and
//! <https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-04.html>. They are written out here because the
//! `pcap-file` crate (2.0.0) takes the time stamps of every pcapng file for nanoseconds, whatever the file
//! says their unit is, so that the files of dumpcap and tcpdump would be read wrongly.

mod block;
mod pcap;
mod read;
mod write;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{LinkType, View};

pub(crate) use read::Position;
pub use read::Reader;
pub use write::{InterfaceId, Statistics, Writer};

/// Where packets of a capture were taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interface {
    /// Its name; empty if the file does not say.
    pub name: String,
    /// How its packets begin.
    pub link: LinkType,
    /// A remark for people, for example the namespace.
    pub description: Option<String>,
    /// The capture filter in pcap syntax.
    pub filter: Option<String>,
    /// Packets were cut to this length in bytes; 0 if they were not.
    pub snap_length: u32,
}

impl Interface {
    /// An interface with a name and nothing else known.
    #[must_use]
    pub fn new(name: impl Into<String>, link: LinkType) -> Self {
        Self {
            name: name.into(),
            link,
            description: None,
            filter: None,
            snap_length: 0,
        }
    }
}

/// One packet of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet<'a> {
    /// Where it was taken: an index into [`Reader::interfaces`].
    pub interface: usize,
    /// How its bytes begin.
    pub link: LinkType,
    /// When, how long, which bytes.
    pub record: View<'a>,
    /// A remark, if the file has one as readable text.
    pub comment: Option<&'a str>,
}

/// Why a capture file cannot be read (further).
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum Error {
    /// It starts neither as pcap nor as pcapng.
    #[error("this is no capture file: it starts with {start:02x?}, not as pcap or pcapng")]
    NotACapture {
        /// Its first bytes.
        start: Vec<u8>,
    },
    /// It ends in the middle of something. What came before has been read.
    #[error(
        "the capture file ends at byte {length} in the middle of {what} that starts at byte {at}"
    )]
    Truncated {
        /// What is incomplete.
        what: &'static str,
        /// Where that starts.
        at: usize,
        /// The length of the file.
        length: usize,
    },
    /// It contradicts the format.
    #[error("the capture file is damaged at byte {at}: {what}")]
    Damaged {
        /// What is wrong.
        what: &'static str,
        /// Where.
        at: usize,
    },
}
