//! Options of DHCP for IPv4 (RFC 2132 and others).

use super::walk::{Names, Step, Walk, name, put};

/// How the data of an option is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// IPv4 addresses.
    Addresses,
    /// Pairs of IPv4 addresses.
    Pairs,
    /// 32-bit numbers without and with sign.
    Long,
    Signed,
    /// 16-bit numbers.
    Short,
    /// Bytes in decimal.
    Bytes,
    /// Text.
    Text,
    /// Yes or no.
    Flag,
    /// Not like the others.
    Special,
}

const PAD: u8 = 0;
const NETBIOS_NODE: u8 = 46;
const OVERLOAD: u8 = 52;
const MESSAGE_TYPE: u8 = 53;
const WANTED: u8 = 55;
const CLIENT_ID: u8 = 61;
const USER_CLASS: u8 = 77;
const CLIENT_NAME: u8 = 81;
const RELAY: u8 = 82;
const ROUTES: u8 = 121;
const ROUTES_MICROSOFT: u8 = 249;
const END: u8 = 255;

use Form::{Addresses, Bytes, Flag, Long, Pairs, Short, Signed, Special, Text};

/// Options with their names and forms.
const OPTIONS: &[(u8, Form, &str)] = &[
    (0, Bytes, "PAD"),
    (1, Addresses, "Subnet-Mask"),
    (2, Signed, "Time-Zone"),
    (3, Addresses, "Default-Gateway"),
    (4, Addresses, "Time-Server"),
    (5, Addresses, "IEN-Name-Server"),
    (6, Addresses, "Domain-Name-Server"),
    (7, Addresses, "LOG"),
    (8, Addresses, "CS"),
    (9, Addresses, "LPR-Server"),
    (10, Addresses, "IM"),
    (11, Addresses, "RL"),
    (12, Text, "Hostname"),
    (13, Short, "BS"),
    (14, Text, "DP"),
    (15, Text, "Domain-Name"),
    (16, Addresses, "SS"),
    (17, Text, "RP"),
    (18, Text, "EP"),
    (19, Flag, "IPF"),
    (20, Flag, "SRT"),
    (21, Pairs, "PF"),
    (22, Short, "RSZ"),
    (23, Bytes, "TTL"),
    (24, Long, "MTU-Timeout"),
    (25, Short, "MTU-Table"),
    (26, Short, "MTU"),
    (27, Flag, "LSN"),
    (28, Addresses, "BR"),
    (29, Flag, "MD"),
    (30, Flag, "MS"),
    (31, Flag, "Router-Discovery"),
    (32, Addresses, "RSA"),
    (33, Pairs, "Static-Route"),
    (34, Flag, "UT"),
    (35, Long, "AT"),
    (36, Flag, "IE"),
    (37, Bytes, "TT"),
    (38, Long, "KI"),
    (39, Flag, "KG"),
    (40, Text, "YD"),
    (41, Addresses, "YS"),
    (42, Addresses, "NTP"),
    (43, Bytes, "Vendor-Option"),
    (44, Addresses, "Netbios-Name-Server"),
    (45, Addresses, "WDD"),
    (46, Special, "Netbios-Node"),
    (47, Text, "Netbios-Scope"),
    (48, Addresses, "XFS"),
    (49, Addresses, "XDM"),
    (50, Addresses, "Requested-IP"),
    (51, Long, "Lease-Time"),
    (52, Special, "OO"),
    (53, Bytes, "DHCP-Message"),
    (54, Addresses, "Server-ID"),
    (55, Bytes, "Parameter-Request"),
    (56, Text, "MSG"),
    (57, Short, "MSZ"),
    (58, Long, "RN"),
    (59, Long, "RB"),
    (60, Text, "Vendor-Class"),
    (61, Special, "Client-ID"),
    (64, Short, "N+D"),
    (65, Addresses, "N+S"),
    (66, Text, "TFTP"),
    (67, Text, "BF"),
    (68, Addresses, "MH"),
    (69, Addresses, "SMTP"),
    (70, Addresses, "POP3"),
    (71, Addresses, "NNTP"),
    (72, Addresses, "WWW"),
    (73, Addresses, "FG"),
    (74, Addresses, "IRC"),
    (75, Addresses, "STS"),
    (76, Addresses, "STDA"),
    (77, Special, "User-Class"),
    (78, Bytes, "SLP-DA"),
    (79, Bytes, "SLP-SCOPE"),
    (80, Text, "SLP-NA"),
    (81, Special, "FQDN"),
    (82, Special, "Agent-Information"),
    (83, Bytes, "ARMT"),
    (88, Text, "TZSTR"),
    (89, Bytes, "FQDNS"),
    (90, Bytes, "AUTH"),
    (91, Signed, "Last-Transaction-Time"),
    (92, Addresses, "Associated-IP"),
    (93, Short, "ARCH"),
    (94, Bytes, "NDI"),
    (95, Text, "LDAP"),
    (97, Bytes, "GUID"),
    (98, Text, "UAP"),
    (100, Text, "POSIX-TZ"),
    (101, Text, "TZ-Name"),
    (112, Addresses, "NI"),
    (113, Text, "NITAG"),
    (114, Text, "URL"),
    (116, Flag, "NOAUTO"),
    (117, Short, "NSSEARCH"),
    (118, Addresses, "SUBNET"),
    (121, Special, "Classless-Static-Route"),
    (150, Addresses, "TFTP-Server-Address"),
    (161, Text, "MUD-URL"),
    (249, Special, "Classless-Static-Route-Microsoft"),
    (255, Bytes, "END"),
];

