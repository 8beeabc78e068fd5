//! Scripts with variables, functions and loops: bash runs them in a sandbox, the reader reads them,
//! and both end with the same network.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod real;

use std::path::Path;
use std::time::{Duration, Instant};

use topology::script::{self, NoteKind};

/// Runs a script with a real shell and compares.
fn compare(shell: &str, text: &str) {
    let script = script::read(text).unwrap_or_else(|errors| panic!("{errors:#?}"));
    let document = &script.document;
    let end = "NETYARD-END-OF-SCRIPT";
    let run = format!(
        "cat > /run/script <<'{end}'\n{text}\n{end}\n{shell} /run/script >/dev/null 2>/run/said \
         || {{ cat /run/said >&2; exit 7; }}\n{}",
        real::dump(document)
    );
    let printed = real::sandbox(&run);
    let names = document.namespaces.values().map(|ns| ns.name.to_string());
    let mut names: Vec<String> = names.filter(|name| name != "host").collect();
    names.sort();
    let listed = real::sandbox(&format!(
        "cat > /run/script <<'{end}'\n{text}\n{end}\n{shell} /run/script >/dev/null 2>&1\nip netns | cut -d' ' -f1 | sort"
    ));
    let listed: Vec<&str> = listed.lines().collect();
    assert_eq!(names, listed);
    assert_eq!(real::parse(document, &printed), real::expected(document));
}

#[test]
fn scripts_do_what_a_real_shell_does() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scripts");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let shell = match text.starts_with("#!/bin/bash") {
            true => "bash",
            false => "sh",
        };
        compare(shell, &text);
        count += 1;
    }
    assert!(count >= 2);
}

#[test]
fn a_script_reads_what_lies_beside_it() {
    let main = r#"#!/bin/bash
here=$(cd "$(dirname "$0")" && pwd)
source "$here/lib/net.sh"
[ -f "$here/local.conf" ] && . "$here/local.conf"
setup red
nested
./later.sh blue
nft -f rules.nft
"#;
    let files = [
        (
            "lib/net.sh",
            "folder=$(dirname \"$(readlink -f \"${BASH_SOURCE[0]}\")\")\n. $folder/../more.sh\nsetup() {\n\n\n    ip netns add $1\n}\n",
        ),
        (
            "more.sh",
            "nested() { ip link add va type veth peer name vb; }\n",
        ),
        ("later.sh", "#!/bin/sh\nip netns add $1\n"),
        ("rules.nft", "table ip t { }\n"),
    ];
    let mut beside = script::Beside::new();
    // Whoever reads files asks until nothing is wanted that there is.
    for round in 0.. {
        assert!(round < 4, "{beside:?}");
        let wanted = script::wanted("labs/main.sh", main, &beside);
        let found = files
            .iter()
            .filter(|(path, _)| wanted.contains(&(*path).to_owned()));
        let before = beside.len();
        beside.extend(found.map(|(path, text)| ((*path).to_owned(), (*text).to_owned())));
        if beside.len() == before {
            break;
        }
    }
    let script = script::read_beside("labs/main.sh", main, &beside)
        .unwrap_or_else(|errors| panic!("{errors:#?}"));
    let document = &script.document;
    let names: Vec<String> = document
        .namespaces
        .values()
        .map(|ns| ns.name.to_string())
        .collect();
    assert_eq!(names, ["host", "red", "blue"]);
    assert_eq!(document.links().count(), 1);
    assert!(
        document.namespaces[&topology::NamespaceId::HOST]
            .firewall
            .is_some()
    );

    // Alone it is refused where it begins to depend on them, and for that only.
    let errors = script::read(main).unwrap_err();
    assert_eq!(errors.len(), 1, "{errors:#?}");
    assert_eq!(errors[0].line, 3);
    assert!(
        errors[0]
            .reason
            .contains("`./lib/net.sh` is not known here"),
        "{errors:#?}"
    );

    // What goes wrong in a function of another file is told of the line that called it.
    beside.insert(
        "more.sh".to_owned(),
        "\n\n\nnested() { ip link add; }\n".to_owned(),
    );
    let errors = script::read_beside("labs/main.sh", main, &beside).unwrap_err();
    assert_eq!(errors[0].line, 6, "{errors:#?}");
}

