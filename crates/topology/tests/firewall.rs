//! Firewalls read from scripts, and what `nft` itself says of what is written.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

#[allow(dead_code, reason = "only the sandbox is used here")]
mod real;

use std::net::IpAddr;

use proptest::prelude::*;
use topology::command::script_text;
use topology::edit::{Edit, apply};
use topology::firewall::parts::{Transport, allow_port, default_deny, masquerade, port_forward};
use topology::firewall::{Ruleset, for_nft};
use topology::{Document, NamespaceId, script, yaml};

/// The firewall of a namespace of a script.
fn firewall(text: &str, namespace: &str) -> Option<String> {
    let read = script::read(text).unwrap_or_else(|errors| panic!("{errors:#?}\n{text}"));
    let id = read.document.namespace_named(namespace).unwrap();
    let ruleset = read.document.namespaces[&id].firewall.as_ref();
    ruleset.map(ToString::to_string)
}

/// What `nft` lists once it has loaded a text.
fn listed(text: &str) -> String {
    let script = for_nft(text);
    real::sandbox(&format!(
        "nft -f - <<'END OF RULES'\n{script}END OF RULES\nnft -s list ruleset\n"
    ))
}

/// What `nft` lists once a shell has run commands.
fn by_shell(commands: &str) -> String {
    real::sandbox(&format!("{commands}\nnft -s list ruleset\n"))
}

const FILE: &str = "ip netns add red
ip netns exec red nft -f - <<'EOF'
table inet filter {
\tchain input {
\t\ttype filter hook input priority 0; policy drop;
\t\tct state established,related accept
\t}
}
EOF
";

#[test]
fn rules_in_a_here_document_are_read() {
    let text = firewall(FILE, "red").unwrap();
    assert!(text.starts_with("table inet filter {\n\tchain input {"));
    // One after the other, and each with its own beginning.
    let more = "ip netns exec red nft add rule inet filter input tcp dport '{ 22, 80 }' counter accept\nsudo ip netns exec red nft 'add table ip nat; add chain ip nat post { type nat hook postrouting priority srcnat ; }'\n";
    let both = firewall(&format!("{FILE}{more}"), "red").unwrap();
    assert!(
        both.starts_with(&text) && both.contains("add rule inet filter input tcp dport { 22, 80 }")
    );
    assert!(listed(&both).contains("tcp dport { 22, 80 } counter accept"));
    let anew = format!(
        "{FILE}ip netns exec red nft -f /dev/stdin <<-EOF\n\t\tflush ruleset\n\t\tadd table ip x\n\tEOF\n"
    );
    assert_eq!(
        firewall(&anew, "red").unwrap(),
        "flush ruleset\nadd table ip x\n"
    );
    let none = format!("{FILE}ip netns exec red nft flush ruleset\n");
    assert_eq!(firewall(&none, "red"), None);
    assert_eq!(firewall(FILE, "host"), None);
}

#[test]
fn commands_of_tutorials_do_what_nft_does() {
    let commands = "nft add table inet my_table
nft add chain inet my_table my_input '{ type filter hook input priority 0 ; policy drop ; }'
nft add chain inet my_table my_forward { type filter hook forward priority 0 \\; policy accept \\; }
nft add rule inet my_table my_input ct state related,established accept
nft add rule inet my_table my_input iif lo accept
nft insert rule inet my_table my_input tcp dport 22 ct state new counter accept comment \\\"ssh\\\"
nft list ruleset
";
    let text = firewall(commands, "host").unwrap();
    assert_eq!(
        listed(&text),
        by_shell(&commands.replace("nft list ruleset\n", ""))
    );
}

