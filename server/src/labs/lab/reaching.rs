//! Who reaches whom: measured when somebody asks, and again and again while somebody looks.

use std::time::Duration;

use protocol::ServerMessage;
use protocol::lab::RunState;
use protocol::reach::{ReachOptions, SHORTEST_PAUSE_S};
use protocol::server::ClientId;
use tokio::time::Instant;

use super::{Asked, Lab};
use crate::agent::protocol::{Answer, Request};

/// How the measuring stands.
#[derive(Default)]
pub(super) struct Reaching {
    /// Whether the agent is at it.
    measuring: bool,
    /// Who asked, besides those who look.
    askers: Vec<(ClientId, u64)>,
    /// When it is measured again.
    due: Option<Instant>,
}

impl Reaching {
    /// When it is measured again, if somebody looks.
    pub(super) fn due(&self) -> Option<Instant> {
        self.due
    }
}

impl Lab {
    /// A browser asks once. Who asks while it is measured gets what comes of that.
    pub(super) fn measure_reach(&mut self, by: (ClientId, u64)) {
        self.reaching.askers.push(by);
        self.measure();
    }

    /// A browser looks, and wants it measured again so many seconds after each time; or looks no
    /// longer.
    pub(super) fn watch_reach(&mut self, id: ClientId, pause: Option<u16>) {
        if let Some(client) = self.clients.get_mut(&id) {
            client.reach_pause = pause.map(|pause| pause.max(SHORTEST_PAUSE_S));
        }
        // At once: who begins to look has nothing yet, or wants it more often.
        self.turn_reach();
    }

    /// Measures now if somebody looks: the lab has begun to run, or somebody has begun to look.
    pub(super) fn turn_reach(&mut self) {
        self.reaching.due = None;
        if self.shortest_pause().is_some() && *self.run.borrow() == RunState::Running {
            self.measure();
        }
    }

    fn shortest_pause(&self) -> Option<u16> {
        let pauses = self
            .clients
            .values()
            .filter_map(|client| client.reach_pause);
        pauses.min()
    }

    fn measure(&mut self) {
        if self.reaching.measuring {
            return;
        }
        let options = ReachOptions::default();
        match self.ask(Asked::Reach, Request::Reach { options }) {
            Ok(()) => self.reaching.measuring = true,
            Err(error) => self.reach_failed(&error),
        }
    }

    fn reach_failed(&mut self, error: &str) {
        for (client, token) in std::mem::take(&mut self.reaching.askers) {
            let error = format!("cannot measure who reaches whom: {error}");
            self.request_failed(client, Some(token), error);
        }
    }

    /// The agent has measured, or could not.
    pub(super) fn reach_answered(&mut self, result: Result<Answer, String>) {
        self.reaching.measuring = false;
        match result {
            Ok(Answer::Reached(found)) => {
                let askers = std::mem::take(&mut self.reaching.askers);
                let looks = |id: ClientId, pause: Option<u16>| {
                    pause.is_some() || askers.iter().any(|(asker, _)| *asker == id)
                };
                let message = ServerMessage::Reached { found };
                self.tell_those(&message, |id, client| looks(id, client.reach_pause));
            }
            Ok(Answer::Failed(error)) => self.reach_failed(&error),
            Ok(_) => self.reach_failed("the agent's answer was none"),
            Err(error) => self.reach_failed(&error),
        }
        let pause = self.shortest_pause().map(u64::from);
        let runs = *self.run.borrow() == RunState::Running;
        self.reaching.due = pause
            .filter(|_| runs)
            .map(|pause| Instant::now() + Duration::from_secs(pause));
    }
}
