//! The document with this browser's own edits already in it.
//!
//! An edit of one's own is applied at once and sent; the server puts everybody's edits in order.
//! `confirmed` is what the server has, `current` is that with the pending edits applied again, in
//! order. Knows nothing of sockets: what is to be sent is returned.

use std::collections::VecDeque;

use topology::edit::{EditError, apply};
use topology::history::History;
use topology::{Document, Edit};

/// An edit of one's own that the server has not answered.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Pending {
    /// Counts this browser's edits; the server's answer carries it.
    pub(crate) token: u64,
    /// The edit.
    pub(crate) edit: Edit,
}

/// An edit of one's own that no longer applies: somebody else's came first.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Dropped {
    /// Why.
    pub(crate) error: EditError,
    /// Whether it was lost for certain; after a reconnect it may have been stored already.
    pub(crate) certain: bool,
}

/// A document being edited, with undo and redo of one's own edits.
#[derive(Clone, Debug, Default)]
pub(crate) struct Working {
    confirmed: Document,
    revision: u64,
    current: Document,
    pending: VecDeque<Pending>,
    history: History,
    token: u64,
}

/// What kind of edit of one's own an edit is, for the history.
enum Act {
    Do,
    Undo,
    Redo,
}

impl Working {
    /// The document as the user sees it.
    pub(crate) fn document(&self) -> &Document {
        &self.current
    }

    /// The revision of the server's document.
    pub(crate) fn revision(&self) -> u64 {
        self.revision
    }

    /// How many edits of one's own the server has not answered.
    pub(crate) fn pending(&self) -> usize {
        self.pending.len()
    }

    /// Whether there is an own edit to take back.
    pub(crate) fn can_undo(&self) -> bool {
        self.history.can_undo()
    }

    /// Whether there is an undone edit to do again.
    pub(crate) fn can_redo(&self) -> bool {
        self.history.can_redo()
    }

    /// Applies an edit; what is returned must be sent.
    pub(crate) fn commit(&mut self, edit: Edit) -> Result<Pending, EditError> {
        self.act(edit, Act::Do)
    }

    /// Takes back the latest own edit; `None` if there is none.
    pub(crate) fn undo(&mut self) -> Option<Result<Pending, EditError>> {
        let edit = self.history.take_undo()?;
        Some(self.act(edit, Act::Undo))
    }

    /// Does the latest undone edit again; `None` if there is none.
    pub(crate) fn redo(&mut self) -> Option<Result<Pending, EditError>> {
        let edit = self.history.take_redo()?;
        Some(self.act(edit, Act::Redo))
    }

    fn act(&mut self, edit: Edit, act: Act) -> Result<Pending, EditError> {
        let inverse = apply(&mut self.current, edit.clone())?;
        match act {
            Act::Do => self.history.record(inverse),
            Act::Undo => self.history.undone(inverse),
            Act::Redo => self.history.redone(inverse),
        }
        self.token += 1;
        let pending = Pending {
            token: self.token,
            edit,
        };
        self.pending.push_back(pending.clone());
        Ok(pending)
    }

    /// The server stored an edit; `own` is its token if this browser made it. Returns own edits
    /// that no longer apply.
    pub(crate) fn edited(
        &mut self,
        revision: u64,
        own: Option<u64>,
        edit: Edit,
    ) -> Result<Vec<Dropped>, EditError> {
        self.revision = revision;
        let is_next = self
            .pending
            .front()
            .is_some_and(|next| Some(next.token) == own && next.edit == edit);
        apply(&mut self.confirmed, edit)?;
        if let Some(token) = own {
            self.pending.retain(|pending| pending.token != token);
        }
        if is_next {
            // What the user sees has it already.
            return Ok(Vec::new());
        }
        Ok(self.rebase(true))
    }

    /// The server refused an own edit.
    pub(crate) fn refused(&mut self, token: u64) -> Vec<Dropped> {
        let was_latest = self.pending.back().is_some_and(|last| last.token == token);
        self.pending.retain(|pending| pending.token != token);
        if was_latest {
            // Nothing to take back: it never happened.
            self.history.take_undo();
        }
        self.rebase(true)
    }

    /// A new start from the server's document. Returns the own edits to send again, and those that
    /// no longer apply.
    pub(crate) fn welcome(
        &mut self,
        revision: u64,
        document: Document,
    ) -> (Vec<Pending>, Vec<Dropped>) {
        self.revision = revision;
        self.confirmed = document;
        let dropped = self.rebase(false);
        (self.pending.iter().cloned().collect(), dropped)
    }

