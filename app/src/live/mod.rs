//! What streams in: the socket, pings, captures, traffic.

pub(crate) mod capture_log;
pub(crate) mod capture_work;
pub(crate) mod keepsake;
pub(crate) mod matrix;
pub(crate) mod ping_log;
pub(crate) mod probe_words;
pub(crate) mod reach;
pub(crate) mod socket;
pub(crate) mod streams;
pub(crate) mod traffic;
