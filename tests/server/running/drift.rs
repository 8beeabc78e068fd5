//! What others change in a lab that runs, accepted or reverted one by one.

use std::time::{Duration, Instant};

use protocol::lab::NewLab;
use protocol::{ClientMessage, ServerMessage};
use support::Yard;
use topology::drift::{Drift, accept, drifts};
use topology::{InterfaceId, NamespaceId, Observed};

use super::View;

impl View {
    fn drifts(&self) -> Vec<Drift> {
        let nothing = Observed::default();
        drifts(&self.document, self.observed.as_ref().unwrap_or(&nothing))
    }

    /// Does what the button does.
    async fn accept(&mut self, drift: &Drift) {
        let observed = self.observed.clone().unwrap();
        let edit = accept(&self.document, &observed, drift, || InterfaceId(7001));
        self.edit(edit.unwrap()).await;
        let failure = self.event(|message| match message {
            ServerMessage::Applied { failure, .. } => Some(failure.clone()),
            _ => None,
        });
        assert_eq!(failure.await, None);
    }

    /// Starts a lab that takes long, and waits for the answer.
    async fn start_large(&mut self) {
        self.socket.send(&ClientMessage::Start).await;
        let applied = async {
            loop {
                let message = self.socket.next().await.expect("the server has hung up");
                self.take(&message);
                if let ServerMessage::Applied { failure, .. } = message {
                    assert_eq!(failure, None);
                    return;
                }
            }
        };
        let applied = tokio::time::timeout(Duration::from_secs(90), applied);
        applied.await.expect("it has started");
    }

    async fn revert(&mut self, drift: &Drift) {
        let drift = drift.clone();
        self.socket.send(&ClientMessage::Revert { drift }).await;
        let failure = self.event(|message| match message {
            ServerMessage::Applied { failure, .. } => Some(failure.clone()),
            _ => None,
        });
        assert_eq!(failure.await, None);
    }
}

#[tokio::test]
async fn one_drift_is_accepted_another_reverted() {
    let yard = Yard::start("one-drift");
    let lab = yard.create_example("article");
    let mut view = View::open(&yard, &lab).await;
    view.start().await;
    let red = view.interface("red", "veth-red");
    let run = |command: &[&str]| {
        let output = yard.exec(&lab, "red", command).output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{command:?}: {errors}");
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(view.drifts(), []);

    run(&["ip", "link", "set", "veth-red", "mtu", "1400"]);
    let done = Instant::now();
    view.until("the MTU differs", |view| view.drifts().len() == 1)
        .await;
    let took = done.elapsed();
    println!("from the end of the command to the message: {took:?}");
    assert!(took < Duration::from_millis(200), "{took:?}");
    run(&["ip", "addr", "add", "10.9.0.1/24", "dev", "veth-red"]);
    view.until("the address, too", |view| view.drifts().len() == 2)
        .await;
    let all = view.drifts();
    let of = |what: &str| all.iter().find(|d| d.difference.what == what).unwrap();

    // Both are of one interface: each is done without the other.
    view.accept(of("mtu")).await;
    view.until("the document has it", |view| {
        view.drifts() == [of("address").clone()]
    })
    .await;
    assert_eq!(view.document.interfaces[&red].mtu, Some(1400));
    view.revert(of("address")).await;
    view.until("the kernel is back", |view| view.drifts().is_empty())
        .await;
    let shown = run(&["ip", "-o", "addr", "show", "veth-red"]);
    assert!(!shown.contains("10.9.0.1"), "{shown}");
    let shown = run(&["ip", "-o", "link", "show", "veth-red"]);
    assert!(shown.contains("mtu 1400"), "{shown}");

    // What somebody made is put into the document, and is still there after a start.
    run(&["ip", "link", "add", "br9", "type", "bridge"]);
    view.until("a stranger is seen", |view| view.drifts().len() == 1)
        .await;
    let stranger = view.drifts().remove(0);
    view.accept(&stranger).await;
    view.until("it is no stranger", |view| view.drifts().is_empty())
        .await;
    assert_eq!(view.interface("red", "br9"), InterfaceId(7001));
    run(&["ip", "link", "del", "br9"]);
    view.until("it is missing", |view| view.drifts().len() == 1)
        .await;
    let missing = view.drifts().remove(0);
    view.revert(&missing).await;
    view.until("it is there again", |view| view.drifts().is_empty())
        .await;
    run(&["ip", "link", "show", "br9"]);
}

/// The largest lab that a bridge holds: a star of as many namespaces as a bridge has ports for.
#[tokio::test]
#[ignore = "measures a budget: with NETYARD_BIN a release build, on a machine that does nothing else"]
async fn drift_in_a_large_lab_is_told_soon() {
    const SIZE: usize = 1000;
    let mut text = String::from(
        "netyard: 1\ntitle: star\nnamespaces:\n  host:\n    bridges:\n      br0: {}\n",
    );
    for leaf in 0..SIZE {
        text += &format!("  n{leaf}: {{}}\n");
    }
    text += "links:\n";
    for leaf in 0..SIZE {
        text += &format!("  - n{leaf}/eth0: {{}}\n    host/v{leaf}: {{bridge: br0}}\n");
    }
    let yard = Yard::start("large-drift");
    let lab = yard.create(&NewLab::Text { text });
    let mut view = View::open(&yard, &lab).await;
    view.start_large().await;
    let mut all = Vec::new();
    for mtu in ["1400", "1500", "1401", "1500", "1402"] {
        // What IPv6 does by itself when a lab comes up ends.
        tokio::time::sleep(Duration::from_secs(1)).await;
        let port = |view: &View| {
            let observed = view.observed.as_ref();
            let found = observed.and_then(|o| o.interface_named(NamespaceId::HOST, "v7"));
            found.map(|(_, port)| port.mtu)
        };
        let words = ["ip", "link", "set", "v7", "mtu", mtu];
        let output = yard.exec(&lab, "host", &words).output().unwrap();
        let done = Instant::now();
        assert!(output.status.success(), "{output:?}");
        view.until("the MTU is told", |view| port(view) == mtu.parse().ok())
            .await;
        all.push(done.elapsed());
    }
    all.sort();
    println!("from the end of the command to the message, of {SIZE}: {all:?}");
    assert!(all[all.len() / 2] < Duration::from_millis(200), "{all:?}");
}
