//! The interfaces of a namespace, found by index and by name.
//!
//! A host with a thousand ports is asked for one of them by name several times for each step, and
//! to look through all of them each time would make scripts and plans quadratic.

use std::collections::BTreeMap;
use std::ops::{Deref, DerefMut};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::observed::ObservedInterface;
use crate::shared_map::{self, SharedMap};

/// Interfaces by their index, used like the [`SharedMap`] that it holds: what is observed of a bridge
/// with a thousand ports is cloned several times for each edit, which changes one of them.
///
/// They are put in by [`Interfaces::insert`], and get other names by [`Interfaces::rename`].
#[derive(Clone, Default, Debug)]
pub struct Interfaces {
    by_index: SharedMap<u32, ObservedInterface>,
    /// Where a name is, by the name's hash. What it leads to is looked at before it is believed;
    /// a name that has none is nobody's.
    hints: BTreeMap<u64, u32>,
    /// Whether two interfaces had one hash: a name without a hint may be somebody's then.
    is_ambiguous: bool,
}

impl Interfaces {
    /// None.
    pub const fn new() -> Self {
        Self {
            by_index: SharedMap::new(),
            hints: BTreeMap::new(),
            is_ambiguous: false,
        }
    }

    /// Puts one in; returns the one that it takes the place of.
    pub fn insert(
        &mut self,
        index: u32,
        interface: ObservedInterface,
    ) -> Option<ObservedInterface> {
        let hash = hash(&interface.name);
        let old = self.by_index.insert(index, interface);
        if let Some(old) = &old {
            self.forget(index, &old.name);
        }
        self.hint(hash, index);
        old
    }

    /// Takes one out.
    pub fn remove(&mut self, index: &u32) -> Option<ObservedInterface> {
        let removed = self.by_index.remove(index)?;
        self.forget(*index, &removed.name);
        Some(removed)
    }

    /// Gives one another name.
    pub fn rename(&mut self, index: u32, name: &str) {
        let Some(found) = self.by_index.get_mut(&index) else {
            return;
        };
        let old = std::mem::replace(&mut found.name, name.to_owned());
        self.forget(index, &old);
        self.hint(hash(name), index);
    }

    fn hint(&mut self, hash: u64, index: u32) {
        let other = self.hints.insert(hash, index);
        self.is_ambiguous |= other.is_some_and(|other| other != index);
    }

    fn forget(&mut self, index: u32, name: &str) {
        let hash = hash(name);
        if self.hints.get(&hash) == Some(&index) {
            self.hints.remove(&hash);
        }
    }

    /// The one of that name, and its index.
    pub fn named(&self, name: &str) -> Option<(u32, &ObservedInterface)> {
        let index = self.index_of(name)?;
        Some((index, self.by_index.get(&index)?))
    }

    /// The one of that name, to change it.
    pub fn named_mut(&mut self, name: &str) -> Option<&mut ObservedInterface> {
        let index = self.index_of(name)?;
        self.by_index.get_mut(&index)
    }

    /// All of them, by index.
    pub fn into_values(self) -> impl Iterator<Item = ObservedInterface> {
        self.by_index.into_values()
    }

    fn index_of(&self, name: &str) -> Option<u32> {
        let searched = || {
            let mut all = self.by_index.iter();
            all.find(|(_, i)| i.name == name).map(|(index, _)| *index)
        };
        let is_it = |index: &u32| self.by_index.get(index).is_some_and(|i| i.name == name);
        match self.hints.get(&hash(name)) {
            Some(index) if is_it(index) => Some(*index),
            None if !self.is_ambiguous => {
                debug_assert_eq!(searched(), None, "{name} was put in or renamed in place");
                None
            }
            _ => searched(),
        }
    }
}

/// FNV-1a, 64 bits (RFC 9923).
fn hash(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

impl Deref for Interfaces {
    type Target = SharedMap<u32, ObservedInterface>;

    fn deref(&self) -> &Self::Target {
        &self.by_index
    }
}

impl DerefMut for Interfaces {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.by_index
    }
}

impl PartialEq for Interfaces {
    fn eq(&self, other: &Self) -> bool {
        self.by_index == other.by_index
    }
}

impl Eq for Interfaces {}

impl FromIterator<(u32, ObservedInterface)> for Interfaces {
    fn from_iter<I: IntoIterator<Item = (u32, ObservedInterface)>>(all: I) -> Self {
        let mut made = Self::new();
        for (index, interface) in all {
            made.insert(index, interface);
        }
        made
    }
}

impl<const N: usize> From<[(u32, ObservedInterface); N]> for Interfaces {
    fn from(all: [(u32, ObservedInterface); N]) -> Self {
        all.into_iter().collect()
    }
}

impl<'a> IntoIterator for &'a Interfaces {
    type Item = (&'a u32, &'a ObservedInterface);
    type IntoIter = shared_map::Iter<'a, u32, ObservedInterface>;

    fn into_iter(self) -> Self::IntoIter {
        self.by_index.iter()
    }
}

impl Serialize for Interfaces {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.by_index.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Interfaces {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let all = BTreeMap::<u32, ObservedInterface>::deserialize(deserializer)?;
        Ok(all.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::Interfaces;
    use crate::model::{execute, fresh};
    use crate::{NamespaceId, step::At, step::NewInterface, step::Step};

    /// Renamed by steps, put in over another, and taken out.
    #[test]
    fn a_name_leads_to_who_has_it_now() {
        let at = |name: &str| At {
            namespace: NamespaceId::HOST,
            name: name.parse().unwrap(),
        };
        let mut state = fresh();
        let new = |name: &str| NewInterface {
            id: None,
            at: at(name),
        };
        let ends = [new("a"), new("b")];
        execute(&mut state, &Step::AddVeth { ends }).unwrap();
        let renamed = Step::RenameInterface {
            at: at("a"),
            name: "c".parse().unwrap(),
        };
        execute(&mut state, &renamed).unwrap();
        let host = state.namespaces.get_mut(&NamespaceId::HOST).unwrap();
        let interfaces: &mut Interfaces = &mut host.interfaces;
        assert_eq!(interfaces.named("a"), None);
        let (c, _) = interfaces.named("c").unwrap();
        let (b, was_b) = interfaces.named("b").unwrap();
        let mut now = was_b.clone();
        // As a change from the kernel comes: each has the other's name, one after the other.
        now.name = "c".to_owned();
        interfaces.insert(b, now.clone());
        now.name = "b".to_owned();
        interfaces.insert(c, now);
        assert_eq!(interfaces.named("b").map(|(index, _)| index), Some(c));
        assert_eq!(interfaces.named("c").map(|(index, _)| index), Some(b));
        interfaces.rename(c, "d");
        assert_eq!(interfaces.named("b"), None);
        assert_eq!(interfaces.named("d").map(|(index, _)| index), Some(c));
        interfaces.remove(&c);
        assert_eq!(interfaces.named("d"), None);
    }
}
