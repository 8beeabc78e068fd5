//! The engine in a real sandbox, compared with what `ip` says there.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod addresses;
mod advertising;
mod applying;
mod away;
mod counting;
mod drifting;
mod every_step;
mod failing;
mod families;
mod firewalls;
mod hearing;
mod ip;
mod labs;
mod neighbours;
mod offloads;
mod partly;
mod quality;
mod random;
mod routing;
mod settings;
#[path = "../support/mod.rs"]
mod support;
mod tables;
mod undisturbed;
mod undoing;
mod waiting;
mod wireguard;

use std::fmt::Debug;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use kernel::Engine;
use kernel::apply::Applied;
use support::{inside, outside, scene};
use tokio::runtime::Runtime;
use topology::feature::Feature;
use topology::observed::{Observed, ObservedPeer, Origin};
use topology::{Document, plan};

fn main() -> ExitCode {
    let mut tests = vec![
        inside(
            "the_article_stands_as_ip_shows_it",
            applying::article_stands,
        ),
        inside("edits_are_made_in_place", applying::edits_in_place),
        inside(
            "addresses_and_routes_are_as_ip_adds_them",
            applying::as_ip_adds_them,
        ),
        inside(
            "what_is_removed_can_come_back_at_once",
            applying::back_at_once,
        ),
        inside(
            "links_within_a_namespace_and_crossed_names",
            applying::within_and_crossed,
        ),
        inside("a_star_of_100_stands_and_goes", applying::star),
        inside("an_edit_leaves_drift_alone", applying::drift),
        inside(
            "what_was_refused_holds_back_nothing_else",
            applying::refused_and_others,
        ),
        inside("fifty_labs_leave_nothing_open", applying::nothing_left_open),
        inside("a_refused_mtu_changes_nothing", failing::mtu),
        inside("a_refused_route_changes_nothing", failing::route),
        inside("a_name_that_is_taken_changes_nothing", failing::taken),
        inside("removals_are_taken_back", failing::removals),
        inside("every_step_can_fail", every_step::fails)
            .asks()
            .by_root_too(),
        inside(
            "every_step_of_demanding_examples_can_fail",
            every_step::demanding_fails,
        )
        .needs(every_step::DEMANDED)
        .by_root_too(),
        outside("every_step_is_a_moment_to_be_killed_at", every_step::killed)
            .asks()
            .by_root_too(),
        scene("is_killed_at", every_step::is_killed_at),
        inside("outside_changes_are_heard", hearing::outside_changes),
        inside(
            "changes_are_heard_while_an_address_is_waited_for",
            waiting::changes_are_heard,
        ),
        inside(
            "nothing_else_waits_with_an_edit",
            waiting::nothing_else_waits,
        ),
        inside("every_setting_is_set_and_given_back", settings::all),
        inside("drift_of_settings_is_seen", settings::drift),
        inside("ipv6_is_taken_and_given_back", settings::without_ipv6),
        inside(
            "settings_of_addresses_do_what_they_say",
            settings::of_addresses,
        ),
        inside("settings_follow_what_they_are_set_on", settings::follow),
        inside("a_storm_of_events_ends_in_the_truth", hearing::storm),
        inside("parts_are_as_the_whole", partly::as_whole).everywhere(),
        inside("strange_interfaces_do_not_blind_it", hearing::strangers),
        inside("names_taken_away_do_not_matter", hearing::names),
        inside(
            "drift_is_accepted_or_reverted_one_by_one",
            drifting::one_by_one,
        ),
        inside(
            "accepted_interfaces_are_the_documents",
            drifting::accepted_interfaces,
        ),
        inside("edits_disturb_nobody_else", undisturbed::others),
        inside("settings_disturb_nobody_else", undisturbed::settings),
        inside("vlans_disturb_nobody_else", undisturbed::vlans).needs(undisturbed::VLANS),
        inside("learning_disturbs_nobody_else", undisturbed::learning).needs(undisturbed::LEARNING),
        inside("delays_disturb_nobody_else", undisturbed::delays).needs(undisturbed::DELAYS),
        outside(
            "nothing_that_can_be_edited_is_forgotten",
            undisturbed::nothing_forgotten,
        ),
        inside("five_hundred_edits_are_undone", undoing::random_edits),
        inside("firewalls_stand_and_are_left_alone", firewalls::stands),
        inside("a_refused_firewall_changes_nothing", firewalls::refused),
        inside("a_greedy_firewall_is_refused", firewalls::greedy),
        inside("outside_changes_of_firewalls_are_heard", firewalls::outside),
        inside("rules_by_index_follow_interfaces", firewalls::by_index),
        inside("connections_survive_new_rules", firewalls::connection),
        inside("routes_of_every_kind_stand_and_drift", routing::kinds),
        inside("devices_stand_on_what_other_namespaces_have", away::stands),
        inside("tunnels_send_through_another_namespace", away::through),
        inside("a_tunnel_goes_over_to_another_family", families::change),
        inside(
            "tunnels_of_ip_send_through_another_namespace",
            away::over_ip,
        )
        .needs(away::TUNNELS),
        inside("vlans_stand_on_what_other_namespaces_have", away::tagged).needs(away::NEEDS),
        inside("addresses_are_as_ip_shows_them", addresses::as_ip),
        inside("a_rate_limits_what_leaves", quality::rate),
        inside("a_rate_is_changed_under_a_connection", quality::in_place),
        inside("rates_are_as_tc_sets_them", quality::rates_as_tc_sets_them),
        inside("qualities_are_as_tc_sets_them", quality::as_tc_sets_them).needs(&[Feature::Netem]),
        inside("times_that_tc_rounds_are_no_drift", quality::ticks).needs(&[Feature::Netem]),
        inside("what_tc_does_is_heard_and_taken_back", quality::outside),
        inside("frames_are_delayed_and_lost", quality::delay_and_loss).needs(&[Feature::Netem]),
        inside("entries_are_as_bridge_fdb_shows_them", tables::fdb),
        inside("neighbours_are_as_ip_neigh_shows_them", neighbours::all),
        inside("dynamic_neighbours_wake_nobody", neighbours::dynamic),
        inside("vlans_are_as_bridge_shows_them", tables::vlans).needs(&[Feature::BridgeVlans]),
        inside(
            "a_bridge_that_is_a_port_keeps_its_vlans",
            tables::bridge_as_port,
        )
        .needs(tables::AS_PORT),
        inside("offloads_are_as_ethtool_shows_them", offloads::as_ethtool),
        inside("tunnels_are_as_wg_shows_them", wireguard::tunnels).needs(wireguard::NEEDS),
        inside(
            "a_tunnel_sends_through_where_it_was_made",
            wireguard::through,
        )
        .needs(wireguard::NEEDS),
        inside("a_tunnels_peers_are_changed_in_place", wireguard::in_place).needs(wireguard::NEEDS),
        inside("what_wg_sets_is_heard", wireguard::outside).needs(wireguard::NEEDS),
        inside("hosts_take_up_what_a_router_advertises", advertising::heard),
        inside("counters_are_as_ip_shows_them", counting::as_ip_shows),
        inside("random_documents_stand", random::documents).everywhere(),
    ];
    let of_feature = |feature| support::of("random_documents_with", feature, random::with);
    tests.extend(Feature::all().map(of_feature));
    tests.extend(undisturbed::kinds().map(|kind| {
        let name = "nobody_else_is_disturbed_by";
        support::of(name, Feature::Device(kind), undisturbed::of_kind)
    }));
    support::main(tests)
}

