//! Encrypted tunnels: WireGuard.
//!
//! The kernel makes one as any other kind, without parameters; they are set afterwards through
//! generic netlink, and by people with `wg`.

mod key;
mod peers;

pub use key::{PublicKey, SecretKey};
pub use peers::{Peer, Peers, WORDS};

use super::parameter::{Change, Form, Parameter, Usual, Width};
use super::{Channel, NewMtu, Said, Table, Value};

/// What `wg` calls them, and the keys in a document.
pub const PRIVATE_KEY: &str = "private-key";
/// The UDP port at which it listens.
pub const LISTEN_PORT: &str = "listen-port";
/// The mark of the packets that it sends.
pub const FWMARK: &str = "fwmark";
/// With whom it speaks.
pub const PEERS: &str = "peers";

/// What names a peer in YAML.
pub const PUBLIC_KEY: &str = "public-key";

/// An Ethernet frame without the headers of IPv6, UDP and WireGuard (`wg_setup` in
/// drivers/net/wireguard/device.c).
const MTU: u32 = 1500 - 40 - 8 - 32;

/// Numbers: linux/wireguard.h (`enum wgdevice_attribute`).
pub(super) const TABLE: Table = Table {
    name: "wireguard",
    about: "an encrypted tunnel to other hosts, in UDP",
    parameters: &[
        Parameter {
            name: PRIVATE_KEY,
            about: "its private key, as `wg genkey` prints it; its peers know the public key that belongs to it",
            attribute: 3,
            form: Form::Secret,
            usual: Usual::Nothing,
            change: Change::InPlace,
            feature: None,
        },
        Parameter::number(
            LISTEN_PORT,
            6,
            Width::U16,
            (1, 65_535),
            Usual::Open,
            "the UDP port at which it listens; the kernel takes a free one",
        ),
        Parameter::number(
            FWMARK,
            7,
            Width::U32,
            (0, u32::MAX as u64),
            Usual::Number(0),
            "the mark of the packets that it sends, for rules; 0 is none",
        ),
        Parameter {
            name: PEERS,
            about: "with whom it speaks: a line for each, its public key and then as `wg set` takes it",
            attribute: 8,
            form: Form::Peers,
            usual: Usual::Nothing,
            change: Change::InPlace,
            feature: None,
        },
    ],
    check,
    channel: Channel::Wireguard,
    said_whole: true,
    mtu: NewMtu::Fixed(MTU),
    falls: false,
    ports: None,
    ethernet: false,
};

/// The kernel drops a peer that is the interface itself (`set_peer` in
/// drivers/net/wireguard/netlink.c).
fn check(said: &Said<'_>) -> Result<(), String> {
    let (Some(Value::Secret(key)), Some(Value::Peers(peers))) =
        (said.value(PRIVATE_KEY), said.value(PEERS))
    else {
        return Ok(());
    };
    match peers.0.contains_key(&key.public()) {
        true => Err("`peers`: its own public key is among them".to_owned()),
        false => Ok(()),
    }
}
