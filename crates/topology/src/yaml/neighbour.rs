//! Static neighbours and proxy entries, in the shape of the text.

use std::collections::BTreeSet;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use serde_saphyr::{FlowMap, Spanned};

use super::YamlError;
use super::form::spanned;
use crate::document::Interface;
use crate::neighbour::Neighbour;

/// `{address: 10.0.0.2, mac: 02:00:00:00:00:02}`, `{address: 10.0.0.9, proxy: true}`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NeighbourForm {
    address: IpAddr,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mac: Option<Spanned<String>>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    proxy: bool,
}

/// Reads what stands under `neighbours`.
pub(super) fn read(
    forms: &[Spanned<FlowMap<NeighbourForm>>],
) -> Result<BTreeSet<Neighbour>, YamlError> {
    let mut all = BTreeSet::new();
    for form in forms {
        let NeighbourForm {
            address,
            mac,
            proxy,
        } = &form.value.0;
        if mac.is_some() == *proxy {
            let error = format!("{address}: it needs a `mac`, or `proxy: true`");
            return Err(YamlError::at(form.defined, error));
        }
        let mac = match mac {
            Some(mac) => {
                let read = mac.value.parse();
                Some(read.map_err(|error: String| YamlError::at(mac.defined, error))?)
            }
            None => None,
        };
        let address = *address;
        let neighbour = Neighbour { address, mac };
        let checked = neighbour.check();
        checked.map_err(|error| YamlError::at(form.defined, error))?;
        if !all.insert(neighbour) {
            let error = format!("{neighbour} is there twice");
            return Err(YamlError::at(form.defined, error));
        }
    }
    Ok(all)
}

/// What is to stand there.
pub(super) fn said(interface: &Interface) -> Vec<Spanned<FlowMap<NeighbourForm>>> {
    let entries = interface.neighbours.iter().map(|neighbour| {
        spanned(FlowMap(NeighbourForm {
            address: neighbour.address,
            mac: neighbour.mac.map(|mac| spanned(mac.to_string())),
            proxy: neighbour.is_proxy(),
        }))
    });
    entries.collect()
}
