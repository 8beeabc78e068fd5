//! YAML (and JSON, which is YAML) as a tree with lines, for formats that are not ours: unknown
//! keys are no error there.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::Spanned;

use super::report::Refusal;

/// Deepest nesting.
const MAX_DEPTH: usize = 32;

/// A value with the line it stands in.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Tree {
    /// Counting from 1.
    pub(super) line: usize,
    pub(super) value: Value,
}

/// A value.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Value {
    Nothing,
    Bool(bool),
    /// Numbers too, as text.
    Text(String),
    List(Vec<Tree>),
    Map(Vec<Entry>),
}

/// A key with its value.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Entry {
    pub(super) key: String,
    /// Of the key, counting from 1.
    pub(super) line: usize,
    pub(super) value: Tree,
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = Spanned::<Value>::deserialize(deserializer)?;
        Ok(Self {
            line: line_of(spanned.referenced),
            value: spanned.value,
        })
    }
}

fn line_of(location: serde_saphyr::Location) -> usize {
    usize::try_from(location.line()).unwrap_or_default()
}

struct AnyValue;

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue)
    }
}

impl<'de> Visitor<'de> for AnyValue {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Text(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Text(value.to_string()))
    }

    fn visit_i128<E>(self, value: i128) -> Result<Value, E> {
        Ok(Value::Text(value.to_string()))
    }

    fn visit_u128<E>(self, value: u128) -> Result<Value, E> {
        Ok(Value::Text(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Text(value.to_string()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::Text(value.to_owned()))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Nothing)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Nothing)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        Value::deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Vec::new();
        while let Some(key) = entries.next_key::<Spanned<Value>>()? {
            let line = line_of(key.referenced);
            let key = match key.value {
                Value::Text(key) => key,
                Value::Bool(key) => key.to_string(),
                Value::Nothing => "null".to_owned(),
                Value::List(_) | Value::Map(_) => {
                    return Err(serde::de::Error::custom("a key is a word"));
                }
            };
            let value = entries.next_value()?;
            map.push(Entry { key, line, value });
        }
        Ok(Value::Map(map))
    }
}

/// Reads a text; several documents in it are refused.
pub(super) fn parse(file: &str, text: &str) -> Result<Tree, Refusal> {
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: MAX_DEPTH,
            flow_nesting_limit: MAX_DEPTH,
            max_documents: 1,
            max_aliases: 4096,
            max_anchors: 1024,
            max_merge_keys: 4096,
            // Each thing of a file takes a few letters; what is many times more comes of aliases.
            max_nodes: (10_000 + text.len()).min(400_000),
            max_events: 1_000_000,
        },
        with_snippet: false,
        strict_booleans: true,
        reject_unsupported_tags: true,
    };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| {
        let location = error.location();
        let message = error.without_snippet().to_string();
        let message = message.split(" at line ").next().unwrap_or_default();
        Refusal {
            file: file.to_owned(),
            line: location.map(line_of).unwrap_or_default(),
            what: String::new(),
            reason: match message.starts_with("budget breached: Nodes") {
                true => "what its aliases stand for is too much".to_owned(),
                false => message.to_owned(),
            },
        }
    })
}

impl Tree {
    /// Changes each text of a value, with its line.
    pub(super) fn each_text(&mut self, change: &mut dyn FnMut(usize, &str) -> Option<String>) {
        match &mut self.value {
            Value::Text(text) => {
                if let Some(changed) = change(self.line, text) {
                    *text = changed;
                }
            }
            Value::List(items) => items.iter_mut().for_each(|item| item.each_text(change)),
            Value::Map(entries) => {
                for entry in entries {
                    entry.value.each_text(change);
                }
            }
            Value::Nothing | Value::Bool(_) => {}
        }
    }

    /// Says that all of it stands in this line.
    pub(super) fn set_line(&mut self, line: usize) {
        self.line = line;
        match &mut self.value {
            Value::List(items) => items.iter_mut().for_each(|item| item.set_line(line)),
            Value::Map(entries) => {
                for entry in entries {
                    entry.line = line;
                    entry.value.set_line(line);
                }
            }
            Value::Nothing | Value::Bool(_) | Value::Text(_) => {}
        }
    }

    /// Whether it says the same, wherever it stands.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        let without = |tree: &Self| {
            let mut tree = tree.clone();
            tree.set_line(0);
            tree
        };
        without(self) == without(other)
    }

    /// The value of a key of a map.
    pub(super) fn get(&self, key: &str) -> Option<&Tree> {
        self.entries()
            .iter()
            .find(|entry| entry.key == key)
            .map(|entry| &entry.value)
            .filter(|found| found.value != Value::Nothing)
    }

    /// The value at the end of several keys.
    pub(super) fn path(&self, keys: &[&str]) -> Option<&Tree> {
        keys.iter().try_fold(self, |tree, key| tree.get(key))
    }

    pub(super) fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    pub(super) fn items(&self) -> &[Tree] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    pub(super) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            Value::Bool(true) => Some("true"),
            Value::Bool(false) => Some("false"),
            _ => None,
        }
    }

    /// The text of a key.
    pub(super) fn text_of(&self, key: &str) -> Option<&str> {
        self.get(key)?.text()
    }

    /// Whether it says yes, as YAML 1.1 has it too.
    pub(super) fn is_true(&self) -> bool {
        let text = self.text().unwrap_or_default();
        ["true", "yes", "on", "1"].contains(&text.to_ascii_lowercase().as_str())
    }

    /// A list, or one value in its place.
    pub(super) fn list(&self) -> Vec<&Tree> {
        match &self.value {
            Value::List(items) => items.iter().collect(),
            Value::Nothing => Vec::new(),
            _ => vec![self],
        }
    }

    /// `KEY: VALUE` of a map, or `KEY=VALUE` of a list.
    pub(super) fn pairs(&self) -> Vec<(usize, String, String)> {
        match &self.value {
            Value::Map(entries) => entries
                .iter()
                .map(|entry| {
                    let value = entry.value.text().unwrap_or_default().to_owned();
                    (entry.line, entry.key.clone(), value)
                })
                .collect(),
            Value::List(items) => items
                .iter()
                .filter_map(|item| {
                    let (key, value) = item.text()?.split_once('=')?;
                    Some((item.line, key.trim().to_owned(), value.trim().to_owned()))
                })
                .collect(),
            _ => Vec::new(),
        }
    }
}
