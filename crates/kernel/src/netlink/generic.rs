//! Generic netlink: what has no messages in routing netlink.

use std::collections::BTreeMap;
use std::fmt;

use netlink_packet_core::{Emitable, NetlinkSerializable};
use netlink_packet_generic::ctrl::nlas::GenlCtrlAttrs;
use netlink_packet_generic::ctrl::{GenlCtrl, GenlCtrlCmd};
use netlink_packet_generic::{GenlFamily, GenlMessage};
use netlink_sys::protocols::NETLINK_GENERIC;

use super::attributes::Attributes;
use super::{Failure, Socket};

/// Length of a `struct genlmsghdr` (linux/genetlink.h).
pub(super) const HEADER: usize = 4;
/// `CTRL_ATTR_FAMILY_ID` (linux/genetlink.h).
const FAMILY_ID: u16 = 1;

/// A generic netlink socket of the namespace in which it was opened.
#[derive(Debug)]
pub(crate) struct GenericSocket {
    pub(super) socket: Socket,
    /// The numbers of families, which the kernel gives anew whenever it loads one's module.
    families: BTreeMap<&'static str, u16>,
}

/// A request that is not shown in logs: it may have keys in it.
#[derive(Clone)]
pub(super) struct Unshown<F>(GenlMessage<F>);

impl<F: GenlFamily + fmt::Debug> fmt::Debug for Unshown<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let command = self.0.payload.command();
        write!(f, "command {command} of {}", F::family_name())
    }
}

impl<F: GenlFamily + Emitable + fmt::Debug> NetlinkSerializable for Unshown<F> {
    fn message_type(&self) -> u16 {
        self.0.message_type()
    }

    fn buffer_len(&self) -> usize {
        NetlinkSerializable::buffer_len(&self.0)
    }

    fn serialize(&self, buffer: &mut [u8]) {
        self.0.serialize(buffer);
    }
}

impl GenericSocket {
    /// Opens one in the namespace of the calling thread.
    pub(crate) fn open() -> Result<Self, Failure> {
        Ok(Self {
            socket: Socket::of(NETLINK_GENERIC)?,
            families: BTreeMap::new(),
        })
    }

    /// A request to a family, with the number that the kernel knows the family by.
    pub(super) fn request<F: GenlFamily + fmt::Debug>(
        &mut self,
        payload: F,
    ) -> Result<Unshown<F>, Failure> {
        let name = F::family_name();
        let number = match self.families.get(name) {
            Some(number) => *number,
            None => {
                let number = self.family(name)?;
                self.families.insert(name, number);
                number
            }
        };
        let mut message = GenlMessage::from_payload(payload);
        message.set_resolved_family_id(number);
        Ok(Unshown(message))
    }

    fn family(&mut self, name: &str) -> Result<u16, Failure> {
        let request = GenlMessage::from_payload(GenlCtrl {
            cmd: GenlCtrlCmd::GetFamily,
            nlas: vec![GenlCtrlAttrs::FamilyName(name.to_owned())],
        });
        self.socket.get(request, |row| {
            let number = Attributes::after(HEADER, row)?.get(FAMILY_ID);
            let number = number.and_then(<[u8]>::first_chunk);
            let missing = || Failure::Broken(format!("the kernel gave {name} no number"));
            number.map(|n| u16::from_ne_bytes(*n)).ok_or_else(missing)
        })
    }
}
