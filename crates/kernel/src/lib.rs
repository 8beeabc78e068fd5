//! The only code that touches Linux.
//!
//! Everything here runs in a lab's *agent*: a process that [`sandbox::enter`]
//! has put into user, pid, mount and network namespaces of its own. Nothing
//! in this crate changes the machine's own namespaces: [`Namespace`] refuses
//! to exist in a process that is not inside a sandbox.
//!
//! How a lab comes to be and dies:
//!
//! ```text
//! web ──lifeline──▶ keeper ──pdeathsig──▶ init (pid 1) ──▶ agent ──▶ node-init ──▶ command
//! ```
//!
//! The end of any one of them is the end of everything to its right, by the
//! kernel's own doing, and the end of `agent`, `init` or `keeper` is the end
//! of the whole lab.

pub mod advertise;
pub mod apply;
pub mod capture;
pub mod descriptors;
pub mod doctor;
pub mod engine;
pub mod error;
pub mod exec;
mod execute;
pub mod firewall;
#[cfg(fuzzing)]
pub mod fuzz;
pub mod namespace;
mod netlink;
mod observe;
mod offloads;
pub mod probe;
pub mod sandbox;
pub mod serve;
mod sys;
mod sysctls;
mod wireguard;

pub use engine::Engine;
pub use error::Error;
pub use namespace::Namespace;
