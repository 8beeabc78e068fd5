//! Binary frames: what comes so often that JSON would be too slow.

use serde::{Deserialize, Serialize};

use crate::capture::{CapturedPacket, PacketBatch};
use crate::counters::CounterBatch;

/// A binary frame from the server, in postcard; `R` as in [`PacketBatch`].
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Binary<R = Vec<CapturedPacket>> {
    /// Packets of a capture.
    Packets(PacketBatch<R>),
    /// What interfaces have counted.
    Counters(CounterBatch),
}

impl<R: Serialize> Binary<R> {
    /// As bytes of a frame.
    pub fn encode(&self) -> Result<Vec<u8>, postcard::Error> {
        postcard::to_stdvec(self)
    }
}

impl Binary {
    /// From the bytes of a frame.
    pub fn decode(bytes: &[u8]) -> Result<Self, postcard::Error> {
        postcard::from_bytes(bytes)
    }
}
