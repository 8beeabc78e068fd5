//! A lab's agent: the process that alone touches the kernel.
//!
//! [`client`] is the web process's end, [`service`] the agent's own; between them is a byte stream
//! of the typed messages of [`protocol`], framed by [`codec`].

pub mod client;
pub mod codec;
pub mod protocol;
pub mod service;

/// The hidden subcommand under which this program runs as an agent.
pub const SUBCOMMAND: &str = "agent";

/// Argument of an agent whose lab's root is the user who started it.
const STARTER: &str = "starter";
/// Argument of an agent whose lab's root is nobody on the machine.
const NOBODY: &str = "nobody";
/// Argument of an agent whose lab may have an uplink.
const UPLINK: &str = "uplink";
