//! What comes from the network: packets, and what is asked of them.

use packet::conversation::{Conversations, Key};
use packet::filter::{Filter, complete};
use packet::follow::{Follow, Form, show};
use packet::row::{Colouring, row};
use packet::sightings::{Sightings, fingerprint};
use packet::text::{Dump, LONGEST_LINE, Options, Printer, Time};
use packet::tree::{Context, dissect};
use packet::view::{Source, Store, Viewer};
use packet::{LinkType, Timestamp, View, kind};

use crate::parts::{Parts, is_printable};

/// Every link type whose packets are dissected, and one that is not.
const LINKS: [u16; 10] = [1, 0, 101, 108, 113, 228, 229, 276, 147, 9];

/// One packet: its line, its fields, its row. The first byte chooses the link type, the second how
/// the line is written, the third how much longer the packet was than what was captured of it.
pub fn one(bytes: &[u8]) {
    let mut parts = Parts(bytes);
    let link = link(parts.byte());
    let options = options(parts.byte());
    let more = u32::from(parts.byte()) * 7;
    let view = View {
        at: Timestamp(1_000_000_007),
        length: parts.0.len() as u32 + more,
        data: parts.0,
    };
    let mut printer = Printer::new(options.clone());
    let line = printer.line(link, view).to_owned();
    for byte in line.bytes() {
        let several = !options.one_line && matches!(byte, b'\n' | b'\t');
        assert!((0x20..0x7f).contains(&byte) || several, "{line:?}");
    }
    assert!(!options.one_line || line.len() <= LONGEST_LINE);
    let again = printer.line(link, view);
    assert!(
        line == again || line.contains("Flags ["),
        "{line:?} is not {again:?}"
    );
    let _ = kind::summary(link, view);
    let context = Context {
        stream: Conversations::default().next(link, view),
        ..Context::default()
    };
    let tree = dissect(link, view, &context);
    assert!(tree.nodes.len() <= 4001);
    for (index, node) in tree.nodes.iter().enumerate() {
        assert!(node.offset as usize + node.length as usize <= view.data.len());
        let label = tree.label(index, view.data);
        assert!(!label.chars().any(char::is_control), "{label:?}");
    }
    let row = row(link, view, &context);
    let said = [row.source, row.destination, row.protocol, row.info].concat();
    assert!(!said.chars().any(char::is_control), "{said:?}");
    let _ = Colouring::default().rule(link, view, &context);
    assert_eq!(fingerprint(link, view), fingerprint(link, view));
}

/// Several packets in a row: conversations, sightings, a viewer that follows a stream. Each packet
/// is preceded by a byte with its interface and its link type, and two with its length.
pub fn several(bytes: &[u8]) {
    let mut parts = Parts(bytes);
    let mut store = Store::new(64, 1 << 20);
    let links = [LinkType::Ethernet, LinkType::RawIp];
    for link in links {
        store.add_source(Source {
            short: "a".to_owned(),
            name: "red/a".to_owned(),
            link,
            names: Vec::new(),
        });
    }
    let mut viewer = Viewer::new(store, 0);
    let mut sightings = Sightings::new(1_000_000);
    let mut follow: Option<Follow> = None;
    let mut at = 0;
    let mut count: u64 = 0;
    while !parts.0.is_empty() && count < 100 {
        let head = parts.byte();
        let length = parts.number();
        let source = usize::from(head & 1);
        let link = links[source];
        let data = parts.bytes(usize::from(length & 0x7ff));
        // Some at once, some out of order, some after a long time.
        at = match head >> 6 {
            0 => at + 1000,
            1 => at,
            2 => at + 10_000_000_000,
            _ => at / 2,
        };
        let view = View {
            at: Timestamp(at),
            length: data.len() as u32 + u32::from(length >> 11),
            data,
        };
        let _ = sightings.next(link, view, count, source as u32);
        if follow.is_none() {
            follow = Key::of(link, view).map(|(key, _)| Follow::new(key, 1 << 16));
        }
        if let Some(follow) = &mut follow {
            follow.push(link, view, count);
        }
        viewer.push(source as u32, view);
        count += 1;
    }
    if let Some(follow) = follow {
        let pieces = follow.finish();
        for form in [Form::Text, Form::Hex] {
            let lines = show(&pieces, form);
            assert!(lines.iter().all(|line| is_printable(line)), "{lines:?}");
        }
    }
    look(&mut viewer);
}

/// Draws all rows of a viewer, and follows the first and last packet.
pub(crate) fn look(viewer: &mut Viewer) {
    let mut colouring = Colouring::default();
    for one_row in [true, false] {
        viewer.set_one_row(one_row);
        let mut rounds = 0;
        while viewer.work(1000) {
            rounds += 1;
            assert!(rounds < 1000, "the viewer never ends its work");
        }
        for number in viewer.store().numbers() {
            viewer.unfold(number, true);
        }
        for as_text in [true, false] {
            let shown = viewer.shown(0, viewer.lines(), as_text, &mut colouring);
            for row in shown {
                let said = [row.time, row.seen, row.info, row.text, row.source].concat();
                assert!(is_printable(&said), "{said:?}");
            }
        }
        let numbers = viewer.store().numbers();
        for number in [numbers.start, numbers.end.saturating_sub(1)] {
            if let Some(followed) = viewer.follow(number) {
                Filter::new(&followed.filter()).expect("a filter that was written is read");
            }
        }
    }
}

/// A display filter, and after a line's end the packet that it is asked about.
pub fn filter(bytes: &[u8]) {
    let mut parts = Parts(bytes);
    let Ok(text) = std::str::from_utf8(parts.until(b'\n')) else {
        return;
    };
    for cursor in [0, text.len() / 2, text.len()] {
        let _ = complete(text, cursor);
    }
    match Filter::new(text) {
        Ok(mut filter) => {
            let link = link(parts.byte());
            let view = View {
                at: Timestamp(0),
                length: parts.0.len() as u32,
                data: parts.0,
            };
            let first = filter.matches(link, view, &Context::default());
            assert_eq!(first, filter.matches(link, view, &Context::default()));
        }
        Err(error) => assert!(text.get(error.at.clone()).is_some(), "{error:?}"),
    }
}

fn link(choice: u8) -> LinkType {
    LinkType::from(LINKS[usize::from(choice) % LINKS.len()])
}

fn options(choice: u8) -> Options {
    Options {
        time: [Time::None, Time::Epoch, Time::Date(3600), Time::None][usize::from(choice & 3)],
        verbose: (choice >> 2) & 3,
        link: choice & 16 != 0,
        dump: [Dump::None, Dump::Hex, Dump::AsciiAll, Dump::Ascii][usize::from(choice >> 6)],
        one_line: choice & 32 != 0,
    }
}
