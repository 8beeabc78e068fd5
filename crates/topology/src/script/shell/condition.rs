//! `test`, `[ … ]` and `[[ … ]]`.

use std::collections::BTreeMap;

use brush_parser::ast::{BinaryPredicate, ExtendedTestExpr, TestExpr, UnaryPredicate};
use brush_parser::test_command;

use super::variables::Value;
use super::{Shell, Status};

/// What is asked; `Err` names what is not known.
type Answer = Result<bool, String>;

impl Shell {
    /// `test` and `[`, without the closing bracket.
    pub(super) fn test(&mut self, words: &[String]) -> Result<Status, String> {
        let parsed = test_command::parse(words)
            .map_err(|_| "this is no condition that `test` understands".to_owned())?;
        Ok(status(self.plain(&parsed)?, words.join(" ")))
    }

    fn plain(&mut self, expression: &TestExpr) -> Result<Answer, String> {
        Ok(match expression {
            TestExpr::False => Ok(false),
            TestExpr::Literal(text) => Ok(!text.is_empty()),
            TestExpr::Not(inner) => self.plain(inner)?.map(|yes| !yes),
            TestExpr::Parenthesized(inner) => self.plain(inner)?,
            TestExpr::And(left, right) => both(self.plain(left)?, self.plain(right)?),
            TestExpr::Or(left, right) => either(self.plain(left)?, self.plain(right)?),
            TestExpr::UnaryTest(predicate, operand) => self.unary(predicate, operand)?,
            TestExpr::BinaryTest(predicate, left, right) => {
                Ok(self.binary_test(predicate, left, right, left == right)?)
            }
        })
    }

    /// `[[ … ]]`
    pub(super) fn extended(&mut self, expression: &ExtendedTestExpr) -> Result<Status, String> {
        let answer = self.extended_answer(expression)?;
        Ok(status(answer, expression.to_string()))
    }

    fn extended_answer(&mut self, expression: &ExtendedTestExpr) -> Result<Answer, String> {
        self.one_deeper(|shell| shell.extended_inside(expression))?
    }

    fn extended_inside(&mut self, expression: &ExtendedTestExpr) -> Result<Answer, String> {
        Ok(match expression {
            ExtendedTestExpr::Not(inner) => self.extended_answer(inner)?.map(|yes| !yes),
            ExtendedTestExpr::Parenthesized(inner) => self.extended_answer(inner)?,
            // The right side is not looked at, if the left one decides.
            ExtendedTestExpr::And(left, right) => match self.extended_answer(left)? {
                Ok(false) => Ok(false),
                left => both(left, self.extended_answer(right)?),
            },
            ExtendedTestExpr::Or(left, right) => match self.extended_answer(left)? {
                Ok(true) => Ok(true),
                left => either(left, self.extended_answer(right)?),
            },
            ExtendedTestExpr::UnaryTest(predicate, word) => {
                let operand = self.one(&word.value)?;
                self.unary(predicate, &operand)?
            }
            ExtendedTestExpr::BinaryTest(BinaryPredicate::StringMatchesRegex, left, right) => {
                let left = self.one(&left.value)?;
                let pattern = self.expression(&right.value)?;
                Ok(self.matches_expression(&left, &pattern)?)
            }
            ExtendedTestExpr::BinaryTest(predicate, left, right) => {
                let left = self.one(&left.value)?;
                let is_same = match predicate {
                    BinaryPredicate::StringExactlyMatchesPattern
                    | BinaryPredicate::StringDoesNotExactlyMatchPattern => {
                        self.pattern(&right.value, left.len())?.matches(&left)
                    }
                    _ => self.one(&right.value)? == left,
                };
                let right = self.one(&right.value)?;
                Ok(self.binary_test(predicate, &left, &right, is_same)?)
            }
        })
    }

    /// `=~`; what its groups match is in `BASH_REMATCH`. The engine's time grows with the text's
    /// length, whatever the expression.
    fn matches_expression(&mut self, text: &str, pattern: &str) -> Result<bool, String> {
        let expression = regex_lite::Regex::new(pattern)
            .map_err(|error| format!("the regular expression `{pattern}`: {error}"))?;
        let groups: BTreeMap<i64, String> = match expression.captures(text) {
            Some(found) => found
                .iter()
                .enumerate()
                .map(|(index, group)| {
                    let group = group.map_or("", |group| group.as_str());
                    (i64::try_from(index).unwrap_or_default(), group.to_owned())
                })
                .collect(),
            None => BTreeMap::new(),
        };
        let is_match = !groups.is_empty();
        self.variables.set("BASH_REMATCH", Value::List(groups));
        Ok(is_match)
    }

