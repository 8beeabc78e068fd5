//! What is measured, inside a sandbox.

use std::fmt::Write as _;
use std::fs;
use std::io::{Read, stdin};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use kernel::Engine;
use kernel::sandbox::Inside;
use tokio::runtime::Runtime;
use topology::document::Document;
use topology::edit::{Edit, Fragment};
use topology::firewall::Ruleset;
use topology::{NamespaceId, yaml};

/// How often a short measurement is repeated.
const TIMES: usize = 20;

/// How many namespaces the scene has, and how many are ready before.
pub(crate) struct Setting {
    pub(crate) size: usize,
    pub(crate) ready: usize,
}

impl Setting {
    /// From standard input.
    pub(crate) fn read() -> Self {
        let mut line = String::new();
        stdin().read_line(&mut line).unwrap();
        let mut numbers = line.split_whitespace().map(|word| word.parse().unwrap());
        Self {
            size: numbers.next().unwrap(),
            ready: numbers.next().unwrap(),
        }
    }
}

/// `size` namespaces on one bridge of the host, each with an address and a default route: what
/// bench/01_star.sh makes.
pub(crate) fn star_of(size: usize) -> Document {
    let mut text = String::from(
        "netyard: 1\ntitle: star\nnamespaces:\n  host:\n    bridges:\n      br0: {addresses: [10.77.255.254/16]}\n",
    );
    for leaf in 0..size {
        writeln!(
            text,
            "  n{leaf}:\n    routes:\n      - {{to: default, via: 10.77.255.254}}"
        )
        .unwrap();
    }
    text.push_str("links:\n");
    for leaf in 0..size {
        let (high, low) = (leaf / 250, leaf % 250 + 1);
        writeln!(
            text,
            "  - n{leaf}/eth0: {{addresses: [10.77.{high}.{low}/16]}}\n    host/v{leaf}: {{bridge: br0}}"
        )
        .unwrap();
    }
    yaml::read(&text).unwrap()
}

/// Nobody comes in.
const CLOSED: &str = "table inet filter {
 chain input {
  type filter hook input priority 0; policy drop;
  ct state established,related counter accept
  icmp type echo-request counter accept
  tcp dport { 22, 80, 443 } counter accept
 }
}
";

pub(crate) struct Lab {
    pub(crate) engine: Engine,
    runtime: Runtime,
}

impl Lab {
    pub(crate) fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread();
        Self {
            engine: Engine::start().unwrap(),
            runtime: { runtime }.enable_all().build().unwrap(),
        }
    }

    /// Makes namespaces ready, and lets the kernel come to rest.
    fn make_ready(&self, count: usize) {
        self.runtime
            .block_on(self.engine.keep_ready(count))
            .unwrap();
        thread::sleep(Duration::from_millis(100));
    }

    /// Brings the kernel to a document, verified, and says how many milliseconds that took.
    pub(crate) fn apply(&self, document: &Document) -> f64 {
        let begin = Instant::now();
        self.runtime.block_on(self.engine.apply(document)).unwrap();
        begin.elapsed().as_secs_f64() * 1e3
    }
}

/// A star comes up and goes.
pub(crate) fn star(_: &Inside) {
    let setting = Setting::read();
    let document = star_of(setting.size);
    let lab = Lab::start();
    lab.make_ready(setting.ready);
    let before = processor();
    let took = lab.apply(&document);
    let used = processor() - before;
    println!(
        "create {took:.1} ms, of the processor {} ms",
        used.as_millis()
    );
    println!("resident {:.2} MiB", resident());
    println!("removing");
    let before = processor();
    lab.apply(&Document::new("empty"));
    let used = processor() - before;
    println!("remove, of the processor {} ms", used.as_millis());
    println!("removed");
    wait_for_the_watcher();
}

/// One more namespace on a bridge with many ports, edit to verified.
pub(crate) fn edit(_: &Inside) {
    edits(|grown| grown);
}

/// The same with rules: they are tried before anything is done, and then loaded.
pub(crate) fn firewall(_: &Inside) {
    edits(|mut grown| {
        let namespace = *grown.namespaces.last_key_value().unwrap().0;
        let ruleset = Some(Ruleset::new(CLOSED).unwrap());
        topology::edit::apply(&mut grown, Edit::SetFirewall { namespace, ruleset }).unwrap();
        grown
    });
}

/// Longer than the kernel takes for a namespace that went.
const QUIET: Duration = Duration::from_millis(200);

fn edits(change: impl Fn(Document) -> Document) {
    let setting = Setting::read();
    let before = star_of(setting.size);
    let lab = Lab::start();
    lab.apply(&before);
    let after = change(grown(&before, &star_of(setting.size + 1)));
    let (mut took, mut used) = (Vec::new(), Vec::new());
    for _ in 0..TIMES {
        lab.make_ready(setting.ready);
        // The kernel still takes down what went in the last round, under the lock that an edit needs.
        thread::sleep(QUIET);
        let (begin, busy) = (Instant::now(), processor());
        lab.runtime.block_on(lab.engine.apply_edit(&after)).unwrap();
        took.push(begin.elapsed().as_secs_f64() * 1e3);
        used.push((processor() - busy).as_secs_f64() * 1e3);
        lab.runtime
            .block_on(lab.engine.apply_edit(&before))
            .unwrap();
    }
    println!("edit {}", summary(took));
    println!("processor {}", summary(used));
}