const MESSAGES: Names = &[
    (1, "Discover"),
    (2, "Offer"),
    (3, "Request"),
    (4, "Decline"),
    (5, "ACK"),
    (6, "NACK"),
    (7, "Release"),
    (8, "Inform"),
    (10, "LeaseQuery"),
    (11, "LeaseUnassigned"),
    (12, "LeaseUnknown"),
    (13, "LeaseActive"),
];

const NODES: Names = &[(1, "b-node"), (2, "p-node"), (4, "m-node"), (8, "h-node")];
const OVERLOADS: Names = &[(1, "file"), (2, "sname"), (3, "file+sname")];
const HARDWARE: Names = &[
    (1, "ether"),
    (6, "ieee802"),
    (7, "arcnet"),
    (15, "frelay"),
    (23, "strip"),
    (24, "ieee1394"),
];
const RELAY_OPTIONS: Names = &[(1, "Circuit-ID"), (2, "Remote-ID"), (6, "Subscriber-ID")];
const NAME_FLAGS: Names = &[(1, "S"), (2, "O"), (4, "E"), (8, "N")];

/// The name of an option, and its form if it is known.
fn describe(option: u8) -> (&'static str, Option<Form>) {
    OPTIONS
        .iter()
        .find(|(number, ..)| *number == option)
        .map_or(("Unknown", None), |(_, form, name)| (name, Some(*form)))
}

