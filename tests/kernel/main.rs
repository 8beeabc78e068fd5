//! The program on a real kernel, without root: sandboxes, plans, what is left of them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod article;
mod commands;
mod compare;
mod decode;
mod examples;
mod expectations;
mod firewalls;
mod formats;
mod imports;
mod leftovers;
mod ping_all;
mod quality;
mod ready;
mod refusals;
mod signals;
mod uplink;
