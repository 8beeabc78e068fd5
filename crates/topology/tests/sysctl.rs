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