/// An engine, and a runtime to ask it from.
struct Lab {
    engine: Engine,
    runtime: Runtime,
}

impl Lab {
    fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        Self {
            engine: Engine::start().unwrap(),
            runtime,
        }
    }

    /// Applies a document, which must succeed, and makes sure that it stands.
    fn apply(&self, document: &Document) -> Applied {
        let applied = self.runtime.block_on(self.engine.apply(document));
        let applied = applied.unwrap_or_else(|error| panic!("{error}\n{error:#?}"));
        self.stands(document);
        applied
    }

    /// Nothing is left to do, by the engine's own observation.
    fn stands(&self, document: &Document) {
        let left = plan::plan(document, &self.engine.observed());
        assert!(left.is_empty(), "left to do: {left:#?}");
    }

    fn namespace(&self, id: topology::NamespaceId) -> kernel::Namespace {
        self.engine.namespace(id).unwrap()
    }
}

/// What is observed, without what the kernel does by itself in its own time.
fn settled(observed: &Observed) -> Observed {
    let mut observed = observed.clone();
    for namespace in observed.namespaces.values_mut() {
        namespace
            .routes
            .retain(|route| route.origin == Origin::Static);
        for interface in namespace.interfaces.values_mut() {
            interface.carrier = false;
            interface
                .addresses
                .retain(|address| address.origin == Origin::Static);
            for address in &mut interface.addresses {
                address.tentative = false;
            }
        }
    }
    observed
}

/// The same, also without what cannot be the same of something made again.
fn rebuilt(observed: &Observed) -> impl Debug + PartialEq + use<> {
    let observed = settled(observed);
    let whole = observed.clone();
    let namespaces = observed.namespaces.into_values().map(|namespace| {
        let names: std::collections::BTreeMap<_, _> = namespace
            .interfaces
            .iter()
            .map(|(index, i)| (*index, i.name.clone()))
            .collect();
        let mut interfaces: Vec<_> = namespace
            .interfaces
            .into_values()
            .map(|i| {
                let name = |index: &u32| names.get(index).cloned();
                let master = i.master.as_ref().and_then(name);
                let lower = |place: &ObservedPeer| Some((place.namespace, &whole.at(*place)?.name));
                let device = i.kind.device().map(|device| device.map(lower));
                let device = format!("{device:?}");
                let port = i.port.map(name);
                let set = (
                    i.up,
                    i.mtu,
                    i.addresses,
                    device,
                    port,
                    i.qdiscs,
                    i.neighbours,
                    i.offloads,
                );
                (i.name, i.id, master, set)
            })
            .collect();
        interfaces.sort_by(|a, b| a.0.cmp(&b.0));
        let routes: std::collections::BTreeSet<_> = namespace
            .routes
            .into_iter()
            .map(|r| {
                (
                    r.destination,
                    r.gateway,
                    r.interface.map(|i| names[&i].clone()),
                    r.metric,
                    r.options.map(|i| names.get(i).cloned()),
                )
            })
            .collect();
        let set = (namespace.forwarding, namespace.firewall, namespace.rules);
        (namespace.name, interfaces, routes, set)
    });
    namespaces.collect::<Vec<_>>()
}

/// How long it took.
fn timed<T>(what: impl FnOnce() -> T) -> (T, Duration) {
    let begin = Instant::now();
    let result = what();
    (result, begin.elapsed())
}
