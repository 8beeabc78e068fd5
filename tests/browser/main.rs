//! A real browser on a real server.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod devices;
mod first_lab;
mod first_load;
mod keyboard;
mod removed;
mod several;
