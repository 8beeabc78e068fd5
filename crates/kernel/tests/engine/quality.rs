//! What is done to the frames that leave an interface.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use kernel::Namespace;
use kernel::sandbox::Inside;
use serde_json::Value;
use topology::document::Document;
use topology::observed::Observed;
use topology::quality::Quality;
use topology::quality::qdisc::Qdiscs;
use topology::status::{Status, statuses};
use topology::{InterfaceId, NamespaceId, Step};

use crate::labs::Builder;
use crate::{Lab, ip, settled};

/// Red and blue on one link, and what is done to what leaves red.
struct Pair {
    lab: Lab,
    builder: Builder,
    red: NamespaceId,
    blue: NamespaceId,
    end: InterfaceId,
}

impl Pair {
    fn start() -> Self {
        let mut builder = Builder::new("pair");
        let (red, blue) = (builder.namespace("red"), builder.namespace("blue"));
        let [end, other] = builder.link([(red, "eth0"), (blue, "eth0")]);
        builder.address(end, "10.0.0.1/24");
        builder.address(other, "10.0.0.2/24");
        let lab = Lab::start();
        lab.apply(&builder.document);
        Self {
            lab,
            builder,
            red,
            blue,
            end,
        }
    }

    /// Sets a quality as an edit of the running lab does; returns the steps.
    fn set(&mut self, text: &str) -> Vec<Step> {
        self.builder.interface(self.end).quality = quality(text);
        let edited = self.lab.engine.apply_edit(&self.builder.document);
        let applied = self.lab.runtime.block_on(edited).unwrap();
        self.lab.stands(&self.builder.document);
        applied.steps
    }

    fn namespace(&self, id: NamespaceId) -> Namespace {
        self.lab.namespace(id)
    }

    /// A connection from red to blue.
    fn connect(&self) -> (TcpStream, TcpStream) {
        let address: SocketAddr = "10.0.0.2:7000".parse().unwrap();
        let bind = || TcpListener::bind(address);
        let listener = self.namespace(self.blue).run(bind).unwrap().unwrap();
        let connect = || TcpStream::connect(address);
        let sender = self.namespace(self.red).run(connect).unwrap().unwrap();
        let (receiver, _) = listener.accept().unwrap();
        (sender, receiver)
    }
}

/// `{delay: 10ms, rate: 1mbit}`; nothing if it is empty.
fn quality(text: &str) -> Option<Quality> {
    let lab =
        format!("netyard: 1\nnamespaces:\n  a:\n    bridges:\n      b: {{quality: {text}}}\n");
    let read = topology::yaml::read(&lab).unwrap();
    read.interfaces.into_values().find_map(|i| i.quality)
}

/// What `tc` shows of red's end, but for counters and handles.
fn shown(namespace: &Namespace) -> Vec<Value> {
    let mut all = ip::json(namespace, "tc -j qdisc show dev eth0");
    for one in &mut all {
        let one = one.as_object_mut().unwrap();
        for key in ["handle", "parent", "refcnt", "seed"] {
            one.remove(key);
        }
    }
    all
}

fn handle(namespace: &Namespace) -> String {
    let all = ip::json(namespace, "tc -j qdisc show dev eth0 root");
    all[0]["handle"].as_str().unwrap().to_owned()
}

/// Sends for a while, and returns how many bytes a second came in the second half of it.
fn throughput(pair: &Pair, time: Duration) -> f64 {
    let (mut sender, mut receiver) = pair.connect();
    sender.set_write_timeout(Some(time * 4)).unwrap();
    receiver.set_read_timeout(Some(time * 4)).unwrap();
    let begin = Instant::now();
    let sending = std::thread::spawn(move || {
        let bytes = [7; 4096];
        while begin.elapsed() < time && sender.write_all(&bytes).is_ok() {}
    });
    let (mut count, mut since) = (0, begin);
    let mut bytes = [0; 65_536];
    while begin.elapsed() < time {
        let length = receiver.read(&mut bytes).unwrap();
        if begin.elapsed() < time / 2 {
            since = Instant::now();
        } else {
            count += length;
        }
    }
    let rate = f64::from(u32::try_from(count).unwrap_or(u32::MAX)) / since.elapsed().as_secs_f64();
    drop(receiver);
    sending.join().unwrap();
    rate
}

pub(crate) fn rate(_: &Inside) {
    let mut pair = Pair::start();
    let red = pair.namespace(pair.red);
    let before = shown(&red);
    let steps = pair.set("{rate: 8mbit}");
    assert_eq!(steps.len(), 1, "{steps:#?}");
    let limited = throughput(&pair, Duration::from_secs(3));
    eprintln!("8 mbit are {limited:.0} bytes a second");
    // A million bytes a second, headers included.
    assert!((600_000.0..1_050_000.0).contains(&limited), "{limited}");
    let steps = pair.set("{}");
    assert_eq!(steps.len(), 1, "{steps:#?}");
    assert_eq!(shown(&red), before);
    let free = throughput(&pair, Duration::from_secs(1));
    eprintln!("without it {free:.0}");
    assert!(free > 10.0 * limited, "{free}");
}

