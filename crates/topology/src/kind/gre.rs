//! IP in GRE.

use super::parameter::{Parameter, SwitchWords, Usual, Width};
use super::{Channel, NewMtu, Table, tunnel};

/// Attributes of linux/if_tunnel.h: what comes in, and what goes out.
const IN: u16 = 2;
const OUT: u16 = 3;
/// Flags in them, as in the header of GRE (RFC 2784, RFC 2890).
const CSUM: u16 = 0x8000;
const KEY: u16 = 0x2000;
const SEQ: u16 = 0x1000;

const fn key(name: &'static str, attribute: u16, flags: u16, about: &'static str) -> Parameter {
    let width = Width::Be32If {
        attribute: flags,
        bit: KEY,
    };
    Parameter::number(
        name,
        attribute,
        width,
        (0, u32::MAX as u64),
        Usual::Nothing,
        about,
    )
}

const fn flag(name: &'static str, flags: u16, bit: u16, about: &'static str) -> Parameter {
    let form = (Width::Bit(bit), SwitchWords::Prefix);
    Parameter::switch(name, flags, form, false, about)
}

const fn parameters() -> [Parameter; 12] {
    let [remote, local, ttl, tos, pmtudisc, dev] = tunnel::parameters(6);
    [
        remote,
        local,
        ttl,
        tos,
        pmtudisc,
        dev,
        key(
            "ikey",
            4,
            IN,
            "the key that packets must have which come in: tells tunnels with the same ends apart",
        ),
        key("okey", 5, OUT, "the key that packets get which go out"),
        flag(
            "icsum",
            IN,
            CSUM,
            "whether packets that come in must have a checksum",
        ),
        flag(
            "ocsum",
            OUT,
            CSUM,
            "whether packets that go out get a checksum",
        ),
        flag(
            "iseq",
            IN,
            SEQ,
            "whether packets that come in must have a number, each higher than the last",
        ),
        flag("oseq", OUT, SEQ, "whether packets that go out are numbered"),
    ]
}

const PARAMETERS: [Parameter; 12] = parameters();

/// net/ipv4/ip_gre.c. A change that leaves something out sets it to nothing (`ipgre_netlink_parms`).
pub(super) const TABLE: Table = Table {
    name: "gre",
    about: "carries IP packets to another host in GRE",
    parameters: &PARAMETERS,
    check: tunnel::check,
    channel: Channel::Link,
    said_whole: true,
    mtu: NewMtu::Unknown,
    falls: false,
    ports: None,
    ethernet: false,
};
