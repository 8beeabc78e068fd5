//! Text lines as `tcpdump -nn -r` prints them (4.99.3, checked against it in the tests).
//!
//! One file per protocol. What tcpdump knows and this does not is printed as far as the layer below, as
//! tcpdump prints a protocol that it does not know.

mod address;
mod arp;
mod checksum;
mod dhcp;
mod dhcp_options;
mod dhcpv6;
mod dns;
mod dns_name;
mod dns_record;
mod dump;
mod edns;
mod ethernet;
mod ethertype;
mod flows;
mod gre;
mod icmp;
mod icmpv6;
mod icmpv6_node;
mod igmp;
mod ipv4;
mod ipv4_options;
mod ipv6;
mod ipv6_extension;
mod lines;
mod link;
mod llc;
mod lldp;
mod lldp_bridging;
mod lldp_media;
mod lldp_organization;
mod mld;
mod mptcp;
mod nd;
mod ntp;
mod overlay;
mod payload;
mod sll;
mod someip;
mod stamp;
mod stp;
mod tcp;
mod tcp_options;
mod tftp;
mod udp;
mod walk;

use std::collections::BTreeMap;

pub(crate) use self::checksum::checksum;
pub(crate) use self::dns_name::DomainName;
pub(crate) use self::dns_record::TYPES as DNS_TYPES;
pub(crate) use self::lines::HTTP as HTTP_METHODS;
pub use self::stamp::Time;
pub(crate) use self::stamp::put_date_time;

use self::flows::Flows;
use self::stamp::Stamper;
use self::walk::Walk;
use crate::{LinkType, View};

/// What to print of each record. The default is what `TZ=UTC0 tcpdump -nn -r` prints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// The time stamp in front.
    pub time: Time,
    /// How much detail: 0 is tcpdump's default, 1 is `-v`, 2 is `-vv`.
    pub verbose: u8,
    /// The link-layer header too (`-e`).
    pub link: bool,
    /// The bytes after the text (`-x`, `-X`, ...).
    pub dump: Dump,
    /// Fold what tcpdump prints on several lines into one, leave out hexadecimal dumps, and cut it at
    /// [`LONGEST_LINE`]: for lists with one row a packet.
    pub one_line: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            time: Time::Clock(0),
            verbose: 0,
            link: false,
            dump: Dump::None,
            one_line: false,
        }
    }
}

/// Which bytes to print after the text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dump {
    /// None.
    #[default]
    None,
    /// Hexadecimal, without the link-layer header (`-x`).
    Hex,
    /// Hexadecimal, all of it (`-xx`).
    HexAll,
    /// Hexadecimal and ASCII, without the link-layer header (`-X`).
    Ascii,
    /// Hexadecimal and ASCII, all of it (`-XX`).
    AsciiAll,
}

/// The longest line in bytes when [`Options::one_line`] is set.
pub const LONGEST_LINE: usize = 2000;

/// Records longer than this are not dissected, as in tcpdump: its `MAXIMUM_SNAPLEN`.
const LONGEST_RECORD: u32 = 262_144;

/// Turns records into lines, in the order of the capture: it remembers where TCP conversations started, so
/// that it can print relative sequence numbers as tcpdump does. Its memory is bounded.
pub struct Printer {
    options: Options,
    names: BTreeMap<u32, String>,
    flows: Flows,
    stamper: Stamper,
    line: Vec<u8>,
}

impl Printer {
    /// A printer that has seen nothing.
    #[must_use]
    pub fn new(options: Options) -> Self {
        Self {
            options,
            names: BTreeMap::new(),
            flows: Flows::default(),
            stamper: Stamper::default(),
            line: Vec::with_capacity(256),
        }
    }

    /// The options in use.
    #[must_use]
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// Changes the options for the lines that follow.
    pub fn set_options(&mut self, options: Options) {
        self.options = options;
    }

