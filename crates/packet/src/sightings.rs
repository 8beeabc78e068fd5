//! The same packet seen at several points: sightings on many interfaces become one row.
//!
//! # What tells a packet
//!
//! Forwarding changes the hardware addresses, the TTL or hop limit, VLAN tags, DSCP and checksums; NAT changes
//! addresses and ports; a tunnel puts headers around. What stays is the [fingerprint](Fingerprint): of TCP the
//! sequence and acknowledgment numbers, flags, timestamps and payload; of ICMP echo its sequence and payload;
//! of UDP the length and payload; of ARP and of what is not IP the whole of it; of others the payload of the IP
//! packet. The identification of an IPv4 header and the flow label of an IPv6 header tell packets of equal
//! content apart.
//!
//! # Limits
//!
//! - A packet that is written anew is another one: proxies, segmentation offload that cuts or joins segments,
//!   NAT64, gateways that change the payload, translation of TCP sequence numbers (`SYNPROXY`).
//! - A fragment and the packet that it is of are not the same. NAT of ICMP echo changes its identifier, which
//!   is therefore not looked at.
//! - A packet inside a tunnel and its tunnel packet are one row if the tunnel is VXLAN, GRE or IP in IP: the
//!   innermost packet tells it.
//! - Interfaces must be captured with the same snap length, or one that no packet exceeds.
//! - Packets of equal content within the time window cannot be told apart, as the IPv6 packets of somebody who
//!   sends the same datagram again: from the second on, each sighting stays a row of its own until nothing like
//!   it was seen for a window. What is ambiguous is not merged.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::hash::{DefaultHasher, Hasher};

use crate::layers::{Layers, layers};
use crate::numbers::protocol::{GRE, ICMP, ICMPV6, IPV4, IPV6, TCP, UDP};
use crate::services::Service;
use crate::{LinkType, Timestamp, View, bytes};

/// What of a packet survives forwarding and translation of addresses, as one number. Equal packets have equal
/// fingerprints; that different ones have is as likely as two 64-bit hashes being equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(u64);

/// How deep tunnels are followed.
const DEEPEST: usize = 4;

/// The fingerprint of a record; `None` for what is not followed, as headers that are cut short.
#[must_use]
pub fn fingerprint<'a>(link: LinkType, record: impl Into<View<'a>>) -> Option<Fingerprint> {
    let data = record.into().data;
    innermost(link, data, DEEPEST)
}

fn innermost(link: LinkType, data: &[u8], depth: usize) -> Option<Fingerprint> {
    let layers = layers(link, data);
    if let (Some((link, inner)), Some(left)) = (inside(&layers, data), depth.checked_sub(1))
        && let Some(fingerprint) = innermost(link, inner, left)
    {
        return Some(fingerprint);
    }
    of_layers(&layers, data)
}

/// The packet inside a tunnel packet.
fn inside<'a>(layers: &Layers, data: &'a [u8]) -> Option<(LinkType, &'a [u8])> {
    let at = layers.transport?;
    let rest = |from: usize| data.get(from..layers.end);
    match layers.protocol {
        IPV4 | IPV6 => Some((LinkType::RawIp, rest(at)?)),
        UDP if layers.service == Some(Service::Vxlan) => Some((LinkType::Ethernet, rest(at + 16)?)),
        GRE => {
            let flags = bytes::u16_at(data, at)?;
            if flags & 0x4007 != 0 {
                return None;
            }
            let options = (flags & 0xb000).count_ones() as usize;
            let from = at + 4 + 4 * options;
            match bytes::u16_at(data, at + 2)? {
                0x0800 | 0x86dd => Some((LinkType::RawIp, rest(from)?)),
                0x6558 => Some((LinkType::Ethernet, rest(from)?)),
                _ => None,
            }
        }
        _ => None,
    }
}

fn of_layers(layers: &Layers, data: &[u8]) -> Option<Fingerprint> {
    let mut hash = DefaultHasher::new();
    if let Some(at) = layers.arp {
        hash.write_u16(0x0806);
        hash.write(bytes::slice(data, at, 28)?);
        return Some(Fingerprint(hash.finish()));
    }
    if layers.ipv4.is_none() && layers.ipv6.is_none() {
        // Bridges pass on what is not IP as it is.
        hash.write(data);
        return layers.ethernet.then(|| Fingerprint(hash.finish()));
    }
    hash.write_u8(layers.protocol);
    if let Some(at) = layers.ipv4 {
        hash.write_u16(bytes::u16_at(data, at + 4)?);
        hash.write_u16(bytes::u16_at(data, at + 6)? & 0x3fff);
        // The length by the header: what is captured may be cut at a snap length.
        hash.write_u16(bytes::u16_at(data, at + 2)?);
    } else {
        let at = layers.ipv6?;
        hash.write_u32(bytes::u32_at(data, at)? & 0x000f_ffff);
        hash.write_u16(bytes::u16_at(data, at + 4)?);
    }
    let Some(at) = layers.transport else {
        // A later fragment: what it carries.
        let from = layers
            .ipv4
            .and_then(|at| Some(at + usize::from(data.get(at)? & 0xf) * 4))?;
        hash.write(data.get(from..layers.end)?);
        return Some(Fingerprint(hash.finish()));
    };
    let payload = match layers.protocol {
        TCP => {
            // Sequence and acknowledgment, the length of the header and the flags.
            hash.write(bytes::slice(data, at + 4, 10)?);
            // Of the options only the timestamps: the segment size may be clamped on the way.
            let options = data.get(at + 20..layers.payload).unwrap_or_default();
            hash.write(timestamps(options).unwrap_or_default());
            layers.payload
        }
        UDP => {
            hash.write_u16(bytes::u16_at(data, at + 4)?);
            layers.payload
        }
        ICMP | ICMPV6 => {
            let head: [u8; 2] = bytes::array(data, at)?;
            hash.write(&head);
            if is_echo(layers.protocol, head[0]) {
                hash.write_u16(bytes::u16_at(data, at + 6)?);
                at + 8
            } else if is_error(layers.protocol, head[0]) {
                // The quoted packet is translated too: only its identification and length stay.
                hash.write_u32(bytes::u32_at(data, at + 8 + 2)?);
                layers.end
            } else {
                at + 4
            }
        }
        _ => at,
    };
    hash.write(data.get(payload..layers.end).unwrap_or_default());
    Some(Fingerprint(hash.finish()))
}

