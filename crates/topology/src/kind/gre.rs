//! IP in GRE.

use super::{NewMtu, Parameter, Table, tunnel};

const PARAMETERS: [Parameter; 6] = tunnel::parameters(6);

/// net/ipv4/ip_gre.c. A change that leaves something out sets it to nothing (`ipgre_netlink_parms`).
pub(super) const TABLE: Table = Table {
    name: "gre",
    about: "carries IP packets to another host in GRE",
    parameters: &PARAMETERS,
    check: tunnel::check,
    said_whole: true,
    mtu: NewMtu::Unknown,
    falls: false,
    ports: None,
    ethernet: false,
};
