//! The formats of others: what becomes of realistic files, what is refused, and that nothing makes
//! the readers fall over.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use proptest::prelude::*;
use topology::document::Document;
use topology::import::{File, Import, Refusal};
use topology::read::{Format, ReadError, read, read_files};
use topology::{NamespaceId, Node};

const CONTAINERLAB: &str = include_str!("import/lab.clab.yml");
const COMPOSE: &str = include_str!("import/compose.yml");
const NETPLAN: &str = include_str!("import/netplan.yaml");
const MINIEDIT: &str = include_str!("import/miniedit.mn");
const GRAPHVIZ: &str = include_str!("import/graph.dot");
const MERMAID: &str = include_str!("import/flowchart.mmd");

fn file(path: &str, text: &str) -> File {
    File {
        path: path.to_owned(),
        bytes: text.as_bytes().to_vec(),
    }
}

#[test]
fn what_kathara_devices_bring_up_is_in_their_files() {
    let files = [
        file("lab.conf", "pc[0]=A\npc[1]=B\nr[0]=A\nr[1]=B\n"),
        file(
            "pc.startup",
            "/etc/init.d/networking start\nip link set eth0 multicast on\n",
        ),
        file(
            "pc/etc/network/interfaces",
            "auto lo eth0\niface lo inet loopback\niface eth0 inet static\n    address 10.0.0.2\n    netmask 255.255.255.0\n    gateway 10.0.0.1\n    up ip route add 10.9.0.0/24 via 10.0.0.1\niface eth1 inet dhcp\n",
        ),
        file("r.startup", "ifup eth0\nifup eth1\n"),
        file(
            "r/etc/network/interfaces",
            "iface eth0 inet static\n    address 10.0.0.1/24\n    bridge_ports none\niface eth1 inet6 static\n    address fd00::1\n    netmask 64\n    mtu 1400\n",
        ),
    ];
    let import = read_files(&files).unwrap_or_else(|error| panic!("{error}"));
    let document = &import.document;
    assert_eq!(addresses(document, "pc", "eth0"), ["10.0.0.2/24"]);
    assert_eq!(
        routes(document, "pc"),
        ["0.0.0.0/0 10.0.0.1", "10.9.0.0/24 10.0.0.1"]
    );
    assert_eq!(addresses(document, "r", "eth0"), ["10.0.0.1/24"]);
    assert_eq!(addresses(document, "r", "eth1"), ["fd00::1/64"]);
    assert!(says(&import.report.left_out, "r.startup:1", "bridge-ports"));
}

#[test]
fn netplan_tunnels_may_be_wireguard() {
    let text = "network:\n  version: 2\n  tunnels:\n    wg0:\n      mode: wireguard\n      addresses: [10.0.0.1/24]\n      key: 4GgaQCy68nzNsUE5aJ9fuLzHhB65tAlwbmA72MWnOm8=\n      port: 51820\n      peers:\n        - keys: {public: M9nt4YujIOmNrRmpIRTmYSfMdrpvE7u6WkG8FY8WjG4=}\n          allowed-ips: [10.0.0.2/32, 10.2.0.0/24]\n          endpoint: 192.0.2.1:51820\n          keepalive: 25\n";
    let import = taken("wg.yaml", text, Format::Netplan);
    let written = topology::yaml::write(&import.document);
    for said in [
        "M9nt4YujIOmNrRmpIRTmYSfMdrpvE7u6WkG8FY8WjG4=",
        "10.2.0.0/24",
        "192.0.2.1:51820",
        "51820",
    ] {
        assert!(written.contains(said), "{said}: {written}");
    }
    let file_key = text.replace("4GgaQCy68nzNsUE5aJ9fuLzHhB65tAlwbmA72MWnOm8=", "/etc/key");
    let import = taken("wg.yaml", &file_key, Format::Netplan);
    assert!(says(&import.report.left_out, "wg.yaml:", "/etc/key"));
}