#[test]
fn what_is_not_known_may_be_kept_but_decide_nothing() {
    let read = |text: &str| script::read(text);
    assert!(read("out=$(ping -c1 10.0.0.1)\necho \"$out\"\n[ -n \"$out\" ] || echo no\n").is_ok());
    for text in [
        "out=$(ping -c1 10.0.0.1)\nip netns add \"$out\"\n",
        "out=$(ping -c1 10.0.0.1)\nif [ -n \"$out\" ]; then ip netns add red; fi\n",
        "if out=$(ping -c1 10.0.0.1); then ip netns add red; fi\n",
        "while [ $SECONDS -lt 3 ]; do ip netns add red; done\n",
    ] {
        let errors = read(text).unwrap_err();
        assert!(
            errors[0].reason.contains("not known before it runs"),
            "{text}: {errors:#?}"
        );
    }
    // Names that are others each time are taken as some, and that is said.
    let script =
        read("ns=$(mktemp -u client-XXXXXXXX)\nip netns add $ns\nip netns add b-$$\n").unwrap();
    let names: Vec<String> = script
        .document
        .namespaces
        .values()
        .map(|ns| ns.name.to_string())
        .collect();
    assert_eq!(names, ["host", "client-001", "b-4242"]);
    assert_eq!(script.notes.len(), 2, "{:#?}", script.notes);
}

/// What a script that is read makes, and that a script that is refused is so at this line for
/// what is not known.
fn judged(text: &str) -> Result<Vec<String>, usize> {
    match script::read(text) {
        Ok(script) => {
            let all = script.document.namespaces.into_values();
            Ok(all.skip(1).map(|ns| ns.name.to_string()).collect())
        }
        Err(errors) => {
            let reason = &errors[0].reason;
            assert!(reason.contains("not known before it runs"), "{errors:#?}");
            Err(errors[0].line)
        }
    }
}

#[test]
fn what_only_looks_decides_nothing_that_changes_the_network() {
    let refused = [
        // `&&`, `||`, and what they end with.
        (1, "ping -c1 10.0.0.1 || ip netns add a"),
        (1, "ping -c1 10.0.0.1 && ip netns add a"),
        (1, "! ping -c1 10.0.0.1 && ip netns add a"),
        (1, "ping -c1 10.0.0.1 && echo up || ip netns add a"),
        (
            1,
            "if ping -c1 10.0.0.1 && echo up; then ip netns add a; fi",
        ),
        (1, "ip a | grep -q 10.0.0.1 || ip netns add a"),
        (1, "ping -c1 10.0.0.1 || ip nexthop add id 1 blackhole"),
        // `$?`
        (
            2,
            "ping -c1 10.0.0.1\nif [ $? -eq 0 ]; then ip netns add a; fi",
        ),
        (
            2,
            "ping -c1 10.0.0.1; failed=$?\n[ $failed = 0 ] && ip netns add a",
        ),
        (2, "ping -c1 10.0.0.1\nip netns add a$?"),
        (
            2,
            "ping 10.0.0.1 & p=$!; wait $p\n[ $? = 0 ] && ip netns add a",
        ),
        (
            3,
            "up() {\n ping -c1 $1; return $?; }\nup 10.0.0.1 || ip netns add a",
        ),
        // What was set on one way.
        (
            2,
            "if ping -c1 10.0.0.1; then n=a; else n=b; fi\nip netns add $n",
        ),
        (
            2,
            "ping -c1 10.0.0.1 && up=1\nif [ \"$up\" = 1 ]; then ip netns add a; fi",
        ),
        (
            2,
            "said=$(ping -c1 10.0.0.1 && echo a || echo b)\nip netns add $said",
        ),
        (
            2,
            "until ping -c1 10.0.0.1; do n=$((n + 1)); done\nip netns add a$n",
        ),
        (
            3,
            "echo a > /tmp/n\nping -c1 10.0.0.1 || echo b > /tmp/n\nip netns add $(cat /tmp/n)",
        ),
        (
            3,
            "all=(b)\nping -c1 10.0.0.1 && all+=(c)\nip netns add ${all[0]}",
        ),
        // Whether the script comes there.
        (2, "if ping -c1 10.0.0.1; then exit 0; fi\nip netns add a"),
        (
            2,
            "set_up() {\n ping -c1 $1 || return 1; ip netns add a; }\nset_up 10.0.0.1",
        ),
        (
            4,
            "up() {\n ping -c1 $1 || return 1\n}\nup 10.0.0.1 && ip netns add a",
        ),
        (
            2,
            "for n in a b; do ping -c1 10.0.0.1 || continue\nip netns add $n; done",
        ),
        (
            1,
            "for n in a b; do ip netns add $n; ping -c1 10.0.0.1 && break; done",
        ),
        (1, "(ping -c1 10.0.0.1 || exit 1) && ip netns add a"),
        // The first of a pipe.
        (
            2,
            "set -o pipefail\nping -c1 10.0.0.1 | tee log && ip netns add a",
        ),
    ];
    for (line, text) in refused {
        assert_eq!(judged(text), Err(line), "{text}");
    }
}

