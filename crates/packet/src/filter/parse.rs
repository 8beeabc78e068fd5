//! The grammar: words to a tree of tests, without looking at what fields are.
//!
//! ```text
//! or      = xor { ("||" | "or") xor }
//! xor     = and { ("^^" | "xor") and }
//! and     = not { ("&&" | "and") not }
//! not     = ("!" | "not") not | "(" or ")" | test
//! test    = ["any" | "all"] operand [ "in" set | comparison operand { comparison operand } ]
//! operand = name [ "[" slices "]" ] [ "&" number ] | function "(" operand ")" | value
//! set     = "{" value [".." value] { [","] ... } "}"
//! ```

use std::ops::Range;

use super::LONGEST;
use super::error::FilterError;
use super::lex::{Placed, Token, lex};

/// A part of a filter.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Part {
    Or(Vec<Part>),
    Xor(Box<Part>, Box<Part>),
    And(Vec<Part>),
    Not(Box<Part>),
    /// An operand alone: is it there?
    Alone(Operand),
    Compare {
        all: bool,
        left: Operand,
        operator: Operator,
        /// Where the operator stands.
        at: Range<usize>,
        right: Operand,
    },
    In {
        left: Operand,
        set: Vec<(Word, Option<Word>)>,
        at: Range<usize>,
    },
}

/// How two sides are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    AllEqual,
    NotEqual,
    AnyNotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Contains,
    Matches,
}

/// A word of the text.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Word {
    pub(super) text: String,
    /// Does it stand in quotes?
    pub(super) quoted: bool,
    pub(super) at: Range<usize>,
}

/// One side of a comparison.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Operand {
    pub(super) word: Word,
    pub(super) slices: Vec<Slice>,
    pub(super) mask: Option<Word>,
    /// The function around it.
    pub(super) function: Option<Word>,
}

/// Bytes of a value, counted from the end where negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slice {
    pub(super) start: i32,
    pub(super) end: SliceEnd,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SliceEnd {
    /// So many bytes: `[a:b]`.
    Length(i32),
    /// Up to this one, included: `[a-b]`.
    Last(i32),
    /// To the end: `[a:]`.
    Open,
}

/// Parentheses and negations inside each other: more are refused, as each costs stack.
const DEEPEST: usize = 64;

/// The tree of a filter; `None` for an empty one.
pub(super) fn parse(text: &str) -> Result<Option<Part>, FilterError> {
    if text.len() > LONGEST {
        return Err(FilterError::new(
            LONGEST..text.len(),
            format!("a filter has at most {LONGEST} bytes"),
        ));
    }
    let tokens = lex(text)?;
    if tokens.is_empty() {
        return Ok(None);
    }
    let mut parser = Parser {
        tokens,
        next: 0,
        end: text.trim_end().len(),
        depth: 0,
    };
    let part = parser.or()?;
    match parser.peek() {
        None => Ok(Some(part)),
        Some(extra) => {
            let at = extra.at.clone();
            let what = text.get(at.clone()).unwrap_or_default();
            let message = match &extra.token {
                Token::Sign(")") => "this parenthesis closes none".to_owned(),
                Token::Word(_) | Token::Quoted(_) => {
                    format!(
                        "{what} stands alone: an operator such as == or and is missing before it"
                    )
                }
                Token::Sign(_) => format!("{what} means nothing here"),
            };
            Err(FilterError::new(at, message))
        }
    }
}

struct Parser {
    tokens: Vec<Placed>,
    next: usize,
    end: usize,
    depth: usize,
}

impl Parser {
    fn peek(&self) -> Option<&Placed> {
        self.tokens.get(self.next)
    }

    /// Where the next token stands, or the end of the text.
    fn here(&self) -> Range<usize> {
        self.peek()
            .map_or(self.end..self.end, |token| token.at.clone())
    }

    fn error<T>(&self, message: &str) -> Result<T, FilterError> {
        Err(FilterError::new(self.here(), message))
    }

    fn take_sign(&mut self, sign: &str) -> bool {
        let found =
            matches!(self.peek(), Some(Placed { token: Token::Sign(found), .. }) if *found == sign);
        self.next += usize::from(found);
        found
    }

    /// Takes a word that is an operator, of any case.
    fn take_word(&mut self, words: &[&str]) -> bool {
        let found = matches!(self.peek(), Some(Placed { token: Token::Word(found), .. })
            if words.iter().any(|word| found.eq_ignore_ascii_case(word)));
        self.next += usize::from(found);
        found
    }

    fn deeper<T>(
        &mut self,
        inside: impl FnOnce(&mut Self) -> Result<T, FilterError>,
    ) -> Result<T, FilterError> {
        if self.depth >= DEEPEST {
            return self.error("this is nested too deeply");
        }
        self.depth += 1;
        let result = inside(self);
        self.depth -= 1;
        result
    }