    fn rebase(&mut self, certain: bool) -> Vec<Dropped> {
        let mut dropped = Vec::new();
        self.current = self.confirmed.clone();
        let current = &mut self.current;
        self.pending
            .retain(|pending| match apply(current, pending.edit.clone()) {
                Ok(_) => true,
                Err(error) => {
                    dropped.push(Dropped { error, certain });
                    false
                }
            });
        dropped
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::editor::ids::Ids;
    use crate::editor::make;
    use topology::document::Point;
    use topology::{Node, edit::Selection};

    fn title(text: &str) -> Edit {
        Edit::SetTitle { title: text.into() }
    }

    fn started() -> Working {
        let mut working = Working::default();
        working.welcome(1, Document::new("start"));
        working
    }

    fn namespace(working: &Working, seed: f64) -> (Node, Edit) {
        let mut random = || seed;
        let made = make::namespace(
            working.document(),
            Point::default(),
            &mut Ids::new(&mut random),
        )
        .unwrap();
        (made.node, made.edit)
    }

    #[test]
    fn own_edits_are_seen_at_once_and_confirmed() {
        let mut working = started();
        let sent = working.commit(title("a")).unwrap();
        assert_eq!(working.document().title, "a");
        assert_eq!(working.pending(), 1);
        let dropped = working.edited(2, Some(sent.token), sent.edit).unwrap();
        assert!(dropped.is_empty());
        assert_eq!((working.pending(), working.revision()), (0, 2));
        assert_eq!(working.confirmed, working.current);
    }

    #[test]
    fn edits_of_others_go_under_the_pending_ones() {
        let mut working = started();
        let own = working.commit(title("mine")).unwrap();
        working.edited(2, None, title("theirs")).unwrap();
        assert_eq!(working.document().title, "mine");
        working.edited(3, Some(own.token), own.edit).unwrap();
        assert_eq!(working.document().title, "mine");
        assert_eq!(working.confirmed, working.current);
    }

    #[test]
    fn what_no_longer_applies_is_dropped_and_named() {
        let mut working = started();
        let (node, insert) = namespace(&working, 0.5);
        let sent = working.commit(insert).unwrap();
        working.edited(2, Some(sent.token), sent.edit).unwrap();
        let Node::Namespace(id) = node else {
            panic!("a namespace was made")
        };
        working
            .commit(Edit::RenameNamespace {
                namespace: id,
                name: "web".parse().unwrap(),
            })
            .unwrap();
        let gone = Edit::Remove(Selection::namespace(id));
        let dropped = working.edited(3, None, gone).unwrap();
        assert_eq!(dropped.len(), 1);
        assert_eq!(working.pending(), 0);
        assert!(!working.document().namespaces.contains_key(&id));
    }

    #[test]
    fn a_refused_edit_leaves_nothing_to_take_back() {
        let mut working = started();
        let sent = working.commit(title("a")).unwrap();
        assert!(working.refused(sent.token).is_empty());
        assert_eq!(working.document().title, "start");
        assert!(!working.can_undo());
    }

    #[test]
    fn undo_and_redo_take_back_own_edits_only() {
        let mut working = started();
        let sent = working.commit(title("a")).unwrap();
        working.edited(2, Some(sent.token), sent.edit).unwrap();
        let (_, theirs) = namespace(&working, 0.25);
        working.edited(3, None, theirs).unwrap();
        let undo = working.undo().unwrap().unwrap();
        working.edited(4, Some(undo.token), undo.edit).unwrap();
        assert_eq!(working.document().title, "start");
        assert_eq!(working.document().namespaces.len(), 2);
        assert!(working.undo().is_none());
        working.redo().unwrap().unwrap();
        assert_eq!(working.document().title, "a");
        assert!(working.can_undo() && !working.can_redo());
    }

    #[test]
    fn a_new_welcome_keeps_what_was_not_answered() {
        let mut working = started();
        let (_, insert) = namespace(&working, 0.5);
        let stored = working.commit(insert.clone()).unwrap();
        let waiting = working.commit(title("later")).unwrap();
        // The first was stored before the connection broke, the answer was lost.
        let mut server = Document::new("start");
        apply(&mut server, insert).unwrap();
        let (resend, dropped) = working.welcome(5, server);
        assert_eq!(resend, [waiting]);
        assert_eq!(dropped.len(), 1);
        assert!(!dropped[0].certain && stored.token == 1);
        assert_eq!(working.document().title, "later");
    }
}
