//! Pure: documents, edits, observed state, plans, commands in and out.
//!
//! **Architecture Invariant:** no clock, no randomness, no I/O, no async, no Leptos, no Linux.
//! Ids are passed in. The browser, the server, the command line and the tests call the same
//! functions; the crate builds for `wasm32-unknown-unknown` and CI checks it.
//!
//! The way through it:
//! - [`document`]: what the user wants, as plain data;
//! - [`kind`]: the kinds of interface, one table each; [`route`]: what routes say;
//!   [`rule`]: which table is looked in;
//! - [`quality`]: what is done to the frames that leave an interface;
//! - [`edit`]: the only way to change a document; applying one returns its inverse;
//! - [`history`]: a person's own undo and redo;
//! - [`observed`]: what the kernel reports;
//! - [`plan`]: the steps from observed to document; [`step`]: one kernel change;
//! - [`model`]: a model kernel that executes steps on an observed state;
//! - [`status`]: document and observed side by side, for the canvas;
//! - [`drift`]: what somebody else has changed, one by one: accepted into the document or reverted;
//! - [`export`]: a document in the forms that others read;
//! - [`firewall`]: nftables rulesets as text;
//! - [`serve`]: what namespaces serve while the lab runs;
//! - [`vlans`] and [`fdb`]: what bridges and their ports have beside parameters;
//! - [`feature`]: what kernels differ in, and what a document needs of one;
//! - [`problem`]: mistakes and risks found in a document;
//! - [`read`]: a lab from whichever form it has; [`import`]: the forms of others, and the report;
//! - [`ready`]: whether a lab that was just brought up can be used.

pub mod address;
pub mod adopt;
pub mod advertise;
#[cfg(feature = "arbitrary")]
pub mod arbitrary;
mod canonical;
pub mod command;
mod connected;
pub mod document;
pub mod drift;
pub mod edit;
pub mod expectation;
pub mod export;
pub mod fdb;
pub mod feature;
pub mod firewall;
pub mod history;
pub mod id;
pub mod import;
mod interfaces;
pub mod kind;
pub mod layout;
pub mod mac;
pub mod model;
pub mod name;
pub mod neighbour;
pub mod observed;
pub mod offload;
mod paths;
pub mod plan;
pub mod problem;
pub mod quality;
pub mod read;
pub mod ready;
pub mod route;
pub mod rule;
pub mod script;
pub mod serve;
pub mod shared_map;
pub mod status;
pub mod step;
pub mod sysctl;
pub mod terminal;
pub mod uplink;
pub mod vlans;
pub mod yaml;

pub use document::Document;
pub use edit::Edit;
pub use id::{InterfaceId, NamespaceId, Node};
pub use name::{InterfaceName, NamespaceName};
pub use observed::Observed;
pub use step::Step;
