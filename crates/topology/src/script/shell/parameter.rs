//! `$x`, `${x:-…}`, `${x%…}` and their like.

use brush_parser::word::{
    Parameter, ParameterExpr, ParameterTestType, SpecialParameter, SubstringMatchKind,
};

use super::variables::Value;
use super::word::Part;
use super::{NoteKind, Shell, Status};

/// What `$$` is taken as.
pub(super) const PROCESS: &str = "4242";
/// Longest text that patterns are tried on, bytes: the time grows with its square.
const MOST_MATCHED: usize = 4096;

impl Shell {
    pub(super) fn parameter(
        &mut self,
        expression: &ParameterExpr,
        quoted: bool,
    ) -> Result<Vec<Part>, String> {
        let part = |text: String| match quoted {
            true => Part::Quoted(text),
            false => Part::Expanded(text),
        };
        let one = |text: String| Ok(vec![part(text)]);
        match expression {
            ParameterExpr::Parameter {
                parameter,
                indirect,
            } => {
                let texts = self.texts(parameter, *indirect)?;
                if texts.is_none() {
                    self.is_unset(parameter)?;
                }
                Ok(listed(parameter, texts.unwrap_or_default(), quoted, part))
            }
            ParameterExpr::UseDefaultValues {
                parameter,
                indirect,
                test_type,
                default_value,
            } => match self.given(parameter, *indirect, test_type)? {
                Some(texts) => Ok(listed(parameter, texts, quoted, part)),
                None => one(self.optional(default_value)?),
            },
            ParameterExpr::AssignDefaultValues {
                parameter,
                indirect,
                test_type,
                default_value,
            } => match self.given(parameter, *indirect, test_type)? {
                Some(texts) => Ok(listed(parameter, texts, quoted, part)),
                None => {
                    let text = self.optional(default_value)?;
                    if let Parameter::Named(name) = parameter {
                        self.variables.set(name, Value::Text(text.clone()));
                    }
                    one(text)
                }
            },
            ParameterExpr::IndicateErrorIfNullOrUnset {
                parameter,
                indirect,
                test_type,
                error_message,
            } => match self.given(parameter, *indirect, test_type)? {
                Some(texts) => Ok(listed(parameter, texts, quoted, part)),
                None => {
                    let message = self.optional(error_message)?;
                    Err(format!("{} has no value: {message}", named(parameter)))
                }
            },
            ParameterExpr::UseAlternativeValue {
                parameter,
                indirect,
                test_type,
                alternative_value,
            } => match self.given(parameter, *indirect, test_type)? {
                Some(_) => one(self.optional(alternative_value)?),
                None => one(String::new()),
            },
            ParameterExpr::ParameterLength {
                parameter,
                indirect,
            } => {
                let texts = self.texts(parameter, *indirect)?.unwrap_or_default();
                let is_list = matches!(
                    parameter,
                    Parameter::NamedWithAllIndices { .. }
                        | Parameter::Special(SpecialParameter::AllPositionalParameters { .. })
                );
                let length = match is_list {
                    true => texts.len(),
                    false => texts.iter().map(|text| text.chars().count()).sum(),
                };
                one(length.to_string())
            }
            ParameterExpr::MemberKeys { variable_name, .. } => {
                let keys = self.variables.get(variable_name).map(Value::keys);
                Ok(broken(keys.unwrap_or_default(), part))
            }
            ParameterExpr::VariableNames { prefix, .. } => {
                Ok(broken(self.variables.names(prefix), part))
            }
            other => self.changed(other, quoted, part),
        }
    }

