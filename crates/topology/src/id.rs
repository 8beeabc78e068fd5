//! Identities that survive a rename.
//!
//! Ids are made by whoever makes the object (the browser draws random ones, a reader of text
//! counts) and are unique within one document. They stay below 2^53, so that any JSON reader
//! keeps them exact.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The largest id: 2^53 - 1, the largest integer every JSON reader keeps exact (RFC 8259, 6).
pub const MAX_ID: u64 = (1 << 53) - 1;

/// A network namespace of a document.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NamespaceId(pub u64);

impl NamespaceId {
    /// The lab's own root namespace, which every document has.
    pub const HOST: Self = Self(0);
}

impl fmt::Display for NamespaceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "namespace #{}", self.0)
    }
}

/// An interface of a document: a loopback, a bridge, one end of a link.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct InterfaceId(pub u64);

impl InterfaceId {
    /// The loopback interface of [`NamespaceId::HOST`].
    pub const HOST_LOOPBACK: Self = Self(0);
}

impl fmt::Display for InterfaceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "interface #{}", self.0)
    }
}

/// What has a place of its own on the canvas: a namespace's card or a bridge's bar.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Node {
    /// A namespace other than the host.
    Namespace(NamespaceId),
    /// A bridge, by its interface.
    Bridge(InterfaceId),
}
