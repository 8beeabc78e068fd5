//! Routes beside the plain ones: what is taken, what is refused, and what takes them along.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod steps;

use steps::reached;
use topology::document::Route;
use topology::edit::{Edit, apply};
use topology::plan::plan;
use topology::problem::check;
use topology::step::{At, Step};
use topology::{Document, NamespaceId, Observed, model, script, yaml};

/// red between two routers, with a route of that text in YAML.
fn lab(route: &str) -> String {
    format!(
        "netyard: 1\nnamespaces:\n  red:\n    routes: [{{{route}}}]\n  one: {{forwarding: [ipv4, ipv6]}}\n  two: {{forwarding: [ipv4, ipv6]}}\nlinks:\n\
         \x20 - red/a: {{addresses: [10.0.0.1/24, 'fd00::1/64']}}\n    one/a: {{addresses: [10.0.0.2/24, 'fd00::2/64']}}\n\
         \x20 - red/b: {{addresses: [10.0.1.1/24, 'fd01::1/64']}}\n    two/b: {{addresses: [10.0.1.2/24, 'fd01::2/64']}}\n"
    )
}

fn read(route: &str) -> Document {
    yaml::read(&lab(route)).unwrap_or_else(|error| panic!("{route}: {error}"))
}

/// Yaml, and what `ip` is told.
const TAKEN: &[(&str, &str)] = &[
    (
        "to: 10.9.0.0/16, type: blackhole",
        "ip -n red route add blackhole 10.9.0.0/16",
    ),
    (
        "to: 'fd09::/64', type: prohibit, table: 7",
        "ip -n red -6 route add prohibit fd09::/64 table 7",
    ),
    (
        "to: 10.9.0.0/16, dev: a, src: 10.0.1.1, scope: global",
        "ip -n red route add 10.9.0.0/16 dev a src 10.0.1.1 scope global",
    ),
    (
        "to: default, via: 192.0.2.1, dev: a, onlink: true",
        "ip -n red route add default via 192.0.2.1 dev a onlink",
    ),
    (
        "to: default, nexthops: [{via: 10.0.0.2, weight: 3}, {via: 10.0.1.2, dev: b}]",
        "ip -n red route add default nexthop via 10.0.0.2 weight 3 nexthop via 10.0.1.2 dev b",
    ),
    (
        "to: default, metric: 5, nexthops: [{via: 'fd00::2'}, {via: 'fd01::2', dev: b, onlink: true}]",
        "ip -n red -6 route add default metric 5 nexthop via fd00::2 nexthop via fd01::2 dev b onlink",
    ),
];

#[test]
fn what_is_said_is_written_as_ip_takes_it_and_read_again() {
    for (route, command) in TAKEN {
        let document = read(route);
        assert_eq!(check(&document), vec![], "{route}");
        let text = topology::command::script_text(&document);
        assert!(
            text.lines().any(|line| line == *command),
            "{command}\n{text}"
        );
        let again = script::read(&text).unwrap();
        assert!(
            again
                .document
                .same_lab(&yaml::read(&yaml::write(&document)).unwrap()),
            "{text}"
        );
        assert_eq!(plan(&document, &reached(&document)), vec![], "{route}");
    }
}

#[test]
fn what_cannot_be_is_refused_with_the_reason() {
    for (route, why) in [
        ("to: 10.9.0.0/16, dev: a, table: 0", "table 0"),
        ("to: 10.9.0.0/16, dev: a, table: 255", "local"),
        (
            "to: 10.9.0.0/16, dev: a, type: blackhole",
            "packets end at a blackhole route",
        ),
        (
            "to: 'fd09::/64', dev: a, scope: link",
            "IPv6 routes have no scope",
        ),
        ("to: default, via: 10.0.0.2, scope: link", "scope global"),
        ("to: 10.9.0.0/16, dev: a, src: 'fd00::1'", "another family"),
        ("to: default, via: 10.0.0.2, onlink: true", "needs both"),
        (
            "to: default, nexthops: [{via: 10.0.0.2}]",
            "2 to 32 next hops",
        ),
        (
            "to: default, nexthops: [{via: 10.0.0.2}, {via: 10.0.0.2}]",
            "more weight",
        ),
        (
            "to: default, nexthops: [{via: 10.0.0.2}, {via: 10.0.1.2, weight: 0}]",
            "1 to 255",
        ),
        (
            "to: default, nexthops: [{via: 10.0.0.2}, {via: 'fd01::2'}]",
            "another family",
        ),
        (
            "to: 'fd09::/64', nexthops: [{via: 'fd00::2'}, {dev: b}]",
            "each next hop of IPv6",
        ),
        (
            "to: default, via: 10.0.0.2, nexthops: [{via: 10.0.0.2}, {via: 10.0.1.2}]",
            "besides them",
        ),
    ] {
        let error = yaml::read(&lab(route)).unwrap_err().to_string();
        assert!(error.contains(why), "{route}: {error}");
    }
}

