//! Devices and ports: what `ip link` says after `type`, as attributes.
//!
//! What they are is in `topology`'s tables; here is only how bytes are laid
//! out: one function each way for all kinds.

use std::collections::BTreeMap;
use std::net::IpAddr;

use netlink_packet_core::{NLM_F_CREATE, NLM_F_EXCL};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::link::{
    InfoData, InfoKind, InfoPortData, InfoPortKind, LinkAttribute, LinkInfo, LinkMessage,
};
use topology::kind::parameter::Width;
use topology::kind::{Changes, Device, DeviceKind, Form, Parameter, Parameters, Value, port};

use super::attributes::Attributes;
use super::link::{indexed, named};
use super::{Failure, Socket};

/// Attributes of linux/if_link.h.
const IFLA_INFO_DATA: u16 = 2;
const IFLA_INFO_SLAVE_KIND: u16 = 4;
const IFLA_INFO_SLAVE_DATA: u16 = 5;
/// Length of an attribute's header, and what attributes are aligned to.
const HEADER: usize = 4;

impl Socket {
    /// Makes a device, down; other interfaces by index, in the namespace that the socket's own has
    /// this number for, if they are not in its own.
    pub(crate) fn add_device(
        &mut self,
        name: &str,
        device: &Device<u32>,
        below: Option<i32>,
    ) -> Result<(), Failure> {
        let table = device.kind.table();
        let mut link = named(name);
        link.attributes
            .extend(below.map(LinkAttribute::LinkNetNsId));
        let changes = device.parameters.as_changes();
        if let Some(Value::Link(lower)) = lower(table.parameters, &changes) {
            link.attributes.push(LinkAttribute::Link(*lower));
        }
        link.attributes.push(info(device.kind, &changes));
        self.change(
            RouteNetlinkMessage::NewLink(link),
            NLM_F_CREATE | NLM_F_EXCL,
        )
    }

    /// Changes parameters of a device in place.
    pub(crate) fn set_parameters(
        &mut self,
        index: u32,
        kind: DeviceKind,
        changes: &Changes<u32>,
    ) -> Result<(), Failure> {
        let mut link = indexed(index);
        link.attributes.push(info(kind, changes));
        // Not SetLink: that leaves IFLA_LINKINFO unread.
        self.change(RouteNetlinkMessage::NewLink(link), 0)
    }

    /// Changes what is set on a port of a bridge.
    pub(crate) fn set_port(&mut self, index: u32, changes: &Changes<u32>) -> Result<(), Failure> {
        let mut link: LinkMessage = indexed(index);
        link.attributes.push(LinkAttribute::LinkInfo(vec![
            LinkInfo::PortKind(InfoPortKind::Bridge),
            LinkInfo::PortData(InfoPortData::Other(written(port::TABLE, changes))),
        ]));
        self.change(RouteNetlinkMessage::NewLink(link), 0)
    }

    /// Sets the link-layer address.
    pub(crate) fn set_mac(&mut self, index: u32, mac: [u8; 6]) -> Result<(), Failure> {
        let mut link = indexed(index);
        link.attributes.push(LinkAttribute::Address(mac.to_vec()));
        self.change(RouteNetlinkMessage::SetLink(link), 0)
    }
}

fn info(kind: DeviceKind, changes: &Changes<u32>) -> LinkAttribute {
    let table = kind.table();
    let data = written(table.parameters, changes);
    LinkAttribute::LinkInfo(vec![
        LinkInfo::Kind(InfoKind::Other(table.name.to_owned())),
        LinkInfo::Data(InfoData::Other(data)),
    ])
}

/// What the device stands on.
fn lower<'c>(table: &[Parameter], changes: &'c Changes<u32>) -> Option<&'c Value<u32>> {
    let lower = table.iter().find(|p| p.form == Form::Lower)?;
    changes.get(lower.name)?.as_ref()
}