    /// Expressions that change each text of a parameter.
    fn changed(
        &mut self,
        expression: &ParameterExpr,
        quoted: bool,
        part: impl Fn(String) -> Part,
    ) -> Result<Vec<Part>, String> {
        let (parameter, indirect) = match expression {
            ParameterExpr::RemoveSmallestSuffixPattern {
                parameter,
                indirect,
                ..
            }
            | ParameterExpr::RemoveLargestSuffixPattern {
                parameter,
                indirect,
                ..
            }
            | ParameterExpr::RemoveSmallestPrefixPattern {
                parameter,
                indirect,
                ..
            }
            | ParameterExpr::RemoveLargestPrefixPattern {
                parameter,
                indirect,
                ..
            }
            | ParameterExpr::Substring {
                parameter,
                indirect,
                ..
            }
            | ParameterExpr::ReplaceSubstring {
                parameter,
                indirect,
                ..
            }
            | ParameterExpr::UppercasePattern {
                parameter,
                indirect,
                ..
            }
            | ParameterExpr::UppercaseFirstChar {
                parameter,
                indirect,
                ..
            }
            | ParameterExpr::LowercasePattern {
                parameter,
                indirect,
                ..
            }
            | ParameterExpr::LowercaseFirstChar {
                parameter,
                indirect,
                ..
            } => (parameter, *indirect),
            _ => return Err("this form of `${…}` is not supported".to_owned()),
        };
        let texts = self.texts(parameter, indirect)?;
        if texts.is_none() {
            self.is_unset(parameter)?;
        }
        let mut changed = Vec::new();
        for text in texts.unwrap_or_default() {
            changed.push(self.change(expression, text)?);
        }
        Ok(listed(parameter, changed, quoted, part))
    }

    fn change(&mut self, expression: &ParameterExpr, text: String) -> Result<String, String> {
        if text.len() > MOST_MATCHED {
            return Err(format!("a pattern for more than {MOST_MATCHED} bytes"));
        }
        Ok(match expression {
            ParameterExpr::RemoveSmallestSuffixPattern { pattern, .. } => {
                self.without_suffix(text, pattern, false)?
            }
            ParameterExpr::RemoveLargestSuffixPattern { pattern, .. } => {
                self.without_suffix(text, pattern, true)?
            }
            ParameterExpr::RemoveSmallestPrefixPattern { pattern, .. } => {
                self.without_prefix(text, pattern, false)?
            }
            ParameterExpr::RemoveLargestPrefixPattern { pattern, .. } => {
                self.without_prefix(text, pattern, true)?
            }
            ParameterExpr::Substring { offset, length, .. } => {
                let offset = self.number(&offset.value)?;
                let length = match length {
                    Some(length) => Some(self.number(&length.value)?),
                    None => None,
                };
                substring(&text, offset, length)
            }
            ParameterExpr::ReplaceSubstring {
                pattern,
                replacement,
                match_kind,
                ..
            } => {
                let replacement = self.optional(replacement)?;
                self.replaced(&text, pattern, &replacement, match_kind)?
            }
            ParameterExpr::UppercasePattern { .. } => text.to_uppercase(),
            ParameterExpr::LowercasePattern { .. } => text.to_lowercase(),
            ParameterExpr::UppercaseFirstChar { .. } => {
                with_first(&text, |c| c.to_uppercase().collect())
            }
            ParameterExpr::LowercaseFirstChar { .. } => {
                with_first(&text, |c| c.to_lowercase().collect())
            }
            _ => text,
        })
    }

    /// `${x%PATTERN}`
    fn without_suffix(
        &mut self,
        text: String,
        pattern: &Option<String>,
        longest: bool,
    ) -> Result<String, String> {
        // From each place to the end.
        let bytes = text.len().saturating_pow(2);
        let pattern = self.pattern(pattern.as_deref().unwrap_or_default(), bytes)?;
        let kept = pattern.suffix(&text, longest).and_then(|at| text.get(..at));
        Ok(kept.map(str::to_owned).unwrap_or(text))
    }

    /// `${x#PATTERN}`
    fn without_prefix(
        &mut self,
        text: String,
        pattern: &Option<String>,
        longest: bool,
    ) -> Result<String, String> {
        let word = pattern.as_deref().unwrap_or_default();
        let pattern = self.pattern(word, text.len())?;
        let kept = pattern.prefix(&text, longest).and_then(|at| text.get(at..));
        Ok(kept.map(str::to_owned).unwrap_or(text))
    }

