//! What the kernel says, from any bytes: for the fuzz targets.

use std::net::{IpAddr, Ipv4Addr};

use super::failure::Failure;
use super::touched::Touched;
use super::{address, link, neighbour, qdisc, route, rule, socket, stats, tables, wireguard};

/// Reads bytes as the rows of one kind of answer, which `kind` chooses, or as an event.
pub(crate) fn read(kind: u8, bytes: &[u8]) -> Result<(), Failure> {
    match kind % 15 {
        0 => link::row(bytes).map(drop),
        1 => address::row(bytes).map(drop),
        2 => route::row(bytes).map(drop),
        3 => rule::row(bytes).map(drop),
        4 => qdisc::row(bytes).map(drop),
        5 => neighbour::row(bytes, 1, IpAddr::V4(Ipv4Addr::LOCALHOST)).map(drop),
        6 => neighbour::permanent_row(bytes).map(drop),
        7 => neighbour::proxy_row(bytes).map(drop),
        8 => stats::read(bytes).map(drop),
        9 => tables::vlan_row(bytes).map(drop),
        10 => tables::fdb_row(bytes).map(drop),
        11 => wireguard::parsed(bytes).map(|row| drop(wireguard::parameters(vec![row]))),
        12 => socket::acknowledged(u16::from(kind) << 5, bytes),
        13 => socket::done(bytes),
        _ => {
            Touched::default().take(bytes);
            Ok(())
        }
    }
}
