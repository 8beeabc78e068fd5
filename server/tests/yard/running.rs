//! Labs that run, with a scripted agent: what the lab's task makes of what an agent says.

mod commands;

use std::time::Duration;

use self::commands::exec;
use crate::agent;
use crate::support::{Browser, HOST_LOOPBACK, Yard};
use protocol::binary::Binary;
use protocol::capture::{CaptureId, CaptureInfo, CaptureOptions};
use protocol::lab::{LabId, RunState};
use protocol::ping::PingEvent;
use protocol::{ClientMessage, ServerMessage};
use server::agent::client::{Agent, Streams};
use server::agent::protocol::{Answer, Request};
use server::exec_protocol::ExecEnd;
use server::labs::limits;
use tokio_tungstenite::tungstenite::Message;
use topology::{Edit, NamespaceId};

/// Also the way by which this program becomes the agent of the other tests.
#[test]
fn the_scripted_agent_speaks_the_agents_protocol() {
    agent::run_if_started_as_one();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let program = agent::program(folder.path());
        let (agent, mut events) = Agent::spawn(&program, "A", Streams::Detached, false)
            .await
            .unwrap();
        let apply = Request::Apply {
            document: Default::default(),
        };
        assert_eq!(agent.request(apply).await.unwrap(), Answer::Done);
        agent.shutdown().await;
        assert_eq!(agent.ended().unwrap(), "it ended with code 0");
        while events.recv().await.is_some() {}
    });
}

async fn running(title: &str) -> (Yard, LabId, Browser) {
    let yard = Yard::scripted().await;
    let id = yard.lab(title).await;
    let mut browser = yard.browser(&id).await;
    browser.say(&ClientMessage::Start).await;
    assert_eq!(
        browser.next().await,
        ServerMessage::Run {
            run: RunState::Starting
        }
    );
    assert_eq!(
        browser.next().await,
        ServerMessage::Run {
            run: RunState::Running
        }
    );
    (yard, id, browser)
}

fn applied(message: ServerMessage) -> Option<(u64, Option<protocol::lab::ApplyFailure>)> {
    match message {
        ServerMessage::Applied { revision, failure } => Some((revision, failure)),
        _ => None,
    }
}

fn run_state(message: ServerMessage) -> Option<RunState> {
    match message {
        ServerMessage::Run { run } => Some(run),
        _ => None,
    }
}

#[tokio::test]
async fn a_lab_starts_shows_the_kernel_and_stops() {
    let (yard, id, mut browser) = running("A").await;
    let ServerMessage::Observed { change } = browser.next().await else {
        panic!("nothing observed")
    };
    assert!(change.namespaces.contains_key(&NamespaceId::HOST));
    assert_eq!(
        browser.next().await,
        ServerMessage::Applied {
            revision: 0,
            failure: None
        }
    );
    let second = yard.browser(&id).await;
    assert_eq!(second.welcome().run, RunState::Running);
    assert!(
        second
            .welcome()
            .observed
            .as_ref()
            .unwrap()
            .namespaces
            .contains_key(&NamespaceId::HOST)
    );

    let stopped = yard
        .ask("POST", &format!("/api/v1/labs/{id}/stop"), "")
        .await;
    assert_eq!(
        (stopped.status, &stopped.json()["run"]),
        (200, &"stopped".into())
    );
    assert_eq!(browser.until(run_state).await, RunState::Stopping);
    assert_eq!(browser.until(run_state).await, RunState::Stopped);
    assert_eq!(yard.browser(&id).await.welcome().observed, None);
    let started = yard
        .ask("POST", &format!("/api/v1/labs/{id}/start"), "")
        .await;
    assert_eq!(
        (started.status, &started.json()["run"]),
        (200, &"running".into())
    );
    yard.server.shutdown().await;
}

#[tokio::test]
async fn edits_reach_the_kernel_the_newest_document_waiting_for_the_one_in_work() {
    let (_yard, _id, mut browser) = running("A").await;
    for token in 1..=20 {
        let edit = Edit::SetTitle {
            title: format!("A{token}"),
        };
        browser.say(&ClientMessage::Edit { token, edit }).await;
    }
    let mut taken = Vec::new();
    while taken.last() != Some(&20) {
        let (revision, failure) = browser.until(applied).await;
        assert_eq!(failure, None);
        taken.push(revision);
    }
    assert!(taken.len() < 20 && taken.is_sorted(), "{taken:?}");
}

