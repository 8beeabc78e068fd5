//! A capture as a file.

use packet::{LinkType, pcapng};
use protocol::capture::{CaptureInfo, CaptureSource, CapturedPacket};

/// The whole capture as pcapng, which Wireshark reads, and `tcpdump -r` if all its sources have one
/// link type.
pub(super) fn file(info: &CaptureInfo, records: &[CapturedPacket]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut writer = pcapng::Writer::new(concat!("Netyard ", env!("CARGO_PKG_VERSION")), &mut out);
    let mut interface = |source: &CaptureSource| {
        let link = LinkType::from(source.link_type);
        let mut interface = pcapng::Interface::new(source.name.as_str(), link);
        interface.filter = Some(info.filter.clone()).filter(|filter| !filter.is_empty());
        interface.snap_length = info.snap_length;
        writer.interface(&interface, &mut out)
    };
    let interfaces: Vec<_> = info.sources.iter().map(&mut interface).collect();
    for packet in records {
        if let Some(interface) = interfaces.get(usize::from(packet.source)) {
            writer.packet(*interface, &packet.record, None, &mut out);
        }
    }
    out
}
