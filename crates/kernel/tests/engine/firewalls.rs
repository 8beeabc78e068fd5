//! Firewalls: loaded as they are written, whole or not at all, seen when others change them.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use kernel::Namespace;
use kernel::sandbox::Inside;
use topology::document::Document;
use topology::edit::{Edit, apply};
use topology::firewall::counters::of_listing;
use topology::firewall::{Ruleset, parts};
use topology::observed::Observed;
use topology::status::{Status, statuses};
use topology::step::Step;
use topology::{NamespaceId, plan};

use crate::labs::article;
use crate::{Lab, ip, rebuilt, settled};

/// Within how long a change by somebody else is seen.
const SOON: Duration = Duration::from_millis(200);

/// Answers and pings come in, and nothing else.
const CLOSED: &str = "\
# Nobody comes in.
table inet filter {
\tset seen {
\t\ttype ipv4_addr
\t\tflags dynamic,timeout
\t\ttimeout 1m
\t}
\tchain input {
\t\ttype filter hook input priority 0; policy drop;
\t\tct state established,related counter accept
\t\tip protocol icmp update @seen { ip saddr }
\t\ticmp type echo-request counter accept
\t}
}
";

fn with(document: &Document, namespace: NamespaceId, text: Option<&str>) -> Document {
    let mut document = document.clone();
    let ruleset = text.map(|text| Ruleset::new(text).unwrap());
    apply(&mut document, Edit::SetFirewall { namespace, ruleset }).unwrap();
    document
}

fn nft(namespace: &Namespace, words: &str) -> String {
    ip::must(namespace, &format!("nft {words}"))
}

pub(crate) fn stands(_: &Inside) {
    let lab = Lab::start();
    let article = article();
    let plain = article.builder.document.clone();
    let walled = with(&plain, article.blue, Some(CLOSED));
    lab.apply(&walled);
    let (red, blue) = (lab.namespace(article.red), lab.namespace(article.blue));
    ip::must(&red, "ping -c 1 -W 2 10.0.0.2");
    let refused = ip::run(&red, "ping -6 -c 1 -W 1 fd00::2");
    assert!(!refused.status.success(), "IPv6 is not let in");

    // What packets do to it is no change.
    let listing = kernel::firewall::listing(&blue).unwrap();
    assert!(listing.contains("10.0.0.1"), "the set has it: {listing}");
    let counted = of_listing(&listing);
    let pings: Vec<_> = counted.iter().filter(|c| c.packets > 0).collect();
    assert_eq!(pings.len(), 1, "{counted:#?}");
    assert_eq!(pings[0].rule, "icmp type echo-request counter accept");
    assert_eq!((pings[0].packets, pings[0].bytes), (1, 84));
    let applied = lab.apply(&walled);
    assert_eq!(applied.steps, [], "nothing is left to do");
    ip::must(&blue, "ip link set veth-blue mtu 1300");
    lab.apply(&walled);
    let counted = of_listing(&kernel::firewall::listing(&blue).unwrap());
    assert!(
        counted.iter().any(|c| c.packets == 1),
        "the rules were not touched: {counted:#?}"
    );

    // The same rules in other words are another text, and are loaded.
    let again = with(
        &plain,
        article.blue,
        Some(&CLOSED.replace("Nobody", "None")),
    );
    assert_eq!(lab.apply(&again).steps.len(), 1);
    lab.apply(&plain);
    assert_eq!(nft(&blue, "list ruleset"), "");
}

pub(crate) fn refused(_: &Inside) {
    let lab = Lab::start();
    let mut article = article();
    lab.apply(&with(&article.builder.document, article.blue, Some(CLOSED)));
    let before = settled(&lab.engine.observed());
    let listing = nft(&lab.namespace(article.blue), "-s list ruleset");

    article.builder.address(article.veth_red, "10.0.7.1/24");
    let violet = article.builder.namespace("violet");
    let document = &article.builder.document;
    let cases = [
        (
            CLOSED.replace("counter accept\n\t\tip", "counter acept\n\t\tip"),
            "line 10, column 45: syntax error, unexpected newline",
        ),
        (
            CLOSED.replace("ct state", "iif \"nowhere\" ct state"),
            "line 10, column 7: Interface does not exist",
        ),
        (
            "table ip nat {\n chain post {\n  type nat hook forward priority 0\n }\n}\n".to_owned(),
            "line 2, column 8: Could not process rule: Operation not supported",
        ),
    ];
    for (text, words) in cases {
        let wanted = with(document, article.blue, Some(&text));
        let error = lab.runtime.block_on(lab.engine.apply(&wanted));
        let error = error.unwrap_err();
        assert!(error.not_undone.is_empty(), "{error}");
        assert!(
            matches!(error.step.as_deref(), Some(Step::SetFirewall { namespace, .. }) if *namespace == article.blue),
            "{error:?}"
        );
        assert!(
            error
                .to_string()
                .starts_with(&format!("could not load the firewall of blue: {words}")),
            "{error}"
        );
        assert_eq!(settled(&lab.engine.observed()), before);
        assert!(lab.engine.namespace(violet).is_none());
        assert_eq!(
            nft(&lab.namespace(article.blue), "-s list ruleset"),
            listing
        );
    }
    // Interfaces that are there only when all is done are known.
    let later = CLOSED.replace("ct state", "iif \"to-violet\" ct state");
    let mut builder = article.builder;
    builder.link([(article.blue, "to-violet"), (violet, "eth0")]);
    lab.apply(&with(&builder.document, article.blue, Some(&later)));
}