#[test]
fn problems_know_sources_and_next_hops() {
    let told = |route: &str| {
        let problems = check(&read(route));
        problems
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("\n")
    };
    assert!(
        told("to: 10.9.0.0/16, dev: a, src: 10.0.9.9")
            .contains("10.0.9.9 is no address of this namespace")
    );
    let away = told("to: default, nexthops: [{via: 10.0.0.2}, {via: 10.7.0.2}]");
    assert!(away.contains("10.7.0.2 is on no network"), "{away}");
    assert_eq!(
        told("to: 10.0.0.0/24, dev: a, table: 7"),
        "",
        "the kernel's own is in the main table"
    );
    assert_eq!(told("to: 10.9.0.0/16, dev: a, src: 127.0.0.1"), "");
    // What is at home at the gateway is not forwarded.
    let home = |address: &str| {
        let text = lab("to: 10.255.0.2/32, via: 10.0.0.2");
        let text = text.replace(
            "  one: {forwarding: [ipv4, ipv6]}",
            // The route leads on: with nobody behind it there is nothing to tell.
            &format!(
                "  one: {{loopback: {{addresses: [{address}]}}, routes: [{{to: 10.99.0.0/16, type: blackhole}}]}}"
            ),
        );
        check(&yaml::read(&text).unwrap()).len()
    };
    assert_eq!((home("10.255.0.2/32"), home("10.255.0.3/32")), (0, 1));
}

#[test]
fn a_stored_lab_of_before_opens() {
    let text = r#"{"destination":"10.9.0.0/16","gateway":"10.0.0.2","interface":null,"metric":5}"#;
    let route: Route = serde_json::from_str(text).unwrap();
    assert_eq!(route.options, Default::default());
    let now = serde_json::to_string(&route).unwrap();
    assert_eq!(serde_json::from_str::<Route>(&now).unwrap(), route);
}

/// The routes of red as `ip` says them, and whether a next hop is dead.
fn routes(state: &Observed) -> Vec<(String, usize)> {
    let red = &state.namespaces[&NamespaceId(1)];
    let shown = red.routes.iter().map(|route| {
        let step = model::step_route(red, route);
        (topology::status::step_route_text(&step), route.dead.len())
    });
    shown.collect()
}

fn red(name: &str) -> At {
    At {
        namespace: NamespaceId(1),
        name: name.parse().unwrap(),
    }
}

/// As seen on Linux 6.18 with `ip`: `fib_sync_down_dev`, `fib6_ifdown`.
#[test]
fn next_hops_die_and_live_again_and_the_last_takes_the_route_along() {
    for (to, first, second) in [
        ("0.0.0.0/0", "10.0.0.2", "10.0.1.2"),
        ("::/0", "fd00::2", "fd01::2"),
    ] {
        let document = read(&format!(
            "to: '{to}', nexthops: [{{via: '{first}', dev: a, weight: 2}}, {{via: '{second}', dev: b}}]"
        ));
        let whole = reached(&document);
        let up = |state: &mut Observed, name, up| {
            model::execute(state, &Step::SetUp { at: red(name), up }).unwrap()
        };
        let mut state = whole.clone();
        up(&mut state, "a", false);
        assert_eq!(routes(&state)[0].1, 1, "{to}: one is dead");
        up(&mut state, "a", true);
        assert_eq!(routes(&state)[0].1, 0, "{to}: it lives");
        up(&mut state, "b", false);
        let undo = up(&mut state, "a", false);
        assert_eq!(routes(&state), [], "{to}");
        // What was dead of an IPv6 route has lost the address by which its gateway was reached.
        if to == "0.0.0.0/0" {
            for step in undo {
                model::execute(&mut state, &step).unwrap();
            }
            assert_eq!(routes(&state)[0].1, 1, "{to}: as before");
        }

        // With the interface goes an IPv4 route, and of an IPv6 route the next hop.
        let mut state = whole.clone();
        let undo = model::execute(&mut state, &Step::RemoveInterface { at: red("a") }).unwrap();
        match to {
            "::/0" => assert_eq!(routes(&state)[0].0, "default via fd01::2 dev b metric 1024"),
            _ => assert_eq!(routes(&state), []),
        }
        for step in undo {
            model::execute(&mut state, &step).unwrap();
        }
        assert_eq!(routes(&state), routes(&whole));
    }
}