    fn or(&mut self) -> Result<Part, FilterError> {
        let mut parts = vec![self.xor()?];
        while self.take_sign("||") || self.take_word(&["or"]) {
            parts.push(self.xor()?);
        }
        Ok(one_or(parts, Part::Or))
    }

    fn xor(&mut self) -> Result<Part, FilterError> {
        let mut part = self.and()?;
        let mut count = 0;
        while self.take_sign("^^") || self.take_word(&["xor"]) {
            count += 1;
            if count > DEEPEST {
                return self.error("these are too many");
            }
            part = Part::Xor(Box::new(part), Box::new(self.and()?));
        }
        Ok(part)
    }

    fn and(&mut self) -> Result<Part, FilterError> {
        let mut parts = vec![self.not()?];
        while self.take_sign("&&") || self.take_word(&["and"]) {
            parts.push(self.not()?);
        }
        Ok(one_or(parts, Part::And))
    }

    fn not(&mut self) -> Result<Part, FilterError> {
        if self.take_sign("!") || self.take_word(&["not"]) {
            let part = self.deeper(Self::not)?;
            return Ok(Part::Not(Box::new(part)));
        }
        let open = self.here();
        if self.take_sign("(") {
            let part = self.deeper(Self::or)?;
            if !self.take_sign(")") {
                return Err(match self.peek() {
                    None => FilterError::new(open, "the closing parenthesis is missing"),
                    Some(_) => FilterError::new(
                        self.here(),
                        "a closing parenthesis or an operator is missing here",
                    ),
                });
            }
            return Ok(part);
        }
        self.test()
    }

    fn test(&mut self) -> Result<Part, FilterError> {
        // `any` and `all` are only that in front of a name.
        let quantified = matches!(
            self.tokens.get(self.next + 1),
            Some(Placed { token: Token::Word(word), .. }) if operator_of_word(word).is_none() && !word.eq_ignore_ascii_case("in")
        );
        let all = quantified && self.take_word(&["all"]);
        if quantified && !all {
            self.take_word(&["any"]);
        }
        let left = self.operand()?;
        let at = self.here();
        if self.take_word(&["in"]) {
            let set = self.set()?;
            return Ok(Part::In { left, set, at });
        }
        let Some(operator) = self.operator() else {
            return Ok(Part::Alone(left));
        };
        let mut right = self.operand()?;
        let mut parts = vec![Part::Compare {
            all,
            left,
            operator,
            at,
            right: right.clone(),
        }];
        // `1 < tcp.len < 5` means both.
        loop {
            let at = self.here();
            let Some(operator) = self.operator() else {
                break;
            };
            let next = self.operand()?;
            parts.push(Part::Compare {
                all,
                left: right,
                operator,
                at,
                right: next.clone(),
            });
            right = next;
        }
        Ok(one_or(parts, Part::And))
    }

    fn operator(&mut self) -> Option<Operator> {
        let operator = match &self.peek()?.token {
            Token::Sign(sign) => match *sign {
                "==" => Operator::Equal,
                "===" => Operator::AllEqual,
                "!=" => Operator::NotEqual,
                "!==" | "~=" => Operator::AnyNotEqual,
                "<" => Operator::Less,
                "<=" => Operator::LessOrEqual,
                ">" => Operator::Greater,
                ">=" => Operator::GreaterOrEqual,
                "~" => Operator::Matches,
                _ => return None,
            },
            Token::Word(word) => operator_of_word(word)?,
            Token::Quoted(_) => return None,
        };
        self.next += 1;
        Some(operator)
    }

    fn word(&mut self) -> Result<Word, FilterError> {
        let (text, quoted) = match self.peek().map(|placed| &placed.token) {
            Some(Token::Word(text)) => (text.clone(), false),
            Some(Token::Quoted(text)) => (text.clone(), true),
            Some(Token::Sign("==" | "!=" | "<" | ">" | "<=" | ">=")) => {
                return self.error("a field is missing before this");
            }
            Some(Token::Sign(_)) => return self.error("a field or a value is missing here"),
            None => return self.error("something is missing at the end"),
        };
        let at = self.here();
        self.next += 1;
        Ok(Word { text, quoted, at })
    }

