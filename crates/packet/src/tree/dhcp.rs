//! DHCP for IPv4 and BOOTP.

use super::build::{Cut, Dissection, Step};
use super::field::{Field, FieldType, Value, fields};
use crate::tree::Names;

const OPERATIONS: Names = &[(1, "Boot Request"), (2, "Boot Reply")];
const HARDWARE: Names = &[(1, "Ethernet"), (6, "IEEE 802")];

pub(crate) const MESSAGES: Names = &[
    (1, "Discover"),
    (2, "Offer"),
    (3, "Request"),
    (4, "Decline"),
    (5, "ACK"),
    (6, "NAK"),
    (7, "Release"),
    (8, "Inform"),
];

const OPTIONS: Names = &[
    (0, "Padding"),
    (1, "Subnet Mask"),
    (2, "Time Offset"),
    (3, "Router"),
    (4, "Time Server"),
    (5, "Name Server"),
    (6, "Domain Name Server"),
    (7, "Log Server"),
    (12, "Host Name"),
    (15, "Domain Name"),
    (17, "Root Path"),
    (26, "Interface MTU"),
    (28, "Broadcast Address"),
    (31, "Perform Router Discover"),
    (33, "Static Route"),
    (40, "Network Information Service Domain"),
    (41, "Network Information Service Servers"),
    (42, "Network Time Protocol Servers"),
    (43, "Vendor-Specific Information"),
    (44, "NetBIOS over TCP/IP Name Server"),
    (46, "NetBIOS over TCP/IP Node Type"),
    (47, "NetBIOS over TCP/IP Scope"),
    (50, "Requested IP Address"),
    (51, "IP Address Lease Time"),
    (52, "Option Overload"),
    (53, "DHCP Message Type"),
    (54, "DHCP Server Identifier"),
    (55, "Parameter Request List"),
    (56, "Message"),
    (57, "Maximum DHCP Message Size"),
    (58, "Renewal Time Value"),
    (59, "Rebinding Time Value"),
    (60, "Vendor class identifier"),
    (61, "Client identifier"),
    (66, "TFTP Server Name"),
    (67, "Bootfile name"),
    (77, "User Class Information"),
    (80, "Rapid commit"),
    (81, "Client Fully Qualified Domain Name"),
    (82, "Agent Information Option"),
    (93, "Client System Architecture"),
    (108, "IPv6-Only Preferred"),
    (114, "DHCP Captive-Portal"),
    (119, "Domain Search"),
    (121, "Classless Static Route"),
    (249, "Private/Classless Static Route (Microsoft)"),
    (252, "Private/Proxy autodiscovery"),
    (255, "End"),
];

