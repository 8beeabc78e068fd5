//! What the real tshark finds in packets, field by field, as it writes it in PDML.

use std::fs::File;
use std::io::Write;
use std::process::{Command, Stdio};

use tempfile::NamedTempFile;

/// Why a test cannot run.
const MISSING: &str = "tshark is needed for this test: `cargo xtask test` installs it";

/// Preferences under which tshark computes what we compute.
const PREFERENCES: [&str; 3] = [
    "ip.check_checksum:TRUE",
    // Nothing is put together here that came in several packets.
    "ip.defragment:FALSE",
    "tcp.desegment_tcp_streams:FALSE",
];

/// A field of a packet.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Found {
    /// Its name in filters.
    pub(crate) name: String,
    /// Where its bytes start, and how many they are.
    pub(crate) place: (u32, u32),
    /// Its value as written.
    pub(crate) value: String,
}

fn tshark(file: &[u8], arguments: &[&str]) -> Vec<u8> {
    let mut on_disk = NamedTempFile::new().unwrap();
    on_disk.write_all(file).unwrap();
    // Names, profiles and caches of the person who runs the tests must not change what is printed.
    let home = tempfile::tempdir().unwrap();
    let mut command = Command::new("tshark");
    command.args(["-n", "-r", "-"]).args(arguments);
    for preference in PREFERENCES {
        command.args(["-o", preference]);
    }
    let output = command
        .env("HOME", home.path())
        .env("TZ", "UTC0")
        .stdin(Stdio::from(File::open(on_disk.path()).unwrap()))
        .stderr(Stdio::null())
        .output()
        .expect(MISSING);
    output.stdout
}

/// The numbers of the packets that pass a filter.
pub(crate) fn passing(file: &[u8], filter: &str) -> Vec<u32> {
    let text = tshark(file, &["-Y", filter, "-T", "fields", "-e", "frame.number"]);
    let text = String::from_utf8(text).unwrap();
    text.lines().map(|line| line.parse().unwrap()).collect()
}

/// What tshark finds in each packet: all fields that are shown and have a name.
pub(crate) fn fields(file: &[u8]) -> Vec<Vec<Found>> {
    let text = tshark(file, &["-T", "pdml"]);
    let text = String::from_utf8_lossy(&text);
    let options = roxmltree::ParsingOptions {
        nodes_limit: u32::MAX,
        ..roxmltree::ParsingOptions::default()
    };
    let document = roxmltree::Document::parse_with_options(&text, options).unwrap();
    let packets = document.root_element().children();
    packets
        .filter(|node| node.has_tag_name("packet"))
        .map(|packet| packet.descendants().filter_map(found).collect())
        .collect()
}

fn found(node: roxmltree::Node<'_, '_>) -> Option<Found> {
    let hidden = node.attribute("hide") == Some("yes");
    if hidden || !(node.has_tag_name("field") || node.has_tag_name("proto")) {
        return None;
    }
    let number = |name| node.attribute(name).and_then(|text| text.parse().ok());
    Some(Found {
        name: node.attribute("name")?.to_owned(),
        place: (number("pos")?, number("size")?),
        value: node.attribute("show").unwrap_or_default().to_owned(),
    })
}