    fn replaced(
        &mut self,
        text: &str,
        pattern: &str,
        replacement: &str,
        kind: &SubstringMatchKind,
    ) -> Result<String, String> {
        let bytes = match kind {
            SubstringMatchKind::Prefix => text.len(),
            // From each place to the end.
            _ => text.len().saturating_pow(2),
        };
        let pattern = self.pattern(pattern, bytes)?;
        match kind {
            SubstringMatchKind::Prefix => Ok(match pattern.prefix(text, true) {
                Some(end) => format!("{replacement}{}", text.get(end..).unwrap_or_default()),
                None => text.to_owned(),
            }),
            SubstringMatchKind::Suffix => Ok(match pattern.suffix(text, true) {
                Some(start) => format!("{}{replacement}", text.get(..start).unwrap_or_default()),
                None => text.to_owned(),
            }),
            SubstringMatchKind::FirstOccurrence | SubstringMatchKind::Anywhere => {
                let mut rest = text;
                let mut all = String::new();
                while let Some(c) = rest.chars().next() {
                    let length = pattern.prefix(rest, true).filter(|length| *length > 0);
                    match length {
                        Some(length) => {
                            all.push_str(replacement);
                            rest = rest.get(length..).unwrap_or_default();
                            if matches!(kind, SubstringMatchKind::FirstOccurrence) {
                                break;
                            }
                        }
                        None => {
                            all.push(c);
                            rest = rest.get(c.len_utf8()..).unwrap_or_default();
                        }
                    }
                }
                all.push_str(rest);
                Ok(all)
            }
        }
    }

    fn optional(&mut self, word: &Option<String>) -> Result<String, String> {
        match word {
            Some(word) => self.one(word),
            None => Ok(String::new()),
        }
    }

    /// Its texts, if it has a value as the test asks for.
    fn given(
        &mut self,
        parameter: &Parameter,
        indirect: bool,
        test: &ParameterTestType,
    ) -> Result<Option<Vec<String>>, String> {
        let texts = self.texts(parameter, indirect)?;
        Ok(match test {
            ParameterTestType::Unset => texts,
            ParameterTestType::UnsetOrNull => {
                texts.filter(|texts| texts.iter().any(|text| !text.is_empty()))
            }
        })
    }

    /// All texts of a parameter; `None` if it has no value.
    fn texts(
        &mut self,
        parameter: &Parameter,
        indirect: bool,
    ) -> Result<Option<Vec<String>>, String> {
        if let Parameter::Named(name)
        | Parameter::NamedWithIndex { name, .. }
        | Parameter::NamedWithAllIndices { name, .. } = parameter
        {
            self.known(name)?;
        }
        let direct = match parameter {
            Parameter::Positional(0) => Some(vec![self.name.clone()]),
            Parameter::Positional(number) => {
                let index = usize::try_from(*number).unwrap_or(usize::MAX) - 1;
                let given = self.arguments.get(index).cloned().transpose()?;
                given.map(|text| vec![text])
            }
            Parameter::Special(special) => Some(self.special(special)?),
            Parameter::Named(name) => self.variable(name).map(|text| vec![text]),
            Parameter::NamedWithIndex { name, index } => {
                let found = match self.variables.get(name).cloned() {
                    Some(Value::Map(map)) => map.get(&self.one(index)?).cloned(),
                    Some(Value::List(list)) => {
                        let mut index = self.number(index)?;
                        if index < 0 {
                            index += list.keys().next_back().map_or(0, |last| last + 1);
                        }
                        list.get(&index).cloned()
                    }
                    Some(Value::Text(text)) => (self.number(index)? == 0).then_some(text),
                    Some(Value::Unknown(_)) | None => None,
                };
                found.map(|text| vec![text])
            }
            Parameter::NamedWithAllIndices { name, .. } => self.variables.get(name).map(Value::all),
        };
        match (indirect, direct) {
            (true, Some(names)) => {
                let name = names.first().cloned().unwrap_or_default();
                self.known(&name)?;
                Ok(self.variables.text(&name).map(|text| vec![text.to_owned()]))
            }
            (_, direct) => Ok(direct),
        }
    }

    /// `$@`
    ///
    /// # Errors
    /// One of them is not known.
    pub(super) fn all_given(&self) -> Result<Vec<String>, String> {
        self.arguments.iter().cloned().collect()
    }

    /// Whether the value of a variable is known, or that it has none.
    ///
    /// # Errors
    /// A program would have to run first.
    pub(super) fn known(&self, name: &str) -> Result<(), String> {
        let is_clock = matches!(name, "SECONDS" | "EPOCHSECONDS" | "EPOCHREALTIME");
        if is_clock && self.variables.get(name).is_none() {
            return Err(format!("what `${name}` says is not known before it runs"));
        }
        match self.variables.unknown(name) {
            Some(reason) => Err(reason.to_owned()),
            None => Ok(()),
        }
    }

