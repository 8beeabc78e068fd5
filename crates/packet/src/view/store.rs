//! Packets in a ring: bytes of many packets lie together, so that a million of them are few allocations.

use std::collections::VecDeque;
use std::ops::Range;

use crate::conversation::Place;
use crate::{LinkType, Timestamp, View, bytes};

use super::chunk::{CHUNK, Chunk, Head};
use super::source::Source;

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
        (self.source << 20) ^ self.interface().unwrap_or_default()
    }

    /// The index of its interface, where packets carry it.
    pub(super) fn interface(&self) -> Option<u32> {
        match self.link {
            LinkType::LinuxSll2 => bytes::u32_at(self.view.data, 4),
            _ => None,
        }
    }
}

/// The ring.
#[derive(Debug)]
pub struct Store {
    sources: Vec<Source>,
    chunks: VecDeque<Chunk>,
    /// The number of the first place of the first chunk, a multiple of [`CHUNK`].
    base: u64,
    /// The number of the first packet: one that is here, or that is still to come.
    first: u64,
    /// The number of the first packet that is here. What lies before comes later, newest first.
    here: u64,
    end: u64,
    /// From which number on packets are expected, before any has come.
    expected: Option<u64>,
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
            base: 0,
            first: 0,
            here: 0,
            end: 0,
            expected: None,
            bytes: 0,
            most_packets,
            most_bytes,
            file: Vec::new(),
        }
    }

    /// Bytes of the opened file that have come.
    #[must_use]
    pub fn file_length(&self) -> usize {
        self.file.len()
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

    /// The numbers of the packets, those that are still to come included.
    #[must_use]
    pub fn numbers(&self) -> Range<u64> {
        self.first..self.end
    }

    /// The numbers of the packets that are still to come though newer ones are here.
    #[must_use]
    pub fn awaited(&self) -> Range<u64> {
        self.first..self.here
    }

    /// Bytes of packets that are here.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Says that the packets from this number on will come, the newest first; without an effect once one is
    /// here.
    pub(super) fn expect_from(&mut self, number: u64) {
        self.expected = Some(number);
    }

    /// Says which number the first packet has; without an effect once one is here.
    pub(super) fn begin_at(&mut self, number: u64) {
        if self.chunks.is_empty() {
            self.base = number - number % CHUNK as u64;
            (self.here, self.end) = (number, number);
            self.first = self.expected.unwrap_or(number).min(number);
        }
    }

    /// Says that what is still to come before this number will not: it has left the ring.
    pub(super) fn give_up_before(&mut self, number: u64) {
        self.first = self.first.max(number.min(self.here));
    }

    /// Takes a packet in; the oldest make room.
    pub fn push(&mut self, source: u32, record: View<'_>) {
        if let Some(chunk) = self.chunk() {
            let offset = chunk.data.len();
            chunk.data.extend_from_slice(record.data);
            chunk.heads.push(Head::new(
                source,
                record.at,
                record.length,
                offset,
                record.data.len(),
            ));
            self.end += 1;
            self.bytes += record.data.len();
        }
        while self.chunks.len() > 1 && self.is_full() {
            self.drop_oldest();
        }
    }

    /// Takes in so many packets that end where those that are here begin; others are of no use any more.
    ///
    /// Not generic, so that it is compiled here: who uses it may be compiled to be small, and slow.
    pub(super) fn fill<'a>(
        &mut self,
        first: u64,
        count: usize,
        packets: &mut dyn Iterator<Item = (u32, View<'a>)>,
    ) {
        if first + count as u64 != self.here || first < self.first {
            return;
        }
        let each = self.bytes / (self.end - self.here).max(1) as usize;
        while self.base > first {
            self.base -= CHUNK as u64;
            self.chunks.push_front(Chunk {
                heads: vec![Head::EMPTY; CHUNK],
                data: Vec::with_capacity(each * CHUNK),
            });
        }
        let places = (first - self.base) as usize..;
        let mut bytes = 0;
        for (at, (source, record)) in places.zip(packets) {
            let Some(chunk) = self.chunks.get_mut(at / CHUNK) else {
                break;
            };
            let offset = chunk.data.len();
            chunk.data.extend_from_slice(record.data);
            if let Some(head) = chunk.heads.get_mut(at % CHUNK) {
                *head = Head::new(source, record.at, record.length, offset, record.data.len());
            }
            bytes += record.data.len();
        }
        self.bytes += bytes;
        self.here = first;
    }

    /// Takes in a packet whose bytes lie in the file.
    pub(super) fn push_place(
        &mut self,
        source: u32,
        at: Timestamp,
        length: u32,
        offset: usize,
        captured: usize,
    ) {
        if let Some(chunk) = self.chunk() {
            chunk
                .heads
                .push(Head::new(source, at, length, offset, captured));
            self.end += 1;
            self.bytes += captured;
        }
    }

    /// Names an interface that packets of a source of several were taken on.
    pub(super) fn name_interface(&mut self, source: usize, index: u32, name: &str) {
        if let Some(source) = self.sources.get_mut(source)
            && !source.names.iter().any(|(known, _)| *known == index)
        {
            source.names.push((index, name.to_owned()));
        }
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
        let at = self.place(number)?;
        let chunk = self.chunks.get_mut(at / CHUNK)?;
        chunk.heads.get_mut(at % CHUNK)
    }

    fn locate(&self, number: u64) -> Option<(&Chunk, usize)> {
        let at = self.place(number)?;
        Some((self.chunks.get(at / CHUNK)?, at % CHUNK))
    }

    fn place(&self, number: u64) -> Option<usize> {
        let at = number.checked_sub(self.base)?;
        (number >= self.here).then_some(at as usize)
    }

    /// The chunk that the next packet goes to; always there.
    fn chunk(&mut self) -> Option<&mut Chunk> {
        match self.chunks.back() {
            Some(last) if last.heads.len() < CHUNK => {}
            // Where one was filled, another will be: it grows no more.
            Some(_) => self.chunks.push_back(Chunk {
                heads: Vec::with_capacity(CHUNK),
                data: Vec::new(),
            }),
            None => self.chunks.push_back(Chunk {
                heads: vec![Head::EMPTY; (self.end - self.base) as usize],
                data: Vec::new(),
            }),
        }
        self.chunks.back_mut()
    }

    fn is_full(&self) -> bool {
        let held = (self.end - self.here) as usize;
        held >= self.most_packets.saturating_add(CHUNK) || self.bytes > self.most_bytes
    }

    fn drop_oldest(&mut self) {
        if let Some(chunk) = self.chunks.pop_front() {
            self.base += chunk.heads.len() as u64;
            self.here = self.here.max(self.base);
            // What would come before it has no place any more.
            self.first = self.here;
            let bytes = chunk.heads.iter().map(|head| head.captured as usize);
            self.bytes -= bytes.sum::<usize>();
        }
    }
}
