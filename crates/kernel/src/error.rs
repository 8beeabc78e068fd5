//! The one error type of this crate.

use std::borrow::Cow;
use std::fmt;
use std::io;

use nix::errno::Errno;

/// What was attempted, on what, and what the kernel said.
///
/// Shown as `could not OPERATION OBJECT: kernel text (ERRNO)`, followed by
/// `; ADVICE` when we know what the person can do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{}", self.reason(), Advice(.advice.as_deref()))]
pub struct Error {
    operation: Cow<'static, str>,
    object: String,
    cause: Cause,
    advice: Option<Cow<'static, str>>,
}

/// Why an operation failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Cause {
    /// The kernel refused it with this number.
    #[error("{text} ({0:?})", text = .0.desc())]
    Kernel(Errno),
    /// A library or a check of our own refused it, in these words.
    #[error("{0}")]
    Text(String),
}

/// The result of everything in this crate that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error of `operation` (a verb: `create`, `bind-mount`) on `object`
    /// (what the person would call it: `bridge br0`), for `cause`.
    pub fn new(
        operation: impl Into<Cow<'static, str>>,
        object: impl Into<String>,
        cause: impl Into<Cause>,
    ) -> Self {
        Self {
            operation: operation.into(),
            object: object.into(),
            cause: cause.into(),
            advice: None,
        }
    }

    /// The same error with what can be done about it, shown after it.
    #[must_use]
    pub fn advise(mut self, advice: impl Into<Cow<'static, str>>) -> Self {
        self.advice = Some(advice.into());
        self
    }

    /// The verb of what was attempted.
    pub fn operation(&self) -> &str {
        &self.operation
    }

    /// What it was attempted on.
    pub fn object(&self) -> &str {
        &self.object
    }

    /// Why it failed.
    pub fn cause(&self) -> &Cause {
        &self.cause
    }

    /// The whole message but for the advice.
    pub fn reason(&self) -> String {
        let Self {
            operation,
            object,
            cause,
            ..
        } = self;
        format!("could not {operation} {object}: {cause}")
    }

    /// The kernel's error number, if it was the kernel that refused.
    pub fn errno(&self) -> Option<Errno> {
        match self.cause {
            Cause::Kernel(errno) => Some(errno),
            Cause::Text(_) => None,
        }
    }

    /// What the person can do about it, if known.
    pub fn advice(&self) -> Option<&str> {
        self.advice.as_deref()
    }
}

/// Turns an error number or an I/O error into an [`Error`] with its context.
pub trait Context<T> {
    /// Says what was attempted, on what. `object` is only built on failure.
    ///
    /// # Errors
    /// The error of `self`, with its context.
    fn context<O: Into<String>>(
        self,
        operation: &'static str,
        object: impl FnOnce() -> O,
    ) -> Result<T>;
}

impl<T, E: Into<Cause>> Context<T> for std::result::Result<T, E> {
    fn context<O: Into<String>>(
        self,
        operation: &'static str,
        object: impl FnOnce() -> O,
    ) -> Result<T> {
        self.map_err(|cause| Error::new(operation, object(), cause))
    }
}

impl From<Errno> for Cause {
    fn from(errno: Errno) -> Self {
        Self::Kernel(errno)
    }
}

impl From<io::Error> for Cause {
    fn from(error: io::Error) -> Self {
        match error.raw_os_error() {
            Some(number) => Self::Kernel(Errno::from_raw(number)),
            None => Self::Text(error.to_string()),
        }
    }
}

impl From<String> for Cause {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for Cause {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

struct Advice<'a>(Option<&'a str>);

impl fmt::Display for Advice<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(advice) => write!(f, "; {advice}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_names_operation_object_and_errno() {
        let error = Error::new("create", "bridge br0", Errno::EPERM);
        assert_eq!(
            error.to_string(),
            "could not create bridge br0: Operation not permitted (EPERM)"
        );
        assert_eq!(error.errno(), Some(Errno::EPERM));
    }

    #[test]
    fn advice_follows_the_reason() {
        let error = Error::new("open", "/dev/ptmx", "not here").advise("mount /dev/pts");
        assert_eq!(
            error.to_string(),
            "could not open /dev/ptmx: not here; mount /dev/pts"
        );
    }

    #[test]
    fn an_io_error_keeps_its_number() {
        let failed: io::Result<()> = Err(io::Error::from_raw_os_error(2));
        let error = failed.context("read", || "/nowhere").unwrap_err();
        assert_eq!(error.errno(), Some(Errno::ENOENT));
    }
}
