//! The way out of a lab: it reaches what the machine reaches, but for the machine's own loopback,
//! only where that is allowed, and nothing of it outlives the lab.

use std::collections::BTreeSet;
use std::io::Write;
use std::net::TcpListener;
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use support::machine::{family, name_of, parent_of};

use support::outside::{self, OTHER, OWN};
use support::{example, netyard, until};

use crate::firewalls::ROLE;

/// How long the kernel may take to end all of a lab's processes.
const GONE: Duration = Duration::from_secs(5);

/// Answers each connection with a line; how many there were.
fn listen(address: String) -> Arc<AtomicUsize> {
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    let listener = TcpListener::bind(address).unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            counted.fetch_add(1, Ordering::SeqCst);
            let _ = stream.unwrap().write_all(b"the listener\n");
        }
    });
    count
}

/// What a connection comes to from a namespace of the example; `before` is done by the same shell.
fn connection(namespace: &str, to: &str, before: &str) -> String {
    let program = std::env::current_exe().unwrap();
    let script = format!(
        "{before}\n{ROLE}='connect {to}' exec '{}' --exact firewalls::peer --nocapture",
        program.display()
    );
    let lab = example("internet.yaml");
    let arguments = [
        "run",
        "--allow-uplink",
        &lab,
        "--in",
        namespace,
        "--",
        "sh",
        "-ec",
    ];
    let output = netyard(&arguments).arg(script).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    let said = text.lines().find_map(|line| line.split("PEER ").nth(1));
    said.unwrap_or_else(|| panic!("{text}{errors}")).to_owned()
}

#[test]
fn a_lab_reaches_what_the_machine_reaches_and_not_its_loopback() {
    if !outside::is_here() {
        let name = "uplink::a_lab_reaches_what_the_machine_reaches_and_not_its_loopback";
        return drop(outside::run(name));
    }
    outside::build();
    let heard = listen(format!("{OTHER}:8080"));
    let private = [
        listen("127.0.0.1:8081".into()),
        listen(format!("{OWN}:8082")),
    ];

    // The host itself, and a namespace whose default gateway it is, by masquerade.
    for namespace in ["host", "red"] {
        let said = connection(namespace, &format!("{OTHER}:8080"), "");
        assert_eq!(said, "seen as the listener", "{namespace}");
    }
    assert_eq!(heard.load(Ordering::SeqCst), 2);

    // Root of the host sends what is for 127.0.0.1 out by the uplink. The rule that `pasta` does
    // not translate an address is not enough: it would connect to what it is told.
    let force = "
        ip route del local 127.0.0.0/8 dev lo table local
        ip route del local 127.0.0.1 dev lo table local
        ip addr flush dev lo
        ip route add 127.0.0.0/8 via 100.64.0.1 dev uplink0 src 100.64.0.2
        echo 1 >/proc/sys/net/ipv4/conf/all/route_localnet
        ip route get 127.0.0.1 | grep -q uplink0";
    for (to, before) in [
        ("127.0.0.1:8081", force),
        ("100.64.0.1:8081", ""),
        (&format!("{OWN}:8082"), ""),
    ] {
        let said = connection("host", to, before);
        assert!(
            said == "filtered" || said.starts_with("refused"),
            "{to}: {said}"
        );
    }
    for count in private {
        assert_eq!(count.load(Ordering::SeqCst), 0);
    }
}

#[test]
fn without_leave_there_is_none() {
    let lab = example("internet.yaml");
    let output = netyard(&["run", &lab, "--", "true"]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(125), "{said}");
    for words in ["host", "uplink", "not allowed", "--allow-uplink"] {
        assert!(said.contains(words), "{words}: {said}");
    }
    let output = netyard(&["check", &lab]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("--allow-uplink"), "{said}");
}

#[test]
fn a_machine_without_a_way_out_gives_none_and_says_so() {
    if !outside::is_here() {
        let name = "uplink::a_machine_without_a_way_out_gives_none_and_says_so";
        return drop(outside::run(name));
    }
    // Nothing is built: there is only a loopback, and that is down.
    let lab = example("internet.yaml");
    let output = netyard(&["run", "--allow-uplink", &lab, "--", "true"]);
    let output = { output }.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(125), "{said}");
    assert!(
        said.contains("could not start the uplink of the lab: pasta says:"),
        "{said}"
    );
}

fn is_pasta(pid: i32) -> bool {
    // The fast variant is called by its own name.
    name_of(pid).starts_with("pas")
}

/// A lab whose command sleeps, and its processes.
fn sleeping() -> (Child, BTreeSet<i32>) {
    let lab = example("internet.yaml");
    let child = netyard(&["run", "--allow-uplink", &lab, "--", "sleep", "123"])
        .stdin(Stdio::null())
        .spawn()
        .unwrap();
    let pid = i32::try_from(child.id()).unwrap();
    let pids = until(Duration::from_secs(10), "the command runs", || {
        let pids = family(pid);
        pids.iter()
            .any(|pid| name_of(*pid) == "sleep")
            .then_some(pids)
    });
    (child, pids)
}

#[test]
fn nothing_of_it_outlives_the_lab() {
    if !outside::is_here() {
        return drop(outside::run("uplink::nothing_of_it_outlives_the_lab"));
    }
    outside::build();
    for victim in ["", "lab-keeper", "lab-init", "netyard-agent", "lab-uplink"] {
        let (mut child, pids) = sleeping();
        let pastas = pids.iter().filter(|pid| is_pasta(**pid)).count();
        assert_eq!(pastas, 2, "{pids:?}");
        let named = pids.iter().find(|pid| name_of(**pid) == victim);
        let killed = match victim {
            "" => i32::try_from(child.id()).unwrap(),
            // It is called by the program's name after it was forked.
            "netyard-agent" => {
                let init = pids
                    .iter()
                    .find(|pid| name_of(**pid) == "lab-init")
                    .unwrap();
                let of_init = pids.iter().filter(|pid| parent_of(**pid) == *init);
                *{ of_init }
                    .find(|pid| name_of(**pid) != "lab-uplink")
                    .unwrap()
            }
            _ => *named.unwrap_or_else(|| panic!("no {victim}")),
        };
        kill(Pid::from_raw(killed), Signal::SIGKILL).unwrap();
        if victim == "lab-uplink" {
            // The lab goes on without a way out; what led there has nobody to end it but the lab.
            child.kill().unwrap();
        }
        child.wait().unwrap();
        until(GONE, &format!("all are gone after {victim:?}"), || {
            let left = pids.iter().filter(|pid| !name_of(**pid).is_empty());
            (left.count() == 0).then_some(())
        });
    }
}
