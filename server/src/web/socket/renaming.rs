//! Renamings whose new name is none: read with any text, so that the refusal is one of the edit.

use serde::Deserialize;
use topology::edit::{Field, Place};
use topology::name::NameError;
use topology::{InterfaceId, InterfaceName, NamespaceId, NamespaceName};

/// The edit of a browser that would give something a name that is none.
#[derive(Debug, PartialEq)]
pub(super) struct BadName {
    pub(super) token: u64,
    pub(super) place: Place,
    pub(super) error: NameError,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Message {
    Edit { token: u64, edit: Renaming },
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Renaming {
    RenameNamespace {
        namespace: NamespaceId,
        name: String,
    },
    RenameInterface {
        interface: InterfaceId,
        name: String,
    },
}

/// Finds out whether a text that is no message is one but for a name.
pub(super) fn bad_name(text: &str) -> Option<BadName> {
    let Message::Edit { token, edit } = serde_json::from_str(text).ok()?;
    let field = Some(Field::Name);
    let (place, error) = match edit {
        Renaming::RenameNamespace { namespace, name } => (
            Place::Namespace(namespace, field),
            name.parse::<NamespaceName>().err()?,
        ),
        Renaming::RenameInterface { interface, name } => (
            Place::Interface(interface, field),
            name.parse::<InterfaceName>().err()?,
        ),
    };
    Some(BadName {
        token,
        place,
        error,
    })
}
