//! Pure: packet dissection, tcpdump-style text, pcapng.
//!
//! This crate knows no clock, no randomness, no I/O and no Linux: it is compiled into the browser's
//! front end as well as into the server. Bytes come in, text or bytes go out.
//!
//! - [`Record`] is one captured packet, [`LinkType`] says how its bytes begin.
//! - [`text::Printer`] turns records into the lines that `tcpdump -nn -r` prints.
//! - [`summary`] classifies a record for colouring and short columns.
//! - [`pcapng`] writes capture files and reads pcap and pcapng.

pub mod kind;
pub mod pcapng;
mod record;
pub mod text;

pub use kind::{Kind, Summary, kind, summary};
pub use record::{LinkType, Record, Timestamp, View};
