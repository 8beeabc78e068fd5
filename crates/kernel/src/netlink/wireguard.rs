//! WireGuard interfaces: what `wg` does.

use std::collections::BTreeMap;

use ipnet::IpNet;
use netlink_packet_core::{Emitable, ParseableParametrized};
use netlink_packet_generic::GenlHeader;
use netlink_packet_wireguard::{
    WireguardAddressFamily, WireguardAllowedIp, WireguardAllowedIpAttr, WireguardAttribute,
    WireguardCmd, WireguardMessage, WireguardPeer, WireguardPeerAttribute, WireguardPeerFlags,
};
use topology::kind::wireguard::{
    FWMARK, LISTEN_PORT, PEERS, PRIVATE_KEY, Peer, Peers, PublicKey, SecretKey,
};
use topology::kind::{Changes, Parameters, Value};

use super::generic::{GenericSocket, HEADER};
use super::{Failure, attributes};

/// Bytes of peers after which another message is begun: an attribute holds 64 KiB, and the longest
/// peer of a document is 40 KiB long.
const ENOUGH: usize = 16 * 1024;
/// A key that is none.
const NOTHING: [u8; 32] = [0; 32];

impl GenericSocket {
    /// What is set on an interface.
    pub(crate) fn wireguard(&mut self, index: u32) -> Result<Parameters<u32>, Failure> {
        let request = self.request(WireguardMessage {
            cmd: WireguardCmd::GetDevice,
            attributes: vec![WireguardAttribute::IfIndex(index)],
        })?;
        let rows = self.socket.dump(&request, |row| parsed(row).map(Some))?;
        Ok(parameters(rows))
    }

    /// Changes what is set on an interface. What stays as it is is not touched: the sessions of
    /// other peers go on.
    pub(crate) fn set_wireguard(
        &mut self,
        index: u32,
        changes: &Changes<u32>,
    ) -> Result<(), Failure> {
        let before = self.wireguard(index)?;
        let result = self.bring(index, &before, changes);
        if result.is_err() {
            // All or nothing: of several messages the first ones may have been taken.
            let all = [PRIVATE_KEY, LISTEN_PORT, FWMARK, PEERS];
            let old = all.map(|name| (name.to_owned(), before.get(name).cloned()));
            let _lost = self
                .wireguard(index)
                .and_then(|now| self.bring(index, &now, &Changes::from(old)));
        }
        result
    }

    fn bring(
        &mut self,
        index: u32,
        before: &Parameters<u32>,
        changes: &Changes<u32>,
    ) -> Result<(), Failure> {
        for attributes in messages(before, changes) {
            let own = std::iter::once(WireguardAttribute::IfIndex(index));
            let request = self.request(WireguardMessage {
                cmd: WireguardCmd::SetDevice,
                attributes: own.chain(attributes).collect(),
            })?;
            self.socket.change(request, 0)?;
        }
        Ok(())
    }
}

/// The attributes of the messages that bring an interface from `before` to what changes say.
fn messages(before: &Parameters<u32>, changes: &Changes<u32>) -> Vec<Vec<WireguardAttribute>> {
    let mut messages = Vec::new();
    let own = own(before, changes);
    if !own.is_empty() {
        messages.push(own);
    }
    let nobody = Peers::default();
    let peers_of = |value: Option<&Value<u32>>| match value {
        Some(Value::Peers(peers)) => peers.clone(),
        _ => nobody.clone(),
    };
    let Some(wanted) = changes.get(PEERS) else {
        return messages;
    };
    let (is, wanted) = (peers_of(before.get(PEERS)), peers_of(wanted.as_ref()));
    let mut peers = Vec::new();
    let mut length = 0;
    for peer in peer_changes(&is, &wanted) {
        length += peer.as_slice().buffer_len();
        peers.push(WireguardPeer(peer));
        if length > ENOUGH {
            messages.push(vec![WireguardAttribute::Peers(std::mem::take(&mut peers))]);
            length = 0;
        }
    }
    if !peers.is_empty() {
        messages.push(vec![WireguardAttribute::Peers(peers)]);
    }
    messages
}