#[test]
fn netplan_vlans_may_stand_on_later_ones() {
    let text = "network:\n  version: 2\n  ethernets: {ens3: {}}\n  vlans:\n    outer: {id: 10, link: inner, addresses: [10.1.0.1/24]}\n    inner: {id: 20, link: ens3}\n";
    let import = taken("vlans.yaml", text, Format::Netplan);
    let wanted = ["10.1.0.1/24"];
    assert_eq!(addresses(&import.document, "machine", "outer"), wanted);
    // One that stands on itself is no endless search.
    let round = text.replace("link: ens3", "link: outer");
    let reason = "there is no interface inner";
    let found = refusals(&round);
    assert!(
        found.iter().any(|r| r.to_string().contains(reason)),
        "{found:?}"
    );
}

fn kathara() -> Vec<File> {
    vec![
        file("lab/lab.conf", include_str!("import/kathara/lab.conf")),
        file(
            "lab/pc1.startup",
            include_str!("import/kathara/pc1.startup"),
        ),
        file(
            "lab/pc1/etc/more.sh",
            include_str!("import/kathara/pc1/etc/more.sh"),
        ),
        file(
            "lab/pc2.startup",
            include_str!("import/kathara/pc2.startup"),
        ),
        file(
            "lab/pc3.startup",
            include_str!("import/kathara/pc3.startup"),
        ),
        file("lab/r1.startup", include_str!("import/kathara/r1.startup")),
        file(
            "lab/shared.startup",
            include_str!("import/kathara/shared.startup"),
        ),
    ]
}

fn taken(path: &str, text: &str, format: Format) -> Import {
    let import = read_files(&[file(path, text)]).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(import.report.format, format);
    import.document.validate().unwrap();
    import
}

/// Whether some remark stands at a place and speaks of something.
fn says(remarks: &[topology::import::Remark], place: &str, of: &str) -> bool {
    let mut all = remarks.iter().map(ToString::to_string);
    all.any(|text| text.starts_with(place) && text.contains(of))
}

fn addresses(document: &Document, namespace: &str, interface: &str) -> Vec<String> {
    let id = document.namespace_named(namespace).unwrap();
    let interface = document.interface_named(id, interface).unwrap();
    let found = &document.interfaces[&interface];
    found.addresses.iter().map(ToString::to_string).collect()
}

fn routes(document: &Document, namespace: &str) -> Vec<String> {
    let id = document.namespace_named(namespace).unwrap();
    let routes = document.namespaces[&id].routes.iter();
    let gateway = |route: &topology::document::Route| route.gateway.map(|g| g.to_string());
    routes
        .map(|route| {
            format!(
                "{} {}",
                route.destination,
                gateway(route).unwrap_or_default()
            )
        })
        .collect()
}

/// The node on the other side of the link of an interface.
fn beyond(document: &Document, namespace: &str, interface: &str) -> Node {
    let id = document.namespace_named(namespace).unwrap();
    let own = document.interface_named(id, interface).unwrap();
    let peer = document.interfaces[&own].peer().unwrap();
    document.node_of(peer).unwrap()
}

