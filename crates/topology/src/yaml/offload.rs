//! What is left to an interface.

use super::YamlError;
use super::form::spanned;
use super::settings::{Said, Scalar};
use crate::offload::Offloads;

/// Reads what stands under `offload`.
pub(super) fn read(said: &Said) -> Result<Offloads, YamlError> {
    let values = said.iter().map(|(name, value)| {
        let at = |error| YamlError::at(value.defined, error);
        let offload = name.parse().map_err(at)?;
        let on = match value.value.text().as_str() {
            "true" | "on" => true,
            "false" | "off" => false,
            other => return Err(at(format!("`{name}: {other}`: it is true or false"))),
        };
        Ok((offload, on))
    });
    values.collect()
}

/// What is to stand there.
pub(super) fn said(offloads: &Offloads) -> Said {
    let said = offloads.iter();
    said.map(|(offload, on)| (offload.to_string(), spanned(Scalar::Switch(*on))))
        .collect()
}
