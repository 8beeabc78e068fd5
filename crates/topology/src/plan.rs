//! The steps from observed to document.

use crate::document::Document;
use crate::observed::Observed;
use crate::step::Step;

/// The steps that bring the kernel from `observed` to `document`, in the order to execute them;
/// empty if it is there.
pub fn plan(document: &Document, observed: &Observed) -> Vec<Step>;
