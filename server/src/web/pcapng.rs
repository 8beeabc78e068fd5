//! A capture as a file.

use packet::{LinkType, Record, pcapng};
use protocol::capture::CaptureInfo;

/// The whole capture as pcapng, which `tcpdump -r` and Wireshark read.
pub(super) fn file(info: &CaptureInfo, records: &[Record]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut writer = pcapng::Writer::new(concat!("Netyard ", env!("CARGO_PKG_VERSION")), &mut out);
    let name = info
        .name
        .rsplit_once('/')
        .map_or(info.name.as_str(), |(_, interface)| interface);
    let mut interface = pcapng::Interface::new(name, LinkType::from(info.link_type));
    interface.description = Some(info.name.clone());
    interface.filter = Some(info.filter.clone()).filter(|filter| !filter.is_empty());
    let interface = writer.interface(&interface, &mut out);
    for record in records {
        writer.packet(interface, record, None, &mut out);
    }
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use packet::Timestamp;
    use protocol::capture::CaptureId;
    use topology::{InterfaceId, NamespaceId};

    use super::*;

    #[test]
    fn reads_back_as_it_was_captured() {
        let info = CaptureInfo {
            id: CaptureId(1),
            namespace: NamespaceId(1),
            interface: InterfaceId(2),
            name: "blue/veth-blue".into(),
            filter: "icmp".into(),
            link_type: 1,
        };
        let records: Vec<_> = (0..3u8)
            .map(|n| Record {
                at: Timestamp(1_000_000_007 * u64::from(n)),
                length: 1500,
                data: vec![n; 61],
            })
            .collect();
        let bytes = file(&info, &records);
        let mut reader = pcapng::Reader::new(&bytes).unwrap();
        let read: Vec<_> = reader
            .by_ref()
            .map(|packet| packet.unwrap().record.to_record())
            .collect();
        assert_eq!(read, records);
        let interface = reader.interfaces().first().unwrap();
        assert_eq!(
            (interface.name.as_str(), interface.filter.as_deref()),
            ("veth-blue", Some("icmp"))
        );
    }
}
