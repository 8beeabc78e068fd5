//! Edits of a running lab, undone one by one.

use kernel::sandbox::Inside;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use topology::arbitrary::{COMMON, document_with, wish_for};
use topology::edit::apply;

use crate::{Lab, rebuilt};

/// How many edits are undone.
const MANY: usize = 500;

pub(crate) fn random_edits(_: &Inside) {
    // Always the same ones, so that a failure is found again.
    let random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(Config::default(), random);
    let lab = Lab::start();
    let mut document = document_with(40, COMMON)
        .new_tree(&mut runner)
        .unwrap()
        .current();
    lab.apply(&document);
    let first = rebuilt(&lab.engine.observed());
    let edit = |document: &_| lab.runtime.block_on(lab.engine.apply_edit(document));
    let mut inverses = Vec::new();
    let mut refused = 0;
    while inverses.len() < MANY {
        let wish = wish_for(COMMON).new_tree(&mut runner).unwrap().current();
        let wished = wish.edit(&document);
        let Ok(inverse) = apply(&mut document, wished.clone()) else {
            continue;
        };
        match edit(&document) {
            Ok(_) => inverses.push(inverse),
            // As a person would: what the kernel refuses is taken back.
            Err(error) => {
                eprintln!("refused: {error}: {wished:?}");
                refused += 1;
                apply(&mut document, inverse).unwrap();
                edit(&document).unwrap();
            }
        }
    }
    assert!(refused < MANY / 10, "{refused} were refused");
    lab.stands(&document);
    let number_of = |left: usize| format!("undoing edit {left}");
    while let Some(inverse) = inverses.pop() {
        let left = inverses.len();
        let undone = apply(&mut document, inverse.clone());
        undone.unwrap_or_else(|error| panic!("{}: {error}", number_of(left)));
        let undone = edit(&document);
        undone.unwrap_or_else(|error| panic!("{}: {error}: {inverse:#?}", number_of(left)));
    }
    assert_eq!(rebuilt(&lab.engine.observed()), first);
}
