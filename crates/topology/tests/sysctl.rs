//! Settings of the kernel, all the way through documents.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod steps;

use steps::{commands, reached};
use topology::edit::apply;
use topology::plan::{plan, plan_edit};
use topology::status::{Status, statuses};
use topology::sysctl::Owner;
use topology::{Document, Edit, InterfaceId, NamespaceId, Observed, Step, model, script, yaml};

const LAB: &str = "netyard: 1
namespaces:
  host:
    sysctl: {net.ipv4.tcp_mtu_probing: 1, net.ipv4.conf.all.accept_redirects: 1}
  red:
    forwarding: [ipv4]
    sysctl:
      net.ipv4.conf.all.accept_redirects: 1
links:
  - host/a: {sysctl: {ipv4.rp_filter: 2, ipv6.use_tempaddr: -1}}
    red/b.7: {sysctl: {ipv4.arp_ignore: true}}
";

fn lab() -> Document {
    yaml::read(LAB).unwrap_or_else(|error| panic!("{error}"))
}

fn a(document: &Document) -> InterfaceId {
    document.interface_named(NamespaceId::HOST, "a").unwrap()
}

fn set(document: &Document, name: &str, value: Option<i32>) -> Document {
    let mut edited = document.clone();
    let edit = Edit::SetSysctl {
        owner: Owner::Interface(a(document)),
        name: name.to_owned(),
        value,
    };
    let inverse = apply(&mut edited, edit).unwrap();
    let mut back = edited.clone();
    apply(&mut back, inverse).unwrap();
    assert_eq!(back, *document);
    edited
}

#[test]
fn yaml_says_them_and_reads_them_again() {
    let document = lab();
    let text = yaml::write(&document);
    for part in [
        "ipv4.rp_filter: 2",
        "net.ipv4.tcp_mtu_probing: 1",
        "ipv4.arp_ignore: 1",
    ] {
        assert!(text.contains(part), "{part} in\n{text}");
    }
    assert!(yaml::read(&text).unwrap().same_lab(&document));
    for (right, wrong) in [
        ("ipv4.rp_filter: 2", "ipv4.rp_filter: 3"),
        ("ipv4.rp_filter: 2", "ipv4.rp_filter: x"),
        ("ipv4.rp_filter: 2", "net.ipv4.conf.a.rp_filter: 2"),
        ("net.ipv4.tcp_mtu_probing: 1", "ipv4.rp_filter: 1"),
        ("net.ipv4.tcp_mtu_probing: 1", "net.ipv4.ip_forward: 1"),
        ("host/a: {", "host/a: {mtu: 1000, "),
    ] {
        assert!(yaml::read(&LAB.replace(right, wrong)).is_err(), "{wrong}");
    }
}

#[test]
fn they_are_written_as_sysctl_commands_and_read_from_them() {
    let document = lab();
    let commands = commands(&document, &plan(&document, &model::fresh()));
    for command in [
        "sysctl -w net.ipv4.tcp_mtu_probing=1",
        "sysctl -w net.ipv4.conf.a.rp_filter=2",
        "ip netns exec red sysctl -w net/ipv4/conf/b.7/arp_ignore=1",
    ] {
        assert!(
            commands.iter().any(|c| c == command),
            "{command}: {commands:#?}"
        );
    }
    let place = |part: &str| commands.iter().position(|c| c.contains(part)).unwrap();
    // Forwarding sets it, too.
    assert!(place("red sysctl -w net.ipv4.ip_forward") < place("red sysctl -w net.ipv4.conf.all"));
    let read = script::read(&commands.join("\n")).unwrap().document;
    let settings = |d: &Document| {
        let of_namespaces = d.namespaces.values().map(|ns| ns.sysctls.clone());
        let of_interfaces = d.interfaces.values().map(|i| i.sysctls.clone());
        let mut all: Vec<_> = of_namespaces.chain(of_interfaces).collect();
        all.sort();
        all
    };
    assert_eq!(settings(&read), settings(&document));
}