/// What differs of the interface's own. Another private key ends all sessions, another port or mark
/// looks for the way anew.
fn own(before: &Parameters<u32>, changes: &Changes<u32>) -> Vec<WireguardAttribute> {
    let mut own = Vec::new();
    let key = |value: Option<&Value<u32>>| match value {
        Some(Value::Secret(key)) => Some(key.clamped()),
        _ => None,
    };
    let number = |value: Option<&Value<u32>>| match value {
        Some(Value::Number(number)) => *number,
        _ => 0,
    };
    if let Some(wanted) = changes.get(PRIVATE_KEY) {
        let wanted = key(wanted.as_ref());
        if wanted != key(before.get(PRIVATE_KEY)) {
            let bytes = wanted.map_or(NOTHING, |key| key.0);
            own.push(WireguardAttribute::PrivateKey(bytes));
        }
    }
    for name in [LISTEN_PORT, FWMARK] {
        let Some(wanted) = changes.get(name) else {
            continue;
        };
        let wanted = number(wanted.as_ref());
        if wanted != number(before.get(name)) {
            // The table says in which range they are.
            own.push(match name {
                LISTEN_PORT => {
                    WireguardAttribute::ListenPort(u16::try_from(wanted).unwrap_or_default())
                }
                _ => WireguardAttribute::Fwmark(u32::try_from(wanted).unwrap_or_default()),
            });
        }
    }
    own
}

/// Peers that go, and then those that come or change.
fn peer_changes(is: &Peers, wanted: &Peers) -> Vec<Vec<WireguardPeerAttribute>> {
    let remove = |key: &PublicKey| {
        vec![
            WireguardPeerAttribute::PublicKey(key.0),
            WireguardPeerAttribute::Flags(WireguardPeerFlags::RemoveMe),
        ]
    };
    let gone = is.0.keys().filter(|key| !wanted.0.contains_key(key));
    let mut changes: Vec<_> = gone.map(remove).collect();
    for (key, peer) in &wanted.0 {
        let mut known = is.0.get(key);
        if known == Some(peer) {
            continue;
        }
        // The kernel takes no endpoint away from one that has one.
        if known.is_some_and(|known| known.endpoint.is_some() && peer.endpoint.is_none()) {
            changes.push(remove(key));
            known = None;
        }
        changes.push(peer_change(key, &known.cloned().unwrap_or_default(), peer));
    }
    changes
}

fn peer_change(key: &PublicKey, is: &Peer, wanted: &Peer) -> Vec<WireguardPeerAttribute> {
    let mut attributes = vec![WireguardPeerAttribute::PublicKey(key.0)];
    if wanted.preshared_key != is.preshared_key {
        let bytes = wanted.preshared_key.map_or(NOTHING, |key| key.0);
        attributes.push(WireguardPeerAttribute::PresharedKey(bytes));
    }
    if wanted.endpoint != is.endpoint {
        attributes.extend(wanted.endpoint.map(WireguardPeerAttribute::Endpoint));
    }
    if wanted.persistent_keepalive != is.persistent_keepalive {
        let seconds = wanted.persistent_keepalive;
        attributes.push(WireguardPeerAttribute::PersistentKeepalive(seconds));
    }
    if wanted.allowed_ips != is.allowed_ips {
        let replace = WireguardPeerFlags::ReplaceAllowedIps;
        attributes.push(WireguardPeerAttribute::Flags(replace));
        let networks = wanted.allowed_ips.iter().map(allowed_ip).collect();
        attributes.push(WireguardPeerAttribute::AllowedIps(networks));
    }
    attributes
}

fn allowed_ip(network: &IpNet) -> WireguardAllowedIp {
    WireguardAllowedIp(vec![
        WireguardAllowedIpAttr::Family(match network {
            IpNet::V4(_) => WireguardAddressFamily::Ipv4,
            IpNet::V6(_) => WireguardAddressFamily::Ipv6,
        }),
        WireguardAllowedIpAttr::IpAddr(network.addr()),
        WireguardAllowedIpAttr::Cidr(network.prefix_len()),
    ])
}

pub(super) fn parsed(row: &[u8]) -> Result<Vec<WireguardAttribute>, Failure> {
    let header = GenlHeader {
        cmd: attributes::byte(row, 0),
        version: attributes::byte(row, 1),
    };
    let rest = row.get(HEADER..).unwrap_or_default();
    Ok(WireguardMessage::parse_with_param(rest, header)?.attributes)
}

/// What the rows about one interface say: its peers may be divided among several of them, and the
/// networks of one peer, too.
pub(super) fn parameters(rows: Vec<Vec<WireguardAttribute>>) -> Parameters<u32> {
    let mut values = BTreeMap::new();
    let mut peers = Peers::default();
    for attribute in rows.into_iter().flatten() {
        let said = match attribute {
            WireguardAttribute::PrivateKey(key) if key != NOTHING => {
                (PRIVATE_KEY, Value::Secret(SecretKey(key)))
            }
            WireguardAttribute::ListenPort(port) if port != 0 => {
                (LISTEN_PORT, Value::Number(u64::from(port)))
            }
            WireguardAttribute::Fwmark(mark) => (FWMARK, Value::Number(u64::from(mark))),
            WireguardAttribute::Peers(more) => {
                more.into_iter().for_each(|peer| take(&mut peers, peer));
                continue;
            }
            _ => continue,
        };
        values.insert(said.0.to_owned(), said.1);
    }
    if !peers.0.is_empty() {
        values.insert(PEERS.to_owned(), Value::Peers(peers));
    }
    values.into_iter().collect()
}