pub(crate) fn in_place(_: &Inside) {
    let mut pair = Pair::start();
    let red = pair.namespace(pair.red);
    pair.set("{rate: 1mbit}");
    let first = handle(&red);
    let (mut sender, mut receiver) = pair.connect();
    receiver
        .set_read_timeout(Some(crate::support::PATIENCE))
        .unwrap();
    let sending = std::thread::spawn(move || sender.write_all(&[7; 400_000]));
    let mut count = 0;
    let mut bytes = [0; 4096];
    for text in [
        "{rate: 2mbit}",
        "{rate: 2mbit, burst: 20kb}",
        "{rate: 9gbit, queue: 1mb}",
    ] {
        while count < 30_000 {
            count += receiver.read(&mut bytes).unwrap();
        }
        count = 0;
        let steps = pair.set(text);
        let is_one = matches!(
            steps.as_slice(),
            [Step::SetQdisc {
                from: Some(_),
                to: Some(_),
                ..
            }]
        );
        assert!(is_one, "{steps:#?}");
        assert_eq!(handle(&red), first, "{text}: it is another one");
    }
    let mut rest = Vec::new();
    receiver.read_to_end(&mut rest).unwrap();
    sending.join().unwrap().unwrap();
    let errors = ip::json(&red, "tc -j -s qdisc show dev eth0");
    eprintln!("dropped while it was changed: {}", errors[0]["drops"]);
}

/// Our netlink and the command that we write lead to the same.
pub(crate) fn as_tc_sets_them(_: &Inside) {
    set_and_compare(&[
        "{delay: 10ms}",
        "{delay: 1600us, jitter: 200us, limit: 7}",
        "{loss: 0.0001%, duplicate: 1%, corrupt: 12.5%}",
        "{delay: 100ms, reorder: 25%, corrupt: 1%}",
        "{delay: 100ms, jitter: 10ms, delay_correlation: 25%, loss: 5%, loss_correlation: 25%}",
        "{delay: 100ms, reorder: 25%, reorder_correlation: 50%, gap: 5, loss: 5%}",
        "{duplicate: 1%, duplicate_correlation: 100%, corrupt: 1%, corrupt_correlation: 0.0001%}",
        "{delay: 100ms}",
        "{delay: 20ms, rate: 10mbit}",
        "{delay: 30ms, loss: 1%, rate: 20mbit, burst: 5000b}",
        "{delay: 30ms}",
        "{loss: 100%}",
        "{rate: 10mbit}",
        "{delay: 20ms, rate: 10mbit}",
    ]);
}

/// The same of what needs no netem.
pub(crate) fn rates_as_tc_sets_them(_: &Inside) {
    set_and_compare(&[
        "{rate: 64kbit}",
        "{rate: 10mbit}",
        "{rate: 10mbit, burst: 32kb}",
        "{rate: 10mbit, burst: 32kb, queue: 100kb}",
        "{rate: 1gbit}",
        "{rate: 40gbit}",
        "{rate: 40gbit, burst: 1600b}",
    ]);
}

fn set_and_compare(texts: &[&str]) {
    let mut pair = Pair::start();
    let red = pair.namespace(pair.red);
    for text in texts {
        let names = topology::command::Names::of(&pair.builder.document);
        let steps = pair.set(text);
        let ours = (shown(&red), qdiscs(&pair.lab.engine.observed(), pair.end));
        // Taken back by `tc`, and done again by `tc`, from the state before.
        let commands: Vec<_> = steps
            .iter()
            .map(|step| topology::command::of_step(step, &names).to_string())
            .collect();
        assert!(!commands.is_empty(), "{text}");
        let host = pair.namespace(NamespaceId::HOST);
        for command in commands.iter().filter(|text| !text.contains(" del ")) {
            // What was done already is done again: changed, or made anew.
            let again = command.replace(" qdisc add ", " qdisc replace ");
            ip::must(&host, &again);
        }
        // Of one moment: between two looks what `tc` does in several steps may be seen half done.
        let stands = || {
            let observed = pair.lab.engine.observed();
            let left = topology::plan::plan(&pair.builder.document, &observed);
            (shown(&red), qdiscs(&observed, pair.end)) == ours && left.is_empty()
        };
        crate::support::eventually("what tc did is seen", stands);
        // And from nothing.
        ip::must(&red, "tc qdisc del dev eth0 root");
        crate::support::eventually("that it is gone is seen", || {
            qdiscs(&pair.lab.engine.observed(), pair.end) != ours.1
        });
        let script = topology::command::script_text(&pair.builder.document);
        for line in script.lines().filter(|line| line.starts_with("tc ")) {
            ip::must(&host, line);
        }
        crate::support::eventually("what the script did is seen", stands);
    }
}

