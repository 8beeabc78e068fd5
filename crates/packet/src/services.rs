//! Which protocol a datagram carries, by its ports.

/// A protocol over UDP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Service {
    Dns,
    Mdns,
    Dhcp,
    Dhcpv6,
    Ntp,
    Vxlan,
}

/// The protocol of a datagram. When both ports are known the lower decides, as in Wireshark.
pub(crate) fn of_ports(source: u16, destination: u16) -> Option<Service> {
    of_port(source.min(destination)).or_else(|| of_port(source.max(destination)))
}

fn of_port(port: u16) -> Option<Service> {
    Some(match port {
        53 => Service::Dns,
        67 | 68 => Service::Dhcp,
        123 => Service::Ntp,
        546 | 547 => Service::Dhcpv6,
        5353 => Service::Mdns,
        // The second is what Linux's VXLAN had first.
        4789 | 8472 => Service::Vxlan,
        _ => return None,
    })
}