#[test]
fn iptables_is_said_in_nft() {
    let cases = [
        // As the manual page of iptables-translate and the wiki of nftables have it.
        (
            "iptables -A INPUT -p tcp --dport 22 -m conntrack --ctstate NEW -j ACCEPT",
            "add rule ip filter INPUT tcp dport 22 ct state new counter accept",
        ),
        (
            "ip6tables -A FORWARD -i eth0 -o eth3 -p udp -m multiport --dports 111,222 -j ACCEPT",
            "add rule ip6 filter FORWARD iifname \"eth0\" oifname \"eth3\" udp dport { 111, 222 } counter accept",
        ),
        (
            "iptables -t nat -A POSTROUTING -s 10.0.0.0/24 -o eth0 -j MASQUERADE",
            "add rule ip nat POSTROUTING oifname \"eth0\" ip saddr 10.0.0.0/24 counter masquerade",
        ),
        (
            "iptables -t nat -A PREROUTING -i wan -p tcp --dport 8080 -j DNAT --to-destination 10.0.0.2:80",
            "add rule ip nat PREROUTING iifname \"wan\" tcp dport 8080 counter dnat to 10.0.0.2:80",
        ),
        (
            "ip6tables -t nat -A PREROUTING -p tcp --dport 80 -j DNAT --to-destination '[fd00::2]:8080'",
            "add rule ip6 nat PREROUTING tcp dport 80 counter dnat to [fd00::2]:8080",
        ),
        (
            "iptables -t nat -A POSTROUTING -o wan -j SNAT --to-source 192.0.2.1-192.0.2.9",
            "add rule ip nat POSTROUTING oifname \"wan\" counter snat to 192.0.2.1-192.0.2.9",
        ),
        (
            "iptables -t nat -A PREROUTING -p tcp --dport 80 -j REDIRECT --to-ports 3128",
            "add rule ip nat PREROUTING tcp dport 80 counter redirect to :3128",
        ),
        (
            "iptables -I FORWARD ! -i lo -p icmp -m comment --comment 'no pings' -j REJECT --reject-with icmp-host-prohibited",
            "insert rule ip filter FORWARD iifname != \"lo\" ip protocol icmp counter reject with icmp type host-prohibited comment \"no pings\"",
        ),
        (
            "iptables -A INPUT -p tcp -m tcp --syn --sport 1024:65535 -d 10.0.0.1/32,10.0.0.2 -j REJECT --reject-with tcp-reset",
            "add rule ip filter INPUT ip daddr { 10.0.0.1, 10.0.0.2 } tcp flags & (fin|syn|rst|ack) == syn tcp sport 1024-65535 counter reject with tcp reset",
        ),
        (
            "iptables -A INPUT -p icmp --icmp-type echo-request -m limit --limit 5/s --limit-burst 9 -j ACCEPT",
            "add rule ip filter INPUT icmp type echo-request limit rate 5/second burst 9 packets counter accept",
        ),
        (
            "iptables -t nat -A PREROUTING -d 10.0.0.1 -p tcp --dport 80 -m statistic --mode random --probability 0.5 -j DNAT --to-destination 10.0.0.2:80",
            "add rule ip nat PREROUTING ip daddr 10.0.0.1 tcp dport 80 numgen random mod 2147483648 < 1073741824 counter dnat to 10.0.0.2:80",
        ),
        (
            "iptables -A INPUT -m statistic --mode nth --every 3 --packet 1 -j DROP",
            "add rule ip filter INPUT numgen inc mod 3 1 counter drop",
        ),
        (
            "ip6tables -A INPUT -p ipv6-icmp -s fd00::/64 -j ACCEPT",
            "add rule ip6 filter INPUT meta l4proto ipv6-icmp ip6 saddr fd00::/64 counter accept",
        ),
        (
            "iptables -A FORWARD -i veth+ -j LOG --log-prefix 'seen: ' --log-level 4",
            "add rule ip filter FORWARD iifname \"veth*\" counter log prefix \"seen: \"",
        ),
        (
            "iptables -t mangle -A FORWARD -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu",
            "add rule ip mangle FORWARD tcp flags & (syn|rst) == syn counter tcp option maxseg size set rt mtu",
        ),
        (
            "iptables -t mangle -A OUTPUT -p tcp --dport 80 -j MARK --set-mark 1",
            "add rule ip mangle OUTPUT tcp dport 80 counter meta mark set 0x1",
        ),
        (
            "iptables -t mangle -A PREROUTING -m mark ! --mark 0x10/0xf0 -j MARK --set-xmark 0x20/0xff",
            "add rule ip mangle PREROUTING meta mark and 0xf0 != 0x10 counter meta mark set meta mark and 0xffffff00 xor 0x20",
        ),
        (
            "iptables -t mangle -A PREROUTING -m connmark --mark 7 -j CONNMARK --restore-mark",
            "add rule ip mangle PREROUTING ct mark 0x7 counter meta mark set ct mark",
        ),
        (
            "ip6tables -t mangle -A POSTROUTING -p udp -j DSCP --set-dscp-class EF",
            "add rule ip6 mangle POSTROUTING meta l4proto udp counter ip6 dscp set ef",
        ),
        (
            "iptables -t mangle -A POSTROUTING -j TTL --ttl-set 64",
            "add rule ip mangle POSTROUTING counter ip ttl set 64",
        ),
        (
            "iptables -t raw -A PREROUTING -p udp --dport 53 -j CT --notrack",
            "add rule ip raw PREROUTING udp dport 53 counter notrack",
        ),
    ];
    let mut all = String::new();
    for (command, rule) in cases {
        let text = firewall(command, "host").unwrap();
        assert_eq!(text.lines().last(), Some(rule), "{command}");
        all.push_str(&format!("{command}\n"));
    }
    // All of them together, as nft takes them.
    let listing = listed(&firewall(&all, "host").unwrap());
    assert_eq!(
        listing
            .lines()
            .filter(|line| line.contains("counter"))
            .count(),
        cases.len(),
        "{listing}"
    );
    assert!(listing.contains("type nat hook postrouting priority srcnat; policy accept;"));
}