/// `tc` cuts times to ticks of 64 ns: that is no drift.
pub(crate) fn ticks(_: &Inside) {
    let mut pair = Pair::start();
    let red = pair.namespace(pair.red);
    pair.set("{delay: 1500us}");
    ip::must(
        &red,
        "tc qdisc change dev eth0 root netem delay 1500us limit 999",
    );
    let document = &pair.builder.document;
    let found = || drift(document, &pair.lab.engine.observed(), pair.end);
    crate::support::eventually("what tc did is seen", || found().is_some());
    let only = found().unwrap();
    assert!(only.contains("limit") && !only.contains("delay"), "{only}");
    ip::must(&red, "tc qdisc change dev eth0 root netem delay 1500us");
    crate::support::eventually("nothing is left to say", || found().is_none());
    pair.lab.stands(document);
}

fn qdiscs(observed: &Observed, id: InterfaceId) -> Qdiscs {
    observed.interface_of(id).unwrap().2.qdiscs.clone()
}

fn drift(document: &Document, observed: &Observed, id: InterfaceId) -> Option<String> {
    match &statuses(document, Some(observed)).interfaces[&id] {
        Status::Drifted(all) => Some(format!("{all:?}")),
        _ => None,
    }
}

/// Within how long a change is heard; how long that takes an emulated machine says nothing.
fn soon() -> Duration {
    match std::env::var_os("NETYARD_ALL_KINDS") {
        Some(_) => crate::support::PATIENCE,
        None => Duration::from_millis(200),
    }
}

pub(crate) fn outside(_: &Inside) {
    let mut pair = Pair::start();
    pair.set("{rate: 10mbit}");
    let red = pair.namespace(pair.red);
    let document = pair.builder.document.clone();
    let before = settled(&pair.lab.engine.observed());
    let changes = [
        (
            "tc qdisc change dev eth0 root tbf rate 5mbit burst 5kb latency 50ms",
            "5mbit",
        ),
        ("tc qdisc replace dev eth0 root handle 1: htb", "htb"),
        ("tc qdisc del dev eth0 root", ""),
        (
            "tc qdisc del dev eth0 root && tc qdisc add dev eth0 root handle 2: htb",
            "htb",
        ),
        (
            "tc qdisc replace dev eth0 root tbf rate 10mbit burst 9kb peakrate 20mbit mtu 2000 latency 50ms",
            "tbf",
        ),
    ];
    for (command, word) in changes {
        let commands: Vec<_> = command.split(" && ").collect();
        let mut begin = Instant::now();
        for command in commands {
            begin = Instant::now();
            ip::must(&red, command);
        }
        let found = || drift(&document, &pair.lab.engine.observed(), pair.end);
        crate::support::eventually(command, || found().is_some_and(|text| text.contains(word)));
        let took = begin.elapsed();
        eprintln!("{command}: heard after {took:?}: {}", found().unwrap());
        assert!(took < soon(), "{command}: {took:?}");
        pair.lab.apply(&document);
        assert_eq!(found(), None);
        assert_eq!(settled(&pair.lab.engine.observed()), before, "{command}");
    }
}

pub(crate) fn delay_and_loss(_: &Inside) {
    let mut pair = Pair::start();
    let red = pair.namespace(pair.red);
    pair.set("{delay: 200ms}");
    let text = ip::must(&red, "ping -c 3 -i 0.3 -W 3 10.0.0.2");
    let average = text.rsplit_once("min/avg/max/mdev = ").unwrap().1;
    let average: f64 = average.split('/').nth(1).unwrap().parse().unwrap();
    eprintln!("200 ms one way: {average} ms there and back");
    assert!((200.0..400.0).contains(&average), "{text}");

    // A connection lives through every change that is made in place.
    let first = handle(&red);
    let (mut sender, mut receiver) = pair.connect();
    let mut byte = [0];
    for text in [
        "{delay: 20ms}",
        "{delay: 20ms, jitter: 5ms}",
        "{delay: 20ms, loss: 1%}",
        "{delay: 20ms, rate: 10mbit}",
        "{delay: 20ms, rate: 20mbit}",
        "{delay: 20ms, corrupt: 1%, reorder: 5%}",
        "{loss: 1%}",
    ] {
        sender.write_all(b"x").unwrap();
        let steps = pair.set(text);
        eprintln!("{text}: {} steps", steps.len());
        receiver
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        receiver.read_exact(&mut byte).unwrap();
        assert_eq!(handle(&red), first, "{text}: it is another one");
    }

    // Much at once through both, in large frames of which the sender makes one.
    pair.set("{delay: 50ms, rate: 20mbit}");
    let limited = throughput(&pair, Duration::from_secs(6));
    eprintln!("20 mbit after 50 ms are {limited:.0} bytes a second");
    assert!((800_000.0..2_650_000.0).contains(&limited), "{limited}");

    pair.set("{loss: 100%}");
    let lost = ip::run(&red, "ping -c 3 -i 0.2 -W 1 10.0.0.2");
    assert!(!lost.status.success(), "{lost:?}");
    pair.set("{}");
    ip::must(&red, "ping -c 1 -W 2 10.0.0.2");
}
