//! Ethernet over UDP.

use super::parameter::{AddressClass, Change, Form, Parameter, SwitchWords, Usual, Width};
use super::{Channel, NewMtu, Said, Table};

const GROUP: u16 = 2;
const GROUP6: u16 = 16;

/// Numbers and defaults: linux/if_link.h, drivers/net/vxlan/vxlan_core.c. `ip` asks for the old
/// port 8472 unless `dstport` is said, and so does a document: 4789 is the standard's.
pub(super) const TABLE: Table = Table {
    name: "vxlan",
    about: "carries Ethernet frames to other hosts in UDP",
    parameters: &[
        Parameter::number(
            "id",
            1,
            Width::U32,
            (0, 16_777_215),
            Usual::Required,
            "the number of the network: both sides have the same",
        )
        .anew(),
        Parameter::host(
            "remote",
            GROUP,
            Some(GROUP6),
            "where frames go whose way is not learned",
        ),
        Parameter {
            name: "group",
            about: "the multicast group to which frames go whose way is not learned; needs `dev`",
            attribute: GROUP,
            form: Form::Address {
                ipv6: Some(GROUP6),
                class: AddressClass::Group,
            },
            usual: Usual::Nothing,
            change: Change::InPlace,
            feature: None,
        },
        Parameter::host("local", 4, Some(17), "the address that it sends from"),
        Parameter {
            name: "dev",
            about: "the interface through which it sends",
            attribute: 3,
            form: Form::Link,
            usual: Usual::Nothing,
            change: Change::Anew,
            feature: None,
        },
        Parameter::number(
            "dstport",
            15,
            Width::Be16,
            (1, 65_535),
            Usual::Number(8472),
            "the UDP port; 4789 is the standard's, 8472 what ip takes if nothing is said",
        )
        .anew(),
        Parameter::number(
            "ttl",
            5,
            Width::U8,
            (0, 255),
            Usual::Number(0),
            "hops of the outer packet; 0 leaves it to the system",
        ),
        Parameter::switch(
            "learning",
            7,
            (Width::U8, SwitchWords::Prefix),
            true,
            "whether it learns from whom a MAC address comes",
        ),
        Parameter::number(
            "ageing",
            8,
            Width::U32,
            (0, u32::MAX as u64),
            Usual::Number(300),
            "how long what was learned is remembered, in seconds",
        ),
        Parameter::switch(
            "proxy",
            11,
            (Width::U8, SwitchWords::Prefix),
            false,
            "whether it answers ARP for neighbours that it knows",
        )
        .anew(),
    ],
    check,
    channel: Channel::Link,
    said_whole: false,
    // VXLAN_HEADROOM and VXLAN6_HEADROOM (include/net/vxlan.h): `vxlan_change_mtu`.
    mtu: NewMtu::Below {
        link: "dev",
        headers: [50, 70],
    },
    falls: true,
    ports: None,
    ethernet: true,
};

/// `vxlan_config_validate`.
fn check(said: &Said<'_>) -> Result<(), String> {
    if said.has("remote") && said.has("group") {
        return Err("vxlan takes `remote` or `group`, not both".to_owned());
    }
    if said.has("group") && !said.has("dev") {
        return Err("vxlan needs `dev` for its `group`".to_owned());
    }
    let far = said.address("remote").or_else(|| said.address("group"));
    match (far, said.address("local")) {
        (Some(far), Some(local)) if far.is_ipv4() != local.is_ipv4() => Err(format!(
            "{local} and {far} are not of one family, as both ends of a vxlan must be"
        )),
        _ => Ok(()),
    }
}
