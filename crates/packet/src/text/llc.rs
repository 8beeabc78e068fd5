//! IEEE 802.2 logical link control and SNAP.

use super::ethernet::Ends;
use super::ethertype;
use super::walk::{Names, Step, Walk, name, put};

/// What [`Walk::llc`] found.
pub(super) struct Llc {
    /// Was the payload printed?
    pub(super) known: bool,
    /// The length of the header in bytes.
    pub(super) header: usize,
}

const SAP_IP: u8 = 0x06;
const SAP_STP: u8 = 0x42;
const SAP_SNAP: u8 = 0xaa;
const SAP_GLOBAL: u8 = 0xff;

/// The control field of unnumbered information.
const UI: u16 = 0x03;
const XID: u16 = 0xaf;
/// The poll or final bit in one-byte and two-byte control fields.
const U_POLL: u16 = 0x10;
const IS_POLL: u16 = 0x0100;

const SAPS: Names = &[
    (0x00, "Null"),
    (0xff, "Global"),
    (0x02, "802.1B I"),
    (0x03, "802.1B G"),
    (0x06, "IP"),
    (0x04, "SNA"),
    (0x0e, "ProWay NM"),
    (0x42, "STP"),
    (0x4e, "RS511"),
    (0x7e, "ISO8208"),
    (0x8e, "ProWay"),
    (0xaa, "SNAP"),
    (0xe0, "IPX"),
    (0xf0, "NetBeui"),
    (0xfe, "OSI"),
];

const COMMANDS: Names = &[
    (0x03, "ui"),
    (0xe3, "test"),
    (0xaf, "xid"),
    (0x63, "ua"),
    (0x43, "disc"),
    (0x0f, "dm"),
    (0x6f, "sabme"),
    (0x87, "frmr"),
];

const SUPERVISORY: Names = &[
    (0, "Receiver Ready"),
    (1, "Receiver not Ready"),
    (2, "Reject"),
];

const OUI_ETHERNET: u32 = 0x00_0000;
const OUI_CISCO: u32 = 0x00_000c;
const OUI_CISCO_BRIDGED: u32 = 0x00_00f8;
const OUI_RFC2684: u32 = 0x00_80c2;

pub(super) const OUIS: Names = &[
    (0x00_0000, "Ethernet"),
    (0x00_000c, "Cisco"),
    (0x00_005e, "IANA"),
    (0x00_0081, "Nortel Networks SONMP"),
    (0x00_00f8, "Cisco bridged"),
    (0x00_80c2, "Ethernet bridged"),
    (0x00_a03e, "ATM Forum"),
    (0x00_e02f, "DOCSIS Spanning Tree"),
    (0x08_0007, "Appletalk"),
    (0x00_9069, "Juniper"),
    (0x08_0009, "Hewlett-Packard"),
    (0x00_80c2, "IEEE 802.1 Private"),
    (0x00_120f, "IEEE 802.3 Private"),
    (0x00_12bb, "ANSI/TIA"),
    (0x00_1b21, "DCBX"),
    (0x00_2320, "Nicira Networks"),
    (0x5c_16c7, "Big Switch Networks"),
    (0xb0_d2f5, "Vello Systems"),
    (0x00_2481, "HP"),
    (0x00_04ea, "HP-Labs"),
    (0x74_8771, "Infoblox Inc"),
    (0xa4_2305, "Open Networking Lab"),
    (0x00_049f, "Freescale"),
    (0x00_15ad, "Netronome"),
    (0x00_1018, "Broadcom"),
    (0x00_e004, "PMC-Sierra"),
    (0xd0_f0db, "Ericsson"),
];

const CISCO: Names = &[
    (0x2000, "CDP"),
    (0x2003, "VTP"),
    (0x2004, "DTP"),
    (0x0111, "UDLD"),
    (0x010b, "PVST"),
    (0x010c, "VLAN Bridge"),
];

const BRIDGED: Names = &[
    (0x0001, "Ethernet + FCS"),
    (0x0007, "Ethernet w/o FCS"),
    (0x0002, "802.4 + FCS"),
    (0x0008, "802.4 w/o FCS"),
    (0x0003, "Token Ring + FCS"),
    (0x0009, "Token Ring w/o FCS"),
    (0x0004, "FDDI + FCS"),
    (0x000a, "FDDI w/o FCS"),
    (0x000b, "802.6 + FCS"),
    (0x000d, "802.6 w/o FCS"),
    (0x000e, "BPDU"),
];

