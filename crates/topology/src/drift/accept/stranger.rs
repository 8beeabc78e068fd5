//! Accepting an interface that the document does not have.

use std::collections::{BTreeMap, BTreeSet};

use super::{Accepted, Impossible, Seen, cannot, first};
use crate::adopt::{self, Ids};
use crate::edit::{Edit, Fragment};
use crate::id::{InterfaceId, NamespaceId};
use crate::kind::{Device, Parameters};
use crate::observed::{Observed, ObservedKind, ObservedPeer};
use crate::status;

impl Seen<'_> {
    pub(super) fn stranger(
        self,
        namespace: NamespaceId,
        name: &str,
        mut ids: impl FnMut() -> InterfaceId,
    ) -> Accepted {
        let found = self.observed.interface_named(namespace, name);
        let (index, known) = found.ok_or_else(|| cannot("interface"))?;
        let mut new = vec![(namespace, index)];
        if let ObservedKind::Other(kind) = &known.kind {
            let kind = if kind.is_empty() { "nameless" } else { kind };
            return Err(Impossible(format!(
                "documents have no interfaces of the kind `{kind}`"
            )));
        }
        if let ObservedKind::Veth { peer } = known.kind {
            let peer = peer.ok_or_else(|| {
                Impossible("the other end of the link is in no namespace of the lab".to_owned())
            })?;
            let mut strange = status::strangers_in(self.document, self.observed, peer.namespace);
            if !strange.any(|(index, _)| index == peer.index) {
                return Err(Impossible(
                    "the other end stands for an interface that the document has elsewhere"
                        .to_owned(),
                ));
            }
            new.push((peer.namespace, peer.index));
        }
        let mut known = Ids::new();
        let below = found_links(self.observed, namespace, index);
        for namespace in new.iter().map(|(namespace, _)| *namespace).chain(below) {
            known.extend(self.ids(namespace));
        }
        known.extend(new.iter().map(|place| (*place, ids())));
        let mut interfaces = BTreeMap::new();
        for (namespace, index) in new {
            let around = self.observed.namespaces.get(&namespace);
            let made = around.and_then(|around| {
                let mut made = adopt::interface(
                    namespace,
                    around.interfaces.get(&index)?,
                    &known,
                    self.observed,
                )?;
                if made.master.is_none() {
                    made.port = Parameters::default();
                }
                Some((*known.get(&(namespace, index))?, made))
            });
            let (id, made) = made.ok_or_else(|| first("what it stands on"))?;
            interfaces.insert(id, made);
        }
        Ok(Edit::Insert(Fragment {
            interfaces,
            ..Fragment::default()
        }))
    }
}

/// The namespaces of what an interface stands on.
fn found_links(observed: &Observed, namespace: NamespaceId, index: u32) -> BTreeSet<NamespaceId> {
    let found = observed.at(ObservedPeer { namespace, index });
    let device = found.and_then(|found| found.kind.device()).into_iter();
    let links = device.flat_map(Device::links);
    links.map(|lower| lower.namespace).collect()
}
