//! Edits: checked, stored, told to everybody, given to the kernel. In this order.

use std::sync::Arc;

use protocol::ServerMessage;
use protocol::server::ClientId;
use topology::Edit;
use topology::edit::{EditError, Place, Reason};
use topology::name::NameError;

use super::Lab;
use crate::labs::outbox::Cut;
use crate::labs::store::NewEdit;

impl Lab {
    /// Refuses an edit with a name that is none.
    pub(super) fn misnamed(
        &mut self,
        author: ClientId,
        token: u64,
        place: Place,
        error: NameError,
    ) {
        let subject = match place {
            Place::Namespace(id, _) => self.document.describe_namespace(id),
            Place::Interface(id, _) => self.document.describe_interface(id),
            Place::Document(_) => "the lab".to_owned(),
        };
        let error = EditError {
            place,
            subject,
            reason: Reason::Name(error),
        };
        self.tell(author, &ServerMessage::EditRefused { token, error });
    }

    /// Takes an edit of a browser, or refuses it and changes nothing.
    pub(super) async fn edit(&mut self, author: ClientId, token: u64, edit: Edit) {
        let document = Arc::make_mut(&mut self.document);
        let inverse = match topology::edit::apply(document, edit.clone()) {
            Ok(inverse) => inverse,
            Err(error) => return self.tell(author, &ServerMessage::EditRefused { token, error }),
        };
        let revision = self.revision + 1;
        let new = NewEdit {
            lab: &self.id,
            revision,
            author: author.0,
            edit: &edit,
            document: &self.document,
        };
        if let Err(error) = self.store.append(new).await {
            tracing::error!(lab = %self.id, %error, "an edit was not stored");
            // Not durable, so it did not happen.
            if let Err(error) = topology::edit::apply(Arc::make_mut(&mut self.document), inverse) {
                // An inverse applies to what its edit made: if it does not, memory is not to be
                // trusted. The store is; the task ends, and the lab is read from there again.
                tracing::error!(lab = %self.id, %error, "an edit that was not stored cannot be taken back");
                self.is_broken = true;
            }
            self.request_failed(author, Some(token), error.to_string());
            // Its own copy has the edit: it starts over from ours.
            return self.cut(
                author,
                Cut::new(1011, "the edit could not be stored; connect again"),
            );
        }
        self.revision = revision;
        self.broadcast(&ServerMessage::Edited {
            revision,
            author,
            token,
            edit,
        });
        self.apply();
    }
}
