//! Captures in a real sandbox.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod capturing;
mod ending;
mod filters;
#[path = "../support/lab.rs"]
mod lab;
#[path = "../support/mod.rs"]
mod support;
mod taking;

use std::process::ExitCode;
use support::inside;

pub(crate) use support::PATIENCE;

fn main() -> ExitCode {
    support::main(vec![
        inside("a_ping_is_seen", taking::a_ping),
        inside("a_filter_chooses", taking::filtered),
        inside("the_loopback_and_all_interfaces", taking::loopback_and_any),
        inside("many_are_one_timeline", taking::many),
        inside("packets_come_soon", taking::soon),
        inside("large_packets_come_whole", taking::whole),
        inside("a_flood_is_counted", taking::flood),
        inside("a_slow_reader_loses_and_is_told", taking::slow_reader),
        inside("stop_is_at_once", ending::stop),
        inside("an_interface_goes_down_and_up", ending::down_and_up),
        inside("an_interface_is_deleted", ending::deleted),
        inside("what_cannot_be_captured", ending::refused),
        inside("nothing_is_left", ending::nothing_left),
        inside("filters_are_checked", filters::checked),
        inside("the_longest_filters_compile_in_time", filters::in_time),
    ])
}