/// Definitions that use each other until the machine's memory is full, and names of hosts that
/// nobody knows: neither holds the lab for long.
pub(crate) fn greedy(_: &Inside) {
    let lab = Lab::start();
    let document = article().builder.document;
    let mut text = "define a0 = { 10.0.0.1, 10.0.0.2 }\n".to_owned();
    for number in 1..40 {
        let last = number - 1;
        text += &format!("define a{number} = {{ $a{last}, $a{last}, $a{last}, $a{last} }}\n");
    }
    text += "table ip x {\n chain y {\n ip saddr $a39 drop\n }\n}\n";
    let begin = Instant::now();
    let wanted = with(&document, NamespaceId::HOST, Some(&text));
    let result = lab.runtime.block_on(lab.engine.apply(&wanted));
    assert!(result.is_err());
    let error = result.unwrap_err().to_string();
    // Either its memory or its time is used up first.
    assert!(error.contains("host"), "{error}");
    assert!(begin.elapsed() < Duration::from_secs(20), "{error}");
    lab.apply(&document);
}

/// Waits until what is observed says yes; returns how long that took.
fn soon(lab: &Lab, what: &str, ask: impl Fn(&Observed) -> bool) {
    let begin = Instant::now();
    while !ask(&lab.engine.observed()) {
        assert!(begin.elapsed() < Duration::from_secs(5), "{what}");
        std::thread::sleep(Duration::from_millis(1));
    }
    let took = begin.elapsed();
    eprintln!("{what}: heard after {took:?}");
    assert!(took < SOON, "{what}: heard after {took:?}");
}

pub(crate) fn outside(_: &Inside) {
    let lab = Lab::start();
    let article = article();
    let walled = with(&article.builder.document, article.blue, Some(CLOSED));
    lab.apply(&walled);
    let (red, blue) = (lab.namespace(article.red), lab.namespace(article.blue));
    let is_right = |observed: &Observed| plan::plan(&walled, observed).is_empty();
    let differences = |lab: &Lab| match &statuses(&walled, Some(&lab.engine.observed())).namespaces
        [&article.blue]
    {
        Status::Drifted(all) => all.clone(),
        other => panic!("{other:?}"),
    };

    nft(&blue, "insert rule inet filter input tcp dport 80 accept");
    soon(&lab, "a rule", |o| !is_right(o));
    let told = differences(&lab);
    assert_eq!(told.len(), 1);
    assert_eq!(
        (told[0].what.as_str(), told[0].observed.as_str()),
        ("firewall", "+ tcp dport 80 accept")
    );
    assert_eq!(lab.apply(&walled).steps.len(), 1);
    assert!(!nft(&blue, "list ruleset").contains("dport 80"));

    nft(&blue, "flush ruleset");
    soon(&lab, "a flush", |o| !is_right(o));
    assert_eq!(differences(&lab)[0].observed, "");
    lab.apply(&walled);

    // Also where nobody wants any.
    nft(&red, "add table ip mine");
    soon(&lab, "a table", |o| {
        o.namespaces[&article.red].firewall.is_some()
    });
    lab.apply(&walled);
    assert_eq!(nft(&red, "list ruleset"), "");

    // Made and taken back: the text stands again.
    nft(&blue, "add table ip mine");
    soon(&lab, "another table", |o| !is_right(o));
    nft(&blue, "delete table ip mine");
    soon(&lab, "and gone", is_right);

    // An edit elsewhere leaves it alone.
    nft(&blue, "add table ip mine");
    soon(&lab, "a third", |o| !is_right(o));
    let mut edited = walled.clone();
    edited.interfaces.get_mut(&article.veth_red).unwrap().mtu = Some(1400);
    lab.runtime
        .block_on(lab.engine.apply_edit(&edited))
        .unwrap();
    assert!(nft(&blue, "list ruleset").contains("mine"));
}

