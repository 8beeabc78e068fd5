//! Edits: an edit and its inverse are nothing; a refused edit is nothing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use proptest::prelude::*;
use topology::arbitrary::{document, wish};
use topology::edit::{Edit, apply};
use topology::kind::Value;
use topology::{Document, InterfaceId, NamespaceId};

/// Why an edit of a lab of two interfaces, `a` of `red` and `b` and `c` of the host, is refused.
fn refusal(edits: &[Edit]) -> Option<String> {
    let text = "netyard: 1\nnamespaces:\n  red: {}\nlinks:\n  - red/a: {}\n    host/b: {}\n  - red/d: {}\n    host/c: {}\n";
    let mut document = topology::yaml::read(text).unwrap();
    edits
        .iter()
        .find_map(|edit| apply(&mut document, edit.clone()).err())
        .map(|error| error.to_string())
}

fn add(interface: u64, address: &str) -> Edit {
    Edit::AddAddress {
        interface: InterfaceId(interface),
        address: address.parse().unwrap(),
        index: None,
    }
}

#[test]
fn the_loopbacks_own_address_is_for_no_other_interface() {
    for address in ["::1/128", "::1/64"] {
        let why = refusal(&[add(2, address)]).unwrap();
        assert!(
            why.contains("red/a") && why.contains("loopback's own"),
            "{why}"
        );
        let text = format!(
            "netyard: 1\nnamespaces:\n  red: {{}}\nlinks:\n  - red/a: {{addresses: ['{address}']}}\n    host/b: {{}}\n"
        );
        let error = topology::yaml::read(&text).unwrap_err();
        assert_eq!(error.line, 5, "{error}");
    }
    assert_eq!(refusal(&[add(2, "127.0.0.9/8")]), None);
    for address in ["::1/128", "::1/64", "127.0.0.1/8"] {
        assert!(refusal(&[add(0, address)]).unwrap().contains("by itself"));
    }
}

#[test]
fn link_local_addresses_are_of_each_link() {
    assert_eq!(refusal(&[add(3, "fe80::1/64"), add(5, "fe80::1/64")]), None);
    assert!(refusal(&[add(3, "fd00::1/64"), add(5, "fd00::1/64")]).is_some());
    let text = "netyard: 1\nlinks:\n  - host/a: {addresses: ['fe80::1/64']}\n    host/b: {addresses: ['fe80::1/64']}\n";
    topology::yaml::read(text).unwrap();
}

#[test]
fn an_mtu_without_ipv6_has_no_ipv6_routes() {
    let mtu = Edit::SetMtu {
        interface: InterfaceId(2),
        mtu: Some(1279),
    };
    let route = |destination: &str| Edit::AddRoute {
        namespace: NamespaceId(1),
        route: topology::document::Route {
            destination: destination.parse().unwrap(),
            gateway: None,
            interface: Some(InterfaceId(2)),
            metric: None,
            options: Default::default(),
        },
        index: None,
    };
    for edits in [
        [mtu.clone(), route("fd09::/64")],
        [route("fd09::/64"), mtu.clone()],
    ] {
        let why = refusal(&edits).unwrap();
        assert!(why.contains("at least 1280"), "{why}");
    }
    assert_eq!(refusal(&[mtu, route("10.9.0.0/16")]), None);
}

