//! TLS: records, the type of handshake messages, and the server name of a ClientHello.

use super::build::{Dissection, Step};
use super::field::{Value, fields};
use crate::tree::Names;

const CONTENTS: Names = &[
    (20, "Change Cipher Spec"),
    (21, "Alert"),
    (22, "Handshake"),
    (23, "Application Data"),
];
const VERSIONS: Names = &[
    (0x0300, "SSL 3.0"),
    (0x0301, "TLS 1.0"),
    (0x0302, "TLS 1.1"),
    (0x0303, "TLS 1.2"),
    (0x0304, "TLS 1.3"),
];
pub(crate) const HANDSHAKES: Names = &[
    (0, "Hello Request"),
    (1, "Client Hello"),
    (2, "Server Hello"),
    (4, "New Session Ticket"),
    (8, "Encrypted Extensions"),
    (11, "Certificate"),
    (12, "Server Key Exchange"),
    (13, "Certificate Request"),
    (14, "Server Hello Done"),
    (15, "Certificate Verify"),
    (16, "Client Key Exchange"),
    (20, "Finished"),
    (22, "Certificate Status"),
];
const EXTENSIONS: Names = &[
    (0, "server_name"),
    (5, "status_request"),
    (10, "supported_groups"),
    (11, "ec_point_formats"),
    (13, "signature_algorithms"),
    (16, "application_layer_protocol_negotiation"),
    (18, "signed_certificate_timestamp"),
    (21, "padding"),
    (22, "encrypt_then_mac"),
    (23, "extended_master_secret"),
    (35, "session_ticket"),
    (41, "pre_shared_key"),
    (42, "early_data"),
    (43, "supported_versions"),
    (44, "cookie"),
    (45, "psk_key_exchange_modes"),
    (51, "key_share"),
    (65281, "renegotiation_info"),
];
const ALERT_LEVELS: Names = &[(1, "Warning"), (2, "Fatal")];
const ALERTS: Names = &[
    (0, "Close Notify"),
    (10, "Unexpected Message"),
    (20, "Bad Record MAC"),
    (40, "Handshake Failure"),
    (42, "Bad Certificate"),
    (45, "Certificate Expired"),
    (46, "Certificate Unknown"),
    (48, "Unknown CA"),
    (70, "Protocol Version"),
    (80, "Internal Error"),
    (112, "Unrecognized Name"),
    (120, "No application Protocol"),
];

fields! {
    PROTOCOL = "tls", "Transport Layer Security", Protocol;
    RECORD = "tls.record", "TLS Record", Protocol;
    CONTENT = "tls.record.content_type", "Content Type", Decimal, CONTENTS;
    VERSION = "tls.record.version", "Version", Hex(4), VERSIONS;
    LENGTH = "tls.record.length", "Length", Decimal;
    ALERT_LEVEL = "tls.alert_message.level", "Level", Decimal, ALERT_LEVELS;
    ALERT = "tls.alert_message.desc", "Description", Decimal, ALERTS;
    DATA = "tls.app_data", "Encrypted Application Data", Bytes;
    HANDSHAKE = "tls.handshake", "Handshake Protocol", Protocol;
    TYPE = "tls.handshake.type", "Handshake Type", Decimal, HANDSHAKES;
    HANDSHAKE_LENGTH = "tls.handshake.length", "Length", Decimal;
    HANDSHAKE_VERSION = "tls.handshake.version", "Version", Hex(4), VERSIONS;
    RANDOM = "tls.handshake.random", "Random", Bytes;
    SESSION_LENGTH = "tls.handshake.session_id_length", "Session ID Length", Decimal;
    SESSION = "tls.handshake.session_id", "Session ID", Bytes;
    SUITES_LENGTH = "tls.handshake.cipher_suites_length", "Cipher Suites Length", Decimal;
    SUITE = "tls.handshake.ciphersuite", "Cipher Suite", Hex(4);
    METHODS_LENGTH = "tls.handshake.comp_methods_length", "Compression Methods Length", Decimal;
    METHOD = "tls.handshake.comp_method", "Compression Method", Decimal;
    EXTENSIONS_LENGTH = "tls.handshake.extensions_length", "Extensions Length", Decimal;
    EXTENSION = "tls.handshake.extension", "Extension", Protocol;
    EXTENSION_TYPE = "tls.handshake.extension.type", "Type", Decimal, EXTENSIONS;
    EXTENSION_LENGTH = "tls.handshake.extension.len", "Length", Decimal;
    EXTENSION_DATA = "tls.handshake.extension.data", "Data", Bytes;
    NAME_LENGTH = "tls.handshake.extensions_server_name_len", "Server Name length", Decimal;
    NAME = "tls.handshake.extensions_server_name", "Server Name", Text;
    ALPN = "tls.handshake.extensions_alpn_str", "ALPN Next Protocol", Text;
    SUPPORTED_VERSION = "tls.handshake.extensions.supported_version", "Supported Version", Hex(4), VERSIONS;
}

/// Does a TLS record start with these bytes?
pub(crate) fn is_record(bytes: &[u8]) -> bool {
    matches!(bytes, [20..=23, 3, 0..=4, high, _, ..] if *high <= 0x48)
}

