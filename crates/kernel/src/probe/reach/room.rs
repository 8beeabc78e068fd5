//! Room in the kernel's neighbour table, which is one for all namespaces of the machine.
//!
//! When it is full the kernel drops what it is to send to a new neighbour, and does not answer the
//! question of one (`neigh_alloc`, net/core/neighbour.c): a cell would be red for no reason of
//! the lab's. An entry that is younger than five seconds is not taken back by the kernel itself.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::thread;
use std::time::{Duration, Instant};

use protocol::reach::NeighbourLimit;
use topology::address::Family;
use tracing::debug;

use super::ends::{Ends, Meeting};
use crate::error::{Context, Result};
use crate::namespace::Namespace;
use crate::netlink::{NeighbourTable, Socket};

/// Of the free entries so many stay free, for whoever else is on the machine: one in eight.
const MARGIN: usize = 8;
/// The smallest wave, if there is no room at all: the kernel makes some by itself.
const LEAST: usize = 32;
/// After how long the kernel takes an entry back by itself if it needs one (`neigh_forced_gc`).
const AGE: Duration = Duration::from_secs(6);

/// What the neighbour table has room for.
pub(super) struct Room {
    family: Family,
    wanted: usize,
    before: NeighbourTable,
    /// A netlink socket in each source's namespace, and what it knew before.
    known: Vec<(Socket, BTreeSet<(u32, IpAddr)>)>,
}

impl Room {
    pub(super) fn look(ends: &Ends, family: Family, wanted: usize) -> Result<Self> {
        let object = || "the kernel's neighbour table";
        let mut sockets = Vec::new();
        let first = ends.sources.iter().map(|source| &source.namespace).take(1);
        for opened in Namespace::run_in_each(first, Socket::open)? {
            sockets.push(opened.context("look at", object)?);
        }
        let table = sockets
            .first_mut()
            .map(|socket| socket.neighbour_table(family));
        let before = match table {
            Some(table) => table.context("look at", object)?,
            None => NeighbourTable::default(),
        };
        let mut room = Self {
            family,
            wanted,
            before,
            known: Vec::new(),
        };
        if room.free() < wanted {
            room.remember(ends)?;
        }
        Ok(room)
    }

    /// Remembers what each namespace knows, so that only what is learned now is forgotten after.
    fn remember(&mut self, ends: &Ends) -> Result<()> {
        let namespaces = ends.sources.iter().map(|source| &source.namespace);
        let opened = Namespace::run_in_each(namespaces, Socket::open)?;
        for (opened, source) in opened.into_iter().zip(&ends.sources) {
            let object = || format!("the neighbours of {}", source.namespace);
            let mut socket = opened.context("look at", object)?;
            let known = socket.neighbours(self.family).context("look at", object)?;
            self.known.push((socket, known.into_iter().collect()));
        }
        Ok(())
    }

    fn free(&self) -> usize {
        let table = self.before;
        let free = table.most.saturating_sub(table.entries) as usize;
        free - free / MARGIN
    }

    /// Divides meetings so that each wave has room.
    pub(super) fn waves(&self, meetings: &[Meeting]) -> Vec<Vec<Meeting>> {
        let most = self.free().max(LEAST);
        let mut waves: Vec<Vec<Meeting>> = Vec::new();
        let mut used = usize::MAX;
        for meeting in meetings {
            let needed = meeting.neighbours();
            match waves.last_mut() {
                Some(wave) if used.saturating_add(needed) <= most => {
                    wave.push(meeting.clone());
                    used += needed;
                }
                _ => {
                    waves.push(vec![meeting.clone()]);
                    used = needed;
                }
            }
        }
        waves
    }

    /// Forgets what the namespaces of a wave have learned in it.
    pub(super) fn clear(&mut self, ends: &Ends, meetings: &[Meeting]) {
        let places: BTreeSet<usize> = meetings.iter().flat_map(|m| m.sources).collect();
        for place in places {
            let Some((socket, known)) = self.known.get_mut(place) else {
                continue;
            };
            let family = self.family;
            let learned = socket.neighbours(family).and_then(|now| {
                let new = now.into_iter().filter(|entry| !known.contains(entry));
                socket.forget_neighbours(family, &new.collect::<Vec<_>>())
            });
            if let (Err(failure), Some(source)) = (learned, ends.sources.get(place)) {
                debug!(namespace = %source.namespace, %failure, "neighbours are not forgotten");
            }
        }
    }

    /// Waits until there is room again for what is to be tried once more, if it may come.
    pub(super) fn wait(&mut self) {
        let begun = Instant::now();
        while let Some((socket, _)) = self.known.first_mut() {
            match socket.neighbour_table(self.family) {
                Ok(table) => self.before = table,
                Err(failure) => debug!(%failure, "the neighbour table cannot be seen"),
            }
            if self.free() >= LEAST || begun.elapsed() > AGE {
                return;
            }
            thread::sleep(Duration::from_millis(100));
        }
    }

    /// What there is to say of it.
    pub(super) fn limit(&self, waves: usize) -> NeighbourLimit {
        NeighbourLimit {
            family: self.family,
            gc_thresh3: self.before.most,
            in_use: self.before.entries,
            wanted: super::index(self.wanted),
            waves: super::index(waves),
        }
    }
}
