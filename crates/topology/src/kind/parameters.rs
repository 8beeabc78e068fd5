//! What is set on an interface.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::parameter::{Parameter, Usual, Value};

/// What parameters are set to, by name; `None` sets nothing: no address, no interface.
pub type Changes<R> = BTreeMap<String, Option<Value<R>>>;

/// Values by the names of their parameters. Clones share them until one is changed: each of a
/// bridge's thousand ports has the same.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Parameters<R>(Arc<BTreeMap<String, Value<R>>>);

impl<R: Serialize> Serialize for Parameters<R> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.as_ref().serialize(serializer)
    }
}

impl<'de, R: Deserialize<'de>> Deserialize<'de> for Parameters<R> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        BTreeMap::deserialize(deserializer).map(|values| Self(Arc::new(values)))
    }
}

impl<R> Default for Parameters<R> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<R> Parameters<R> {
    /// The value of a parameter, if it is set.
    pub fn get(&self, name: &str) -> Option<&Value<R>> {
        self.0.get(name)
    }

    /// The number that a parameter is set to.
    pub fn number(&self, name: &str) -> Option<u64> {
        match self.get(name)? {
            Value::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// What is set.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value<R>)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// Whether nothing is set.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The interfaces that are named.
    pub fn links(&self) -> impl Iterator<Item = (&str, &R)> {
        self.iter().filter_map(|(name, value)| match value {
            Value::Link(link) => Some((name, link)),
            _ => None,
        })
    }

    /// The same with other names for other interfaces; `None` if one has no name there.
    pub fn map<S>(&self, mut name: impl FnMut(&R) -> Option<S>) -> Option<Parameters<S>> {
        let mapped = self.0.iter().map(|(key, value)| {
            let value = value.map(&mut name)?;
            Some((key.clone(), value))
        });
        Some(Parameters(Arc::new(mapped.collect::<Option<_>>()?)))
    }

    /// The same with other names for other interfaces, without those that have none there.
    pub fn map_known<S>(&self, mut name: impl FnMut(&R) -> Option<S>) -> Parameters<S> {
        let known = self.0.iter().filter_map(|(key, value)| {
            let value = value.map(&mut name)?;
            Some((key.clone(), value))
        });
        known.collect()
    }

    /// What is set, the interfaces that are named left out.
    pub(super) fn without_links(&self) -> Vec<(&str, Option<Value<()>>)> {
        let value = |value: &Value<R>| value.map(|_| None::<()>);
        self.iter().map(|(name, v)| (name, value(v))).collect()
    }

    /// Refuses names that the table does not have, values that they do not take, and the lack of
    /// what must be said. `what` is the kind, for the message.
    pub fn check(&self, what: &str, table: &[Parameter]) -> Result<(), String> {
        for (name, value) in self.iter() {
            parameter(what, table, name)?.check(value)?;
        }
        let is_missing = |p: &&Parameter| p.usual == Usual::Required && self.get(p.name).is_none();
        match table.iter().find(is_missing) {
            Some(missing) => Err(format!(
                "{what} needs `{}`: {}",
                missing.name, missing.about
            )),
            None => Ok(()),
        }
    }
}

impl<R: Clone + PartialEq> Parameters<R> {
    /// Sets a parameter, or sets it no more; returns what it was.
    pub fn set(&mut self, name: &str, value: Option<Value<R>>) -> Option<Value<R>> {
        let own = Arc::make_mut(&mut self.0);
        match value {
            Some(value) => own.insert(name.to_owned(), value),
            None => own.remove(name),
        }
    }

    /// What must be set to come from `observed` to these: what is not said is set back to what is
    /// usual.
    pub fn changes_from(&self, observed: &Self, table: &[Parameter]) -> Changes<R> {
        let mut changes = Changes::new();
        for parameter in table {
            let is = observed.get(parameter.name);
            let wanted = match (self.get(parameter.name), parameter.usual) {
                (Some(said), _) => Some(parameter.completed(said, is)),
                // One that this kernel does not have cannot differ.
                (None, Usual::Number(_)) if is.is_none() => continue,
                (None, Usual::Number(number)) => Some(Value::Number(number)),
                (None, Usual::Nothing) => None,
                (None, Usual::Open | Usual::Required) => continue,
            };
            let is_same = match (&wanted, is) {
                (Some(wanted), Some(is)) => parameter.is_same(wanted, is),
                (wanted, is) => wanted.is_none() && is.is_none(),
            };
            if !is_same {
                changes.insert(parameter.name.to_owned(), wanted);
            }
        }
        changes
    }

    /// Does what [`Parameters::changes_from`] says; returns what undoes it.
    pub fn apply(&mut self, changes: &Changes<R>) -> Changes<R> {
        let set = |(name, value): (&String, &Option<Value<R>>)| {
            let old = self.set(name, value.clone());
            (name.clone(), old)
        };
        changes.iter().map(set).collect()
    }

    /// Changes that set all of these.
    pub fn as_changes(&self) -> Changes<R> {
        let set = self
            .iter()
            .map(|(name, v)| (name.to_owned(), Some(v.clone())));
        set.collect()
    }

    /// These, and what is usual where nothing is said: as a new interface has them.
    #[must_use]
    pub fn with_usual(mut self, table: &[Parameter]) -> Self {
        for parameter in table {
            if let (Usual::Number(usual), None) = (parameter.usual, self.get(parameter.name)) {
                self.set(parameter.name, Some(Value::Number(usual)));
            }
        }
        self
    }

    /// These without what is usual: as a person would have said them.
    #[must_use]
    pub fn without_usual(&self, table: &[Parameter]) -> Self {
        let is_usual = |(name, value): &(&String, &Value<R>)| {
            let parameter = table.iter().find(|parameter| parameter.name == *name);
            match parameter.map(|parameter| parameter.usual) {
                Some(Usual::Number(usual)) => **value == Value::Number(usual),
                _ => false,
            }
        };
        let said = self.0.iter().filter(|one| !is_usual(one));
        said.map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    }
}

impl<R> FromIterator<(String, Value<R>)> for Parameters<R> {
    fn from_iter<I: IntoIterator<Item = (String, Value<R>)>>(values: I) -> Self {
        Self(Arc::new(values.into_iter().collect()))
    }
}

/// The parameter of that name.
pub(crate) fn parameter<'t>(
    what: &str,
    table: &'t [Parameter],
    name: &str,
) -> Result<&'t Parameter, String> {
    let found = table.iter().find(|parameter| parameter.name == name);
    found.ok_or_else(|| match table {
        [] => format!("`{name}`: there is nothing to set on {what}"),
        table => {
            let names: Vec<_> = table.iter().map(|parameter| parameter.name).collect();
            format!("{what} has no `{name}`; it has {}", names.join(", "))
        }
    })
}