impl Dissection<'_> {
    pub(super) fn tls(&mut self, p: usize) -> Step {
        let length = self.remaining(p);
        self.protocol(&PROTOCOL, p, length)?;
        self.nest(|d| {
            let mut at = p;
            while d.remaining(at) > 0 {
                if !is_record(d.slice(at, d.remaining(at))?) {
                    // The middle of a record that began in another segment.
                    return d.bytes(&DATA, at, d.remaining(at));
                }
                at = d.tls_record(at)?;
            }
            Ok(())
        })
    }

    fn tls_record(&mut self, p: usize) -> Step<usize> {
        let content = self.u8(p)?;
        let length = usize::from(self.u16(p + 3)?);
        let (data, end) = (p + 5, p + 5 + length);
        let index = self.add(&RECORD, p, (5 + length).min(self.remaining(p)), Value::None)?;
        let version = VERSION.value_name(self.u16(p + 1)?.into()).unwrap_or("TLS");
        let name = CONTENT.value_name(content.into()).unwrap_or("Unknown");
        self.label(
            index,
            format_args!("{version} Record Layer: {name} Protocol"),
        );
        self.nest(|d| {
            d.number(&CONTENT, p, 1)?;
            d.number(&VERSION, p + 1, 2)?;
            d.number(&LENGTH, p + 3, 2)?;
            // A record may go on in the next segment: that is nothing wrong.
            let shown = d.remaining(data).min(length);
            match content {
                22 => d.quoted(|d| d.within(end, |d| d.tls_handshakes(data, index))),
                21 if length == 2 && shown == 2 => {
                    d.number(&ALERT_LEVEL, data, 1)?;
                    d.number(&ALERT, data + 1, 1).map(|_| ())
                }
                _ if shown > 0 => d.bytes(&DATA, data, shown),
                _ => Ok(()),
            }
        })?;
        Ok(end)
    }

    fn tls_handshakes(&mut self, mut p: usize, record: usize) -> Step {
        let mut first = true;
        while self.remaining(p) >= 4 {
            let kind = self.u8(p)?;
            let [_, a, b, c] = self.array(p)?;
            let length = u32::from_be_bytes([0, a, b, c]) as usize;
            let Some(name) = TYPE.value_name(kind.into()).filter(|_| length < 0x1_0000) else {
                // Encrypted.
                return self.bytes(&DATA, p, self.remaining(p));
            };
            if first {
                self.label_handshake(record, name);
                first = false;
            }
            let index = self.add(
                &HANDSHAKE,
                p,
                (4 + length).min(self.remaining(p)),
                Value::None,
            )?;
            self.label(index, format_args!("Handshake Protocol: {name}"));
            self.nest(|d| {
                d.number(&TYPE, p, 1)?;
                d.number(&HANDSHAKE_LENGTH, p + 1, 3)?;
                let end = p + 4 + length;
                d.within(end, |d| match kind {
                    1 | 2 => d.tls_hello(p + 4, kind == 1),
                    _ => Ok(()),
                })
            })?;
            p += 4 + length;
        }
        Ok(())
    }

    fn label_handshake(&mut self, record: usize, name: &str) {
        if !self.labels {
            return;
        }
        let label = self
            .nodes
            .get(record)
            .map(|node| node.label(self.data))
            .unwrap_or_default();
        self.label(record, format_args!("{label}: {name}"));
    }

    fn tls_hello(&mut self, p: usize, client: bool) -> Step {
        self.number(&HANDSHAKE_VERSION, p, 2)?;
        self.bytes(&RANDOM, p + 2, 32)?;
        let session = self.number(&SESSION_LENGTH, p + 34, 1)? as usize;
        if session > 0 {
            self.bytes(&SESSION, p + 35, session)?;
        }
        let mut at = p + 35 + session;
        if client {
            let suites = self.number(&SUITES_LENGTH, at, 2)? as usize;
            for suite in (at + 2..at + 2 + suites).step_by(2) {
                self.number(&SUITE, suite, 2)?;
            }
            at += 2 + suites;
            let methods = self.number(&METHODS_LENGTH, at, 1)? as usize;
            for method in at + 1..at + 1 + methods {
                self.number(&METHOD, method, 1)?;
            }
            at += 1 + methods;
        } else {
            self.number(&SUITE, at, 2)?;
            self.number(&METHOD, at + 2, 1)?;
            at += 3;
        }
        if self.remaining(at) == 0 {
            return Ok(());
        }
        let extensions = self.number(&EXTENSIONS_LENGTH, at, 2)? as usize;
        let end = at + 2 + extensions;
        at += 2;
        while at < end {
            at = self.tls_extension(at, client)?;
        }
        Ok(())
    }

    fn tls_extension(&mut self, p: usize, client: bool) -> Step<usize> {
        let kind = self.u16(p)?;
        let length = usize::from(self.u16(p + 2)?);
        let (data, end) = (p + 4, p + 4 + length);
        let index = self.add(&EXTENSION, p, 4 + length, Value::None)?;
        let name = EXTENSION_TYPE
            .value_name(kind.into())
            .unwrap_or("Unknown type");
        self.label(index, format_args!("Extension: {name} (len={length})"));
        self.nest(|d| {
            d.number(&EXTENSION_TYPE, p, 2)?;
            d.number(&EXTENSION_LENGTH, p + 2, 2)?;
            match kind {
                _ if length == 0 => Ok(()),
                0 if length > 5 => {
                    let size = d.number(&NAME_LENGTH, data + 3, 2)? as usize;
                    d.text(&NAME, data + 5, size).map(|_| ())
                }
                16 => {
                    let mut at = data + 2;
                    while at < end {
                        let size = usize::from(d.u8(at)?);
                        d.text(&ALPN, at + 1, size)?;
                        at += 1 + size;
                    }
                    Ok(())
                }
                43 => {
                    let first = if client { data + 1 } else { data };
                    for at in (first..end).step_by(2) {
                        d.number(&SUPPORTED_VERSION, at, 2)?;
                    }
                    Ok(())
                }
                _ => d.bytes(&EXTENSION_DATA, data, length),
            }
        })?;
        Ok(end)
    }
}
