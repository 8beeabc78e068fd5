//! Every problem is found where it is, and only there.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::collections::BTreeMap;
use std::fmt::Write as _;

use proptest::prelude::*;
use topology::arbitrary::document;
use topology::edit::apply;
use topology::problem::{Problem, Severity, check, fixes};
use topology::read::read;

fn problems(text: &str) -> Vec<Problem> {
    let document = read(text)
        .unwrap_or_else(|error| panic!("{error}\n{text}"))
        .document;
    check(&document)
}

fn told(text: &str) -> Vec<String> {
    problems(text).iter().map(ToString::to_string).collect()
}

/// red and blue with a cable: what stands in the places of the ends, and further text.
fn cable(red: &str, blue: &str, more: &str) -> String {
    format!(
        "netyard: 1\nnamespaces:\n  red: {{}}\n  blue: {{}}\n{more}links:\n  - red/a: {{{red}}}\n    blue/b: {{{blue}}}\n"
    )
}

/// red and blue with a cable, and routes of red.
fn routed(red: &str, blue: &str, route: &str) -> String {
    format!(
        "netyard: 1\nnamespaces:\n  red:\n    routes: [{{{route}}}]\n  blue: {{}}\nlinks:\n  - red/a: {{{red}}}\n    blue/b: {{{blue}}}\n"
    )
}

/// Exactly one problem, of that severity, at that object, with these words.
fn only(text: &str, severity: Severity, subject: &str, words: &[&str]) {
    let found = problems(text);
    let [problem] = found.as_slice() else {
        panic!("{found:#?}\n{text}");
    };
    assert_eq!(
        (problem.severity, problem.subject.as_str()),
        (severity, subject),
        "{problem}"
    );
    for word in words {
        assert!(problem.text.contains(word), "{word}: {problem}");
    }
    assert!(!problem.hint.is_empty(), "{problem}");
}

const A: &str = "addresses: [10.0.0.1/24]";
const B: &str = "addresses: [10.0.0.2/24]";

#[test]
fn a_sound_lab_has_none() {
    assert_eq!(told(&cable(A, B, "")), Vec::<String>::new());
    for text in [
        include_str!("../../../public/labs/bridged.yaml"),
        include_str!("../../../public/labs/nat.yaml"),
        include_str!("../../../public/labs/router.yaml"),
    ] {
        assert_eq!(told(text), Vec::<String>::new());
    }
}

#[test]
fn the_article_is_told_what_its_wiring_does() {
    let article = problems(include_str!("../../../public/labs/article.sh"));
    let (warnings, infos): (Vec<_>, Vec<_>) = article
        .iter()
        .partition(|problem| problem.severity == Severity::Warning);
    assert_eq!(warnings.len(), 1, "{article:#?}");
    let text = &warnings[0].text;
    for word in [
        "green",
        "red",
        "blue",
        "10.0.0.0/24",
        "no cable or bridge joins them",
    ] {
        assert!(text.contains(word), "{text}");
    }
    // Its green never sets the loopback up.
    assert_eq!(infos.len(), 1, "{article:#?}");
    assert_eq!(infos[0].subject, "green/lo");
}

#[test]
fn addresses() {
    use Severity::{Info, Warning};
    only(&cable(A, A, ""), Warning, "blue/b", &["10.0.0.1", "red/a"]);
    only(
        &cable(A, "addresses: [10.0.0.1/16]", ""),
        Warning,
        "blue/b",
        &["red/a too"],
    );
    only(
        &cable("addresses: [10.0.0.0/24]", B, ""),
        Warning,
        "red/a",
        &["the network itself"],
    );
    only(
        &cable(A, "addresses: [10.1.0.2/24]", ""),
        Warning,
        "red/a",
        &["none of the networks of blue/b"],
    );
    let two = "  - red/c: {addresses: [10.0.0.9/16]}\n    blue/d: {}\n";
    only(
        &(cable(A, B, "") + two),
        Warning,
        "red/a",
        &["10.0.0.9/16 on red/c"],
    );
    let apart = "  - host/c: {}\n    blue/d: {addresses: [10.0.0.9/24]}\n";
    let lab = cable(A, "", "") + apart;
    only(
        &lab,
        Warning,
        "blue/d",
        &["red/a", "10.0.0.0/24", "no cable or bridge"],
    );
    // Link-local networks are the same on every link.
    let local = cable("addresses: [fe80::1/64]", "addresses: [fe80::2/64]", "")
        + "  - red/c: {addresses: [fe80::1:1/64]}\n    blue/d: {addresses: [fe80::1:2/64]}\n";
    assert_eq!(told(&local), Vec::<String>::new());
    let loopback = cable(A, B, "").replace("red: {}", "red: {loopback: {up: false}}");
    only(&loopback, Info, "red/lo", &["10.0.0.1"]);
}

