//! What events speak of: where it is to be looked again.

use std::collections::BTreeSet;

use super::attributes::{Attributes, word};
use super::neighbour::is_set_neighbour;
use super::tables::is_set_entry;

/// Length of a `struct nlmsghdr`.
const HEADER: usize = 16;
/// Where it has the port of who asked for the change (`nlmsg_pid`).
const ASKER: usize = 12;
/// Lengths of a `struct rtmsg` and a `struct netconfmsg`, aligned.
const ROUTE: usize = 12;
const NETCONF: usize = 4;
/// Attributes of linux/rtnetlink.h and linux/netconf.h.
const RTA_OIF: u16 = 4;
const NETCONFA_IFINDEX: u16 = 1;
/// `NETCONFA_IFINDEX_ALL`: `conf/all`.
const ALL: i32 = -1;
/// `RTM_NEWNETCONF`, `RTM_DELNETCONF` (linux/rtnetlink.h).
const NETCONFS: [u16; 2] = [80, 81];

/// Which entries may be there that somebody has set: the kernel takes long to
/// tell, and few labs have any.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Entries {
    /// Of forwarding tables.
    pub(crate) fdb: bool,
    /// Of neighbour tables.
    pub(crate) neighbours: bool,
}

impl Entries {
    /// Any.
    pub(crate) const ALL: Self = Self {
        fdb: true,
        neighbours: true,
    };

    /// Adds those of another.
    pub(crate) fn add(&mut self, other: Self) {
        self.fdb |= other.fdb;
        self.neighbours |= other.neighbours;
    }
}

/// What of a namespace may have changed. An event only says where to look again; what is there now
/// the kernel is asked.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Touched {
    /// Anything.
    pub(crate) whole: bool,
    /// These interfaces, by index, and what hangs on them.
    pub(crate) interfaces: BTreeSet<u32>,
    /// Queueing disciplines of these interfaces.
    pub(crate) qdiscs: bool,
    /// Routes of IPv4.
    pub(crate) ipv4_routes: bool,
    /// Any route of IPv6.
    pub(crate) ipv6_routes: bool,
    /// Routes of IPv6 over these interfaces, by index.
    pub(crate) ipv6_routes_over: BTreeSet<u32>,
    /// Policy rules.
    pub(crate) rules: bool,
    /// The switches of forwarding.
    pub(crate) forwarding: bool,
    /// Entries that somebody has set.
    pub(crate) entries: Entries,
}

impl Touched {
    /// Anything.
    pub(crate) fn whole() -> Self {
        Self {
            whole: true,
            ..Self::default()
        }
    }

    /// One interface.
    pub(crate) fn interface(index: u32) -> Self {
        Self {
            interfaces: BTreeSet::from([index]),
            ..Self::default()
        }
    }

    /// Takes an event of routing netlink, as much of it as was received. Returns whether it speaks
    /// of anything that is observed. Of neighbours only what somebody sets matters: the rest comes
    /// and goes all the time.
    pub(super) fn take(&mut self, event: &[u8]) -> bool {
        let kind = event.get(4..6).and_then(|bytes| bytes.first_chunk());
        let kind = kind.map_or(0, |kind| u16::from_ne_bytes(*kind));
        let row = event.get(HEADER..).unwrap_or_default();
        // All of them have it in the same place: `ifi_index`, `ifa_index`, `tcm_ifindex`.
        let index = word(row, 4);
        match kind {
            libc::RTM_NEWLINK | libc::RTM_DELLINK | libc::RTM_NEWADDR | libc::RTM_DELADDR => {
                self.interfaces.insert(index);
            }
            libc::RTM_NEWROUTE | libc::RTM_DELROUTE => self.take_route(row),
            libc::RTM_NEWRULE | libc::RTM_DELRULE => self.rules = true,
            libc::RTM_NEWNEIGH | libc::RTM_DELNEIGH => {
                let entries = Entries {
                    fdb: is_set_entry(row),
                    neighbours: is_set_neighbour(word(event, ASKER), row),
                };
                self.entries.add(entries);
                return entries != Entries::default();
            }
            // Of queueing disciplines, and of classes and filters below them.
            libc::RTM_NEWQDISC..=libc::RTM_DELTFILTER => {
                self.qdiscs = true;
                self.interfaces.insert(index);
            }
            kind if NETCONFS.contains(&kind) => {
                let attributes = Attributes::after(NETCONF, row).ok();
                let of = attributes.and_then(|attributes| attributes.i32(NETCONFA_IFINDEX));
                if of.is_some_and(|of| of != ALL) {
                    return false;
                }
                self.forwarding = true;
            }
            _ => self.whole = true,
        }
        true
    }