#[test]
fn what_is_known_of_a_look_decides() {
    let read = [
        ("a", "ip link show dev br0 || ip netns add a"),
        (
            "a",
            "ip link add br0 type bridge\nif ip link show br0; then ip netns add a; fi",
        ),
        ("a", "ip netns list | grep -q a || ip netns add a"),
        (
            "a b",
            "ip netns add a\nip netns list | grep -qw a && ip netns add b",
        ),
        (
            "a",
            "ip link show br0 2>/dev/null\n[ $? -eq 0 ] || ip netns add a",
        ),
        // Whatever it was.
        (
            "a",
            "ping -c1 10.0.0.1 || true\n[ $? = 0 ] && ip netns add a",
        ),
        (
            "a",
            "if ping -c1 10.0.0.1; then n=a; else n=a; fi\nip netns add $n",
        ),
        (
            "a",
            "ip link show br0 2>/dev/null; there=$?\n[ $there = 0 ] || ip netns add a",
        ),
        (
            "a",
            "there() { ip link show $1; local is=$?; return $is; }\nthere br0 2>/dev/null || ip netns add a",
        ),
        ("a", "false; x=$(echo $?)\n[ $x = 1 ] && ip netns add a"),
        ("a", "f() { false; return; }\nf || ip netns add a"),
        ("a", "ping -c1 10.0.0.1\nip netns add a"),
        ("a", "ping -c1 10.0.0.1 | tee log && ip netns add a"),
        // A script that goes on expects that it went so.
        ("a", "set -e\nping -c1 10.0.0.1\nip netns add a"),
        ("a", "ping -c1 10.0.0.1 || exit 1\nip netns add a"),
        (
            "a",
            "if ping -c1 10.0.0.1; then echo leak; exit 1; fi\nip netns add a",
        ),
        (
            "a",
            "! ping -c1 10.0.0.1 || { echo leak; exit 1; }\nip netns add a",
        ),
        // It is kept, and nobody asks.
        (
            "a",
            "all=(b)\nping -c1 10.0.0.1 && all=()\nf() { local more=(\"${all[@]}\"); }\nf\nall+=(c)\nip netns add a",
        ),
        // Nothing depends on it where the way ends.
        (
            "a",
            "up() { for i in 1 2; do if ping -c1 $1; then return 0; fi; sleep 1; done; return 1; }\nip netns add a\nup 10.0.0.1 || echo down",
        ),
        (
            "a",
            "while true; do ping -c1 10.0.0.1 && break; sleep 1; done\nip netns add a",
        ),
        (
            "a",
            "until ping -c1 10.0.0.1; do sleep 1; done\nip netns add a",
        ),
        (
            "a b",
            "for n in a b; do ip netns add $n; ping -c1 10.0.0.1 || continue; echo up; done",
        ),
    ];
    for (names, text) in read {
        let names = names.split(' ').map(str::to_owned).collect();
        assert_eq!(judged(text), Ok(names), "{text}");
    }
}

