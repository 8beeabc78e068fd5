//! The labs with firewalls let through what they say, and nothing else; and what is refused is told
//! with its place.

use std::env;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use support::{example, netyard, text_file};

/// Says to this program that it is a peer in a lab: `listen PORT` or `connect ADDRESS:PORT`.
pub(crate) const ROLE: &str = "NETYARD_TEST_PEER";
/// How long nothing is waited for.
const PATIENCE: Duration = Duration::from_millis(800);

/// What a peer does; `sh` starts this test alone, in a namespace of a lab, to have one.
#[test]
fn peer() {
    let Ok(role) = env::var(ROLE) else { return };
    match role.split_once(' ').unwrap() {
        ("listen", port) => {
            let address = format!("0.0.0.0:{port}");
            for stream in TcpListener::bind(address).unwrap().incoming() {
                let mut stream = stream.unwrap();
                let from = stream.peer_addr().unwrap().ip();
                // One who has gone does not read it.
                let _ = stream.write_all(format!("{from}\n").as_bytes());
            }
        }
        ("connect", to) => {
            let to: SocketAddr = to.parse().unwrap();
            let said = match TcpStream::connect_timeout(&to, PATIENCE) {
                Ok(mut stream) => {
                    let mut from = String::new();
                    stream.read_to_string(&mut from).unwrap();
                    format!("seen as {}", from.trim())
                }
                Err(error) if error.kind() == ErrorKind::TimedOut => "filtered".to_owned(),
                Err(error) => format!("refused: {}", error.kind()),
            };
            println!("PEER {said}");
        }
        (other, _) => panic!("{other}"),
    }
}

/// What connections come to in an example: listeners as `NAMESPACE PORT`, connections as
/// `NAMESPACE ADDRESS:PORT`.
fn connections(lab: &str, listeners: &[&str], attempts: &[&str]) -> Vec<String> {
    let program = env::current_exe().unwrap();
    let program = program.to_str().unwrap();
    let mut script = format!(
        "peer() {{ ip netns exec $1 env {ROLE}=\"$2\" '{program}' --exact firewalls::peer --nocapture; }}\n"
    );
    let split = |words: &&str| {
        let (namespace, rest) = words.split_once(' ').unwrap();
        (namespace.to_owned(), rest.to_owned())
    };
    for (namespace, port) in listeners.iter().map(split) {
        script += &format!("peer {namespace} 'listen {port}' >/dev/null 2>&1 &\n");
        let listens = format!("ip netns exec {namespace} ss -Hltn 'sport = {port}'");
        script += &format!("until [ -n \"$({listens})\" ]; do sleep 0.02; done\n");
    }
    for (namespace, to) in attempts.iter().map(split) {
        script += &format!("peer {namespace} 'connect {to}' 2>&1 | grep -o 'PEER .*'\n");
    }
    // What the lab serves by itself would have the ports that the listeners are to have.
    let text = std::fs::read_to_string(example(lab)).unwrap();
    let lines = text.lines().filter(|line| !line.contains("serve:"));
    let quiet = text_file(&lines.collect::<Vec<_>>().join("\n"));
    let quiet = quiet.path().to_str().unwrap();
    let output = netyard(&["run", quiet, "--", "sh", "-c", &script])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    let said: Vec<String> = text
        .lines()
        .filter_map(|line| line.strip_prefix("PEER "))
        .map(str::to_owned)
        .collect();
    assert_eq!(said.len(), attempts.len(), "{text}{errors}");
    said
}

#[test]
fn only_the_allowed_ports_are_open_between_the_tiers() {
    let said = connections(
        "firewall.yaml",
        &[
            "web 80",
            "web 22",
            "app 8080",
            "app 22",
            "db 5432",
            "client 80",
        ],
        &[
            "client 10.0.1.10:80",
            "web 10.0.2.10:8080",
            "app 10.0.3.10:5432",
            // Nobody jumps over a tier, comes back, or reaches another port.
            "client 10.0.1.10:22",
            "client 10.0.2.10:8080",
            "client 10.0.3.10:5432",
            "web 10.0.2.10:22",
            "web 10.0.3.10:5432",
            "app 10.0.1.10:80",
            "db 10.0.2.10:8080",
            "db 203.0.113.10:80",
        ],
    );
    let refused = "refused: host unreachable";
    assert_eq!(
        said,
        [
            "seen as 203.0.113.10",
            "seen as 10.0.1.10",
            "seen as 10.0.2.10",
            "filtered",
            "filtered",
            "filtered",
            refused,
            refused,
            refused,
            refused,
            refused,
        ]
    );
}

#[test]
fn addresses_are_translated_both_ways() {
    let said = connections(
        "nat.yaml",
        &["internet 80", "server 80", "server 22", "laptop 22"],
        &[
            // Out, as the router.
            "laptop 203.0.113.1:80",
            "server 203.0.113.1:80",
            // In by the forwarded port, and seen as who it is.
            "internet 203.0.113.2:8080",
            // Nothing else comes in; the router itself listens on nothing.
            "internet 203.0.113.2:22",
            // Neighbours talk without the router.
            "laptop 192.168.1.10:22",
        ],
    );
    assert_eq!(
        said,
        [
            "seen as 203.0.113.2",
            "seen as 203.0.113.2",
            "seen as 203.0.113.1",
            "refused: connection refused",
            "seen as 192.168.1.20",
        ]
    );
}

#[test]
fn a_refused_firewall_is_told_with_its_place() {
    let lab = "netyard: 1\nnamespaces:\n  red:\n    firewall: |\n      table ip x {\n        chain y {\n          tcp dport 80 acept\n        }\n      }\n";
    let file = text_file(lab);
    let path = file.path().to_str().unwrap();
    for arguments in [vec!["check", path], vec!["run", path, "--", "true"]] {
        let output = netyard(&arguments).output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        for words in ["red", "line 3, column 23: syntax error"] {
            assert!(said.contains(words), "{arguments:?}: {said}");
        }
        assert!(!output.status.success(), "{arguments:?}");
    }
    // Names of the lab's own interfaces are known to the check.
    let named = "netyard: 1\nnamespaces:\n  red:\n    firewall: |\n      table ip x {\n        chain y {\n          iif \"eth0\" accept\n        }\n      }\nlinks:\n  - red/eth0: {}\n    host/v0: {}\n";
    let file = text_file(named);
    let path = file.path().to_str().unwrap();
    let output = netyard(&["check", path]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
}

#[test]
fn a_firewall_reads_no_files_of_the_machine() {
    for text in [
        "netyard: 1\nnamespaces:\n  red:\n    firewall: |\n      include \"/etc/passwd\"\n",
        "ip netns add red\nip netns exec red nft -f - <<EOF\ntable ip x {\ninclude \"/etc/passwd\"\n}\nEOF\n",
    ] {
        let file = text_file(text);
        let path = file.path().to_str().unwrap();
        let output = netyard(&["run", path, "--", "true"]).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains("include"), "{said}");
        assert!(!said.contains("root:"), "{said}");
    }
}
