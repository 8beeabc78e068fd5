//! The document as this browser holds it, and what changes it.

pub(crate) mod connect;
pub(crate) mod document;
pub(crate) mod expectation;
pub(crate) mod firewall;
pub(crate) mod guess;
pub(crate) mod ids;
pub(crate) mod lab;
pub(crate) mod make;
pub(crate) mod make_device;
pub(crate) mod names;
pub(crate) mod parse;
pub(crate) mod presets;
pub(crate) mod reach;
mod receive;
pub(crate) mod redraw;
mod requests;
pub(crate) mod selection;
pub(crate) mod way;
