//! The examples do what they say.

use support::{example, netyard};

/// What a shell script in a namespace of an example prints; the script must succeed.
fn printed(lab: &str, namespace: &str, script: &str) -> String {
    support::printed(&example(lab), namespace, script)
}

#[test]
fn two_data_centres_are_one_network_through_vxlan() {
    let text = printed("vxlan.yaml", "web", "ping -c 2 -i 0.2 -W 2 192.168.7.20");
    assert!(text.contains("2 received"), "{text}");
    // The router between them has no way into that network: the frames go through it packed.
    let text = printed("vxlan.yaml", "wan", "ping -c 1 -W 1 192.168.7.20 || true");
    assert!(!text.contains("1 received"), "{text}");
}

#[test]
fn stp_holds_a_loop_and_opens_it_when_a_cable_goes() {
    // Listening and learning take 2 s each; a shell of the host sees the names of namespaces.
    let script = "
        settled() { for i in $(seq 60); do
            bridge link show | grep -q 'state \\(listening\\|learning\\)' || return 0
            sleep 0.2
        done; return 1; }
        blocked() { bridge link show | grep -c 'state blocking' || true; }
        sleep 0.5; settled; echo blocked $(blocked)
        ip netns exec red ping -c 1 -W 2 10.0.0.2 >/dev/null && echo reached
        before=$(cat /sys/class/net/sw1-sw2/statistics/tx_packets); sleep 1
        echo frames $(($(cat /sys/class/net/sw1-sw2/statistics/tx_packets) - before))
        ip link set sw1-sw2 down
        for i in $(seq 30); do
            ip netns exec red ping -c 1 -W 1 10.0.0.2 >/dev/null && echo reached && break
        done
        echo blocked $(blocked)
    ";
    let text = printed("loop.yaml", "host", script);
    let lines: Vec<_> = text.lines().collect();
    let frames = lines.iter().find_map(|line| line.strip_prefix("frames "));
    let frames: u32 = frames.unwrap().parse().unwrap();
    assert!(frames < 50, "a loop sends thousands: {text}");
    let others: Vec<_> = lines
        .iter()
        .filter(|line| !line.starts_with("frames"))
        .collect();
    assert_eq!(
        others,
        [&"blocked 1", &"reached", &"reached", &"blocked 0"],
        "{text}"
    );
}

#[test]
fn a_triangle_of_routers_goes_on_when_a_link_fails() {
    // A shell of the host sees the names of namespaces. A reply has the TTL that is left of 64: one
    // router on the way takes one.
    let script = "
        ttl() { ip netns exec north ping -c 1 -W 2 10.255.0.3 | sed -n 's/.*\\(ttl=[0-9]*\\).*/\\1/p'; }
        echo direct $(ttl)
        ip -n north link set dev to-west down
        ip -n west link set dev to-north down
        echo around $(ttl)
        ip -n north link set dev to-east down
        echo cut $(ttl)
    ";
    let text = printed("triangle.yaml", "host", script);
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines, ["direct ttl=64", "around ttl=63", "cut"], "{text}");
}

#[test]
fn what_is_too_long_for_the_cable_in_the_middle_is_answered_with_frag_needed() {
    let script = "
        ping -c 1 -W 2 10.3.0.2 >/dev/null && echo small passes
        ping -c 1 -W 2 -M do -s 1472 10.3.0.2 || echo large fails
        ping -c 1 -W 2 -M dont -s 1472 10.3.0.2 >/dev/null && echo fragments pass
    ";
    let text = printed("mtu.yaml", "client", script);
    for line in ["small passes", "large fails", "fragments pass"] {
        assert!(text.lines().any(|known| known == line), "{line}: {text}");
    }
    let answer = text.lines().find(|line| line.contains("10.1.0.1"));
    let answer = answer.unwrap_or_default().to_lowercase();
    assert!(answer.contains("frag needed"), "r1 answers: {text}");
    assert!(answer.contains("mtu = 1400"), "with what it takes: {text}");
}

#[test]
fn a_policy_rule_sends_guests_another_way() {
    let script = "
        from() { ip netns exec $1 $2 || true; }
        for who in staff guest; do
            echo $who $(from $who 'ping -c 1 -W 2 -t 2 198.51.100.9' | sed -n 's/^From \\([0-9.]*\\).*/\\1/p')
            from $who 'ping -c 1 -W 2 198.51.100.9' | grep -q '1 received' && echo reached
        done
        from guest 'ping -c 1 -W 2 10.1.0.2' | grep -i filtered >/dev/null && echo prohibited
    ";
    let text = printed("uplinks.yaml", "host", script);
    let lines: Vec<_> = text.lines().collect();
    let expected = [
        "staff 192.0.2.1",
        "reached",
        "guest 192.0.2.5",
        "reached",
        "prohibited",
    ];
    assert_eq!(lines, expected, "{text}");
}

#[test]
fn a_lab_that_needs_what_the_kernel_lacks_is_refused_before_anything_is_made() {
    let report = netyard(&["doctor", "--json"]).output().unwrap();
    let report: serde_json::Value = serde_json::from_slice(&report.stdout).unwrap();
    let findings = report["findings"].as_array().unwrap();
    let lacking = findings.iter().find(|finding| {
        let kind = finding["feature"]["device"].as_str();
        kind.is_some_and(|kind| kind != "bridge") && finding["ok"] == false
    });
    let Some(lacking) = lacking else {
        println!("this kernel has every kind of interface: nothing to refuse");
        return;
    };
    let kind = lacking["feature"]["device"].as_str().unwrap();
    let needed = match kind {
        "vlan" => "link: eth0, id: 5",
        "macvlan" | "ipvlan" => "link: eth0",
        "vrf" => "table: 100",
        "gre" | "ipip" => "remote: 192.0.2.1",
        "vxlan" => "id: 5",
        _ => "up: true",
    };
    let lab = format!(
        "netyard: 1\nnamespaces:\n  red:\n    interfaces:\n      x0: {{type: {kind}, {needed}}}\n  blue: {{}}\nlinks:\n  - red/eth0: {{}}\n    blue/eth0: {{}}\n"
    );
    let file = support::text_file(&lab);
    let path = file.path().to_str().unwrap();
    for arguments in [vec!["check", path], vec!["run", path, "--", "true"]] {
        let output = netyard(&arguments).output().unwrap();
        assert!(!output.status.success());
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        assert!(
            said.contains(&format!("no interfaces of type {kind}")),
            "{said}"
        );
        assert!(said.contains("modprobe"), "how to get it: {said}");
    }
}

#[test]
fn the_strict_reverse_path_filter_drops_what_comes_another_way() {
    let script = "
        reached() { ip netns exec left ping -c 1 -W 1 10.9.0.1 | grep -q '1 received' && echo $1 passes || echo $1 drops; }
        filtered() { ip netns exec left nstat -asz TcpExtIPReversePathFilter | awk '/Filter/ {print $2}'; }
        reached loose
        ip netns exec left sysctl -qw net.ipv4.conf.from-down.rp_filter=1
        before=$(filtered)
        reached strict
        echo counted $(($(filtered) - before))
        ip netns exec left sysctl -qw net.ipv4.conf.from-down.rp_filter=0
        reached none
    ";
    let text = printed("asymmetric.yaml", "host", script);
    let lines: Vec<_> = text.lines().collect();
    let expected = ["loose passes", "strict drops", "counted 1", "none passes"];
    assert_eq!(lines, expected, "{text}");
}
