//! The canvas: what is drawn where, and what pointers do to it.

pub(crate) mod cables;
pub(crate) mod contents;
pub(crate) mod drawing;
pub(crate) mod geometry;
pub(crate) mod gesture;
pub(crate) mod hit;
pub(crate) mod labels;
pub(crate) mod lines;
pub(crate) mod mark;
pub(crate) mod marks;
pub(crate) mod scene;
pub(crate) mod shared;
pub(crate) mod shortcut;
pub(crate) mod view;
pub(crate) mod viewport;
