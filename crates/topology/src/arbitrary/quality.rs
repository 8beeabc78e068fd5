//! What is done to frames.

use super::{COMMON, Wish};
use crate::document::Document;
use crate::edit::Edit;
use crate::quality::{Measure, Quality, Unit};

impl Wish {
    /// Without `netem` where only common kinds of device are wanted: slim kernels lack it, too.
    pub(super) fn set_quality(&self, document: &Document) -> Edit {
        let has_all = self.devices.len() > COMMON.len();
        let number = u64::from(self.b) + 1;
        let mut quality = Quality::default();
        for (place, measure) in (0_u32..).zip(Measure::ALL) {
            let is_said = self.c & (1 << place) != 0;
            if !is_said || (measure.is_netem() && !has_all) {
                continue;
            }
            let number = match measure.unit() {
                Unit::Time => number * 1_000,
                Unit::Probability => number,
                Unit::Frames => number,
                Unit::Rate => number * 8_000,
                // A frame fits in any case.
                Unit::Size => 70_000 + number,
            };
            measure.set(&mut quality, Some(number));
        }
        let quality = quality.without_idle();
        Edit::SetQuality {
            interface: self.interface(document),
            quality: Some(quality).filter(|_| self.on || self.a.is_multiple_of(3)),
        }
    }
}
