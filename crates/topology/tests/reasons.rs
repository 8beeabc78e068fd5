//! Why a script is refused: the line, the command and the reason are those that help.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use topology::script::{self, Beside, ScriptError};

fn errors(text: &str) -> Vec<ScriptError> {
    script::read(text).err().unwrap_or_default()
}

/// The reasons, one a line, with their lines.
fn told(text: &str) -> Vec<String> {
    errors(text).iter().map(ToString::to_string).collect()
}

#[test]
fn what_stands_in_a_variable_is_told() {
    let run = "run() {\n  local cmd=\"$1\"\n  out=$(eval $cmd 2>&1)\n}\n";
    let text = format!("{run}run \"ip link property add dev lo altname x\"\n");
    let reason = "line 3: out=$(eval $cmd 2>&1): `ip link property add dev lo altname x`: \
                  `ip link property` is not supported";
    assert_eq!(told(&text), [reason]);
    // What is assigned is part of the command.
    let text = "f() {\n  local x=$(ip nexthop add id 1 blackhole)\n}\nf\n";
    let told = told(text);
    assert!(
        told[0].starts_with("line 2: local x=$(ip nexthop"),
        "{told:?}"
    );
}

#[test]
fn what_is_not_known_is_told_by_its_source() {
    let jq = "name() {\n  echo $(ip -j link show $1 | jq -r '.[].ifname')\n}\n";
    let text = format!("{jq}ip netns add $(name lo)\n");
    let told_of = &errors(&text)[0];
    assert_eq!(told_of.line, 4);
    assert!(told_of.reason.contains("`jq -r"), "{told_of}");
    for text in [
        "ping -c1 10.0.0.1\nif [ $? -ne 0 ]; then ip netns add red; fi\n",
        "f() { ping -c1 10.0.0.1; rc=$?; return $rc; }\nf\n[ $? -eq 0 ] && ip netns add red\n",
    ] {
        let told = told(text);
        assert!(told[0].contains("ping -c1 10.0.0.1: whether"), "{told:?}");
    }
}

#[test]
fn what_only_follows_says_so() {
    let text = "ip netns add red\nip link add gt0 type gretap local 10.0.0.1 remote 10.0.0.2\n\
                ip link set gt0 up\nip addr add 10.3.0.1/24 dev gt0\nip link set dev nowhere up\n";
    let told = told(text);
    let why = "(line 2 names it, and was not understood)";
    assert!(
        told[1].starts_with("line 3") && told[1].ends_with(why),
        "{told:#?}"
    );
    assert!(
        told[2].starts_with("line 4") && told[2].ends_with(why),
        "{told:#?}"
    );
    assert!(
        told[3].ends_with("no interface nowhere in host at this point"),
        "{told:#?}"
    );
    // A command that makes nothing takes nothing away.
    let text = "ip link property add dev gt0 altname a\nip link set gt0 up\n";
    assert!(errors(text)[1].reason.ends_with("at this point"));
}

#[test]
fn the_line_is_that_in_the_script_whoever_calls_its_functions() {
    let library = "run_all() {\n\n\n\n  for t in $TESTS; do\n    $t\n  done\n}\n";
    let main = ". ./lib.sh\nTESTS=one\none() {\n  ip nexthop add id 1 blackhole\n}\nrun_all\n";
    let beside = Beside::from([("lib.sh".to_owned(), library.to_owned())]);
    let errors = script::read_beside("main.sh", main, &beside).unwrap_err();
    assert_eq!(errors[0].line, 4, "{errors:#?}");
    // What another file does is told of the line that asked for it.
    let library = "run_all() {\n\n\n\n  ip nexthop add id 1 blackhole\n}\n";
    let beside = Beside::from([("lib.sh".to_owned(), library.to_owned())]);
    let errors = script::read_beside("main.sh", main, &beside).unwrap_err();
    assert_eq!(errors[0].line, 6, "{errors:#?}");
}

#[test]
fn a_word_of_the_kernels_is_not_said_to_be_none() {
    for (line, word) in [
        (
            "ip link add v0 type vxlan id 7 noudpcsum dstport 4789",
            "`noudpcsum` of vxlan is not supported",
        ),
        (
            "bridge fdb add dev br0 02:00:00:00:00:01 master static sticky",
            "`sticky` of `bridge fdb`",
        ),
        (
            "bridge fdb add dev br0 master static",
            "needs a MAC address",
        ),
        (
            "ip link add type gre local 10.0.0.1 remote 10.0.0.2",
            "depends on the machine",
        ),
        (
            "ip link add d0 netns red master br0 type dummy",
            "`netns` and `master`",
        ),
    ] {
        let text = format!("ip link add br0 type bridge\nip netns add red\n{line}\n");
        let told = told(&text);
        assert!(told.len() == 1 && told[0].contains(word), "{told:?}");
    }
}

#[test]
fn a_route_may_name_the_vrf_whose_table_it_is_in() {
    let made = "ip link add red type vrf table 10\nip link set red up\nip link add d0 type dummy\n\
                ip link set d0 master red up\nip addr add 10.0.0.1/24 dev d0\n";
    let by = |how: &str| {
        let text = format!(
            "{made}ip route add {how} default via 10.0.0.9\nip -6 route add unreachable default {how} metric 4278198272\n\
             ip route add {how} 10.9.0.0/16 via 10.0.0.9\nip route del {how} 10.9.0.0/16\n"
        );
        script::read(&text)
            .unwrap_or_else(|errors| panic!("{errors:#?}"))
            .document
    };
    assert_eq!(by("vrf red"), by("table 10"));
    let host = &by("vrf red").namespaces[&topology::NamespaceId::HOST];
    let tables: Vec<_> = host
        .routes
        .iter()
        .map(|route| route.options.table)
        .collect();
    assert_eq!(tables, [Some(10), Some(10)]);
    let told = told(&format!("{made}ip route add vrf d0 default via 10.0.0.9\n"));
    assert!(told[0].contains("Not a valid VRF name"), "{told:?}");
}