pub(crate) fn by_index(_: &Inside) {
    let lab = Lab::start();
    let article = article();
    let text = "table inet f {\n chain c {\n  type filter hook input priority 0\n  iif \"veth-blue\" counter accept\n }\n}\n";
    let walled = with(&article.builder.document, article.blue, Some(text));
    lab.apply(&walled);
    let blue = lab.namespace(article.blue);
    let rule = "iif \"veth-blue\"";
    assert!(nft(&blue, "list ruleset").contains(rule));

    // Somebody takes the interface away: the rule names nothing, and is put right with it.
    ip::must(&blue, "ip link delete veth-blue");
    soon(&lab, "an interface", |o| {
        o.interface_of(article.veth_blue).is_none()
    });
    assert!(!nft(&blue, "list ruleset").contains(rule));
    lab.apply(&walled);
    assert!(nft(&blue, "list ruleset").contains(rule));

    // A plan makes it again and fails after that: the rule names the old one that is back.
    let mut other = walled.clone();
    other.interfaces.remove(&article.veth_red);
    other.interfaces.remove(&article.veth_blue);
    other
        .namespaces
        .get_mut(&article.red)
        .unwrap()
        .routes
        .clear();
    other.interfaces.get_mut(&article.green_br).unwrap().mtu = Some(70_000);
    let other = with(&other, article.blue, None);
    let before = rebuilt(&lab.engine.observed());
    let error = lab.runtime.block_on(lab.engine.apply(&other)).unwrap_err();
    assert!(error.not_undone.is_empty(), "{error}");
    assert_eq!(rebuilt(&lab.engine.observed()), before);
    assert!(nft(&blue, "list ruleset").contains(rule));
    lab.stands(&walled);

    // An edit renames it, and the text with it.
    let mut renamed = walled.clone();
    renamed.interfaces.get_mut(&article.veth_blue).unwrap().name = "up0".parse().unwrap();
    let error = lab.runtime.block_on(lab.engine.apply_edit(&renamed));
    let error = error.unwrap_err().to_string();
    assert!(error.contains("Interface does not exist"), "{error}");
    lab.apply(&walled);
    let text = text.replace("veth-blue", "up0");
    let renamed = with(&renamed, article.blue, Some(&text));
    lab.runtime
        .block_on(lab.engine.apply_edit(&renamed))
        .unwrap();
    assert!(nft(&blue, "list ruleset").contains("iif \"up0\""));
    lab.stands(&renamed);
}

/// A connection that stands goes on while the rules are replaced.
pub(crate) fn connection(_: &Inside) {
    let lab = Lab::start();
    let article = article();
    let allowed = parts::default_deny()
        + &parts::allow_port(parts::Transport::Tcp, 7)
        + "add rule inet filter input meta l4proto icmp accept\n";
    let walled = with(&article.builder.document, article.blue, Some(&allowed));
    lab.apply(&walled);
    let (red, blue) = (lab.namespace(article.red), lab.namespace(article.blue));
    let listener = blue
        .run(|| TcpListener::bind("10.0.0.2:7"))
        .unwrap()
        .unwrap();
    let echo = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut byte = [0];
        while stream.read(&mut byte).unwrap_or(0) == 1 {
            stream.write_all(&byte).unwrap();
        }
    });
    let connect = || TcpStream::connect_timeout(&"10.0.0.2:7".parse().unwrap(), SOON * 10);
    let mut stream = red.run(connect).unwrap().unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(2)))
        .unwrap();
    let mut answered = || {
        let mut byte = [7];
        stream.write_all(&byte).unwrap();
        stream.read_exact(&mut byte).unwrap();
    };
    answered();
    for number in 0..5 {
        let text = format!("{}# {number}\n", parts::default_deny());
        let changed = with(&article.builder.document, article.blue, Some(&text));
        lab.runtime
            .block_on(lab.engine.apply_edit(&changed))
            .unwrap();
        answered();
    }
    // And a new one is not let in any more.
    let connect = || TcpStream::connect_timeout(&"10.0.0.2:7".parse().unwrap(), SOON);
    assert!(red.run(connect).unwrap().is_err());
    drop(stream);
    echo.join().unwrap();
}
