//! Documents that chance has made, one after the other in the same lab.

use kernel::sandbox::Inside;
use proptest::collection::vec;
use proptest::prelude::any;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use topology::arbitrary::{document_without, with_routes};
use topology::feature::Feature;
use topology::kind::DeviceKind;
use topology::{Document, plan};

use crate::{Lab, rebuilt, support};

/// How many documents follow each other, of everything that the kernel has.
const MANY: usize = 40;

/// How many of one feature: there is a test for each.
const SOME: usize = 8;

/// With all that the kernel has.
pub(crate) fn documents(_: &Inside) {
    follow_each_other(MANY, support::missing());
}

/// With this and what every kernel has.
pub(crate) fn with(feature: Feature) {
    let always = [Feature::Device(DeviceKind::Bridge), feature];
    let lacks = Feature::all().filter(|feature| !always.contains(feature));
    follow_each_other(SOME, lacks.collect());
}

fn without_ipv6_sources(mut document: Document) -> Document {
    for namespace in document.namespaces.values_mut() {
        for route in &mut namespace.routes {
            let source = &mut route.options.source;
            *source = source.filter(|source| source.is_ipv4());
        }
    }
    document
}

fn follow_each_other(many: usize, lacks: Vec<Feature>) {
    let has_routes = [Feature::PolicyRouting, Feature::Multipath]
        .iter()
        .all(|feature| !lacks.contains(feature));
    let lacks = lacks.leak();
    let lab = Lab::start();
    let mut runner = runner();
    let mut refused = 0;
    for number in 0..many {
        let routes = vec(any::<u16>(), 0..12);
        let wanted = (document_without(60, lacks), routes).prop_map(move |(document, routes)| {
            if !has_routes {
                return document;
            }
            // An IPv6 route waits for its source address: some of them are enough.
            match routes.len() % 3 {
                0 => with_routes(document, &routes),
                _ => without_ipv6_sources(with_routes(document, &routes)),
            }
        });
        let wanted = wanted.new_tree(&mut runner).unwrap().current();
        let before = rebuilt(&lab.engine.observed());
        match lab.runtime.block_on(lab.engine.apply(&wanted)) {
            Ok(_) => {
                let left = plan::plan(&wanted, &lab.engine.observed());
                assert!(left.is_empty(), "document {number}: {left:#?}\n{wanted:#?}");
            }
            Err(error) => {
                eprintln!("document {number} is refused: {error}");
                assert!(
                    error.step.is_some() && error.not_undone.is_empty(),
                    "{error:#?}"
                );
                assert_eq!(rebuilt(&lab.engine.observed()), before, "document {number}");
                refused += 1;
            }
        }
    }
    assert!(refused <= many / 4, "{refused} of {many} were refused");
}

/// What chance makes things of: always the same ones, so that a failure is found again; others to
/// hunt for what chance finds.
pub(crate) fn runner() -> TestRunner {
    let random = match std::env::var("NETYARD_SEED") {
        Err(_) => TestRng::deterministic_rng(RngAlgorithm::ChaCha),
        Ok(seed) => {
            let mut bytes = [0; 32];
            for (byte, place) in seed.bytes().zip(&mut bytes) {
                *place = byte;
            }
            TestRng::from_seed(RngAlgorithm::ChaCha, &bytes)
        }
    };
    TestRunner::new_with_rng(Config::default(), random)
}
