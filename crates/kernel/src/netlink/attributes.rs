//! Reading the kernel's rows.
//!
//! Requests are written with `netlink-packet-route`. Rows are read here,
//! attribute by attribute, and only those that matter: a name that is not
//! UTF-8, or some attribute of a newer kernel, must not make a whole
//! namespace unreadable.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;
use netlink_packet_core::{NLA_HEADER_SIZE, NlasIterator};

use super::Failure;

/// The attributes of a row, or nested in one.
#[derive(Clone, Copy)]
pub(super) struct Attributes<'a>(&'a [u8]);

impl<'a> Attributes<'a> {
    /// Those that follow the first `header` bytes of a row.
    pub(super) fn after(header: usize, row: &'a [u8]) -> Result<Self, Failure> {
        row.get(header..).map(Self).ok_or_else(|| {
            let length = row.len();
            Failure::Broken(format!(
                "a row of the kernel has {length} bytes instead of {header}"
            ))
        })
    }

    /// The value of an attribute, if it is there.
    pub(super) fn get(self, kind: u16) -> Option<&'a [u8]> {
        let mut found = NlasIterator::new(self.0).map_while(Result::ok);
        let found = found.find(|attribute| attribute.kind() == kind)?;
        let end = usize::from(found.length());
        found.into_inner().get(NLA_HEADER_SIZE..end)
    }

    /// The values of all attributes of a kind, in their order.
    pub(super) fn all(self, kind: u16) -> impl Iterator<Item = &'a [u8]> {
        let all = NlasIterator::new(self.0).map_while(Result::ok);
        let found = all.filter(move |attribute| attribute.kind() == kind);
        found.filter_map(|attribute| {
            let end = usize::from(attribute.length());
            attribute.into_inner().get(NLA_HEADER_SIZE..end)
        })
    }

    /// A number.
    pub(super) fn u32(self, kind: u16) -> Option<u32> {
        Some(u32::from_ne_bytes(*self.get(kind)?.first_chunk()?))
    }

    /// A number that may be negative.
    pub(super) fn i32(self, kind: u16) -> Option<i32> {
        Some(i32::from_ne_bytes(*self.get(kind)?.first_chunk()?))
    }

    /// A text that ends with a zero byte; what is not UTF-8 becomes `�`.
    pub(super) fn text(self, kind: u16) -> Option<String> {
        let value = self.get(kind)?;
        let text = value.split(|byte| *byte == 0).next()?;
        Some(String::from_utf8_lossy(text).into_owned())
    }

    /// An address of either family.
    pub(super) fn address(self, kind: u16) -> Option<IpAddr> {
        address(self.get(kind)?)
    }

    /// The attributes nested in an attribute.
    pub(super) fn nested(self, kind: u16) -> Self {
        Self(self.get(kind).unwrap_or_default())
    }
}

/// An address, its family told by its length.
pub(super) fn address(bytes: &[u8]) -> Option<IpAddr> {
    match bytes.len() {
        4 => Some(Ipv4Addr::from(*bytes.first_chunk::<4>()?).into()),
        16 => Some(Ipv6Addr::from(*bytes.first_chunk::<16>()?).into()),
        _ => None,
    }
}

/// An address with its prefix length; none if the length fits no such address.
pub(super) fn prefix(address: IpAddr, length: u8) -> Option<IpNet> {
    IpNet::new(address, length).ok()
}

/// A byte of a row's header.
pub(super) fn byte(row: &[u8], place: usize) -> u8 {
    row.get(place).copied().unwrap_or_default()
}

/// A 32-bit number of a row's header.
pub(super) fn word(row: &[u8], place: usize) -> u32 {
    let bytes = row.get(place..).and_then(|rest| rest.first_chunk());
    bytes.map_or(0, |bytes| u32::from_ne_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// IFLA_IFNAME (3) `veth-red`, IFLA_MTU (4) 1500, in the host's order.
    fn row() -> Vec<u8> {
        let mut row = vec![0; 16];
        row.extend(13_u16.to_ne_bytes());
        row.extend(3_u16.to_ne_bytes());
        row.extend(b"veth-red\0\0\0\0");
        row.extend(8_u16.to_ne_bytes());
        row.extend(4_u16.to_ne_bytes());
        row.extend(1500_u32.to_ne_bytes());
        row
    }

    #[test]
    fn attributes_are_found_by_number() {
        let row = row();
        let attributes = Attributes::after(16, &row).unwrap();
        assert_eq!(attributes.text(3).as_deref(), Some("veth-red"));
        assert_eq!(attributes.u32(4), Some(1500));
        assert_eq!(attributes.u32(5), None);
    }

    #[test]
    fn cut_rows_are_no_panic() {
        let row = row();
        for end in 0..row.len() {
            let cut = row.get(..end).unwrap();
            match Attributes::after(16, cut) {
                Ok(attributes) => assert_eq!(attributes.u32(4), None),
                Err(failure) => assert!(failure.to_string().contains("bytes instead of 16")),
            }
        }
    }

    #[test]
    fn text_that_is_not_utf8_can_be_read() {
        let mut row = row();
        row[20] = 0xff;
        let attributes = Attributes::after(16, &row).unwrap();
        assert_eq!(attributes.text(3).as_deref(), Some("\u{fffd}eth-red"));
    }
}