#[test]
fn containerlab_is_read() {
    let import = taken("lab.clab.yml", CONTAINERLAB, Format::Containerlab);
    let document = &import.document;
    assert_eq!(document.title, "two-sites");
    let names: Vec<_> = document
        .namespaces
        .values()
        .map(|ns| ns.name.as_str())
        .collect();
    assert_eq!(names, ["host", "r1", "leaf", "a-server-with-a"]);
    assert_eq!(addresses(document, "r1", "eth1"), ["10.0.0.1/30"]);
    assert_eq!(addresses(document, "leaf", "ethernet-1-1"), ["10.0.0.2/30"]);
    assert_eq!(routes(document, "r1"), ["192.168.2.0/24 10.0.0.2"]);
    assert_eq!(
        routes(document, "a-server-with-a"),
        ["0.0.0.0/0 192.168.1.1"]
    );
    let bridge = document.interface_named(NamespaceId::HOST, "br1").unwrap();
    assert_eq!(beyond(document, "r1", "eth2"), Node::Bridge(bridge));
    assert_eq!(
        beyond(document, "a-server-with-a", "eth1"),
        Node::Bridge(bridge)
    );
    assert!(
        document
            .interface_named(NamespaceId::HOST, "leaf-9")
            .is_some()
    );
    let leaf = document.namespace_named("leaf").unwrap();
    assert!(document.interface_named(leaf, "lb0").is_some());
    let report = &import.report;
    let place = "lab.clab.yml:18: ";
    assert!(says(&report.changed, place, "nokia_srlinux"), "{report}");
    assert!(says(&report.left_out, place, "startup-config"), "{report}");
    assert!(says(&report.left_out, place, "172.20.20.11"), "{report}");
    // As containerlab goes on after a command that fails.
    assert!(
        says(&report.left_out, "lab.clab.yml:27: ", "eth9"),
        "{report}"
    );
    assert!(
        says(&report.left_out, "lab.clab.yml:48: ", "macvlan"),
        "{report}"
    );
    let offered: Vec<_> = report.offered.iter().map(ToString::to_string).collect();
    let wanted = "lab.clab.yml:28: a-server-with-a can ping 192.168.1.1";
    assert_eq!(offered, [wanted]);
}

#[test]
fn kathara_is_read_from_a_folder_and_from_a_zip() {
    let import = read_files(&kathara()).unwrap_or_else(|error| panic!("{error}"));
    let document = &import.document;
    assert_eq!(document.title, "Three hosts");
    assert_eq!(addresses(document, "pc1", "eth0"), ["10.0.0.1/24"]);
    // By the file of its own that its script runs.
    let wanted = ["0.0.0.0/0 10.0.0.254", "10.9.0.0/16 10.0.0.9"];
    assert_eq!(routes(document, "pc1"), wanted);
    // Three ends are a bridge, two a link.
    let bridge = document.interface_named(NamespaceId::HOST, "A").unwrap();
    assert_eq!(beyond(document, "pc1", "eth0"), Node::Bridge(bridge));
    let pc3 = document.namespace_named("pc3").unwrap();
    assert_eq!(beyond(document, "r1", "eth1"), Node::Namespace(pc3));
    let router = document.namespace_named("r1").unwrap();
    assert!(document.namespaces[&router].forwarding.ipv6);
    let report = &import.report;
    assert!(
        says(&report.left_out, "lab/pc2.startup:2: ", "eth7"),
        "{report}"
    );
    assert!(
        says(&report.left_out, "lab/r1.startup:6: ", "systemctl"),
        "{report}"
    );
    assert!(
        says(&report.left_out, "lab/lab.conf:12: ", "bridged"),
        "{report}"
    );
    assert_eq!(
        report.offered[0].to_string(),
        "lab/pc1.startup:5: pc1 can ping 10.1.0.1"
    );

    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for file in kathara() {
        let options = zip::write::SimpleFileOptions::default();
        zip.start_file(&file.path, options).unwrap();
        std::io::Write::write_all(&mut zip, &file.bytes).unwrap();
    }
    let zipped = File {
        path: "lab.zip".to_owned(),
        bytes: zip.finish().unwrap().into_inner(),
    };
    assert_eq!(read_files(&[zipped]).unwrap(), import);
}

#[test]
fn compose_is_read() {
    let import = taken("compose.yml", COMPOSE, Format::Compose);
    let document = &import.document;
    // By the names of the networks, as Compose plugs them in.
    assert_eq!(addresses(document, "web", "eth0"), ["10.5.0.1/24"]);
    assert_eq!(addresses(document, "web", "eth1"), ["172.18.0.2/16"]);
    assert_eq!(addresses(document, "db", "eth0"), ["10.5.0.10/24"]);
    assert_eq!(addresses(document, "worker-3", "eth0"), ["10.5.0.4/24"]);
    assert_eq!(addresses(document, "plain", "eth0"), ["172.19.0.2/16"]);
    assert_eq!(addresses(document, "host", "back"), ["10.5.0.254/24"]);
    assert_eq!(routes(document, "web"), ["0.0.0.0/0 172.18.0.1"]);
    // Internal.
    assert!(routes(document, "db").is_empty());
    assert!(document.namespace_named("side").is_none());
    let report = &import.report;
    assert!(
        says(&report.changed, "compose.yml:31: ", "172.18.0.0/16"),
        "{report}"
    );
    assert!(
        says(&report.left_out, "compose.yml:8: ", "ports"),
        "{report}"
    );
    assert!(
        says(&report.left_out, "compose.yml:24: ", "somaxconn"),
        "{report}"
    );
}

