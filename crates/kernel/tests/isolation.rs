//! What root of one namespace can do to the others: nothing.
//!
//! Every attack is also made by root of the lab, who must succeed: so each is
//! known to be one, and a refusal is not a mistake of the attacker.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::fs::{self, File};
use std::io::Write;
use std::os::fd::AsRawFd;
use std::process::ExitCode;

use kernel::Namespace;
use kernel::exec::{Spec, Stdio, spawn};
use kernel::sandbox::Inside;
use netlink_packet_core::{
    NLM_F_ACK, NLM_F_CREATE, NLM_F_EXCL, NLM_F_REQUEST, NetlinkMessage, NetlinkPayload,
};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::link::{InfoKind, LinkAttribute, LinkInfo, LinkMessage};
use netlink_sys::protocols::NETLINK_ROUTE;
use netlink_sys::{Socket, SocketAddr};
use nix::errno::Errno;
use nix::mount::{MntFlags, umount2};
use nix::sched::{CloneFlags, setns};
use support::{inside, program};
use tokio::io::AsyncReadExt;

fn main() -> ExitCode {
    support::main_by_root_too(vec![
        inside("a_node_cannot_touch_others", a_node_cannot_touch_others),
        program("attack", attack),
        inside("what_leads_out_is_refused", what_leads_out_is_refused),
        program("lead_out", lead_out),
    ])
}

/// The attacks and how each ends for root of `red`. For root of the lab each
/// ends well.
const ATTACKS: [(&str, &str); 7] = [
    ("control: a bridge of its own", "done"),
    ("new link by IFLA_TARGET_NETNSID", "EPERM"),
    ("move own link by IFLA_NET_NS_FD", "EPERM"),
    ("setns by /run/netns", "EPERM"),
    ("setns by /proc of the agent", "EACCES"),
    ("write to /sys of host", "EPERM"),
    ("read memory of the agent", "EACCES"),
];

fn a_node_cannot_touch_others(sandbox: &Inside) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let red = Namespace::create("red").unwrap();
        let blue = Namespace::create("blue").unwrap();
        red.publish("red").unwrap();
        blue.publish("blue").unwrap();
        // A cable, by which each end has a number for the other's namespace.
        let cable = "ip link add to-red type veth peer name to-host netns red";
        assert_eq!(run(&sandbox.host, cable).await, (0, String::new()));

        let links = "ip -br link";
        let before = (run(&sandbox.host, links).await, run(&blue, links).await);
        let attack = "/proc/self/exe --program attack to-host";
        let (code, said) = run(&red, attack).await;
        assert_eq!(code, 0, "{said}");
        assert_eq!(said, report(|(_, refusal)| refusal));
        let after = (run(&sandbox.host, links).await, run(&blue, links).await);
        assert_eq!(after, before);

        let attack = "/proc/self/exe --program attack to-red";
        let (code, said) = run(&sandbox.host, attack).await;
        assert_eq!(code, 0, "{said}");
        assert_eq!(said, report(|_| "done"));
    });
}

fn what_leads_out_is_refused(sandbox: &Inside) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let red = Namespace::create("red").unwrap();
        for namespace in [&sandbox.host, &red] {
            let said = run(namespace, "/proc/self/exe --program lead_out").await;
            let refused = "vsock: Err(EAFNOSUPPORT)\nio_uring: Err(ENOSYS)\n";
            assert_eq!(said, (0, refused.to_owned()));
        }
    });
}

/// What this process, which is not filtered, could do.
fn lead_out(_: &[String]) {
    let socket = |family| {
        // SAFETY: no argument is a pointer; the descriptor ends with us.
        Errno::result(unsafe { libc::socket(family, libc::SOCK_STREAM, 0) })
    };
    let vsock = socket(libc::AF_VSOCK).map(drop);
    socket(libc::AF_UNIX).unwrap();
    let mut parameters = [0_u8; 256];
    // SAFETY: larger than `struct io_uring_params`, and all zero.
    let ring = unsafe { libc::syscall(libc::SYS_io_uring_setup, 1, parameters.as_mut_ptr()) };
    let ring = Errno::result(ring).map(drop);
    let text = format!("vsock: {vsock:?}\nio_uring: {ring:?}\n");
    std::io::stdout().write_all(text.as_bytes()).unwrap();
}

