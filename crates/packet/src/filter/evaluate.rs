//! Evaluating a filter on one record: the quick way where it can be gone, dissection where not.

use std::cmp::Ordering;

use super::compile::{Function, How, Order, Source, Test};
use super::parse::{Slice, SliceEnd};
use crate::layers::{Layers, layers};
use crate::numbers::protocol::{ICMP, ICMPV6, IGMP, TCP, UDP};
use crate::services::Service;
use crate::tree::{Context, Field, FieldType, Node, Value, starts_http, starts_tls, values};
use crate::{LinkType, View};

/// A record that is being looked at.
pub(crate) struct Packet<'a> {
    link: LinkType,
    record: View<'a>,
    context: &'a Context<'a>,
    layers: Layers,
    nodes: &'a mut Vec<Node>,
    dissected: bool,
}

impl<'a> Packet<'a> {
    pub(crate) fn new(
        link: LinkType,
        record: View<'a>,
        context: &'a Context<'a>,
        nodes: &'a mut Vec<Node>,
    ) -> Self {
        Self {
            link,
            record,
            context,
            layers: layers(link, record.data),
            nodes,
            dissected: false,
        }
    }

    /// Calls `visit` with each value of the fields and its bytes, until it returns true. Returns whether it
    /// did.
    fn any(&mut self, source: &Source, mut visit: impl FnMut(&Value, &[u8]) -> bool) -> bool {
        let data = self.record.data;
        if let (true, Some(quick)) = (self.layers.plain, &source.quick) {
            return quick.iter().any(|quick| {
                quick
                    .value(&self.layers, data)
                    .is_some_and(|(value, bytes)| visit(&value, bytes))
            });
        }
        if let [field] = source.fields.as_slice()
            && let Some((value, bytes)) = self.of_frame(field)
        {
            return visit(&value, bytes);
        }
        if !source.fields.iter().any(|field| self.may_have(field)) {
            return false;
        }
        if !self.dissected {
            values(self.link, self.record, self.context, self.nodes);
            self.dissected = true;
        }
        self.nodes.iter().any(|node| {
            source
                .fields
                .iter()
                .any(|field| std::ptr::eq(*field, node.field))
                && {
                    // Of a protocol all that follows counts, as in Wireshark.
                    let bytes = match node.field.kind {
                        FieldType::Protocol => data.get(node.offset as usize..).unwrap_or_default(),
                        _ => node.bytes(data),
                    };
                    visit(&node.value, bytes)
                }
        })
    }

    /// What is known of the record without looking into it.
    fn of_frame(&self, field: &Field) -> Option<(Value, &'a [u8])> {
        let value = match field.name {
            "frame" => return Some((Value::None, self.record.data)),
            "frame.len" => Value::Unsigned(self.record.length.into()),
            "frame.cap_len" => Value::Unsigned(self.record.data.len() as u64),
            "frame.number" => Value::Unsigned(self.context.number?.into()),
            "frame.time" => Value::Time(self.record.at.0.into()),
            _ => return None,
        };
        Some((value, &[]))
    }

    /// Can the record have a field of this protocol? False only if dissecting would not find it.
    fn may_have(&self, field: &Field) -> bool {
        let layers = &self.layers;
        if !layers.plain {
            return true;
        }
        let carries = |protocol: u8| layers.transport.is_some() && layers.protocol == protocol;
        let (tcp, udp) = (carries(TCP), carries(UDP));
        let service = |wanted: Service| udp && layers.service == Some(wanted);
        let payload = layers.payload(self.record.data);
        match field.protocol() {
            "arp" => layers.arp.is_some(),
            "eth" => layers.ethernet,
            "vlan" | "ieee8021ad" => layers.tags > 0,
            "ip" => layers.ipv4.is_some(),
            "ipv6" => layers.ipv6.is_some(),
            "icmp" => carries(ICMP),
            "icmpv6" => carries(ICMPV6),
            "igmp" => carries(IGMP),
            // Without options there are none to look for.
            "tcp" if field.name.starts_with("tcp.option") => {
                tcp && layers.transport.is_some_and(|at| layers.payload > at + 20)
            }
            "tcp" => tcp,
            "udp" => udp,
            "dns" => {
                let ports = |at: usize| crate::bytes::array::<4>(self.record.data, at);
                let tcp_53 = || {
                    matches!(
                        layers.transport.and_then(ports),
                        Some([0, 53, ..] | [_, _, 0, 53])
                    )
                };
                service(Service::Dns) || service(Service::Mdns) || (tcp && tcp_53())
            }
            "mdns" => service(Service::Mdns),
            "dhcp" => service(Service::Dhcp),
            "dhcpv6" => service(Service::Dhcpv6),
            "ntp" => service(Service::Ntp),
            "http" => tcp && starts_http(payload),
            "tls" => tcp && starts_tls(payload),
            // These are in no plain packet.
            "vxlan" | "gre" | "llc" | "stp" | "lldp" | "null" | "ah" => false,
            _ => true,
        }
    }
}

