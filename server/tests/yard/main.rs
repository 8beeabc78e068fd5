//! The yard as a whole: a real server on a free port, real clients, and a scripted agent.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod agent;
mod guard;
mod labs;
mod running;
mod support;