#[test]
fn old_commands_do_what_those_of_today_do() {
    let old = "brctl addbr br0\nip link add va type veth peer name vb\nbrctl addif br0 va\n\
        brctl stp br0 on\nifconfig br0 10.0.0.1 netmask 255.255.255.0 up\nifconfig va up\nifconfig vb up mtu 1400\n\
        ifconfig vb inet6 add fd00::2/64\nroute add default gw 10.0.0.254\nroute add -net 10.2.0.0 netmask 255.255.0.0 dev br0\n";
    let new = "ip link add br0 type bridge\nip link add va type veth peer name vb\nip link set va master br0\n\
        ip link set br0 type bridge stp_state 1\nip addr add 10.0.0.1/24 dev br0\nip link set br0 up\nip link set va up\n\
        ip link set vb up\nip link set vb mtu 1400\n\
        ip -6 addr add fd00::2/64 dev vb\nip route add default via 10.0.0.254\nip route add 10.2.0.0/16 dev br0\n";
    let read = |text| script::read(text).unwrap_or_else(|errors| panic!("{errors:#?}"));
    assert_eq!(read(old).document, read(new).document);
}

#[test]
fn settings_are_written_to_their_files_in_several_ways() {
    let read = |text: &str| {
        let text = format!("ip netns add red\nip link add eth0.10 type bridge\n{text}\n");
        let script = script::read(&text).unwrap_or_else(|errors| panic!("{text}: {errors:#?}"));
        script.document
    };
    for (text, said) in [
        (
            "echo -n 1 >/proc/sys/net/ipv4/ip_forward",
            "sysctl -w net/ipv4/ip_forward=1",
        ),
        (
            "echo 2 >> /proc/sys/net/ipv4/conf/eth0.10/rp_filter",
            "sysctl -w net/ipv4/conf/eth0.10/rp_filter=2",
        ),
        (
            "echo 1 | sudo tee /proc/sys/net/ipv4/ip_forward > /dev/null",
            "sysctl -w net/ipv4/ip_forward=1",
        ),
        (
            "echo \"1\" | ip netns exec red tee /proc/sys/net/ipv4/ip_forward",
            "ip netns exec red sysctl -w net/ipv4/ip_forward=1",
        ),
    ] {
        assert_eq!(read(text), read(said), "{text}");
        assert_ne!(read(text), read(""), "{text}");
    }
    for text in [
        "echo 1 > /proc/sys/",
        "echo 1 2 > /proc/sys/net/ipv4/ip_forward",
        "cat x > /proc/sys/net/ipv4/ip_forward",
    ] {
        assert!(script::read(text).is_err(), "{text}");
    }
}

#[test]
fn files_that_a_script_wrote_are_read_by_wg() {
    let key = "YAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk=";
    let read = |text: String| {
        let script = script::read(&text).unwrap_or_else(|errors| panic!("{text}: {errors:#?}"));
        script.document
    };
    let add = "ip link add wg0 type wireguard\n";
    let from_input = format!("{add}wg set wg0 private-key /dev/stdin <<'EOF'\n{key}\nEOF\n");
    let from_file = format!("{add}echo {key} > /tmp/wg.key\nwg set wg0 private-key /tmp/wg.key\n");
    let conf = format!(
        "{add}cat > wg.conf <<EOF\n[Interface]\nPrivateKey = {key}\nEOF\nwg setconf wg0 wg.conf\n"
    );
    let wanted = read(from_input);
    assert_ne!(wanted, read(add.to_owned()));
    assert_eq!(wanted, read(from_file));
    assert_eq!(wanted, read(conf));
}