fields! {
    PROTOCOL = "dhcp", "Dynamic Host Configuration Protocol", Protocol;
    OPERATION = "dhcp.type", "Message type", Decimal, OPERATIONS;
    HARDWARE_TYPE = "dhcp.hw.type", "Hardware type", Hex(2), HARDWARE;
    HARDWARE_LENGTH = "dhcp.hw.len", "Hardware address length", Decimal;
    HOPS = "dhcp.hops", "Hops", Decimal;
    ID = "dhcp.id", "Transaction ID", Hex(8);
    SECONDS = "dhcp.secs", "Seconds elapsed", Decimal;
    FLAGS = "dhcp.flags", "Bootp flags", Hex(4);
    BROADCAST = "dhcp.flags.bc", "Broadcast flag", Bool;
    RESERVED = "dhcp.flags.reserved", "Reserved flags", Hex(4);
    CLIENT = "dhcp.ip.client", "Client IP address", Ipv4;
    YOUR = "dhcp.ip.your", "Your (client) IP address", Ipv4;
    SERVER = "dhcp.ip.server", "Next server IP address", Ipv4;
    RELAY = "dhcp.ip.relay", "Relay agent IP address", Ipv4;
    MAC = "dhcp.hw.mac_addr", "Client MAC address", Ether;
    ADDRESS = "dhcp.hw.addr", "Client hardware address", Bytes;
    PADDING = "dhcp.hw.addr_padding", "Client hardware address padding", Bytes;
    SERVER_NAME = "dhcp.server", "Server host name", Text;
    FILE = "dhcp.file", "Boot file name", Text;
    COOKIE = "dhcp.cookie", "Magic cookie", Ipv4;
    OPTION = "dhcp.option.type", "Option", Decimal, OPTIONS;
    OPTION_LENGTH = "dhcp.option.length", "Length", Decimal;
    OPTION_VALUE = "dhcp.option.value", "Value", Bytes;
    OPTION_END = "dhcp.option.end", "Option End", Decimal;
    SUBNET_MASK = "dhcp.option.subnet_mask", "Subnet Mask", Ipv4;
    ROUTER = "dhcp.option.router", "Router", Ipv4;
    TIME_SERVER = "dhcp.option.time_server", "Time Server", Ipv4;
    DNS_SERVER = "dhcp.option.domain_name_server", "Domain Name Server", Ipv4;
    HOST_NAME = "dhcp.option.hostname", "Host Name", Text;
    DOMAIN_NAME = "dhcp.option.domain_name", "Domain Name", Text;
    INTERFACE_MTU = "dhcp.option.interface_mtu", "Interface MTU", Decimal;
    BROADCAST_ADDRESS = "dhcp.option.broadcast_address", "Broadcast Address", Ipv4;
    NTP_SERVER = "dhcp.option.ntp_server", "Network Time Protocol Server", Ipv4;
    REQUESTED = "dhcp.option.requested_ip_address", "Requested IP Address", Ipv4;
    LEASE = "dhcp.option.ip_address_lease_time", "IP Address Lease Time", Decimal;
    MESSAGE_TYPE = "dhcp.option.dhcp", "DHCP", Decimal, MESSAGES;
    SERVER_ID = "dhcp.option.dhcp_server_id", "DHCP Server Identifier", Ipv4;
    WANTED = "dhcp.option.request_list_item", "Parameter Request List Item", Decimal, OPTIONS;
    MESSAGE = "dhcp.option.message", "Message", Text;
    MAX_SIZE = "dhcp.option.dhcp_max_message_size", "Maximum DHCP Message Size", Decimal;
    RENEWAL = "dhcp.option.renewal_time_value", "Renewal Time Value", Decimal;
    REBINDING = "dhcp.option.rebinding_time_value", "Rebinding Time Value", Decimal;
    VENDOR_CLASS = "dhcp.option.vendor_class_id", "Vendor class identifier", Text;
    TFTP_SERVER = "dhcp.option.tftp_server_name", "TFTP Server Name", Text;
    BOOT_FILE = "dhcp.option.bootfile_name", "Bootfile name", Text;
}

/// What an option holds, for those with a field of their own.
fn option_field(option: u8) -> Option<&'static Field> {
    Some(match option {
        1 => &SUBNET_MASK,
        3 => &ROUTER,
        4 => &TIME_SERVER,
        6 => &DNS_SERVER,
        12 => &HOST_NAME,
        15 => &DOMAIN_NAME,
        26 => &INTERFACE_MTU,
        28 => &BROADCAST_ADDRESS,
        42 => &NTP_SERVER,
        50 => &REQUESTED,
        51 => &LEASE,
        53 => &MESSAGE_TYPE,
        54 => &SERVER_ID,
        55 => &WANTED,
        56 => &MESSAGE,
        57 => &MAX_SIZE,
        58 => &RENEWAL,
        59 => &REBINDING,
        60 => &VENDOR_CLASS,
        66 => &TFTP_SERVER,
        67 => &BOOT_FILE,
        _ => return None,
    })
}

const MAGIC: [u8; 4] = [0x63, 0x82, 0x53, 0x63];

