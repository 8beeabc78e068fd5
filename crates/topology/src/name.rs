//! Names as the kernel takes them.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Longest name in bytes: `IFNAMSIZ - 1` (linux/if.h).
pub const MAX_NAME_BYTES: usize = 15;

/// The name of the lab's own root namespace.
pub const HOST: &str = "host";

/// Why a text is no name.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NameError {
    /// Nothing there.
    #[error("a name cannot be empty")]
    Empty,
    /// Longer than [`MAX_NAME_BYTES`].
    #[error("`{name}` is {bytes} bytes long: a name in a lab has at most 15")]
    TooLong {
        /// The name that was refused.
        name: String,
        /// Its length in bytes.
        bytes: usize,
    },
    /// A character that the kernel refuses, or that means something else to it or to `ip`.
    #[error(
        "`{name}` contains {found:?}: a name has no `/`, `:`, `%`, quote, control character or white space"
    )]
    Forbidden {
        /// The name that was refused.
        name: String,
        /// The first offending character.
        found: char,
    },
    /// `-x` would be read as an option by every command.
    #[error("`{name}` starts with `-`: commands would read it as an option")]
    LeadingDash {
        /// The name that was refused.
        name: String,
    },
    /// `.` and `..` are directories; `all` and `default` are directories in /proc/sys/net;
    /// `lo` and `host` are taken by Netyard's own objects.
    #[error("`{name}` is reserved")]
    Reserved {
        /// The name that was refused.
        name: String,
    },
}

/// What the kernel's `dev_valid_name` (net/core/dev.c) and the command line ask of a name.
fn check(name: &str) -> Result<(), NameError> {
    let owned = || name.to_owned();
    if name.is_empty() {
        return Err(NameError::Empty);
    }
    let forbidden = |c: &char| {
        c.is_whitespace() || c.is_control() || matches!(c, '/' | ':' | '%' | '"' | '\'' | '\\')
    };
    if let Some(found) = name.chars().find(forbidden) {
        return Err(NameError::Forbidden {
            name: owned(),
            found,
        });
    }
    if name.starts_with('-') {
        return Err(NameError::LeadingDash { name: owned() });
    }
    if name.len() > MAX_NAME_BYTES {
        return Err(NameError::TooLong {
            name: owned(),
            bytes: name.len(),
        });
    }
    if name == "." || name == ".." {
        return Err(NameError::Reserved { name: owned() });
    }
    Ok(())
}

macro_rules! name_type {
    ($(#[$doc:meta])* $type:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $type(String);

        impl $type {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $type {
            type Err = NameError;
            fn from_str(name: &str) -> Result<Self, NameError> {
                Self::try_from(name.to_owned())
            }
        }

        impl From<$type> for String {
            fn from(name: $type) -> Self {
                name.0
            }
        }

        impl Borrow<str> for $type {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name_type! {
    /// The name of a namespace, as `ip netns` would have it: at most 15 bytes.
    NamespaceName
}
name_type! {
    /// The name of an interface: at most 15 bytes, what `dev_valid_name` accepts.
    InterfaceName
}

impl NamespaceName {
    /// The name of the lab's own root namespace, `host`.
    pub fn host() -> Self {
        Self(HOST.to_owned())
    }
}

impl InterfaceName {
    /// The name of every loopback interface, `lo`.
    pub fn loopback() -> Self {
        Self("lo".to_owned())
    }
}

impl TryFrom<String> for NamespaceName {
    type Error = NameError;
    fn try_from(name: String) -> Result<Self, NameError> {
        check(&name)?;
        Ok(Self(name))
    }
}

impl TryFrom<String> for InterfaceName {
    type Error = NameError;
    fn try_from(name: String) -> Result<Self, NameError> {
        check(&name)?;
        // /proc/sys/net/ipv4/conf/{all,default} are not interfaces.
        if name == "all" || name == "default" {
            return Err(NameError::Reserved { name });
        }
        Ok(Self(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_what_the_kernel_takes() {
        for name in ["eth0", "veth-br-green", "br.100", "é", "123456789012345"] {
            assert!(name.parse::<InterfaceName>().is_ok(), "{name}");
        }
    }

    #[test]
    fn refuses_what_the_kernel_refuses_and_what_commands_misread() {
        for name in [
            "",
            "1234567890123456",
            "a/b",
            "a b",
            "a\tb",
            "-a",
            "eth%d",
            "%",
            "..",
            "a:1",
            "a\u{1b}b",
            "all",
        ] {
            assert!(name.parse::<InterfaceName>().is_err(), "{name:?}");
        }
    }

    #[test]
    fn reading_json_checks_too() {
        assert!(serde_json::from_str::<NamespaceName>("\"a b\"").is_err());
    }
}
