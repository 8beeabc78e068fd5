//! Packets that lie together: what is known of each, and their bytes in one piece.

use crate::Timestamp;
use crate::conversation::Place;

/// Packets that lie together, and leave together when the ring is full.
pub(super) const CHUNK: usize = 4096;

/// What is known of a packet besides its bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head {
    pub(super) at: Timestamp,
    pub(super) offset: usize,
    pub(super) captured: u32,
    pub(super) length: u32,
    pub(super) source: u32,
    /// How many numbers before this one the packet was seen first; 0 if here.
    pub(super) back: u32,
    /// How many numbers after this one it was seen next; 0 if it was not.
    pub(super) next: u32,
    pub(super) place: Option<Place>,
}

impl Head {
    /// At a place whose packet has not come.
    pub(super) const EMPTY: Self = Self {
        at: Timestamp(0),
        offset: 0,
        captured: 0,
        length: 0,
        source: 0,
        back: 0,
        next: 0,
        place: None,
    };

    pub(super) fn new(
        source: u32,
        at: Timestamp,
        length: u32,
        offset: usize,
        captured: usize,
    ) -> Self {
        Self {
            at,
            offset,
            captured: captured as u32,
            length,
            source,
            ..Self::EMPTY
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct Chunk {
    pub(super) heads: Vec<Head>,
    /// The bytes, unless they lie in the file.
    pub(super) data: Vec<u8>,
}
