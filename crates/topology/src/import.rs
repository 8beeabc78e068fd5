//! Labs as others keep them, read purely: one file or folder of this module a format.
//!
//! Every import ends with a [`Report`].

mod report;

pub use report::{File, Import, Offer, Refusal, Remark, Report, Taken};
