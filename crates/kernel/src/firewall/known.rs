//! What is known of the rules of one namespace.

use topology::firewall::listing::{changes, names_indexes};
use topology::observed::{Interfaces, ObservedFirewall};
use tracing::warn;

use super::{Loaded, generation, list, load};
use crate::error::Result;
use crate::namespace::Namespace;

/// The rules of one namespace, looked at only when an event says that they have changed.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// Of what was seen last: the engine's own transactions make events, too.
    generation: Option<u32>,
    /// The text that was loaded last, and what `nft` lists for it.
    loaded: Option<(String, String)>,
    seen: Option<ObservedFirewall>,
    /// Whether the rules name interfaces by index.
    by_index: bool,
    stale: bool,
}

impl Known {
    /// Says that the rules may have changed.
    pub(crate) fn touch(&mut self) {
        self.stale = true;
    }

    /// The rules as they are now, looked at if they may have changed.
    pub(crate) fn seen(
        &mut self,
        namespace: &Namespace,
        before: Option<&Interfaces>,
        now: &Interfaces,
    ) -> Option<ObservedFirewall> {
        let is_named = |a: &Interfaces| {
            let names = a.iter().map(|(index, i)| (*index, i.name.clone()));
            names.collect::<Vec<_>>()
        };
        if self.by_index && before.is_none_or(|before| is_named(before) != is_named(now)) {
            self.stale = true;
            self.generation = None;
        }
        if self.stale {
            self.look(namespace);
        }
        self.seen.clone()
    }

    fn look(&mut self, namespace: &Namespace) {
        // Before the listing: what changes after that makes another event.
        let generation = generation::of(namespace);
        match generation.and_then(|now| {
            let is_seen = self.generation == Some(now);
            let listing = (!is_seen).then(|| list(namespace)).transpose()?;
            Ok((now, listing))
        }) {
            Ok((_, None)) => self.stale = false,
            Ok((generation, Some(listing))) => {
                self.stale = false;
                self.generation = Some(generation);
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
        match load(namespace, ruleset.unwrap_or_default())? {
            Loaded::As {
                listing,
                generation,
            } => {
                self.generation = Some(generation);
                self.by_index = names_indexes(&listing);
                self.loaded = ruleset.map(|text| (text.to_owned(), listing.clone()));
                self.seen = self.meaning(listing);
                self.stale = false;
            }
            Loaded::Disturbed => {
                self.loaded = None;
                self.generation = None;
                self.stale = true;
            }
        }
        Ok(())
    }
}
