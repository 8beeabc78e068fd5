//! The only code that touches Linux.
