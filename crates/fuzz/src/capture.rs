//! Capture files: read, looked at in the viewer, written and read again.

use packet::pcapng::{Error, Interface, Reader, Writer};
use packet::view::open;
use protocol::capture::{CaptureExport, MAX_EXPORT_ITEMS};

use crate::packets::look;

/// A pcap or pcapng file, whole or damaged.
pub fn file(bytes: &[u8]) {
    let Ok(mut reader) = Reader::new(bytes) else {
        let opened = open(bytes.to_vec(), 0);
        assert!(matches!(
            opened.error,
            Some(Error::NotACapture { .. } | Error::Truncated { .. } | Error::Damaged { .. })
        ));
        return;
    };
    let mut packets = Vec::new();
    while let Some(packet) = reader.next() {
        assert!(packets.len() <= bytes.len(), "more packets than bytes");
        match packet {
            Ok(packet) => packets.push(packet),
            Err(_) => {
                assert!(reader.next().is_none(), "something follows an error");
                break;
            }
        }
    }
    let interfaces = reader.interfaces();
    let mut written = Vec::new();
    let mut writer = Writer::new("fuzz", &mut written);
    let numbers: Vec<_> = interfaces
        .iter()
        .map(|interface| writer.interface(interface, &mut written))
        .collect();
    for packet in &packets {
        let number = numbers[packet.interface];
        writer.packet(number, packet.record, packet.comment, &mut written);
    }
    let mut again = Reader::new(&written).expect("what was written is a capture file");
    for packet in &packets {
        let read = again
            .next()
            .expect("as many packets as were written")
            .expect("a packet that was written is read");
        assert_eq!((read.interface, read.link), (packet.interface, packet.link));
        assert_eq!(read.record.at, packet.record.at);
        assert_eq!(read.record.data, packet.record.data);
        // More was captured than there was: what is written says what is possible.
        let length = packet.record.length.max(packet.record.data.len() as u32);
        assert_eq!(read.record.length, length);
        assert_eq!(read.comment, packet.comment);
    }
    assert!(again.next().is_none(), "more packets than were written");
    for (read, written) in again.interfaces().iter().zip(interfaces) {
        same(read, written);
    }

    let mut opened = open(bytes.to_vec(), 3600);
    let numbers = opened.viewer.store().numbers();
    assert_eq!(numbers.end - numbers.start, packets.len() as u64);
    look(&mut opened.viewer);
    let saved = opened.viewer.save(numbers);
    let saved = Reader::new(&saved).expect("what was saved is a capture file");
    assert_eq!(saved.filter_map(Result::ok).count(), packets.len());
}

fn same(read: &Interface, written: &Interface) {
    assert_eq!((&read.name, read.link), (&written.name, written.link));
    assert_eq!(read.snap_length, written.snap_length);
    assert_eq!(read.description, written.description);
    assert_eq!(read.filter, written.filter);
}

/// Which packets of a capture somebody wants as a file, as the API is asked.
pub fn export(bytes: &[u8]) {
    let Ok(export) = serde_json::from_slice::<CaptureExport>(bytes) else {
        return;
    };
    let written = serde_json::to_string(&export).expect("what was read is written");
    let again: CaptureExport = serde_json::from_str(&written).expect("what was written is read");
    assert_eq!(again, export);
    if let Some(problem) = export.problem() {
        assert!(!problem.is_empty());
        return;
    }
    // What the server's search among them stands on: ranges that rise and do not meet.
    let ends: Vec<u64> = (export.packets.iter())
        .flat_map(|(first, last)| [*first, *last])
        .collect();
    assert!(ends.is_sorted(), "{ends:?}");
    let meets = |pair: &[(u64, u64)]| pair[0].1 >= pair[1].0;
    assert!(!export.packets.windows(2).any(meets), "{ends:?}");
    assert!(export.packets.len().max(export.comments.len()) <= MAX_EXPORT_ITEMS);
}
