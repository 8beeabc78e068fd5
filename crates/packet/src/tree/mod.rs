//! The dissection tree: what is in a packet, field by field, with Wireshark's names and where in the bytes
//! each stands.
//!
//! One file per protocol. What is cut short or wrong gives a tree up to there and a node that says so. Trees
//! are bounded in depth and in the number of nodes.

mod arp;
mod build;
mod data;
mod dhcp;
mod dhcpv6;
mod dns;
mod ethernet;
pub(crate) mod field;
mod frame;
mod gre;
mod http;
mod icmp;
mod icmpv6;
mod igmp;
mod ipv4;
mod ipv6;
mod link;
mod llc;
mod lldp;
mod mld;
mod nd;
mod node;
mod ntp;
mod stp;
mod tcp;
mod tcp_options;
mod tls;
mod udp;
mod vxlan;

use std::sync::OnceLock;

pub(crate) use self::field::Colons;
pub use self::field::{Field, FieldType, Names, Value};
pub(crate) use self::http::is_start as starts_http;
pub(crate) use self::icmp::code_name as icmp_code;
pub(crate) use self::icmpv6::code_name as icmpv6_code;
pub use self::node::{Node, Tree};
pub(crate) use self::tcp::flag_names as tcp_flags;
pub(crate) use self::tls::is_record as starts_tls;

use self::build::Dissection;
use crate::{LinkType, View};

/// What is known of a record besides its bytes. All of it is optional.
#[derive(Clone, Copy, Debug, Default)]
pub struct Context<'a> {
    /// Its number in the capture, from 1.
    pub number: Option<u32>,
    /// The interface that it was seen at.
    pub interface: Option<&'a str>,
    /// A remark that somebody made.
    pub comment: Option<&'a str>,
    /// The TCP or UDP conversation that it belongs to, as [`crate::conversation::Conversations`] gives it.
    pub stream: Option<crate::conversation::Place>,
}

/// Dissects a record.
#[must_use]
pub fn dissect<'a>(link: LinkType, record: impl Into<View<'a>>, context: &Context<'_>) -> Tree {
    let mut tree = Tree::default();
    build_tree(link, record.into(), context, true, &mut tree.nodes);
    tree
}

/// Dissects for the values only, into nodes that are used again.
pub(crate) fn values(
    link: LinkType,
    record: View<'_>,
    context: &Context<'_>,
    nodes: &mut Vec<Node>,
) {
    build_tree(link, record, context, false, nodes);
}

fn build_tree(
    link: LinkType,
    record: View<'_>,
    context: &Context<'_>,
    labels: bool,
    nodes: &mut Vec<Node>,
) {
    nodes.clear();
    let mut dissection = Dissection::new(record, nodes, context, labels);
    let result = dissection.frame(link, &record);
    dissection.data = record.data;
    if let Err(cut) = result {
        dissection.end(cut);
    }
    dissection.frame_protocols();
}

/// The field of a name.
pub(crate) fn field_named(name: &str) -> Option<&'static Field> {
    let all = all_fields();
    let at = all.binary_search_by_key(&name, |field| field.name).ok()?;
    all.get(at).copied()
}

/// What a value of a field is called.
pub(crate) fn name_of(field: &str, value: u64) -> Option<&'static str> {
    field_named(field)?.value_name(value)
}

/// All fields that dissection can find, protocols included, sorted by name.
pub fn all_fields() -> &'static [&'static Field] {
    static SORTED: OnceLock<Vec<&'static Field>> = OnceLock::new();
    SORTED.get_or_init(|| {
        let files = [
            arp::ALL,
            data::ALL,
            dhcp::ALL,
            dhcpv6::ALL,
            dns::ALL,
            ethernet::ALL,
            frame::ALL,
            gre::ALL,
            http::ALL,
            icmp::ALL,
            icmpv6::ALL,
            igmp::ALL,
            ipv4::ALL,
            ipv6::ALL,
            link::ALL,
            llc::ALL,
            lldp::ALL,
            mld::ALL,
            nd::ALL,
            ntp::ALL,
            stp::ALL,
            tcp::ALL,
            tcp_options::ALL,
            tls::ALL,
            udp::ALL,
            vxlan::ALL,
        ];
        let mut all: Vec<_> = files.iter().flat_map(|file| file.iter().copied()).collect();
        all.sort_by_key(|field| field.name);
        all
    })
}
