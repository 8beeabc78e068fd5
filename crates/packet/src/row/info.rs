//! The columns "Protocol" and "Info", in Wireshark's words.

use std::fmt::Write as _;

use super::Look;
use crate::tree::{Colons, Value, icmp_code, icmpv6_code, name_of, tcp_flags};

impl Look<'_> {
    /// Of the highest protocol that says something.
    pub(super) fn protocol_and_info(&self) -> (String, String) {
        let protocols = self.tree.nodes.iter().rev().filter(|node| node.level == 0);
        for node in protocols {
            let known = match node.field.name {
                "dns" => ("DNS", self.dns("dns")),
                "mdns" => ("MDNS", self.dns("mdns")),
                "dhcp" => ("DHCP", self.dhcp()),
                "dhcpv6" => ("DHCPv6", self.dhcpv6()),
                "ntp" => ("NTP", self.ntp()),
                "http" => ("HTTP", self.http()),
                "tls" => return self.tls(),
                "arp" => ("ARP", self.arp()),
                "icmp" => ("ICMP", self.icmp()),
                "icmpv6" => ("ICMPv6", self.icmpv6()),
                "igmp" => return self.igmp(),
                "tcp" => ("TCP", self.tcp()),
                "udp" => ("UDP", self.udp()),
                "stp" => ("STP", self.stp()),
                "lldp" => ("LLDP", self.lldp()),
                "ip" => ("IPv4", self.ipv4_info()),
                "ipv6" => ("IPv6", self.ipv6_info()),
                "vxlan" => ("VXLAN", node.label(self.data)),
                "gre" => ("GRE", node.label(self.data)),
                "llc" => ("LLC", node.label(self.data)),
                "vlan" => ("VLAN", node.label(self.data)),
                "eth" => return self.eth(),
                "sll" => ("SLL", node.label(self.data)),
                _ => continue,
            };
            return (known.0.to_owned(), known.1);
        }
        ("Data".to_owned(), format!("{} bytes", self.data.len()))
    }

    fn eth(&self) -> (String, String) {
        let kind = self.number("eth.type").unwrap_or_default();
        (format!("0x{kind:04x}"), "Ethernet II".to_owned())
    }

    fn arp(&self) -> String {
        let sender = self.ipv4("arp.src.proto_ipv4");
        let target = self.ipv4("arp.dst.proto_ipv4");
        let operation = self.number("arp.opcode").unwrap_or_default();
        let (Some(sender), Some(target)) = (sender, target) else {
            return "Address Resolution Protocol".to_owned();
        };
        let mac = self.text("arp.src.hw_mac").unwrap_or_default();
        let gratuitous = sender == target;
        match operation {
            1 if gratuitous
                && matches!(
                    self.value("arp.dst.hw_mac"),
                    Some(Value::Ether([0, 0, 0, 0, 0, 0]))
                ) =>
            {
                format!("ARP Announcement for {sender}")
            }
            1 if gratuitous => format!("Gratuitous ARP for {sender} (Request)"),
            1 if sender.is_unspecified() => format!("Who has {target}? (ARP Probe)"),
            1 => format!("Who has {target}? Tell {sender}"),
            2 if gratuitous => format!("Gratuitous ARP for {sender} (Reply)"),
            2 => format!("{sender} is at {mac}"),
            3 => format!(
                "Who is {}? Tell {mac}",
                self.text("arp.dst.hw_mac").unwrap_or_default()
            ),
            4 => format!(
                "{} is at {target}",
                self.text("arp.dst.hw_mac").unwrap_or_default()
            ),
            other => format!("Unknown ARP opcode 0x{other:04x}"),
        }
    }

    fn ttl(&self) -> u64 {
        self.number("ip.ttl").unwrap_or_default()
    }

    fn icmp(&self) -> String {
        let kind = self.number("icmp.type").unwrap_or_default() as u8;
        let code = self.number("icmp.code").unwrap_or_default() as u8;
        let name = name_of("icmp.type", kind.into()).unwrap_or("Unknown");
        let sequence = self.number("icmp.seq");
        match (kind, sequence) {
            (0 | 8, Some(sequence)) => format!(
                "{name:<20} id=0x{:04x}, seq={sequence}/{}, ttl={}",
                self.number("icmp.ident").unwrap_or_default(),
                (sequence as u16).swap_bytes(),
                self.ttl(),
            ),
            (13 | 14 | 17 | 18, Some(sequence)) => format!(
                "{name:<20} id=0x{:04x}, seq={sequence}/{}, ttl={}",
                self.number("icmp.ident").unwrap_or_default(),
                (sequence as u16).swap_bytes(),
                self.ttl(),
            ),
            _ => match icmp_code(kind, code) {
                Some(code) => format!("{name:<20} ({code})"),
                None if matches!(kind, 3 | 5 | 11 | 12) => {
                    format!("{name:<20} (Unknown code: {code})")
                }
                None => name.to_owned(),
            },
        }
    }

    fn icmpv6(&self) -> String {
        let kind = self.number("icmpv6.type").unwrap_or_default() as u8;
        let code = self.number("icmpv6.code").unwrap_or_default() as u8;
        let name = name_of("icmpv6.type", kind.into()).unwrap_or("Unknown");
        let link = self
            .inside("icmpv6")
            .find(|node| node.field.name == "icmpv6.opt.linkaddr");
        let link = link.map(|node| Colons(node.bytes(self.data)).to_string());
        let from = |text: String| match &link {
            Some(link) => format!("{text} from {link}"),
            None => text,
        };
        match kind {
            128 | 129 => format!(
                "{name} id=0x{:04x}, seq={}, hop limit={}",
                self.number("icmpv6.echo.identifier").unwrap_or_default(),
                self.number("icmpv6.echo.sequence_number")
                    .unwrap_or_default(),
                self.number("ipv6.hlim").unwrap_or_default(),
            ),
            133 | 134 => from(name.to_owned()),
            135 => {
                let target = self.ipv6("icmpv6.nd.ns.target_address");
                from(format!(
                    "{name} for {}",
                    target.map(|a| a.to_string()).unwrap_or_default()
                ))
            }
            136 => {
                let target = self.ipv6("icmpv6.nd.na.target_address");
                let flags: Vec<_> = [
                    ("icmpv6.nd.na.flag.r", "rtr"),
                    ("icmpv6.nd.na.flag.s", "sol"),
                    ("icmpv6.nd.na.flag.o", "ovr"),
                ]
                .into_iter()
                .filter(|(field, _)| self.number(field) == Some(1))
                .map(|(_, word)| word)
                .collect();
                let mut line = format!(
                    "{name} {}",
                    target.map(|a| a.to_string()).unwrap_or_default()
                );
                if !flags.is_empty() {
                    let _ = write!(line, " ({})", flags.join(", "));
                }
                if let Some(link) = link {
                    let _ = write!(line, " is at {link}");
                }
                line
            }
            _ => match icmpv6_code(kind, code) {
                Some(code) => format!("{name} ({code})"),
                None => name.to_owned(),
            },
        }
    }

    fn igmp(&self) -> (String, String) {
        let kind = self.number("igmp.type").unwrap_or_default();
        let version = self.number("igmp.version").unwrap_or_default();
        let name = name_of("igmp.type", kind).unwrap_or("Unknown Type");
        let group = self.ipv4("igmp.maddr");
        let group = group.map(|group| group.to_string()).unwrap_or_default();
        let info = match kind {
            0x11 if group == "0.0.0.0" => format!("{name}, general"),
            0x11 => format!("{name}, specific for group {group}"),
            0x12 | 0x16 => format!("{name} group {group}"),
            0x17 => format!("{name} {group}"),
            0x22 => {
                let mut line = name.to_owned();
                for record in self
                    .inside("igmp")
                    .filter(|node| node.field.name == "igmp.record")
                {
                    let said = record.label(self.data);
                    let said = said
                        .strip_prefix("Group Record : ")
                        .unwrap_or(&said)
                        .to_owned();
                    let (group, mode) = said.split_once("  ").unwrap_or((&said, ""));
                    let _ = match mode {
                        "Change To Exclude Mode" | "Mode Is Exclude" => {
                            write!(line, " / Join group {group} for any sources")
                        }
                        "Change To Include Mode" => write!(line, " / Leave group {group}"),
                        _ => write!(line, " / {mode} {group}"),
                    };
                }
                line
            }
            _ => format!("{name}:0x{kind:02x}"),
        };
        (format!("IGMPv{version}"), info)
    }

    fn tcp(&self) -> String {
        let number = |name| self.number(name).unwrap_or_default();
        let Some(flags) = self.number("tcp.flags") else {
            return format!("{} → {}", number("tcp.srcport"), number("tcp.dstport"));
        };
        let mut line = format!(
            "{} → {} [{}] Seq={}",
            number("tcp.srcport"),
            number("tcp.dstport"),
            tcp_flags(flags as u32),
            number("tcp.seq"),
        );
        if flags & 0x10 != 0 {
            let _ = write!(line, " Ack={}", number("tcp.ack"));
        }
        let _ = write!(line, " Win={}", number("tcp.window_size_value"));
        if flags & 0x20 != 0 {
            let _ = write!(line, " Urg={}", number("tcp.urgent_pointer"));
        }
        let _ = write!(line, " Len={}", number("tcp.len"));
        for node in self.inside("tcp") {
            let Value::Unsigned(value) = node.value else {
                if node.field.name == "tcp.options.sack_perm" {
                    line += " SACK_PERM";
                }
                continue;
            };
            let _ = match node.field.name {
                "tcp.options.mss_val" => write!(line, " MSS={value}"),
                "tcp.options.wscale.multiplier" => write!(line, " WS={value}"),
                "tcp.options.timestamp.tsval" => write!(line, " TSval={value}"),
                "tcp.options.timestamp.tsecr" => write!(line, " TSecr={value}"),
                "tcp.options.sack_le" => write!(line, " SLE={value}"),
                "tcp.options.sack_re" => write!(line, " SRE={value}"),
                _ => Ok(()),
            };
        }
        line
    }

    fn udp(&self) -> String {
        let number = |name| self.number(name).unwrap_or_default();
        let length = number("udp.length").saturating_sub(8);
        format!(
            "{} → {} Len={length}",
            number("udp.srcport"),
            number("udp.dstport")
        )
    }

    fn stp(&self) -> String {
        let number = |name| self.number(name).unwrap_or_default();
        match number("stp.type") {
            0x80 => "Topology Change Notification".to_owned(),
            kind => format!(
                "{}{}  Root = {}/{}/{}  Cost = {}  Port = 0x{:04x}",
                match (kind, number("stp.version")) {
                    (2, 3) => "MST.",
                    (2, _) => "RST.",
                    _ => "Conf.",
                },
                if number("stp.flags.tc") == 1 {
                    " TC +"
                } else {
                    ""
                },
                number("stp.root.prio"),
                number("stp.root.ext"),
                self.text("stp.root.hw").unwrap_or_default(),
                number("stp.root.cost"),
                number("stp.port"),
            )
            .replace(".  Root", ". Root")
            .replace("+  Root", "+ Root"),
        }
    }

    fn lldp(&self) -> String {
        let kind = |number: Option<u64>, mac: u64| match number {
            Some(kind) if kind == mac => "MA",
            Some(1) => "IA",
            Some(2) => "PC",
            Some(5 | 6) => "IN",
            _ => "LA",
        };
        let id = |mac: &str, text: &str| {
            self.text(mac)
                .or_else(|| self.text(text))
                .unwrap_or_default()
        };
        let mut line = format!(
            "{}/{} {}/{} {}",
            kind(self.number("lldp.chassis.subtype"), 4),
            id("lldp.chassis.id.mac", "lldp.chassis.id"),
            kind(self.number("lldp.port.subtype"), 3),
            id("lldp.port.id.mac", "lldp.port.id"),
            self.number("lldp.time_to_live").unwrap_or_default(),
        );
        for (field, word) in [
            ("lldp.tlv.system.name", "SysN"),
            ("lldp.tlv.system.desc", "SysD"),
        ] {
            if let Some(text) = self.text(field) {
                let _ = write!(line, " {word}={text}");
            }
        }
        line
    }

    fn ipv4_info(&self) -> String {
        let number = |name| self.number(name).unwrap_or_default();
        let protocol = number("ip.proto");
        let name = name_of("ip.proto", protocol).unwrap_or("Unknown");
        let offset = number("ip.frag_offset") * 8;
        if offset != 0 || number("ip.flags.mf") == 1 {
            return format!(
                "Fragmented IP protocol (proto={name} {protocol}, off={offset}, ID={:04x})",
                number("ip.id")
            );
        }
        format!("{name} ({protocol})")
    }

    fn ipv6_info(&self) -> String {
        let fragment = self.number("ipv6.fraghdr.offset").unwrap_or_default();
        let next = self
            .number("ipv6.fraghdr.nxt")
            .or_else(|| self.number("ipv6.nxt"));
        let next = next.unwrap_or_default();
        let name = name_of("ipv6.nxt", next).unwrap_or("Unknown");
        if self.number("ipv6.fraghdr.ident").is_some() {
            let more = self.number("ipv6.fraghdr.more") == Some(1);
            return format!(
                "IPv6 fragment (off={} more={} ident=0x{:08x} nxt={next})",
                fragment * 8,
                if more { 'y' } else { 'n' },
                self.number("ipv6.fraghdr.ident").unwrap_or_default(),
            );
        }
        format!("{name} ({next})")
    }
}
