//! VLANs and entries of forwarding tables, in the shape of the text.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use serde_saphyr::{FlowMap, FlowSeq, Spanned};

use super::YamlError;
use super::form::spanned;
use super::settings::{Scalar, Settings};
use crate::document::Interface;
use crate::fdb::FdbEntry;
use crate::mac::Mac;
use crate::vlans::{VlanChange, VlanRange, Vlans};

/// `{pvid: 10, untagged: [10], tagged: [20, 30-40]}`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct VlansForm {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pvid: Option<u16>,
    #[serde(default = "nothing", skip_serializing_if = "is_empty")]
    untagged: Ranges,
    #[serde(default = "nothing", skip_serializing_if = "is_empty")]
    tagged: Ranges,
}

type Ranges = FlowSeq<Vec<Spanned<Scalar>>>;

fn nothing() -> Ranges {
    FlowSeq(Vec::new())
}

fn is_empty(ranges: &Ranges) -> bool {
    ranges.0.is_empty()
}

/// `{mac: 02:00:00:00:00:01, vlan: 10}`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FdbForm {
    mac: Spanned<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    vlan: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    dst: Option<IpAddr>,
}

/// Sets what is said; whether it can be is checked once all is there.
pub(super) fn set(interface: &mut Interface, settings: &Settings) -> Result<(), YamlError> {
    interface.vlans = match &settings.vlans {
        Some(form) => Some(
            vlans(&form.value.0)
                .map_err(|(place, error)| YamlError::at(place.unwrap_or(form.defined), error))?,
        ),
        None => None,
    };
    for form in &settings.fdb {
        let FdbForm { mac, vlan, dst } = &form.value.0;
        let read = Mac::any(&mac.value).map_err(|error| YamlError::at(mac.defined, error))?;
        let entry = FdbEntry {
            mac: read,
            vlan: *vlan,
            dst: *dst,
        };
        if !interface.fdb.insert(entry) {
            let error = format!("{entry} is there twice");
            return Err(YamlError::at(form.defined, error));
        }
    }
    Ok(())
}

type Wrong = (Option<serde_saphyr::Location>, String);

fn vlans(form: &VlansForm) -> Result<Vlans, Wrong> {
    let mut vlans = Vlans::default();
    for (ranges, untagged) in [(&form.untagged, true), (&form.tagged, false)] {
        for text in &ranges.0 {
            let wrong = |error| (Some(text.defined), error);
            let range: VlanRange = text.value.text().parse().map_err(wrong)?;
            if range.iter().any(|vlan| vlans.members.contains_key(&vlan)) {
                return Err(wrong(format!("{range} is there twice")));
            }
            vlans.add(VlanChange {
                range,
                pvid: false,
                untagged,
            });
        }
    }
    vlans.pvid = form.pvid;
    vlans.check().map_err(|error| (None, error))?;
    Ok(vlans)
}

pub(super) fn vlans_said(interface: &Interface) -> Option<Spanned<FlowMap<VlansForm>>> {
    let vlans = interface.vlans.as_ref()?;
    let ranges = |untagged| {
        let ranges = vlans.ranges(untagged).into_iter();
        FlowSeq(ranges.map(|range| spanned(scalar(range))).collect())
    };
    Some(spanned(FlowMap(VlansForm {
        pvid: vlans.pvid,
        untagged: ranges(true),
        tagged: ranges(false),
    })))
}

fn scalar(range: VlanRange) -> Scalar {
    match range.first == range.last {
        true => Scalar::Number(range.first.into()),
        false => Scalar::Text(range.to_string()),
    }
}

pub(super) fn fdb_said(interface: &Interface) -> Vec<Spanned<FlowMap<FdbForm>>> {
    let entries = interface.fdb.iter().map(|entry| {
        spanned(FlowMap(FdbForm {
            mac: spanned(entry.mac.to_string()),
            vlan: entry.vlan,
            dst: entry.dst,
        }))
    });
    entries.collect()
}
