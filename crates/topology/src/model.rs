//! A model kernel: executes steps on an [`Observed`] as Linux would.
//!
//! It is where a step's inverse comes from (what was there before is known here), what plans are
//! tested against without a kernel, and what the real kernel is compared with.

use crate::observed::Observed;
use crate::step::Step;

/// Why the model refuses a step: the kernel would, too.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub struct Refused(pub String);

/// Executes a step and returns the steps that undo it, in the order to execute them.
///
/// A refused step leaves the state as it was.
pub fn execute(state: &mut Observed, step: &Step) -> Result<Vec<Step>, Refused>;
