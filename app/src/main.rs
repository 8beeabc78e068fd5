//! The front end of Netyard.
fn main() {}
