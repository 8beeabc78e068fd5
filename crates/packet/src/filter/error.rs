//! What is wrong with a filter.

use std::ops::Range;

use thiserror::Error;

/// What is wrong with a filter's text, and where.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct FilterError {
    /// What is wrong, for a person.
    pub message: String,
    /// Which bytes of the text it is about. Empty at the end of the text: something is missing there.
    pub at: Range<usize>,
}

impl FilterError {
    pub(super) fn new(at: Range<usize>, message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            at,
        }
    }
}