/// As seen on Linux 6.18 with `ip`: `fib_sync_down_addr`, `fib6_remove_prefsrc`.
#[test]
fn without_its_source_an_ipv4_route_goes_and_an_ipv6_route_changes() {
    for (route, address, left) in [
        (
            "to: 10.9.0.0/16, dev: a, src: 10.0.1.1",
            "10.0.1.1/24",
            None,
        ),
        (
            "to: 10.9.0.0/16, dev: a, src: 10.0.1.1, table: 7",
            "10.0.1.1/24",
            Some("10.9.0.0/16 dev a src 10.0.1.1 metric 0 table 7"),
        ),
        (
            "to: 'fd09::/64', dev: a, src: 'fd01::1'",
            "fd01::1/64",
            Some("fd09::/64 dev a metric 1024"),
        ),
    ] {
        let document = read(route);
        let whole = reached(&document);
        let mut state = whole.clone();
        let step = Step::RemoveAddress {
            at: red("b"),
            address: address.parse().unwrap(),
        };
        let undo = model::execute(&mut state, &step).unwrap();
        let shown: Vec<_> = routes(&state).into_iter().map(|(text, _)| text).collect();
        assert_eq!(shown, left.into_iter().collect::<Vec<_>>(), "{route}");
        for step in undo {
            model::execute(&mut state, &step).unwrap();
        }
        assert_eq!(routes(&state), routes(&whole), "{route}");
    }
}

#[test]
fn replacing_a_route_leaves_one() {
    let text = "ip link add v0 type veth peer name v1\nip addr add 10.0.0.1/24 dev v0\nip link set v0 up\n\
        ip route add 10.9.0.0/16 via 10.0.0.2\nip route replace blackhole 10.9.0.0/16\nip route replace 10.8.0.0/16 via 10.0.0.2\n";
    let document = script::read(text).unwrap().document;
    let host = &document.namespaces[&NamespaceId::HOST];
    let shown = host
        .routes
        .iter()
        .map(|route| topology::status::route_text(&document, route));
    assert_eq!(
        shown.collect::<Vec<_>>(),
        ["blackhole 10.9.0.0/16", "10.8.0.0/16 via 10.0.0.2"]
    );
}

#[test]
fn an_interface_takes_the_routes_along_that_have_a_next_hop_through_it() {
    let mut document =
        read("to: default, nexthops: [{via: 10.0.0.2, dev: a}, {via: 10.0.1.2, dev: b}]");
    let whole = document.clone();
    let a = document.interface_named(NamespaceId(1), "a").unwrap();
    let undo = apply(
        &mut document,
        Edit::Remove(topology::edit::Selection::interface(a)),
    )
    .unwrap();
    assert_eq!(document.namespaces[&NamespaceId(1)].routes, []);
    apply(&mut document, undo).unwrap();
    assert_eq!(document, whole);
}

/// Yaml of red's rule, and what `ip` is told.
const RULES: &[(&str, &str)] = &[
    (
        "priority: 100, from: 10.1.0.0/16, table: 7",
        "ip -n red rule add from 10.1.0.0/16 priority 100 lookup 7",
    ),
    (
        "priority: 5, family: ipv6, iif: a, fwmark: '0x1/0xff', type: prohibit",
        "ip -n red -6 rule add from all fwmark 0x1/0xff iif a priority 5 prohibit",
    ),
    (
        "priority: 6, not: true, to: 'fd00::/8', ipproto: 6, dport: 80-90, table: 254",
        "ip -n red -6 rule add not from all to fd00::/8 ipproto 6 dport 80-90 priority 6 lookup main",
    ),
];

fn with_rule(rule: &str) -> String {
    lab("to: 10.9.0.0/16, dev: a, table: 7")
        .replace("  one:", &format!("    rules: [{{{rule}}}]\n  one:"))
}

#[test]
fn rules_are_written_as_ip_takes_them_and_read_again() {
    for (rule, command) in RULES {
        let document = yaml::read(&with_rule(rule)).unwrap_or_else(|error| panic!("{error}"));
        let text = topology::command::script_text(&document);
        assert!(
            text.lines().any(|line| line == *command),
            "{command}\n{text}"
        );
        let again = script::read(&text).unwrap_or_else(|errors| panic!("{errors:#?}"));
        assert!(
            again
                .document
                .same_lab(&yaml::read(&yaml::write(&document)).unwrap())
        );
        assert_eq!(plan(&document, &reached(&document)), vec![], "{rule}");
    }
}