fn report(result: impl Fn((&str, &'static str)) -> &'static str) -> String {
    ATTACKS
        .iter()
        .map(|&(name, refusal)| format!("{name}: {}\n", result((name, refusal))))
        .collect()
}

async fn run(namespace: &Namespace, command: &str) -> (i32, String) {
    let mut words = command.split(' ');
    let spec = Spec {
        program: words.next().unwrap().into(),
        arguments: words.map(Into::into).collect(),
        stdio: Stdio::Piped,
        ..Spec::default()
    };
    let mut child = spawn(namespace, &spec).await.unwrap();
    let mut text = String::new();
    let (mut stdout, mut stderr) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    stdout.read_to_string(&mut text).await.unwrap();
    stderr.read_to_string(&mut text).await.unwrap();
    (child.wait().await.unwrap(), text)
}

/// Runs in the attacker's namespace, with one cable `own`.
fn attack(arguments: &[String]) {
    let own = &arguments[0];
    // What covers the agent's own mounts in a node can be taken off by root
    // of the node; in the host namespace, only /proc is covered.
    let covers: &[&str] = match own.as_str() {
        "to-host" => &["/proc", "/sys", "/run"],
        _ => &["/proc"],
    };
    for cover in covers {
        umount2(*cover, MntFlags::MNT_DETACH).unwrap();
    }
    let other = peer(own);
    let blue = || File::open("/run/netns/blue").map_err(errno);
    let results = [
        new_link("mine", None),
        new_link("evil", Some(other)),
        blue().and_then(|blue| move_link(own, blue.as_raw_fd())),
        blue().and_then(|blue| enter(&blue)),
        File::open("/proc/2/ns/net")
            .map_err(errno)
            .and_then(|net| enter(&net)),
        fs::write("/sys/class/net/lo/mtu", "1400").map_err(errno),
        File::open("/proc/2/mem").map(drop).map_err(errno),
    ];
    let mut out = std::io::stdout();
    for ((name, _), result) in ATTACKS.iter().zip(results) {
        match result {
            Ok(()) => writeln!(out, "{name}: done").unwrap(),
            Err(errno) => writeln!(out, "{name}: {errno:?}").unwrap(),
        }
    }
}

fn errno(error: std::io::Error) -> Errno {
    Errno::from_raw(error.raw_os_error().unwrap())
}

/// On a thread of its own, so that the rest goes on where it was.
fn enter(net: &File) -> Result<(), Errno> {
    std::thread::scope(|scope| {
        let thread = scope.spawn(|| setns(net, CloneFlags::CLONE_NEWNET));
        thread.join().unwrap()
    })
}

/// The number that the namespace of the peer of `link` has here.
fn peer(link: &str) -> i32 {
    let mut message = LinkMessage::default();
    message
        .attributes
        .push(LinkAttribute::IfName(link.to_owned()));
    let answer = request(RouteNetlinkMessage::GetLink(message), 0)
        .unwrap()
        .unwrap();
    let find = |attribute: &LinkAttribute| match attribute {
        LinkAttribute::LinkNetNsId(number) => Some(*number),
        _ => None,
    };
    answer.attributes.iter().find_map(find).unwrap()
}

fn new_link(name: &str, target: Option<i32>) -> Result<(), Errno> {
    let mut message = LinkMessage::default();
    let kind = LinkInfo::Kind(InfoKind::Bridge);
    message
        .attributes
        .push(LinkAttribute::IfName(name.to_owned()));
    message.attributes.push(LinkAttribute::LinkInfo(vec![kind]));
    if let Some(target) = target {
        message.attributes.push(LinkAttribute::IfNetnsId(target));
    }
    let flags = NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK;
    request(RouteNetlinkMessage::NewLink(message), flags).map(drop)
}

fn move_link(name: &str, net: i32) -> Result<(), Errno> {
    let mut message = LinkMessage::default();
    message
        .attributes
        .push(LinkAttribute::IfName(name.to_owned()));
    message.attributes.push(LinkAttribute::NetNsFd(net));
    request(RouteNetlinkMessage::SetLink(message), NLM_F_ACK).map(drop)
}

fn request(message: RouteNetlinkMessage, flags: u16) -> Result<Option<LinkMessage>, Errno> {
    let mut message = NetlinkMessage::from(message);
    message.header.flags = NLM_F_REQUEST | flags;
    message.finalize();
    let mut bytes = vec![0; message.buffer_len()];
    message.serialize(&mut bytes);
    let mut socket = Socket::new(NETLINK_ROUTE).unwrap();
    socket.bind_auto().unwrap();
    socket.connect(&SocketAddr::new(0, 0)).unwrap();
    socket.send(&bytes, 0).unwrap();
    let (answer, _) = socket.recv_from_full().unwrap();
    match NetlinkMessage::<RouteNetlinkMessage>::deserialize(&answer)
        .unwrap()
        .payload
    {
        NetlinkPayload::InnerMessage(RouteNetlinkMessage::NewLink(link)) => Ok(Some(link)),
        NetlinkPayload::Error(error) if error.code.is_none() => Ok(None),
        NetlinkPayload::Error(error) => Err(Errno::from_raw(-error.raw_code())),
        other => panic!("{other:?}"),
    }
}