#[test]
fn scripts_of_iptables_make_one_ruleset() {
    let script = "iptables -F
iptables -t nat -F
iptables -X
iptables -P INPUT DROP
iptables -P FORWARD DROP
iptables -N allowed
iptables -A allowed -p tcp --dport 80 -j ACCEPT
iptables -A allowed -j RETURN
iptables -A INPUT -i lo -j ACCEPT
iptables -A INPUT -m state --state ESTABLISHED,RELATED -j ACCEPT
iptables -A INPUT -j allowed
iptables -A FORWARD -j DROP
iptables -F FORWARD
iptables -L -n -v
";
    let listing = listed(&firewall(script, "host").unwrap());
    for wanted in [
        "type filter hook input priority filter; policy drop;",
        "type filter hook forward priority filter; policy drop;",
        "tcp dport 80 counter accept",
        "counter jump allowed",
        "ct state established,related counter accept",
    ] {
        assert!(listing.contains(wanted), "{wanted}: {listing}");
    }
    assert!(!listing.contains("counter drop"), "flushed: {listing}");
}

#[test]
fn what_is_not_understood_is_named_with_its_line() {
    for (command, word) in [
        ("iptables -A INPUT -m recent --set -j ACCEPT", "`recent`"),
        ("iptables -A INPUT --frob -j ACCEPT", "`--frob`"),
        ("iptables -A INPUT -j TCPMSS", "--clamp-mss-to-pmtu"),
        ("iptables -A INPUT -j MARK", "--set-mark"),
        ("iptables -t mangle -A INPUT -j TTL --ttl-dec 1", "ttl-dec"),
        ("iptables -t raw -A FORWARD -j NOTRACK", "FORWARD"),
        ("iptables -A PREROUTING -j ACCEPT", "PREROUTING"),
        ("iptables -t security -F", "`security`"),
        ("iptables -D INPUT 1", "`-D`"),
        ("iptables -I INPUT 3 -j ACCEPT", "1 only"),
        (
            "iptables -A INPUT -p tcp --dport 80:99999 -j ACCEPT",
            "port",
        ),
        ("iptables -A INPUT --dport 80 -j ACCEPT", "-p tcp"),
        ("iptables -A INPUT -s fd00::1 -j ACCEPT", "fd00::1"),
        ("iptables -A INPUT -s example.com -j ACCEPT", "example.com"),
        ("iptables -t nat -A POSTROUTING -j SNAT", "--to-source"),
        (
            "iptables -A INPUT -j ACCEPT --to-source 10.0.0.1",
            "--to-source",
        ),
        ("iptables -A 'a b' -j ACCEPT", "`a b`"),
        ("iptables -A INPUT -i 'a\"b' -j ACCEPT", "nft"),
        ("iptables", "nothing to do"),
        ("nft -f rules.nft", "files are not read"),
        ("nft -f -", "here-document"),
        ("nft frobnicate", "frobnicate"),
        ("nft add table ip x '; include \"/etc/passwd\"'", "include"),
    ] {
        let text = format!("#!/bin/sh\n\n{command}\n");
        let errors = script::read(&text).expect_err(command);
        let first = errors.first().unwrap();
        assert_eq!(first.line, 3, "{first}");
        assert!(first.reason.contains(word), "{command}: {first}");
    }
}