#[tokio::test]
async fn what_the_kernel_refuses_is_shown_and_the_document_kept() {
    let (yard, id, mut browser) = running("A").await;
    browser.until(applied).await;
    let edit = |title: &str| ClientMessage::Edit {
        token: 1,
        edit: Edit::SetTitle {
            title: title.into(),
        },
    };
    browser.say(&edit("refused")).await;
    let (revision, failure) = browser.until(applied).await;
    let failure = failure.unwrap();
    assert_eq!(
        (revision, failure.error.as_str()),
        (1, "Operation not supported (EOPNOTSUPP)")
    );
    let second = yard.browser(&id).await;
    assert_eq!(second.welcome().failure.as_ref(), Some(&failure));
    assert_eq!(second.welcome().document.title, "refused");
    browser.say(&edit("fine")).await;
    assert_eq!(browser.until(applied).await, (2, None));
    assert_eq!(yard.browser(&id).await.welcome().failure, None);
}

#[tokio::test]
async fn an_agent_that_dies_is_shown_and_the_lab_starts_again() {
    let (yard, id, mut browser) = running("A").await;
    let ping = ClientMessage::StartPing {
        token: 1,
        source: NamespaceId::HOST,
        target: "10.0.0.1".parse().unwrap(),
        options: Default::default(),
    };
    browser.say(&ping).await;
    browser
        .until(|m| matches!(m, ServerMessage::Ping { .. }).then_some(()))
        .await;
    let end = exec(&yard, &id.0, &["crash"], None, &[]).await.2;
    assert!(matches!(end, ExecEnd::Error(_)), "{end:?}");
    let stopped = browser
        .until(|message| match message {
            ServerMessage::Ping {
                event: PingEvent::Stopped { error },
                ..
            } => error,
            _ => None,
        })
        .await;
    let RunState::Failed { message } = browser.until(run_state).await else {
        panic!("not failed")
    };
    assert!(message.contains("ended with code 3"), "{message}");
    assert_eq!(stopped, message);
    // The ping's history is still there.
    let again = yard.browser(&id).await;
    assert_eq!(again.welcome().run, RunState::Failed { message });
    assert_eq!(again.welcome().pings[0].1.len(), 2);
    browser.say(&ClientMessage::Start).await;
    assert_eq!(browser.until(run_state).await, RunState::Starting);
    assert_eq!(browser.until(run_state).await, RunState::Running);
    assert_eq!(browser.until(applied).await.1, None);
}

#[tokio::test]
async fn pings_are_the_labs_and_keep_their_history() {
    let (yard, id, mut browser) = running("A").await;
    let mut start = async |token, target: &str| {
        let target = target.parse().unwrap();
        browser
            .say(&ClientMessage::StartPing {
                token,
                source: NamespaceId::HOST,
                target,
                options: Default::default(),
            })
            .await;
    };
    start(3, "::1").await;
    start(4, "10.0.0.1").await;
    let failed = browser.until(|m| match m {
        ServerMessage::RequestFailed {
            token: Some(3),
            error,
        } => Some(error),
        _ => None,
    });
    assert_eq!(
        failed.await,
        "cannot ping ::1 from host: Network is unreachable (ENETUNREACH)"
    );
    let (ping, by) = browser
        .until(|m| match m {
            ServerMessage::PingStarted { by, info } => Some((info.id, by)),
            _ => None,
        })
        .await;
    assert_eq!(by, Some((browser.welcome().client, 4)));
    // What was said before the answer comes after the announcement.
    let event = PingEvent::Lost { sequence: 1 };
    assert_eq!(
        browser.next_but_present().await,
        ServerMessage::Ping {
            ping,
            event: event.clone()
        }
    );
    browser.say(&ClientMessage::StopPing { ping }).await;
    let stopped = PingEvent::Stopped { error: None };
    assert_eq!(
        browser
            .until(|m| matches!(&m, ServerMessage::Ping { .. }).then_some(m))
            .await,
        ServerMessage::Ping {
            ping,
            event: stopped.clone()
        }
    );

    let mut second = yard.browser(&id).await;
    let [(info, events)] = second.welcome().pings.as_slice() else {
        panic!("not one ping")
    };
    assert_eq!((info.id, events), (ping, &vec![event, stopped]));
    second.say(&ClientMessage::DismissPing { ping }).await;
    browser
        .until(|m| (m == ServerMessage::PingDismissed { ping }).then_some(()))
        .await;
    assert!(yard.browser(&id).await.welcome().pings.is_empty());
}