#[test]
fn compose_files_include_and_extend_others() {
    let main = file(
        "project/compose.yaml",
        "include:\n  - path: db/compose.yaml\nservices:\n  web:\n    extends: base\n    networks:\n      front:\n        ipv4_address: 10.1.0.9\n  base:\n    extends:\n      file: ../common.yaml\n      service: any\n    networks: [front]\nnetworks:\n  front:\n    ipam:\n      config: [{subnet: 10.1.0.0/24}]\n",
    );
    let others = [
        file(
            "common.yaml",
            "services:\n  any:\n    sysctls: [net.ipv4.conf.all.rp_filter=2]\n    networks: [back]\n",
        ),
        file(
            "project/db/compose.yaml",
            "services:\n  db:\n    networks: [back]\nnetworks:\n  back:\n    ipam:\n      config: [{subnet: 10.2.0.0/24}]\n",
        ),
        file("project/README", "no lab"),
    ];
    let wanted = topology::read::wanted(&main, &[]);
    assert_eq!(wanted, ["../common.yaml", "db/compose.yaml"]);
    let import =
        topology::read::read_beside(&main, &others).unwrap_or_else(|error| panic!("{error}"));
    let document = &import.document;
    // Sorted by name: `back` is the first interface, of the service that is extended.
    assert_eq!(addresses(document, "web", "eth0"), ["10.2.0.2/24"]);
    assert_eq!(addresses(document, "web", "eth1"), ["10.1.0.9/24"]);
    assert_eq!(addresses(document, "base", "eth0"), ["10.2.0.3/24"]);
    assert_eq!(addresses(document, "db", "eth0"), ["10.2.0.4/24"]);
    let web = document.namespace_named("web").unwrap();
    assert!(!document.namespaces[&web].sysctls.is_empty());

    let alone = topology::read::read_beside(&main, &[])
        .unwrap_err()
        .to_string();
    assert!(
        alone.contains("`../common.yaml` is not known here"),
        "{alone}"
    );
    let circle = "services:\n  a:\n    extends: b\n  b:\n    extends: a\n";
    let error = read(circle).unwrap_err().to_string();
    assert!(error.contains("too many others"), "{error}");
}

#[test]
fn netplan_is_read() {
    let import = taken("01.yaml", NETPLAN, Format::Netplan);
    let document = &import.document;
    let wanted = ["192.168.1.5/24", "2001:db8::5/64"];
    assert_eq!(addresses(document, "machine", "eth7"), wanted);
    let machine = document.namespace_named("machine").unwrap();
    let master = |name: &str| {
        let id = document.interface_named(machine, name).unwrap();
        let master = document.interfaces[&id].master.unwrap();
        document.interfaces[&master].name.to_string()
    };
    assert_eq!(master("eno2"), "bond0");
    assert_eq!(master("vlan15"), "br0");
    assert_eq!(master("eno1"), "mgmt");
    let lan = document
        .interface_named(NamespaceId::HOST, "lan-eth7")
        .unwrap();
    assert_eq!(beyond(document, "machine", "eth7"), Node::Bridge(lan));
    assert_eq!(document.namespaces[&machine].rules.len(), 1);
    assert_eq!(document.namespaces[&machine].routes.len(), 3);
    assert!(
        says(&import.report.left_out, "01.yaml:5: ", "DHCP"),
        "{}",
        import.report
    );
}

