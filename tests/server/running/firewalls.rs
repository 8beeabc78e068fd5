//! Firewalls of a lab that runs: what they count, what others change, what is refused.

use std::time::{Duration, Instant};

use protocol::{ClientMessage, ServerMessage};
use support::Yard;
use topology::Edit;
use topology::firewall::Ruleset;
use topology::firewall::counters::Counted;
use topology::status::{Status, statuses};

use super::View;

#[tokio::test]
async fn counters_are_read_live_and_drift_is_seen_and_put_right() {
    let yard = Yard::start("firewall");
    let lab = yard.create_example("firewall");
    let mut view = View::open(&yard, &lab).await;
    view.start().await;
    let path = format!("/api/v1/labs/{}/namespaces/firewall/firewall", lab.0);
    let counted = |rule: &str| -> (u64, u64) {
        let all: Vec<Counted> = yard.get(&path);
        let found = all.iter().find(|c| c.rule.contains(rule));
        let found = found.unwrap_or_else(|| panic!("{rule}: {all:#?}"));
        (found.packets, found.bytes)
    };
    let run = |namespace: &str, command: &[&str]| {
        let output = yard.exec(&lab, namespace, command).output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{command:?}: {errors}");
    };
    assert_eq!(counted("echo-request"), (0, 0));
    run("client", &["ping", "-c1", "-W2", "203.0.113.1"]);
    assert_eq!(counted("echo-request"), (1, 84));
    let none: Vec<Counted> = yard.get(&format!("/api/v1/labs/{}/namespaces/web/firewall", lab.0));
    assert_eq!(none, []);

    let id = view.document.namespace_named("firewall").unwrap();
    let drifted = |view: &View| {
        let all = statuses(&view.document, view.observed.as_ref());
        matches!(all.namespaces[&id], Status::Drifted(_))
    };
    run(
        "firewall",
        &["nft", "flush", "chain", "inet", "tiers", "forward"],
    );
    let done = Instant::now();
    view.until("the change is seen", drifted).await;
    let took = done.elapsed();
    println!("from the end of the command to the message: {took:?}");
    assert!(took < Duration::from_millis(200), "{took:?}");
    view.socket.send(&ClientMessage::PutRight).await;
    view.until("it is put right", |view| !drifted(view)).await;
    let all: Vec<Counted> = yard.get(&path);
    assert_eq!(all.len(), 8, "{all:#?}");
}

#[tokio::test]
async fn a_refused_firewall_is_told_with_its_place_and_the_next_one_is_taken() {
    let yard = Yard::start("refused-firewall");
    let lab = yard.create_example("firewall");
    let mut view = View::open(&yard, &lab).await;
    view.start().await;
    let namespace = view.document.namespace_named("firewall").unwrap();
    let good = view.document.namespaces[&namespace]
        .firewall
        .clone()
        .unwrap();
    let set = |text: &str| Edit::SetFirewall {
        namespace,
        ruleset: Some(Ruleset::new(text).unwrap()),
    };
    let before = view.observed.clone();
    let bad = good.as_str().replace("tcp dport 80 ct", "tcp dpotr 80 ct");
    view.edit(set(&bad)).await;
    let failure = view
        .event(|message| match message {
            ServerMessage::Applied { failure, .. } => failure.clone(),
            _ => None,
        })
        .await;
    assert_eq!(failure.namespace, Some(namespace));
    assert_eq!(failure.subject, "firewall");
    assert_eq!(failure.command, "ip netns exec firewall nft -f -");
    assert!(
        failure
            .error
            .contains("the firewall of firewall: line 14, column 41: syntax error"),
        "{failure:?}"
    );
    assert_eq!(
        view.observed.as_ref().unwrap().namespaces[&namespace].firewall,
        before.unwrap().namespaces[&namespace].firewall
    );
    view.edit(set(&good.as_str().replace("dport 80 ct", "dport 8000 ct")))
        .await;
    view.until("the next one is there", View::is_settled).await;
}
