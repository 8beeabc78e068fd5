//! Static neighbours and proxy entries, compared with what `ip neigh` says.

use std::collections::BTreeSet;
use std::time::Duration;

use kernel::Namespace;
use kernel::sandbox::Inside;
use topology::edit::apply;
use topology::neighbour::Neighbour;
use topology::observed::Observed;
use topology::{Edit, InterfaceId, Step};

use crate::hearing::heard;
use crate::labs::article;
use crate::{Lab, ip};

/// The entries of an interface that somebody has set, as `ip neigh` shows them.
fn shown(namespace: &Namespace, device: &str) -> BTreeSet<String> {
    let rows = ip::json(
        namespace,
        &format!("ip -j neigh show dev {device} nud permanent"),
    );
    let permanent = rows.iter().map(|row| {
        let text = |key: &str| row[key].as_str().unwrap().to_owned();
        format!("{} lladdr {}", text("dst"), text("lladdr"))
    });
    let proxies = ip::json(namespace, "ip -j neigh show proxy");
    let proxies = proxies.iter().filter(|row| row["dev"] == device);
    let proxies = proxies.map(|row| format!("proxy {}", row["dst"].as_str().unwrap()));
    permanent.chain(proxies).collect()
}

fn set_of(texts: &[&str]) -> BTreeSet<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn entries(texts: &[&str]) -> BTreeSet<Neighbour> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

const STATION: &str = "10.0.0.7 lladdr 02:00:00:00:00:07";
const OTHER: &str = "10.0.0.7 lladdr 02:00:00:00:00:08";
const STATION6: &str = "fd00::7 lladdr 02:00:00:00:00:07";
const PROXY: &str = "proxy 10.0.0.9";
const PROXY6: &str = "proxy fd00::9";

pub(crate) fn all(_: &Inside) {
    let lab = Lab::start();
    let article = article();
    let mut builder = article.builder;
    let id = article.veth_red;
    lab.apply(&builder.document);
    let red = lab.namespace(article.red);
    let four = [STATION, STATION6, PROXY, PROXY6];
    builder.interface(id).neighbours = entries(&four);
    let applied = lab.apply(&builder.document);
    let adds = |step: &Step| matches!(step, Step::AddNeighbour { .. });
    assert_eq!(applied.steps.len(), 4, "{applied:#?}");
    assert!(applied.steps.iter().all(adds), "{applied:#?}");
    assert_eq!(shown(&red, "veth-red"), set_of(&four));

    // Another MAC address takes the place of the first, with one step.
    builder.interface(id).neighbours = entries(&[OTHER, STATION6, PROXY, PROXY6]);
    assert_eq!(lab.apply(&builder.document).steps.len(), 1);
    assert_eq!(
        shown(&red, "veth-red"),
        set_of(&[OTHER, STATION6, PROXY, PROXY6])
    );

    // What goes with something else of the interface comes back in the same plan, and with an undo.
    let before = builder.document.clone();
    for edit in [
        Edit::SetUp {
            interface: id,
            up: false,
        },
        Edit::SetMac {
            interface: id,
            mac: Some("02:00:00:00:00:55".parse().unwrap()),
        },
        Edit::SetMtu {
            interface: id,
            mtu: Some(1400),
        },
        Edit::RemoveAddress {
            interface: id,
            address: "10.0.0.1/24".parse().unwrap(),
        },
    ] {
        let mut document = before.clone();
        let inverse = apply(&mut document, edit.clone()).unwrap();
        for document in [document.clone(), {
            apply(&mut document, inverse).unwrap();
            document
        }] {
            let applied = lab.runtime.block_on(lab.engine.apply_edit(&document));
            applied.unwrap_or_else(|error| panic!("{edit:?}: {error}"));
            let all = set_of(&[OTHER, STATION6, PROXY, PROXY6]);
            assert_eq!(shown(&red, "veth-red"), all, "{edit:?}");
        }
    }

    // A step that fails leaves them as they were: going down took them along.
    let mut document = before.clone();
    let name = Edit::RenameInterface {
        interface: id,
        name: "other".parse().unwrap(),
    };
    apply(&mut document, name).unwrap();
    document.interfaces.get_mut(&id).unwrap().mac = Some("02:00:00:00:00:56".parse().unwrap());
    let refuse = |step: &Step| match step {
        Step::AddNeighbour { .. } => Err(kernel::Error::new("test", "a step", "it is the test")),
        _ => Ok(()),
    };
    let applied = lab.engine.apply_through(&document, refuse);
    let error = lab.runtime.block_on(applied).unwrap_err();
    assert!(error.not_undone.is_empty(), "{error:#?}");
    lab.stands(&before);
    let all = set_of(&[OTHER, STATION6, PROXY, PROXY6]);
    assert_eq!(shown(&red, "veth-red"), all);

    // What others do is heard, and taken back.
    let has = |o: &Observed, text: &str| of(o, id).contains(&text.parse().unwrap());
    let more = "10.0.0.8 lladdr 02:00:00:00:00:0a";
    let words = "ip neigh add 10.0.0.8 lladdr 02:00:00:00:00:0a dev veth-red nud permanent";
    heard(&lab, "one more", words, &red, |o| has(o, more));
    let words = "ip neigh del 10.0.0.8 dev veth-red";
    heard(&lab, "it goes", words, &red, |o| !has(o, more));
    let words = "ip neigh replace fd00::7 lladdr 02:00:00:00:00:0b dev veth-red nud reachable";
    heard(&lab, "ours is no more", words, &red, |o| !has(o, STATION6));
    let words = "ip neigh add proxy 10.0.0.10 dev veth-red";
    heard(&lab, "a proxy", words, &red, |o| has(o, "proxy 10.0.0.10"));
    let words = "ip neigh del proxy fd00::9 dev veth-red";
    heard(&lab, "a proxy goes", words, &red, |o| !has(o, PROXY6));
    lab.apply(&before);
    assert_eq!(shown(&red, "veth-red"), all);

    // The other end is elsewhere: what is learned there is nobody's, and stays so.
    builder.interface(id).neighbours.clear();
    let removes = |step: &Step| matches!(step, Step::RemoveNeighbour { .. });
    let applied = lab.apply(&builder.document);
    assert!(applied.steps.iter().all(removes), "{applied:#?}");
    assert_eq!(shown(&red, "veth-red"), set_of(&[]));
}