    /// Says what the interface with this index is called in the namespace of the capture, for records of
    /// [`LinkType::LinuxSll2`]; an unknown one is printed as `?`. Anything but printable ASCII is replaced.
    pub fn name_interface(&mut self, index: u32, name: &str) {
        let printable = |c: char| if c.is_ascii_graphic() { c } else { '?' };
        self.names
            .insert(index, name.chars().map(printable).collect());
    }

    /// The text of one record, without the newline at its end. Valid until the next call.
    pub fn line<'a>(&mut self, link: LinkType, record: impl Into<View<'a>>) -> &str {
        let record = record.into();
        self.line.clear();
        self.write(link, record);
        if self.options.one_line {
            fold(&mut self.line);
        }
        // Dissectors push ASCII only, so that this never falls back.
        std::str::from_utf8(&self.line).unwrap_or_default()
    }

    fn write(&mut self, link: LinkType, record: View<'_>) {
        if let Some(reason) = unusable(&record) {
            self.line.extend_from_slice(reason.as_bytes());
            return;
        }
        self.stamper
            .write(&mut self.line, self.options.time, record.at);
        let mut walk = Walk::new(record.data, &mut self.line, &mut self.flows, &self.options);
        let header = walk
            .link_layer(link, record.length, &self.names)
            .unwrap_or_else(|_| {
                walk.truncated();
                0
            });
        // A dissector that stopped early has left the bytes shortened.
        walk.data = record.data;
        walk.protocol = "";
        let (from, ascii) = match self.options.dump {
            Dump::None => return,
            Dump::Hex => (header, false),
            Dump::HexAll => (0, false),
            Dump::Ascii => (header, true),
            Dump::AsciiAll => (0, true),
        };
        // As much as is captured is asked for, so that this cannot be cut short.
        let _ = walk.dump("\n\t", from, walk.remaining(from), ascii);
    }
}

/// Why a record cannot be printed, in tcpdump's words.
fn unusable(record: &View<'_>) -> Option<String> {
    let captured = record.data.len();
    let length = record.length;
    let mut reasons = Vec::new();
    if captured == 0 {
        reasons.push(" caplen==0".to_owned());
    }
    if length == 0 {
        reasons.push(" len==0".to_owned());
    } else if (length as usize) < captured {
        reasons.push(format!(" len({length}) < caplen({captured})"));
    }
    if captured > LONGEST_RECORD as usize {
        reasons.push(format!(" caplen({captured}) > {LONGEST_RECORD}"));
    }
    if length > LONGEST_RECORD {
        reasons.push(format!(" len({length}) > {LONGEST_RECORD}"));
    }
    (!reasons.is_empty()).then(|| format!("[Invalid header:{}]", reasons.join(",")))
}

/// Makes one line of several: rows of a dump are dropped, other lines are joined by a space.
fn fold(line: &mut Vec<u8>) {
    let simple = !line.iter().any(|byte| matches!(byte, b'\n' | b'\t'));
    if simple && line.len() <= LONGEST_LINE {
        return;
    }
    let mut folded = Vec::with_capacity(line.len().min(LONGEST_LINE));
    for part in line.split(|byte| *byte == b'\n') {
        let part = part.trim_ascii();
        if part.is_empty() || is_dump_row(part) {
            continue;
        }
        if !folded.is_empty() {
            folded.push(b' ');
        }
        folded.extend(
            part.iter()
                .map(|byte| if *byte == b'\t' { b' ' } else { *byte }),
        );
        if folded.len() > LONGEST_LINE {
            folded.truncate(LONGEST_LINE - 3);
            folded.extend_from_slice(b"...");
            break;
        }
    }
    *line = folded;
}

/// Does this line begin as a row of a dump does, `0x0010:`?
fn is_dump_row(part: &[u8]) -> bool {
    let Some(rest) = part.strip_prefix(b"0x") else {
        return false;
    };
    let digits = rest
        .iter()
        .take_while(|byte| byte.is_ascii_hexdigit())
        .count();
    digits >= 4 && rest.get(digits) == Some(&b':')
}
