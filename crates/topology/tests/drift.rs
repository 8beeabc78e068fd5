//! Drift: accepted into the document without a step, reverted by a plan for it alone.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use proptest::prelude::*;
use topology::arbitrary::{Wish, document, wish};
use topology::drift::{Drift, Place, accept, drifts, revert};
use topology::edit::apply;
use topology::plan::{plan, plan_edit};
use topology::{Document, InterfaceId, Observed, Step, model};

fn reached(document: &Document) -> Observed {
    let mut state = model::fresh();
    execute(&mut state, &plan(document, &model::fresh()));
    state
}

fn execute(state: &mut Observed, steps: &[Step]) {
    for step in steps {
        model::execute(state, step).unwrap_or_else(|refused| panic!("{step:?}: {refused}"));
    }
}

fn read(text: &str) -> Document {
    topology::yaml::read(text).unwrap_or_else(|error| panic!("{error}"))
}

/// What somebody does with `ip` and `nft`: part of what it takes to come to another document, by
/// one who does not know for what interfaces were made.
fn outside(document: &Document, state: &mut Observed, wishes: &[Wish], part: u64) {
    let mut other = document.clone();
    for wish in wishes {
        let edit = wish.edit(&other);
        let _refused = apply(&mut other, edit);
    }
    for (number, mut step) in plan(&other, state).into_iter().enumerate() {
        match &mut step {
            Step::AddVeth { ends } => ends.iter_mut().for_each(|end| end.id = None),
            Step::AddDevice { new, .. } => new.id = None,
            // Namespaces are made by the agent only.
            Step::AddNamespace { .. }
            | Step::RemoveNamespace { .. }
            | Step::RenameNamespace { .. } => continue,
            _ => {}
        }
        if part >> (number % 64) & 1 == 1 {
            let _refused = model::execute(state, &step);
        }
    }
}

fn ids(document: &Document) -> impl FnMut() -> InterfaceId + use<> {
    let mut last = document.interfaces.keys().map(|id| id.0).max().unwrap();
    move || {
        last += 1;
        InterfaceId(last + 1000)
    }
}

/// Accepts a drift and says what went wrong with it.
fn accepted(document: &mut Document, state: &Observed, drift: &Drift) -> Result<(), String> {
    let edit = accept(document, state, drift, ids(document)).map_err(|why| why.to_string())?;
    let before = document.clone();
    apply(document, edit).unwrap();
    let steps = plan_edit(&before, document, state);
    assert!(steps.is_empty(), "{drift:?}\n{steps:#?}");
    Ok(())
}

/// Accepts all that can be, whatever is left first once more.
fn accept_all(document: &mut Document, state: &Observed) -> Vec<(Drift, String)> {
    loop {
        let mut refused = Vec::new();
        let mut any = false;
        for drift in drifts(document, state) {
            if !drifts(document, state).contains(&drift) {
                continue;
            }
            match accepted(document, state, &drift) {
                Ok(()) => any = true,
                Err(why) => refused.push((drift, why)),
            }
        }
        if !any {
            return refused;
        }
    }
}

/// Reverts a drift and checks that it is gone, and with it only what was said.
fn reverted(document: &Document, state: &mut Observed, drift: &Drift) {
    let before = drifts(document, state);
    let plan = revert(document, state, drift);
    assert!(!plan.steps.is_empty(), "{drift:?}");
    for step in &plan.steps {
        let _refused = model::execute(state, step);
    }
    let left = drifts(document, state);
    let has = |all: &[Drift], drift: &Drift| all.iter().any(|d| d.is_same(drift));
    let about = || {
        format!(
            "{drift:#?}\nby {:#?}\nfrom {before:#?}\nto {left:#?}",
            plan.steps
        )
    };
    assert!(!has(&left, drift), "it is still there: {}", about());
    for other in &before {
        let is_gone = !has(&left, other) && !other.is_same(drift);
        assert_eq!(is_gone, has(&plan.with, other), "{other:#?}: {}", about());
    }
    for other in &left {
        assert!(has(&before, other), "new: {other:#?}: {}", about());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn all_that_is_accepted_is_no_drift_any_more(
        document in document(40),
        wishes in prop::collection::vec(wish(), 1..15),
        part in any::<u64>(),
    ) {
        let mut state = reached(&document);
        outside(&document, &mut state, &wishes, part);
        let mut after = document.clone();
        let refused = accept_all(&mut after, &state);
        let left: Vec<_> = drifts(&after, &state);
        prop_assert_eq!(left.len(), refused.len());
        // Nothing is refused without a reason that holds.
        for (drift, why) in &refused {
            let is_known = ["kind `", "names an interface", "another change of the kernel", "no name", "elsewhere", "cannot say this", "no namespace of the lab"];
            prop_assert!(is_known.iter().any(|known| why.contains(known)), "{:?}: {}", drift, why);
        }
        if refused.is_empty() {
            prop_assert_eq!(plan(&after, &state), vec![]);
        }
    }

    #[test]
    fn all_that_is_reverted_leaves_nothing_to_do(
        document in document(40),
        wishes in prop::collection::vec(wish(), 1..15),
        part in any::<u64>(),
        order in any::<u16>(),
    ) {
        let mut state = reached(&document);
        outside(&document, &mut state, &wishes, part);
        loop {
            let all = drifts(&document, &state);
            let Some(drift) = all.get(usize::from(order) % all.len().max(1)) else {
                break;
            };
            reverted(&document, &mut state, drift);
        }
        prop_assert_eq!(plan(&document, &state), vec![]);
    }
}
