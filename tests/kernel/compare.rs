//! The same lab, made by Netyard and by `ip` itself: the kernel shows the same.

use std::process::Command;

use serde_json::Value;
use support::{example, netyard, text_file};

/// Prints, for host and each namespace by name, its links with addresses, its routes and
/// whether it forwards, as JSON.
const DUMP: &str = r#"
names=$(ip netns list | cut -d' ' -f1 | sort)
# The kernel takes its time to find out about carriers and duplicate addresses.
sleep 1
for i in $(seq 80); do
    { ip addr; for ns in $names; do ip -n "$ns" addr; done; } | grep -q tentative || break
    sleep 0.1
done
dump() { printf '%s\n' "$1"; shift; "$@" -j -d addr; echo; "$@" -j route; echo; "$@" -j -6 route; echo; }
dump host ip
cat /proc/sys/net/ipv4/ip_forward
for ns in $names; do
    dump "$ns" ip -n "$ns"
    ip netns exec "$ns" cat /proc/sys/net/ipv4/ip_forward
done
if command -v nft >/dev/null; then
    nft -s list ruleset
    for ns in $names; do echo "$ns"; ip netns exec "$ns" nft -s list ruleset; done
fi
"#;

/// What differs from one run to the next (addresses drawn at random, indexes, counters, times), and
/// the number of queues, of which Netyard makes one where `ip` makes one for each processor.
const RANDOM: [&str; 16] = [
    "num_tx_queues",
    "num_rx_queues",
    "address",
    "broadcast_mac",
    "ifindex",
    "link_index",
    "link_netnsid",
    "link",
    "txqlen",
    "gc_timer",
    "hello_timer",
    "tcn_timer",
    "topology_change_timer",
    "bridge_id",
    "root_id",
    "designated_bridge",
];

/// What bridges have told each other by the spanning tree protocol so far.
const STP_STATE: [&str; 10] = [
    "state",
    "config_pending",
    "topology_change",
    "topology_change_ack",
    "topology_change_detected",
    "designated_cost",
    "designated_port",
    "designated_root",
    "root_path_cost",
    "root_port",
];

fn plain(mut value: Value) -> Value {
    match &mut value {
        Value::Array(items) => {
            let mut items: Vec<_> = std::mem::take(items).into_iter().map(plain).collect();
            // Tunnels that kernel modules put into every namespace are not the lab's.
            items.retain(|item| !is_kernels_own(item));
            items.sort_by_key(ToString::to_string);
            Value::Array(items)
        }
        Value::Object(fields) => {
            fields.retain(|name, value| {
                let is_link_local = value.as_str().is_some_and(|text| text.starts_with("fe80"));
                let is_random =
                    RANDOM.contains(&name.as_str()) || STP_STATE.contains(&name.as_str());
                !is_random && !name.ends_with("_timer") && !is_link_local
            });
            let fields = std::mem::take(fields);
            Value::Object(
                fields
                    .into_iter()
                    .map(|(name, value)| (name, plain(value)))
                    .collect(),
            )
        }
        _ => value,
    }
}

fn is_kernels_own(item: &Value) -> bool {
    let tunnels = [
        "sit0", "tunl0", "gre0", "gretap0", "erspan0", "ip6tnl0", "ip6gre0", "ip_vti0", "ip6_vti0",
    ];
    let is_tunnel = item["ifname"]
        .as_str()
        .is_some_and(|name| tunnels.contains(&name));
    // A link-local address comes when duplicate address detection lets it.
    let is_link_local = item["family"] == "inet6" && item["scope"] == "link";
    let is_link_local_route = item["dst"]
        .as_str()
        .is_some_and(|to| to.starts_with("fe80"));
    is_tunnel || is_link_local || is_link_local_route
}

fn parse(text: &str) -> Vec<Value> {
    let line = |line: &str| match serde_json::from_str::<Value>(line) {
        Ok(value) => plain(value),
        Err(_) => Value::String(line.to_owned()),
    };
    text.lines()
        .filter(|text| !text.trim().is_empty())
        .map(line)
        .collect()
}

/// As root of a clean machine would: a fresh sandbox by `unshare`, names in a /run of its own.
pub(crate) fn by_ip(script: &str) -> Vec<Value> {
    let script = text_file(script);
    let dump = text_file(DUMP);
    let inside = format!(
        "mount -t tmpfs none /run && mount -t sysfs none /sys && sh -e {} >/dev/null && sh {}",
        script.path().display(),
        dump.path().display()
    );
    let output = Command::new("unshare")
        .args([
            "--user",
            "--map-root-user",
            "--net",
            "--mount",
            "--pid",
            "--fork",
            "--kill-child",
        ])
        .args(["--mount-proc", "sh", "-e", "-c", &inside])
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{errors}\n{}",
        std::fs::read_to_string(script.path()).unwrap()
    );
    parse(&String::from_utf8_lossy(&output.stdout))
}

pub(crate) fn by_netyard(file: &str) -> Vec<Value> {
    let dump = text_file(DUMP);
    let path = dump.path().to_str().unwrap();
    let output = netyard(&["run", file, "--", "sh", path]).output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    parse(&String::from_utf8_lossy(&output.stdout))
}

fn convert(file: &str, to: &str) -> String {
    let output = netyard(&["convert", file, "--to", to]).output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

/// Says where two dumps first differ, not all that they hold.
pub(crate) fn assert_same(one: &[Value], other: &[Value], what: &str) {
    assert_eq!(one.len(), other.len(), "{what}: {one:#?} and {other:#?}");
    for (one, other) in one.iter().zip(other) {
        let (Value::Array(ones), Value::Array(others)) = (one, other) else {
            assert_eq!(one, other, "{what}");
            continue;
        };
        assert_eq!(ones.len(), others.len(), "{what}: {ones:?} and {others:?}");
        for (one, other) in ones.iter().zip(others) {
            assert_eq!(one, other, "{what}");
        }
    }
}

#[test]
fn the_articles_script_makes_the_same_lab_in_netyard_and_by_ip() {
    let article = example("article.sh");
    // What only looks would print into the dump, or fail where a ping does: it is left out.
    let text = std::fs::read_to_string(&article).unwrap();
    let acts = |line: &&str| ["add", " set "].iter().any(|word| line.contains(word));
    let script: String = text
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'))
        .filter(acts)
        .map(|line| line.replace("sudo ", "") + "\n")
        .collect();
    assert_same(&by_netyard(&article), &by_ip(&script), "the article");
}

#[test]
fn every_example_makes_the_same_lab_by_its_own_script() {
    for name in [
        "article.yaml",
        "bridged.yaml",
        "router.yaml",
        "loop.yaml",
        "vxlan.yaml",
        "firewall.yaml",
        "nat.yaml",
    ] {
        let file = example(name);
        assert_same(&by_netyard(&file), &by_ip(&convert(&file, "ip")), name);
    }
}

#[test]
fn yaml_and_script_convert_into_each_other() {
    let article = example("article.sh");
    let yaml = convert(&article, "yaml");
    let yaml_file = text_file(&yaml);
    let script = convert(yaml_file.path().to_str().unwrap(), "ip");
    let script_file = text_file(&script);
    let again = convert(script_file.path().to_str().unwrap(), "yaml");
    let without_layout = |text: &str| text.split("\nlayout:").next().unwrap().to_owned();
    assert_eq!(without_layout(&again), without_layout(&yaml));
    assert_same(&by_netyard(&article), &by_ip(&script), "the article");
}
