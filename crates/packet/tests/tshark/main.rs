//! The tree of fields and the display filters beside those of the real tshark.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[allow(
    dead_code,
    unreachable_pub,
    reason = "the tests of the text use all of it"
)]
#[path = "../tcpdump/build.rs"]
mod build;
mod compare;
mod filters;
mod packets;
mod pdml;
