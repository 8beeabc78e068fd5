//! Documents that chance has made, one after the other in the same lab.

use kernel::sandbox::Inside;
use proptest::collection::vec;
use proptest::prelude::any;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use topology::arbitrary::{COMMON, document_with, with_routes};
use topology::kind::DeviceKind;
use topology::{Document, plan};

use crate::{Lab, rebuilt};

/// How many documents follow each other.
const MANY: usize = 60;

/// Every kind where the kernel has them all (tests/vm), else those that every kernel has.
fn kinds() -> &'static [DeviceKind] {
    match std::env::var_os("NETYARD_ALL_KINDS") {
        Some(_) => DeviceKind::ALL,
        None => COMMON,
    }
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

pub(crate) fn documents(_: &Inside) {
    let lab = Lab::start();
    // Always the same ones, so that a failure is found again; others to hunt for what chance finds.
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
    let mut runner = TestRunner::new_with_rng(Config::default(), random);
    let mut refused = 0;
    for number in 0..MANY {
        let routes = vec(any::<u16>(), 0..12);
        let wanted = (document_with(60, kinds()), routes).prop_map(|(document, routes)| {
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
    assert!(refused < MANY / 4, "{refused} of {MANY} were refused");
}
