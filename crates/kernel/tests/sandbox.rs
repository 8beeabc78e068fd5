//! A sandbox as an ordinary user makes it: what it is like inside, and that
//! its namespaces leave nothing.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use kernel::Namespace;
use kernel::exec::{Spec, spawn};
use kernel::sandbox::{Inside, Mapped, Root};
use nix::unistd::geteuid;
use support::{As, inside, outside, scene};

fn main() -> ExitCode {
    support::main_by_root_too(vec![
        inside("inside_is_private", inside_is_private),
        inside("namespaces_are_created_fast", namespaces_are_created_fast),
        inside("no_descriptor_is_left", no_descriptor_is_left),
        inside("no_process_is_left", no_process_is_left),
        inside("a_quota_is_enforced", a_quota_is_enforced),
        inside(
            "run_is_inside_and_leaves_nothing",
            run_is_inside_and_leaves_nothing,
        ),
        outside("root_can_be_nobody", root_can_be_nobody),
        scene("as_nobody", as_nobody),
        outside("two_threads_are_refused", two_threads_are_refused),
    ])
}

fn inside_is_private(sandbox: &Inside) {
    let read = |file: &str| fs::read_to_string(file).unwrap();
    assert_eq!(
        read("/proc/sys/kernel/hostname").trim(),
        "inside-is-private"
    );
    assert!(geteuid().is_root());
    // init, the agent.
    assert_eq!(support::processes().len(), 2);
    assert_eq!(fs::read_dir("/sys/class/net").unwrap().count(), 1);
    assert_eq!(fs::read_dir("/run").unwrap().count(), 1);
    assert_eq!(fs::read_dir("/run/netns").unwrap().count(), 0);
    let host = Namespace::host().unwrap();
    assert_eq!(host, sandbox.host);
    assert_eq!(
        host.sysctl_read("net/ipv4/ping_group_range").unwrap(),
        "0\t0"
    );
    for calls in ["iptables", "ip6tables", "arptables"] {
        let setting = format!("net/bridge/bridge-nf-call-{calls}");
        if Path::new("/proc/sys").join(&setting).exists() {
            assert_eq!(host.sysctl_read(&setting).unwrap(), "0");
        }
    }
    let limits = read("/proc/self/limits");
    let files: Vec<_> = limits
        .lines()
        .find(|line| line.starts_with("Max open files"))
        .unwrap()
        .split_whitespace()
        .collect();
    assert_eq!(files[3], files[4]);
    // Root of the machine can always have a range.
    if read("/proc/self/uid_map").split_whitespace().nth(1) == Some("0") {
        assert_eq!(sandbox.ids.users, Mapped::Range);
        assert_eq!(sandbox.ids.groups, Mapped::Range);
    }
}

fn namespaces_are_created_fast(_: &Inside) {
    let times: Vec<Duration> = (0..50)
        .map(|number| {
            let start = Instant::now();
            Namespace::create(&number.to_string()).unwrap();
            start.elapsed()
        })
        .collect();
    // Measured: 0.7 ms, nearly all of it the kernel making the network
    // namespace (goal: 1 ms). The best of many, with room, so that a
    // loaded machine does not fail it.
    let best = times.iter().min().unwrap();
    assert!(*best < Duration::from_millis(5), "{times:?}");
}

fn no_descriptor_is_left(_: &Inside) {
    let open = || fs::read_dir("/proc/self/fd").unwrap().count();
    let before = open();
    for number in 0..100 {
        let namespace = Namespace::create(&number.to_string()).unwrap();
        namespace.run(|| ()).unwrap();
        namespace.publish("name").unwrap();
        Namespace::unpublish("name").unwrap();
        assert_eq!(open(), before + 2);
    }
    assert_eq!(open(), before);
}

fn no_process_is_left(_: &Inside) {
    let all: Vec<_> = (0..10).map(|_| Namespace::create("x").unwrap()).collect();
    assert_eq!(support::processes().len(), 2);
    drop(all);
    // The agent gets no child of its own to wait for by surprise.
    assert_eq!(
        nix::sys::wait::wait().unwrap_err(),
        nix::errno::Errno::ECHILD
    );
}

