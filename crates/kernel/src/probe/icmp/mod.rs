//! ICMP and ICMPv6 through raw sockets: what every probe that sends or hears them shares.

pub(in crate::probe) mod filter;
pub(in crate::probe) mod meaning;
pub(in crate::probe) mod packet;
pub(in crate::probe) mod scope;
pub(in crate::probe) mod socket;
