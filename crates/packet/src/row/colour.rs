//! Wireshark's default colouring rules, as far as they are about what is dissected here.

use crate::filter::{Filter, Packet};
use crate::tree::{Context, Node};
use crate::{LinkType, View};

/// A rule that colours rows. The first that holds counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// A spanning tree that says that it changes.
    SpanningTreeChange,
    /// An error reported by ICMP.
    IcmpError,
    /// ARP.
    Arp,
    /// ICMP of either version.
    Icmp,
    /// TCP that refuses or aborts.
    TcpReset,
    /// A packet that is about to die of old age.
    LowTtl,
    /// A wrong checksum.
    BadChecksum,
    /// HTTP.
    Http,
    /// Protocols of routers.
    Routing,
    /// TCP that opens or closes.
    TcpSynFin,
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// To everybody, or to a group.
    Broadcast,
}

/// The rules with Wireshark's names, filters and colours (background, text), in its order: its file
/// `colorfilters` of version 4.0. Left out are rules about what is not dissected here, and "Bad TCP", which
/// needs an analysis of the whole conversation.
const RULES: &[(Rule, &str, &str, [u32; 2])] = &[
    (
        Rule::SpanningTreeChange,
        "Spanning Tree Topology  Change",
        "stp.type == 0x80",
        [0x12_27_2e, 0xff_fc_9c],
    ),
    (
        Rule::IcmpError,
        "ICMP errors",
        "icmp.type in { 3..5, 11 } || icmpv6.type in { 1..4 }",
        [0x12_27_2e, 0xb7_f7_74],
    ),
    (Rule::Arp, "ARP", "arp", [0xfa_f0_d7, 0x12_27_2e]),
    (
        Rule::Icmp,
        "ICMP",
        "icmp || icmpv6",
        [0xfc_e0_ff, 0x12_27_2e],
    ),
    (
        Rule::TcpReset,
        "TCP RST",
        "tcp.flags.reset eq 1",
        [0xa4_00_00, 0xff_fc_9c],
    ),
    (
        Rule::LowTtl,
        "TTL low or unexpected",
        "(ip.dst != 224.0.0.0/4 && ip.ttl < 5) || \
         (ip.dst == 224.0.0.0/24 && ip.dst != 224.0.0.251 && ip.ttl != 1)",
        [0xa4_00_00, 0xec_f0_eb],
    ),
    (
        Rule::BadChecksum,
        "Checksum Errors",
        "ip.checksum.status == Bad",
        [0x12_27_2e, 0xf7_87_87],
    ),
    (
        Rule::Http,
        "HTTP",
        "http || tcp.port == 80",
        [0xe4_ff_c7, 0x12_27_2e],
    ),
    (Rule::Routing, "Routing", "igmp", [0xff_f3_d6, 0x12_27_2e]),
    (
        Rule::TcpSynFin,
        "TCP SYN/FIN",
        "tcp.flags & 0x02 || tcp.flags.fin == 1",
        [0xa0_a0_a0, 0x12_27_2e],
    ),
    (Rule::Tcp, "TCP", "tcp", [0xe7_e6_ff, 0x12_27_2e]),
    (Rule::Udp, "UDP", "udp", [0xda_ee_ff, 0x12_27_2e]),
    (
        Rule::Broadcast,
        "Broadcast",
        "eth[0] & 1",
        [0xff_ff_ff, 0xba_bd_b6],
    ),
];

impl Rule {
    /// All rules in their order.
    pub fn all() -> impl Iterator<Item = Self> {
        RULES.iter().map(|(rule, ..)| *rule)
    }

    /// What Wireshark calls it.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.entry().map_or("", |(_, name, ..)| name)
    }

    /// The filter that decides.
    #[must_use]
    pub fn filter(self) -> &'static str {
        self.entry().map_or("", |(_, _, filter, _)| filter)
    }

    /// Wireshark's colours: background and text, as `0xrrggbb`.
    #[must_use]
    pub fn colours(self) -> [u32; 2] {
        self.entry()
            .map_or([0xff_ff_ff, 0], |(.., colours)| *colours)
    }

    fn entry(self) -> Option<&'static (Self, &'static str, &'static str, [u32; 2])> {
        RULES.iter().find(|(rule, ..)| *rule == self)
    }
}

/// The rules, ready for use.
#[derive(Clone, Debug)]
pub struct Colouring {
    rules: Vec<(Rule, Filter)>,
    /// Dissected packets are built in here, again and again.
    nodes: Vec<Node>,
}

impl Default for Colouring {
    fn default() -> Self {
        let rules = RULES.iter().filter_map(|(rule, _, text, _)| {
            // That each compiles is tested.
            Filter::new(text).ok().map(|filter| (*rule, filter))
        });
        Self {
            rules: rules.collect(),
            nodes: Vec::new(),
        }
    }
}

impl Colouring {
    /// The first rule that holds for a record.
    pub fn rule<'a>(
        &mut self,
        link: LinkType,
        record: impl Into<View<'a>>,
        context: &Context<'_>,
    ) -> Option<Rule> {
        let record = record.into();
        let mut packet = Packet::new(link, record, context, &mut self.nodes);
        let found = self
            .rules
            .iter()
            .find(|(_, filter)| filter.holds(&mut packet));
        found.map(|(rule, _)| *rule)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_compiles_and_is_named() {
        assert_eq!(Colouring::default().rules.len(), RULES.len());
        for rule in Rule::all() {
            assert!(!rule.name().is_empty());
        }
    }
}
