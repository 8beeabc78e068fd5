//! Documents that chance has made, one after the other in the same lab.

use kernel::sandbox::Inside;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use topology::arbitrary::{COMMON, document_with};
use topology::kind::DeviceKind;
use topology::plan;

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

pub(crate) fn documents(_: &Inside) {
    let lab = Lab::start();
    // Always the same ones, so that a failure is found again.
    let random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(Config::default(), random);
    let mut refused = 0;
    for number in 0..MANY {
        let wanted = document_with(60, kinds())
            .new_tree(&mut runner)
            .unwrap()
            .current();
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
