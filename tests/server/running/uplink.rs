//! The uplink of a lab that runs: switched, undone, lost, put right; refused where it is not allowed.

use std::time::Instant;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use protocol::lab::FeatureState;
use protocol::{ClientMessage, ServerMessage};
use support::machine::{family, name_of};
use support::{Yard, outside};
use topology::edit::apply;
use topology::{Edit, NamespaceId, uplink};

use super::View;

fn is_on(view: &View) -> bool {
    view.observed.as_ref().is_some_and(uplink::is_on)
}

#[tokio::test]
async fn it_is_refused_where_it_is_not_allowed() {
    let yard = Yard::start("uplink-refused");
    let features: Vec<FeatureState> = yard.get("/api/v1/features");
    let found = features.iter().find(|f| f.name.contains("uplink")).unwrap();
    assert!(
        !found.available && found.remedy.contains("--allow-uplink"),
        "{found:?}"
    );
    let lab = yard.create_example("internet");
    let mut view = View::open(&yard, &lab).await;
    view.socket.send(&ClientMessage::Start).await;
    let failure = view
        .event(|message| match message {
            ServerMessage::Applied { failure, .. } => failure.clone(),
            _ => None,
        })
        .await;
    assert_eq!(failure.namespace, Some(NamespaceId::HOST));
    assert!(
        failure.error.contains("not allowed") && failure.error.contains("--allow-uplink"),
        "{failure:?}"
    );
    // Nothing of the document was tried; without the uplink all of it is.
    assert_eq!(view.observed.as_ref().map_or(1, |o| o.namespaces.len()), 1);
    view.edit(Edit::SetUplink { on: false }).await;
    view.until("the rest is there", View::is_settled).await;
    // An edit of the running lab is refused as well, and all else stays.
    view.edit(Edit::SetUplink { on: true }).await;
    let failure = view
        .event(|message| match message {
            ServerMessage::Applied { failure, .. } => failure.clone(),
            _ => None,
        })
        .await;
    assert!(failure.error.contains("not allowed"), "{failure:?}");
    assert!(!is_on(&view));
}

#[tokio::test]
async fn it_is_switched_lost_and_put_right_while_the_lab_runs() {
    if !outside::is_here() {
        let name = "running::uplink::it_is_switched_lost_and_put_right_while_the_lab_runs";
        let output = outside::run(name);
        let text = String::from_utf8_lossy(&output.stdout);
        for line in text.lines().filter(|line| line.contains("uplink:")) {
            println!("{line}");
        }
        return;
    }
    outside::build();
    let yard = Yard::start_with("uplink", &["--allow-uplink"]);
    let pastas = || {
        let all = family(yard.pid().as_raw());
        let all = all
            .into_iter()
            .filter(|pid| name_of(*pid).starts_with("pas"));
        all.collect::<Vec<_>>()
    };
    let lab = yard.create_example("internet");
    let mut view = View::open(&yard, &lab).await;
    view.start().await;
    assert!(is_on(&view));
    assert_eq!(pastas().len(), 2);

    let mut document = view.document.clone();
    let off = Edit::SetUplink { on: false };
    let undo = apply(&mut document, off.clone()).unwrap();
    for (edit, on) in [(off, false), (undo, true)] {
        let begin = Instant::now();
        view.edit(edit).await;
        view.until("it is switched", |view| {
            is_on(view) == on && view.document.has_uplink() == on && view.is_settled()
        })
        .await;
        println!("uplink: {on} after {:?}", begin.elapsed());
        assert_eq!(pastas().len(), if on { 2 } else { 0 });
    }
    // Its address and route are nobody's drift.
    let output = yard.exec(&lab, "host", &["ip", "route"]).output().unwrap();
    let routes = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        routes.contains("default via 100.64.0.1 dev uplink0"),
        "{routes}"
    );

    // Without one of the two there is no way out: the other ends, too, and that is seen.
    for _ in 0..2 {
        let victim = *pastas().first().unwrap();
        kill(Pid::from_raw(victim), Signal::SIGKILL).unwrap();
        view.until("the loss is seen", |view| !is_on(view)).await;
        assert!(!view.is_settled());
        view.socket.send(&ClientMessage::PutRight).await;
        view.until("it is put right", |view| is_on(view) && view.is_settled())
            .await;
    }
    view.socket.send(&ClientMessage::Stop).await;
    view.until("the lab is stopped", |view| {
        view.run == protocol::lab::RunState::Stopped
    })
    .await;
    assert_eq!(pastas(), [0; 0]);
}