/// What a lab costs in memory: this process's own, and what the kernel keeps of namespaces. Other
/// work on the machine moves the kernel's figures, but less than what is available in all.
pub(crate) fn memory(_: &Inside) {
    let size = Setting::read().size;
    let lab = Lab::start();
    thread::sleep(Duration::from_secs(1));
    let before = (kernels(), resident());
    lab.apply(&star_of(size));
    thread::sleep(Duration::from_secs(1));
    let (kernel, agent) = (kernels() - before.0, resident() - before.1);
    println!("kernel {kernel:.1} MiB");
    println!("agent {agent:.1} MiB");
    #[expect(clippy::cast_precision_loss, reason = "thousands")]
    let each = (kernel + agent) / size as f64;
    println!("memory {each:.3} MiB a namespace");
}

/// What the kernel has taken for itself, in MiB.
fn kernels() -> f64 {
    let text = fs::read_to_string("/proc/meminfo").unwrap();
    let taken = [
        "Slab:",
        "KernelStack:",
        "PageTables:",
        "Percpu:",
        "VmallocUsed:",
    ];
    let lines = text.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        taken.contains(&words.next()?).then_some(())?;
        words.next()?.parse::<f64>().ok()
    });
    lines.sum::<f64>() / 1024.0
}

/// `before` with the last leaf of `after`, under ids of its own.
fn grown(before: &Document, after: &Document) -> Document {
    let mut grown = before.clone();
    let leaf = after
        .namespaces
        .keys()
        .find(|id| !before.namespaces.contains_key(id));
    let leaf = *leaf.unwrap();
    let offset = 1_000_000;
    let named = |id: topology::InterfaceId| topology::InterfaceId(id.0 + offset);
    let bridge = before.bridges().next().unwrap().0;
    let mut fragment = Fragment::default();
    fragment
        .namespaces
        .insert(leaf, after.namespaces[&leaf].clone());
    for (id, interface) in &after.interfaces {
        let far = interface
            .peer()
            .is_some_and(|peer| after.interfaces[&peer].namespace == leaf);
        if interface.namespace == leaf || far {
            let mut interface = interface.clone();
            if let topology::document::Kind::Veth { peer } = &mut interface.kind {
                *peer = named(*peer);
            }
            interface.master = interface.master.map(|_| bridge);
            fragment.interfaces.insert(named(*id), interface);
        }
    }
    topology::edit::apply(&mut grown, Edit::Insert(fragment)).unwrap();
    grown
}

/// What a lab costs in which nothing happens.
pub(crate) fn idle(_: &Inside) {
    let lab = Lab::start();
    lab.apply(&star_of(Setting::read().size));
    thread::sleep(Duration::from_secs(5));
    let before = processor();
    let begin = Instant::now();
    thread::sleep(Duration::from_secs(10));
    let share = (processor() - before).as_secs_f64() / begin.elapsed().as_secs_f64();
    println!("processor {:.3} % of a core", share * 100.0);
}

/// From the end of a command of somebody else to what is observed.
pub(crate) fn drift(_: &Inside) {
    let lab = Lab::start();
    let document = star_of(Setting::read().size);
    lab.apply(&document);
    let host = lab.engine.namespace(NamespaceId::HOST).unwrap();
    thread::sleep(Duration::from_secs(2));
    let mut took = Vec::new();
    for time in 0..TIMES {
        let state = if time % 2 == 0 { "down" } else { "up" };
        let up = state == "up";
        let command = || {
            Command::new("ip")
                .args(["link", "set", "v3", state])
                .status()
        };
        assert!(host.run(command).unwrap().unwrap().success());
        let begin = Instant::now();
        loop {
            let observed = lab.engine.observed();
            let (_, port) = observed.interface_named(NamespaceId::HOST, "v3").unwrap();
            if port.up == up {
                break;
            }
            assert!(begin.elapsed() < Duration::from_secs(10), "never observed");
            thread::sleep(Duration::from_micros(200));
        }
        took.push(begin.elapsed().as_secs_f64() * 1e3);
        thread::sleep(Duration::from_millis(300));
    }
    println!("drift {}", summary(took));
}

fn summary(mut took: Vec<f64>) -> String {
    took.sort_by(f64::total_cmp);
    let (least, middle, most) = (took[0], took[took.len() / 2], took[took.len() - 1]);
    format!("{middle:.1} ms (least {least:.1}, most {most:.1})")
}

/// This process's memory, in MiB.
fn resident() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let kib = line.unwrap().split_whitespace().nth(1).unwrap();
    kib.parse::<f64>().unwrap() / 1024.0
}

/// Processor time of this process.
fn processor() -> Duration {
    let usage = nix::sys::resource::getrusage(nix::sys::resource::UsageWho::RUSAGE_SELF).unwrap();
    let both = [usage.user_time(), usage.system_time()];
    both.iter()
        .map(|time| {
            let micros = time.tv_sec() * 1_000_000 + time.tv_usec();
            Duration::from_micros(micros.try_into().unwrap())
        })
        .sum()
}

fn wait_for_the_watcher() {
    let _ = stdin().read_to_end(&mut Vec::new());
}