impl Test {
    pub(super) fn holds(&self, packet: &mut Packet<'_>) -> bool {
        match self {
            Self::Or(tests) => tests.iter().any(|test| test.holds(packet)),
            Self::And(tests) => tests.iter().all(|test| test.holds(packet)),
            Self::Xor(left, right) => left.holds(packet) != right.holds(packet),
            Self::Not(test) => !test.holds(packet),
            Self::Exists(source) => {
                if source.function == Some(Function::Count) {
                    return source.of_any(packet, |_, _| true);
                }
                source.of_any(packet, |value, bytes| match (value, source.mask) {
                    // A number with a mask is asked for, not its presence.
                    (Value::Unsigned(value), Some(_)) => *value != 0,
                    _ => source.slices.is_empty() || !bytes.is_empty(),
                })
            }
            Self::Compare {
                source,
                how,
                literal,
            } => how.decide(packet, source, |value, bytes| literal.compare(value, bytes)),
            Self::Contains { source, all, bytes } => {
                quantified(packet, source, *all, |value, own| match value {
                    Value::Text(text) => contains(text.as_bytes(), bytes),
                    _ => contains(own, bytes),
                })
            }
            Self::Matches {
                source,
                all,
                pattern,
            } => quantified(packet, source, *all, |value, own| match value {
                Value::Text(text) => pattern.is_match(text),
                // Each byte as the character of its number.
                _ => {
                    pattern.is_match(&own.iter().map(|byte| char::from(*byte)).collect::<String>())
                }
            }),
            Self::In { source, ranges } => source.of_any(packet, |value, bytes| {
                ranges.iter().any(|(low, high)| {
                    low.compare(value, bytes).is_some_and(Ordering::is_ge)
                        && high.compare(value, bytes).is_some_and(Ordering::is_le)
                })
            }),
            Self::Fields { left, how, right } => {
                let mut others = Vec::new();
                right.of_any(packet, |value, bytes| {
                    others.push((value.clone(), bytes.to_vec()));
                    false
                });
                if others.is_empty() {
                    return false;
                }
                quantified(packet, left, how.all, |value, bytes| {
                    let mut each = others.iter().map(|(other, other_bytes)| {
                        how.order.holds(compare(value, bytes, other, other_bytes))
                    });
                    if how.all {
                        each.all(|holds| holds)
                    } else {
                        each.any(|holds| holds)
                    }
                })
            }
        }
    }
}

/// Does a test hold of one value, or of all of which there is one?
fn quantified(
    packet: &mut Packet<'_>,
    source: &Source,
    all: bool,
    mut test: impl FnMut(&Value, &[u8]) -> bool,
) -> bool {
    if !all {
        return source.of_any(packet, test);
    }
    let mut found = false;
    let failed = source.of_any(packet, |value, bytes| {
        found = true;
        !test(value, bytes)
    });
    found && !failed
}

impl How {
    fn decide(
        self,
        packet: &mut Packet<'_>,
        source: &Source,
        mut compare: impl FnMut(&Value, &[u8]) -> Option<Ordering>,
    ) -> bool {
        quantified(packet, source, self.all, |value, bytes| {
            self.order.holds(compare(value, bytes))
        })
    }
}

impl Order {
    fn holds(self, ordering: Option<Ordering>) -> bool {
        let Some(ordering) = ordering else {
            return false;
        };
        match self {
            Self::Equal => ordering.is_eq(),
            Self::NotEqual => ordering.is_ne(),
            Self::Less => ordering.is_lt(),
            Self::LessOrEqual => ordering.is_le(),
            Self::Greater => ordering.is_gt(),
            Self::GreaterOrEqual => ordering.is_ge(),
        }
    }
}

