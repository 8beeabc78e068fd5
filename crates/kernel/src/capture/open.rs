//! libpcap's handle of an interface. To be called on a thread that is in the namespace.

use packet::LinkType;
use pcap::{Active, Linktype, Precision};

use super::CaptureOptions;
use super::filter;

pub(super) type Handle = pcap::Capture<Active>;

/// After how long the kernel hands over a block that is not full: what a packet waits for others
/// to come with it; a thread wakes at most so often. Packets come in blocks and not one by one (`immediate_mode`), because then
/// each would take up room for the longest there can be: 64 KiB on a veth, whose segments are cut
/// late, so that the same buffer would hold 64 packets.
pub(super) const BLOCK_TIMEOUT_MS: i32 = 4;
/// The name for all interfaces of a namespace, also those that come later.
pub const ANY: &str = "any";

/// What libpcap has not taken, and its words.
#[derive(Debug)]
pub(super) enum Refused {
    Interface(String),
    Filter(String),
}

/// Begins to capture in the namespace of the calling thread.
pub(super) fn open(interface: &str, options: &CaptureOptions) -> Result<Handle, Refused> {
    let number = |value: u32| i32::try_from(value).unwrap_or(i32::MAX);
    let open = || {
        let mut handle = pcap::Capture::from_device(interface)?
            .promisc(options.promiscuous)
            .snaplen(number(options.snaplen))
            .buffer_size(number(options.buffer))
            .timeout(BLOCK_TIMEOUT_MS)
            .precision(Precision::Nano)
            .open()?;
        if interface == ANY {
            // The form that says which interface a packet is of, as tcpdump asks for it. A libpcap
            // before 1.10 does not have it.
            let _ = handle.set_datalink(Linktype::LINUX_SLL2);
        }
        handle.setnonblock()
    };
    open().map_err(|error| Refused::Interface(words(error)))
}

/// Whether a filter is one for this handle.
pub(super) fn compile(handle: &Handle, filter: &str) -> Result<(), Refused> {
    let compiled = handle.compile(filter, true);
    compiled.map(drop).map_err(refused_filter)
}

/// Sets the filter, if it may be used and is one.
pub(super) fn with_filter(mut handle: Handle, filter: &str) -> Result<Handle, Refused> {
    filter::check(filter).map_err(Refused::Filter)?;
    handle.filter(filter, true).map_err(refused_filter)?;
    Ok(handle)
}

/// How the handle's packets begin.
pub(super) fn link_type(handle: &Handle) -> LinkType {
    // The numbers of libpcap differ from those of files only where `LinkType` knows both.
    u16::try_from(handle.get_datalink().0)
        .unwrap_or(u16::MAX)
        .into()
}

fn refused_filter(error: pcap::Error) -> Refused {
    Refused::Filter(words(error))
}

/// libpcap's own words.
pub(super) fn words(error: pcap::Error) -> String {
    match error {
        pcap::Error::PcapError(text) => text,
        other => other.to_string(),
    }
}
