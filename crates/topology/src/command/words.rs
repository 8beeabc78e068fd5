//! Reading the words of one command.

use std::str::FromStr;

/// The words that are left, first to last.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Words<'a>(&'a [String]);

impl<'a> Words<'a> {
    pub(crate) fn new(words: &'a [String]) -> Self {
        Self(words)
    }

    pub(crate) fn peek(&self) -> Option<&'a str> {
        self.0.first().map(String::as_str)
    }

    pub(crate) fn next(&mut self) -> Option<&'a str> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(first)
    }

    /// Takes the next word if it is this one.
    pub(crate) fn skip(&mut self, word: &str) -> bool {
        let is_next = self.peek() == Some(word);
        if is_next {
            self.next();
        }
        is_next
    }

    /// The end of the command.
    pub(crate) fn end(&mut self) -> Result<(), String> {
        match self.next() {
            None => Ok(()),
            Some(more) => Err(format!("`{more}` is not understood here")),
        }
    }

    pub(crate) fn rest(&self) -> &'a [String] {
        self.0
    }

    /// The value that a keyword must have.
    pub(crate) fn value(&mut self, keyword: &str) -> Result<&'a str, String> {
        self.next()
            .ok_or_else(|| format!("`{keyword}` needs a value"))
    }

    /// The value that a keyword must have, as a number or a name.
    pub(crate) fn parsed<T: FromStr>(&mut self, keyword: &str) -> Result<T, String>
    where
        T::Err: std::fmt::Display,
    {
        let text = self.value(keyword)?;
        text.parse()
            .map_err(|error| format!("`{keyword} {text}`: {error}"))
    }
}

/// iproute2 takes the beginning of a word for the word: the first in its own order wins.
pub(crate) fn abbreviated<'w>(text: &str, words: &[&'w str]) -> Option<&'w str> {
    words
        .iter()
        .copied()
        .find(|word| !text.is_empty() && word.starts_with(text))
}

/// Why a word is refused: a known one, which no document has, or an unknown one.
pub(crate) fn refused(word: &str, known: &[&str]) -> String {
    if known.contains(&word) {
        format!("`{word}` is not supported yet")
    } else {
        format!("`{word}` is not understood here")
    }
}
