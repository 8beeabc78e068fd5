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
    assert!(
        told_of.reason.contains("`ip -j link show lo` prints"),
        "{told_of}"
    );
    for text in [
        "ping -c1 10.0.0.1\nif [ $? -ne 0 ]; then ip netns add red; fi\n",
        "f() { ping -c1 10.0.0.1; rc=$?; return $rc; }\nf\n[ $? -eq 0 ] && ip netns add red\n",
        "f() {\n  local rc=0\n  if ! ping -c1 10.0.0.1; then rc=1; fi; return $rc; }\nf && ip netns add red\n",
        "x=$(ping -c1 10.0.0.1) && ip netns add red\n",
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
    // So does what stands on it, and what has words that are not known.
    let text = "ip link add gt0 type gretap local 10.0.0.1\nip link add link gt0 name v9 type vlan id 9\n\
                ip link set v9 up\nip link add br0 address $(cat /tmp/mac) type bridge\nip link set br0 up\n";
    let lines: Vec<bool> = errors(text)
        .iter()
        .map(|e| e.reason.ends_with("understood)"))
        .collect();
    assert_eq!(
        lines,
        [false, true, true, false, true],
        "{:#?}",
        self::told(text)
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
fn an_address_of_another_vrf_may_be_a_gateway() {
    // Two hosts of one namespace, each in a VRF of its own, behind a router between them.
    let made = "ip link add one type vrf table 10\nip link add two type vrf table 20\n\
                ip link set one up\nip link set two up\n\
                ip link add va type veth peer name vb\nip link set va master one up\n\
                ip link set vb master two up\nip addr add fd00:1::1/64 dev va\nip addr add fd00:1::2/64 dev vb\n";
    for line in [
        "ip -6 route add vrf one fd00:2::/64 via fd00:1::2",
        "ip -6 route add fd00:2::/64 via fd00:1::2 dev va table 10",
    ] {
        let text = format!("{made}{line}\n");
        assert!(script::read(&text).is_ok(), "{:?}", told(&text));
    }
    for line in [
        "ip -6 route add vrf one fd00:2::/64 via fd00:1::1",
        "ip -6 route add fd00:2::/64 via fd00:1::1 dev va table 10",
        "ip -6 route add fd00:2::/64 via fd00:1::2 dev vb table 10",
    ] {
        let told = told(&format!("{made}{line}\n"));
        assert!(
            told[0].contains("Gateway can not be a local address"),
            "{told:?}"
        );
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

#[test]
fn a_reason_is_true_of_the_kernel() {
    let made = "ip link add red type vrf table 10\nip link add d0 type dummy\nip link set lo up\n\
                ip link set d0 up\nip addr add 10.0.0.1/24 dev d0\n";
    for (line, word) in [
        (
            "ip route add 10.9.0.0/16 via inet6 fe80::1 dev d0",
            "an IPv6 gateway of the IPv4",
        ),
        (
            "ip route del 127.0.0.0/8 dev lo table local",
            "the kernel's own",
        ),
        ("ip -6 addr add ::1/128 dev red", "to a VRF alone"),
        ("ip addr add 10.0.0.1/24 dev red", "once in a namespace"),
        (
            "ethtool -K d0 loopback on",
            "the offload `loopback` is not supported",
        ),
        (
            "ip netns add a-name-of-sixteen",
            "a name in a lab has at most 15",
        ),
        ("exit -1", "status 255"),
        ("ip vrf exec d0 ping 10.0.0.9", "Not a valid VRF name"),
        ("ip vrf exec red", "needs a command"),
    ] {
        let told = told(&format!("{made}{line}\n"));
        assert!(
            told.len() == 1 && told[0].contains(word),
            "{line}: {told:?}"
        );
    }
}

#[test]
fn what_is_for_another_program_is_not_taken_for_ips_own() {
    // `-b` is iperf's here; only before the object it is a batch.
    let text = "ip netns add red\nip netns exec red iperf3 -c 10.0.0.1 -b 10M\n";
    assert!(script::read(text).is_ok(), "{:?}", told(text));
    let text = "ip netns add red\nip -n red -b - <<END\nlink set lo up\nEND\n";
    let document = script::read(text).unwrap().document;
    let reds = document.interfaces.values().filter(|i| i.up).count();
    assert_eq!(reds, 1);
}

#[test]
fn a_command_in_a_vrf_changes_what_it_changes_anyway_and_is_no_offer() {
    let made = "ip link add red type vrf table 10\nip link add d0 type dummy\n\
                ip addr add 10.0.0.1/24 dev d0\n";
    let text =
        format!("{made}ip vrf exec red ping -c1 10.0.0.9\nip vrf exec red ip link set d0 up\n");
    let script = script::read(&text).unwrap_or_else(|errors| panic!("{errors:#?}"));
    assert!(script.offers.is_empty(), "{:?}", script.offers);
    assert!(
        script
            .document
            .interfaces
            .values()
            .any(|i| i.name.as_str() == "d0" && i.up)
    );
}

#[test]
fn a_failure_that_a_script_provides_for_is_none() {
    // As `ip` itself fails where a variable has no value.
    for text in [
        "ip netns del $NS 2>/dev/null\nip netns add red\n",
        "ip link set d0 mtu $MTU || true\nip netns add red\n",
        "ip link del va vb 2>/dev/null || true\nip netns add red\n",
    ] {
        assert!(script::read(text).is_ok(), "{:?}", told(text));
    }
    assert!(told("ip netns del $NS\n")[0].contains("`$NS` has no value"));
}

#[test]
fn what_may_be_there_or_not_decides_nothing() {
    let text = "type -t a_hook >/dev/null && ip netns add red\n";
    assert!(
        told(text)[0].contains("type -t a_hook: whether"),
        "{:?}",
        told(text)
    );
    let text = "hook() { :; }\nif type -t hook; then ip netns add red; fi\n\
                [ \"$(type -t cd)\" = builtin ] && ip netns add blue\n\
                read x < /proc/sys/kernel/tainted\necho $x\nip netns add $(ip netns identify)g\n";
    let document = script::read(text)
        .unwrap_or_else(|errors| panic!("{errors:#?}"))
        .document;
    assert_eq!(document.namespaces.len(), 4);
    let text = "read x < /proc/sys/kernel/tainted\nip netns add n$x\n";
    assert!(told(text)[0].contains("line 2") && told(text)[0].contains("/proc/sys/kernel/tainted"));
}

#[test]
fn a_log_with_a_date_in_its_name_is_nobodys_matter() {
    let text = "LOG=/tmp/lab.$(date +%s)\nip netns add red >> $LOG 2>&1\n\
                ip netns add blue 2>&1 | tee -a \"$LOG\"\ndd if=/dev/zero of=/tmp/data count=2\n";
    let document = script::read(text)
        .unwrap_or_else(|errors| panic!("{errors:#?}"))
        .document;
    assert_eq!(document.namespaces.len(), 3);
    // But a file of the kernel's is.
    for text in [
        "echo 1 > /proc/sys/net/ipv4/conf/$(hostname)/forwarding\n",
        "for f in $(find /proc/sys/net -name rp_filter); do echo 0 > $f; done\n",
        "echo 0 | tee /proc/sys/net/ipv4/conf/$(hostname)/rp_filter\n",
        "dd if=/tmp/one of=/proc/sys/net/ipv4/ip_forward\n",
    ] {
        assert!(script::read(text).is_err(), "{text}");
    }
}

#[test]
fn what_is_not_understood_decides_nothing_where_nobody_knows_how_often() {
    for text in [
        "for port in $(cat /tmp/ports); do ovs-vsctl add-port br0 $port; done\n",
        "while read -r name; do brctl addbr $name; done < <(cat names)\n",
        "ping -c1 10.0.0.1 || ovs-vsctl add-br br0\n",
        "case $(hostname) in a) . ./setup.sh ;; esac\n",
    ] {
        assert!(script::read(text).is_err(), "{text}");
    }
    let text = "for f in $(cat /tmp/list); do echo $f; done\nping -c1 10.0.0.1 || echo no\n";
    assert!(script::read(text).is_ok(), "{:?}", told(text));
}

#[test]
fn what_takes_too_long_to_try_out_says_so() {
    let text = "for i in $(seq 2000); do\n  if ping -c1 10.0.0.$i; then echo yes; fi\ndone\n";
    let told = told(text);
    assert!(told[0].contains("too much of it depends"), "{told:?}");
}

#[test]
fn a_rule_may_say_its_chain_last() {
    let read = |text: &str| {
        script::read(text)
            .unwrap_or_else(|e| panic!("{e:#?}"))
            .document
    };
    assert_eq!(
        read(
            "iptables -p icmp -s 10.0.0.0/8 -A FORWARD -j DROP\niptables -j ACCEPT -I INPUT 1 -i lo\n"
        ),
        read(
            "iptables -A FORWARD -p icmp -s 10.0.0.0/8 -j DROP\niptables -I INPUT 1 -j ACCEPT -i lo\n"
        ),
    );
    assert!(told("iptables -p icmp\n")[0].contains("`-p` is not understood"));
}

#[test]
fn a_function_may_be_given_what_is_not_known() {
    let check = "check() {\n  local rc=$1; shift\n  if [ $rc -eq 0 ]; then echo \"ok: $*\"; else echo \"no: $*\"; fi\n}\n";
    let text = format!(
        "{check}ip netns add red\nping -c1 10.0.0.1\ncheck $? one\n\
         check \"$(ping -c1 10.0.0.2 | tail -n1)\" two\nip netns add blue\n"
    );
    let document = script::read(&text)
        .unwrap_or_else(|errors| panic!("{errors:#?}"))
        .document;
    assert_eq!(document.namespaces.len(), 3);
    // It may decide nothing, name nothing, and leave nothing in doubt.
    for (text, line) in [
        (
            "f() { [ $1 = 0 ] && ip netns add red; }\nping -c1 10.0.0.1\nf $?\n",
            1,
        ),
        ("f() {\n ip netns add \"$1\"; }\nf \"$(hostname)\"\n", 2),
        (
            "f() {\n shift\n for x; do ip netns add \"$x\"; done; }\nf a b \"$(hostname)\"\n",
            3,
        ),
        (
            "f() { [ $1 = 0 ] && exit 0; }\nping -c1 10.0.0.1\nf $?\nip netns add red\n",
            4,
        ),
        ("f() {\n ip netns add $1; }\nf $(ls)\n", 3),
        (
            "f() {\n name=x; ip netns add \"${!1}\"; }\nf \"$(ls)\"\n",
            2,
        ),
        ("x=$(ls); y=x\nip netns add \"a${!y}\"\n", 2),
    ] {
        let errors = errors(text);
        let first = errors.first().unwrap_or_else(|| panic!("taken: {text}"));
        assert_eq!(first.line, line, "{text}{first}");
        assert!(first.reason.contains("not known before it runs"), "{first}");
    }
    // What comes after it has its place.
    let text = "f() { ip netns add \"$2\"; }\nf \"$(ls)\" red\n";
    assert_eq!(script::read(text).unwrap().document.namespaces.len(), 2);
}
