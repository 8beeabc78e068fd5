//! Settings of the kernel.

use super::YamlError;
use super::form::spanned;
use super::settings::{Said, Scalar};
use crate::sysctl::{Sysctls, setting};

/// Reads what stands under `sysctl`.
pub(super) fn read(said: &Said, of_interface: bool) -> Result<Sysctls, YamlError> {
    let values = said.iter().map(|(name, value)| {
        let text = match &value.value {
            // As a person may write a switch.
            Scalar::Switch(on) => u8::from(*on).to_string(),
            other => other.text(),
        };
        let read = setting(name, of_interface).and_then(|setting| setting.read(&text));
        let read = read.map_err(|error| YamlError::at(value.defined, error))?;
        Ok((name.clone(), read))
    });
    values.collect()
}

/// What is to stand there.
pub(super) fn said(settings: &Sysctls) -> Said {
    let scalar = |value: i32| match u64::try_from(value) {
        Ok(number) => Scalar::Number(number),
        Err(_) => Scalar::Text(value.to_string()),
    };
    let said = settings.iter();
    said.map(|(name, value)| (name.clone(), spanned(scalar(*value))))
        .collect()
}
