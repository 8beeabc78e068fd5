//! The program netyard.
//!
//! - [`cli`]: the command line; [`serve`]: the yard as a process;
//! - [`web`]: HTTP and sockets, behind one guard;
//! - [`labs`]: the labs, one task each, and the store;
//! - [`agent`]: the process that alone touches the kernel, one for each running lab.

pub mod agent;
pub mod cli;
pub mod data_dir;
pub mod exec_protocol;
pub mod labs;
pub mod serve;
pub mod web;
