//! What is known of the rules of one namespace.

use std::thread::{self, JoinHandle};

use topology::firewall::listing::{changes, names_indexes};
use topology::observed::{Interfaces, ObservedFirewall};
use tracing::warn;

use super::{Loaded, generation, list, listed_apart, load};
use crate::error::Result;
use crate::namespace::Namespace;

/// The rules of one namespace, looked at only when an event says that they have changed.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// Of what was seen last: the engine's own transactions make events, too.
    generation: Option<u32>,
    /// The text that was loaded last, and what `nft` lists for it.
    loaded: Option<(String, Own)>,
    seen: Option<ObservedFirewall>,
    /// Whether the rules name interfaces by index.
    by_index: bool,
    stale: bool,
}

/// Whether a text is listed in the same way in whatever namespace it is loaded.
fn is_plain(text: &str) -> bool {
    !names_indexes(text) && !text.contains("device")
}

/// What `nft` lists for a text.
#[derive(Debug)]
enum Own {
    /// This; `None` where it could not be found out.
    Known(Option<String>),
    /// It is being found out in a namespace apart, where nobody changes it: that takes longer than to
    /// load it, and is of use only when somebody else has changed the rules.
    Coming(JoinHandle<Result<String>>),
}

impl Own {
    /// Begins to find it out.
    fn begin(name: &str, text: &str) -> Self {
        let (name, text) = (name.to_owned(), text.to_owned());
        let thread = thread::Builder::new().name("listing".to_owned());
        match thread.spawn(move || listed_apart(&name, &text)) {
            Ok(coming) => Self::Coming(coming),
            Err(error) => {
                warn!(%error, "rules cannot be listed apart");
                Self::Known(None)
            }
        }
    }

    /// Waits for it, if it must.
    fn get(self) -> Option<String> {
        let coming = match self {
            Self::Known(listing) => return listing,
            Self::Coming(coming) => coming,
        };
        match coming.join() {
            Ok(Ok(listing)) => return Some(listing),
            Ok(Err(error)) => warn!(%error, "rules cannot be listed apart"),
            Err(_) => warn!("rules cannot be listed apart"),
        }
        None
    }
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

    fn meaning(&mut self, listing: String) -> Option<ObservedFirewall> {
        let loaded = self.loaded.take().map(|(text, own)| (text, own.get()));
        let seen = match &loaded {
            Some((text, Some(own))) if *own == listing => Some(ObservedFirewall::loaded(text)),
            _ if listing.is_empty() => None,
            loaded => {
                let own = loaded.as_ref().and_then(|(_, own)| own.as_deref());
                Some(ObservedFirewall {
                    changes: changes(own.unwrap_or_default(), &listing),
                    ruleset: listing,
                })
            }
        };
        self.loaded = loaded.map(|(text, own)| (text, Own::Known(own)));
        seen
    }

    /// Replaces the rules. If that fails, they are as before.
    pub(crate) fn set(&mut self, namespace: &Namespace, ruleset: Option<&str>) -> Result<()> {
        let lists = ruleset.is_some_and(|text| !is_plain(text));
        match load(namespace, ruleset.unwrap_or_default(), lists)? {
            Loaded::As {
                listing,
                generation,
            } => {
                self.generation = Some(generation);
                self.by_index = listing.as_deref().is_some_and(names_indexes);
                self.seen = ruleset.map(ObservedFirewall::loaded);
                self.loaded = ruleset.map(|text| {
                    let own = match listing {
                        Some(listing) => Own::Known(Some(listing)),
                        None => Own::begin(namespace.name(), text),
                    };
                    (text.to_owned(), own)
                });
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

#[cfg(test)]
mod tests {
    use super::*;

    fn loaded(own: Option<&str>) -> Known {
        let own = Own::Known(own.map(ToOwned::to_owned));
        Known {
            loaded: Some(("table ip a {}".to_owned(), own)),
            ..Known::default()
        }
    }

    #[test]
    fn rules_are_those_that_were_loaded_only_if_it_is_known_how_these_are_listed() {
        let is_loaded = |own, now: &str| {
            let seen = loaded(own).meaning(now.to_owned());
            seen == Some(ObservedFirewall::loaded("table ip a {}"))
        };
        assert!(is_loaded(Some("table ip a {\n}\n"), "table ip a {\n}\n"));
        assert!(!is_loaded(Some("table ip a {\n}\n"), ""));
        assert!(!is_loaded(None, "table ip a {\n}\n"));
        // Somebody flushed them.
        assert_eq!(loaded(None).meaning(String::new()), None);
    }
}