#[test]
fn what_is_left_out_is_told_with_its_line() {
    let text = "ip netns add red\nmodprobe bridge\nip netns exec red ping -c 1 10.0.0.1\n\
        if ! ping -c1 10.0.0.2; then\n  echo no; exit 1\nfi\nsleep 2 &\nwait\ntrap 'ip netns del red' EXIT\n";
    let script = script::read(text).unwrap_or_else(|errors| panic!("{errors:#?}"));
    let notes = script.notes.iter();
    let left: Vec<_> = notes
        .filter(|note| note.kind == NoteKind::LeftOut)
        .map(|note| note.line)
        .collect();
    assert_eq!(left, [2, 3, 4, 7, 9], "{:#?}", script.notes);
    let ping = script.notes.iter().find(|note| note.line == 3).unwrap();
    assert!(
        ping.text.ends_with("ip netns exec red ping -c 1 10.0.0.1"),
        "{ping}"
    );
}

#[test]
fn hostile_scripts_end_soon() {
    let texts = [
        "f() { f | f; }; f".to_owned(),
        "while :; do :; done".to_owned(),
        "while :; do f() { :; }; done".to_owned(),
        "for ((;;)); do x=$((x+1)); done".to_owned(),
        "eval eval eval eval eval eval".to_owned() + &" eval".repeat(1000),
        format!("echo {}", "{a,b}".repeat(40)),
        format!("echo {}x{}", "{a,".repeat(60), "}".repeat(60)),
        format!("echo $(({}1{}))", "(".repeat(60), ")".repeat(60)),
        format!("x={}; echo $((x))", "(".repeat(60_000)),
        "x='x'; echo $((x))".to_owned(),
        "a=b; b=a; echo $((a))".to_owned(),
        "x=aaaaaaaa; for i in {1..1000}; do x=$x$x; done".to_owned(),
        format!("x={}; echo ${{x//a*a*a*a/b}}", "a".repeat(3_000)),
        format!(
            "case {} in {}b) ;; esac",
            "a".repeat(3_000),
            "*a".repeat(200)
        ),
        "yes | head -n 1000000000".to_owned(),
        format!("x={}; while :; do echo $x $x; done", "a".repeat(60_000)),
        "while :; do if ping x; then :; fi; done".to_owned(),
        "echo `echo `echo `echo`".to_owned(),
        "if [ -e /nowhere ]; then if [ -e /nowhere ]; then if [ -e /nowhere ]; then :; fi; fi; fi"
            .to_owned(),
        format!("{} :; {}", "if ping x; then ".repeat(40), "fi; ".repeat(40)),
        "{ ".repeat(50_000),
        "$(".repeat(50_000),
        "`".repeat(50_000),
        "\"$(".repeat(50_000),
        "a <<E ".repeat(5_000),
        format!(
            "case {} in {}b) ;; esac; ip netns add a",
            "a".repeat(30_000),
            "*a".repeat(3_000)
        ),
        format!("x={}; while :; do y=${{x%*b*a}}; done", "a".repeat(4_000)),
        format!("{} ip netns add a", "true &&".repeat(20_000)),
    ];
    let balanced = [
        ("(", ")"),
        ("x=$(", ")"),
        ("x=\"$(echo \"", "\")\""),
        ("x=$((", "))"),
        ("x=${a:-", "}"),
        ("[[ ( ", " ) ]]"),
        ("f() { ", "; }"),
        ("[ \\( ", " \\) ]"),
        ("{b,", "}"),
        ("{ ", "; }"),
    ];
    let nested = balanced.map(|(open, close)| {
        let depth = 20_000;
        format!("{}a{}", open.repeat(depth), close.repeat(depth))
    });
    // Each call nests as deep as a text may.
    let in_calls = [
        ("{ ", "f", "; }"),
        ("if true; then ", "f", "; fi"),
        ("if true; then ", "eval f", "; fi"),
        ("x=${a:-", "$(f)", "}"),
        ("( ", "f", " )"),
        ("[[ ( ", "$(f)", " ) ]]"),
    ];
    let called = in_calls.map(|(open, inner, close)| {
        let body = format!("{}{inner}{}", open.repeat(50), close.repeat(50));
        format!("f() {{ {body}; }}; f")
    });
    let chains = ["[[ a = a", "[ a = a", "true", "(( 1"].map(|first| {
        let (and, last) = match first {
            "[ a = a" => (" -a a = a", " ]"),
            "[[ a = a" => (" && a = a", " ]]"),
            "(( 1" => (" && 1", " ))"),
            _ => (" && true", ""),
        };
        format!("{first}{}{last}", and.repeat(5_000))
    });
    for text in { texts.into_iter().chain(nested) }
        .chain(called)
        .chain(chains)
    {
        let begin = Instant::now();
        let _read = script::read(&text);
        let took = begin.elapsed();
        let start: String = text.chars().take(60).collect();
        // The slowest takes two on a quiet machine; what does not end takes hours.
        assert!(took < Duration::from_secs(30), "{start}: {took:?}");
    }
}

