//! What namespaces serve.

use super::Edit;
use super::error::{EditError, Field, Place, Reason};
use super::validate::{THAT_NAMESPACE, refuse};
use crate::document::Document;
use crate::id::NamespaceId;
use crate::serve::{Answer, MAX_SERVED_IN_ALL, Port, check};

pub(super) fn set(
    document: &mut Document,
    namespace: NamespaceId,
    port: Port,
    answer: Option<Answer>,
) -> Result<Edit, EditError> {
    let place = place(namespace);
    let Some(found) = document.namespaces.get_mut(&namespace) else {
        return Err(EditError {
            place,
            subject: THAT_NAMESPACE.to_owned(),
            reason: Reason::Gone,
        });
    };
    let before = found.serve.clone();
    let old = match answer {
        Some(answer) => found.serve.insert(port, answer),
        None => found.serve.remove(&port),
    };
    let wrong = check(&found.serve).and_then(|()| in_all(document));
    if let Err(why) = wrong {
        if let Some(found) = document.namespaces.get_mut(&namespace) {
            found.serve = before;
        }
        return Err(refuse(document, place, Reason::Serve { why }));
    }
    Ok(Edit::SetService {
        namespace,
        port,
        answer: old,
    })
}

fn place(namespace: NamespaceId) -> Place {
    Place::Namespace(namespace, Some(Field::Serve))
}

fn in_all(document: &Document) -> Result<(), String> {
    let all: usize = document.namespaces.values().map(|ns| ns.serve.len()).sum();
    match all <= MAX_SERVED_IN_ALL {
        true => Ok(()),
        false => Err(format!(
            "a lab serves {MAX_SERVED_IN_ALL} ports at most, and not {all}"
        )),
    }
}

/// Refuses services that cannot be.
pub(super) fn of_namespaces(document: &Document) -> Result<(), EditError> {
    for (&id, namespace) in &document.namespaces {
        if let Err(why) = check(&namespace.serve) {
            return Err(refuse(document, place(id), Reason::Serve { why }));
        }
    }
    in_all(document).map_err(|why| {
        let place = Place::Document(Some(Field::Serve));
        refuse(document, place, Reason::Serve { why })
    })
}