#[test]
fn miniedit_is_read_with_its_positions() {
    let import = taken("a.mn", MINIEDIT, Format::Miniedit);
    let document = &import.document;
    assert_eq!(addresses(document, "h1", "h1-eth0"), ["10.0.0.1/24"]);
    assert_eq!(addresses(document, "h2", "h2-eth0"), ["10.0.0.2/8"]);
    assert_eq!(addresses(document, "h2", "h2-eth0.9"), ["10.9.0.2/24"]);
    assert_eq!(document.positions.len(), 4);
    let h1 = document.namespace_named("h1").unwrap();
    let interface = document.interface_named(h1, "h1-eth0").unwrap();
    assert!(document.interfaces[&interface].quality.is_some());
    let router = document.namespace_named("r1").unwrap();
    assert!(document.namespaces[&router].forwarding.ipv4);
    assert_eq!(import.report.offered[0].sentence, "h1 can ping 10.0.0.2");
}

#[test]
fn graphs_are_read() {
    let import = taken("g.dot", GRAPHVIZ, Format::Graphviz);
    let document = &import.document;
    assert_eq!(document.title, "my net");
    assert_eq!(addresses(document, "Router-1", "eth0"), ["10.1.2.1/24"]);
    assert_eq!(addresses(document, "r2", "eth0"), ["10.1.2.2/24"]);
    let bridge = document.interface_named(NamespaceId::HOST, "sw1").unwrap();
    assert_eq!(beyond(document, "h3", "eth0"), Node::Bridge(bridge));
    assert!(
        says(&import.report.left_out, "g.dot:8: ", "itself"),
        "{}",
        import.report
    );

    let import = taken("", MERMAID, Format::Mermaid);
    let document = &import.document;
    let names: Vec<_> = document
        .namespaces
        .values()
        .map(|ns| ns.name.as_str())
        .collect();
    assert_eq!(names, ["host", "Client", "Router", "D", "E", "web-1", "G"]);
    assert!(
        document
            .interface_named(NamespaceId::HOST, "Switch-core")
            .is_some()
    );
    assert_eq!(document.links().count(), 8);
}

#[test]
fn an_edge_of_a_graph_may_name_its_interfaces() {
    let text = "graph wires {\n\
        \"leaf01\":\"swp51\" -- \"spine01\":\"swp1\" [label=\"10.0.1.0/24\"]\n\
        leaf01:eth0:n -- mgmt_switch:p1;\n\
        leaf01 -- spine01:s;\n\
        spine01 -- far\n}\n";
    let document = taken("g.dot", text, Format::Graphviz).document;
    assert_eq!(addresses(&document, "leaf01", "swp51"), ["10.0.1.1/24"]);
    assert_eq!(addresses(&document, "spine01", "swp1"), ["10.0.1.2/24"]);
    assert_eq!(addresses(&document, "leaf01", "eth0"), ["10.0.0.1/24"]);
    // A side of the drawing is no interface, and what an edge says for itself is not proposed.
    assert_eq!(addresses(&document, "leaf01", "eth1"), ["10.0.2.1/24"]);
    assert_eq!(addresses(&document, "spine01", "eth1"), ["10.0.3.1/24"]);
}

