//! What of a document is about one interface, found once for all of them: a document may hold
//! thousands.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use crate::document::{Device, DeviceKind, Document, Interface};
use crate::id::{InterfaceId, NamespaceId};
use crate::kind::Value;

/// What must not be the same for two devices of one namespace.
type Ends = (NamespaceId, DeviceKind, Vec<Option<Value<InterfaceId>>>);

/// The relations between the interfaces of one document, each kind of them found when it is first
/// asked for.
pub(in crate::edit) struct Relations<'a> {
    pub(super) document: &'a Document,
    uppers: OnceCell<BTreeMap<InterfaceId, Vec<InterfaceId>>>,
    ends: OnceCell<BTreeMap<Ends, Vec<InterfaceId>>>,
}

impl<'a> Relations<'a> {
    pub(in crate::edit) fn of(document: &'a Document) -> Self {
        Self {
            document,
            uppers: OnceCell::new(),
            ends: OnceCell::new(),
        }
    }

    /// What stands on an interface.
    pub(super) fn uppers(
        &self,
        lower: InterfaceId,
    ) -> impl Iterator<Item = (InterfaceId, &'a Device<InterfaceId>)> {
        let found = self.uppers.get_or_init(|| {
            let mut uppers = BTreeMap::<_, Vec<_>>::new();
            for (id, interface) in &self.document.interfaces {
                if let Some(lower) = interface.kind.device().and_then(Device::lower) {
                    uppers.entry(*lower).or_default().push(*id);
                }
            }
            uppers
        });
        let document = self.document;
        let found = found.get(&lower).into_iter().flatten();
        found.filter_map(move |id| {
            let interface = document.interfaces.get(id)?;
            Some((*id, interface.kind.device()?))
        })
    }

    /// Another tunnel of the namespace with the same ends (EEXIST), or another device with the same
    /// number where that must be its own.
    pub(super) fn twin(
        &self,
        id: InterfaceId,
        found: &Interface,
        device: &Device<InterfaceId>,
    ) -> Option<InterfaceId> {
        let own = ends(self.document, found, device)?;
        let all = self.ends.get_or_init(|| {
            let mut all = BTreeMap::<_, Vec<_>>::new();
            for (id, interface) in &self.document.interfaces {
                let device = interface.kind.device();
                let ends = device.and_then(|d| ends(self.document, interface, d));
                if let Some(ends) = ends {
                    all.entry(ends).or_default().push(*id);
                }
            }
            all
        });
        all.get(&own)?.iter().copied().find(|other| *other != id)
    }
}

/// They are told apart where their packets go: in the namespace of what they stand on, or in their
/// underlay.
fn ends(document: &Document, found: &Interface, device: &Device<InterfaceId>) -> Option<Ends> {
    let lower = device.lower().and_then(|id| document.interfaces.get(id));
    let below = lower.map(|lower| lower.namespace);
    let namespace = below.or(found.underlay).unwrap_or(found.namespace);
    let same: &[&str] = match device.kind {
        // `ip_tunnel_find`: those with keys are told apart by what must come in.
        DeviceKind::Gre => &["remote", "local", "dev", "ikey"],
        DeviceKind::Ipip => &["remote", "local", "dev"],
        DeviceKind::Vlan => &["link", "id", "protocol"],
        DeviceKind::Vxlan => &["id", "dstport"],
        _ => return None,
    };
    let table = device.kind.table().parameters;
    let all = device.parameters.clone().with_usual(table);
    let ends = same.iter().map(|name| all.get(name).cloned());
    Some((namespace, device.kind, ends.collect()))
}
