//! A map whose clones share their values.
//!
//! What is observed of a lab is cloned for each plan, for each undo and for each browser, and
//! nearly all of it is the same each time: a clone costs a count for each value, and a value is
//! copied when one of those who share it changes it.

use std::collections::{BTreeMap, btree_map};
use std::fmt;
use std::ops::Index;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An ordered map of shared values, used like a [`BTreeMap`].
pub struct SharedMap<K, V>(BTreeMap<K, Arc<V>>);

impl<K: Ord, V: Clone> SharedMap<K, V> {
    /// An empty map.
    pub const fn new() -> Self {
        Self(BTreeMap::new())
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether there is one.
    pub fn contains_key(&self, key: &K) -> bool {
        self.0.contains_key(key)
    }

    /// The value of a key.
    pub fn get(&self, key: &K) -> Option<&V> {
        self.0.get(key).map(Arc::as_ref)
    }

    /// A key as the map has it, and its value.
    pub fn get_key_value(&self, key: &K) -> Option<(&K, &V)> {
        let (key, value) = self.0.get_key_value(key)?;
        Some((key, value.as_ref()))
    }

    /// The value of a key, to change it for this map alone.
    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        self.0.get_mut(key).map(Arc::make_mut)
    }

    /// Puts a value in; returns the one that it takes the place of.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        let old = self.0.insert(key, Arc::new(value));
        old.map(Arc::unwrap_or_clone)
    }

    /// Takes a value out.
    pub fn remove(&mut self, key: &K) -> Option<V> {
        self.0.remove(key).map(Arc::unwrap_or_clone)
    }

    /// The keys, in order.
    pub fn keys(&self) -> btree_map::Keys<'_, K, Arc<V>> {
        self.0.keys()
    }

    /// The values, in the order of their keys.
    pub fn values(&self) -> impl DoubleEndedIterator<Item = &V> + Clone {
        self.0.values().map(Arc::as_ref)
    }

    /// The values, in the order of their keys; copies those that are shared.
    pub fn into_values(self) -> impl Iterator<Item = V> {
        self.0.into_values().map(Arc::unwrap_or_clone)
    }

    /// The values, to change them for this map alone: copies all that are shared.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.0.values_mut().map(Arc::make_mut)
    }

    /// Those values of which something is true, to change them for this map alone: others are not
    /// copied.
    pub fn iter_mut_of(
        &mut self,
        which: impl Fn(&K, &V) -> bool,
    ) -> impl Iterator<Item = (&K, &mut V)> {
        let all = self.0.iter_mut();
        let chosen = all.filter(move |(key, value)| which(key, value));
        chosen.map(|(key, value)| (key, Arc::make_mut(value)))
    }

    /// The last key and its value.
    pub fn last_key_value(&self) -> Option<(&K, &V)> {
        let (key, value) = self.0.last_key_value()?;
        Some((key, value.as_ref()))
    }

    /// Keys and values, in order.
    pub fn iter(&self) -> Iter<'_, K, V> {
        self.0.iter().map(|(key, value)| (key, value.as_ref()))
    }

    /// Whether a key has the same value in both maps, or in neither.
    pub fn agrees(&self, other: &Self, key: &K) -> bool
    where
        V: PartialEq,
    {
        match (self.0.get(key), other.0.get(key)) {
            (Some(a), Some(b)) => Arc::ptr_eq(a, b) || a == b,
            (None, None) => true,
            _ => false,
        }
    }
}

/// Keys and values of a [`SharedMap`].
pub type Iter<'a, K, V> =
    std::iter::Map<btree_map::Iter<'a, K, Arc<V>>, fn((&'a K, &'a Arc<V>)) -> (&'a K, &'a V)>;

impl<'a, K: Ord, V: Clone> IntoIterator for &'a SharedMap<K, V> {
    type Item = (&'a K, &'a V);
    type IntoIter = Iter<'a, K, V>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<K: Ord, V: Clone> Index<&K> for SharedMap<K, V> {
    type Output = V;

    fn index(&self, key: &K) -> &V {
        &self.0[key]
    }
}

impl<K: Ord, V: Clone> FromIterator<(K, V)> for SharedMap<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(all: I) -> Self {
        Self(all.into_iter().map(|(k, v)| (k, Arc::new(v))).collect())
    }
}

impl<K: Ord, V: Clone, const N: usize> From<[(K, V); N]> for SharedMap<K, V> {
    fn from(all: [(K, V); N]) -> Self {
        all.into_iter().collect()
    }
}

impl<K, V> Default for SharedMap<K, V> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<K: Clone, V> Clone for SharedMap<K, V> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<K: Ord, V: Clone + PartialEq> PartialEq for SharedMap<K, V> {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.keys().all(|key| self.agrees(other, key))
    }
}

impl<K: Ord, V: Clone + Eq> Eq for SharedMap<K, V> {}

impl<K: fmt::Debug, V: fmt::Debug> fmt::Debug for SharedMap<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<K: Ord + Serialize, V: Clone + Serialize> Serialize for SharedMap<K, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self)
    }
}

impl<'de, K: Ord + Deserialize<'de>, V: Clone + Deserialize<'de>> Deserialize<'de>
    for SharedMap<K, V>
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        BTreeMap::deserialize(deserializer).map(|map| map.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_of_one_clone_is_not_seen_by_the_other() {
        let mut one = SharedMap::from([(1, "a".to_owned()), (2, "b".to_owned())]);
        let other = one.clone();
        assert_eq!(one, other);
        if let Some(value) = one.get_mut(&1) {
            value.push('!');
        }
        assert_eq!(other.get(&1).map(String::as_str), Some("a"));
        assert_eq!(one.get(&1).map(String::as_str), Some("a!"));
        assert!(!one.agrees(&other, &1) && one.agrees(&other, &2) && one.agrees(&other, &3));
        assert_ne!(one, other);
    }

    #[test]
    fn only_what_is_to_be_changed_is_copied() {
        let mut one = SharedMap::from([(1, 10), (2, 20)]);
        let other = one.clone();
        for (_, value) in one.iter_mut_of(|_, value| *value == 20) {
            *value += 1;
        }
        assert_eq!(one, SharedMap::from([(1, 10), (2, 21)]));
        assert_eq!(other, SharedMap::from([(1, 10), (2, 20)]));
        let at = |map: &SharedMap<i32, i32>, key| map.get(&key).map(std::ptr::from_ref);
        assert_eq!(at(&one, 1), at(&other, 1));
    }
}
