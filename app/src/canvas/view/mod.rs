//! The canvas's components: they read the drawing and hand pointers to the gestures.

pub(crate) mod cable;
pub(crate) mod canvas;
pub(crate) mod frame;
pub(crate) mod keys;
pub(crate) mod menu;
pub(crate) mod node;
pub(crate) mod overlay;
pub(crate) mod pointers;
pub(crate) mod pulse;
pub(crate) mod rail;
pub(crate) mod stage;
pub(crate) mod traffic;
pub(crate) mod way;
pub(crate) mod zoom;