fn of(observed: &Observed, id: InterfaceId) -> &BTreeSet<Neighbour> {
    &observed.interface_of(id).unwrap().2.neighbours
}

/// How often the engine's thread has been woken.
fn wakes() -> u64 {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let mut paths = tasks.map(|task| task.unwrap().path());
    let engine = paths.find(|path| {
        let name = std::fs::read_to_string(path.join("comm"));
        name.is_ok_and(|name| name.trim() == "engine")
    });
    let status = std::fs::read_to_string(engine.unwrap().join("status")).unwrap();
    let count = status.lines().find_map(|line| {
        let count = line.strip_prefix("voluntary_ctxt_switches:")?;
        count.trim().parse().ok()
    });
    count.unwrap()
}

/// What is learned comes and goes all the time: with a thousand namespaces that ping each other the
/// engine would do nothing else.
pub(crate) fn dynamic(_: &Inside) {
    let lab = Lab::start();
    let article = article();
    lab.apply(&article.builder.document);
    let red = lab.namespace(article.red);
    // Until the kernel's own addresses have come.
    std::thread::sleep(Duration::from_secs(3));
    let before = wakes();
    // Asked, answered, learned, asked in vain, given up.
    ip::run(&red, "ping -c 2 -i 0.2 -W 1 10.0.0.2");
    ip::run(&red, "ping -c 1 -W 1 10.0.0.99");
    ip::run(&red, "ping -6 -c 1 -W 1 ff02::1%veth-red");
    std::thread::sleep(Duration::from_millis(3500));
    let rows = ip::json(&red, "ip -j neigh show dev veth-red");
    let has = |address: &str| rows.iter().any(|row| row["dst"] == address);
    assert!(has("10.0.0.2"), "nothing was learned: {rows:?}");
    assert_eq!(wakes(), before, "it was woken by what was learned");
    // And the proof that it hears.
    for words in [
        "ip neigh add 10.0.0.8 lladdr 02:00:00:00:00:0a dev veth-red nud permanent",
        "ip neigh del 10.0.0.8 dev veth-red",
    ] {
        let before = wakes();
        ip::must(&red, words);
        std::thread::sleep(Duration::from_millis(100));
        assert!(wakes() > before, "it was not woken by {words}");
    }
}
