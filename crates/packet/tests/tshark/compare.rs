//! Compares the fields of packets with those that tshark finds.

use std::collections::{BTreeMap, BTreeSet};

use packet::conversation::Conversations;
use packet::pcapng::Reader;
use packet::tree::{Context, FieldType, Node, Value, all_fields, dissect};

use packet::pcapng::{Interface, Writer};
use packet::{LinkType, Record, Timestamp};

use crate::packets::packets;
use crate::pdml::{Found, fields};

/// The packets in a file.
pub(crate) fn capture() -> Vec<u8> {
    let mut file = Vec::new();
    let mut writer = Writer::new("packet's tests", &mut file);
    let interface = writer.interface(&Interface::new("red", LinkType::Ethernet), &mut file);
    for (number, data) in packets().into_iter().enumerate() {
        let record = Record {
            at: Timestamp::new(1_700_000_000 + number as u64, 250_000_000),
            length: data.len() as u32,
            data,
        };
        writer.packet(interface, &record, None, &mut file);
    }
    file
}

/// Fields that are known to differ, and why.
const KNOWN: &[(&str, &str)] = &[
    ("_ws.expert", "tshark has remarks on what it finds odd"),
    (
        "data.data",
        "tshark shows nothing of the rest of a first fragment",
    ),
    (
        "data.len",
        "tshark shows nothing of the rest of a first fragment",
    ),
    (
        "eth.trailer",
        "tshark takes the last bytes of an LLDP message for one",
    ),
    ("frame.protocols", "tshark names the data"),
    (
        "icmp.checksum.status",
        "tshark does not check a packet that an error quotes",
    ),
    (
        "vlan.etype",
        "tshark has another name for it in a provider's tag",
    ),
    (
        "data",
        "tshark names the layer only where nothing else knows the payload",
    ),
    (
        "dhcp.option.type",
        "tshark lets the end of the options be of type 0",
    ),
    (
        "dhcpv6.option",
        "a part of the tree that has no name in tshark",
    ),
    ("dns.qry", "a part of the tree that has no name in tshark"),
    ("dns.resp", "a part of the tree that has no name in tshark"),
    (
        "frame.time_epoch",
        "a filter's number, which tshark has as text",
    ),
    ("http.request", "hidden in tshark's tree"),
    ("http.response", "hidden in tshark's tree"),
    (
        "icmpv6.reserved",
        "tshark names the reserved bytes of the MTU option otherwise",
    ),
    (
        "igmp.record",
        "a part of the tree that has no name in tshark",
    ),
    ("ip.opt", "a part of the tree that has no name in tshark"),
    ("ipv6", "tshark counts the extension headers to it"),
    ("ipv6.opt.padn", "tshark names also padding of no bytes"),
    ("lldp.tlv", "a part of the tree that has no name in tshark"),
    ("ntp.precision", "tshark's filters have the raw number"),
    ("ntp.rootdelay", "tshark's filters have the raw number"),
    ("ntp.rootdispersion", "tshark's filters have the raw number"),
    (
        "stp.bridge",
        "a part of the tree that has no name in tshark",
    ),
    ("stp.root", "a part of the tree that has no name in tshark"),
    (
        "tls.handshake.extension",
        "a part of the tree that has no name in tshark",
    ),
];

#[test]
fn fields_are_those_of_tshark() {
    let mut differences = differences(&capture());
    differences.retain(|field, _| {
        !KNOWN
            .iter()
            .any(|(known, _)| field.ends_with(&format!(" {known}")))
    });
    let text: Vec<_> = differences
        .iter()
        .map(|(field, (count, example))| format!("{field}: {count}; {example}"))
        .collect();
    assert!(text.is_empty(), "{}", text.join("\n"));
}

/// What we find in each packet of a file, in tshark's words.
fn ours(file: &[u8]) -> Vec<Vec<Found>> {
    let mut conversations = Conversations::default();
    let packets = Reader::new(file).unwrap().map_while(Result::ok);
    let of_packet = |(number, packet): (u32, packet::pcapng::Packet<'_>)| {
        let context = Context {
            number: Some(number),
            interface: Some("red"),
            stream: conversations.next(packet.link, packet.record),
            ..Context::default()
        };
        let tree = dissect(packet.link, packet.record, &context);
        let nodes = tree.nodes.iter();
        nodes.map(|node| found(node, packet.record.data)).collect()
    };
    (1..).zip(packets).map(of_packet).collect()
}