fn a_quota_is_enforced(_: &Inside) {
    fs::write("/proc/sys/user/max_net_namespaces", "8").unwrap();
    let mut all = Vec::new();
    let refused = loop {
        match Namespace::create("x") {
            Ok(namespace) => all.push(namespace),
            Err(error) => break error,
        }
        assert!(all.len() <= 8);
    };
    assert_eq!(refused.errno(), Some(nix::errno::Errno::ENOSPC));
    // The eighth is the sandbox's own.
    assert_eq!(all.len(), 7);
    let most = fs::read_to_string("/proc/sys/user/max_user_namespaces").unwrap();
    assert_eq!(most.trim(), "4096");
}

fn run_is_inside_and_leaves_nothing(sandbox: &Inside) {
    let inode = || {
        use std::os::unix::fs::MetadataExt;
        fs::metadata("/proc/thread-self/ns/net").unwrap().ino()
    };
    let red = Namespace::create("red").unwrap();
    let blue = Namespace::create("blue").unwrap();
    assert_eq!(red.run(inode).unwrap(), red.inode());
    // A thread that a switched thread starts inherits its namespace.
    let nested = red.run(|| {
        (
            std::thread::scope(|s| s.spawn(inode).join().unwrap()),
            blue.run(inode),
        )
    });
    let (inherited, other) = nested.unwrap();
    assert_eq!(inherited, red.inode());
    assert_eq!(other.unwrap(), blue.inode());
    assert_eq!(inode(), sandbox.host.inode());
    assert_eq!(
        red.sysctl_read("net/ipv4/nothing").unwrap_err().errno(),
        Some(nix::errno::Errno::ENOENT)
    );
    red.sysctl_write("net/ipv4/ip_forward", "1").unwrap();
    assert_eq!(red.sysctl_read("net/ipv4/ip_forward").unwrap(), "1");
    assert_eq!(blue.sysctl_read("net/ipv4/ip_forward").unwrap(), "0");
}

fn root_can_be_nobody(identity: As) {
    let output = support::start_with("as_nobody", identity, Root::Nobody).output();
    let said = String::from_utf8_lossy(&output.stderr);
    if identity == As::Myself && geteuid().is_root() {
        assert!(output.status.success(), "{said}");
    } else if !output.status.success() {
        // Only who has no range of ids may be refused, and is told so.
        assert!(
            said.contains("no range of ids could be mapped; install newuidmap"),
            "{said}"
        );
    }
}

fn as_nobody(_: &Inside) {
    use std::os::unix::fs::MetadataExt;
    assert!(geteuid().is_root());
    // Nothing on the machine is root's of the lab, root's own files neither.
    assert_ne!(fs::metadata("/etc/passwd").unwrap().uid(), 0);
    let refused = fs::write("/proc/sys/kernel/core_pattern", "core").unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::PermissionDenied);
    // And yet it is root of the lab.
    let red = Namespace::create("red").unwrap();
    red.publish("red").unwrap();
    red.sysctl_write("net/ipv4/ip_forward", "1").unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let script = "ip link set lo up && ping -c 1 -W 1 127.0.0.1 && ip link add x type bridge";
        let spec = Spec {
            program: "sh".into(),
            arguments: vec!["-c".into(), script.into()],
            ..Spec::default()
        };
        let mut child = spawn(&red, &spec).await.unwrap();
        assert_eq!(child.wait().await.unwrap(), 0);
    });
}

fn two_threads_are_refused(_: As) {
    // The harness has several threads, so this very process is an example.
    let (_lifeline, end) = kernel::sandbox::lifeline().unwrap();
    std::thread::scope(|scope| {
        let result = scope
            .spawn(|| kernel::sandbox::enter(end, &Default::default()))
            .join()
            .unwrap();
        let error = result.unwrap_err().to_string();
        assert!(error.contains("threads; it must have one"), "{error}");
    });
}
