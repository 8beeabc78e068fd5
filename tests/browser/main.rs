//! A real browser on a real server.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod captures;
mod devices;
mod drift;
mod firewall;
mod first_lab;
mod first_load;
mod imported;
mod inspector;
mod keyboard;
mod loading;
mod person;
mod problems;
mod quality;
mod reach;
mod removed;
mod ring;
mod routes;
mod settings;
mod several;
mod starting;
mod tables;
mod traffic;
mod uplink;