/// Parameters as the bytes of `IFLA_INFO_DATA`.
fn written(table: &[Parameter], changes: &Changes<u32>) -> Vec<u8> {
    let mut bytes = Vec::new();
    // Bits that share an attribute.
    let mut shared: BTreeMap<u16, u16> = BTreeMap::new();
    for parameter in table {
        if let Some(value) = changes.get(parameter.name) {
            if let Some((attribute, bit)) = bit(parameter) {
                let is_on = match parameter.form {
                    Form::Switch(..) => *value == Some(Value::Number(1)),
                    _ => value.is_some(),
                };
                *shared.entry(attribute).or_default() |= if is_on { bit } else { 0 };
            }
            if let Some((attribute, payload)) = attribute(parameter, value.as_ref()) {
                push(&mut bytes, attribute, &payload);
            }
        }
    }
    for (attribute, bits) in shared {
        push(&mut bytes, attribute, &bits.to_be_bytes());
    }
    bytes
}

/// Appends an attribute.
fn push(bytes: &mut Vec<u8>, attribute: u16, payload: &[u8]) {
    let length = u16::try_from(HEADER + payload.len()).unwrap_or(u16::MAX);
    bytes.extend(length.to_ne_bytes());
    bytes.extend(attribute.to_ne_bytes());
    bytes.extend(payload);
    bytes.resize(bytes.len().next_multiple_of(HEADER), 0);
}

/// The bit of an attribute that a parameter is, or that says whether it counts.
fn bit(parameter: &Parameter) -> Option<(u16, u16)> {
    match parameter.form {
        Form::Switch(Width::Bit(bit), _) => Some((parameter.attribute, bit)),
        Form::Number {
            width: Width::Be32If { attribute, bit },
            ..
        } => Some((attribute, bit)),
        _ => None,
    }
}

/// A parameter's attribute and its value; nothing is an address or index of zeros.
fn attribute(parameter: &Parameter, value: Option<&Value<u32>>) -> Option<(u16, Vec<u8>)> {
    let number = |width, number| Some((parameter.attribute, of_width(width, number)));
    match (parameter.form, value) {
        (Form::Lower, _) | (Form::Switch(Width::Bit(_), _), _) => None,
        (Form::Switch(width, _), Some(Value::Number(n)))
        | (Form::Number { width, .. }, Some(Value::Number(n)))
        | (Form::Choice { width, .. }, Some(Value::Number(n))) => number(width, *n),
        (Form::Time { .. }, Some(Value::Number(n))) => number(Width::U32, *n),
        (Form::Address { ipv6, .. }, Some(Value::Address(address))) => match address {
            IpAddr::V4(address) => Some((parameter.attribute, address.octets().to_vec())),
            IpAddr::V6(address) => Some((ipv6?, address.octets().to_vec())),
        },
        (Form::Address { .. }, None) => Some((parameter.attribute, vec![0; 4])),
        (Form::Link, Some(Value::Link(index))) => number(Width::U32, u64::from(*index)),
        (Form::Link, None) => number(Width::U32, 0),
        _ => None,
    }
}

/// The tables say in which range a number is; what is beyond its width is cut.
fn of_width(width: Width, number: u64) -> Vec<u8> {
    match width {
        Width::U8 => vec![u8::try_from(number).unwrap_or(u8::MAX)],
        Width::U16 => u16::try_from(number)
            .unwrap_or(u16::MAX)
            .to_ne_bytes()
            .to_vec(),
        Width::Be16 => u16::try_from(number)
            .unwrap_or(u16::MAX)
            .to_be_bytes()
            .to_vec(),
        Width::U32 => u32::try_from(number)
            .unwrap_or(u32::MAX)
            .to_ne_bytes()
            .to_vec(),
        Width::Be32If { .. } => u32::try_from(number)
            .unwrap_or(u32::MAX)
            .to_be_bytes()
            .to_vec(),
        // It is no value of its own: see `written`.
        Width::Bit(_) => Vec::new(),
    }
}

/// The device of a row, if it is of a kind that documents have. `lower` is its `IFLA_LINK`.
pub(super) fn device(info: Attributes<'_>, kind: &str, lower: Option<u32>) -> Option<Device<u32>> {
    let kind = DeviceKind::named(kind)?;
    let data = info.nested(IFLA_INFO_DATA);
    Some(Device {
        kind,
        parameters: read(kind.table().parameters, data, lower),
    })
}

/// What is set on a port of a bridge; empty if the row is none.
pub(super) fn port(info: Attributes<'_>) -> Parameters<u32> {
    match info.text(IFLA_INFO_SLAVE_KIND).as_deref() {
        Some("bridge") => read(port::TABLE, info.nested(IFLA_INFO_SLAVE_DATA), None),
        _ => Parameters::default(),
    }
}