#[test]
fn what_the_labels_of_a_graph_say_of_addresses_is_taken() {
    let text = "digraph {\n\
        r1 [label=\"r1\\nlo: 10.9.9.1/32\\neth1: 10.0.5.1/24\"];\n\
        r1 -> r2 [taillabel=\"eth7: 10.1.0.1/30\", headlabel=\"10.1.0.2/30\"];\n\
        r1 -> h1 [taillabel=\"eth1\"];\n\
        r2 -> h2 [label=\"10.0.0.1/31 - 10.0.0.0/31\"];\n\
        sw1 [label=\"switch\\n192.168.0.0/24\"];\n\
        h1 -> sw1 [label=\"192.168.0.1/24\"];\n\
        h2 -> sw1; h3 -> sw1 [headlabel=\"port 3\"];\n\
        h3 [label=\"fd00::3/64 10.7.7.7/24\"];\n\
        h4 -> h5 [label=\"fd01::/64\\r10.6.0.0/24\"]; h5 -> h6 [label=\"10.8.0.1/24\"]; h6 -> h7\n\
        hub2 [label=\"hub 10.77.0.0/24\"]; h8 -> hub2; hub2 -> h9\n}\n";
    let import = taken("g.dot", text, Format::Graphviz);
    let document = &import.document;
    let have = |namespace, interface| addresses(document, namespace, interface);
    assert_eq!(have("r1", "lo"), ["10.9.9.1/32"]);
    assert_eq!(have("r1", "eth7"), ["10.1.0.1/30"]);
    assert_eq!(have("r2", "eth0"), ["10.1.0.2/30"]);
    // The other end of a link of which one is said is in its network.
    assert_eq!(have("r1", "eth1"), ["10.0.5.1/24"]);
    assert_eq!(have("h1", "eth0"), ["10.0.5.2/24"]);
    assert_eq!(have("r2", "eth1"), ["10.0.0.1/31"]);
    assert_eq!(have("h2", "eth0"), ["10.0.0.0/31"]);
    // What is said of one is proposed to no other.
    assert_eq!(have("h1", "eth1"), ["192.168.0.1/24"]);
    assert_eq!(have("h2", "eth1"), ["192.168.0.2/24"]);
    assert_eq!(have("h3", "eth0"), ["fd00::3/64", "10.7.7.7/24"]);
    assert_eq!(have("h4", "eth0"), ["fd01::1/64"]);
    assert_eq!(have("h5", "eth0"), ["fd01::2/64"]);
    assert_eq!(have("h5", "eth1"), ["10.8.0.1/24"]);
    assert_eq!(have("h7", "eth0"), ["10.0.1.2/24"]);
    // By the label of the bridge.
    assert_eq!(have("h8", "eth0"), ["10.77.0.1/24"]);
    assert_eq!(have("h9", "eth0"), ["10.77.0.2/24"]);
    let report = &import.report;
    assert!(says(&report.left_out, "g.dot:8: ", "port 3"), "{report}");
    assert!(
        says(&report.left_out, "g.dot:10: ", "10.8.0.1/24"),
        "{report}"
    );
    assert!(
        says(&report.left_out, "g.dot:10: ", "10.6.0.0/24"),
        "{report}"
    );
    assert!(
        says(&report.changed, "g.dot:3: ", "9 addresses"),
        "{report}"
    );

    let text = "flowchart LR\n a[\"a<br/>eth0: 10.2.0.5/24\"] -->|10.2.0.0/24| b\n \
        b ---|10.3.0.1/30 10.3.0.2/30| c\n c --- d[10.4.0.9/24]\n";
    let import = taken("", text, Format::Mermaid);
    let document = &import.document;
    let have = |namespace, interface| addresses(document, namespace, interface);
    assert_eq!(have("a", "eth0"), ["10.2.0.5/24"]);
    assert_eq!(have("b", "eth0"), ["10.2.0.1/24"]);
    assert_eq!(have("b", "eth1"), ["10.3.0.1/30"]);
    assert_eq!(have("c", "eth0"), ["10.3.0.2/30"]);
    assert_eq!(have("d", "eth0"), ["10.4.0.9/24"]);
    assert_eq!(have("c", "eth1"), ["10.4.0.1/24"]);
}

#[test]
fn what_flowcharts_may_say_on_several_lines_is_read() {
    let text = "%%{init: {\n  \"theme\": \"base\"\n} }%%\nflowchart LR\n  accDescr {\n    a -> b\n  }\n\
        a[\"`first\n  line`\"] e1@--> b@{ shape: rect,\n label: \"web\\nserver\" }\n\
        e1@{ animate: true }\n  c[\"db\\n10.0.0.9\"] ---\n b -->|two\n lines| c\n";
    let document = taken("", text, Format::Mermaid).document;
    let names: Vec<_> = document
        .namespaces
        .values()
        .map(|namespace| namespace.name.as_str())
        .collect();
    assert_eq!(names, ["host", "first", "web", "db"]);
    assert_eq!(document.links().count(), 3);
}

