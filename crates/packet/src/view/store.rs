//! Packets in a ring: bytes of many packets lie together, so that a million of them are few allocations.

use std::collections::VecDeque;

use crate::conversation::Place;
use crate::{LinkType, Timestamp, View, bytes};

/// Packets that lie together, and leave together when the ring is full.
const CHUNK: usize = 4096;

/// Where packets were taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The interface, as people say it: `red/veth-red`.
    pub name: String,
    /// What it belongs to, for the way of a packet: `red`.
    pub short: String,
    /// How its packets begin.
    pub link: LinkType,
    /// What interfaces are called by their index, where packets carry it ([`LinkType::LinuxSll2`]).
    pub names: Vec<(u32, String)>,
}

/// What is known of a packet besides its bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head {
    at: Timestamp,
    offset: usize,
    captured: u32,
    length: u32,
    source: u32,
    /// How many numbers before this one the packet was seen first; 0 if here.
    pub(super) back: u32,
    /// How many numbers after this one it was seen next; 0 if it was not.
    pub(super) next: u32,
    pub(super) place: Option<Place>,
}

#[derive(Debug, Default)]
struct Chunk {
    heads: Vec<Head>,
    /// The bytes, unless they lie in the file.
    data: Vec<u8>,
}

/// One packet of a [`Store`].
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// Its number, from 0 for the first that ever came, or from where the ring began.
    pub number: u64,
    /// Where it was taken: an index into [`Store::sources`].
    pub source: u32,
    /// How its bytes begin.
    pub link: LinkType,
    /// When, how long, which bytes.
    pub view: View<'a>,
    /// Its conversation, once that was looked at.
    pub place: Option<Place>,
}

impl Entry<'_> {
    /// Where it was seen, also of several interfaces that one source hears.
    pub(super) fn point(&self) -> u32 {
        let index = match self.link {
            LinkType::LinuxSll2 => bytes::u32_at(self.view.data, 4).unwrap_or_default(),
            _ => 0,
        };
        (self.source << 20) ^ index
    }
}

/// The ring.
#[derive(Debug)]
pub struct Store {
    sources: Vec<Source>,
    chunks: VecDeque<Chunk>,
    /// The number of the first packet of the first chunk.
    first: u64,
    end: u64,
    bytes: usize,
    most_packets: usize,
    most_bytes: usize,
    /// An opened file: its packets lie where they lay.
    file: Vec<u8>,
}

impl Store {
    /// An empty ring for so many packets and bytes of packets, a few thousand packets more or less.
    #[must_use]
    pub fn new(most_packets: usize, most_bytes: usize) -> Self {
        Self {
            sources: Vec::new(),
            chunks: VecDeque::new(),
            first: 0,
            end: 0,
            bytes: 0,
            most_packets,
            most_bytes,
            file: Vec::new(),
        }
    }

    /// Takes the file away, for more of it to come.
    pub(super) fn take_file(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.file)
    }

    /// Says in which file the packets lie that were told by their places.
    pub(super) fn lie_in(&mut self, file: Vec<u8>) {
        self.file = file;
    }

    /// Where packets are taken.
    #[must_use]
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// Adds a source; the packets that name its index come later.
    pub fn add_source(&mut self, source: Source) {
        self.sources.push(source);
    }

    /// The numbers of the packets that are here.
    #[must_use]
    pub fn numbers(&self) -> std::ops::Range<u64> {
        self.first..self.end
    }

    /// Bytes of packets that are here.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Says which number the first packet has; without an effect once one is here.
    pub(super) fn begin_at(&mut self, number: u64) {
        if self.chunks.is_empty() {
            (self.first, self.end) = (number, number);
        }
    }

    /// Takes a packet in; the oldest make room.
    pub fn push(&mut self, source: u32, record: View<'_>) {
        let chunk = self.chunk();
        let offset = chunk.data.len();
        chunk.data.extend_from_slice(record.data);
        self.push_place(source, record.at, record.length, offset, record.data.len());
        while self.chunks.len() > 1 && self.is_full() {
            self.drop_oldest();
        }
    }

    /// Takes in a packet whose bytes lie there already: in its chunk, or in the file.
    pub(super) fn push_place(
        &mut self,
        source: u32,
        at: Timestamp,
        length: u32,
        offset: usize,
        captured: usize,
    ) {
        self.chunk().heads.push(Head {
            at,
            offset,
            captured: captured as u32,
            length,
            source,
            back: 0,
            next: 0,
            place: None,
        });
        self.end += 1;
        self.bytes += captured;
    }

    /// A packet by its number.
    #[must_use]
    pub fn get(&self, number: u64) -> Option<Entry<'_>> {
        let (chunk, at) = self.locate(number)?;
        let head = chunk.heads.get(at)?;
        let data = if self.file.is_empty() {
            &chunk.data
        } else {
            &self.file
        };
        Some(Entry {
            number,
            source: head.source,
            link: self
                .sources
                .get(head.source as usize)
                .map_or(LinkType::Ethernet, |source| source.link),
            view: View {
                at: head.at,
                length: head.length,
                data: bytes::slice(data, head.offset, head.captured as usize)?,
            },
            place: head.place,
        })
    }

    pub(super) fn head(&self, number: u64) -> Option<&Head> {
        let (chunk, at) = self.locate(number)?;
        chunk.heads.get(at)
    }

    pub(super) fn head_mut(&mut self, number: u64) -> Option<&mut Head> {
        let at = usize::try_from(number.checked_sub(self.first)?).ok()?;
        let chunk = self.chunks.get_mut(at / CHUNK)?;
        chunk.heads.get_mut(at % CHUNK)
    }

    fn locate(&self, number: u64) -> Option<(&Chunk, usize)> {
        let at = usize::try_from(number.checked_sub(self.first)?).ok()?;
        Some((self.chunks.get(at / CHUNK)?, at % CHUNK))
    }

    /// The chunk that the next packet goes to.
    fn chunk(&mut self) -> &mut Chunk {
        let last = self.chunks.pop_back();
        let last = match last {
            Some(chunk) if chunk.heads.len() < CHUNK => chunk,
            // Where one was filled, another will be: it grows no more.
            Some(full) => {
                self.chunks.push_back(full);
                Chunk {
                    heads: Vec::with_capacity(CHUNK),
                    data: Vec::new(),
                }
            }
            None => Chunk::default(),
        };
        self.chunks.push_back_mut(last)
    }

    fn is_full(&self) -> bool {
        let held = (self.end - self.first) as usize;
        held >= self.most_packets.saturating_add(CHUNK) || self.bytes > self.most_bytes
    }

    fn drop_oldest(&mut self) {
        if let Some(chunk) = self.chunks.pop_front() {
            self.first += chunk.heads.len() as u64;
            let bytes = chunk.heads.iter().map(|head| head.captured as usize);
            self.bytes -= bytes.sum::<usize>();
        }
    }
}