impl Dissection<'_> {
    pub(super) fn dhcp(&mut self, p: usize) -> Step {
        let length = self.remaining(p);
        let index = self.protocol(&PROTOCOL, p, length)?;
        self.nest(|d| {
            d.number(&OPERATION, p, 1)?;
            d.number(&HARDWARE_TYPE, p + 1, 1)?;
            let size = d.number(&HARDWARE_LENGTH, p + 2, 1)? as usize;
            d.number(&HOPS, p + 3, 1)?;
            d.number(&ID, p + 4, 4)?;
            d.number(&SECONDS, p + 8, 2)?;
            let flags = d.number(&FLAGS, p + 10, 2)?;
            d.after_last(format_args!(
                "{}",
                if flags & 0x8000 != 0 {
                    ", Broadcast flag (Broadcast)"
                } else {
                    " (Unicast)"
                }
            ));
            d.nest(|d| {
                d.bits(&BROADCAST, p + 10, 2, 0x8000)?;
                d.bits(&RESERVED, p + 10, 2, 0x7fff)
            })?;
            for (i, field) in [&CLIENT, &YOUR, &SERVER, &RELAY].into_iter().enumerate() {
                d.ipv4_address(field, p + 12 + 4 * i)?;
            }
            if size == 6 {
                d.ether(&MAC, p + 28)?;
            } else if (1..=16).contains(&size) {
                d.bytes(&ADDRESS, p + 28, size)?;
            }
            let size = size.min(16);
            if size < 16 {
                d.bytes(&PADDING, p + 28 + size, 16 - size)?;
            }
            d.text(&SERVER_NAME, p + 44, 64)?;
            d.text(&FILE, p + 108, 128)?;
            if d.array::<4>(p + 236) != Ok(MAGIC) {
                return d.rest(p + 236);
            }
            let at = d.nodes.len();
            d.ipv4_address(&COOKIE, p + 236)?;
            d.label(at, format_args!("Magic cookie: DHCP"));
            d.dhcp_options(p + 240, index)
        })
    }

    fn dhcp_options(&mut self, mut p: usize, whole: usize) -> Step {
        while self.remaining(p) > 0 {
            let option = self.u8(p)?;
            if option == 0 {
                // Padding, as much as there is.
                p += 1;
                continue;
            }
            if option == 255 {
                let index = self.add(&OPTION, p, 1, Value::Unsigned(255))?;
                self.label(index, format_args!("Option: (255) End"));
                return self.nest(|d| d.number(&OPTION_END, p, 1)).map(|_| ());
            }
            let length = usize::from(self.u8(p + 1)?);
            let index = self.add(&OPTION, p, 2 + length, Value::Unsigned(option.into()))?;
            let name = OPTION.value_name(option.into()).unwrap_or("Unknown");
            self.label(index, format_args!("Option: ({option}) {name}"));
            self.nest(|d| d.dhcp_option(p, option, length, index, whole))?;
            p += 2 + length;
        }
        Err(Cut::Short)
    }

    fn dhcp_option(
        &mut self,
        p: usize,
        option: u8,
        length: usize,
        index: usize,
        whole: usize,
    ) -> Step {
        self.number(&OPTION_LENGTH, p + 1, 1)?;
        let data = p + 2;
        if length == 0 {
            return Ok(());
        }
        match option_field(option) {
            Some(field) if field.kind == FieldType::Ipv4 && length.is_multiple_of(4) => {
                for at in (data..data + length).step_by(4) {
                    self.ipv4_address(field, at)?;
                }
            }
            Some(field) if field.kind == FieldType::Text => {
                self.text(field, data, length)?;
            }
            Some(field) if option == 55 => {
                for at in data..data + length {
                    let wanted = self.u8(at)?;
                    let node = self.add(field, at, 1, Value::Unsigned(wanted.into()))?;
                    let name = field.value_name(wanted.into()).unwrap_or("Unknown");
                    self.label(
                        node,
                        format_args!("Parameter Request List Item: ({wanted}) {name}"),
                    );
                }
            }
            Some(field) if field.kind == FieldType::Decimal && matches!(length, 1 | 2 | 4) => {
                let value = self.number(field, data, length)?;
                if option == 53 {
                    let name = field.value_name(value).unwrap_or("Unknown");
                    self.label(
                        index,
                        format_args!("Option: (53) DHCP Message Type ({name})"),
                    );
                    self.label(
                        whole,
                        format_args!("Dynamic Host Configuration Protocol ({name})"),
                    );
                }
            }
            _ if option == 61 && length == 7 && self.u8(data)? == 1 => {
                self.number(&HARDWARE_TYPE, data, 1)?;
                self.ether(&MAC, data + 1)?;
            }
            _ => self.bytes(&OPTION_VALUE, data, length)?,
        }
        Ok(())
    }
}
