//! VLANs and entries of forwarding tables.

use std::net::{IpAddr, Ipv4Addr};

use super::{Wish, nothing, pick};
use crate::document::{Document, Interface};
use crate::edit::Edit;
use crate::fdb::FdbEntry;
use crate::feature::Feature;
use crate::kind::DeviceKind;
use crate::mac::Mac;
use crate::vlans::Vlans;

impl Wish {
    /// Of bridges and of their ports.
    pub(super) fn set_vlans(&self, document: &Document) -> Edit {
        let all = document.interfaces.iter();
        let with = all.filter(|(_, i)| document.vlans_of(i).is_some());
        let has = !self.lacks.contains(&Feature::BridgeVlans);
        let Some(interface) = pick(with.map(|(id, _)| *id), self.a).filter(|_| has) else {
            return nothing();
        };
        let first = self.b % 20 + 1;
        let mut vlans = Vlans::default();
        for (start, count) in [(first, self.c % 4), (first + 6, self.c % 3)] {
            for vlan in start..start + count {
                let untagged = (self.c / 16 + vlan).is_multiple_of(3);
                vlans.members.insert(vlan, untagged);
            }
        }
        let members = vlans.members.keys().copied();
        vlans.pvid = pick(members, self.c / 7).filter(|_| self.b.is_multiple_of(3));
        Edit::SetVlans {
            interface,
            vlans: self.on.then_some(vlans),
        }
    }

    /// For ports of bridges, and for VXLANs.
    pub(super) fn add_fdb(&self, document: &Document) -> Edit {
        let is_vxlan = |i: &Interface| i.kind.is(DeviceKind::Vxlan);
        let all = document.interfaces.iter();
        let some = all.filter(|(_, i)| !i.port.is_empty() || i.master.is_some() || is_vxlan(i));
        let Some((interface, found)) = pick(some, self.a) else {
            return nothing();
        };
        let mut entry = FdbEntry {
            mac: self.mac(),
            vlan: None,
            dst: None,
        };
        if is_vxlan(found) && self.on {
            let [_, low] = self.c.to_be_bytes();
            entry.dst = Some(IpAddr::V4(Ipv4Addr::new(192, 0, 2, low)));
            if self.b.is_multiple_of(2) {
                entry.mac = Mac([0; 6]);
            }
        } else if let Some(vlans) = found.vlans.as_ref().filter(|_| self.on) {
            entry.vlan = pick(vlans.members.keys().copied(), self.c);
        }
        Edit::AddFdb {
            interface: *interface,
            entry,
        }
    }

    pub(super) fn remove_fdb(&self, document: &Document) -> Edit {
        let entries = document.interfaces.iter().flat_map(|(id, i)| {
            let id = *id;
            i.fdb.iter().map(move |entry| (id, *entry))
        });
        match pick(entries, self.a) {
            Some((interface, entry)) => Edit::RemoveFdb { interface, entry },
            None => nothing(),
        }
    }
}
