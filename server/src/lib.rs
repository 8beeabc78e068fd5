//! The program netyard.
//!
//! - [`cli`]: the command line; [`serve`]: the yard as a process;
//! - [`web`]: HTTP and sockets, behind one guard;
//! - [`labs`]: the labs, one task each, and the store;
//! - `trial`: whether what a lab expects is so;
//! - [`agent`]: the process that alone touches the kernel, one for each running lab.

pub mod agent;
mod archive;
pub mod cli;
pub mod data_dir;
pub mod exec_protocol;
pub mod labs;
pub mod serve;
mod trial;
pub mod web;
