//! Policy rules of namespaces.

use super::super::MAX_LIST;
use super::super::error::{EditError, Field, Place, Reason};
use super::refuse;
use crate::document::Document;
use crate::id::{InterfaceId, NamespaceId};
use crate::rule::Rule;

/// Refuses a rule that cannot be, or whose place is taken.
pub(in crate::edit) fn rule(
    document: &Document,
    id: NamespaceId,
    wanted: &Rule<InterfaceId>,
) -> Result<(), EditError> {
    rule_itself(document, id, wanted)?;
    let Some(namespace) = document.namespaces.get(&id) else {
        return Ok(());
    };
    let is_it = |known: &&Rule<InterfaceId>| {
        (known.family, known.priority) == (wanted.family, wanted.priority)
    };
    if namespace.rules.iter().any(|known| is_it(&known)) {
        let why = "there is a rule of this priority already: give it another".to_owned();
        return Err(refuse_rule(document, id, wanted, why));
    }
    if namespace.rules.len() >= MAX_LIST {
        let reason = Reason::TooMany {
            what: "rules of one namespace".into(),
            most: MAX_LIST,
        };
        let place = Place::Namespace(id, Some(Field::Rules));
        return Err(refuse(document, place, reason));
    }
    Ok(())
}

/// Everything about the rules of a namespace that is in the document.
pub(super) fn rules(document: &Document, id: NamespaceId) -> Result<(), EditError> {
    let Some(namespace) = document.namespaces.get(&id) else {
        return Ok(());
    };
    for known in &namespace.rules {
        rule_itself(document, id, known)?;
    }
    // In the order of families and priorities.
    let mut pairs = namespace.rules.iter().zip(namespace.rules.iter().skip(1));
    let same = |(a, b): &(&Rule<_>, &Rule<_>)| (a.family, a.priority) == (b.family, b.priority);
    match pairs.find(same) {
        Some((_, twin)) => {
            let why = "there is a rule of this priority already: give it another".to_owned();
            Err(refuse_rule(document, id, twin, why))
        }
        None => super::list_limit(
            document,
            Place::Namespace(id, Some(Field::Rules)),
            namespace.rules.len(),
        ),
    }
}

fn rule_itself(
    document: &Document,
    id: NamespaceId,
    wanted: &Rule<InterfaceId>,
) -> Result<(), EditError> {
    if let Err(why) = wanted.check() {
        return Err(refuse_rule(document, id, wanted, why));
    }
    for interface in wanted.interfaces() {
        let found = document.interfaces.get(interface);
        let why = match found {
            None => "its interface is not in the lab any more",
            Some(found) if found.namespace != id => "its interface is in another namespace",
            Some(_) => continue,
        };
        return Err(refuse_rule(document, id, wanted, why.to_owned()));
    }
    Ok(())
}

pub(in crate::edit) fn refuse_rule(
    document: &Document,
    id: NamespaceId,
    wanted: &Rule<InterfaceId>,
    why: String,
) -> EditError {
    let reason = Reason::Rule {
        priority: wanted.priority,
        why,
    };
    refuse(document, Place::Namespace(id, Some(Field::Rules)), reason)
}
