//! Links: what `ip link` does.

use std::os::fd::{AsRawFd, BorrowedFd};

use netlink_packet_core::{NLM_F_CREATE, NLM_F_EXCL};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::link::{
    InfoData, InfoKind, InfoVeth, LinkAttribute, LinkExtentMask, LinkFlags, LinkInfo, LinkMessage,
};
use nix::errno::Errno;
use topology::kind::{Device, Parameters};

use super::attributes::{Attributes, word};
use super::{Failure, Socket, device};

/// `struct ifinfomsg` (linux/rtnetlink.h): family, type, index, flags, change.
const HEADER: usize = 16;
/// Attributes of linux/if_link.h.
const IFLA_ADDRESS: u16 = 1;
const IFLA_IFNAME: u16 = 3;
const IFLA_MTU: u16 = 4;
const IFLA_LINK: u16 = 5;
const IFLA_QDISC: u16 = 6;
const IFLA_MASTER: u16 = 10;
const IFLA_LINKINFO: u16 = 18;
const IFLA_LINK_NETNSID: u16 = 37;
const IFLA_INFO_KIND: u16 = 1;
const IFLA_AF_SPEC: u16 = 26;
const IFLA_INET6_CONF: u16 = 2;
const IFLA_INET6_ADDR_GEN_MODE: u16 = 8;
/// The place of `disable_ipv6` among the numbers of `IFLA_INET6_CONF` (`DEVCONF_DISABLE_IPV6`,
/// linux/ipv6.h).
const DISABLE_IPV6: usize = 26;

/// An end of a veth pair that is to be made.
pub(crate) struct End<'a> {
    /// Its name.
    pub(crate) name: &'a str,
    /// The network namespace in which it is born.
    pub(crate) namespace: BorrowedFd<'a>,
    /// Its index there; 0 lets the kernel choose. The kernel heeds that of the
    /// second end only if the first has one, too (`veth_newlink`).
    pub(crate) index: u32,
}

/// Settings of IPv6 of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ipv6 {
    /// `disable_ipv6`.
    pub(crate) disabled: i32,
    /// `addr_gen_mode`.
    pub(crate) generates: i32,
}

/// A link as the kernel shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LinkRow {
    /// Its index.
    pub(crate) index: u32,
    /// `IFF_…`.
    pub(crate) flags: LinkFlags,
    /// Its name.
    pub(crate) name: String,
    /// Bytes.
    pub(crate) mtu: u32,
    /// Link-layer address.
    pub(crate) address: Vec<u8>,
    /// Index of the link below, or of a veth's other end.
    pub(crate) link: Option<u32>,
    /// The namespace of `link`, if it is another one: this namespace's number
    /// for it.
    pub(crate) link_nsid: Option<i32>,
    /// Index of the bridge, bond or VRF of which it is a port.
    pub(crate) master: Option<u32>,
    /// What it is, if documents have devices of that kind; the interfaces that it names are in the
    /// namespace of `link_nsid`.
    pub(crate) device: Option<Device<u32>>,
    /// What is set on it as a port of a bridge; empty if it is none.
    pub(crate) port: Parameters<u32>,
    /// The kind of its root queueing discipline, also of one that the kernel put there.
    pub(crate) qdisc: String,
    /// Its settings of IPv6 that reach further than others; none if it has no IPv6 for its small MTU.
    pub(crate) ipv6: Option<Ipv6>,
    /// What made it: `veth`, `bridge`, …; empty for `lo` and hardware.
    pub(crate) kind: String,
}

