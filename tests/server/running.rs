//! Labs that run: the kernel behind the socket.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use protocol::lab::{LabId, NewLab, RunState};
use protocol::ping::PingEvent;
use protocol::server::Welcome;
use protocol::{ClientMessage, ServerMessage};
use support::machine::{Machine, marked};
use support::socket::{ANSWER, Socket};
use support::{Yard, until};
use topology::edit::Selection;
use topology::observed::Origin;
use topology::status::{Status, statuses};
use topology::{Document, Edit, InterfaceId, Observed};

mod captures;
mod counters;
mod drift;
mod expectations;
mod firewalls;
mod probes;
mod reaching;
mod uplink;

/// Follows what a browser would see.
struct View {
    socket: Socket,
    document: Document,
    observed: Option<Observed>,
    run: RunState,
    tokens: u64,
}

impl View {
    async fn open(yard: &Yard, lab: &LabId) -> Self {
        let (socket, welcome) = Socket::open(yard, lab).await;
        let Welcome {
            document,
            observed,
            run,
            ..
        } = welcome;
        Self {
            socket,
            document,
            observed,
            run,
            tokens: 0,
        }
    }

    fn take(&mut self, message: &ServerMessage) {
        match message {
            ServerMessage::Edited { edit, .. } => {
                topology::edit::apply(&mut self.document, edit.clone()).unwrap();
            }
            ServerMessage::Run { run } => {
                self.run = run.clone();
                if *run != RunState::Running {
                    self.observed = None;
                }
            }
            ServerMessage::Observed { change } => {
                self.observed.get_or_insert_default().apply(change.clone());
            }
            _ => {}
        }
    }

    /// Reads until the view is as wanted.
    async fn until(&mut self, what: &str, mut wanted: impl FnMut(&Self) -> bool) {
        let deadline = Instant::now() + ANSWER;
        while !wanted(self) {
            let left = deadline.saturating_duration_since(Instant::now());
            let message = tokio::time::timeout(left, self.socket.next())
                .await
                .unwrap_or_else(|_| {
                    panic!(
                        "{what}: not within {ANSWER:?}; {:?} {:#?}",
                        self.run, self.observed
                    )
                })
                .expect("the server has hung up");
            self.take(&message);
        }
    }

    async fn event<T>(&mut self, mut look: impl FnMut(&ServerMessage) -> Option<T>) -> T {
        let deadline = Instant::now() + ANSWER;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let message = tokio::time::timeout(left, self.socket.next()).await;
            let message = message.expect("in time").expect("the server has hung up");
            self.take(&message);
            if let Some(found) = look(&message) {
                return found;
            }
        }
    }

    async fn start(&mut self) {
        self.socket.send(&ClientMessage::Start).await;
        self.until("the lab runs", |view| {
            view.run == RunState::Running && view.is_settled()
        })
        .await;
    }

    /// Every object of the document is in the kernel as the document says.
    fn is_settled(&self) -> bool {
        let Some(observed) = &self.observed else {
            return false;
        };
        let statuses = statuses(&self.document, Some(observed));
        let all = statuses
            .namespaces
            .values()
            .chain(statuses.interfaces.values());
        !all.into_iter()
            .any(|status| matches!(status, Status::Missing | Status::Drifted(_)))
    }

    async fn edit(&mut self, edit: Edit) {
        self.tokens += 1;
        let token = self.tokens;
        self.socket.send(&ClientMessage::Edit { token, edit }).await;
    }

    fn interface(&self, namespace: &str, name: &str) -> InterfaceId {
        let namespace = self.document.namespace_named(namespace).unwrap();
        self.document.interface_named(namespace, name).unwrap()
    }

    fn status(&self, interface: InterfaceId) -> Status {
        let statuses = statuses(&self.document, self.observed.as_ref());
        statuses.interfaces.get(&interface).cloned().unwrap()
    }
}

