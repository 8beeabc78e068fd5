//! Probes: what a lab sends to find out what its network does, and why it does not.
//!
//! [`ping`] sends and listens; [`diagnose`] says why nothing comes back, from what the kernel has.

pub mod diagnose;
pub mod ping;

pub use diagnose::Surroundings;
pub use ping::{Ping, PingContext, PingOptions};
