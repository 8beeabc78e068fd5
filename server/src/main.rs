//! The program netyard.
fn main() {}
