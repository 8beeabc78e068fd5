//! The program netyard.
