//! Pings in a real sandbox, and what is said when no reply comes.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod answered;
#[path = "../support/lab.rs"]
mod lab;
mod options;
mod pinging;
#[path = "../support/mod.rs"]
mod support;
mod unanswered;

use std::process::ExitCode;
use support::inside;

pub(crate) use support::PATIENCE;

fn main() -> ExitCode {
    support::main(vec![
        inside("replies_arrive", answered::replies),
        inside("link_local_addresses_have_a_link", answered::link_local),
        inside("its_own_address_needs_the_loopback", answered::own_address),
        inside("many_pings_do_not_mix", answered::many),
        inside("large_requests_arrive", answered::large),
        inside("nothing_is_left", answered::nothing_left),
        inside("stop_is_at_once", answered::stop),
        inside("it_ends_after_its_count", options::counted),
        inside("a_flood_keeps_its_pace", options::flood),
        inside("other_data_is_told", options::corrupted),
        inside("duplicates_are_told", options::duplicates),
        inside("it_does_as_it_is_told", options::told),
        inside("no_slower_than_ping", options::beside_ping),
        inside("nobody_there", unanswered::nobody),
        inside(
            "nobody_there_and_no_loopback",
            unanswered::nobody_without_loopback,
        ),
        inside("own_end_down", unanswered::own_end_down),
        inside("other_end_down", unanswered::other_end_down),
        inside("bridge_and_port_down", unanswered::bridge_and_port_down),
        inside("an_address_that_is_not_ready", unanswered::tentative),
        inside("no_route", unanswered::no_route),
        inside("refusing_routes", unanswered::refusing_routes),
        inside("a_router_says_that_time_is_over", unanswered::time_exceeded),
        inside("a_router_says_what_is_too_big", unanswered::too_big),
        inside("a_router_does_not_forward", unanswered::not_forwarded),
        inside("no_way_back", unanswered::no_way_back),
        inside("reverse_path_filter", unanswered::reverse_path_filter),
        inside("a_wrong_neighbour", unanswered::wrong_neighbour),
        inside("a_redirect_is_told", unanswered::redirect),
    ])
}
