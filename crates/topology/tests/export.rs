//! Documents in other forms, and back.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod real;

use proptest::prelude::*;
use topology::arbitrary::{COMMON, document, document_with, with_routes};
use topology::edit::{Edit, apply};
use topology::export::{Export, Format, export};
use topology::read::read;
use topology::{Document, NamespaceId, Node};

/// What commands cannot say of a document left out.
fn as_commands_say(document: &Document) -> Document {
    let mut document = document.clone();
    document.positions.clear();
    let up: Vec<_> = document
        .interfaces
        .iter()
        .map(|(id, i)| (*id, document.is_up(i)))
        .collect();
    for (id, up) in up {
        document.interfaces.get_mut(&id).unwrap().up = up;
    }
    document.expectations.clear();
    for namespace in document.namespaces.values_mut() {
        namespace.serve.clear();
    }
    for interface in document.interfaces.values_mut() {
        interface.advertise = None;
    }
    document
}

fn text(export: &Export) -> &str {
    assert_eq!(export.files.len(), 1);
    &export.files[0].text
}

fn same_again(document: &Document, format: Format) {
    let written = export(document, format);
    let text = text(&written);
    if topology::command::of_document(document).is_empty() {
        // Nothing but a title: no command, no lab.
        return;
    }
    let again = read(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert!(
        as_commands_say(&again.document).same_lab(&as_commands_say(document)),
        "{format:?}\n{text}\n{:#?}\n{:#?}",
        again.document.canonical(),
        document.canonical()
    );
}

/// Whether a lab says only what commands do.
fn is_all_there(written: &Export) -> bool {
    let is_outside = |text: &str| {
        [
            "expectations",
            "positions",
            "stands on",
            "served",
            "advertisements",
        ]
        .iter()
        .any(|word| text.contains(word))
    };
    written.lost.iter().all(|lost| is_outside(&lost.text))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_document_is_read_again_from_its_script_and_from_its_batch(
        document in document(60),
        routes in prop::collection::vec(any::<u16>(), 0..12),
    ) {
        let document = with_routes(document, &routes);
        for format in [Format::Ip, Format::Batch] {
            if is_all_there(&export(&document, format)) {
                same_again(&document, format);
            }
        }
    }

    /// Whatever the title and the names are, the picture is XML without anything of theirs in it.
    #[test]
    fn any_title_is_written_in_every_form(title in any::<String>(), base in document(30)) {
        let mut document = base;
        let _refused = apply(&mut document, Edit::SetTitle { title: title.clone() });
        for format in Format::ALL {
            let written = export(&document, format);
            for file in &written.files {
                let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
                prop_assert!(file.path.chars().all(is_plain), "{}", file.path);
                prop_assert!(!file.path.contains("..") && !file.path.starts_with('/'));
            }
        }
        let svg = export(&document, Format::Svg);
        let svg = text(&svg);
        let mut open = 0;
        for (index, c) in svg.char_indices() {
            match c {
                '<' => open += 1,
                '>' => open -= 1,
                '&' => {
                    let rest = &svg[index..];
                    prop_assert!(["&lt;", "&gt;", "&amp;", "&quot;"].iter().any(|e| rest.starts_with(e)));
                }
                _ => {}
            }
            prop_assert!((0..=1).contains(&open));
        }
        prop_assert_eq!(open, 0);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    /// The real `ip -batch` makes what the document says.
    #[test]
    fn a_batch_run_by_ip_makes_the_document(document in document_with(50, COMMON)) {
        let written = export(&document, Format::Batch);
        if is_all_there(&written) {
            let batch = text(&written);
            let script = format!("cat > /run/batch <<'END-OF-BATCH'\n{batch}\nEND-OF-BATCH\nip -batch /run/batch || exit 8\n");
            let printed = real::sandbox(&format!("{script}\n{}", real::dump(&document)));
            prop_assert_eq!(real::parse(&document, &printed), real::expected(&document), "{}", batch);
        }
    }

    /// After a script and the one that undoes it the kernel is as it was; of the loopback, which
    /// stays up, nothing is compared.
    #[test]
    fn what_a_script_makes_its_undo_takes_away(
        document in document_with(50, COMMON),
        routes in prop::collection::vec(any::<u16>(), 0..12),
    ) {
        undone(&with_routes(document, &routes));
    }
}

/// What a machine of somebody else has set before: not what is usual.
const HAD: &str = "sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.default.rp_filter=2 net.ipv4.tcp_mtu_probing=2\n";

fn undone(document: &Document) {
    let make = text(&export(document, Format::Ip)).to_owned();
    let undo = text(&export(document, Format::IpUndo)).to_owned();
    let settings = "net.ipv4.ip_forward net.ipv6.conf.all.forwarding net.ipv4.conf.default.rp_filter net.ipv4.tcp_mtu_probing";
    // The interface of a namespace that goes does so a moment later.
    let dump = format!(
        "for n in 1 2 3 4 5 6 7 8 9 10; do [ \"$(ls /sys/class/net)\" = \"$BEFORE\" ] && break; sleep 0.1; done\n\
         ip netns list; ip -o link show | grep -v ': lo:'; ip addr show | grep 'inet' | grep -v -e 127.0.0.1 -e '::1/128'\n\
         ip rule; ip -6 rule; ip route show table all | grep -v -e 'dev lo'; ip -6 route show table all | grep -v -e 'dev lo'\n\
         nft list ruleset; sysctl {settings}\n"
    );
    let printed = real::sandbox(&format!(
        "mount -t sysfs none /sys 2>/dev/null\nBEFORE=\"$(ls /sys/class/net)\"\n{HAD}{dump}echo BETWEEN\n(\n{make}\n) >/dev/null || exit 7\n(\n{undo}\n) >/dev/null || exit 8\necho BETWEEN\n{dump}true\n"
    ));
    let parts: Vec<_> = printed.split("BETWEEN\n").collect();
    assert_eq!(parts[0], parts[2], "\n{make}\n{undo}");
    assert!(parts[0].contains("tcp_mtu_probing"), "{}", parts[0]);
}

const EXAMPLES: [&str; 5] = [
    include_str!("../../../public/labs/article.yaml"),
    include_str!("../../../public/labs/nat.yaml"),
    include_str!("../../../public/labs/firewall.yaml"),
    include_str!("../../../public/labs/triangle.yaml"),
    include_str!("../../../public/labs/asymmetric.yaml"),
];

#[test]
fn the_examples_are_undone_too() {
    for example in EXAMPLES {
        undone(&read(example).unwrap().document);
    }
}

/// What the host had before is in a file of the machine, which whoever reads the scripts has not: it
/// is said, and what is usual counts.
#[test]
fn a_script_and_its_undo_are_read_as_nothing() {
    let lab = "netyard: 1\ntitle: Ein Labor!\nnamespaces:\n  host:\n    forwarding: [ipv4]\n    sysctl: {net.ipv4.tcp_mtu_probing: 1}\n  red: {}\n";
    let document = read(lab).unwrap().document;
    let make = text(&export(&document, Format::Ip)).to_owned();
    let undo = text(&export(&document, Format::IpUndo)).to_owned();
    let kept = "[ -e /run/netyard-ein-labor.conf ] || sysctl -e net.ipv4.ip_forward net.ipv4.tcp_mtu_probing > /run/netyard-ein-labor.conf\n";
    assert!(make.contains(kept), "{make}");
    let made = read(&make).unwrap().document;
    let host = |document: &Document| document.namespaces[&topology::NamespaceId::HOST].clone();
    assert_eq!(host(&made), host(&document));
    let nothing = read(&format!("{make}\n{undo}")).unwrap();
    assert_eq!(nothing.document.namespaces.len(), 1, "{undo}");
    assert!(!host(&nothing.document).forwarding.ipv4, "{undo}");
    assert!(
        nothing
            .report
            .left_out
            .iter()
            .any(|remark| remark.text.contains("/run/netyard-ein-labor.conf")),
        "{:?}",
        nothing.report.left_out
    );
    // Settings that a script has written into a file itself are known.
    let own = "cat > /etc/sysctl.d/9-lab.conf <<END\n# routes\nnet.ipv4.ip_forward = 1\n-net.ipv4.tcp_mtu_probing=2\nEND\nsysctl -p /etc/sysctl.d/9-lab.conf\n";
    let own = read(own).unwrap().document;
    assert!(host(&own).forwarding.ipv4, "{own:?}");
}

/// A chain of routers and a bridge with three ports: what both forms carry whole.
const CARRIED: &str = "netyard: 1
title: Three and a router
namespaces:
  host: {loopback: {up: false}}
  red: {routes: [{to: default, via: 10.0.0.254}]}
  green: {}
  router: {forwarding: [ipv4]}
  far: {routes: [{to: default, via: 10.9.0.254}]}
links:
  - {red/veth-red: {addresses: [10.0.0.1/24]}, router/eth1: {addresses: [10.0.0.254/24]}}
  - {router/eth0: {addresses: [10.9.0.254/24]}, far/eth0: {addresses: [10.9.0.1/24], mtu: 1400}}
  - {green/lan: {addresses: [10.5.0.1/24]}, red/lan: {addresses: [10.5.0.2/24]}}
";

#[test]
fn containerlab_and_kathara_are_read_again_as_the_same_lab() {
    let document = read(CARRIED).unwrap().document;
    for format in [Format::Containerlab, Format::Kathara] {
        let written = export(&document, format);
        assert_eq!(written.lost, [], "{format:?}");
        let files = written.files.iter().map(|file| topology::import::File {
            path: file.path.clone(),
            bytes: file.text.clone().into_bytes(),
        });
        let files: Vec<_> = files.collect();
        let again = topology::read::read_files(&files)
            .unwrap_or_else(|error| panic!("{format:?}: {error}\n{written:#?}"));
        let mut again = again.document;
        again.positions.clear();
        // containerlab has no titles, only names.
        again.title = document.title.clone();
        assert!(
            again.same_lab(&document),
            "{format:?}\n{written:#?}\n{}\n{}",
            topology::yaml::write(&again),
            topology::yaml::write(&document)
        );
    }
}

/// What is at an end of a link, and the addresses there.
type DrawnEnd = (String, Vec<String>);

/// The links between namespaces and bridges, in an order that follows from them alone.
fn drawn(document: &Document) -> Vec<[DrawnEnd; 2]> {
    let name = |node: Node| match node {
        Node::Namespace(id) => document.namespaces[&id].name.to_string(),
        Node::Bridge(id) => document.interfaces[&id].name.to_string(),
    };
    let end = |id| {
        let node = document.node_of(id);
        let node = node.unwrap_or(Node::Namespace(NamespaceId::HOST));
        let addresses = document.interfaces[&id].addresses.iter();
        (name(node), addresses.map(ToString::to_string).collect())
    };
    let links = document.links().map(|link| {
        let mut ends = link.ends.map(end);
        ends.sort();
        ends
    });
    let mut links: Vec<_> = links.collect();
    links.sort();
    links
}

#[test]
fn graphs_are_read_again_with_their_nodes_links_and_addresses() {
    for (format, of_file) in [(Format::Mermaid, "lab.mmd"), (Format::Dot, "lab.dot")] {
        for text in [CARRIED, EXAMPLES[0], EXAMPLES[1], EXAMPLES[2]] {
            let document = read(text).unwrap().document;
            let written = export(&document, format);
            let file = topology::import::File {
                path: of_file.to_owned(),
                bytes: self::text(&written).as_bytes().to_vec(),
            };
            let again = topology::read::read_files(&[file])
                .unwrap_or_else(|error| panic!("{format:?}: {error}\n{written:#?}"));
            assert_eq!(drawn(&again.document), drawn(&document), "{written:#?}");
        }
    }
}

#[test]
fn what_is_lost_is_named() {
    let document = read(EXAMPLES[2]).unwrap().document;
    let lost = |format| {
        let lost = export(&document, format).lost;
        lost.iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("\n")
    };
    assert!(lost(Format::Yaml).is_empty());
    assert!(
        lost(Format::Ip).contains("expectations"),
        "{}",
        lost(Format::Ip)
    );
    assert!(
        lost(Format::Batch).contains("nothing to read"),
        "{}",
        lost(Format::Batch)
    );
    assert!(
        lost(Format::Svg).contains("the firewall of"),
        "{}",
        lost(Format::Svg)
    );
    assert!(
        lost(Format::Kathara).contains("expectations"),
        "{}",
        lost(Format::Kathara)
    );
}

#[test]
fn a_firewalls_words_are_words_in_the_script_that_undoes_it() {
    let lab =
        "netyard: 1\nnamespaces:\n  host:\n    firewall: |\n      table inet `id` {\n      }\n";
    let document = read(lab).unwrap().document;
    let undo = export(&document, Format::IpUndo);
    let said = text(&undo);
    assert!(said.contains("nft delete table inet '`id`'"), "{said}");
}