#[tokio::test]
async fn an_outside_change_is_seen_within_200_ms_and_an_edit_leaves_it_alone() {
    let yard = Yard::start("drift");
    let lab = yard.create_example("article");
    let mut view = View::open(&yard, &lab).await;
    view.start().await;
    let red = view.interface("red", "veth-red");
    assert_eq!(view.status(red), Status::Up);

    let mut slowest = Duration::ZERO;
    for up in [false, true, false] {
        let state = if up { "up" } else { "down" };
        let output = yard
            .exec(&lab, "red", &["ip", "link", "set", "veth-red", state])
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let done = Instant::now();
        view.until("the change is seen", |view| {
            (view.status(red) == Status::Up) == up
        })
        .await;
        slowest = slowest.max(done.elapsed());
    }
    println!("from the end of the command to the message: {slowest:?} at most");
    assert!(slowest < Duration::from_millis(200), "{slowest:?}");

    let blue = view.interface("blue", "veth-blue");
    view.edit(Edit::SetMtu {
        interface: blue,
        mtu: Some(1400),
    })
    .await;
    view.event(|message| match message {
        ServerMessage::Applied { failure, .. } => {
            assert_eq!(*failure, None);
            Some(())
        }
        _ => None,
    })
    .await;
    assert!(
        matches!(view.status(red), Status::Drifted(_)),
        "still down: {:?}",
        view.status(red)
    );
}

#[tokio::test]
async fn edits_reach_the_kernel_and_undo_takes_them_back() {
    let yard = Yard::start("edits");
    let lab = yard.create_example("article");
    let mut view = View::open(&yard, &lab).await;
    view.start().await;
    let before = view.document.clone();
    let red = view.document.namespace_named("red").unwrap();
    let mut after = before.clone();
    let inverse =
        topology::edit::apply(&mut after, Edit::Remove(Selection::namespace(red))).unwrap();

    view.edit(Edit::Remove(Selection::namespace(red))).await;
    view.until("red has gone", |view| {
        view.is_settled()
            && view
                .observed
                .as_ref()
                .is_some_and(|o| !o.namespaces.contains_key(&red))
    })
    .await;
    view.edit(inverse).await;
    view.until("red is back", |view| {
        view.document == before && view.is_settled()
    })
    .await;
    let output = yard
        .exec(&lab, "red", &["ping", "-c1", "-W2", "10.0.0.2"])
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stdout)
    );
}

#[tokio::test]
async fn an_address_that_is_refused_holds_back_no_other() {
    let yard = Yard::start("addresses");
    let lab = yard.create_example("article");
    let mut view = View::open(&yard, &lab).await;
    view.start().await;
    let interface = view.interface("red", "veth-red");
    let add = |address: &str| Edit::AddAddress {
        interface,
        address: address.parse().unwrap(),
        index: None,
    };
    view.edit(add("::1/128")).await;
    let error = view
        .event(|message| match message {
            ServerMessage::EditRefused { error, .. } => Some(error.to_string()),
            _ => None,
        })
        .await;
    assert!(error.contains("loopback's own"), "{error}");
    for address in ["fd77::1/64", "127.0.0.9/8", "fe80::7/64"] {
        view.edit(add(address)).await;
        let failure = view
            .event(|message| match message {
                ServerMessage::Applied { failure, .. } => Some(failure.clone()),
                _ => None,
            })
            .await;
        assert_eq!(failure, None, "{address}");
    }
    view.until("all are there", View::is_settled).await;
}

#[tokio::test]
async fn a_command_where_there_is_no_place_for_it_is_wrong_use() {
    let yard = Yard::start("wrong-use");
    let lab = yard.create_example("article");
    let mut view = View::open(&yard, &lab).await;
    view.start().await;
    let code = |lab: &str, namespace: &str| {
        let lab = protocol::lab::LabId(lab.to_owned());
        let output = yard.exec(&lab, namespace, &["true"]).output().unwrap();
        (
            output.status.code(),
            String::from_utf8_lossy(&output.stderr).into_owned(),
        )
    };
    assert_eq!(code(&lab.0, "red"), (Some(0), String::new()));
    for (name, namespace, words) in [
        ("nowhere", "red", "no lab nowhere"),
        (&lab.0, "purple", "no such namespace"),
    ] {
        let (code, error) = code(name, namespace);
        assert_eq!(code, Some(2), "{error}");
        assert!(error.contains(words), "{error}");
    }
}

