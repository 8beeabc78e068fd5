//! Steps, executed by the model kernel and written as commands.
#![allow(dead_code, reason = "each test program uses a part of it")]

use topology::command::{Names, of_step};
use topology::plan::plan;
use topology::{Document, Observed, Step, model};

/// The model kernel with a document applied.
pub(crate) fn reached(document: &Document) -> Observed {
    let mut state = model::fresh();
    for step in plan(document, &model::fresh()) {
        model::execute(&mut state, &step).unwrap_or_else(|refused| panic!("{step:?}: {refused}"));
    }
    state
}

/// Steps on that document's network, as commands.
pub(crate) fn commands(document: &Document, steps: &[Step]) -> Vec<String> {
    let names = Names::of(document);
    let commands = steps.iter().map(|step| of_step(step, &names).to_string());
    commands.collect()
}
