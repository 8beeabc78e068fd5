//! `$(( … ))`: whole numbers of 64 bits, as the shell has them.

use brush_parser::arithmetic;
use brush_parser::ast::{
    ArithmeticExpr, ArithmeticTarget, BinaryOperator, UnaryAssignmentOperator, UnaryOperator,
};

use super::Shell;
use super::variables::Value;

/// How deep expressions may refer to variables that hold expressions.
const MOST_DEEP: usize = 8;
/// How deep one may nest: the grammar has no limit.
const MOST_NESTED: usize = 32;
/// How many operators one may have that join two: each stands in the next.
const MOST_JOINED: usize = 128;

impl Shell {
    /// What an expression gives, after `$x` in it was put in.
    pub(super) fn number(&mut self, text: &str) -> Result<i64, String> {
        let text = match text.contains(['$', '`', '\\', '"', '\'']) {
            true => self.one(text)?,
            false => text.to_owned(),
        };
        self.evaluate(&text, 0)
    }

    fn evaluate(&mut self, text: &str, depth: usize) -> Result<i64, String> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(0);
        }
        if let Ok(number) = text.parse() {
            // `010` is octal.
            if text == "0" || !text.trim_start_matches('-').starts_with('0') {
                return Ok(number);
            }
        }
        let open = text.matches(['(', '[', '?', '!', '~', '-', '+']).count();
        let is_joint = ['*', '/', '%', '&', '|', '^', '<', '>', '=', ',', ':'];
        let joints = text.matches(is_joint).count();
        if depth > MOST_DEEP || open > MOST_NESTED || joints > MOST_JOINED {
            return Err(format!("`{text}` nests too deep"));
        }
        let parsed = arithmetic::parse(text)
            .map_err(|_| format!("`{text}` is no expression of whole numbers"))?;
        self.value_of(&parsed, depth)
    }

    fn value_of(&mut self, expression: &ArithmeticExpr, depth: usize) -> Result<i64, String> {
        match expression {
            ArithmeticExpr::Literal(number) => Ok(*number),
            ArithmeticExpr::Reference(target) => self.target(target, depth),
            ArithmeticExpr::UnaryOp(operator, of) => {
                let of = self.value_of(of, depth)?;
                Ok(match operator {
                    UnaryOperator::UnaryPlus => of,
                    UnaryOperator::UnaryMinus => of.wrapping_neg(),
                    UnaryOperator::BitwiseNot => !of,
                    UnaryOperator::LogicalNot => i64::from(of == 0),
                })
            }
            ArithmeticExpr::BinaryOp(BinaryOperator::LogicalAnd, left, right) => {
                let both = self.value_of(left, depth)? != 0 && self.value_of(right, depth)? != 0;
                Ok(i64::from(both))
            }
            ArithmeticExpr::BinaryOp(BinaryOperator::LogicalOr, left, right) => {
                let either = self.value_of(left, depth)? != 0 || self.value_of(right, depth)? != 0;
                Ok(i64::from(either))
            }
            ArithmeticExpr::BinaryOp(operator, left, right) => {
                let left = self.value_of(left, depth)?;
                let right = self.value_of(right, depth)?;
                binary(operator, left, right)
            }
            ArithmeticExpr::Conditional(condition, yes, no) => {
                match self.value_of(condition, depth)? {
                    0 => self.value_of(no, depth),
                    _ => self.value_of(yes, depth),
                }
            }
            ArithmeticExpr::Assignment(target, value) => {
                let value = self.value_of(value, depth)?;
                self.put(target, value, depth)
            }
            ArithmeticExpr::BinaryAssignment(operator, target, value) => {
                let value = self.value_of(value, depth)?;
                let value = binary(operator, self.target(target, depth)?, value)?;
                self.put(target, value, depth)
            }
            ArithmeticExpr::UnaryAssignment(operator, target) => {
                let before = self.target(target, depth)?;
                let (by, gives_before) = match operator {
                    UnaryAssignmentOperator::PrefixIncrement => (1, false),
                    UnaryAssignmentOperator::PrefixDecrement => (-1, false),
                    UnaryAssignmentOperator::PostfixIncrement => (1, true),
                    UnaryAssignmentOperator::PostfixDecrement => (-1, true),
                };
                let after = self.put(target, before.wrapping_add(by), depth)?;
                Ok(if gives_before { before } else { after })
            }
        }
    }

    fn target(&mut self, target: &ArithmeticTarget, depth: usize) -> Result<i64, String> {
        let text = match target {
            ArithmeticTarget::Variable(name) => {
                self.known(name)?;
                self.variable(name)
            }
            ArithmeticTarget::ArrayElement(name, index) => {
                self.known(name)?;
                let index = self.value_of(index, depth + 1)?;
                match self.variables.get(name) {
                    Some(Value::List(list)) => list.get(&index).cloned(),
                    Some(Value::Map(map)) => map.get(&index.to_string()).cloned(),
                    Some(Value::Text(text)) if index == 0 => Some(text.clone()),
                    _ => None,
                }
            }
        };
        self.evaluate(&text.unwrap_or_default(), depth + 1)
    }

    fn put(&mut self, target: &ArithmeticTarget, value: i64, depth: usize) -> Result<i64, String> {
        match target {
            ArithmeticTarget::Variable(name) => {
                self.variables.set(name, Value::Text(value.to_string()));
            }
            ArithmeticTarget::ArrayElement(name, index) => {
                let index = self.value_of(index, depth + 1)?;
                let mut list = match self.variables.get(name).cloned() {
                    Some(Value::List(list)) => list,
                    _ => std::collections::BTreeMap::new(),
                };
                list.insert(index, value.to_string());
                self.variables.set(name, Value::List(list));
            }
        }
        Ok(value)
    }
}

fn binary(operator: &BinaryOperator, left: i64, right: i64) -> Result<i64, String> {
    let shift = u32::try_from(right.rem_euclid(64)).unwrap_or_default();
    Ok(match operator {
        BinaryOperator::Power => match u32::try_from(right) {
            Ok(right) => left.wrapping_pow(right),
            Err(_) => return Err("an exponent below 0".to_owned()),
        },
        BinaryOperator::Multiply => left.wrapping_mul(right),
        BinaryOperator::Divide | BinaryOperator::Modulo if right == 0 => {
            return Err("a division by 0".to_owned());
        }
        BinaryOperator::Divide => left.wrapping_div(right),
        BinaryOperator::Modulo => left.wrapping_rem(right),
        BinaryOperator::Comma => right,
        BinaryOperator::Add => left.wrapping_add(right),
        BinaryOperator::Subtract => left.wrapping_sub(right),
        BinaryOperator::ShiftLeft => left.wrapping_shl(shift),
        BinaryOperator::ShiftRight => left.wrapping_shr(shift),
        BinaryOperator::LessThan => i64::from(left < right),
        BinaryOperator::LessThanOrEqualTo => i64::from(left <= right),
        BinaryOperator::GreaterThan => i64::from(left > right),
        BinaryOperator::GreaterThanOrEqualTo => i64::from(left >= right),
        BinaryOperator::Equals => i64::from(left == right),
        BinaryOperator::NotEquals => i64::from(left != right),
        BinaryOperator::BitwiseAnd => left & right,
        BinaryOperator::BitwiseXor => left ^ right,
        BinaryOperator::BitwiseOr => left | right,
        // Both are done before their right side is.
        BinaryOperator::LogicalAnd => i64::from(left != 0 && right != 0),
        BinaryOperator::LogicalOr => i64::from(left != 0 || right != 0),
    })
}
