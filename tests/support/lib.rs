//! What the tests share: the program under test, a yard of one's own, the state of the machine.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

pub mod browser;
pub mod machine;
pub mod outside;
pub mod program;
pub mod socket;
pub mod wait;
pub mod yard;

pub use program::{example, netyard, printed, text_file};
pub use wait::until;
pub use yard::Yard;
