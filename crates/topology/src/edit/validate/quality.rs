//! What is done to the frames that leave an interface.

use super::super::error::{EditError, Field, Place, Reason};
use super::refuse;
use crate::document::Document;
use crate::id::InterfaceId;
use crate::plan::Mtus;
use crate::quality::{Measure, Quality};

/// Refuses what the kernel would refuse, or take and not do.
pub(in crate::edit) fn quality(
    document: &Document,
    id: InterfaceId,
    quality: Option<&Quality>,
) -> Result<(), EditError> {
    let Some(quality) = quality else {
        return Ok(());
    };
    let checked = quality.check();
    checked.map_err(|(measure, why)| wrong(document, id, measure, why))
}

/// Refuses bursts and queues into which no frame fits; `edited` is what was just changed, if it was
/// one interface: then its MTU is to blame, or that of another that follows it.
pub(super) fn mtus(
    document: &Document,
    mtus: &Mtus<'_>,
    edited: Option<InterfaceId>,
) -> Result<(), EditError> {
    for (&id, interface) in &document.interfaces {
        let Some(quality) = &interface.quality else {
            continue;
        };
        let Some(mtu) = mtus.of(id, interface) else {
            continue;
        };
        if let Err((measure, why)) = quality.check_mtu(mtu) {
            let why = match edited {
                Some(edited) if edited != id => {
                    format!("{}: {why}", document.describe_interface(id))
                }
                _ => why,
            };
            return Err(wrong(document, edited.unwrap_or(id), Some(measure), why));
        }
    }
    Ok(())
}

fn wrong(document: &Document, id: InterfaceId, measure: Option<Measure>, why: String) -> EditError {
    let place = Place::Interface(id, Some(Field::Quality));
    let measure = measure.map(Measure::name).unwrap_or_default().to_owned();
    refuse(document, place, Reason::Quality { measure, why })
}