#[test]
fn the_default_network_of_compose_may_be_named() {
    let text = "services:\n  a:\n    networks: [default]\n  b:\n    networks:\n      default: {ipv4_address: 172.18.0.9}\n";
    let document = taken("compose.yaml", text, Format::Compose).document;
    assert_eq!(addresses(&document, "a", "eth0"), ["172.18.0.2/16"]);
    assert_eq!(addresses(&document, "b", "eth0"), ["172.18.0.9/16"]);
}

/// As `.gitlab-ci.yml` shows, not every file that includes others is one of Compose.
#[test]
fn a_file_that_only_includes_others_is_of_compose() {
    let main = file(
        "compose.yaml",
        "name: all\ninclude:\n  - web.yaml\nnetworks:\n  back: {}\n",
    );
    let web = file("web.yaml", "services:\n  web: {}\n");
    let import = topology::read::read_beside(&main, &[web]).unwrap();
    assert_eq!(import.report.format, Format::Compose);
    assert!(import.document.namespace_named("web").is_some());
    let other = "include:\n  - web.yaml\nstages: [build]\n";
    let error = read_files(&[file("ci.yaml", other)])
        .unwrap_err()
        .to_string();
    assert!(error.contains("no lab that is read"), "{error}");
}

#[test]
fn what_is_no_text_is_said_with_its_line() {
    let utf16: Vec<u8> = "\u{feff}ip netns add a\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let cases: [(&str, &[u8], &str); 5] = [
        ("a.sh", &utf16, "a.sh: it is text in UTF-16"),
        ("a.sh", b"\x7fELF\x02\x01\0\0", "a.sh: it is no text"),
        (
            "a.sh",
            b"ip netns add a\n# gr\xfcn\n",
            "a.sh:2: it is no UTF-8 text",
        ),
        (
            "x/lab.conf",
            b"a[0]=A\n\n# gr\xfcn\n",
            "x/lab.conf: line 3: it is no UTF-8 text",
        ),
        (
            "lab.zip",
            b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
            "lab.zip: there is no file in it",
        ),
    ];
    for (path, bytes, wanted) in cases {
        let file = File {
            path: path.to_owned(),
            bytes: bytes.to_vec(),
        };
        let error = read_files(&[file]).unwrap_err().to_string();
        assert!(error.starts_with(wanted), "{error}");
    }
}

/// A few lines that stand for billions.
#[test]
fn what_aliases_would_blow_up_is_refused_at_once() {
    let mut text = "services:\n  a: {}\nx-0: &x0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..10 {
        let below = vec![format!("*x{}", level - 1); 9].join(", ");
        text.push_str(&format!("x-{level}: &x{level} [{below}]\n"));
    }
    let found = refusals(&text);
    assert!(found[0].reason.contains("aliases"), "{found:?}");
}

