//! What is told of an import: what was changed, left out and refused, and where it stands.

use super::Builder;
use crate::import::report::{Refusal, Remark};

/// Most remarks of each sort, and most refusals, that are kept of one import.
const MOST_REMARKS: usize = 1000;

impl Builder {
    fn remark(&self, text: String) -> Remark {
        Remark {
            file: self.file.clone(),
            line: self.line,
            text,
        }
    }

    /// Something was taken as something else than it says.
    pub(in crate::import) fn changed(&mut self, text: impl Into<String>) {
        let remark = self.remark(text.into());
        if self.changed.len() < MOST_REMARKS && self.changed.last() != Some(&remark) {
            self.changed.push(remark);
        }
    }

    /// Something was left out.
    pub(in crate::import) fn left_out(&mut self, text: impl Into<String>) {
        let remark = self.remark(text.into());
        if self.left_out.len() < MOST_REMARKS && self.left_out.last() != Some(&remark) {
            self.left_out.push(remark);
        }
    }

    /// Something for which the whole is refused.
    pub(in crate::import) fn refuse(&mut self, what: impl Into<String>, reason: impl Into<String>) {
        if self.refusals.len() < MOST_REMARKS {
            self.refusals.push(Refusal {
                file: self.file.clone(),
                line: self.line,
                what: what.into(),
                reason: reason.into(),
            });
        }
    }

    /// The refusals, if there are any.
    pub(in crate::import) fn refused(&mut self) -> Option<Vec<Refusal>> {
        let refusals = std::mem::take(&mut self.refusals);
        (!refusals.is_empty()).then_some(refusals)
    }

    /// The refusal of what the last change made.
    pub(in crate::import) fn refused_at_last(&self, reason: String) -> Refusal {
        let (_, command) = self.shell.acted();
        Refusal {
            file: self.last.0.clone(),
            line: self.last.1,
            what: command.unwrap_or_default().to_owned(),
            reason,
        }
    }
}