#[test]
fn a_subshell_leaves_a_script_in_its_folder() {
    let text = "cd lab\nname=$(echo red)\n(cd deeper; ip netns add blue)\n. ./lib.sh\n";
    let beside = script::Beside::from([
        ("lab/lib.sh".to_owned(), "ip netns add $name\n".to_owned()),
        ("lab/deeper/lib.sh".to_owned(), "exit 1\n".to_owned()),
    ]);
    let script = script::read_beside("main.sh", text, &beside)
        .unwrap_or_else(|errors| panic!("{errors:#?}"));
    assert_eq!(script.document.namespaces.len(), 3);
}

/// Loops and choices over what is not known are taken where the network does not depend on them.
#[test]
fn what_is_not_known_may_decide_nothing_of_the_network() {
    let taken = [
        "case $(cat /x) in a) echo a ;; b|c) y=1 ;; *) exit 1 ;; esac",
        "case $(cat /x) in a) ;; esac",
        "for f in $(cat /x); do echo $f; done",
        "for f in $(cat /x); do case $f in a) break ;; esac; done",
        "while ! ping -c1 a; do if ping -c1 b; then break; fi; done",
        "declare -A o; o[a]=$(cat /x)",
        "f() { for f in $(cat /x); do echo $f; done; }; f",
    ];
    for text in taken {
        let script = script::read(&format!("{text}\nip netns add red\n"));
        let script = script.unwrap_or_else(|errors| panic!("{text}: {errors:#?}"));
        assert!(script.document.namespace_named("red").is_some(), "{text}");
    }
    let refused = [
        "case $(cat /x) in a) ip netns add b ;; esac",
        "case $(cat /x) in a) echo ;; *) ip netns add b ;; esac",
        "case $(cat /x) in a) n=a ;; *) n=b ;; esac; ip netns add $n",
        "for f in $(cat /x); do ip netns add a; done",
        "for f in $(cat /x); do ip netns add $f; done",
        "for f in a; do case $(cat /x) in a) break ;; esac; ip netns add a; done",
        "for f in $(cat /x); do n=$f; done; ip netns add $n",
        "f() { case $(cat /x) in a) return ;; esac; ip netns add a; }; f",
        "declare -A o; o[a]=$(cat /x); ip netns add ${o[a]}",
        "if ping -c1 10.0.0.1; then :; else ip link del $(cat /x); fi",
    ];
    for text in refused {
        let errors = script::read(text).err().unwrap_or_default();
        let first = errors.first().unwrap_or_else(|| panic!("{text} was taken"));
        assert!(first.reason.contains("not known"), "{text}: {first}");
    }
}
