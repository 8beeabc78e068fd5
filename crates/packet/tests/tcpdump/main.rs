//! Our text against the real tcpdump's, and our files read by it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod build;
mod captures;
mod compare;
mod configuration;
mod files;
mod ip;
mod link;
mod lldp;
mod transport;
