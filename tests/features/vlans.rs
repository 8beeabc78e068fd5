//! VLANs on one bridge.

use support::{example, netyard};

/// Who of the example reaches whom.
pub(crate) fn of_one_bridge() {
    let lab = example("vlans.yaml");
    // A shell of the host sees the names of namespaces.
    let script = "
        try() { ip netns exec $1 ping -c 1 -W $3 $2 >/dev/null && echo $1 $2; }
        try anna 10.0.0.2 10; try carl 10.0.0.4 10; try anna 10.0.0.9 10
        try anna 10.0.0.3 1; try dora 10.0.0.2 1; try carl 10.0.0.9 1
        bridge vlan show dev to-anna >&2
        bridge vlan del dev to-ben vid 10; bridge vlan add dev to-ben vid 20 pvid untagged
        try ben 10.0.0.3 10; try ben 10.0.0.1 1
        true
    ";
    let output = netyard(&["run", &lab, "--in", "host", "--", "sh", "-c", script])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    let reached: Vec<_> = text.lines().collect();
    let expected = [
        "anna 10.0.0.2",
        "carl 10.0.0.4",
        "anna 10.0.0.9",
        "ben 10.0.0.3",
    ];
    assert_eq!(reached, expected, "{errors}");
}

/// What the example expects is so.
pub(crate) fn holds() {
    let output = support::netyard(&["test", &support::example("vlans.yaml")])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}");
}