    fn unary(&mut self, predicate: &UnaryPredicate, operand: &str) -> Result<Answer, String> {
        Ok(match predicate {
            UnaryPredicate::StringHasZeroLength => Ok(operand.is_empty()),
            UnaryPredicate::StringHasNonZeroLength => Ok(!operand.is_empty()),
            UnaryPredicate::ShellVariableIsSetAndAssigned => {
                Ok(self.variables.get(operand).is_some())
            }
            UnaryPredicate::FdIsOpenTerminal => Ok(false),
            UnaryPredicate::FileExistsAndIsNotZeroLength => match self.read_file(operand) {
                Some(text) => Ok(!text.is_empty()),
                None => Err(operand.to_owned()),
            },
            UnaryPredicate::FileExists
            | UnaryPredicate::FileExistsAndIsDir
            | UnaryPredicate::FileExistsAndIsRegularFile
            | UnaryPredicate::FileExistsAndIsReadable
            | UnaryPredicate::FileExistsAndIsWritable
            | UnaryPredicate::FileExistsAndIsExecutable
            | UnaryPredicate::FileExistsAndIsCharSpecialFile
            | UnaryPredicate::FileExistsAndIsSymlink => {
                self.file_exists(operand).ok_or_else(|| operand.to_owned())
            }
            _ => return Err(format!("the condition `{predicate}` is not supported")),
        })
    }

    fn binary_test(
        &mut self,
        predicate: &BinaryPredicate,
        left: &str,
        right: &str,
        is_same: bool,
    ) -> Result<bool, String> {
        let numbers = |shell: &mut Self| -> Result<(i64, i64), String> {
            Ok((shell.number(left)?, shell.number(right)?))
        };
        Ok(match predicate {
            BinaryPredicate::StringExactlyMatchesPattern
            | BinaryPredicate::StringExactlyMatchesString => is_same,
            BinaryPredicate::StringDoesNotExactlyMatchPattern
            | BinaryPredicate::StringDoesNotExactlyMatchString => !is_same,
            BinaryPredicate::LeftSortsBeforeRight => left < right,
            BinaryPredicate::LeftSortsAfterRight => left > right,
            BinaryPredicate::StringContainsSubstring => left.contains(right),
            BinaryPredicate::ArithmeticEqualTo => numbers(self).map(|(a, b)| a == b)?,
            BinaryPredicate::ArithmeticNotEqualTo => numbers(self).map(|(a, b)| a != b)?,
            BinaryPredicate::ArithmeticLessThan => numbers(self).map(|(a, b)| a < b)?,
            BinaryPredicate::ArithmeticLessThanOrEqualTo => numbers(self).map(|(a, b)| a <= b)?,
            BinaryPredicate::ArithmeticGreaterThan => numbers(self).map(|(a, b)| a > b)?,
            BinaryPredicate::ArithmeticGreaterThanOrEqualTo => {
                numbers(self).map(|(a, b)| a >= b)?
            }
            BinaryPredicate::StringMatchesRegex => {
                return Err("`=~` is for `[[` only".to_owned());
            }
            _ => return Err(format!("the condition `{predicate}` is not supported")),
        })
    }
}

fn status(answer: Answer, asked: String) -> Status {
    match answer {
        Ok(yes) => Status::of(yes),
        Err(_) => Status::Unknown {
            inverted: false,
            command: format!("[ {asked} ]"),
        },
    }
}

fn both(left: Answer, right: Answer) -> Answer {
    match (left, right) {
        (Ok(false), _) | (_, Ok(false)) => Ok(false),
        (Ok(true), right) => right,
        (Err(what), _) => Err(what),
    }
}

fn either(left: Answer, right: Answer) -> Answer {
    match (left, right) {
        (Ok(true), _) | (_, Ok(true)) => Ok(true),
        (Ok(false), right) => right,
        (Err(what), _) => Err(what),
    }
}
