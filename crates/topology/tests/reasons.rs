//! Why a script is refused: the line, the command and the reason are those that help.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use topology::script::{self, ScriptError};

fn errors(text: &str) -> Vec<ScriptError> {
    script::read(text).err().unwrap_or_default()
}

/// The reasons, one a line, with their lines.
fn told(text: &str) -> Vec<String> {
    errors(text).iter().map(ToString::to_string).collect()
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
