//! The labs of the yard: one task writes each, the store keeps them.
//!
//! **Architecture Invariant:** nobody but a lab's own task (`lab`) changes it; everyone else sends
//! it messages through a [`handle::LabHandle`]. A panic in one lab's task ends that task alone.

pub mod examples;
pub mod handle;
pub mod limits;
pub mod machine;
pub mod outbox;
pub mod store;
pub mod yard;

mod lab;
mod ring;
