//! What the reader and the writer of pcapng share: numbers of blocks and options.

/// A section starts; its number reads the same in both byte orders.
pub(super) const SECTION: u32 = 0x0a0d_0d0a;
pub(super) const INTERFACE: u32 = 1;
/// A packet in the form of the first draft.
pub(super) const OLD_PACKET: u32 = 2;
pub(super) const SIMPLE_PACKET: u32 = 3;
pub(super) const STATISTICS: u32 = 5;
pub(super) const ENHANCED_PACKET: u32 = 6;

/// Tells the byte order of a section.
pub(super) const BYTE_ORDER: u32 = 0x1a2b_3c4d;

/// Options of any block.
pub(super) const OPTION_END: u16 = 0;
pub(super) const OPTION_COMMENT: u16 = 1;
/// Options of a section.
pub(super) const SECTION_APPLICATION: u16 = 4;
/// Options of an interface.
pub(super) const INTERFACE_NAME: u16 = 2;
pub(super) const INTERFACE_DESCRIPTION: u16 = 3;
pub(super) const INTERFACE_RESOLUTION: u16 = 9;
pub(super) const INTERFACE_FILTER: u16 = 11;
pub(super) const INTERFACE_OFFSET: u16 = 14;

/// Options of statistics: packets that passed the filter, that the system dropped, and that were
/// delivered to who asked for them.
pub(super) const STATISTICS_ACCEPTED: u16 = 6;
pub(super) const STATISTICS_DROPPED: u16 = 7;
pub(super) const STATISTICS_DELIVERED: u16 = 8;

/// The first byte of a filter that is text in pcap syntax.
pub(super) const FILTER_IS_TEXT: u8 = 0;

/// Bytes of a block besides its body: type, length, length again.
pub(super) const FRAME: usize = 12;

/// Bytes are padded to a multiple of four.
pub(super) fn padding(length: usize) -> usize {
    length.wrapping_neg() % 4
}