#[tokio::test]
async fn what_the_kernel_refuses_is_rolled_back_and_told_in_its_words() {
    let yard = Yard::start("refused");
    let lab = yard.create_example("article");
    let mut view = View::open(&yard, &lab).await;
    view.start().await;
    let red = view.document.namespace_named("red").unwrap();
    let route = topology::document::Route {
        destination: "192.168.0.0/16".parse().unwrap(),
        gateway: Some("172.16.0.1".parse().unwrap()),
        interface: Some(view.interface("red", "veth-red")),
        metric: None,
        options: Default::default(),
    };
    let before = without_the_kernels_own(view.observed.as_ref());
    view.edit(Edit::AddRoute {
        namespace: red,
        route,
        index: None,
    })
    .await;
    let failure = view
        .event(|message| match message {
            ServerMessage::Applied { failure, .. } => failure.clone(),
            _ => None,
        })
        .await;
    assert_eq!(failure.namespace, Some(red));
    assert!(
        failure
            .command
            .contains("ip -n red route add 192.168.0.0/16 via 172.16.0.1"),
        "{failure:?}"
    );
    assert!(
        failure.error.contains("Nexthop has invalid gateway"),
        "{failure:?}"
    );
    let after = without_the_kernels_own(view.observed.as_ref());
    assert_eq!(after, before, "the kernel is as it was");
}

/// What the kernel adds by itself (link-local addresses, connected routes, carriers) comes in its
/// own time after a start.
fn without_the_kernels_own(observed: Option<&Observed>) -> Observed {
    let mut observed = observed.unwrap().clone();
    for namespace in observed.namespaces.values_mut() {
        namespace
            .routes
            .retain(|route| route.origin == Origin::Static);
        for interface in namespace.interfaces.values_mut() {
            interface.carrier = false;
            interface
                .addresses
                .retain(|address| address.origin == Origin::Static);
        }
    }
    observed
}

#[tokio::test]
async fn a_ping_is_answered_and_a_lost_one_is_explained() {
    let yard = Yard::start("ping");
    let lab = yard.create_example("article");
    let mut view = View::open(&yard, &lab).await;
    view.start().await;
    let red = view.document.namespace_named("red").unwrap();
    let target: IpAddr = "10.0.0.2".parse().unwrap();
    view.socket
        .send(&ClientMessage::StartPing {
            token: 7,
            source: red,
            target,
            options: Default::default(),
        })
        .await;
    let (ttl, rtt) = view
        .event(|message| match message {
            ServerMessage::Ping {
                event: PingEvent::Reply { ttl, rtt_ns, .. },
                ..
            } => Some((*ttl, *rtt_ns)),
            _ => None,
        })
        .await;
    assert_eq!(ttl, Some(64));
    assert!((1..1_000_000_000).contains(&rtt), "{rtt}");

    let nobody: IpAddr = "10.0.0.3".parse().unwrap();
    view.socket
        .send(&ClientMessage::StartPing {
            token: 8,
            source: red,
            target: nobody,
            options: Default::default(),
        })
        .await;
    let text = view
        .event(|message| match message {
            ServerMessage::Ping {
                event: PingEvent::Diagnosis { findings },
                ..
            } => Some(
                findings
                    .iter()
                    .map(|finding| finding.text.clone())
                    .collect::<Vec<_>>()
                    .join("; "),
            ),
            _ => None,
        })
        .await;
    assert!(
        text.contains("10.0.0.3") && text.to_lowercase().contains("arp"),
        "{text}"
    );
}

#[tokio::test]
async fn what_was_changed_from_outside_is_put_right_when_somebody_asks() {
    let yard = Yard::start("put-right");
    let lab = yard.create_example("article");
    let mut view = View::open(&yard, &lab).await;
    view.start().await;
    let pulled = view.interface("red", "veth-red");
    let down = ["ip", "link", "set", "veth-red", "down", "mtu", "1400"];
    assert!(yard.exec(&lab, "red", &down).status().unwrap().success());
    view.until("veth-red differs", |view| {
        matches!(view.status(pulled), Status::Drifted(_))
    })
    .await;
    view.socket.send(&ClientMessage::PutRight).await;
    view.until("all is as the document says", View::is_settled)
        .await;
    assert_eq!(view.status(pulled), Status::Up);
}

