//! Drift: what differs between the document and the kernel, one by one.
//!
//! Each [`Drift`] is either accepted ([`accept()`]: an edit makes the document say what the kernel
//! has) or reverted ([`revert()`]: a plan brings the kernel back in this and leaves other drift
//! alone). Both are made of [`crate::status`]: what is shown as different there is a drift here.
//!
//! A new property needs an arm in `accept.rs`; until it has one it cannot be accepted, and is
//! reverted together with whatever else cannot.

use serde::{Deserialize, Serialize};

use crate::document::Document;
use crate::id::{InterfaceId, NamespaceId};
use crate::observed::Observed;
use crate::plan::Mtus;
use crate::status::{self, Difference, Status};

mod accept;
mod revert;

pub use accept::{Impossible, accept};
pub use revert::{Revert, revert};

/// One thing in which the kernel differs from the document.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Drift {
    /// Where.
    pub place: Place,
    /// What differs. What is missing as a whole differs in `interface` or `namespace`.
    pub difference: Difference,
}

/// Which object a drift is about.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// A namespace of the document.
    Namespace(NamespaceId),
    /// An interface of the document.
    Interface(InterfaceId),
    /// An interface that no object of the document stands for.
    Stranger {
        /// Its namespace.
        namespace: NamespaceId,
        /// Its name.
        name: String,
    },
}

impl Drift {
    /// Whether another is the same, seen at another time: a value may have changed since, but of
    /// several addresses, routes or rules it is the same one.
    pub fn is_same(&self, other: &Self) -> bool {
        let texts = |d: &Self| (d.difference.wanted.clone(), d.difference.observed.clone());
        let (wanted, observed) = texts(self);
        let (wanted_there, observed_there) = texts(other);
        let is_item = wanted.is_empty() || observed.is_empty();
        let is_item_there = wanted_there.is_empty() || observed_there.is_empty();
        self.place == other.place
            && self.difference.what == other.difference.what
            && is_item == is_item_there
            && (!is_item || (wanted == wanted_there && observed == observed_there))
    }

    /// The same once another is reverted: an interface that gets its name back has it in this, too.
    #[must_use]
    pub fn after(&self, reverted: &Self) -> Self {
        let mut now = self.clone();
        let Difference {
            what,
            wanted,
            observed,
        } = &reverted.difference;
        if what == "name" {
            let renamed = |text: &str| {
                let words = text.split(' ');
                let words = words.map(|word| if word == observed { wanted } else { word });
                words.collect::<Vec<_>>().join(" ")
            };
            now.difference.wanted = renamed(&self.difference.wanted);
            now.difference.observed = renamed(&self.difference.observed);
        }
        now
    }
}

/// Everything in which the kernel differs from the document.
pub fn drifts(document: &Document, observed: &Observed) -> Vec<Drift> {
    let mtus = Mtus::new(document);
    let namespaces = document.namespaces.keys();
    let namespaces = namespaces.flat_map(|id| of_namespace(document, observed, *id));
    let interfaces = document.interfaces.keys();
    let interfaces = interfaces.flat_map(|id| of_interface(&mtus, document, observed, *id));
    namespaces.chain(interfaces).collect()
}

/// What differs at a place.
pub fn drifts_at(document: &Document, observed: &Observed, place: &Place) -> Vec<Drift> {
    match place {
        Place::Interface(id) => of_interface(&Mtus::new(document), document, observed, *id),
        Place::Namespace(namespace) | Place::Stranger { namespace, .. } => {
            let mut all = of_namespace(document, observed, *namespace);
            all.retain(|drift| drift.place == *place);
            all
        }
    }
}

/// The interfaces of a namespace that no object of the document stands for.
pub fn strangers(document: &Document, observed: &Observed, namespace: NamespaceId) -> Vec<Drift> {
    let all = status::strangers_in(document, observed, namespace);
    let drift = |(_, interface): (u32, &crate::observed::ObservedInterface)| Drift {
        place: Place::Stranger {
            namespace,
            name: interface.name.clone(),
        },
        difference: Difference {
            what: "interface".to_owned(),
            wanted: String::new(),
            observed: format!("{} {}", interface.name, interface.kind.name()),
        },
    };
    all.map(drift).collect()
}

/// What differs in a namespace, and the strangers in it.
pub(crate) fn of_namespace(
    document: &Document,
    observed: &Observed,
    id: NamespaceId,
) -> Vec<Drift> {
    let Some(wanted) = document.namespaces.get(&id) else {
        return Vec::new();
    };
    let status = status::namespace_status(document, id, wanted, observed.namespaces.get(&id));
    let mut all = of_status(
        status,
        &Place::Namespace(id),
        "namespace",
        wanted.name.as_str(),
    );
    all.extend(strangers(document, observed, id));
    all
}

/// What differs in an interface.
pub(crate) fn of_interface(
    mtus: &Mtus<'_>,
    document: &Document,
    observed: &Observed,
    id: InterfaceId,
) -> Vec<Drift> {
    let Some(wanted) = document.interfaces.get(&id) else {
        return Vec::new();
    };
    let status = status::interface_status(mtus, document, (id, wanted), observed);
    of_status(
        status,
        &Place::Interface(id),
        "interface",
        wanted.name.as_str(),
    )
}

fn of_status(status: Status, place: &Place, object: &str, name: &str) -> Vec<Drift> {
    let differences = match status {
        Status::Drifted(differences) => differences,
        Status::Missing => vec![Difference {
            what: object.to_owned(),
            wanted: name.to_owned(),
            observed: String::new(),
        }],
        Status::Wanted | Status::Up | Status::Down | Status::NoCarrier => Vec::new(),
    };
    let drift = |difference| Drift {
        place: place.clone(),
        difference,
    };
    differences.into_iter().map(drift).collect()
}
