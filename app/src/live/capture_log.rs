//! The packets of one capture, as lines.

use std::collections::VecDeque;

use packet::text::{Options, Printer, Time};
use packet::{Kind, LinkType, Record};
use protocol::capture::{CaptureEvent, CaptureInfo, CapturedPacket};

/// Most packets that the list keeps: older ones make room.
pub(crate) const MAX_ROWS: usize = 100_000;

/// One packet.
pub(crate) struct PacketRow {
    /// Where it was taken.
    pub(crate) source: u16,
    /// The packet.
    pub(crate) record: Record,
    /// What sort it is.
    pub(crate) kind: Kind,
    /// Its line, as tcpdump prints it; the time stands in front.
    line: Box<str>,
}

/// Bytes of `HH:MM:SS.micros` in front of a line.
const STAMP: usize = 15;

impl PacketRow {
    /// When it was seen.
    pub(crate) fn time(&self) -> &str {
        self.line.get(..STAMP).unwrap_or_default()
    }

    /// What it is.
    pub(crate) fn text(&self) -> &str {
        self.line.get(STAMP + 1..).unwrap_or(&self.line)
    }
}

/// One capture.
pub(crate) struct CaptureLog {
    /// What it is.
    pub(crate) info: CaptureInfo,
    /// Counts and state.
    pub(crate) event: CaptureEvent,
    rows: VecDeque<PacketRow>,
    /// The number of the oldest row, counting from the first that came.
    first: u64,
    printer: Printer,
}

impl CaptureLog {
    /// A capture of which nothing has come. `ahead` is what local time is ahead of UTC, in seconds.
    pub(crate) fn new(info: CaptureInfo, event: CaptureEvent, ahead: i32) -> Self {
        let options = Options {
            time: Time::Clock(ahead),
            one_line: true,
            ..Options::default()
        };
        Self {
            info,
            event,
            rows: VecDeque::new(),
            first: 0,
            printer: Printer::new(options),
        }
    }

    /// Takes packets in, oldest first.
    pub(crate) fn take(&mut self, packets: Vec<CapturedPacket>) {
        for CapturedPacket { source, record } in packets {
            let link = self.link(source);
            if self.rows.len() == MAX_ROWS {
                self.rows.pop_front();
                self.first += 1;
            }
            let kind = packet::kind(link, &record);
            let line = self.printer.line(link, &record).into();
            self.rows.push_back(PacketRow {
                source,
                record,
                kind,
                line,
            });
        }
    }

    /// How the packets of a source begin.
    pub(crate) fn link(&self, source: u16) -> LinkType {
        let source = self.info.sources.get(usize::from(source));
        LinkType::from(source.map_or(0, |source| source.link_type))
    }

    /// The numbers of the rows that are kept.
    pub(crate) fn numbers(&self) -> std::ops::Range<u64> {
        self.first..self.first + self.rows.len() as u64
    }

    /// A row by its number.
    pub(crate) fn row(&self, number: u64) -> Option<&PacketRow> {
        let index = number.checked_sub(self.first)?;
        self.rows.get(usize::try_from(index).ok()?)
    }
}

/// The colour of a row.
pub(crate) fn colour(kind: Kind) -> &'static str {
    match kind {
        Kind::Arp => "arp",
        Kind::Icmp | Kind::Icmpv6 => "icmp",
        Kind::IcmpError | Kind::TcpReset | Kind::Malformed => "bad",
        Kind::TcpControl => "control",
        Kind::Dns | Kind::Dhcp => "service",
        Kind::Stp | Kind::Multicast => "quiet",
        Kind::Tcp | Kind::Udp | Kind::Other => "plain",
    }
}

/// Bytes as lines of a hexadecimal dump: offset, bytes, characters.
pub(crate) fn dump(data: &[u8]) -> String {
    const WIDTH: usize = 16;
    let mut text = String::new();
    for (index, chunk) in data.chunks(WIDTH).enumerate() {
        text.push_str(&format!("{:04x}  ", index * WIDTH));
        for place in 0..WIDTH {
            match chunk.get(place) {
                Some(byte) => text.push_str(&format!("{byte:02x} ")),
                None => text.push_str("   "),
            }
            if place == WIDTH / 2 - 1 {
                text.push(' ');
            }
        }
        text.push(' ');
        let printable = |byte: &u8| {
            if byte.is_ascii_graphic() || *byte == b' ' {
                char::from(*byte)
            } else {
                '·'
            }
        };
        text.extend(chunk.iter().map(printable));
        text.push('\n');
    }
    text
}

/// Which rows of a long list are on the screen: the first, and how many, a few more than fit.
pub(crate) fn window(scroll: f64, height: f64, row: f64, rows: u64) -> std::ops::Range<u64> {
    const MORE: u64 = 6;
    let first = (scroll / row).floor().max(0.0) as u64;
    let fit = (height / row).ceil().max(0.0) as u64;
    let start = first.saturating_sub(MORE).min(rows);
    let end = first.saturating_add(fit).saturating_add(MORE).min(rows);
    start..end
}

#[cfg(test)]
mod tests {
    use super::*;
    use packet::Timestamp;
    use protocol::capture::{CaptureId, CaptureSource};
    use topology::{InterfaceId, NamespaceId};

    fn log() -> CaptureLog {
        let info = CaptureInfo {
            id: CaptureId(1),
            sources: vec![CaptureSource {
                namespace: NamespaceId(1),
                interface: Some(InterfaceId(2)),
                name: "red/veth-red".into(),
                link_type: 1,
            }],
            name: "red/veth-red".into(),
            filter: String::new(),
            snap_length: 262_144,
            limit: Default::default(),
        };
        CaptureLog::new(info, CaptureEvent::default(), 3600)
    }

    fn arp() -> CapturedPacket {
        let mut data = vec![0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 1, 8, 6];
        data.extend([0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 1, 10, 0, 0, 1]);
        data.extend([0, 0, 0, 0, 0, 0, 10, 0, 0, 2]);
        let record = Record {
            at: Timestamp::new(0, 1_000),
            length: data.len() as u32,
            data,
        };
        CapturedPacket { source: 0, record }
    }

    #[test]
    fn packets_become_lines_in_local_time() {
        let mut log = log();
        log.take(vec![arp()]);
        let row = log.row(0).unwrap();
        assert_eq!(row.time(), "01:00:00.000001");
        assert_eq!(
            row.text(),
            "ARP, Request who-has 10.0.0.2 tell 10.0.0.1, length 28"
        );
        assert_eq!(colour(row.kind), "arp");
    }

    #[test]
    fn old_rows_make_room_and_numbers_stay() {
        let mut log = log();
        for _ in 0..MAX_ROWS / 100 + 2 {
            log.take(vec![arp(); 100]);
        }
        assert_eq!(log.numbers(), 200..MAX_ROWS as u64 + 200);
        assert!(log.row(199).is_none() && log.row(200).is_some());
    }

    #[test]
    fn dumps() {
        assert_eq!(
            dump(b"abc\0"),
            "0000  61 62 63 00                                       abc·\n"
        );
        assert_eq!(dump(&[0; 33]).lines().count(), 3);
    }

    #[test]
    fn only_what_is_on_the_screen_is_drawn() {
        assert_eq!(window(0.0, 220.0, 22.0, 1000), 0..16);
        assert_eq!(window(2200.0, 220.0, 22.0, 1000), 94..116);
        assert_eq!(window(1e9, 220.0, 22.0, 1000), 1000..1000);
    }
}
