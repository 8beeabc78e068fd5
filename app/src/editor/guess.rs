//! Addresses proposed for a new interface: the next free ones of the network it is plugged into.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;
use topology::address::{Family, InterfaceAddress, check_interface_address, is_link_local};
use topology::{Document, InterfaceId};

/// How many addresses after the highest one in use are looked at before it is given up.
const LOOK_AHEAD: u32 = 256;

/// One address of each family that interfaces on this bridge already have, in the network that most
/// of them are in.
pub(crate) fn addresses_for_port(
    document: &Document,
    bridge: InterfaceId,
) -> Vec<InterfaceAddress> {
    let used = on_segment(document, bridge);
    [Family::Ipv4, Family::Ipv6]
        .into_iter()
        .filter_map(|family| {
            let network = most_used_network(&used, family)?;
            next_free(document, network, &used).map(Into::into)
        })
        .collect()
}

/// Addresses of the bridge, of its ports and of their other ends, without link-local ones.
fn on_segment(document: &Document, bridge: InterfaceId) -> Vec<InterfaceAddress> {
    let ports = document.ports_of(bridge);
    let ends = ports.flat_map(|(id, port)| [Some(id), port.peer()]);
    std::iter::once(bridge)
        .chain(ends.flatten())
        .filter_map(|id| document.interfaces.get(&id))
        .flat_map(|interface| interface.addresses.iter().copied())
        .filter(|address| !is_link_local(address.addr()))
        .collect()
}

fn most_used_network(used: &[InterfaceAddress], family: Family) -> Option<IpNet> {
    let networks: Vec<IpNet> = used
        .iter()
        .filter(|address| Family::of(address.addr()) == family)
        .map(InterfaceAddress::network)
        .collect();
    networks
        .iter()
        .max_by_key(|network| networks.iter().filter(|other| other == network).count())
        .copied()
}

/// After the highest address in use, else the first gap.
fn next_free(document: &Document, network: IpNet, used: &[InterfaceAddress]) -> Option<IpNet> {
    let everywhere = document.interfaces.values().flat_map(|i| &i.addresses);
    let taken: BTreeSet<IpAddr> = used
        .iter()
        .chain(everywhere)
        .map(InterfaceAddress::addr)
        .filter(|address| network.contains(address))
        .collect();
    let from = |start: IpAddr| {
        std::iter::successors(Some(start), |address| after(*address))
            .take(LOOK_AHEAD as usize)
            .take_while(|address| network.contains(address))
            .filter(|address| *address != network.network() && !taken.contains(address))
            .filter_map(|address| IpNet::new(address, network.prefix_len()).ok())
            .find(|address| check_interface_address(*address).is_ok())
    };
    // A gateway such as 10.0.0.254 stands at the end: what comes after the crowd counts.
    let crowd = taken
        .iter()
        .find(|address| after(**address).is_some_and(|next| !taken.contains(&next)))?;
    after(*crowd)
        .and_then(from)
        .or_else(|| from(network.network()))
}

fn after(address: IpAddr) -> Option<IpAddr> {
    match address {
        IpAddr::V4(v4) => u32::from(v4)
            .checked_add(1)
            .map(|next| IpAddr::V4(Ipv4Addr::from(next))),
        IpAddr::V6(v6) => u128::from(v6)
            .checked_add(1)
            .map(|next| IpAddr::V6(Ipv6Addr::from(next))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use topology::NamespaceId;
    use topology::document::{Interface, Kind};

    fn segment(addresses: &[&str]) -> (Document, InterfaceId) {
        let mut document = Document::new("");
        let bridge = InterfaceId(1);
        let mut put = |id: u64, name: String, kind: Kind| {
            let interface = Interface::new(NamespaceId::HOST, name.parse().unwrap(), kind);
            document.interfaces.insert(InterfaceId(id), interface);
        };
        put(1, "br0".into(), Kind::bridge());
        for index in 0..addresses.len() as u64 {
            let (near, far) = (10 + 2 * index, 11 + 2 * index);
            let peer = |id| Kind::Veth {
                peer: InterfaceId(id),
            };
            put(near, format!("n{index}"), peer(far));
            put(far, format!("f{index}"), peer(near));
        }
        for (index, text) in addresses.iter().enumerate() {
            let near = InterfaceId(10 + 2 * index as u64);
            let far = InterfaceId(near.0 + 1);
            document.interfaces.get_mut(&near).unwrap().master = Some(bridge);
            let list = &mut document.interfaces.get_mut(&far).unwrap().addresses;
            list.extend(
                text.split_whitespace()
                    .map(|t| t.parse::<InterfaceAddress>().unwrap()),
            );
        }
        (document, bridge)
    }

    fn guess(addresses: &[&str]) -> Vec<String> {
        let (document, bridge) = segment(addresses);
        addresses_for_port(&document, bridge)
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn the_next_of_both_families() {
        assert_eq!(
            guess(&["10.0.0.1/24 fd00::1/64", "10.0.0.2/24 fd00::2/64"]),
            ["10.0.0.3/24", "fd00::3/64"]
        );
    }

    #[test]
    fn a_gateway_at_the_end_does_not_count() {
        assert_eq!(
            guess(&["10.0.0.1/24", "10.0.0.2/24", "10.0.0.254/24"]),
            ["10.0.0.3/24"]
        );
        assert_eq!(guess(&["10.0.0.254/24"]), ["10.0.0.1/24"]);
    }

    #[test]
    fn the_network_of_most() {
        assert_eq!(
            guess(&["10.0.0.1/24", "10.1.0.1/16", "10.0.0.2/24"]),
            ["10.0.0.3/24"]
        );
    }

    #[test]
    fn nothing_is_made_up() {
        assert!(guess(&[]).is_empty());
        assert!(guess(&["fe80::1/64"]).is_empty());
        assert!(guess(&["10.0.0.1/30", "10.0.0.2/30"]).is_empty());
    }
}
