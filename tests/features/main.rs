//! The program with what some kernels lack: each test says what it needs of the kernel.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

#[path = "../support/needs.rs"]
mod needs;
mod sub_interfaces;
mod vlans;
mod wan;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};
use support::netyard;
use topology::feature::{Feature, Missing};
use topology::kind::DeviceKind;

use self::needs::Needs;

struct Test {
    name: &'static str,
    body: fn(),
    needs: &'static [Feature],
}

const TESTS: &[Test] = &[
    Test {
        name: "vlan_interfaces_of_one_tag_reach_each_other",
        body: sub_interfaces::of_one_tag,
        needs: &[Feature::Device(DeviceKind::Vlan)],
    },
    Test {
        name: "the_vlans_of_one_bridge_are_apart",
        body: vlans::of_one_bridge,
        needs: &[Feature::BridgeVlans, Feature::Device(DeviceKind::Vlan)],
    },
    Test {
        name: "a_slow_lossy_wan_is_slow_and_lossy",
        body: wan::is_slow_and_lossy,
        needs: &[Feature::Netem],
    },
    Test {
        name: "the_lossy_wan_is_as_it_expects",
        body: wan::holds,
        needs: &[Feature::Netem],
    },
    Test {
        name: "the_vlans_are_as_they_expect",
        body: vlans::holds,
        needs: &[Feature::BridgeVlans, Feature::Device(DeviceKind::Vlan)],
    },
];

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let wanted = || TESTS.iter().filter(|test| needs::is_wanted(test.name));
    let missing = match wanted().any(|test| needs::comes_to(&arguments, test.name)) {
        true => missing(),
        false => Vec::new(),
    };
    let trials = wanted().map(|test| {
        let trial = Trial::test(test.name, || {
            (test.body)();
            Ok(())
        });
        Needs::features(test.needs).trial(test.name, test.name, &missing, trial)
    });
    libtest_mimic::run(&arguments, trials.collect()).exit_code()
}

/// What the program itself says that the kernel lacks.
fn missing() -> Vec<Missing> {
    let report = netyard(&["doctor", "--json"]).output().unwrap();
    let report: serde_json::Value = serde_json::from_slice(&report.stdout).unwrap();
    let findings = report["findings"].as_array().unwrap();
    let lacking = findings.iter().filter(|finding| finding["ok"] == false);
    let missing = lacking.filter_map(|finding| {
        let feature = serde_json::from_value(finding.get("feature")?.clone()).ok()?;
        Some(Missing::new(feature, finding["detail"].to_string()))
    });
    missing.collect()
}
