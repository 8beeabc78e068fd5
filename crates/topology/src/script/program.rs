//! Which program a command runs, and what that does.

mod rewritten;

use std::borrow::Cow;

use crate::address::Family;
use crate::command::action::{Action, Global};
use crate::command::words::{Words, abbreviated};
use crate::command::{
    address, bridge, ethtool, firewall, legacy, link, neighbour, netns, route, rule, sysctl, tc,
    wireguard,
};

/// What a program is to a network.
pub(super) enum Role {
    /// It may change it.
    Network,
    /// It only looks at it or tries it out.
    Looks,
    /// It has nothing to do with it, and is left out for this reason.
    LeftOut(&'static str),
    /// Nobody knows.
    Unknown,
}

/// Programs that only look at the network or try it out.
const LOOKERS: [&str; 55] = [
    "ping",
    "ping6",
    "fping",
    "arping",
    "traceroute",
    "traceroute6",
    "tracepath",
    "tracepath6",
    "mtr",
    "tcpdump",
    "tshark",
    "dumpcap",
    "wireshark",
    "termshark",
    "ss",
    "netstat",
    "arp-scan",
    "nmap",
    "nslookup",
    "dig",
    "host",
    "drill",
    "curl",
    "wget",
    "nc",
    "ncat",
    "netcat",
    "telnet",
    "iperf",
    "iperf3",
    "netperf",
    "socat",
    "lsns",
    "lsof",
    "conntrack",
    "iptables-save",
    "ip6tables-save",
    "lsmod",
    "dmesg",
    "ps",
    "pgrep",
    "vtysh",
    "mausezahn",
    "mz",
    "hping3",
    "trafgen",
    "packetdrill",
    "nettest",
    "msend",
    "mreceive",
    "netserver",
    "nstat",
    "modinfo",
    "diff",
    "cmp",
];

/// Programs that have nothing to do with what a lab says, and why they are left out.
const OTHERS: [(&str, &[&str]); 5] = [
    (
        "files and programs are no part of a lab",
        &[
            "mkdir",
            "rm",
            "rmdir",
            "mv",
            "cp",
            "touch",
            "chmod",
            "chown",
            "ln",
            "install",
            "apt",
            "apt-get",
            "yum",
            "dnf",
            "apk",
            "pacman",
            "pip",
            "pip3",
            "mount",
            "umount",
            "tar",
            "sync",
            "dd",
            "truncate",
            "fallocate",
        ],
    ),
    (
        "kernel modules are the machine's matter",
        &["modprobe", "insmod", "rmmod", "depmod"],
    ),
    (
        "processes are no part of a lab",
        &[
            "kill",
            "pkill",
            "killall",
            "systemctl",
            "service",
            "python",
            "python2",
            "python3",
            "perl",
            "node",
            "sshd",
            "nginx",
            "apache2",
            "dnsmasq",
            "radvd",
            "tmux",
            "screen",
            "xterm",
            "gnome-terminal",
            "konsole",
            "watch",
            "su",
            "daemonize",
            "hostnamectl",
        ],
    ),
    ("it only waits", &["sleep", "usleep", "udevadm"]),
    (
        "it only shows",
        &["clear", "tput", "reset", "stty", "logger", "figlet"],
    ),
];

/// The name of the program that a command runs, wherever it lies.
pub(super) fn name(argv: &[String]) -> &str {
    let program = argv.first().map_or("", String::as_str);
    program.rsplit('/').next().unwrap_or(program)
}

/// What a command is to a network.
pub(super) fn role(argv: &[String]) -> Role {
    match name(argv) {
        "ip" | "bridge" | "tc" | "sysctl" | "nft" | "iptables" | "iptables-nft"
        | "iptables-legacy" | "ip6tables" | "ip6tables-nft" | "ip6tables-legacy" | "brctl"
        | "ifconfig" | "route" | "ethtool" | "wg" | "vconfig" | "arp" => Role::Network,
        name if LOOKERS.contains(&name) => Role::Looks,
        // A file of the kernel's is no plain file.
        "dd" if argv.iter().any(|word| is_kernels(word)) => Role::Unknown,
        name => {
            let why = OTHERS.iter().find(|(_, names)| names.contains(&name));
            why.map_or(Role::Unknown, |(why, _)| Role::LeftOut(why))
        }
    }
}

fn is_kernels(word: &str) -> bool {
    let path = word.strip_prefix("of=").unwrap_or_default();
    path.starts_with("/proc/") || path.starts_with("/sys/")
}

/// Whether a command prints nothing, but for errors.
pub(super) fn is_silent(argv: &[String]) -> bool {
    let is_quiet = |word: &String| !word.starts_with('-') || word == "-q" || word == "-p";
    let silent = [
        "modprobe", "insmod", "rmmod", "sleep", "usleep", "mkdir", "rmdir", "touch", "sync",
    ];
    silent.contains(&name(argv)) && argv.iter().skip(1).all(is_quiet)
}

/// Whether a command reads rules or commands from its input.
pub(super) fn reads_input(argv: &[String]) -> bool {
    let is_file =
        |word: &String| word == "-f" || word == "--file" || word.starts_with("/dev/stdin");
    match name(argv) {
        "nft" | "wg" => argv.iter().any(is_file),
        // What runs in a namespace reads what is given to `ip`.
        _ => false,
    }
}

/// The objects of `ip` in the order in which iproute2 tries them (ip/ip.c).
const OBJECTS: [&str; 34] = [
    "address",
    "addrlabel",
    "maddress",
    "route",
    "rule",
    "neighbor",
    "neighbour",
    "ntable",
    "ntbl",
    "link",
    "l2tp",
    "fou",
    "ila",
    "macsec",
    "tunnel",
    "tunl",
    "tuntap",
    "tap",
    "token",
    "tcpmetrics",
    "tcp_metrics",
    "monitor",
    "xfrm",
    "mroute",
    "mrule",
    "netns",
    "netconf",
    "vrf",
    "sr",
    "nexthop",
    "mptcp",
    "ioam",
    "help",
    "stats",
];

/// Verbs that only look.
const LOOKING: [&str; 5] = ["show", "list", "lst", "ls", "get"];

/// Options of `ip` that change only how things are printed; the first letters are enough.
const DISPLAY: [&str; 17] = [
    "human-readable",
    "iec",
    "stats",
    "statistics",
    "details",
    "resolve",
    "oneline",
    "timestamp",
    "tshort",
    "brief",
    "json",
    "pretty",
    "color",
    "color=auto",
    "color=never",
    "color=always",
    "Numeric",
];

/// What a command does. An empty list is one that does nothing to the network.
pub(super) fn actions(argv: &[String], input: Option<&str>) -> Result<Vec<Action>, String> {
    let mut words = Words::new(argv);
    let program = words.next().ok_or("there is no command")?;
    let name = program.rsplit('/').next().unwrap_or(program);
    match name {
        "nft" => firewall::read(&mut words, input).map(|action| vec![action]),
        "iptables" | "iptables-nft" | "iptables-legacy" => {
            firewall::read_iptables(Family::Ipv4, &mut words).map(|action| vec![action])
        }
        "ip6tables" | "ip6tables-nft" | "ip6tables-legacy" => {
            firewall::read_iptables(Family::Ipv6, &mut words).map(|action| vec![action])
        }
        "ip" => {
            let read = |argv: &Cow<'_, [String]>| match argv.first().map(String::as_str) {
                Some("sysctl") => sysctl::read(&mut Words::new(argv.get(1..).unwrap_or_default())),
                _ => ip(&mut Words::new(argv.get(1..).unwrap_or_default()))
                    .map(|action| vec![action]),
            };
            let commands = rewritten::rewritten(argv);
            let actions: Result<Vec<_>, _> = commands.iter().map(read).collect();
            actions.map(|actions| actions.into_iter().flatten().collect())
        }
        "sysctl" => sysctl::read(&mut words),
        "bridge" => bridge::read(&mut words).map(|action| vec![action]),
        "ethtool" => ethtool::read(&mut words),
        "wg" => wireguard::read(&mut words, input).map(|action| vec![action]),
        "tc" => tc::read(&mut words).map(|action| vec![action]),
        "brctl" => in_ip(legacy::brctl(&mut words)?),
        "ifconfig" => in_ip(legacy::ifconfig(&mut words)?),
        "route" => in_ip(legacy::route(&mut words)?),
        _ => Err(format!("the command `{name}` is not understood")),
    }
}