#[test]
fn a_rule_that_cannot_be_is_refused() {
    for (rule, why) in [
        ("priority: 0, table: 7", "a rule that the kernel makes"),
        ("priority: 32766, table: 7", "a rule that the kernel makes"),
        ("priority: 7, table: 0", "table 0"),
        ("priority: 7", "a `table`, or a `type`"),
        (
            "priority: 7, table: 7, type: prohibit",
            "a `table`, or a `type`",
        ),
        (
            "priority: 7, from: 10.1.0.1/16, table: 7",
            "did you mean 10.1.0.0/16",
        ),
        (
            "priority: 7, from: 10.1.0.0/16, to: 'fd00::/8', table: 7",
            "other family",
        ),
        ("priority: 7, iif: nope, table: 7", "no interface nope"),
        ("priority: 7, sport: 0, table: 7", "no port"),
        ("priority: 7, fwmark: 0x100/0xff, table: 7", "hides a part"),
        (
            "priority: 7, table: 7}, {priority: 7, table: 8",
            "this priority already",
        ),
    ] {
        let error = yaml::read(&with_rule(rule)).unwrap_err().to_string();
        assert!(error.contains(why), "{rule}: {error}");
    }
}

#[test]
fn an_interface_takes_its_rules_along_and_brings_them_back() {
    let mut document = yaml::read(&with_rule("priority: 5, iif: a, table: 7")).unwrap();
    let whole = document.clone();
    let a = document.interface_named(NamespaceId(1), "a").unwrap();
    let undo = apply(
        &mut document,
        Edit::Remove(topology::edit::Selection::interface(a)),
    )
    .unwrap();
    assert!(document.namespaces[&NamespaceId(1)].rules.is_empty());
    apply(&mut document, undo).unwrap();
    assert_eq!(document, whole);
    // The kernel knows interfaces of rules by their names.
    let state = reached(&document);
    let name = "eth0".parse().unwrap();
    let before = document.clone();
    apply(&mut document, Edit::RenameInterface { interface: a, name }).unwrap();
    let steps = topology::plan::plan_edit(&before, &document, &state);
    let rules = steps
        .iter()
        .filter(|step| matches!(step, Step::AddRule { .. } | Step::RemoveRule { .. }));
    assert_eq!(rules.count(), 2, "{steps:#?}");
}

/// As seen on Linux 6.18: the look-up of a gateway goes by the rules.
#[test]
fn a_rule_in_the_way_makes_a_gateway_unreachable() {
    let document = yaml::read(&lab("to: default, via: 10.0.0.2")).unwrap();
    let mut state = reached(&document);
    let red = NamespaceId(1);
    let route = model::step_route(
        &state.namespaces[&red],
        state.namespaces[&red].routes.first().unwrap(),
    );
    let mut execute = |step: Step| model::execute(&mut state, &step);
    execute(Step::RemoveRoute {
        namespace: red,
        route: route.clone(),
    })
    .unwrap();
    let rule = topology::command::read_rule("to 10.0.0.0/24 prohibit", 9).unwrap();
    execute(Step::AddRule {
        namespace: red,
        rule: rule.clone(),
    })
    .unwrap();
    assert!(
        execute(Step::AddRoute {
            namespace: red,
            route: route.clone()
        })
        .is_err()
    );
    execute(Step::RemoveRule {
        namespace: red,
        rule,
    })
    .unwrap();
    execute(Step::AddRoute {
        namespace: red,
        route,
    })
    .unwrap();
}

/// Two interfaces lead to the gateway: the kernel takes the one that the route names.
#[test]
fn a_gateway_on_link_may_be_on_another_link_too() {
    let text = "ip link add one type veth peer name two\nip link set one up\nip link set two up\n\
                ip addr add fd00::1/64 dev one\nip addr add fd00::2/64 dev two\n";
    for name in ["one", "two"] {
        let route = format!("ip route add fd03::/64 via fd00::ffff dev {name} onlink\n");
        script::read(&format!("{text}{route}")).unwrap_or_else(|errors| panic!("{errors:#?}"));
    }
    let longer =
        "ip addr add fd00::3/112 dev one\nip route add fd03::/64 via fd00::ffff dev two onlink\n";
    assert!(script::read(&format!("{text}{longer}")).is_err());
}
