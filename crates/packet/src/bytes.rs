//! Reading bytes at an offset: the one place where bounds are checked, for text, tree and filters alike.

/// A fixed number of bytes at `p`, if they are there.
#[inline]
pub(crate) fn array<const N: usize>(data: &[u8], p: usize) -> Option<[u8; N]> {
    data.get(p..)?.first_chunk().copied()
}

/// `length` bytes at `p`, if they are there.
#[inline]
pub(crate) fn slice(data: &[u8], p: usize, length: usize) -> Option<&[u8]> {
    data.get(p..p.checked_add(length)?)
}

/// The 16-bit number in network byte order at `p`.
#[inline]
pub(crate) fn u16_at(data: &[u8], p: usize) -> Option<u16> {
    array(data, p).map(u16::from_be_bytes)
}

/// The 32-bit number in network byte order at `p`.
#[inline]
pub(crate) fn u32_at(data: &[u8], p: usize) -> Option<u32> {
    array(data, p).map(u32::from_be_bytes)
}