/// The timestamps among TCP options.
fn timestamps(mut options: &[u8]) -> Option<&[u8]> {
    loop {
        match options {
            [8, 10, ..] => return options.get(2..10),
            [1, rest @ ..] => options = rest,
            [kind, length, ..] if *kind > 1 && *length > 1 => {
                options = options.get(usize::from(*length)..)?
            }
            _ => return None,
        }
    }
}

fn is_echo(protocol: u8, kind: u8) -> bool {
    matches!((protocol, kind), (ICMP, 0 | 8) | (ICMPV6, 128 | 129))
}

fn is_error(protocol: u8, kind: u8) -> bool {
    matches!((protocol, kind), (ICMP, 3..=5 | 11 | 12) | (ICMPV6, 1..=4))
}

/// One sighting of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sighting {
    /// The number of the record, as the caller counts.
    pub record: u64,
    /// The interface, as the caller numbers them.
    pub interface: u32,
    /// When.
    pub at: Timestamp,
}

/// Where a sighting belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It begins a new row.
    New,
    /// It is the packet of the row that began with this record, seen so many nanoseconds later (or before, as
    /// interfaces may be read out of order).
    Same {
        /// The record that began the row.
        first: u64,
        /// Nanoseconds since that sighting.
        after: i64,
    },
}

/// Puts sightings together. The caller passes them as they come; times may be slightly out of order.
///
/// Memory is bounded: what is older than the window is forgotten.
#[derive(Debug)]
pub struct Sightings {
    window: u64,
    /// Rows by fingerprint: the last one, which new sightings may join. A tree: whoever sends packets
    /// could choose them so that a hash table becomes slow.
    open: BTreeMap<Fingerprint, Row>,
    /// When the rows that are too old were last thrown away.
    swept: u64,
}

#[derive(Debug)]
struct Row {
    first: Sighting,
    /// The last time at which it was seen.
    last: u64,
    /// Where it was seen, and with which TTL: a router may send it out where it came in.
    point: (u32, u8),
    /// Where else; empty, and no memory, for what is seen once.
    more: Vec<(u32, u8)>,
    /// Was there another packet that looks the same?
    ambiguous: bool,
}

/// The most points at which one packet is followed.
const MOST_POINTS: usize = 256;

impl Sightings {
    /// Sightings belong together that are at most `window` nanoseconds after the one before. A lab forwards in
    /// microseconds, and a quality of a link may delay by as long as was asked for: a second is usual.
    #[must_use]
    pub fn new(window: u64) -> Self {
        Self {
            window,
            open: BTreeMap::new(),
            swept: 0,
        }
    }

    /// Takes a sighting.
    pub fn next<'a>(
        &mut self,
        link: LinkType,
        record: impl Into<View<'a>>,
        number: u64,
        interface: u32,
    ) -> Outcome {
        let view = record.into();
        let Some(fingerprint) = fingerprint(link, view) else {
            return Outcome::New;
        };
        let sighting = Sighting {
            record: number,
            interface,
            at: view.at,
        };
        let point = (interface, time_to_live(link, view.data));
        self.sweep(view.at.0);
        let row = Row {
            first: sighting,
            last: view.at.0,
            point,
            more: Vec::new(),
            ambiguous: false,
        };
        match self.open.entry(fingerprint) {
            Entry::Vacant(entry) => {
                entry.insert(row);
                Outcome::New
            }
            Entry::Occupied(mut entry) => {
                let known = entry.get_mut();
                if view.at.0.abs_diff(known.last) > self.window {
                    // Another packet of the same content, long after.
                    entry.insert(row);
                    return Outcome::New;
                }
                known.last = known.last.max(view.at.0);
                known.ambiguous |= known.point == point
                    || known.more.contains(&point)
                    || known.more.len() + 1 >= MOST_POINTS;
                if known.ambiguous {
                    return Outcome::New;
                }
                known.more.push(point);
                let after = i128::from(view.at.0) - i128::from(known.first.at.0);
                Outcome::Same {
                    first: known.first.record,
                    after: i64::try_from(after).unwrap_or(i64::MAX),
                }
            }
        }
    }

    /// Forgets rows that nothing can join any more, once in a window.
    fn sweep(&mut self, now: u64) {
        if now.saturating_sub(self.swept) <= self.window {
            return;
        }
        self.swept = now;
        let oldest = now.saturating_sub(self.window);
        self.open.retain(|_, row| row.last >= oldest);
    }
}

/// How many more routers a packet may pass, 0 if it is no IP packet.
fn time_to_live(link: LinkType, data: &[u8]) -> u8 {
    let layers = layers(link, data);
    let at = layers
        .ipv4
        .map(|at| at + 8)
        .or(layers.ipv6.map(|at| at + 7));
    at.and_then(|at| data.get(at).copied()).unwrap_or(0)
}