/// A lab that is started and captures, and the browser that had it so.
pub(crate) async fn captured(yard: &Yard, id: &LabId) -> (CaptureId, Browser) {
    let mut browser = yard.browser(id).await;
    browser.say(&ClientMessage::Start).await;
    browser
        .until(|m| matches!(m, ServerMessage::Applied { .. }).then_some(()))
        .await;
    let info = start_capture(&mut browser, "").await;
    (info.id, browser)
}

async fn start_capture(browser: &mut Browser, filter: &str) -> CaptureInfo {
    let options = CaptureOptions {
        filter: filter.into(),
        ..CaptureOptions::default()
    };
    browser
        .say(&ClientMessage::StartCapture {
            token: 1,
            sources: vec![HOST_LOOPBACK],
            options,
        })
        .await;
    browser
        .until(|message| match message {
            ServerMessage::CaptureStarted { info, .. } => Some(info),
            _ => None,
        })
        .await
}

/// Takes packets until that number has come; returns their numbers.
async fn packets(browser: &mut Browser, capture: CaptureId, last: u64) -> Vec<u64> {
    let mut numbers = Vec::new();
    while numbers.last() != Some(&last) {
        let Message::Binary(bytes) = browser.frame().await else {
            continue;
        };
        let Binary::Packets(batch) = Binary::decode(&bytes).unwrap() else {
            panic!("no packets");
        };
        assert_eq!(batch.capture, capture);
        assert!(bytes.len() <= limits::BATCH_BYTES, "{}", bytes.len());
        for (number, packet) in (batch.first..).zip(&batch.records) {
            assert_eq!(
                packet.record.at.0, number,
                "a packet under another one's number"
            );
            numbers.push(number);
        }
    }
    numbers
}

#[tokio::test]
async fn captures_stream_are_replayed_and_can_be_downloaded() {
    let (yard, id, mut browser) = running("A").await;
    let info = start_capture(&mut browser, "").await;
    assert_eq!(
        (info.name.as_str(), info.sources[0].link_type),
        ("host/lo", 1)
    );
    assert_eq!(packets(&mut browser, info.id, 2).await, [0, 1, 2]);
    let mut second = yard.browser(&id).await;
    let (known, event) = second.welcome().captures[0].clone();
    assert_eq!(
        (known, event.received, event.kept, event.running),
        (info.clone(), 3, 3, true)
    );
    assert_eq!(packets(&mut second, info.id, 2).await, [0, 1, 2]);

    let path = format!("/api/v1/labs/{id}/captures/{}.pcapng", info.id.0);
    let file = yard.ask("GET", &path, "").await;
    assert_eq!(
        (file.status, file.header("content-type")),
        (200, Some("application/x-pcapng"))
    );
    assert_eq!(
        file.header("content-disposition"),
        Some("attachment; filename=\"host-lo.pcapng\"")
    );
    assert_eq!(
        yard.ask("GET", &path.replace(".pcapng", ".pcap"), "")
            .await
            .status,
        404
    );

    browser
        .say(&ClientMessage::StopCapture { capture: info.id })
        .await;
    browser
        .until(|m| {
            matches!(m, ServerMessage::Capture { event, .. } if !event.running).then_some(())
        })
        .await;
    second
        .say(&ClientMessage::DismissCapture { capture: info.id })
        .await;
    browser
        .until(|m| (m == ServerMessage::CaptureDismissed { capture: info.id }).then_some(()))
        .await;
    assert_eq!(yard.ask("GET", &path, "").await.status, 404);
}

#[tokio::test]
async fn a_filter_that_is_none_is_said_to_be_so() {
    let (_yard, _id, mut browser) = running("A").await;
    let long = "icmp or ".repeat(600) + "icmp";
    for (filter, expected) in [
        ("icmp", None),
        ("bad", Some("syntax error".to_owned())),
        (
            &long,
            Some("the filter is longer than 4096 bytes".to_owned()),
        ),
    ] {
        browser
            .say(&ClientMessage::CheckFilter {
                token: 5,
                source: HOST_LOOPBACK,
                filter: filter.into(),
            })
            .await;
        let error = browser
            .until(|m| match m {
                ServerMessage::FilterChecked { token: 5, error } => Some(error),
                _ => None,
            })
            .await;
        assert_eq!(error, expected);
    }
    browser
        .say(&ClientMessage::StartCapture {
            token: 6,
            sources: vec![HOST_LOOPBACK],
            options: CaptureOptions {
                filter: "bad".into(),
                ..CaptureOptions::default()
            },
        })
        .await;
    let failed = browser.until(|m| match m {
        ServerMessage::RequestFailed {
            token: Some(6),
            error,
        } => Some(error),
        _ => None,
    });
    assert_eq!(
        failed.await,
        "cannot capture on host/lo: the filter is none: syntax error"
    );
}