    /// The text of a variable.
    pub(super) fn variable(&mut self, name: &str) -> Option<String> {
        if name == "RANDOM" && self.variables.get(name).is_none() {
            // `RANDOM` is from 0 to 32767; the factor has no part in common with that.
            let number = |count: u32| (u64::from(count) * 7_919 % 32_768).to_string();
            return Some(self.made_up("`$RANDOM`", number));
        }
        self.variables.text(name).map(str::to_owned)
    }

    fn special(&mut self, special: &SpecialParameter) -> Result<Vec<String>, String> {
        Ok(match special {
            SpecialParameter::AllPositionalParameters { .. } => self.all_given()?,
            SpecialParameter::PositionalParameterCount => vec![self.arguments.len().to_string()],
            SpecialParameter::LastExitStatus => match &self.status {
                Status::Unknown { command, .. } => {
                    return Err(format!(
                        "what `{command}` ends with is not known before it runs"
                    ));
                }
                known => vec![known.number().to_string()],
            },
            SpecialParameter::ShellName => vec![self.name.clone()],
            SpecialParameter::CurrentOptionFlags => vec!["hB".to_owned()],
            SpecialParameter::LastBackgroundProcessId => vec!["0".to_owned()],
            // The same in all of a run.
            SpecialParameter::ProcessId => {
                let text = PROCESS.to_owned();
                let told = format!("`$$` is another each time: taken as {text}");
                self.note(NoteKind::Changed, told);
                vec![text]
            }
        })
    }

    /// A name without a value is empty, as the shell has it, and that is said.
    fn is_unset(&mut self, parameter: &Parameter) -> Result<(), String> {
        let is_list = matches!(
            parameter,
            Parameter::NamedWithAllIndices { .. } | Parameter::Special(_)
        );
        if is_list {
            return Ok(());
        }
        let name = named(parameter);
        if self.refuses_unset {
            return Err(format!(
                "{name} has no value in this script, which says `set -u`"
            ));
        }
        if self.within == 0 {
            self.note(
                NoteKind::Changed,
                format!("{name} has no value in this script: taken as empty"),
            );
        }
        self.unset.push(name);
        Ok(())
    }
}

/// A parameter as a script names it.
fn named(parameter: &Parameter) -> String {
    match parameter {
        Parameter::Named(name)
        | Parameter::NamedWithIndex { name, .. }
        | Parameter::NamedWithAllIndices { name, .. } => format!("`${name}`"),
        Parameter::Positional(number) => format!("`${number}`"),
        Parameter::Special(_) => "`$@`".to_owned(),
    }
}

/// `"$@"` is a word for each, `"$*"` one with spaces.
fn listed(
    parameter: &Parameter,
    texts: Vec<String>,
    quoted: bool,
    part: impl Fn(String) -> Part,
) -> Vec<Part> {
    let joins = match parameter {
        Parameter::Special(SpecialParameter::AllPositionalParameters { concatenate })
        | Parameter::NamedWithAllIndices { concatenate, .. } => *concatenate && quoted,
        _ => true,
    };
    match joins {
        true => vec![part(texts.join(" "))],
        false => broken(texts, part),
    }
}

fn broken(texts: Vec<String>, part: impl Fn(String) -> Part) -> Vec<Part> {
    let mut parts = Vec::new();
    for (index, text) in texts.into_iter().enumerate() {
        if index > 0 {
            parts.push(Part::Break);
        }
        parts.push(part(text));
    }
    parts
}

fn substring(text: &str, offset: i64, length: Option<i64>) -> String {
    let chars: Vec<char> = text.chars().collect();
    let count = i64::try_from(chars.len()).unwrap_or(i64::MAX);
    let place = |at: i64| match at < 0 {
        true => (count + at).max(0),
        false => at.min(count),
    };
    let start = place(offset);
    let end = match length {
        None => count,
        Some(length) if length < 0 => place(length),
        Some(length) => start.saturating_add(length).min(count),
    };
    let at = |place: i64| usize::try_from(place).unwrap_or_default();
    chars
        .get(at(start)..at(end.max(start)))
        .unwrap_or_default()
        .iter()
        .collect()
}

fn with_first(text: &str, change: impl Fn(char) -> String) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => change(first) + chars.as_str(),
        None => String::new(),
    }
}
