//! What interfaces advertise.

use std::net::Ipv6Addr;

use ipnet::Ipv6Net;

use super::{Wish, pick};
use crate::advertise::{Advertisement, Prefix};
use crate::document::{Document, Kind};
use crate::edit::Edit;

impl Wish {
    pub(super) fn set_advertisement(&self, document: &Document) -> Edit {
        let all = document.interfaces.iter();
        let others = all.filter(|(_, i)| i.kind != Kind::Loopback);
        let Some(interface) = pick(others.map(|(id, _)| *id), self.a) else {
            return super::nothing();
        };
        let network = |number: u16| {
            let address = Ipv6Addr::new(0xfd00, number, 0, 0, 0, 0, 0, 0);
            Ipv6Net::new_assert(address, 64)
        };
        let prefixes = (0..self.b % 3).map(|number| Prefix {
            autoconf: !self.b.is_multiple_of(5),
            valid: u32::from(self.c) + 4000,
            preferred: u32::from(self.c),
            ..Prefix::new(network(number))
        });
        Edit::SetAdvertisement {
            interface,
            advertise: self.on.then(|| Advertisement {
                prefixes: prefixes.collect(),
                lifetime: if self.c.is_multiple_of(2) { 0 } else { 1800 },
                mtu: self.c.is_multiple_of(7).then_some(1400),
                dns: vec![Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 0x53); usize::from(self.b % 2)],
                ..Advertisement::default()
            }),
        }
    }
}
