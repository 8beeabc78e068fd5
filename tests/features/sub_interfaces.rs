//! 802.1Q on a cable.

use support::{netyard, text_file};

/// One VLAN on a cable with two.
const LAB: &str = "
netyard: 1
namespaces:
  red:
    interfaces:
      v5: {type: vlan, link: eth0, id: 5, addresses: [10.5.0.1/24]}
      v6: {type: vlan, link: eth0, id: 6, addresses: [10.6.0.1/24]}
  blue:
    interfaces:
      v5: {type: vlan, link: eth0, id: 5, addresses: [10.5.0.2/24]}
      v7: {type: vlan, link: eth0, id: 7, addresses: [10.6.0.2/24]}
links:
  - red/eth0: {}
    blue/eth0: {}
";

pub(crate) fn of_one_tag() {
    let lab = text_file(LAB);
    let path = lab.path().to_str().unwrap();
    let script = "ping -c 2 -i 0.2 -W 5 10.5.0.2 >&2 && echo reached
        ping -c 1 -W 1 10.6.0.2 >&2 || echo not reached";
    let output = netyard(&["run", path, "--in", "red", "--", "sh", "-c", script])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(text.trim(), "reached\nnot reached", "{errors}");
}