    fn take_route(&mut self, row: &[u8]) {
        let family = row.first().copied().map_or(0, i32::from);
        if family == libc::AF_INET {
            self.ipv4_routes = true;
            return;
        }
        let attributes = Attributes::after(ROUTE, row).ok();
        // One with several next hops, or with none, names no interface.
        match attributes.and_then(|attributes| attributes.u32(RTA_OIF)) {
            Some(index) => drop(self.ipv6_routes_over.insert(index)),
            None => self.ipv6_routes = true,
        }
    }

    /// Both.
    pub(crate) fn add(&mut self, other: Self) {
        let Self {
            whole,
            interfaces,
            qdiscs,
            ipv4_routes,
            ipv6_routes,
            ipv6_routes_over,
            rules,
            forwarding,
            entries,
        } = other;
        self.whole |= whole;
        self.interfaces.extend(interfaces);
        self.qdiscs |= qdiscs;
        self.ipv4_routes |= ipv4_routes;
        self.ipv6_routes |= ipv6_routes;
        self.ipv6_routes_over.extend(ipv6_routes_over);
        self.rules |= rules;
        self.forwarding |= forwarding;
        self.entries.add(entries);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An event with a body, and attributes of 32 bits.
    fn event(kind: u16, body: &[u8], attributes: &[(u16, u32)]) -> Vec<u8> {
        let mut event = vec![0; HEADER];
        event[4..6].copy_from_slice(&kind.to_ne_bytes());
        event.extend_from_slice(body);
        for (kind, value) in attributes {
            event.extend_from_slice(&8_u16.to_ne_bytes());
            event.extend_from_slice(&kind.to_ne_bytes());
            event.extend_from_slice(&value.to_ne_bytes());
        }
        event
    }

    fn taken(event: &[u8]) -> (bool, Touched) {
        let mut touched = Touched::default();
        let matters = touched.take(event);
        (matters, touched)
    }

    #[test]
    fn events_say_where_to_look() {
        let mut body = [0; 16];
        body[4..8].copy_from_slice(&7_u32.to_ne_bytes());
        let one = Touched::interface(7);
        for kind in [libc::RTM_NEWLINK, libc::RTM_DELLINK, libc::RTM_DELADDR] {
            assert_eq!(taken(&event(kind, &body, &[])), (true, one.clone()));
        }
        let qdisc = taken(&event(libc::RTM_DELQDISC, &body, &[])).1;
        assert!(qdisc.qdiscs && qdisc.interfaces == one.interfaces);
        assert!(taken(&event(libc::RTM_NEWRULE, &[0; 12], &[])).1.rules);
        assert!(taken(&event(9999, &[], &[])).1.whole);
        // A neighbour that nobody has set.
        let mut learned = event(libc::RTM_NEWNEIGH, &[2; 12], &[]);
        assert!(!taken(&learned).0);
        // Somebody asked for it: so are they removed.
        learned[ASKER..HEADER].copy_from_slice(&1234_u32.to_ne_bytes());
        let (matters, asked) = taken(&learned);
        assert!(matters && asked.entries.neighbours && !asked.entries.fdb);
    }

    #[test]
    fn routes_of_ipv6_are_looked_for_over_their_interface() {
        let route = |family: i32, attributes: &[(u16, u32)]| {
            let mut body = [0; ROUTE];
            body[0] = u8::try_from(family).unwrap();
            taken(&event(libc::RTM_NEWROUTE, &body, attributes)).1
        };
        assert!(route(libc::AF_INET, &[(RTA_OIF, 3)]).ipv4_routes);
        let over = route(libc::AF_INET6, &[(RTA_OIF, 3)]);
        assert_eq!(over.ipv6_routes_over, BTreeSet::from([3]));
        assert!(!over.ipv6_routes && route(libc::AF_INET6, &[]).ipv6_routes);
    }

    #[test]
    fn only_the_switch_of_all_interfaces_is_observed() {
        let netconf = |of: i32| {
            let attributes = [(NETCONFA_IFINDEX, of.cast_unsigned())];
            taken(&event(NETCONFS[0], &[2, 0, 0, 0], &attributes))
        };
        assert!(netconf(ALL).1.forwarding);
        assert_eq!(netconf(3), (false, Touched::default()));
    }
}