#[tokio::test]
async fn a_ping_ends_with_the_namespace_that_it_comes_from() {
    let yard = Yard::start("ping-removed");
    let lab = yard.create_example("article");
    let mut view = View::open(&yard, &lab).await;
    view.start().await;
    let red = view.document.namespace_named("red").unwrap();
    view.socket
        .send(&ClientMessage::StartPing {
            token: 7,
            source: red,
            target: "10.0.0.2".parse().unwrap(),
            options: Default::default(),
        })
        .await;
    let name = view
        .event(|message| match message {
            ServerMessage::PingStarted { info, .. } => Some(info.source_name.clone()),
            _ => None,
        })
        .await;
    assert_eq!(name, "red");
    let selection = Selection {
        namespaces: [red].into(),
        ..Selection::default()
    };
    view.edit(Edit::Remove(selection)).await;
    let ended = |message: &ServerMessage| match message {
        ServerMessage::Ping {
            event: PingEvent::Stopped { error },
            ..
        } => Some(error.clone()),
        _ => None,
    };
    assert_eq!(view.event(ended).await.as_deref(), Some("red was removed"));
    // A browser that comes later is told the same, by name.
    let (_, welcome) = Socket::open(&yard, &lab).await;
    let [(info, events)] = welcome.pings.as_slice() else {
        panic!("{:?}", welcome.pings)
    };
    assert_eq!(info.source_name, "red");
    assert!(matches!(
        events.last(),
        Some(PingEvent::Stopped { error: Some(_) })
    ));
}

#[tokio::test]
async fn a_killed_agent_is_shown_and_the_lab_starts_again() {
    let yard = Yard::start("crash");
    let lab = yard.create_example("bridged");
    let mut view = View::open(&yard, &lab).await;
    view.start().await;
    let document = view.document.clone();
    let agents: Vec<i32> = marked(&yard.environment())
        .into_iter()
        .filter(|pid| Pid::from_raw(*pid) != yard.pid())
        .collect();
    assert!(!agents.is_empty());
    for pid in agents {
        let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
    }
    view.until("the crash is shown", |view| {
        matches!(view.run, RunState::Failed { .. })
    })
    .await;
    view.start().await;
    assert_eq!(view.document, document);
}

#[tokio::test]
async fn a_restarted_yard_offers_its_labs_as_they_were() {
    let before = Machine::now();
    let mut yard = Yard::start("restart");
    let lab = yard.create(&NewLab::Empty {
        title: "Kept".to_owned(),
    });
    let running = yard.create_example("bridged");
    let mut view = View::open(&yard, &running).await;
    view.start().await;
    let mut other = View::open(&yard, &lab).await;
    other
        .edit(Edit::SetTitle {
            title: "Kept well".to_owned(),
        })
        .await;
    other
        .until("the edit is stored", |view| {
            view.document.title == "Kept well"
        })
        .await;
    for signal in [Signal::SIGKILL, Signal::SIGTERM] {
        yard.restart(signal);
        let labs = yard.labs();
        assert_eq!(labs.len(), 2);
        assert!(labs.iter().any(|summary| summary.title == "Kept well"));
        assert!(labs.iter().all(|summary| summary.run == RunState::Stopped));
        let mut view = View::open(&yard, &running).await;
        view.start().await;
    }
    yard.stop(Signal::SIGKILL);
    until(Duration::from_secs(5), "nothing is left", || {
        marked(&yard.environment()).is_empty().then_some(())
    });
    assert_eq!(Machine::now(), before);
}

#[tokio::test]
async fn two_browsers_see_each_others_edits() {
    let yard = Yard::start("two");
    let lab = yard.create_example("article");
    let mut one = View::open(&yard, &lab).await;
    let mut two = View::open(&yard, &lab).await;
    let red = one.document.namespace_named("red").unwrap();
    one.edit(Edit::RenameNamespace {
        namespace: red,
        name: "scarlet".parse().unwrap(),
    })
    .await;
    two.until("the other's edit", |view| {
        view.document.namespace_named("scarlet").is_some()
    })
    .await;
    let gone = Edit::Remove(Selection::namespace(red));
    two.edit(gone.clone()).await;
    one.edit(gone).await;
    let mut refusals = 0;
    for view in [&mut one, &mut two] {
        view.until("it has gone", |view| {
            !view.document.namespaces.contains_key(&red)
        })
        .await;
    }
    for view in [&mut one, &mut two] {
        let next = tokio::time::timeout(Duration::from_millis(500), view.socket.next()).await;
        if let Ok(Some(ServerMessage::EditRefused { .. })) = next {
            refusals += 1;
        }
    }
    assert_eq!(refusals, 1, "the loser is told");
    assert_eq!(one.document, two.document);
}