#[test]
fn one_change_is_one_step_and_drift_is_told() {
    let document = lab();
    let state = reached(&document);
    assert!(plan(&document, &state).is_empty());
    let changed = set(&document, "ipv4.rp_filter", Some(1));
    let steps = plan_edit(&document, &changed, &state);
    assert_eq!(
        commands(&changed, &steps),
        ["sysctl -w net.ipv4.conf.a.rp_filter=1"]
    );
    let found = statuses(&changed, Some(&state));
    let Status::Drifted(differences) = &found.interfaces[&a(&document)] else {
        panic!("{found:#?}");
    };
    let [difference] = differences.as_slice() else {
        panic!("{differences:#?}");
    };
    let said = (
        &difference.what[..],
        &difference.wanted[..],
        &difference.observed[..],
    );
    assert_eq!(said, ("ipv4.rp_filter", "1", "2"));
    // Whatever it had before: only the kernel's side knows.
    let unset = set(&document, "ipv4.rp_filter", None);
    let steps = plan_edit(&document, &unset, &state);
    assert!(
        matches!(&steps[..], [Step::SetSysctl { value: None, .. }]),
        "{steps:#?}"
    );
}

#[test]
fn forwarding_and_a_small_mtu_take_some_along() {
    let document = lab();
    let state = reached(&document);
    let at = topology::step::At {
        namespace: NamespaceId::HOST,
        name: "a".parse().unwrap(),
    };
    let small = Step::SetMtu { at, mtu: 1000 };
    let forwarding = Step::SetForwarding {
        namespace: NamespaceId::HOST,
        family: topology::address::Family::Ipv4,
        on: true,
    };
    for step in [small, forwarding] {
        let mut after = state.clone();
        let undo = model::execute(&mut after, &step).unwrap();
        let settings = |state: &Observed| {
            let host = &state.namespaces[&NamespaceId::HOST];
            let of_interfaces = host.interfaces.values().map(|i| i.sysctls.clone());
            let own = std::iter::once(host.sysctls.clone());
            own.chain(of_interfaces).collect::<Vec<_>>()
        };
        assert_ne!(settings(&after), settings(&state), "{step:?}");
        for step in undo {
            model::execute(&mut after, &step).unwrap();
        }
        assert_eq!(after, state, "{step:?}");
    }
}

/// A lab whose namespace red has no IPv6, but for one interface.
const OFF: &str = "netyard: 1
namespaces:
  red:
    sysctl: {net.ipv6.conf.all.disable_ipv6: 1}
  blue: {}
links:
  - red/va: {}
    blue/vb: {addresses: [fd00::2/64]}
  - red/vc: {sysctl: {ipv6.disable_ipv6: 0}, addresses: [fd01::1/64]}
    blue/vd: {}
";

#[test]
fn ipv6_is_taken_from_interfaces_with_what_they_have_of_it() {
    let before = yaml::read(&OFF.replace(
        "red:\n    sysctl: {net.ipv6.conf.all.disable_ipv6: 1}",
        "red: {}",
    ));
    let before = before.unwrap();
    let red = before.namespace_named("red").unwrap();
    let owner = Owner::Namespace(red);
    let name = "net.ipv6.conf.all.disable_ipv6".to_owned();
    let mut off = before.clone();
    let value = Some(1);
    let inverse = apply(&mut off, Edit::SetSysctl { owner, name, value }).unwrap();
    assert!(off.same_lab(&yaml::read(OFF).unwrap()));
    let kernel = reached(&before);
    let steps = plan_edit(&before, &off, &kernel);
    // The one that is to keep it loses it in between.
    assert_eq!(
        commands(&off, &steps),
        [
            "ip netns exec red sysctl -w net.ipv6.conf.all.disable_ipv6=1",
            "ip netns exec red sysctl -w net.ipv6.conf.vc.disable_ipv6=0",
            "ip -n red addr add fd01::1/64 dev vc",
        ]
    );
    // Taken back step by step, all is as it was.
    let mut state = kernel.clone();
    let undos: Vec<_> = steps
        .iter()
        .map(|step| model::execute(&mut state, step).unwrap())
        .collect();
    assert_eq!(plan(&off, &state), []);
    let there = state.clone();
    for step in undos.into_iter().rev().flatten() {
        model::execute(&mut state, &step).unwrap();
    }
    assert_eq!(plan(&before, &state), []);
    let mut on = off.clone();
    apply(&mut on, inverse).unwrap();
    assert_eq!(on, before);
    let steps = plan_edit(&off, &on, &there);
    assert_eq!(
        commands(&on, &steps),
        ["ip netns exec red sysctl -w net.ipv6.conf.all.disable_ipv6=0"]
    );
    // From nothing it is set before there are interfaces, and nothing is lost.
    let commands = commands(&off, &plan(&off, &model::fresh()));
    let place = |part: &str| commands.iter().position(|c| c.contains(part)).unwrap();
    assert!(
        place("all.disable_ipv6=1") < place("link add"),
        "{commands:#?}"
    );
    assert_eq!(commands.iter().filter(|c| c.contains("fd01::1")).count(), 1);
}