#[test]
fn links() {
    use Severity::{Info, Warning};
    only(
        &cable("up: false", "", ""),
        Warning,
        "red/a",
        &["blue/b", "no carrier"],
    );
    only(
        &cable("", "up: false", ""),
        Warning,
        "blue/b",
        &["red/a", "no carrier"],
    );
    only(
        &cable("up: false", "up: false", ""),
        Info,
        "red/a",
        &["blue/b are down"],
    );
    only(
        &cable("mtu: 1400", "", ""),
        Warning,
        "red/a",
        &["1400", "1500"],
    );
    only(
        "netyard: 1\nnamespaces:\n  red: {}\n",
        Info,
        "red",
        &["nothing connects it"],
    );
}

#[test]
fn bridges() {
    use Severity::{Error, Warning};
    let lab = |bridges: &str, links: &str| {
        format!(
            "netyard: 1\nnamespaces:\n  host:\n    bridges:\n{bridges}  red: {{}}\nlinks:\n{links}"
        )
    };
    let port = "  - red/a: {}\n    host/b: {bridge: br0}\n";
    let br0 = "      br0: {}\n";
    assert_eq!(told(&lab(br0, port)), Vec::<String>::new());
    only(
        &lab("      br0: {up: false}\n", port),
        Warning,
        "host/br0",
        &["down", "nothing passes"],
    );
    let addressed = port.replace("bridge: br0", "bridge: br0, addresses: [10.0.0.1/24]");
    only(
        &lab(br0, &addressed),
        Warning,
        "host/b",
        &["10.0.0.1/24", "goes to the bridge"],
    );
    only(
        &lab("      br0: {mtu: 1400}\n", port),
        Warning,
        "host/br0",
        &["1400", "1500"],
    );
    let two = "      br0: {}\n      br1: {}\n";
    let joined = |up: &str| {
        format!(
            "{port}  - host/c: {{bridge: br0}}\n    host/d: {{bridge: br1}}\n  - host/e: {{bridge: br1}}\n    host/f: {{bridge: br0{up}}}\n"
        )
    };
    only(&lab(two, &joined("")), Error, "host/e", &["loop"]);
    let down = problems(&lab(two, &joined(", up: false")));
    assert!(
        down.iter().all(|problem| problem.severity == Warning),
        "{down:#?}"
    );
    assert!(
        down.iter().any(|problem| problem.text.contains("loop")),
        "{down:#?}"
    );
    let mut ports = String::new();
    for n in 0..1024 {
        writeln!(ports, "  - red/a{n}: {{}}\n    host/b{n}: {{bridge: br0}}").unwrap();
    }
    only(
        &lab(br0, &ports),
        Error,
        "host/br0",
        &["1024 ports", "1023"],
    );
}

#[test]
fn routes() {
    use Severity::{Error, Warning};
    let forwards = |text: String| text.replace("blue: {}", "blue: {forwarding: [ipv4, ipv6]}");
    let lab = |route: &str| forwards(routed(A, B, route));
    let sound = lab("to: default, via: 10.0.0.2");
    assert_eq!(told(&sound), Vec::<String>::new());
    only(
        &lab("to: default, via: 10.1.0.2"),
        Error,
        "red",
        &["10.1.0.2", "no network"],
    );
    only(
        &lab("to: default, via: 10.0.0.1"),
        Warning,
        "red",
        &["the namespace itself"],
    );
    only(
        &lab("to: 10.0.0.0/24, dev: a"),
        Error,
        "red",
        &["the kernel itself makes this route"],
    );
    assert_eq!(
        told(&lab("to: 10.0.0.0/24, dev: a, metric: 5")),
        Vec::<String>::new()
    );
    let silent = routed(A, B, "to: default, via: 10.0.0.2");
    let behind = "  - blue/far: {addresses: [10.1.0.1/24]}\n    host/to-blue: {}\n";
    let warns = ["10.0.0.2 of red", "does not forward IPv4"];
    only(&(silent.clone() + behind), Warning, "blue", &warns);
    // With nobody behind it there is nothing to forward to: it stands for the rest of the world.
    assert_eq!(told(&silent), Vec::<String>::new());
    let v6 = forwards(routed(
        "addresses: [fd00::1/64]",
        "addresses: [fd00::2/64]",
        "to: default, via: fd00::1",
    ));
    only(&v6, Error, "red", &["fd00::1", "the namespace itself"]);
    let link_local = v6.replace("via: fd00::1", "via: fe80::7, dev: a");
    assert_eq!(told(&link_local), Vec::<String>::new());
    let kernels = "the kernel itself makes this route";
    for route in ["to: 'fd00::/64', dev: a", "to: 'fe80::/64', dev: a"] {
        let with = |metric: u32| {
            forwards(routed(
                "addresses: [fd00::1/64]",
                "addresses: [fd00::2/64]",
                &format!("{route}, metric: {metric}"),
            ))
        };
        only(&with(256), Error, "red", &[kernels]);
        assert_eq!(told(&with(257)), Vec::<String>::new());
    }
    for route in ["to: default, via: 10.0.0.2", "to: 10.9.0.0/16, dev: a"] {
        let down = problems(&forwards(routed(&format!("{A}, up: false"), B, route)));
        let errors = down.iter().filter(|problem| problem.severity == Error);
        assert_eq!(
            errors
                .map(|problem| problem.subject.as_str())
                .collect::<Vec<_>>(),
            ["red"],
            "{down:#?}"
        );
    }
}