impl Walk<'_> {
    /// The options from `p` to their end or that of the captured bytes.
    pub(super) fn dhcp_options(&mut self, mut p: usize) -> Step {
        while self.has(p, 1) {
            let option = self.u8(p)?;
            p += 1;
            let marker = option == PAD || option == END;
            if marker && self.options.verbose < 3 {
                if option == END {
                    return Ok(());
                }
                continue;
            }
            let (name, form) = describe(option);
            let mut length = 0;
            if !marker {
                length = usize::from(self.u8(p)?);
                p += 1;
            }
            put!(self, "\n\t    {name} ({option}), length {length}");
            self.put(if length > 0 { ": " } else { "" });
            if option == PAD {
                let more = self.data.get(p..).unwrap_or_default();
                let more = more.iter().take_while(|byte| **byte == PAD).count();
                if more > 0 {
                    put!(self, ", occurs {}", more + 1);
                }
                p += more;
            }
            self.need_here(p, length)?;
            let printed = self.dhcp_option(option, form, p, length)?;
            if printed < length {
                put!(self, "\n\t  trailing data length {}", length - printed);
            }
            p += length;
        }
        Ok(())
    }

    /// The data of one option, all captured. Returns how much of it is accounted for.
    fn dhcp_option(
        &mut self,
        option: u8,
        form: Option<Form>,
        p: usize,
        length: usize,
    ) -> Step<usize> {
        if option == MESSAGE_TYPE && length == 1 {
            self.put_name(MESSAGES, self.u8(p)?, ("Unknown (", ")"));
            return Ok(1);
        }
        if option == WANTED {
            for i in 0..length {
                let wanted = self.u8(p + i)?;
                self.put(if i % 4 == 0 { "\n\t      " } else { ", " });
                put!(self, "{} ({wanted})", describe(wanted).0);
            }
            return Ok(length);
        }
        // The data of unknown options is shown in the largest unit that fits.
        let form = form.unwrap_or(match length % 4 {
            1 | 3 => Bytes,
            2 => Short,
            _ => Long,
        });
        let unit = match form {
            Text => {
                self.put("\"");
                self.characters(p, length)?;
                self.put("\"");
                return Ok(length);
            }
            Special => return self.dhcp_special(option, p, length),
            Addresses | Long | Signed => 4,
            Pairs => 8,
            Short => 2,
            Bytes | Flag => 1,
        };
        let separator = if form == Bytes { "." } else { "," };
        for at in (0..length / unit * unit).step_by(unit) {
            self.put(if at > 0 { separator } else { "" });
            self.dhcp_value(form, p + at)?;
        }
        Ok(length / unit * unit)
    }

    fn dhcp_value(&mut self, form: Form, p: usize) -> Step {
        match form {
            Addresses => self.ipv4_address(p)?,
            Pairs => {
                self.put("(");
                self.ipv4_address(p)?;
                self.put(":");
                self.ipv4_address(p + 4)?;
                self.put(")");
            }
            Signed => put!(self, "{}", self.u32(p)? as i32),
            Long => self.num(self.u32(p)?),
            Short => self.num(self.u16(p)?),
            Flag => match self.u8(p)? {
                0 => self.put("N"),
                1 => self.put("Y"),
                value => put!(self, "{value}?"),
            },
            Bytes | Text | Special => self.num(self.u8(p)?),
        }
        Ok(())
    }

    fn dhcp_special(&mut self, option: u8, p: usize, length: usize) -> Step<usize> {
        let shortest = match option {
            NETBIOS_NODE | OVERLOAD | CLIENT_ID => 1,
            USER_CLASS => 2,
            CLIENT_NAME => 3,
            ROUTES | ROUTES_MICROSOFT => 5,
            _ => 0,
        };
        if length < shortest {
            put!(self, "[ERROR: length < {shortest} bytes]");
            return Ok(length);
        }
        match option {
            NETBIOS_NODE => {
                self.put_name(NODES, self.u8(p)?, ("#", ""));
                return Ok(1);
            }
            OVERLOAD => {
                self.put_name(OVERLOADS, self.u8(p)?, ("#", ""));
                return Ok(1);
            }
            CLIENT_ID => match self.u8(p)? {
                0 => {
                    self.put("\"");
                    self.characters(p + 1, length - 1)?;
                    self.put("\"");
                }
                hardware => {
                    self.put_name(HARDWARE, hardware, ("hardware-type ", ","));
                    self.put(" ");
                    self.hex_bytes(p + 1, length - 1, Some(b':'))?;
                }
            },
            CLIENT_NAME => {
                let (flags, codes) = (self.u8(p)?, (self.u8(p + 1)?, self.u8(p + 2)?));
                if flags & 0xf0 != 0 {
                    put!(self, "[ERROR: MBZ nibble 0x{:x} != 0] ", flags >> 4);
                }
                if flags & 0xf != 0 {
                    self.put("[");
                    self.put_bits(NAME_FLAGS, flags.into(), "", "");
                    self.put("] ");
                }
                if codes != (0, 0) {
                    put!(self, "{}/{} ", codes.0, codes.1);
                }
                self.put("\"");
                self.characters(p + 3, length - 3)?;
                self.put("\"");
            }
            RELAY => return self.dhcp_relay(p, length),
            USER_CLASS => self.dhcp_user_classes(p, length)?,
            _ => self.dhcp_routes(p, length)?,
        }
        Ok(length)
    }

    /// What a relay agent added (RFC 3046).
    fn dhcp_relay(&mut self, p: usize, length: usize) -> Step<usize> {
        let mut at = 0;
        while at + 2 <= length {
            let (option, size) = (self.u8(p + at)?, self.u8(p + at + 1)?);
            at += 2;
            let label = name(RELAY_OPTIONS, option.into()).unwrap_or("Unknown");
            put!(
                self,
                "\n\t      {label} SubOption {option}, length {size}: "
            );
            let size = usize::from(size);
            if size > length - at {
                self.put("length goes past end of option");
                return Ok(length);
            }
            if matches!(option, 1 | 2 | 6) {
                self.characters(p + at, size)?;
            } else {
                self.dump_part("\n\t\t", p + at, size as u32)?;
            }
            at += size;
        }
        Ok(at)
    }

    /// RFC 3004.
    fn dhcp_user_classes(&mut self, p: usize, length: usize) -> Step {
        let mut at = 0;
        let mut number = 1;
        while at < length {
            let size = usize::from(self.u8(p + at)?);
            at += 1;
            put!(self, "\n\t      instance#{number}: ");
            if size == 0 {
                self.put("[ERROR: suboption length must be non-zero]");
                return Ok(());
            }
            if length - at < size {
                self.put("[ERROR: invalid option]");
                return Ok(());
            }
            self.put("\"");
            self.characters(p + at, size)?;
            put!(self, "\", length {size}");
            number += 1;
            at += size;
        }
        Ok(())
    }

    /// Routes with their prefixes shortened to the bytes that count (RFC 3442).
    fn dhcp_routes(&mut self, p: usize, length: usize) -> Step {
        let mut at = 0;
        while at < length {
            self.put(if at > 0 { "," } else { "" });
            let width = self.u8(p + at)?;
            at += 1;
            if width > 32 {
                put!(self, "[ERROR: Mask width ({width}) > 32]");
                return Ok(());
            }
            let octets = usize::from(width).div_ceil(8);
            let left = length - at;
            if left < octets + 4 {
                put!(
                    self,
                    "[ERROR: Remaining length ({left}) < {} bytes]",
                    octets + 4
                );
                return Ok(());
            }
            self.put("(");
            if width == 0 {
                self.put("default");
            } else {
                for i in 0..4 {
                    self.put(if i > 0 { "." } else { "" });
                    let octet = if i < octets { self.u8(p + at + i)? } else { 0 };
                    self.num(octet);
                }
                put!(self, "/{width}");
            }
            self.put(":");
            self.ipv4_address(p + at + octets)?;
            self.put(")");
            at += octets + 4;
        }
        Ok(())
    }
}
