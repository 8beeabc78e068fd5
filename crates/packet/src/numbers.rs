//! Numbers that say what follows: EtherTypes, IP protocols and ports, for text, tree and filters alike.

/// EtherTypes (IEEE's registry).
pub(crate) mod ethertype {
    pub(crate) const IPV4: u16 = 0x0800;
    pub(crate) const ARP: u16 = 0x0806;
    pub(crate) const TRAIL: u16 = 0x1000;
    pub(crate) const TRANSPARENT_ETHERNET: u16 = 0x6558;
    pub(crate) const RARP: u16 = 0x8035;
    pub(crate) const VLAN: u16 = 0x8100;
    pub(crate) const IPV6: u16 = 0x86dd;
    pub(crate) const JUMBO: u16 = 0x8870;
    pub(crate) const QINQ: u16 = 0x88a8;
    pub(crate) const LLDP: u16 = 0x88cc;
    pub(crate) const VLAN_9100: u16 = 0x9100;
    pub(crate) const VLAN_9200: u16 = 0x9200;
    /// Up to this, the field after the addresses is a length (IEEE 802.3), above a type.
    pub(crate) const LONGEST_802_3: u16 = 1500;
}

/// IP protocols (IANA's registry).
pub(crate) mod protocol {
    pub(crate) const HOP_BY_HOP: u8 = 0;
    pub(crate) const ICMP: u8 = 1;
    pub(crate) const IGMP: u8 = 2;
    pub(crate) const IPV4: u8 = 4;
    pub(crate) const TCP: u8 = 6;
    pub(crate) const UDP: u8 = 17;
    pub(crate) const IPV6: u8 = 41;
    pub(crate) const ROUTING: u8 = 43;
    pub(crate) const FRAGMENT: u8 = 44;
    pub(crate) const GRE: u8 = 47;
    pub(crate) const ESP: u8 = 50;
    pub(crate) const AH: u8 = 51;
    pub(crate) const ICMPV6: u8 = 58;
    pub(crate) const NO_NEXT: u8 = 59;
    pub(crate) const DESTINATION: u8 = 60;
    pub(crate) const ND: u8 = 77;
    pub(crate) const IPCOMP: u8 = 108;
    pub(crate) const ETHERNET: u8 = 143;
}
