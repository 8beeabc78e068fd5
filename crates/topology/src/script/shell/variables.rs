//! What a script has given names to.

use std::collections::BTreeMap;

/// Longest text of a variable or a word, bytes.
pub(super) const MOST_TEXT: usize = 1 << 16;

/// A variable: one text, or texts by their place or key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    Text(String),
    /// An array, by index.
    List(BTreeMap<i64, String>),
    /// An array that `declare -A` made, by key.
    Map(BTreeMap<String, String>),
    /// What is not known before a program runs; the reason says which.
    Unknown(String),
}

/// Variables, those of functions before those of the script.
#[derive(Clone, Debug)]
pub(super) struct Variables {
    /// The first is the script's; each function that runs has one more.
    scopes: Vec<BTreeMap<String, Value>>,
}

impl Variables {
    /// With what is the same wherever a script runs: it is run as root.
    pub(super) fn new() -> Self {
        let known = [
            ("EUID", "0"),
            ("UID", "0"),
            ("USER", "root"),
            ("LOGNAME", "root"),
            ("HOME", "/root"),
            ("PWD", "."),
            ("SHELL", "/bin/bash"),
            ("BASH", "/bin/bash"),
            ("LANG", "C"),
            ("IFS", " \t\n"),
            ("HOSTNAME", "host"),
            ("SUDO_USER", ""),
            (
                "PATH",
                "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            ),
        ];
        let known = known.map(|(name, value)| (name.to_owned(), Value::Text(value.to_owned())));
        Self {
            scopes: vec![known.into()],
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.scopes.iter().rev().find_map(|scope| scope.get(name))
    }

    /// Its text; of an array the first.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        match self.get(name)? {
            Value::Text(text) => Some(text),
            Value::List(list) => list.get(&0).map(String::as_str),
            Value::Map(map) => map.get("0").map(String::as_str),
            Value::Unknown(_) => None,
        }
    }

    /// Why a variable's value is not known.
    pub(super) fn unknown(&self, name: &str) -> Option<&str> {
        match self.get(name)? {
            Value::Unknown(reason) => Some(reason),
            _ => None,
        }
    }

    /// Where it is; else for the whole script.
    pub(super) fn set(&mut self, name: &str, value: Value) {
        let place = self
            .scopes
            .iter()
            .rposition(|scope| scope.contains_key(name))
            .unwrap_or(0);
        if let Some(scope) = self.scopes.get_mut(place) {
            scope.insert(name.to_owned(), value);
        }
    }

    /// For the function that runs.
    pub(super) fn set_local(&mut self, name: &str, value: Value) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.insert(name.to_owned(), value);
        }
    }

    pub(super) fn unset(&mut self, name: &str) {
        for scope in self.scopes.iter_mut().rev() {
            if scope.remove(name).is_some() {
                return;
            }
        }
    }

    pub(super) fn enter(&mut self) {
        self.scopes.push(BTreeMap::new());
    }

    pub(super) fn leave(&mut self) {
        if self.scopes.len() > 1 {
            self.scopes.pop();
        }
    }

    /// Gives a value to all that are otherwise in these: set to something else, or not set.
    pub(super) fn differ(&mut self, other: Self, value: &Value) {
        for (own, other) in self.scopes.iter_mut().zip(other.scopes) {
            for (name, known) in own.iter_mut() {
                if other.get(name) != Some(known) {
                    *known = value.clone();
                }
            }
            for name in other.into_keys() {
                own.entry(name).or_insert_with(|| value.clone());
            }
        }
    }

    /// Names that begin so, in their order.
    pub(super) fn names(&self, prefix: &str) -> Vec<String> {
        let names = self.scopes.iter().flat_map(|scope| scope.keys());
        let mut names: Vec<String> = names
            .filter(|name| name.starts_with(prefix))
            .cloned()
            .collect();
        names.sort();
        names.dedup();
        names
    }
}

impl Value {
    /// All texts in it, in their order.
    pub(super) fn all(&self) -> Vec<String> {
        match self {
            Self::Text(text) => vec![text.clone()],
            Self::List(list) => list.values().cloned().collect(),
            Self::Map(map) => map.values().cloned().collect(),
            Self::Unknown(_) => Vec::new(),
        }
    }

    /// All keys in it, in their order.
    pub(super) fn keys(&self) -> Vec<String> {
        match self {
            Self::Text(_) => vec!["0".to_owned()],
            Self::List(list) => list.keys().map(i64::to_string).collect(),
            Self::Map(map) => map.keys().cloned().collect(),
            Self::Unknown(_) => Vec::new(),
        }
    }
}
