//! The quick way against dissection.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::Timestamp;
use crate::filter::quick::Quick;
use crate::tree::{all_fields, field_named as field};

/// Frames that get past the first checks, then anything.
fn frame() -> impl Strategy<Value = Vec<u8>> {
    let starts: Vec<Vec<u8>> = [
        &[0x08, 0x00, 0x45, 0, 0, 60, 0, 1, 0, 0, 64, 6, 0, 0][..],
        &[0x08, 0x00, 0x45, 0, 0, 60, 0, 1, 0, 0, 64, 17, 0, 0],
        &[0x08, 0x00, 0x46, 0, 0, 60, 0, 1, 0x20, 0, 64, 17, 0, 0],
        &[0x08, 0x00, 0x45, 0, 0, 60, 0, 1, 0, 0, 64, 1, 0, 0],
        &[0x08, 0x00, 0x45, 0, 0, 60, 0, 1, 0, 0, 64, 2, 0, 0],
        &[0x08, 0x06, 0, 1, 8, 0, 6, 4],
        &[0x86, 0xdd, 0x60, 0, 0, 0, 0, 40, 6, 64],
        &[0x86, 0xdd, 0x60, 0, 0, 0, 0, 40, 17, 64],
        &[0x86, 0xdd, 0x60, 0, 0, 0, 0, 40, 58, 64],
        &[0x86, 0xdd, 0x60, 0, 0, 0, 0, 40, 0, 64],
        &[
            0x81, 0x00, 0, 10, 0x08, 0x00, 0x45, 0, 0, 60, 0, 1, 0, 0, 64, 6, 0, 0,
        ],
        &[
            0x88, 0xa8, 0, 10, 0x81, 0x00, 0, 11, 0x08, 0x06, 0, 1, 8, 0, 6, 4,
        ],
        &[],
    ]
    .iter()
    .map(|rest| [&[2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1], *rest].concat())
    .collect();
    let ports = prop::sample::select(vec![53u16, 80, 123, 67, 5353, 547, 4789, 4000]);
    (
        prop::sample::select(starts),
        ports,
        vec(any::<u8>(), 0..90),
        0x45u8..0x90,
    )
        .prop_map(|(start, port, mut rest, words)| {
            // A likely port and a likely length of a TCP header.
            if let Some(place) = rest.get_mut(10..12) {
                place.copy_from_slice(&port.to_be_bytes());
            }
            if let Some(place) = rest.get_mut(20) {
                *place = words;
            }
            [start, rest].concat()
        })
}

fn found(packet: &mut Packet<'_>, source: &Source) -> Vec<(Value, Vec<u8>)> {
    let mut found = Vec::new();
    packet.any(source, |value, bytes| {
        found.push((value.clone(), bytes.to_vec()));
        false
    });
    found
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    /// What is read from the raw bytes, and what is not looked for at all, is what dissection finds.
    #[test]
    fn the_quick_way_finds_what_dissection_finds(data in frame()) {
        let record = View { at: Timestamp(0), length: data.len() as u32, data: &data };
        let context = Context::default();
        let (mut nodes, mut slow_nodes) = (Vec::new(), Vec::new());
        let mut packet = Packet::new(LinkType::Ethernet, record, &context, &mut nodes);
        let mut slow_packet = Packet::new(LinkType::Ethernet, record, &context, &mut slow_nodes);
        slow_packet.layers.plain = false;
        for field in all_fields() {
            let source = Source {
                fields: vec![field],
                quick: Quick::of(field.name).map(|quick| vec![quick]),
                slices: Vec::new(),
                mask: None,
                function: None,
            };
            let slow_source = Source { quick: None, ..source.clone() };
            let quick = found(&mut packet, &source);
            let slow = found(&mut slow_packet, &slow_source);
            if field.name.starts_with("frame.") {
                continue;
            }
            prop_assert_eq!(&quick, &slow, "{}", field.name);
        }
    }
}

#[test]
fn the_table_is_sorted_and_its_fields_exist() {
    for name in Quick::names() {
        assert!(field(name).is_some(), "{name}");
        assert!(Quick::of(name).is_some(), "{name}");
    }
}
