//! What an interface advertises, in the shape of the text.

use std::net::Ipv6Addr;

use serde::{Deserialize, Serialize};
use serde_saphyr::{FlowMap, Spanned};

use super::YamlError;
use super::form::spanned;
use crate::advertise::{Advertisement, INTERVAL, LIFETIME};

/// `{prefixes: [fd00:1::/64], lifetime: 1800, interval: 600, mtu: 1500, dns: [fd00:1::53]}`; what
/// is usual is not said.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AdvertiseForm {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    prefixes: Vec<Spanned<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lifetime: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    interval: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mtu: Option<u32>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    dns: Vec<Ipv6Addr>,
}

/// Reads what stands under `advertise`.
pub(super) fn read(
    form: Option<&Spanned<FlowMap<AdvertiseForm>>>,
) -> Result<Option<Advertisement>, YamlError> {
    let Some(form) = form else {
        return Ok(None);
    };
    let said = &form.value.0;
    let prefixes = said.prefixes.iter().map(|text| {
        let read = text.value.parse();
        read.map_err(|error: String| YamlError::at(text.defined, error))
    });
    let advertisement = Advertisement {
        prefixes: prefixes.collect::<Result<_, _>>()?,
        lifetime: said.lifetime.unwrap_or(LIFETIME),
        interval: said.interval.unwrap_or(INTERVAL),
        mtu: said.mtu,
        dns: said.dns.clone(),
    };
    let checked = advertisement.check();
    checked.map_err(|error| YamlError::at(form.defined, error))?;
    Ok(Some(advertisement))
}

/// What is to stand there.
pub(super) fn said(
    advertisement: Option<&Advertisement>,
) -> Option<Spanned<FlowMap<AdvertiseForm>>> {
    let advertisement = advertisement?;
    let prefixes = advertisement.prefixes.iter();
    Some(spanned(FlowMap(AdvertiseForm {
        prefixes: prefixes.map(|p| spanned(p.to_string())).collect(),
        lifetime: Some(advertisement.lifetime).filter(|said| *said != LIFETIME),
        interval: Some(advertisement.interval).filter(|said| *said != INTERVAL),
        mtu: advertisement.mtu,
        dns: advertisement.dns.clone(),
    })))
}
