//! The parsers of this crate for the fuzz targets, which alone are compiled with `--cfg fuzzing`: each takes any
//! bytes, and must not panic.

/// An answer or an event of netlink; `kind` chooses which. Whether it could be read does not matter.
pub fn netlink(kind: u8, bytes: &[u8]) {
    drop(crate::netlink::read_any(kind, bytes));
}

/// What the raw socket of a probe has received, whose requests have `size` bytes of data: an answer, an error,
/// or the copy of what was sent, `longer` bytes of which did not fit.
pub fn probe(ipv6: bool, size: u16, longer: usize, bytes: &[u8]) {
    crate::probe::read_any(ipv6, size, longer, bytes);
}

/// What somebody says to a port that serves pages, in pieces of `step` bytes.
pub fn http(bytes: &[u8], step: usize) {
    crate::serve::read_any(bytes, step);
}

/// A message of ICMPv6 to an interface that advertises.
pub fn solicitation(bytes: &[u8], hop_limit: u8) {
    crate::advertise::read_any(bytes, hop_limit);
}
