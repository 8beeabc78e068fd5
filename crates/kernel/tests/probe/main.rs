//! Probes that end by themselves, in a real sandbox.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

#[path = "../support/lab.rs"]
mod lab;
mod ports;
mod reaching;
mod serving;
#[path = "../support/mod.rs"]
mod support;
mod through;
mod ways;

use std::process::ExitCode;
use support::inside;

pub(crate) use support::PATIENCE;

fn main() -> ExitCode {
    support::main(vec![
        inside("everybody_to_everybody", reaching::article),
        inside("what_is_broken_is_named", reaching::broken),
        inside("firewalls_are_told_apart", reaching::firewalls),
        inside("more_neighbours_than_the_table_takes", reaching::paced),
        inside("a_matrix_leaves_nothing", reaching::nothing_left),
        inside("tcp_ports", ports::tcp),
        inside("udp_ports", ports::udp),
        inside("ports_behind_firewalls", ports::firewalls),
        inside("served_ports_answer", serving::answers),
        inside("services_follow_the_document", serving::follows),
        inside("many_services_answer_all", serving::many),
        inside("ways", ways::traced),
        inside("a_way_that_ends", ways::nowhere),
        inside("a_way_as_far_as_it_comes", ways::way),
        inside("path_mtu", ways::path_mtu),
        inside("a_black_hole", ways::black_hole),
        inside("lookups_are_those_of_ip", ways::looked_up),
        inside("what_gets_through", through::measured),
    ])
}