fn take(peers: &mut Peers, row: WireguardPeer) {
    let key = row.iter().find_map(|attribute| match attribute {
        WireguardPeerAttribute::PublicKey(key) => Some(PublicKey(*key)),
        _ => None,
    });
    let Some(key) = key else {
        return;
    };
    let peer = peers.0.entry(key).or_default();
    for attribute in row.0 {
        match attribute {
            WireguardPeerAttribute::PresharedKey(key) if key != NOTHING => {
                peer.preshared_key = Some(SecretKey(key));
            }
            WireguardPeerAttribute::Endpoint(endpoint) => peer.endpoint = Some(endpoint),
            WireguardPeerAttribute::PersistentKeepalive(seconds) => {
                peer.persistent_keepalive = seconds;
            }
            WireguardPeerAttribute::AllowedIps(networks) => {
                peer.allowed_ips.extend(networks.iter().filter_map(network));
            }
            _ => {}
        }
    }
}

fn network(allowed: &WireguardAllowedIp) -> Option<IpNet> {
    let address = allowed.iter().find_map(|attribute| match attribute {
        WireguardAllowedIpAttr::IpAddr(address) => Some(*address),
        _ => None,
    });
    let length = allowed.iter().find_map(|attribute| match attribute {
        WireguardAllowedIpAttr::Cidr(length) => Some(*length),
        _ => None,
    });
    attributes::prefix(address?, length?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(peers: &str) -> Changes<u32> {
        // One that is as the kernel would have it.
        let key = Value::Secret(SecretKey([0x40; 32]));
        Changes::from([
            (PRIVATE_KEY.to_owned(), Some(key)),
            (LISTEN_PORT.to_owned(), Some(Value::Number(51820))),
            (FWMARK.to_owned(), Some(Value::Number(7))),
            (PEERS.to_owned(), Some(Value::Peers(peers.parse().unwrap()))),
        ])
    }

    fn said(changes: &Changes<u32>) -> Parameters<u32> {
        let said = changes.clone().into_iter();
        said.filter_map(|(name, value)| Some((name, value?)))
            .collect()
    }

    const ONE: &str = "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo=";
    const TWO: &str = "3p7bfXt9wbTTW2HC7OQ1Nz+DQ8hbeGdNrfx+FG+IK08=";

    #[test]
    fn what_is_written_is_read_again() {
        let wanted = text(&format!(
            "{ONE} preshared-key {TWO} endpoint [fd00::1]:7 allowed-ips 10.0.0.0/24,fd01::/64 \
             persistent-keepalive 25\n{TWO} endpoint 192.0.2.1:51820"
        ));
        let rows: Vec<_> = messages(&Parameters::default(), &wanted)
            .into_iter()
            .map(|attributes| {
                let mut row = vec![0, 1, 0, 0];
                let place = row.len();
                row.resize(place + attributes.as_slice().buffer_len(), 0);
                attributes.as_slice().emit(&mut row[place..]);
                row
            })
            .collect();
        let read = rows.iter().map(|row| parsed(row).unwrap()).collect();
        assert_eq!(parameters(read), said(&wanted));
        for row in &rows {
            for end in 0..row.len() {
                let _no_panic = parsed(&row[..end]);
            }
        }
    }

    #[test]
    fn what_stays_is_not_touched() {
        let before = text(&format!(
            "{ONE} endpoint 192.0.2.1:7 allowed-ips 10.0.0.1/32\n{TWO} allowed-ips 10.0.0.2/32"
        ));
        assert!(messages(&said(&before), &before).is_empty());
        let after = text(&format!(
            "{ONE} endpoint 192.0.2.1:7 allowed-ips 10.0.0.1/32\n{TWO} allowed-ips 10.0.0.3/32"
        ));
        let all = messages(&said(&before), &after);
        let [attributes] = all.as_slice() else {
            panic!("{all:?}");
        };
        let [WireguardAttribute::Peers(peers)] = attributes.as_slice() else {
            panic!("{attributes:?}");
        };
        let key: PublicKey = TWO.parse().unwrap();
        assert_eq!(peers.len(), 1);
        assert_eq!(peers[0].0[0], WireguardPeerAttribute::PublicKey(key.0));
        // An endpoint goes only with the peer.
        let without = text(&format!(
            "{ONE} allowed-ips 10.0.0.1/32\n{TWO} allowed-ips 10.0.0.2/32"
        ));
        let all = messages(&said(&before), &without);
        let [WireguardAttribute::Peers(peers)] = all[0].as_slice() else {
            panic!("{all:?}");
        };
        assert_eq!(peers.len(), 2);
    }
}
