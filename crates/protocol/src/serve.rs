//! How what namespaces serve stands while the lab runs.

use serde::{Deserialize, Serialize};
use topology::NamespaceId;
use topology::serve::Port;

/// A port that the document has a namespace serve.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ServiceState {
    /// Whose.
    pub namespace: NamespaceId,
    /// Which.
    pub port: Port,
    /// Why it is not served, if it is not: what was attempted and what the kernel said.
    pub error: Option<String>,
}
