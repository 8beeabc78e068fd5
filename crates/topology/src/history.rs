//! A person's own undo and redo.
//!
//! With several people in a lab, each takes back only what they did themselves: a history holds
//! the inverses of one's own edits. An undo is an edit like any other, and may be refused because
//! somebody changed the same objects since.

use crate::edit::Edit;

/// Most edits that can be taken back.
pub const MAX_DEPTH: usize = 1000;

/// One's own edits, to take back and to do again.
#[derive(Clone, Default, Debug)]
pub struct History {
    undo: Vec<Edit>,
    redo: Vec<Edit>,
}

impl History {
    /// Remembers an edit by its inverse, as [`crate::edit::apply`] returned it. What could be done
    /// again no longer can.
    pub fn record(&mut self, inverse: Edit) {
        self.redo.clear();
        push(&mut self.undo, inverse);
    }

    /// The edit that takes back the latest one; `None` if there is none. Report what came of it
    /// with [`History::undone`], or drop it if it was refused.
    pub fn take_undo(&mut self) -> Option<Edit> {
        self.undo.pop()
    }

    /// The edit that does the latest undone one again. Report what came of it with
    /// [`History::redone`].
    pub fn take_redo(&mut self) -> Option<Edit> {
        self.redo.pop()
    }

    /// An undo was applied; `inverse` is what `apply` returned for it.
    pub fn undone(&mut self, inverse: Edit) {
        push(&mut self.redo, inverse);
    }

    /// A redo was applied; `inverse` is what `apply` returned for it.
    pub fn redone(&mut self, inverse: Edit) {
        push(&mut self.undo, inverse);
    }

    /// Whether there is something to take back.
    pub fn can_undo(&self) -> bool {
        !self.undo.is_empty()
    }

    /// Whether there is something to do again.
    pub fn can_redo(&self) -> bool {
        !self.redo.is_empty()
    }
}

fn push(stack: &mut Vec<Edit>, edit: Edit) {
    if stack.len() == MAX_DEPTH {
        stack.remove(0);
    }
    stack.push(edit);
}