fn found(node: &Node, data: &[u8]) -> Found {
    let value = match &node.value {
        Value::Bool(value) => u8::from(*value).to_string(),
        Value::Bytes => node.filter_value(data).unwrap_or_default(),
        Value::Unsigned(value) => value.to_string(),
        _ => node.text(data),
    };
    Found {
        name: node.field.name.to_owned(),
        place: (node.offset, node.length),
        value,
    }
}

/// A value of tshark's as `found` writes ours.
fn normal(kind: FieldType, value: &str) -> String {
    let number = || match value.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16).ok(),
        None => value.parse().ok(),
    };
    match kind {
        FieldType::Bool => match value {
            "True" => "1".to_owned(),
            "False" => "0".to_owned(),
            other => other.to_owned(),
        },
        FieldType::Decimal | FieldType::Hex(_) => {
            number().map_or_else(|| value.to_owned(), |number| number.to_string())
        }
        FieldType::Protocol | FieldType::Time => String::new(),
        _ => value.to_owned(),
    }
}

/// What differs between our fields of a file and tshark's: for each field, how often, and one example.
pub(crate) fn differences(file: &[u8]) -> BTreeMap<String, (usize, String)> {
    let kinds: BTreeMap<&str, FieldType> = all_fields()
        .iter()
        .map(|field| (field.name, field.kind))
        .collect();
    let mut differences = BTreeMap::new();
    for (number, (ours, theirs)) in (1..).zip(ours(file).iter().zip(fields(file))) {
        let known = |found: &Found| {
            let kind = *kinds.get(found.name.as_str())?;
            let mut found = found.clone();
            found.value = normal(kind, &found.value);
            if found.place.1 == 0 {
                // Computed, not read: it stands nowhere.
                found.place.0 = 0;
            }
            Some(found)
        };
        let ours: BTreeSet<Found> = ours.iter().filter_map(known).collect();
        let theirs: BTreeSet<Found> = theirs.iter().filter_map(known).collect();
        let mut note = |side: &str, found: &Found, other: &BTreeSet<Found>| {
            let others: Vec<_> = other
                .iter()
                .filter(|other| other.name == found.name)
                .map(|other| (other.place, &other.value))
                .collect();
            let entry = differences
                .entry(format!("{side} {}", found.name))
                .or_insert_with(|| {
                    (
                        0,
                        format!(
                            "packet {number}: {:?} {:?}, the other {others:?}",
                            found.place, found.value
                        ),
                    )
                });
            entry.0 += 1;
        };
        for found in ours.difference(&theirs) {
            note("ours  ", found, &theirs);
        }
        for found in theirs.difference(&ours) {
            note("theirs", found, &ours);
        }
    }
    differences
}

/// Hunts in a directory of capture files: `NETYARD_CAPTURES=DIR cargo test -p packet --test tshark -- --ignored
/// --nocapture`.
#[test]
#[ignore = "needs NETYARD_CAPTURES, a directory with capture files"]
fn captures_from_elsewhere() {
    let directory = std::env::var("NETYARD_CAPTURES").expect("NETYARD_CAPTURES names a directory");
    let only = std::env::var("NETYARD_ONLY").unwrap_or_default();
    let mut total: BTreeMap<String, (usize, usize, String)> = BTreeMap::new();
    let mut files: Vec<_> = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let mut compared = 0;
    for path in files {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let bytes = std::fs::read(&path).unwrap();
        if !name.contains(".pcap")
            || !name.contains(&only)
            || bytes.len() > 300_000
            || Reader::new(&bytes).is_err()
        {
            continue;
        }
        compared += 1;
        for (field, (count, example)) in differences(&bytes) {
            let entry = total
                .entry(field)
                .or_insert_with(|| (0, 0, format!("{name} {example}")));
            entry.0 += 1;
            entry.1 += count;
        }
    }
    for (field, (files, count, example)) in &total {
        eprintln!("{field}: {count} in {files} files; {example}");
    }
    assert!(compared > 0, "nothing could be compared");
}
