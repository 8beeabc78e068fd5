//! What the agent hears from the kernel and from the lab's network.

use crate::parts::Parts;

/// A message of netlink; the first byte chooses which rows it is read as.
pub fn netlink(bytes: &[u8]) {
    let mut parts = Parts(bytes);
    let kind = parts.byte();
    kernel::fuzz::netlink(kind, parts.0);
}

/// What a probe's socket has received; the first byte chooses the family and how much was sent.
pub fn probe(bytes: &[u8]) {
    let mut parts = Parts(bytes);
    let choice = parts.byte();
    let longer = usize::from(parts.byte());
    kernel::fuzz::probe(choice & 1 != 0, u16::from(choice >> 1), longer, parts.0);
}

/// What somebody says to a port that serves pages; the first byte is how much comes at a time.
pub fn http(bytes: &[u8]) {
    let mut parts = Parts(bytes);
    let step = usize::from(parts.byte());
    kernel::fuzz::http(parts.0, step);
}

/// A message to an interface that advertises; the first byte is its hop limit.
pub fn solicitation(bytes: &[u8]) {
    let mut parts = Parts(bytes);
    let hop_limit = parts.byte();
    kernel::fuzz::solicitation(parts.0, hop_limit);
}