impl Socket {
    /// Makes a veth pair, each end born in its own namespace, down.
    ///
    /// With one queue each: the kernel's default is one for each possible
    /// CPU, which is slow to make and of no use to a lab (PERF.md, 4).
    pub(crate) fn add_veth(&mut self, ends: [End<'_>; 2]) -> Result<(), Failure> {
        let [mut link, peer] = ends.map(|end| {
            let mut link = named(end.name);
            link.header.index = end.index;
            link.attributes.extend([
                LinkAttribute::NetNsFd(end.namespace.as_raw_fd()),
                LinkAttribute::NumTxQueues(1),
                LinkAttribute::NumRxQueues(1),
            ]);
            link
        });
        link.attributes.push(LinkAttribute::LinkInfo(vec![
            LinkInfo::Kind(InfoKind::Veth),
            LinkInfo::Data(InfoData::Veth(InfoVeth::Peer(peer))),
        ]));
        self.change(
            RouteNetlinkMessage::NewLink(link),
            NLM_F_CREATE | NLM_F_EXCL,
        )
    }

    /// Deletes a link; of a veth pair both ends go. When it returns they are
    /// gone.
    pub(crate) fn delete_link(&mut self, index: u32) -> Result<(), Failure> {
        self.change(RouteNetlinkMessage::DelLink(indexed(index)), 0)
    }

    /// Deletes all links of a group at once: one wait for the kernel's
    /// `rcu_barrier` instead of one for each (PERF.md, 2).
    pub(crate) fn delete_group(&mut self, group: u32) -> Result<(), Failure> {
        let mut link = LinkMessage::default();
        link.attributes.push(LinkAttribute::Group(group));
        self.change(RouteNetlinkMessage::DelLink(link), 0)
    }

    /// Puts a link into a group.
    pub(crate) fn set_group(&mut self, index: u32, group: u32) -> Result<(), Failure> {
        self.set(index, LinkAttribute::Group(group))
    }

    /// Sets a link administratively up or down.
    pub(crate) fn set_up(&mut self, index: u32, up: bool) -> Result<(), Failure> {
        let mut link = indexed(index);
        link.header.flags = if up {
            LinkFlags::Up
        } else {
            LinkFlags::empty()
        };
        link.header.change_mask = LinkFlags::Up;
        self.change(RouteNetlinkMessage::SetLink(link), 0)
    }

    /// Sets the MTU in bytes.
    pub(crate) fn set_mtu(&mut self, index: u32, mtu: u32) -> Result<(), Failure> {
        self.set(index, LinkAttribute::Mtu(mtu))
    }

    /// Makes a link a port of a bridge, bond or VRF, by index, or releases it.
    pub(crate) fn set_master(&mut self, index: u32, master: Option<u32>) -> Result<(), Failure> {
        self.set(index, LinkAttribute::Controller(master.unwrap_or(0)))
    }

    /// Makes a link a port of a bridge and sets it up.
    pub(crate) fn plug_up(&mut self, index: u32, bridge: u32) -> Result<(), Failure> {
        let mut link = indexed(index);
        link.header.flags = LinkFlags::Up;
        link.header.change_mask = LinkFlags::Up;
        link.attributes.push(LinkAttribute::Controller(bridge));
        self.change(RouteNetlinkMessage::SetLink(link), 0)
    }

    /// Gives a link another name.
    pub(crate) fn rename(&mut self, index: u32, name: &str) -> Result<(), Failure> {
        self.set(index, LinkAttribute::IfName(name.to_owned()))
    }

    /// The link of that name; `None` if the kernel says that there is none.
    pub(crate) fn link_named(&mut self, name: &str) -> Result<Option<LinkRow>, Failure> {
        self.link(named(name))
    }

    /// The link of that index; `None` if the kernel says that there is none.
    pub(crate) fn link_at(&mut self, index: u32) -> Result<Option<LinkRow>, Failure> {
        self.link(indexed(index))
    }

    fn link(&mut self, mut link: LinkMessage) -> Result<Option<LinkRow>, Failure> {
        link.attributes.push(without_statistics());
        match self.get(RouteNetlinkMessage::GetLink(link), row) {
            Ok(link) => Ok(Some(link)),
            Err(failure) if failure.is(Errno::ENODEV) => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    /// All links of the namespace.
    pub(crate) fn links(&mut self) -> Result<Vec<LinkRow>, Failure> {
        let mut link = LinkMessage::default();
        link.attributes.push(without_statistics());
        self.dump(&RouteNetlinkMessage::GetLink(link), |bytes| {
            row(bytes).map(Some)
        })
    }

    fn set(&mut self, index: u32, attribute: LinkAttribute) -> Result<(), Failure> {
        let mut link = indexed(index);
        link.attributes.push(attribute);
        self.change(RouteNetlinkMessage::SetLink(link), 0)
    }
}

pub(super) fn indexed(index: u32) -> LinkMessage {
    let mut link = LinkMessage::default();
    link.header.index = index;
    link
}

pub(super) fn named(name: &str) -> LinkMessage {
    let mut link = LinkMessage::default();
    link.attributes.push(LinkAttribute::IfName(name.to_owned()));
    link
}

/// Packet counters are half of an answer and nobody reads them.
fn without_statistics() -> LinkAttribute {
    LinkAttribute::ExtMask(vec![LinkExtentMask::SkipStats])
}

pub(super) fn row(bytes: &[u8]) -> Result<LinkRow, Failure> {
    let attributes = Attributes::after(HEADER, bytes)?;
    let info = attributes.nested(IFLA_LINKINFO);
    let kind = info.text(IFLA_INFO_KIND).unwrap_or_default();
    let link = attributes.u32(IFLA_LINK);
    let link_nsid = attributes.i32(IFLA_LINK_NETNSID);
    let number = word(bytes, 4);
    // Elsewhere and with the same index, it is left out.
    let lower = link.or(link_nsid.map(|_| number));
    Ok(LinkRow {
        index: number,
        flags: LinkFlags::from_bits_retain(word(bytes, 8)),
        name: attributes.text(IFLA_IFNAME).unwrap_or_default(),
        mtu: attributes.u32(IFLA_MTU).unwrap_or_default(),
        address: attributes.get(IFLA_ADDRESS).unwrap_or_default().to_vec(),
        link,
        link_nsid,
        master: attributes.u32(IFLA_MASTER),
        device: device::device(info, &kind, lower),
        port: device::port(info),
        ipv6: ipv6(attributes),
        qdisc: attributes.text(IFLA_QDISC).unwrap_or_default(),
        kind,
    })
}

fn ipv6(attributes: Attributes<'_>) -> Option<Ipv6> {
    let family = u16::try_from(libc::AF_INET6).ok()?;
    let of_ipv6 = attributes.nested(IFLA_AF_SPEC).nested(family);
    let numbers = of_ipv6.get(IFLA_INET6_CONF)?;
    let disabled = numbers.chunks_exact(4).nth(DISABLE_IPV6)?;
    let generates = of_ipv6.get(IFLA_INET6_ADDR_GEN_MODE)?.first()?;
    Some(Ipv6 {
        disabled: i32::from_ne_bytes(*disabled.first_chunk()?),
        generates: i32::from(*generates),
    })
}
