//! What is known of the rules of one namespace.

use std::collections::BTreeMap;
use std::os::fd::BorrowedFd;

use topology::firewall::listing::{changes, names_indexes};
use topology::observed::{ObservedFirewall, ObservedInterface};
use tracing::{debug, warn};

use super::{Loaded, list, load};
use crate::error::Result;
use crate::namespace::Namespace;
use crate::netlink::{Failure, Heard, RuleEvents};

/// The rules of one namespace, looked at only when an event says that they have changed.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// None where the kernel has no nftables: then there are no rules either.
    events: Option<RuleEvents>,
    /// The text that was loaded last, and what `nft` lists for it.
    loaded: Option<(String, String)>,
    seen: Option<ObservedFirewall>,
    /// Whether the rules name interfaces by index.
    by_index: bool,
    stale: bool,
}

impl Known {
    /// Of a namespace without rules, that of the calling thread: what is done there from now on is
    /// heard.
    pub(crate) fn open() -> Self {
        let events = RuleEvents::open();
        if let Err(failure) = &events {
            debug!(%failure, "rules are not heard of");
        }
        Self {
            events: events.ok(),
            ..Self::default()
        }
    }

    /// What becomes readable when rules have changed.
    pub(crate) fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        self.events.as_ref().map(RuleEvents::descriptor)
    }

    /// Takes the events that have arrived; whether there were any.
    pub(crate) fn listen(&mut self) -> Result<bool, Failure> {
        let Some(events) = &self.events else {
            return Ok(false);
        };
        let heard = events.drain()? != Heard::Nothing;
        self.stale |= heard;
        Ok(heard)
    }

    /// The rules as they are now, looked at if they may have changed.
    pub(crate) fn seen(
        &mut self,
        namespace: &Namespace,
        before: Option<&BTreeMap<u32, ObservedInterface>>,
        now: &BTreeMap<u32, ObservedInterface>,
    ) -> Option<ObservedFirewall> {
        let is_named = |a: &BTreeMap<u32, ObservedInterface>| {
            let names = a.iter().map(|(index, i)| (*index, i.name.clone()));
            names.collect::<Vec<_>>()
        };
        if self.by_index && before.is_none_or(|before| is_named(before) != is_named(now)) {
            self.stale = true;
        }
        if self.stale {
            self.look(namespace);
        }
        self.seen.clone()
    }

    fn look(&mut self, namespace: &Namespace) {
        match list(namespace) {
            Ok(listing) => {
                self.stale = false;
                self.by_index = names_indexes(&listing);
                self.seen = self.meaning(listing);
            }
            // Looked at again with the next event: to try all the time would take all the time.
            Err(error) => {
                self.stale = false;
                warn!(%error, "what rules there are is not known");
            }
        }
    }

    fn meaning(&self, listing: String) -> Option<ObservedFirewall> {
        match &self.loaded {
            Some((text, own)) if *own == listing => Some(ObservedFirewall::loaded(text)),
            _ if listing.is_empty() => None,
            loaded => {
                let own = loaded.as_ref().map(|(_, own)| own.as_str());
                Some(ObservedFirewall {
                    changes: changes(own.unwrap_or_default(), &listing),
                    ruleset: listing,
                })
            }
        }
    }

    /// Replaces the rules. If that fails, they are as before.
    pub(crate) fn set(&mut self, namespace: &Namespace, ruleset: Option<&str>) -> Result<()> {
        let events = self.events.as_ref();
        let hear = || {
            // What cannot be read is said by the next one who listens.
            let _ = events.map(RuleEvents::drain);
        };
        match load(namespace, ruleset.unwrap_or_default(), hear)? {
            Loaded::As(listing) => {
                self.by_index = names_indexes(&listing);
                self.loaded = ruleset.map(|text| (text.to_owned(), listing.clone()));
                self.seen = self.meaning(listing);
                self.stale = false;
            }
            Loaded::Disturbed => {
                self.loaded = None;
                self.stale = true;
            }
        }
        Ok(())
    }
}