#[tokio::test]
async fn a_lab_takes_so_many_pings_and_captures_and_no_more() {
    let (yard, id, mut browser) = running("A").await;
    for (most, message) in [
        (
            limits::MAX_PINGS,
            ClientMessage::StartPing {
                token: 8,
                source: NamespaceId::HOST,
                target: "10.0.0.1".parse().unwrap(),
                options: Default::default(),
            },
        ),
        (
            limits::MAX_CAPTURES,
            ClientMessage::StartCapture {
                token: 8,
                sources: vec![HOST_LOOPBACK],
                options: CaptureOptions::default(),
            },
        ),
    ] {
        for _ in 0..=most {
            browser.say(&message).await;
        }
        let (mut started, mut refused) = (0, None);
        while started < most || refused.is_none() {
            match browser.next().await {
                ServerMessage::PingStarted { .. } | ServerMessage::CaptureStarted { .. } => {
                    started += 1;
                }
                ServerMessage::RequestFailed { error, .. } => refused = Some(error),
                _ => {}
            }
        }
        let refused = refused.unwrap();
        assert!(refused.contains(&format!("has {most} ")), "{refused}");
        assert!(refused.contains("dismiss one first"), "{refused}");
    }
    let welcome = yard.browser(&id).await;
    let counts = (
        welcome.welcome().pings.len(),
        welcome.welcome().captures.len(),
    );
    assert_eq!(counts, (limits::MAX_PINGS, limits::MAX_CAPTURES));
}

#[tokio::test]
async fn a_flood_of_packets_keeps_the_newest_and_holds_up_nothing() {
    let (yard, id, mut browser) = running("A").await;
    let info = start_capture(&mut browser, "flood").await;
    let numbers = packets(&mut browser, info.id, agent::FLOOD - 1).await;
    assert!(numbers.is_sorted(), "out of order");
    // The rest was not sent, or dropped by the agent's client, which counts it.
    let mut late = yard.browser(&id).await;
    let event = late.welcome().captures[0].1.clone();
    assert_eq!(event.received, agent::FLOOD);
    assert!(event.kept <= 100_000 && event.kept > 10_000, "{event:?}");
    // A newcomer gets the newest, and then all that is kept before them.
    let mut first = event.dropped.ring + event.kept;
    while first > event.dropped.ring {
        let Message::Binary(bytes) = late.frame().await else {
            continue;
        };
        let Binary::Packets(batch) = Binary::decode(&bytes).unwrap() else {
            panic!("no packets");
        };
        assert_eq!(batch.first + batch.records.len() as u64, first);
        first = batch.first;
    }
    assert_eq!(first, event.dropped.ring);
}

#[tokio::test]
async fn stopping_the_server_ends_the_agents() {
    let (yard, id, mut browser) = running("A").await;
    browser.until(applied).await;
    let folder = yard.folder.path().to_owned();
    let children = || agent::count(&folder);
    assert_eq!(children(), 1);
    let yard = tokio::time::timeout(Duration::from_secs(10), yard.restart())
        .await
        .unwrap();
    assert_eq!(children(), 0);
    assert_eq!(u16::from(browser.closed().await.code), 1001);
    let mut again = yard.browser(&id).await;
    assert_eq!(again.welcome().run, RunState::Stopped);
    assert_eq!(again.welcome().document.title, "A");

    // Also one that is only about to come.
    again.say(&ClientMessage::Start).await;
    assert_eq!(
        again.next().await,
        ServerMessage::Run {
            run: RunState::Starting
        }
    );
    let yard = tokio::time::timeout(Duration::from_secs(10), yard.restart())
        .await
        .unwrap();
    assert_eq!(children(), 0);
    assert_eq!(yard.browser(&id).await.welcome().run, RunState::Stopped);
}
