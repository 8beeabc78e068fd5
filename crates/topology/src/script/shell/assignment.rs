//! Assignments: `x=1`, `x+=1`, `x=(a b)`, `x[1]=a`.

use std::collections::BTreeMap;

use brush_parser::ast::{AssignmentName, AssignmentValue};

use super::variables::{MOST_TEXT, Value};
use super::word::is_unknown;
use super::{MOST_WORDS, Shell, Status};

impl Shell {
    pub(super) fn assign(
        &mut self,
        name: &AssignmentName,
        value: &AssignmentValue,
        append: bool,
    ) -> Result<(), String> {
        self.assign_where(name, value, append, false)
    }

    pub(super) fn assign_where(
        &mut self,
        name: &AssignmentName,
        value: &AssignmentValue,
        append: bool,
        local: bool,
    ) -> Result<(), String> {
        let (name, value) = match (name, value) {
            (AssignmentName::VariableName(name), AssignmentValue::Scalar(word)) => {
                let text = match self.one(&word.value) {
                    Ok(text) => text,
                    // It matters where it is used.
                    Err(reason) if is_unknown(&reason) => {
                        let value = Value::Unknown(reason);
                        match local {
                            true => self.variables.set_local(name, value),
                            false => {
                                self.variables.set(name, value);
                                if !matches!(self.status, Status::Unknown { .. }) {
                                    self.status = Status::Unknown {
                                        inverted: false,
                                        command: format!("{name}={}", word.value),
                                    };
                                }
                            }
                        }
                        return Ok(());
                    }
                    Err(reason) => return Err(reason),
                };
                let before = match append {
                    true => self.variables.get(name).cloned(),
                    false => None,
                };
                let value = match before {
                    Some(Value::Text(before)) => Value::Text(before + &text),
                    Some(Value::List(mut list)) => {
                        let first = list.entry(0).or_default();
                        first.push_str(&text);
                        Value::List(list)
                    }
                    Some(other @ (Value::Map(_) | Value::Unknown(_))) => other,
                    None => Value::Text(text),
                };
                (name, value)
            }
            (AssignmentName::VariableName(name), AssignmentValue::Array(items)) => {
                let value = match self.array(name, items, append) {
                    // It matters where it is used.
                    Err(reason) if is_unknown(&reason) => Value::Unknown(reason),
                    read => read?,
                };
                (name, value)
            }
            (AssignmentName::ArrayElementName(name, index), AssignmentValue::Scalar(word)) => {
                let mut text = match self.one(&word.value) {
                    // It matters where it is used; which of the others is meant there is not told
                    // apart.
                    Err(reason) if is_unknown(&reason) => {
                        self.variables.set(name, Value::Unknown(reason));
                        self.status = Status::Unknown {
                            inverted: false,
                            command: format!("{name}[{index}]={}", word.value),
                        };
                        return Ok(());
                    }
                    read => read?,
                };
                let mut value = match self.variables.get(name).cloned() {
                    Some(Value::Text(text)) => Value::List(BTreeMap::from([(0, text)])),
                    Some(value) => value,
                    None => Value::List(BTreeMap::new()),
                };
                match &mut value {
                    Value::Map(map) => {
                        let key = self.one(index)?;
                        if append {
                            text = map.get(&key).cloned().unwrap_or_default() + &text;
                        }
                        map.insert(key, text);
                    }
                    Value::List(list) => {
                        let key = self.number(index)?;
                        if append {
                            text = list.get(&key).cloned().unwrap_or_default() + &text;
                        }
                        list.insert(key, text);
                    }
                    Value::Text(_) | Value::Unknown(_) => {}
                }
                (name, value)
            }
            (AssignmentName::ArrayElementName(..), AssignmentValue::Array(_)) => {
                return Err("an element of an array cannot be a list".to_owned());
            }
        };
        let length: usize = value.all().iter().map(String::len).sum();
        if length > MOST_TEXT {
            return Err(format!("`{name}` would hold more than {MOST_TEXT} bytes"));
        }
        match local {
            true => self.variables.set_local(name, value),
            false => self.variables.set(name, value),
        }
        Ok(())
    }

    fn array(
        &mut self,
        name: &str,
        items: &[(Option<brush_parser::ast::Word>, brush_parser::ast::Word)],
        append: bool,
    ) -> Result<Value, String> {
        let before = self.variables.get(name).cloned();
        if let (Some(Value::Unknown(reason)), true) = (&before, append) {
            return Err(reason.clone());
        }
        if let Some(Value::Map(before)) = before {
            let mut map = if append { before } else { BTreeMap::new() };
            for (key, word) in items {
                let key = key
                    .as_ref()
                    .ok_or("an array made by `declare -A` needs keys")?;
                let key = self.one(&key.value)?;
                let text = self.one(&word.value)?;
                map.insert(key, text);
            }
            return Ok(Value::Map(map));
        }
        let mut list = match before {
            Some(Value::List(list)) if append => list,
            Some(Value::Text(text)) if append => BTreeMap::from([(0, text)]),
            _ => BTreeMap::new(),
        };
        let mut next = list.keys().next_back().map_or(0, |last| last + 1);
        for (key, word) in items {
            if let Some(key) = key {
                next = self.number(&key.value)?;
                let text = self.one(&word.value)?;
                list.insert(next, text);
                next += 1;
                continue;
            }
            for text in self.fields(&word.value)? {
                list.insert(next, text);
                next += 1;
            }
            if list.len() > MOST_WORDS {
                return Err(format!("an array of more than {MOST_WORDS} texts"));
            }
        }
        Ok(Value::List(list))
    }
}
