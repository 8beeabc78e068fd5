//! An interface from what its settings say, and the settings from an interface.

use serde_saphyr::{FlowMap, Spanned};

use super::form::spanned;
use super::names::Names;
use super::settings::{Said, Scalar, Settings};
use super::{YamlError, advertise, entries, neighbour, offload, quality, sysctl, tables};
use crate::address::parse_interface_address;
use crate::document::{Device, DeviceKind, Document, Interface, Kind};
use crate::id::InterfaceId;
use crate::kind::parameters::parameter;
use crate::kind::{Form, Parameter, Parameters, port};
use crate::status::lower_text;

/// Sets what needs no other interface. `names` are the keys that any interface takes, for the
/// message about an unknown one.
pub(super) fn set(interface: &mut Interface, settings: &Settings) -> Result<(), YamlError> {
    interface.up = settings.up;
    interface.mtu = settings.mtu;
    if let Some(mac) = &settings.mac {
        let read = mac.value.parse();
        interface.mac = Some(read.map_err(|error: String| at(mac, error))?);
    }
    for text in &settings.addresses {
        let address = parse_interface_address(&text.value);
        interface
            .addresses
            .push(address.map_err(|error| at(text, error.to_string()))?);
    }
    interface.quality = quality::read(&settings.quality)?;
    tables::set(interface, settings)?;
    interface.neighbours = neighbour::read(&settings.neighbours)?;
    interface.sysctls = sysctl::read(&settings.sysctl, true)?;
    interface.offloads = offload::read(&settings.offload)?;
    interface.advertise = advertise::read(settings.advertise.as_ref())?;
    if interface.kind.device().is_none()
        && let Some((name, value)) = settings.parameters.first()
    {
        let what = match interface.kind {
            Kind::Loopback => "a loopback",
            _ => "the end of a link",
        };
        return Err(at(
            value,
            format!("unknown key `{name}`: {what} has none of that name"),
        ));
    }
    if let (Some(kind), None | Some(DeviceKind::Bridge)) =
        (&settings.kind, interface.kind.device().map(|d| d.kind))
    {
        return Err(at(
            kind,
            "`type` is for what stands under `interfaces`".to_owned(),
        ));
    }
    Ok(())
}

/// The kind that the settings of an entry under `interfaces` name.
pub(super) fn kind_of(
    name: &str,
    form: &Spanned<FlowMap<Settings>>,
) -> Result<DeviceKind, YamlError> {
    let Some(kind) = &form.value.0.kind else {
        let error = format!("{name}: it needs a `type`: one of {}", DeviceKind::names());
        return Err(YamlError::at(form.defined, error));
    };
    DeviceKind::named(&kind.value).ok_or_else(|| {
        let known = DeviceKind::names();
        at(
            kind,
            format!("there is no type `{}`: it is one of {known}", kind.value),
        )
    })
}

/// Sets what names other interfaces: all are there by now.
pub(super) fn tie(
    document: &mut Document,
    names: &Names,
    id: InterfaceId,
    settings: &Settings,
) -> Result<(), YamlError> {
    let Some(interface) = document.interfaces.get(&id) else {
        return Ok(());
    };
    let mut tied = interface.clone();
    let place = document.describe_namespace(tied.namespace);
    let find = |name: &str| {
        let found = names.interface(tied.namespace, name);
        found.ok_or_else(|| format!("there is no interface {name} in {place}"))
    };
    // `NAMESPACE/INTERFACE`, or one of its own namespace.
    let lower = |name: &str| {
        let Some((namespace, name)) = name.split_once('/') else {
            return find(name);
        };
        let found = names.namespace(namespace);
        let found = found.ok_or_else(|| format!("there is no namespace {namespace}"))?;
        let found = names.interface(found, name);
        found.ok_or_else(|| format!("there is no interface {name} in {namespace}"))
    };
    if let Some((word, name)) = &settings.master {
        let found = find(&name.value).ok().filter(|id| {
            let device = document.interfaces.get(id).and_then(|i| i.kind.device());
            device.is_some_and(|device| device.kind.table().ports == Some(*word))
        });
        let missing = || {
            at(
                name,
                format!("there is no {word} {} in {place}", name.value),
            )
        };
        tied.master = Some(found.ok_or_else(missing)?);
    }
    if let Some(name) = &settings.underlay {
        let found = document.namespace_named(&name.value);
        let missing = || at(name, format!("there is no namespace {}", name.value));
        tied.underlay = Some(found.ok_or_else(missing)?).filter(|id| *id != tied.namespace);
    }
    tied.port = read(port::NAME, port::TABLE, &settings.port, find)?;
    if let Some(device) = interface.kind.device() {
        let kind = device.kind;
        let table = kind.table();
        let parameters = read(table.name, table.parameters, &settings.parameters, lower)?;
        tied.kind = Kind::Device(Device { kind, parameters });
    }
    document.interfaces.insert(id, tied);
    Ok(())
}

