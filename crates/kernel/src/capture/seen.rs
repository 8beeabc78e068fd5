//! Which interfaces the packets of `any` were taken on.

use std::collections::HashSet;
use std::os::fd::AsFd;

use packet::LinkType;
use protocol::capture::{MAX_SEEN, SeenInterface};

use super::open::{self, Handle};
use crate::sys;

/// The interfaces of a source of all interfaces.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) interfaces: Vec<SeenInterface>,
    known: HashSet<u32>,
    /// Of the packet before: mostly that of the next, too.
    last: Option<u32>,
    /// Those that have no name yet.
    new: Vec<u32>,
}

impl Seen {
    /// None yet; `None` for a source whose packets do not say their interface.
    pub(super) fn of(handle: &Handle) -> Option<Self> {
        (open::link_type(handle) == LinkType::LinuxSll2).then(Self::default)
    }

    /// Takes note of a packet.
    pub(super) fn packet(&mut self, data: &[u8]) {
        let index = packet::sll2_interface(data);
        if index == self.last {
            return;
        }
        self.last = index;
        if let Some(index) = index
            && self.known.len() < MAX_SEEN
            && self.known.insert(index)
        {
            self.new.push(index);
        }
    }

    /// Names what is new; says whether something was.
    pub(super) fn name(&mut self, handle: &Handle) -> bool {
        let is_news = !self.new.is_empty();
        for index in self.new.drain(..) {
            // It may have gone since.
            let name = sys::interface_name(handle.as_fd(), index);
            let name = name.unwrap_or_else(|_| format!("if{index}"));
            self.interfaces.push(SeenInterface { index, name });
        }
        is_news
    }
}
