//! The document on disk: whatever it holds, text out and in is the same lab; what is wrong is told
//! with its place.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use proptest::prelude::*;
use topology::Document;
use topology::arbitrary::document;
use topology::document::Point;
use topology::edit::{Edit, apply};
use topology::yaml::{read, write};

/// Names that YAML reads as something else unless they are quoted, and others that are difficult.
const DIFFICULT: &[&str] = &[
    "null",
    "~",
    "true",
    "yes",
    "on",
    "no",
    "1",
    "1.5",
    "1e3",
    "0x1f",
    "0o7",
    "1_000",
    ".5",
    "+1",
    "12e03",
    "2026-11-24",
    "#",
    "a#b",
    "!x",
    "&a",
    "*a",
    "?",
    "{a}",
    "[a]",
    ",",
    "a,b",
    "|",
    ">",
    "@",
    "`",
    "=",
    "<<",
    "é",
    "日本",
    "a;b",
    "$x",
    "NaN",
    ".inf",
    "n",
    "Y",
    "host1",
    "netyard",
    "()",
];

/// A document with difficult names, a title and places.
fn difficult() -> impl Strategy<Value = Document> {
    let names = prop::collection::vec(prop::sample::select(DIFFICULT), 0..12);
    let title = prop_oneof![
        "\\PC{0,60}",
        prop::sample::select(DIFFICULT).prop_map(str::to_owned),
        "[ a:#'\"-]{0,120}",
    ];
    let places = prop::collection::vec((-1e6..1e6_f64, -1e6..1e6_f64), 0..6);
    (document(60), names, title, places).prop_map(|(mut document, names, title, places)| {
        let namespaces: Vec<_> = document.namespaces.keys().copied().collect();
        let interfaces: Vec<_> = document.interfaces.keys().copied().collect();
        let mut edits = vec![Edit::SetTitle { title }];
        for (index, name) in names.iter().enumerate() {
            if let Some(&namespace) = namespaces.get(index) {
                edits.push(Edit::RenameNamespace {
                    namespace,
                    name: name.parse().unwrap(),
                });
            }
            if let Some(&interface) = interfaces.get(index * 2) {
                edits.push(Edit::RenameInterface {
                    interface,
                    name: name.parse().unwrap(),
                });
            }
        }
        let nodes: Vec<_> = document.positions.keys().copied().collect();
        for (node, (x, y)) in nodes.into_iter().zip(places) {
            edits.push(Edit::Move {
                to: [(node, Some(Point { x, y }))].into(),
            });
        }
        for edit in edits {
            let _refused = apply(&mut document, edit);
        }
        document
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn out_and_in_is_the_same_lab_whatever_the_names(document in difficult()) {
        let text = write(&document);
        let again = read(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        prop_assert!(again.same_lab(&document), "\n{}", text);
        prop_assert_eq!(write(&again), text, "what was read is written as it was");
    }
}

#[test]
fn bridges_are_placed_in_the_order_in_which_they_are_read() {
    let text =
        "netyard: 1\nnamespaces:\n  red:\n    bridges:\n      b: {}\nlayout:\n  red/b: [0, 0]\n";
    let mut document = read(text).unwrap();
    // The host's own comes last, and is read first.
    let (host, id) = (topology::NamespaceId::HOST, topology::InterfaceId(9));
    let bridge = topology::document::Interface::new(
        host,
        "b".parse().unwrap(),
        topology::document::Kind::bridge(),
    );
    document.interfaces.insert(id, bridge);
    document
        .positions
        .insert(topology::Node::Bridge(id), Point { x: 8.0, y: 0.0 });
    let text = write(&document);
    assert_eq!(write(&read(&text).unwrap()), text);
}

#[test]
fn it_looks_as_written_by_hand() {
    for text in [
        include_str!("../../../public/labs/article.yaml"),
        include_str!("../../../public/labs/bridged.yaml"),
        include_str!("../../../public/labs/router.yaml"),
    ] {
        let without_comments: String = text
            .lines()
            .filter(|line| !line.starts_with('#'))
            .map(|line| format!("{line}\n"))
            .collect();
        // A gateway is quoted: YAML 1.1 takes it for a number.
        assert_eq!(
            write(&read(text).unwrap()).replace('"', ""),
            without_comments.replace('"', "")
        );
    }
}

/// Line, column, message.
fn refusal(text: &str) -> (u64, u64, String) {
    let error = read(text).unwrap_err();
    (error.line, error.column, error.message)
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    let link =
        "netyard: 1\nnamespaces:\n  red: {}\nlinks:\n  - host/a: {addresses: [10.0.0.1/24]}\n";
    let cases: &[(String, u64, u64, &str)] = &[
        ("netyard: 1\ncolour: blue\n".into(), 2, 1, "colour"),
        (
            "netyard: 1\nnamespaces:\n  red:\n    routs: []\n".into(),
            4,
            5,
            "routs",
        ),
        (
            "netyard: 1\nnamespaces:\n  red: {}\n  red: {}\n".into(),
            4,
            3,
            "red",
        ),
        ("netyard: \"1\"\n".into(), 1, 10, "without quotes"),
        (
            "netyard: 1\nnamespaces:\n  red: {forwarding: [ipv4, ipv4]}\n".into(),
            3,
            28,
            "already",
        ),
        (
            "netyard: 1\nnamespaces:\n  red: {forwarding: [ipv5]}\n".into(),
            3,
            22,
            "ipv5",
        ),
        (
            format!("{link}    red/b: {{addresses: [10.0.0.2/24, 10.0.0.300/24]}}\n"),
            6,
            38,
            "10.0.0.300/24",
        ),
        (
            format!("{link}    red/b: {{addresses: [10.0.0.2]}}\n"),
            6,
            25,
            "10.0.0.2/24",
        ),
        (format!("{link}    red/b: {{mtu: 67}}\n"), 6, 12, "67"),
        (format!("{link}    red/b: {{mtu: many}}\n"), 6, 18, "many"),
        (
            format!("{link}    blue/b: {{}}\n"),
            6,
            13,
            "no namespace blue",
        ),
        (
            format!("{link}    red/b: {{bridge: br0}}\n"),
            6,
            21,
            "no bridge br0",
        ),
        (format!("{link}    red/b: {{up: maybe}}\n"), 6, 17, "maybe"),
        (link.to_owned(), 5, 5, "two ends"),
        ("netyard: 1\nlayout:\n  red: [0, 0]\n".into(), 3, 8, "red"),
        (
            "netyard: 1\nlayout:\n  host: [0, 0]\n".into(),
            3,
            9,
            "besides the host",
        ),
        (
            format!("netyard: 1\ntitle: {}\n", "x".repeat(300)),
            2,
            8,
            "title",
        ),
        ("netyard: 2\nunheard: of\n".into(), 1, 10, "version 2"),
        ("netyard: one\n".into(), 1, 10, "one"),
        ("title: no version\n".into(), 1, 1, "netyard"),
        ("netyard: 1\nnamespaces: [\n".into(), 2, 13, "bracket"),
    ];
    for (text, line, column, word) in cases {
        let (at_line, at_column, message) = refusal(text);
        assert_eq!((at_line, at_column), (*line, *column), "{message}\n{text}");
        assert!(message.contains(word), "{message}\n{text}");
    }
}

#[test]
fn texts_that_would_fill_the_memory_are_refused_at_once() {
    let bomb = (1..30).fold(
        "netyard: 1\ntitle: &a0 [x, x]\n".to_owned(),
        |text, level| {
            let before = level - 1;
            format!("{text}a{level}: &a{level} [*a{before}, *a{before}, *a{before}, *a{before}]\n")
        },
    );
    let deep = format!("netyard: 1\nlinks: {}", "[".repeat(100_000));
    let nested: String = (0..1000)
        .map(|depth| format!("{}a:\n", " ".repeat(depth)))
        .collect();
    let long = format!("netyard: 1\ntitle: {}\n", "x".repeat(50_000_000));
    let start = std::time::Instant::now();
    for text in [bomb, deep, nested, long] {
        assert!(read(&text).is_err());
    }
    // Unbounded they would take hours; a busy machine takes some seconds.
    assert!(start.elapsed().as_secs() < 60, "{:?}", start.elapsed());
}