#[test]
fn there_is_one_route_a_destination_and_metric() {
    let route = |via: &str, metric| Edit::AddRoute {
        namespace: NamespaceId(1),
        route: topology::document::Route {
            destination: "fd09::/64".parse().unwrap(),
            gateway: Some(via.parse().unwrap()),
            interface: None,
            metric,
            options: Default::default(),
        },
        index: None,
    };
    for metric in [None, Some(0), Some(1024)] {
        assert!(refusal(&[route("fd00::1", None), route("fd00::2", metric)]).is_some());
    }
    assert_eq!(
        refusal(&[route("fd00::1", None), route("fd00::2", Some(5))]),
        None
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn the_inverse_gives_back_the_document_and_its_inverse_the_edit(
        before in document(40),
        wish in wish(),
    ) {
        let mut after = before.clone();
        let Ok(inverse) = apply(&mut after, wish.edit(&before)) else {
            prop_assert_eq!(&after, &before, "a refused edit changes nothing");
            return Ok(());
        };
        let mut back = after.clone();
        let again = apply(&mut back, inverse).expect("an inverse is never refused");
        prop_assert_eq!(&back, &before);
        apply(&mut back, again).expect("nor is the inverse of an inverse");
        prop_assert_eq!(&back, &after);
    }

    #[test]
    fn every_edit_leaves_a_valid_document(document in document(60)) {
        document.validate().expect("valid");
    }

    #[test]
    fn a_batch_is_all_or_nothing_and_undone_as_one(
        before in document(20),
        wishes in prop::collection::vec(wish(), 1..12),
    ) {
        let mut scratch = before.clone();
        let edits: Vec<Edit> = wishes
            .iter()
            .filter_map(|wish| {
                let edit = wish.edit(&scratch);
                apply(&mut scratch, edit.clone()).ok().map(|_| edit)
            })
            .collect();
        let mut after = before.clone();
        let inverse = apply(&mut after, Edit::Batch { edits: edits.clone() }).expect("each was taken");
        prop_assert_eq!(&after, &scratch);
        let mut back = after.clone();
        apply(&mut back, inverse).expect("an inverse is never refused");
        prop_assert_eq!(&back, &before);

        let mut spoilt = edits;
        spoilt.push(Edit::SetTitle { title: "x".repeat(1000) });
        let mut untouched = before.clone();
        let outcome = apply(&mut untouched, Edit::Batch { edits: spoilt });
        prop_assert!(outcome.is_err());
        prop_assert_eq!(&untouched, &before);
    }

    #[test]
    fn edits_and_documents_survive_json(before in document(30), wish in wish()) {
        let edit = wish.edit(&before);
        let text = serde_json::to_string(&edit).unwrap();
        prop_assert_eq!(serde_json::from_str::<Edit>(&text).unwrap(), edit);
        let text = serde_json::to_string(&before).unwrap();
        prop_assert_eq!(serde_json::from_str::<Document>(&text).unwrap(), before);
    }
}

#[test]
fn people_read_no_ids_and_why_lo_is_no_name() {
    let text = "netyard: 1\nnamespaces: {red: {}, blue: {}}\nlinks: [{red/a: {}, blue/b: {}}]\n";
    let mut document = topology::read::read(text).unwrap().document;
    let told = |document: &mut Document, edit: Edit| apply(document, edit).unwrap_err().to_string();
    let rename = Edit::RenameNamespace {
        namespace: NamespaceId(4),
        name: "green".parse().unwrap(),
    };
    assert_eq!(
        told(&mut document, rename),
        "that namespace: there is no such object any more"
    );
    let gone = Edit::SetUp {
        interface: InterfaceId(77),
        up: true,
    };
    assert_eq!(
        told(&mut document, gone),
        "that interface: there is no such object any more"
    );
    let red = document.namespace_named("red").unwrap();
    let reserved = Edit::RenameInterface {
        interface: document.interface_named(red, "a").unwrap(),
        name: "lo".parse().unwrap(),
    };
    let told = told(&mut document, reserved);
    assert!(told.contains("`lo` is reserved"), "{told}");
}

/// Why a lab with these interfaces of the host is refused.
fn refusal_of(interfaces: &str) -> Option<String> {
    let text = format!("netyard: 1\nnamespaces:\n  host:\n    interfaces:\n{interfaces}");
    topology::yaml::read(&text).err().map(|e| e.to_string())
}

/// VXLANs on each other.
fn pile(count: usize) -> String {
    let one = |i: usize| {
        let dev = format!(", dev: x{}", i.wrapping_sub(1));
        let dev = if i == 0 { "" } else { dev.as_str() };
        format!(
            "      x{i}: {{type: vxlan, id: {i}, dstport: {}{dev}}}\n",
            4000 + i
        )
    };
    (0..count).map(one).collect()
}

#[test]
fn eight_interfaces_stand_on_each_other_and_no_more() {
    assert_eq!(refusal_of(&pile(8)), None);
    let why = refusal_of(&pile(9)).unwrap();
    assert!(
        why.contains("not more than 8 interfaces stand on each other"),
        "{why}"
    );
    // Two piles that become one by an edit in the middle.
    let two = pile(9).replace(", dev: x4", "");
    let text = format!("netyard: 1\nnamespaces:\n  host:\n    interfaces:\n{two}");
    let mut document = topology::yaml::read(&text).unwrap();
    let named = |name| document.interface_named(NamespaceId::HOST, name).unwrap();
    let edit = Edit::SetParameter {
        interface: named("x5"),
        name: "dev".into(),
        value: Some(Value::Link(named("x4"))),
    };
    let why = apply(&mut document, edit).unwrap_err().to_string();
    assert!(why.contains("not more than 8"), "{why}");
}

#[test]
fn the_frames_of_an_interface_are_one_kinds() {
    let lower = "      x: {type: vxlan, id: 5}\n";
    let on = |name: &str, what: &str| format!("      {name}: {{link: x, type: {what}}}\n");
    let of = |others: &[String]| refusal_of(&format!("{lower}{}", others.concat()));
    let [a, b, c] = ["a", "b", "c"].map(|name| on(name, "macvlan"));
    assert_eq!(of(&[a.clone(), b.clone(), c.clone()]), None);
    let alone = on("d", "macvlan, mode: passthru");
    assert_eq!(of(std::slice::from_ref(&alone)), None);
    for other in [alone, on("d", "ipvlan")] {
        for all in [[&a, &b, &other], [&a, &other, &b], [&other, &a, &b]] {
            let why = of(&all.map(String::clone)).unwrap();
            assert!(why.contains("has all frames of"), "{why}");
        }
    }
    // A macvlan of a macvlan stands on what that stands on.
    let why = of(&[a, c.replace("link: x", "link: a")]).unwrap();
    assert!(why.contains("the kernel would put it on what"), "{why}");
}

/// Each bridge has many ports that stand on the one before: the paths are more than anyone counts.
#[test]
fn what_many_paths_lead_to_is_looked_at_once() {
    let bridges = 0..8;
    let bridge = |i: usize| format!("      b{i}: {{}}\n");
    let port = |i: usize, j: usize| {
        let (lower, vlan) = (i - 1, j + 1);
        format!("      v{i}-{j}: {{type: vlan, link: b{lower}, id: {vlan}, bridge: b{i}}}\n")
    };
    let all: String = bridges.clone().map(bridge).collect();
    let ports: String = bridges
        .skip(1)
        .flat_map(|i| (0..40).map(move |j| port(i, j)))
        .collect();
    let text =
        format!("netyard: 1\nnamespaces:\n  host:\n    bridges:\n{all}    interfaces:\n{ports}");
    let started = std::time::Instant::now();
    let document = topology::yaml::read(&text).unwrap();
    topology::problem::check(&document);
    let steps = topology::plan::plan(&document, &topology::observed::Observed::default());
    assert!(steps.len() > 280);
    // A tenth of a second here; a path at a time would take years.
    let taken = started.elapsed();
    assert!(taken < std::time::Duration::from_secs(20), "{taken:?}");
}

#[test]
fn a_vxlan_has_room_for_its_headers() {
    let text = "netyard: 1\nnamespaces:\n  red:\n    interfaces:\n      vx: {type: vxlan, id: 7, dev: a, \
                remote: REMOTE, mtu: MTU}\nlinks:\n  - red/a: {mtu: 1400}\n    host/b: {mtu: 1400}\n";
    let read = |remote: &str, mtu: &str| {
        topology::yaml::read(&text.replace("REMOTE", remote).replace("MTU", mtu))
            .map_err(|e| e.to_string())
    };
    for (remote, least, most) in [("192.0.2.1", "1350", "1351"), ("'fd00::1'", "1330", "1331")] {
        let mut document = read(remote, least).unwrap();
        assert!(
            read(remote, most).unwrap_err().contains("headers"),
            "{remote}"
        );
        let red = document.namespace_named("red").unwrap();
        let interface = document.interface_named(red, "a").unwrap();
        let lower = Edit::SetMtu {
            interface,
            mtu: Some(1399),
        };
        let error = apply(&mut document, lower).unwrap_err().to_string();
        assert!(error.contains("red/vx stands on it"), "{error}");
    }
}