impl Walk<'_> {
    /// The LLC header at `p` and what follows.
    pub(super) fn llc(&mut self, p: usize, length: u32, ends: Option<Ends>) -> Step<Llc> {
        self.protocol = "llc";
        let captured = self.remaining(p);
        let known = |header| {
            Ok(Llc {
                known: true,
                header,
            })
        };
        if captured < 3 || length < 3 {
            self.truncated();
            self.dump_unknown(p, captured)?;
            return known(captured.min(length) as usize);
        }
        let dsap_field = self.u8(p)?;
        let ssap_field = self.u8(p + 1)?;
        let unnumbered = self.u8(p + 2)? & 3 == 3;
        let (control, header) = if unnumbered {
            (u16::from(self.u8(p + 2)?), 3)
        } else if captured < 4 || length < 4 {
            self.truncated();
            self.dump_unknown(p, captured)?;
            return known(captured.min(length) as usize);
        } else {
            (self.u16(p + 2)?.swap_bytes(), 4)
        };
        let (dsap, ssap) = (dsap_field & !1, ssap_field & !1);
        if self.options.link {
            self.llc_header(dsap_field, ssap_field, control, unnumbered);
        }
        let at = p + header;
        let inner = length - header as u32;
        let both = |sap| dsap == sap && ssap == sap && control == UI;
        if both(SAP_SNAP) {
            let known = self.snap(at, inner, ends)?;
            return Ok(Llc {
                known,
                header: header + 5,
            });
        }
        if both(SAP_STP) {
            self.stp(at, inner)?;
            return known(header);
        }
        if both(SAP_IP) {
            self.ipv4(at, inner)?;
            return known(header);
        }
        if dsap_field == SAP_GLOBAL && ssap_field == SAP_GLOBAL {
            // Novell's raw 802.3, which tcpdump dissects as IPX.
            return Ok(Llc {
                known: false,
                header: 0,
            });
        }
        if !self.options.link {
            self.llc_ends(dsap, ssap, ends)?;
        }
        let response = u16::from(ssap_field & 1);
        if unnumbered {
            self.put("Unnumbered, ");
            match name(COMMANDS, (control & 0xef).into()) {
                Some(command) => self.put(command),
                None => self.hex(control & 0xef, 2),
            }
            self.llc_flags(response | (control & U_POLL), length);
            if control & !U_POLL == XID && (inner == 0 || self.llc_xid(at, inner)?) {
                return known(header);
            }
        } else if control & 3 == 1 {
            self.put("Supervisory, ");
            let command = u32::from(control >> 2 & 3);
            self.put(name(SUPERVISORY, command).unwrap_or("?"));
            put!(self, ", rcv seq {}", control >> 9 & 0x7f);
            self.llc_flags(response | (control & IS_POLL), length);
            return known(header);
        } else {
            put!(self, "Information, send seq {}", control >> 1 & 0x7f);
            put!(self, ", rcv seq {}", control >> 9 & 0x7f);
            self.llc_flags(response | (control & IS_POLL), length);
        }
        Ok(Llc {
            known: false,
            header,
        })
    }

    fn llc_header(&mut self, dsap_field: u8, ssap_field: u8, control: u16, unnumbered: bool) {
        let sap = |field: u8| name(SAPS, u32::from(field & !1)).unwrap_or("Unknown");
        let group = if dsap_field & 1 == 0 {
            "Individual"
        } else {
            "Group"
        };
        let command = if ssap_field & 1 == 0 {
            "Command"
        } else {
            "Response"
        };
        let (dsap_name, ssap_name) = (sap(dsap_field), sap(ssap_field));
        put!(
            self,
            "LLC, dsap {dsap_name} (0x{:02x}) {group}",
            dsap_field & !1
        );
        put!(
            self,
            ", ssap {ssap_name} (0x{:02x}) {command}",
            ssap_field & !1
        );
        let width = if unnumbered { 2 } else { 4 };
        self.put_hex(", ctrl 0x", control, width);
        self.put(": ");
    }

    /// Between whom, by hardware addresses and service access points.
    fn llc_ends(&mut self, dsap: u8, ssap: u8, ends: Option<Ends>) -> Step {
        if let Some(ends) = ends {
            self.mac(ends.source)?;
            self.put(" ");
        }
        if ssap != dsap {
            self.put_sap("Unknown SSAP 0x", ssap);
            self.put(" ");
        }
        if let Some(ends) = ends {
            self.put("> ");
            self.mac(ends.destination)?;
            self.put(" ");
        } else if ssap != dsap {
            self.put("> ");
        }
        self.put_sap("Unknown DSAP 0x", dsap);
        self.put(" ");
        Ok(())
    }

    fn put_sap(&mut self, unknown: &str, sap: u8) {
        match name(SAPS, sap.into()) {
            Some(name) => self.put(name),
            None => self.put_hex(unknown, sap, 2),
        }
    }

    fn llc_flags(&mut self, flags: u16, length: u32) {
        let name = match flags {
            0 => "Command",
            1 => "Response",
            U_POLL | IS_POLL => "Poll",
            _ => "Final",
        };
        put!(self, ", Flags [{name}], length {length}");
    }

    /// The payload of an exchange identification; false if it is of an unknown format.
    fn llc_xid(&mut self, p: usize, length: u32) -> Step<bool> {
        const FORMAT: u8 = 0x81;
        if !self.has(p, 1) {
            self.truncated();
            return Ok(true);
        }
        if self.u8(p)? != FORMAT {
            return Ok(false);
        }
        if !self.has(p, 3) || length < 3 {
            self.truncated();
            self.dump_unknown(p, self.remaining(p))?;
        } else {
            put!(self, ": {:02x} {:02x}", self.u8(p + 1)?, self.u8(p + 2)?);
        }
        Ok(true)
    }

    /// The SNAP header at `p`; false if the payload is unknown.
    fn snap(&mut self, p: usize, length: u32, ends: Option<Ends>) -> Step<bool> {
        self.protocol = "snap";
        if !self.has(p, 5) || length < 5 {
            self.truncated();
            return Ok(true);
        }
        let oui = self.u24(p)?;
        let kind = self.u16(p + 3)?;
        let at = p + 5;
        let length = length - 5;
        let pids = match oui {
            OUI_ETHERNET | OUI_CISCO_BRIDGED => ethertype::NAMES,
            OUI_CISCO => CISCO,
            OUI_RFC2684 => BRIDGED,
            _ => &[],
        };
        let oui_name = name(OUIS, oui).unwrap_or("Unknown");
        let pid_name = name(pids, kind.into()).unwrap_or("Unknown");
        if self.options.link {
            let word = if oui == 0 { "ethertype" } else { "pid" };
            put!(
                self,
                "oui {oui_name} (0x{oui:06x}), {word} {pid_name} (0x{kind:04x})"
            );
            put!(self, ", length {length}: ");
        }
        let known = match (oui, kind) {
            (OUI_ETHERNET | OUI_CISCO_BRIDGED, _) => self.ethertype(kind, at, length, ends)?,
            (OUI_CISCO, 0x010b | 0x010c) | (OUI_RFC2684, 0x000e) => {
                self.stp(at, length)?;
                true
            }
            (OUI_RFC2684, 0x0001 | 0x0007) => {
                // Two bytes of padding come before the bridged frame.
                if self.has(at, 2) {
                    self.ethernet_inside(at + 2, length.saturating_sub(2))?;
                } else {
                    self.truncated();
                }
                true
            }
            _ => false,
        };
        if known || self.options.link {
            return Ok(known);
        }
        if let Some(ends) = ends {
            self.mac(ends.source)?;
            self.put(" > ");
            self.mac(ends.destination)?;
            self.put(" ");
        }
        self.put("SNAP, ");
        if oui == 0 {
            self.put_ethertype(kind);
        } else {
            put!(
                self,
                "oui {oui_name} (0x{oui:06x}), pid {pid_name} (0x{kind:04x})"
            );
        }
        put!(self, ", length {length}: ");
        Ok(false)
    }
}