#[test]
fn there_is_nothing_of_ipv6_where_it_is_taken() {
    let document = yaml::read(OFF).unwrap();
    let red = document.namespace_named("red").unwrap();
    let id = document.interface_named(red, "va").unwrap();
    let keeps = document.interface_named(red, "vc").unwrap();
    let refused = [
        Edit::AddAddress {
            interface: id,
            address: "fd02::1/64".parse().unwrap(),
            index: None,
        },
        Edit::AddNeighbour {
            interface: id,
            neighbour: "fd02::2 02:00:00:00:00:02".parse().unwrap(),
        },
        Edit::SetSysctl {
            owner: Owner::Interface(keeps),
            name: "ipv6.disable_ipv6".to_owned(),
            value: None,
        },
    ];
    for edit in refused {
        let mut edited = document.clone();
        let error = apply(&mut edited, edit.clone()).unwrap_err().to_string();
        assert!(error.contains("IPv6"), "{edit:?}: {error}");
        assert_eq!(edited, document);
    }
    let text = OFF.replace("red/va: {}", "red/va: {addresses: [fd02::1/64]}");
    assert!(yaml::read(&text).unwrap_err().to_string().contains("IPv6"));
}

#[test]
fn what_interfaces_begin_with_is_set_before_they_are_made() {
    let text = "ip link add va type veth peer name vb\nsysctl -w net.ipv4.conf.default.rp_filter=1 \
                net.ipv6.conf.default.addr_gen_mode=1\nip link add vc type veth peer name vd\n";
    let read = script::read(text).unwrap().document;
    let own = |name: &str| {
        let id = read.interface_named(NamespaceId::HOST, name).unwrap();
        read.interfaces[&id].sysctls.clone()
    };
    // Those that were there before keep what they had.
    let kept = [
        ("ipv4.rp_filter".to_owned(), 0),
        ("ipv6.addr_gen_mode".to_owned(), 0),
    ];
    assert_eq!(own("va"), kept.into());
    assert_eq!(own("vc"), [].into());
    let again = script::read(&topology::command::script_text(&read)).unwrap();
    assert_eq!(yaml::write(&again.document), yaml::write(&read));
    let kernel = reached(&read);
    assert_eq!(topology::drift::drifts(&read, &kernel), []);
}

#[test]
fn addresses_stay_and_are_promoted_where_settings_say_so() {
    let begin = "ip link add va type veth peer name vb\nip link set va up\nip addr add 10.0.0.1/24 \
                 dev va\nip addr add 10.0.0.2/24 dev va\nip addr add fd00::1/64 dev va\n";
    let end = "ip addr del 10.0.0.1/24 dev va\nip link set va down\n";
    let left = |setting: &str| {
        let read = script::read(&format!("{begin}{setting}\n{end}"))
            .unwrap()
            .document;
        let id = read.interface_named(NamespaceId::HOST, "va").unwrap();
        let addresses = read.interfaces[&id].addresses.iter();
        addresses.map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(left("true"), [""; 0]);
    assert_eq!(
        left("sysctl -w net.ipv4.conf.va.promote_secondaries=1"),
        ["10.0.0.2/24"]
    );
    assert_eq!(
        left("echo 1 > /proc/sys/net/ipv6/conf/va/keep_addr_on_down"),
        ["fd00::1/64"]
    );
    assert_eq!(
        left(
            "sysctl -w net.ipv4.conf.all.promote_secondaries=1\necho 1 | tee \
              /proc/sys/net/ipv6/conf/all/keep_addr_on_down"
        ),
        ["10.0.0.2/24", "fd00::1/64"]
    );
    assert_eq!(
        left(
            "sysctl -w net.ipv6.conf.va.keep_addr_on_down=1 net.ipv6.conf.all.keep_addr_on_down=-1"
        ),
        [""; 0]
    );
}
