//! What is done to the frames that leave an interface: `{delay: 10ms, loss: 1%}`.

use super::YamlError;
use super::form::spanned;
use super::settings::{Said, Scalar};
use crate::quality::{Measure, Quality, Unit};

/// A quality as it is written; nothing if there is none.
pub(super) fn said(quality: Option<&Quality>) -> Said {
    let said = quality.into_iter().flat_map(Quality::said);
    said.map(|(measure, number)| {
        let scalar = match measure.unit() {
            Unit::Frames => Scalar::Number(number),
            _ => Scalar::Text(measure.text(number)),
        };
        (measure.name().to_owned(), spanned(scalar))
    })
    .collect()
}

pub(super) fn read(said: &Said) -> Result<Option<Quality>, YamlError> {
    let mut quality = Quality::default();
    for (name, value) in said {
        let fail = |error| YamlError::at(value.defined, error);
        let measure = Measure::named(name).ok_or_else(|| {
            let names = Measure::ALL.map(Measure::name).join(", ");
            fail(format!("unknown key `{name}`: a quality has {names}"))
        })?;
        let number = measure.read(&value.value.text()).map_err(fail)?;
        measure.set(&mut quality, Some(number));
    }
    Ok((!quality.is_empty()).then_some(quality))
}