#[test]
fn the_worst_comes_first() {
    let lab = routed("mtu: 1400", "", "to: default, via: 10.1.0.2")
        .replace("blue: {}", "blue: {}\n  green: {}");
    let severities: Vec<_> = problems(&lab)
        .iter()
        .map(|problem| problem.severity)
        .collect();
    assert_eq!(
        severities,
        [Severity::Error, Severity::Warning, Severity::Info]
    );
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn problems_are_of_objects_that_are_there(document in document(80)) {
        for problem in check(&document) {
            let there = match problem.place {
                topology::edit::Place::Document(_) => true,
                topology::edit::Place::Namespace(id, _) => document.namespaces.contains_key(&id),
                topology::edit::Place::Interface(id, _) => document.interfaces.contains_key(&id),
            };
            prop_assert!(there, "{}", problem);
        }
    }
}

#[test]
fn what_several_routes_make_is_said_once() {
    let routes = "{to: default, via: 10.0.0.2}, {to: 10.9.0.0/16, via: 10.0.0.2}";
    let text = cable(A, B, "").replace("red: {}", &format!("red: {{routes: [{routes}]}}"));
    let behind = "  - blue/far: {addresses: [10.1.0.1/24]}\n    host/to-blue: {}\n";
    only(
        &(text + behind),
        Severity::Warning,
        "blue",
        &["it is the gateway 10.0.0.2 of red"],
    );
}

#[test]
fn one_interface_may_have_an_address_with_two_prefixes() {
    let both = "addresses: [10.0.0.1/24, 10.0.0.1/32]";
    assert_eq!(told(&cable(both, B, "")), Vec::<String>::new());
}

#[test]
fn a_fix_makes_its_problem_go_away() {
    let behind = "  - blue/far: {addresses: [10.1.0.1/24]}\n    host/to-blue: {}\n";
    let labs = [
        routed(A, B, "to: default, via: 10.0.0.2") + behind,
        cable(&format!("{A}, up: false"), B, ""),
        cable(&format!("{A}, up: false"), &format!("{B}, up: false"), ""),
        include_str!("../../../public/labs/article.sh").to_owned(),
    ];
    let mut fixed = BTreeMap::new();
    for text in labs {
        let document = read(&text).unwrap().document;
        for problem in check(&document) {
            for fix in fixes(&document, &problem) {
                let mut mended = document.clone();
                apply(&mut mended, fix.edit).unwrap();
                let left = check(&mended);
                let is_same =
                    |p: &Problem| (&p.subject, &p.text) == (&problem.subject, &problem.text);
                assert!(!left.iter().any(is_same), "{problem}: {}", fix.label);
                *fixed.entry(fix.label).or_insert(0) += 1;
            }
        }
    }
    let labels: Vec<_> = fixed.keys().map(String::as_str).collect();
    assert_eq!(labels, ["Forward IPv4", "Set both ends up", "Set it up"]);
}

/// A lab without IPv6 with that many ports on a bridge.
fn star(ports: usize, more: &str) -> String {
    let mut text = "netyard: 1\nnamespaces:\n  host:\n    bridges: {br0: {}}\n".to_owned();
    for leaf in 0..ports {
        writeln!(text, "  n{leaf}: {{}}").unwrap();
    }
    text.push_str("links:\n");
    for leaf in 0..ports {
        let more = if leaf == 0 { more } else { "" };
        writeln!(
            text,
            "  - n{leaf}/e: {{{more}}}\n    host/v{leaf}: {{bridge: br0}}"
        )
        .unwrap();
    }
    text
}

#[test]
fn floods_of_ipv6_are_told_with_their_number_and_one_edit_ends_them() {
    let text = star(100, "");
    only(
        &text,
        Severity::Warning,
        "host/br0",
        &["60,000 frames", "100 ports"],
    );
    assert_eq!(told(&star(99, "")), [""; 0]);
    // Somebody wants it.
    assert_eq!(told(&star(100, "addresses: [fd00::1/64]")), [""; 0]);
    let before = read(&text).unwrap().document;
    let found = &check(&before)[0];
    let mut document = before.clone();
    let mut offered = fixes(&before, found);
    assert_eq!(offered.len(), 1, "{offered:#?}");
    let inverse = apply(&mut document, offered.remove(0).edit).unwrap();
    assert_eq!(check(&document), []);
    // An address that somebody gives later is taken all the same.
    let n0 = document.namespace_named("n0").unwrap();
    let interface = document.interface_named(n0, "e").unwrap();
    let mut with = document.clone();
    let address = topology::Edit::AddAddress {
        interface,
        address: "fd00::1/64".parse().unwrap(),
        index: None,
    };
    apply(&mut with, address).unwrap();
    apply(&mut document, inverse).unwrap();
    assert_eq!(document, before);
}
