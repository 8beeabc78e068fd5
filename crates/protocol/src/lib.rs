//! The messages between browser and server.
//!
//! Control messages are JSON text frames ([`ClientMessage`], [`ServerMessage`]); captured packets
//! and live counters are binary frames ([`binary::Binary`], postcard), of packets at most one a
//! stream a frame of the screen, because a browser takes messages by their number and not by their
//! size.
//!
//! **Architecture Invariant:** both ends use these types; nothing is copied by hand.

pub mod binary;
pub mod capture;
pub mod client;
pub mod counters;
pub mod expect;
pub mod lab;
pub mod packets;
pub mod ping;
pub mod probe;
pub mod reach;
pub mod serve;
pub mod server;

pub use client::ClientMessage;
pub use server::ServerMessage;

/// The version of the messages; the socket's path and the welcome carry it.
pub const VERSION: u32 = 1;

/// Largest message a browser may send, in bytes: a document of the largest size that is taken,
/// as one paste, and room for its envelope.
pub const MAX_CLIENT_MESSAGE: usize = 4 << 20;