/// What commands in the words of `ip` do; none is a look.
fn in_ip(commands: Vec<legacy::IpWords>) -> Result<Vec<Action>, String> {
    if commands.is_empty() {
        return Ok(vec![Action::Look]);
    }
    let read = |command: &legacy::IpWords| ip(&mut Words::new(command));
    commands.iter().map(read).collect()
}

/// Whether a verb of one of the other objects only looks; the first letters are enough.
fn looks(object: &str, verb: &str) -> bool {
    match object {
        // Their next word is no verb, or `s` is one that sets.
        "xfrm" | "mptcp" | "sr" | "ioam" | "macsec" => LOOKING.contains(&verb),
        _ => abbreviated(verb, &LOOKING).is_some(),
    }
}

/// `ip [OPTIONS] OBJECT …`.
fn ip(words: &mut Words<'_>) -> Result<Action, String> {
    let mut global = Global::default();
    let mut inside = None;
    while let Some(option) = words.peek().and_then(|word| word.strip_prefix('-')) {
        words.next();
        match option.strip_prefix('-').unwrap_or(option) {
            "4" => global.family = Some(Family::Ipv4),
            "6" => global.family = Some(Family::Ipv6),
            "n" | "ne" | "net" | "netn" | "netns" => inside = Some(words.parsed("-n")?),
            "V" | "Version" => return Ok(Action::Look),
            "f" | "family" => {
                global.family = match words.value("-family")? {
                    "inet" => Some(Family::Ipv4),
                    "inet6" => Some(Family::Ipv6),
                    other => return Err(format!("the family `{other}` is not supported")),
                }
            }
            "force" => {}
            other if abbreviated(other, &DISPLAY).is_some() => {}
            other => return Err(format!("the option `-{other}` of ip is not supported")),
        }
    }
    if let Some(namespace) = inside {
        let mut argv = vec!["ip".to_owned()];
        argv.extend(match global.family {
            Some(Family::Ipv4) => Some("-4".to_owned()),
            Some(Family::Ipv6) => Some("-6".to_owned()),
            None => None,
        });
        argv.extend_from_slice(words.rest());
        return Ok(Action::Inside { namespace, argv });
    }
    let Some(object) = words.next() else {
        return Ok(Action::Look);
    };
    match abbreviated(object, &OBJECTS) {
        Some("address") => address::read(words, global),
        Some("link") => link::read(words),
        Some("route") => route::read(words, global),
        Some("neighbor" | "neighbour") => neighbour::read(words, global),
        Some("rule") => rule::read(words, global),
        Some("netns") => netns::read(words),
        Some("monitor" | "stats" | "help") => Ok(Action::Look),
        Some("vrf") if words.peek() == Some("exec") => {
            words.next();
            let vrf = words.parsed("exec")?;
            match words.rest() {
                [] => Err("`ip vrf exec` needs a command".to_owned()),
                argv => Ok(Action::InVrf {
                    vrf,
                    argv: argv.to_vec(),
                }),
            }
        }
        Some(known) => match words.peek() {
            None => Ok(Action::Look),
            Some(verb) if looks(known, verb) => Ok(Action::Look),
            Some(verb) => Err(format!("`ip {known} {verb}` is not supported yet")),
        },
        None => Err(format!("ip has no object `{object}`")),
    }
}
