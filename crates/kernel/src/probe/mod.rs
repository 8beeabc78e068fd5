//! Probes: what a lab sends to find out what its network does, and why it does not.
//!
//! [`ping`] sends and listens; [`reach`] does so from everywhere to everywhere; [`probe`]
//! finds one thing out; [`diagnose`] says
//! why nothing comes back, from what the kernel has.

pub mod diagnose;
mod icmp;
mod once;
pub mod ping;
pub mod reach;

use std::hash::{BuildHasher, RandomState};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU16, Ordering};

pub use diagnose::Surroundings;
pub use once::probe;
pub use ping::{Ping, PingContext, PingOptions};
pub use reach::reachability;

/// The ICMP identifier of the next probe: all that run in this process differ (unless there are
/// 65,536 of them). The first is random, so as not to be that of a `ping` of somebody else.
fn next_identifier() -> u16 {
    static NEXT: OnceLock<AtomicU16> = OnceLock::new();
    let first = || AtomicU16::new((random() & 0xffff) as u16);
    NEXT.get_or_init(first).fetch_add(1, Ordering::Relaxed)
}

/// A number that others do not guess by chance: the seed of a hash map.
fn random() -> u64 {
    RandomState::new().hash_one(0_u8)
}

/// What a raw socket has received, read by all that read it: for the fuzz targets.
#[cfg(fuzzing)]
pub(crate) fn read_any(ipv6: bool, size: u16, longer: usize, bytes: &[u8]) {
    let length = bytes.len() + longer;
    // The identifier and the token of the inputs that are kept.
    let echo = icmp::packet::Echo::new(ipv6, 0x0102, 0x0304_0506_0708_090a, size);
    let _ = echo.read(bytes, length);
    let _ = echo.read_sent(bytes, length);
    let _ = icmp::packet::transport_error(ipv6, bytes);
}