fn read(table: &[Parameter], data: Attributes<'_>, lower: Option<u32>) -> Parameters<u32> {
    let values = table.iter().filter_map(|parameter| {
        let value = value(parameter, data, lower)?;
        // Not within the table: of a newer kernel, or of another parameter that has the attribute.
        parameter.check(&value).ok()?;
        Some((parameter.name.to_owned(), value))
    });
    values.collect()
}

fn value(parameter: &Parameter, data: Attributes<'_>, lower: Option<u32>) -> Option<Value<u32>> {
    let bytes = || data.get(parameter.attribute);
    let counts = |width| match width {
        Width::Be32If { attribute, bit } => {
            let flags = data.get(attribute).and_then(<[u8]>::first_chunk);
            flags.is_some_and(|flags| u16::from_be_bytes(*flags) & bit != 0)
        }
        _ => true,
    };
    match parameter.form {
        Form::Switch(width, _) => Some(Value::Number(u64::from(from_width(width, bytes()?)? != 0))),
        Form::Number { width, .. } if !counts(width) => None,
        Form::Number { width, .. } | Form::Choice { width, .. } => {
            Some(Value::Number(from_width(width, bytes()?)?))
        }
        Form::Time { .. } => Some(Value::Number(from_width(Width::U32, bytes()?)?)),
        Form::Address { ipv6, .. } => {
            let found = data.address(parameter.attribute);
            let found = found.or_else(|| data.address(ipv6?))?;
            (!found.is_unspecified()).then_some(Value::Address(found))
        }
        Form::Lower => lower.map(Value::Link),
        // Not in `IFLA_INFO_DATA`: see `super::wireguard`.
        Form::Secret | Form::Peers => None,
        Form::Link => data
            .u32(parameter.attribute)
            .filter(|index| *index != 0)
            .map(Value::Link),
    }
}

fn from_width(width: Width, bytes: &[u8]) -> Option<u64> {
    Some(match width {
        Width::U8 => u64::from(*bytes.first()?),
        Width::U16 => u64::from(u16::from_ne_bytes(*bytes.first_chunk()?)),
        Width::Be16 => u64::from(u16::from_be_bytes(*bytes.first_chunk()?)),
        Width::U32 => u64::from(u32::from_ne_bytes(*bytes.first_chunk()?)),
        Width::Be32If { .. } => u64::from(u32::from_be_bytes(*bytes.first_chunk()?)),
        Width::Bit(bit) => u64::from(u16::from_be_bytes(*bytes.first_chunk()?) & bit),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        for kind in DeviceKind::ALL {
            let table = kind.table().parameters;
            let mut said = Parameters::default().with_usual(table);
            for parameter in table {
                let value = match parameter.form {
                    Form::Number { most, .. } => Value::Number(most),
                    Form::Address { .. } => parameter
                        .read("192.0.2.1", |_| Err::<u32, _>(String::new()))
                        .unwrap_or(Value::Address([239, 0, 0, 1].into())),
                    Form::Lower | Form::Link => Value::Link(7),
                    Form::Switch(..) | Form::Choice { .. } | Form::Time { .. } => continue,
                    Form::Secret | Form::Peers => continue,
                };
                // One attribute of two parameters has the value of one of them.
                if parameter.name != "group" {
                    said.set(parameter.name, Some(value));
                }
            }
            let bytes = written(table, &said.as_changes());
            let data = Attributes::after(0, &bytes).unwrap();
            assert_eq!(read(table, data, Some(7)), said, "{kind}");
            for end in 0..bytes.len() {
                let cut = Attributes::after(0, bytes.get(..end).unwrap()).unwrap();
                let _no_panic = read(table, cut, None);
            }
        }
    }

    #[test]
    fn nothing_is_zeros() {
        let table = DeviceKind::Gre.table().parameters;
        let nothing = Changes::from([("remote".to_owned(), None), ("dev".to_owned(), None)]);
        let bytes = written(table, &nothing);
        assert_eq!(bytes.len(), 16);
        let data = Attributes::after(0, &bytes).unwrap();
        assert!(read(table, data, None).is_empty());
    }
}
