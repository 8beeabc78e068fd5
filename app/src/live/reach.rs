//! Who reaches whom: what is measured, and what is looked at of it.

use std::sync::Arc;

use leptos::prelude::*;
use protocol::ClientMessage;
use protocol::reach::Reachability;

use super::matrix::{Matrix, Order, Wanted};
use crate::editor::lab::Lab;

/// The state of the panel; it outlives the panel.
#[derive(Clone, Copy)]
pub(crate) struct Reach {
    /// The latest run.
    pub(crate) matrix: RwSignal<Option<Arc<Matrix>>>,
    /// The token of a run that was asked for and has not come.
    pub(crate) waiting: RwSignal<Option<u64>>,
    /// After how many seconds it is measured again; `None` only when asked for.
    pub(crate) pause: RwSignal<Option<u16>>,
    /// What is looked at.
    pub(crate) wanted: RwSignal<Wanted>,
    /// The chosen cell: places of its source and target.
    pub(crate) chosen: RwSignal<Option<(usize, usize)>>,
    /// Counts how often who is there has changed: places mean something else then.
    pub(crate) generation: RwSignal<u64>,
    /// Whether somebody looks.
    looked_at: RwSignal<bool>,
}

impl Reach {
    /// Nothing measured yet.
    pub(crate) fn new() -> Self {
        Self {
            matrix: RwSignal::new(None),
            waiting: RwSignal::new(None),
            pause: RwSignal::new(None),
            wanted: RwSignal::new(Wanted::default()),
            chosen: RwSignal::new(None),
            generation: RwSignal::new(0),
            looked_at: RwSignal::new(false),
        }
    }

    /// A run has come.
    pub(crate) fn take(self, found: Reachability) {
        self.waiting.set(None);
        let before = self.matrix.get_untracked();
        let matrix = Matrix::new(found, before.as_deref());
        // The places of another lab's rows are others.
        let same = before.is_some_and(|before| {
            let (old, new) = (before.found(), matrix.found());
            old.sources == new.sources && old.targets == new.targets
        });
        if !same {
            self.chosen.set(None);
            self.generation.update(|count| *count += 1);
            self.wanted.update(|wanted| {
                let known = |id| matrix.found().sources.iter().any(|s| s.namespace == id);
                wanted.from = wanted.from.filter(|id| known(*id));
                wanted.to = wanted.to.filter(|id| known(*id));
            });
        }
        self.matrix.set(Some(Arc::new(matrix)));
    }

    /// The lab has stopped: what was measured is no more.
    pub(crate) fn forget(self) {
        self.matrix.set(None);
        self.waiting.set(None);
        self.chosen.set(None);
    }

    /// A request could not be done.
    pub(crate) fn failed(self, token: Option<u64>) {
        if token.is_some() && self.waiting.get_untracked() == token {
            self.waiting.set(None);
        }
    }

    /// Rows and columns are sorted otherwise.
    pub(crate) fn sort(self, order: Order) {
        self.wanted.update(|wanted| wanted.order = order);
    }
}

impl Lab {
    /// Has it measured once who reaches whom.
    pub(crate) fn measure_reach(self) {
        let token = self.token();
        if self.send(&ClientMessage::MeasureReach { token }) {
            self.reach.waiting.set(Some(token));
        }
    }

    /// Somebody begins to look at the matrix, or looks away.
    pub(crate) fn look_at_reach(self, looks: bool) {
        self.reach.looked_at.set(looks);
        self.tell_reach();
    }

    /// It is measured again after so many seconds, while somebody looks.
    pub(crate) fn repeat_reach(self, pause: Option<u16>) {
        self.reach.pause.set(pause);
        self.tell_reach();
    }

    /// Says to the server how often it is to be measured; without a connection after the next
    /// welcome.
    pub(crate) fn tell_reach(self) {
        let looks = self.reach.looked_at.get_untracked();
        let pause = self.reach.pause.get_untracked().filter(|_| looks);
        self.send(&ClientMessage::WatchReach { pause });
    }
}
