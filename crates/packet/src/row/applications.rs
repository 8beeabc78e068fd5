//! What protocols over TCP and UDP say, in Wireshark's words.

use std::fmt::Write as _;

use super::Look;
use crate::tree::{Value, name_of};

impl Look<'_> {
    pub(super) fn dns(&self, protocol: &str) -> String {
        let value = |name: &str| {
            let found = self.inside(protocol).find(|node| node.field.name == name);
            match found.map(|node| &node.value) {
                Some(Value::Unsigned(value)) => *value,
                Some(Value::Bool(value)) => u64::from(*value),
                _ => 0,
            }
        };
        let operation =
            name_of("dns.flags.opcode", value("dns.flags.opcode")).unwrap_or("Unknown operation");
        let mut line = operation.to_owned();
        let response = value("dns.flags.response") == 1;
        if response {
            line += " response";
        }
        let _ = write!(line, " 0x{:04x}", value("dns.id"));
        if response && value("dns.flags.rcode") != 0 {
            let code =
                name_of("dns.flags.rcode", value("dns.flags.rcode")).unwrap_or("Unknown error");
            let _ = write!(line, " {code}");
        }
        // Each question and record, with the first that it says.
        let mut name = String::new();
        let mut records = 0;
        for node in self.inside(protocol) {
            let text = || node.text(self.data);
            let kind = || {
                let text = node.text(self.data);
                text.split(" (").next().unwrap_or_default().to_owned()
            };
            match node.field.name {
                "dns.qry.name" => name = text(),
                "dns.qry.type" => {
                    let _ = write!(line, " {} {name}", kind());
                }
                "dns.resp.type" => {
                    records += 1;
                    if records > 20 {
                        break;
                    }
                    let _ = write!(line, " {}", kind());
                }
                "dns.a"
                | "dns.aaaa"
                | "dns.cname"
                | "dns.ns"
                | "dns.ptr.domain_name"
                | "dns.mx.mail_exchange"
                | "dns.srv.target"
                | "dns.soa.mname" => {
                    let _ = write!(line, " {}", text());
                }
                _ => {}
            }
        }
        line
    }

    pub(super) fn dhcp(&self) -> String {
        let id = self.number("dhcp.id").unwrap_or_default();
        match self.number("dhcp.option.dhcp") {
            Some(kind) => {
                let name = name_of("dhcp.option.dhcp", kind).unwrap_or("Unknown Message Type");
                format!("DHCP {name:<8} - Transaction ID 0x{id:x}")
            }
            None => {
                let operation = self.text("dhcp.type").unwrap_or_default();
                operation.split(" (").next().unwrap_or_default().to_owned()
            }
        }
    }

    pub(super) fn dhcpv6(&self) -> String {
        let kind = self.number("dhcpv6.msgtype").unwrap_or_default();
        let name = name_of("dhcpv6.msgtype", kind).unwrap_or("Unknown");
        let mut line = name.to_owned();
        if let Some(id) = self.number("dhcpv6.xid") {
            let _ = write!(line, " XID: 0x{id:06x}");
        }
        for node in self.inside("dhcpv6") {
            if let ("dhcpv6.iaaddr.ip", Value::Ipv6(address)) = (node.field.name, &node.value) {
                let _ = write!(line, " IAA: {address}");
            }
        }
        line
    }

    pub(super) fn ntp(&self) -> String {
        let version = self.number("ntp.flags.vn").unwrap_or_default();
        let mode = name_of(
            "ntp.flags.mode",
            self.number("ntp.flags.mode").unwrap_or_default(),
        );
        format!("NTP Version {version}, {}", mode.unwrap_or("unknown"))
    }

    pub(super) fn http(&self) -> String {
        let first = self.inside("http").next();
        let line = first.map(|node| node.label(self.data)).unwrap_or_default();
        let kind = self.text("http.content_type");
        match kind.filter(|_| line.starts_with("HTTP/")) {
            Some(kind) => format!("{line}  ({kind})"),
            None => format!("{line} "),
        }
    }

    pub(super) fn tls(&self) -> (String, String) {
        let mut version = "TLS".to_owned();
        let mut parts = Vec::new();
        for node in self.inside("tls") {
            match (node.field.name, &node.value) {
                ("tls.record.version", Value::Unsigned(value)) => {
                    version = match value {
                        0x0301 => "TLSv1",
                        0x0302 => "TLSv1.1",
                        0x0303 => "TLSv1.2",
                        0x0304 => "TLSv1.3",
                        _ => "SSLv3",
                    }
                    .to_owned();
                }
                ("tls.record.content_type", Value::Unsigned(kind)) if *kind != 22 => {
                    let name = name_of("tls.record.content_type", *kind).unwrap_or("Unknown");
                    parts.push(name.to_owned());
                }
                ("tls.handshake.type", Value::Unsigned(kind)) => {
                    let name = name_of("tls.handshake.type", *kind).unwrap_or("Unknown");
                    parts.push(name.to_owned());
                }
                ("tls.handshake.extensions_server_name", Value::Text(name)) => {
                    if let Some(last) = parts.last_mut() {
                        let _ = write!(last, " (SNI={name})");
                    }
                }
                _ => {}
            }
        }
        if parts.is_empty() {
            parts.push("Continuation Data".to_owned());
        }
        (version, parts.join(", "))
    }
}
