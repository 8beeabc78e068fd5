//! What nobody dissects.

use super::build::{Dissection, Step};
use super::field::{Value, fields};

fields! {
    PROTOCOL = "data", "Data", Protocol;
    DATA = "data.data", "Data", Bytes;
    LENGTH = "data.len", "Length", Decimal;
}

impl Dissection<'_> {
    /// The rest from `p` on, if there is any.
    pub(super) fn rest(&mut self, p: usize) -> Step {
        let length = self.remaining(p);
        if length == 0 {
            return Ok(());
        }
        let index = self.protocol(&PROTOCOL, p, length)?;
        self.label(
            index,
            format_args!("Data ({length} byte{})", if length == 1 { "" } else { "s" }),
        );
        self.nest(|d| {
            d.bytes(&DATA, p, length)?;
            d.generated(&LENGTH, p, Value::Unsigned(length as u64))
        })
    }
}
