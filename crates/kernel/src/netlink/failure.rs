//! Why a request was not done.

use std::fmt;
use std::io;

use netlink_packet_core::{DecodeError, NlasIterator, parse_string};
use nix::errno::Errno;

use crate::error::Cause;

/// `NLMSGERR_ATTR_MSG` (linux/netlink.h): the kernel's explanation.
const ATTRIBUTE_MESSAGE: u16 = 1;

/// Why a request was not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The kernel refused it.
    Refused {
        /// Its error number.
        errno: Errno,
        /// Its explanation, if it gave one.
        text: Option<String>,
    },
    /// The conversation itself failed: an answer could not be read.
    Broken(String),
}

impl Failure {
    /// The refusal of an `NLMSG_ERROR` or `NLMSG_DONE`: its (negative) error
    /// number and the attributes that follow. `None` if it is no error.
    pub(super) fn of_answer(code: i32, attributes: &[u8]) -> Option<Self> {
        (code != 0).then(|| Self::Refused {
            errno: Errno::from_raw(code.saturating_neg()),
            text: message(attributes),
        })
    }

    /// Whether the kernel refused it with this number.
    pub(crate) fn is(&self, number: Errno) -> bool {
        matches!(self, Self::Refused { errno, .. } if *errno == number)
    }
}

/// The text of `NLMSGERR_ATTR_MSG`.
pub(super) fn message(attributes: &[u8]) -> Option<String> {
    let found = NlasIterator::new(attributes)
        .filter_map(Result::ok)
        .find(|attribute| attribute.kind() == ATTRIBUTE_MESSAGE)?;
    let text = parse_string(found.value()).ok()?;
    // Some drivers end theirs with a line feed.
    let text = text.trim_end();
    (!text.is_empty()).then(|| text.to_owned())
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { errno, text: None } => write!(f, "{} ({errno:?})", errno.desc()),
            Self::Refused {
                errno,
                text: Some(text),
            } => write!(f, "{text} ({errno:?})"),
            Self::Broken(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for Failure {}

impl From<Failure> for Cause {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused { errno, text: None } => Self::Kernel(errno),
            other => Self::Text(other.to_string()),
        }
    }
}

impl From<DecodeError> for Failure {
    fn from(error: DecodeError) -> Self {
        Self::Broken(format!("an answer of the kernel cannot be read: {error}"))
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.raw_os_error() {
            Some(number) => Self::from(Errno::from_raw(number)),
            None => Self::Broken(error.to_string()),
        }
    }
}

impl From<Errno> for Failure {
    fn from(errno: Errno) -> Self {
        Self::Refused { errno, text: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The attributes that followed an `NLMSG_ERROR` of kernel 6.18 for an
    /// MTU of 70000 on a veth: `NLMSGERR_ATTR_MSG`.
    const TOO_LARGE: &[u8] = b"\x24\x00\x01\x00mtu greater than device maximum\0";

    #[test]
    fn the_kernels_own_words_are_shown() {
        let failure = Failure::of_answer(-22, TOO_LARGE);
        let text = failure.map(|failure| failure.to_string());
        assert_eq!(
            text.as_deref(),
            Some("mtu greater than device maximum (EINVAL)")
        );
    }

    #[test]
    fn without_words_the_number_speaks() {
        let failure = Failure::of_answer(-17, &[]);
        assert!(
            failure
                .as_ref()
                .is_some_and(|failure| failure.is(Errno::EEXIST))
        );
        assert_eq!(
            failure.map(|f| f.to_string()).as_deref(),
            Some("File exists (EEXIST)")
        );
        assert_eq!(Failure::of_answer(0, TOO_LARGE), None);
    }

    #[test]
    fn cut_attributes_are_no_panic() {
        for end in 0..TOO_LARGE.len() {
            let cut = TOO_LARGE.get(..end).unwrap_or_default();
            assert!(Failure::of_answer(-22, cut).is_some());
        }
    }
}