/// Two values of packets.
fn compare(left: &Value, left_bytes: &[u8], right: &Value, right_bytes: &[u8]) -> Option<Ordering> {
    Some(match (left, right) {
        (Value::Unsigned(left), Value::Unsigned(right)) => left.cmp(right),
        (Value::Signed(left), Value::Signed(right)) => left.cmp(right),
        (Value::Bool(left), Value::Bool(right)) => left.cmp(right),
        (Value::Float(left), Value::Float(right)) => left.partial_cmp(right)?,
        (Value::Time(left), Value::Time(right)) => left.cmp(right),
        (Value::Ipv4(left), Value::Ipv4(right)) => left.cmp(right),
        (Value::Ipv6(left), Value::Ipv6(right)) => left.cmp(right),
        (Value::Text(left), Value::Text(right)) => left.cmp(right),
        _ => left_bytes.cmp(right_bytes),
    })
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    let Some(first) = wanted.first() else {
        return true;
    };
    // The first byte is looked for quickly.
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|byte| byte == first) {
        rest = rest.get(at..).unwrap_or_default();
        if rest.starts_with(wanted) {
            return true;
        }
        rest = rest.get(1..).unwrap_or_default();
    }
    false
}

impl Source {
    /// As [`Packet::any`], with what is to be made of the values.
    fn of_any(
        &self,
        packet: &mut Packet<'_>,
        mut visit: impl FnMut(&Value, &[u8]) -> bool,
    ) -> bool {
        if self.function == Some(Function::Count) {
            let mut count = 0;
            packet.any(self, |_, _| {
                count += 1;
                false
            });
            return count > 0 && visit(&Value::Unsigned(count), &[]);
        }
        if self.slices.is_empty() && self.mask.is_none() && self.function.is_none() {
            return packet.any(self, visit);
        }
        packet.any(self, |value, bytes| {
            let sliced;
            let (value, bytes) = if self.slices.is_empty() {
                (value, bytes)
            } else {
                let whole = match value {
                    Value::Text(text) => text.as_bytes(),
                    _ => bytes,
                };
                // A value that is too short for a slice does not have it.
                if let [slice] = self.slices.as_slice() {
                    let Some(part) = slice.of(whole) else {
                        return false;
                    };
                    (&Value::Bytes, part)
                } else {
                    let parts: Option<Vec<_>> =
                        self.slices.iter().map(|slice| slice.of(whole)).collect();
                    let Some(parts) = parts else { return false };
                    sliced = parts.concat();
                    (&Value::Bytes, sliced.as_slice())
                }
            };
            if let Some(mask) = self.mask {
                let number = match value {
                    Value::Unsigned(value) => *value,
                    Value::Bool(value) => u64::from(*value),
                    _ => bytes
                        .iter()
                        .take(8)
                        .fold(0, |value, byte| value << 8 | u64::from(*byte)),
                };
                return visit(&Value::Unsigned(number & mask), bytes);
            }
            match (self.function, value) {
                (Some(Function::Length), Value::Text(text)) => {
                    visit(&Value::Unsigned(text.len() as u64), bytes)
                }
                (Some(Function::Length), _) => visit(&Value::Unsigned(bytes.len() as u64), bytes),
                (Some(Function::Lower), Value::Text(text)) => {
                    visit(&Value::Text(text.to_lowercase().into()), bytes)
                }
                (Some(Function::Upper), Value::Text(text)) => {
                    visit(&Value::Text(text.to_uppercase().into()), bytes)
                }
                _ => visit(value, bytes),
            }
        })
    }
}

impl Slice {
    /// The bytes that it takes; `None` if there are too few.
    fn of(self, bytes: &[u8]) -> Option<&[u8]> {
        let from_end = |at: i32| {
            if at < 0 {
                bytes.len().checked_sub(at.unsigned_abs() as usize)
            } else {
                usize::try_from(at).ok()
            }
        };
        let start = from_end(self.start)?;
        match self.end {
            SliceEnd::Open => bytes.get(start..),
            SliceEnd::Length(length) => {
                let length = usize::try_from(length).ok()?;
                crate::bytes::slice(bytes, start, length)
            }
            SliceEnd::Last(last) => bytes.get(start..from_end(last)?.checked_add(1)?),
        }
        .filter(|bytes| !bytes.is_empty())
    }
}

#[cfg(test)]
mod tests;
