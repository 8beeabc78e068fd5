//! Who reaches whom, measured again while somebody looks; what namespaces serve, as browsers see it.

use std::time::Duration;

use protocol::probe::{PortProbe, Probe, Probed, TcpProbed};
use protocol::{ClientMessage, ServerMessage};
use support::Yard;
use topology::Edit;
use topology::serve::Answer;

use super::View;

#[tokio::test]
async fn it_is_measured_again_for_those_who_look_and_once_for_those_who_ask() {
    let yard = Yard::start("reaching");
    let lab = yard.create_example("article");
    let mut view = View::open(&yard, &lab).await;
    let mut other = View::open(&yard, &lab).await;
    let ask = ClientMessage::MeasureReach { token: 7 };
    view.socket.send(&ask).await;
    let refused = |message| match message {
        ServerMessage::RequestFailed { token, error } => Some((token, error)),
        _ => None,
    };
    let (token, error) = view.socket.wait(refused).await;
    assert_eq!(token, Some(7));
    assert!(error.contains("the lab does not run"), "{error}");
    // Who looks before the lab runs gets it when it does.
    let look = |pause| ClientMessage::WatchReach { pause };
    view.socket.send(&look(Some(0))).await;
    view.start().await;
    let reached = |message| match message {
        ServerMessage::Reached { found } => Some(found),
        _ => None,
    };
    view.socket.wait(reached).await;
    let begin = tokio::time::Instant::now();
    let found = view.socket.wait(reached).await;
    assert!(!found.pairs.is_empty());
    // Nobody has it measured more often than that.
    assert!(begin.elapsed() > Duration::from_millis(1900));
    view.socket.send(&look(None)).await;
    other.socket.send(&ask).await;
    let found = other.socket.wait(reached).await;
    assert!(!found.pairs.is_empty());
    let silence = tokio::time::timeout(Duration::from_millis(2500), view.socket.wait(reached));
    assert!(silence.await.is_err());
}

#[tokio::test]
async fn what_is_served_follows_edits_and_is_told() {
    let yard = Yard::start("serving");
    let lab = yard.create_example("article");
    let mut view = View::open(&yard, &lab).await;
    view.start().await;
    let blue = view.document.namespace_named("blue").unwrap();
    let port = "tcp/80".parse().unwrap();
    let edit = Edit::SetService {
        namespace: blue,
        port,
        answer: Some(Answer::Http),
    };
    view.socket
        .send(&ClientMessage::Edit { token: 1, edit })
        .await;
    let told = |message| match message {
        ServerMessage::Services { states } => Some(states),
        _ => None,
    };
    let states = view.socket.wait(told).await;
    assert_eq!((states.len(), states[0].port), (1, port));
    assert_eq!(states[0].error, None);
    let probe = Probe::Tcp(PortProbe {
        target: "10.0.0.2".parse().unwrap(),
        port: 80,
        timeout_ms: 1000,
    });
    let path = format!("/api/v1/labs/{lab}/namespaces/red/probes");
    let probed: Probed = serde_json::from_str(&yard.post(&path, &probe)).unwrap();
    assert!(
        matches!(probed, Probed::Tcp(TcpProbed::Open { .. })),
        "{probed:?}"
    );
    view.socket.send(&ClientMessage::Stop).await;
    assert_eq!(view.socket.wait(told).await, []);
}
