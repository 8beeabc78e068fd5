//! The inspector at the right, the dock below.

pub(crate) mod capture;
pub(crate) mod commands;
pub(crate) mod copy;
pub(crate) mod dock;
pub(crate) mod expectations;
pub(crate) mod export;
pub(crate) mod import;
pub(crate) mod inspector;
pub(crate) mod ping_options;
pub(crate) mod ping_row;
pub(crate) mod pings;
pub(crate) mod probes;
pub(crate) mod problems;
pub(crate) mod reach;
pub(crate) mod row_buttons;