    fn operand(&mut self) -> Result<Operand, FilterError> {
        let word = self.word()?;
        if !word.quoted && is_operator_word(&word.text) {
            return Err(FilterError::new(
                word.at,
                "a field or a value is missing here",
            ));
        }
        // A function: its argument is an operand in parentheses.
        if !word.quoted && self.take_sign("(") {
            let mut operand = self.deeper(Self::operand)?;
            if operand.function.is_some() {
                return Err(FilterError::new(word.at, "functions cannot be nested"));
            }
            if !self.take_sign(")") {
                return self.error("the closing parenthesis is missing here");
            }
            operand.function = Some(word);
            return Ok(operand);
        }
        let slices = if self.take_sign("[") {
            self.slices()?
        } else {
            Vec::new()
        };
        let mask = if self.take_sign("&") {
            Some(self.word()?)
        } else {
            None
        };
        Ok(Operand {
            word,
            slices,
            mask,
            function: None,
        })
    }

    /// What stands in brackets: `0:3`, `2`, `0-2`, `:4`, `-4:`, and several of them.
    fn slices(&mut self) -> Result<Vec<Slice>, FilterError> {
        let mut slices = Vec::new();
        loop {
            let word = self.word()?;
            let slice = slice(&word.text).ok_or_else(|| {
                FilterError::new(
                    word.at.clone(),
                    format!(
                        "{} is no range of bytes, as [0:3], [2] and [0-2] are",
                        word.text
                    ),
                )
            })?;
            slices.push(slice);
            if self.take_sign("]") {
                return Ok(slices);
            }
            if !self.take_sign(",") {
                return self.error("the closing bracket is missing here");
            }
        }
    }

    fn set(&mut self) -> Result<Vec<(Word, Option<Word>)>, FilterError> {
        if !self.take_sign("{") {
            return self.error("a set in braces is missing here, as in {80, 443}");
        }
        let mut set = Vec::new();
        loop {
            if self.take_sign("}") {
                if set.is_empty() {
                    self.next -= 1;
                    return self.error("the set is empty");
                }
                return Ok(set);
            }
            if self.peek().is_none() {
                return self.error("the closing brace is missing");
            }
            let word = self.word()?;
            set.push(range(word));
            self.take_sign(",");
        }
    }
}

/// `a..b` as two words.
fn range(word: Word) -> (Word, Option<Word>) {
    if word.quoted {
        return (word, None);
    }
    let Some((low, high)) = word.text.split_once("..") else {
        return (word, None);
    };
    let at = word.at.clone();
    let low_end = at.start + low.len();
    (
        Word {
            text: low.to_owned(),
            quoted: false,
            at: at.start..low_end,
        },
        Some(Word {
            text: high.to_owned(),
            quoted: false,
            at: low_end + 2..at.end,
        }),
    )
}

fn slice(text: &str) -> Option<Slice> {
    if let Some((start, length)) = text.split_once(':') {
        let start = if start.is_empty() {
            0
        } else {
            start.parse().ok()?
        };
        let end = if length.is_empty() {
            SliceEnd::Open
        } else {
            SliceEnd::Length(length.parse().ok()?)
        };
        return Some(Slice { start, end });
    }
    // A sign in front belongs to the number.
    let dash = text
        .get(1..)
        .and_then(|rest| rest.find('-'))
        .map(|at| at + 1);
    if let Some((start, last)) = dash.and_then(|at| text.split_at_checked(at)) {
        return Some(Slice {
            start: start.parse().ok()?,
            end: SliceEnd::Last(last.get(1..)?.parse().ok()?),
        });
    }
    Some(Slice {
        start: text.parse().ok()?,
        end: SliceEnd::Length(1),
    })
}

fn operator_of_word(word: &str) -> Option<Operator> {
    let operators = [
        ("eq", Operator::Equal),
        ("any_eq", Operator::Equal),
        ("all_eq", Operator::AllEqual),
        ("ne", Operator::NotEqual),
        ("all_ne", Operator::NotEqual),
        ("any_ne", Operator::AnyNotEqual),
        ("lt", Operator::Less),
        ("le", Operator::LessOrEqual),
        ("gt", Operator::Greater),
        ("ge", Operator::GreaterOrEqual),
        ("contains", Operator::Contains),
        ("matches", Operator::Matches),
    ];
    operators
        .iter()
        .find(|(name, _)| word.eq_ignore_ascii_case(name))
        .map(|(_, operator)| *operator)
}

fn is_operator_word(word: &str) -> bool {
    operator_of_word(word).is_some()
        || ["and", "or", "xor", "not", "in"]
            .iter()
            .any(|name| word.eq_ignore_ascii_case(name))
}

/// The only part, or all of them joined.
fn one_or(mut parts: Vec<Part>, join: fn(Vec<Part>) -> Part) -> Part {
    match parts.pop() {
        Some(part) if parts.is_empty() => part,
        Some(part) => {
            parts.push(part);
            join(parts)
        }
        None => join(parts),
    }
}