fn refusals(text: &str) -> Vec<Refusal> {
    match read_files(&[file("f", text)]) {
        Err(ReadError::Import(_, refusals)) => refusals,
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn what_cannot_be_taken_is_refused_at_its_line() {
    let cases = [
        (
            "topology:\n  nodes:\n    a: {kind: linux}\n  links:\n    - endpoints: [\"a:e1\", \"b:e1\"]\n",
            5,
            "no node `b`",
        ),
        ("topology:\n  nodes:\n    a: !include other.yml\n", 3, "tag"),
        (
            "topology:\n  nodes:\n    a:\n      exec:\n        - ip xfrm state add src 10.0.0.1\n",
            5,
            "not supported",
        ),
        ("services:\n  a:\n    extends: {service: b}\n", 3, "extends"),
        (
            "services:\n  a:\n    networks: [nowhere]\n",
            3,
            "no such network",
        ),
        ("services:\n  a: {scale: 100000}\n", 2, "replicas"),
        (
            "services:\n  a:\n    image: ${IMAGE:?say it}\n",
            3,
            "demands",
        ),
        ("network:\n  version: 1\n", 2, "version"),
        (
            "network:\n  version: 2\n  bridges:\n    br0:\n      interfaces: [eth0]\n",
            5,
            "no interface",
        ),
        ("pc1[0]=A\npc1[0]=B\n", 2, "already"),
        ("graph {\n a -- b\n", 3, "not closed"),
        ("flowchart LR\n  a --> [b\n", 2, "node is expected"),
        (
            "---\ntitle: x\n---\nsequenceDiagram\n  A->>B: hi\n",
            4,
            "only flowcharts",
        ),
        ("flowchart LR\n  a[\"b] --> c\n  d\n", 2, "not closed"),
    ];
    for (text, line, reason) in cases {
        let found = refusals(text);
        let is_so = |refusal: &Refusal| {
            let text = refusal.to_string();
            text.starts_with("f:") && refusal.line == line && text.contains(reason)
        };
        assert!(found.iter().any(is_so), "{text}: {found:#?}");
    }
}

#[test]
fn a_zip_that_is_not_what_it_says_is_refused() {
    for bytes in [
        &b"PK\x03\x04"[..],
        b"PK\x03\x04garbage that is no zip at all",
    ] {
        let zip = File {
            path: "lab.zip".to_owned(),
            bytes: bytes.to_vec(),
        };
        assert!(matches!(read_files(&[zip]), Err(ReadError::Archive(_))));
    }
}

#[test]
fn scripts_offer_what_they_ping() {
    let text = "ip netns add red\nip link add va type veth peer name vb netns red\n\
                ip address add 10.0.0.1/24 dev va\nip link set va up\n\
                ip -n red address add 10.0.0.2/24 dev vb\nip -n red link set vb up\n\
                ping -c1 -W 1 10.0.0.2\n! ip netns exec red ping -c 1 10.0.0.1\nping -c1 8.8.8.8\n";
    let mut import = read(text).unwrap();
    let offered: Vec<_> = import
        .report
        .offered
        .iter()
        .map(|o| o.sentence.as_str())
        .collect();
    assert_eq!(
        offered,
        ["host can ping 10.0.0.2", "red cannot ping 10.0.0.1"]
    );
    import.take_offers();
    assert_eq!(import.document.expectations.len(), 2);
    import.document.validate().unwrap();
}

/// A realistic text with a part of it put elsewhere, doubled or cut out.
fn mangled() -> impl Strategy<Value = Vec<File>> {
    let texts = [
        ("a", CONTAINERLAB),
        ("b", COMPOSE),
        ("c", NETPLAN),
        ("d", MINIEDIT),
        ("e", GRAPHVIZ),
        ("f", MERMAID),
    ];
    let texts = texts.map(|(path, text)| vec![file(path, text)]);
    let all: Vec<_> = texts.into_iter().chain([kathara()]).collect();
    let places = any::<[prop::sample::Index; 4]>();
    (prop::sample::select(all), places, ".{0,6}", 0..4_u8).prop_map(|(mut files, at, new, how)| {
        let index = at[3].index(files.len());
        let bytes = &mut files[index].bytes;
        let mut cuts = [at[0], at[1], at[2]].map(|index| index.index(bytes.len()));
        cuts.sort_unstable();
        let part = bytes[cuts[0]..cuts[1]].to_vec();
        match how {
            0 => drop(bytes.drain(cuts[0]..cuts[1])),
            1 => drop(bytes.splice(cuts[2]..cuts[2], part)),
            2 => drop(bytes.splice(cuts[0]..cuts[1], new.into_bytes())),
            _ => drop(bytes.splice(cuts[0]..cuts[0], new.into_bytes())),
        }
        files
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn mangled_files_are_read_or_refused(files in mangled()) {
        if let Ok(import) = read_files(&files) {
            prop_assert!(import.document.validate().is_ok());
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(
        begin in prop::sample::select(vec![
            "", "topology:\n", "services:\n", "network:\n", "graph {", "flowchart LR\n",
            "{\"hosts\":[],\"switches\":[],\"links\":", "a[0]=", "PK\u{3}\u{4}",
        ]),
        bytes in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let mut all = begin.as_bytes().to_vec();
        all.extend(bytes);
        let _read = read_files(&[File { path: String::new(), bytes: all }]);
    }
}
