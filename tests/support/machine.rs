//! The state of the machine that no lab may change.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

/// What must be the same before and after.
#[derive(Debug, PartialEq, Eq)]
pub struct Machine {
    links: String,
    addresses: String,
    routes: String,
    mounts: String,
    sysctls: BTreeMap<String, String>,
    names: BTreeSet<String>,
}

/// Switches that a lab sets for itself.
const SYSCTLS: [&str; 5] = [
    "net/ipv4/ip_forward",
    "net/ipv6/conf/all/forwarding",
    "net/ipv4/ping_group_range",
    "user/max_net_namespaces",
    "kernel/hostname",
];

impl Machine {
    /// As it is now.
    pub fn now() -> Self {
        let ip = |arguments: &[&str]| {
            let output = Command::new("ip")
                .args(arguments)
                .output()
                .expect("ip is installed");
            assert!(output.status.success(), "ip {arguments:?}");
            String::from_utf8(output.stdout).unwrap()
        };
        let sysctl = |name: &&str| {
            let value = fs::read_to_string(Path::new("/proc/sys").join(name));
            ((*name).to_owned(), value.unwrap_or_default())
        };
        let names = fs::read_dir("/run/netns").into_iter().flatten().flatten();
        Self {
            links: ip(&["-o", "link"]),
            addresses: ip(&["-o", "addr", "show", "scope", "global"]),
            routes: ip(&["route"]) + ip(&["-6", "route"]).as_str(),
            mounts: fs::read_to_string("/proc/self/mountinfo").unwrap(),
            sysctls: SYSCTLS.iter().map(sysctl).collect(),
            names: names
                .map(|entry| entry.file_name().into_string().unwrap())
                .collect(),
        }
    }
}

/// The processes of this user whose environment has this mark (`NAME=VALUE`): those of one test,
/// whatever they call themselves and whoever adopted them.
pub fn marked(mark: &str) -> BTreeSet<i32> {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let is_marked = |pid: &i32| {
        let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        environment
            .split(|byte| *byte == 0)
            .any(|variable| variable == mark.as_bytes())
    };
    pids.filter(is_marked).collect()
}

/// The network namespaces that processes of this user are in, by inode.
pub fn namespaces_of(pids: &BTreeSet<i32>) -> BTreeSet<String> {
    let name = |pid: &i32| fs::read_link(format!("/proc/{pid}/ns/net")).ok();
    pids.iter()
        .filter_map(name)
        .map(|link| link.to_string_lossy().into_owned())
        .collect()
}

/// The process groups' ancestors: the parent of a process, 0 if it has gone.
pub fn parent_of(pid: i32) -> i32 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    after_name
        .split_whitespace()
        .nth(1)
        .and_then(|parent| parent.parse().ok())
        .unwrap_or_default()
}

/// A process and all below it, by their parents: for those whose environment cannot be read.
pub fn family(of: i32) -> BTreeSet<i32> {
    let all = fs::read_dir("/proc").unwrap().flatten();
    let all: Vec<i32> = all
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect();
    let mut family = BTreeSet::from([of]);
    loop {
        let more = all
            .iter()
            .filter(|pid| !family.contains(pid) && family.contains(&parent_of(**pid)));
        let more: Vec<i32> = more.copied().collect();
        if more.is_empty() {
            return family;
        }
        family.extend(more);
    }
}

/// What a process is called (`/proc/PID/comm`); empty if it has gone.
pub fn name_of(pid: i32) -> String {
    let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
    name.trim().to_owned()
}