#[test]
fn ready_made_parts_are_taken_by_nft_and_go_together() {
    let name = |text: &str| text.parse().unwrap();
    let to = |text: &str| text.parse::<IpAddr>().unwrap();
    let parts = [
        default_deny(),
        allow_port(Transport::Tcp, 22),
        allow_port(Transport::Udp, 53),
        masquerade(&name("eth0")),
        masquerade(&name("$x*")),
        port_forward(&name("eth0"), Transport::Tcp, 8080, to("10.0.0.2"), 80),
        port_forward(&name("wan"), Transport::Udp, 53, to("fd00::2"), 5353),
    ];
    for part in &parts {
        // What adds to another's chain stands below it.
        let alone = match part.starts_with("add rule") {
            true => default_deny() + part,
            false => part.clone(),
        };
        assert!(!listed(&alone).is_empty(), "{part}");
    }
    let listing = listed(&parts.concat());
    for wanted in [
        "policy drop;",
        "tcp dport 22 ct state new counter accept",
        "udp dport 53 ct state new counter accept",
        "oifname \"eth0\" counter masquerade",
        "dnat ip to 10.0.0.2:80",
        "dnat ip6 to [fd00::2]:5353",
    ] {
        assert!(listing.contains(wanted), "{wanted}: {listing}");
    }
    assert_eq!(listing.matches("chain postrouting").count(), 1);
}

#[test]
fn yaml_has_it_as_a_person_writes_it() {
    let mut document = script::read(FILE).unwrap().document;
    let text = yaml::write(&document);
    assert!(
        text.contains("    firewall: |\n      table inet filter {\n      \tchain input {\n"),
        "{text}"
    );
    let namespace = document.namespace_named("red").unwrap();
    let edit = Edit::SetFirewall {
        namespace,
        ruleset: None,
    };
    let before = document.clone();
    let undo = apply(&mut document, edit).unwrap();
    assert!(!yaml::write(&document).contains("firewall"));
    apply(&mut document, undo).unwrap();
    assert_eq!(document, before);
    let wrong = "netyard: 1\nnamespaces:\n  red:\n    firewall: |\n      table ip x {\n      include \"/etc/passwd\"\n      }\n";
    let error = yaml::read(wrong).unwrap_err();
    assert_eq!((error.line, error.column), (6, 7), "{error}");
    assert!(error.message.starts_with("`include`"), "{error}");
}

#[test]
fn the_host_keeps_its_own_rules_when_a_lab_is_a_script() {
    let mut document = Document::new("");
    let ruleset = Ruleset::new("add table ip x\n").unwrap();
    let edit = Edit::SetFirewall {
        namespace: NamespaceId::HOST,
        ruleset: Some(ruleset),
    };
    apply(&mut document, edit).unwrap();
    let script = script_text(&document);
    assert!(
        script.contains("nft -f - <<'EOF'\nadd table ip x\nEOF\n") && !script.contains("flush"),
        "{script}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever a text holds, a script and YAML bring it back.
    #[test]
    fn any_text_goes_out_and_in(text in "(EOF|#|\"|'|\\$x|`|\\\\|\t| |é|\n|\\{|\\}|: |- |table ip x|;){1,40}") {
        let Ok(ruleset) = Ruleset::new(&text) else { return Ok(()) };
        let mut document = Document::new("");
        let edit = Edit::SetFirewall { namespace: NamespaceId::HOST, ruleset: Some(ruleset) };
        apply(&mut document, edit).unwrap();
        let script = script_text(&document);
        let again = script::read(&script).unwrap_or_else(|errors| panic!("{errors:#?}\n{script}"));
        prop_assert_eq!(&again.document.namespaces, &document.namespaces);
        let text = yaml::write(&document);
        let again = yaml::read(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        prop_assert_eq!(&again.namespaces, &document.namespaces, "{}", text);
    }

    #[test]
    fn no_words_make_a_reader_panic(words in prop::collection::vec(
        prop::sample::select(vec!["iptables", "ip6tables", "nft", "-A", "-I", "INPUT", "-t", "nat", "-p", "tcp", "--dport",
            "80", "1:", "-s", "10.0.0.1", "!", "-j", "DNAT", "--to-destination", "[", "-f", "-", "<<EOF\n", "\n", "'", "-m", "limit", "--limit"]), 0..40)) {
        let _any = script::read(&words.join(" "));
    }
}