fn read(
    what: &str,
    table: &[Parameter],
    said: &Said,
    find: impl Fn(&str) -> Result<InterfaceId, String>,
) -> Result<Parameters<InterfaceId>, YamlError> {
    let values = said.iter().map(|(name, value)| {
        let read = parameter(what, table, name)
            .map_err(|known| format!("unknown key `{name}`: {known}"))
            .and_then(|parameter| parameter.read(&value.value.text(), &find));
        Ok((name.clone(), read.map_err(|error| at(value, error))?))
    });
    values.collect()
}

/// What is said of an interface.
pub(super) fn settings(document: &Document, interface: &Interface) -> Settings {
    let name = |id: &InterfaceId| Some(document.interfaces.get(id)?.name.to_string());
    let lower = |id: &InterfaceId| lower_text(document, interface.namespace, *id);
    let master = interface.master.and_then(|id| document.interfaces.get(&id));
    let device = interface.kind.device();
    let said_kind = device
        .map(|d| d.kind)
        .filter(|kind| *kind != DeviceKind::Bridge);
    let parameters = device.map(|device| {
        let table = device.kind.table().parameters;
        said(table, device.parameters.map(lower))
    });
    Settings {
        kind: said_kind.map(|kind| spanned(kind.name().to_owned())),
        up: interface.up,
        mtu: interface.mtu,
        mac: interface.mac.map(|mac| spanned(mac.to_string())),
        master: master.and_then(|master| {
            let word = master.kind.device()?.kind.table().ports?;
            Some((word, spanned(master.name.to_string())))
        }),
        underlay: interface.underlay.and_then(|id| {
            let found = document.namespaces.get(&id)?;
            Some(spanned(found.name.to_string()))
        }),
        port: said(port::TABLE, interface.port.map(name)),
        parameters: parameters.unwrap_or_default(),
        addresses: interface
            .addresses
            .iter()
            .map(|address| spanned(address.to_string()))
            .collect(),
        quality: quality::said(interface.quality.as_ref()),
        vlans: tables::vlans_said(interface),
        fdb: tables::fdb_said(interface),
        neighbours: neighbour::said(interface),
        sysctl: sysctl::said(&interface.sysctls),
        offload: offload::said(&interface.offloads),
        advertise: advertise::said(interface.advertise.as_ref()),
    }
}

/// Parameters in the table's order.
fn said(table: &[Parameter], values: Option<Parameters<String>>) -> Said {
    let values = values.unwrap_or_default();
    let said = table.iter().filter_map(|parameter| {
        let value = values.get(parameter.name)?;
        let text = parameter.text(value, Clone::clone);
        let scalar = match parameter.form {
            Form::Peers => Scalar::Entries(entries::of(value)),
            Form::Switch(..) => Scalar::Switch(text == "true"),
            Form::Number { .. } | Form::Time { .. } => {
                text.parse().map_or(Scalar::Text(text), Scalar::Number)
            }
            _ => Scalar::Text(text),
        };
        Some((parameter.name.to_owned(), spanned(scalar)))
    });
    said.collect()
}

fn at<T>(place: &Spanned<T>, error: String) -> YamlError {
    YamlError::at(place.defined, error)
}
