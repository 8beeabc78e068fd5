//! Pure: packet dissection, display filters, tcpdump-style text, pcapng.
//!
//! This crate knows no clock, no randomness, no I/O and no Linux: it is compiled into the browser's
//! front end as well as into the server. Bytes come in, text or bytes go out.
//!
//! - [`Record`] is one captured packet, [`LinkType`] says how its bytes begin.
//! - [`text::Printer`] turns records into the lines that `tcpdump -nn -r` prints.
//! - [`tree::dissect`] turns a record into a tree of fields with Wireshark's names.
//! - [`filter::Filter`] is a display filter in Wireshark's language.
//! - [`conversation`] says which stream a record belongs to.
//! - [`follow`] puts together what the ends of a conversation said.
//! - [`row`] says what Wireshark's columns and colours say.
//! - [`sightings`] recognises a packet that is seen at several points.
//! - [`summary`] classifies a record for colouring and short columns.
//! - [`view`] is the state of a viewer: a ring of packets, rows of it, marks, what is drawn.
//! - [`pcapng`] writes capture files and reads pcap and pcapng.

mod bytes;
pub mod conversation;
pub mod filter;
pub mod follow;
pub mod kind;
mod layers;
mod numbers;
pub mod pcapng;
mod record;
pub mod row;
mod services;
pub mod sightings;
pub mod text;
pub mod tree;
pub mod view;

pub use kind::{Kind, Summary, kind, summary};
pub use record::{LinkType, Record, Timestamp, View, sll2_interface};
