//! The MTU that an interface of the document is to have.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;

use crate::document::{DeviceKind, Document, Interface, Kind};
use crate::id::InterfaceId;
use crate::kind::NewMtu;
use crate::model::{DEFAULT_MTU, LOOPBACK_MTU};

/// Deepest pile of interfaces that stand on each other, or are each other's ports, and whose MTU
/// is followed: the kernel takes 8 of them (`MAX_NEST_DEV`, linux/netdevice.h).
pub(super) const DEEPEST: usize = 16;

/// The MTUs of one document, each found once: many interfaces may ask for that of the same.
#[derive(Debug)]
pub struct Mtus<'a> {
    document: &'a Document,
    /// Found when the first bridge asks.
    ports: OnceCell<BTreeMap<InterfaceId, Vec<InterfaceId>>>,
    /// With how far it was followed, on which the answer depends.
    known: RefCell<BTreeMap<(InterfaceId, usize), Option<u32>>>,
}

impl<'a> Mtus<'a> {
    /// Those of a document, none of them found yet.
    pub fn new(document: &'a Document) -> Self {
        Self {
            document,
            ports: OnceCell::new(),
            known: RefCell::default(),
        }
    }

    /// The MTU that an interface of the document is to have, as if it were `wanted`: its own, or
    /// what the kernel gives; `None` if that is not known before.
    pub fn of(&self, id: InterfaceId, wanted: &Interface) -> Option<u32> {
        self.follow(id, wanted, DEEPEST)
    }

    fn within(&self, id: InterfaceId, depth: usize) -> Option<u32> {
        let wanted = self.document.interfaces.get(&id)?;
        if wanted.kind.device().is_none() {
            // Found sooner than remembered.
            return self.follow(id, wanted, depth);
        }
        let known = self.known.borrow().get(&(id, depth)).copied();
        if let Some(known) = known {
            return known;
        }
        let found = self.follow(id, wanted, depth);
        self.known.borrow_mut().insert((id, depth), found);
        found
    }

    fn follow(&self, id: InterfaceId, wanted: &Interface, depth: usize) -> Option<u32> {
        if wanted.mtu.is_some() {
            return wanted.mtu;
        }
        let depth = depth.checked_sub(1)?;
        let master = wanted.master.filter(|master| {
            let master = self.document.interfaces.get(master);
            master.is_some_and(|master| master.kind.is(DeviceKind::Bond))
        });
        if let Some(bond) = master {
            // `bond_enslave` gives its ports its own.
            return self.within(bond, depth);
        }
        let device = match &wanted.kind {
            Kind::Loopback => return Some(LOOPBACK_MTU),
            Kind::Veth { .. } => return Some(DEFAULT_MTU),
            Kind::Device(device) => device,
        };
        match device.kind.table().mtu {
            NewMtu::Fixed(mtu) => Some(mtu),
            NewMtu::Unknown | NewMtu::Below { .. } => None,
            NewMtu::OfLower => self.within(*device.lower()?, depth),
            // br_mtu_auto_adjust: the smallest of its ports'.
            NewMtu::OfPorts => {
                let mtus = self
                    .ports_of(id)
                    .iter()
                    .map(|port| self.within(*port, depth));
                let mtus = mtus.collect::<Option<Vec<_>>>()?;
                Some(mtus.into_iter().min().unwrap_or(DEFAULT_MTU))
            }
        }
    }

    fn ports_of(&self, master: InterfaceId) -> &[InterfaceId] {
        let ports = self.ports.get_or_init(|| {
            let mut ports = BTreeMap::<_, Vec<_>>::new();
            for (id, interface) in &self.document.interfaces {
                if let Some(master) = interface.master {
                    ports.entry(master).or_default().push(*id);
                }
            }
            ports
        });
        ports.get(&master).map_or(&[], Vec::as_slice)
    }
}
