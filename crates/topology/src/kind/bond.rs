//! Several interfaces as one.

use super::parameter::{Parameter, SwitchWords, Usual, Width};
use super::{Channel, NewMtu, Said, Table};

/// Numbers and defaults: linux/if_link.h, linux/if_bonding.h, drivers/net/bonding/bond_options.c.
pub(super) const TABLE: Table = Table {
    name: "bond",
    about: "several interfaces as one: for throughput, or so that one may fail",
    parameters: &[
        Parameter::choice(
            "mode",
            1,
            Width::U8,
            &[
                ("balance-rr", 0),
                ("active-backup", 1),
                ("balance-xor", 2),
                ("broadcast", 3),
                ("802.3ad", 4),
                ("balance-tlb", 5),
                ("balance-alb", 6),
            ],
            0,
            "how frames are spread over its ports",
        )
        .anew(),
        Parameter::number(
            "miimon",
            3,
            Width::U32,
            (0, i32::MAX as u64),
            Usual::Number(0),
            "how often it looks whether its ports have a carrier, in milliseconds; 0 is never",
        ),
        Parameter::number(
            "updelay",
            4,
            Width::U32,
            (0, i32::MAX as u64),
            Usual::Number(0),
            "how long a port must have its carrier before it is used, in milliseconds",
        ),
        Parameter::number(
            "downdelay",
            5,
            Width::U32,
            (0, i32::MAX as u64),
            Usual::Number(0),
            "how long a port may lack its carrier and is still used, in milliseconds",
        ),
        Parameter::choice(
            "xmit_hash_policy",
            14,
            Width::U8,
            &[
                ("layer2", 0),
                ("layer3+4", 1),
                ("layer2+3", 2),
                ("encap2+3", 3),
                ("encap3+4", 4),
                ("vlan+srcmac", 5),
            ],
            0,
            "what tells streams apart when they are spread",
        ),
        Parameter::switch(
            "all_slaves_active",
            17,
            (Width::U8, SwitchWords::Number),
            false,
            "whether ports that wait take frames, too, which are there twice then",
        ),
        Parameter::number(
            "min_links",
            18,
            Width::U32,
            (0, i32::MAX as u64),
            Usual::Number(0),
            "how many ports must have a carrier so that it has one",
        ),
        Parameter::choice(
            "lacp_rate",
            21,
            Width::U8,
            &[("slow", 0), ("fast", 1)],
            0,
            "how often 802.3ad asks the other side for its messages",
        )
        .anew(),
    ],
    check,
    channel: Channel::Link,
    said_whole: false,
    mtu: NewMtu::Fixed(1500),
    falls: false,
    ports: Some("bond"),
    ethernet: true,
};

/// What `bond_option_updelay_set` and `bond_option_lacp_rate_set` refuse.
fn check(said: &Said<'_>) -> Result<(), String> {
    let watches = said.number("miimon").is_some_and(|time| time > 0);
    for delay in ["updelay", "downdelay"] {
        if said.number(delay).is_some_and(|time| time > 0) && !watches {
            return Err(format!("bond needs `miimon` for its `{delay}`"));
        }
    }
    match (said.has("lacp_rate"), said.number("mode")) {
        (true, Some(4)) | (false, _) => Ok(()),
        (true, _) => Err("`lacp_rate` is of mode 802.3ad only".to_owned()),
    }
}
