//! What a viewer of captures shows: packets in a ring, the rows of them that pass a filter, and what a person
//! has noted about them. It knows no screen: a row is asked for when it is to be drawn.
//!
//! Work that grows with the number of packets is done by [`Viewer::work`] in slices as small as the caller
//! likes, so that a million packets freeze nothing.

mod chunk;
mod find;
mod follow;
mod lines;
mod marks;
mod notes;
mod open;
mod rows;
mod save;
mod show;
mod source;
mod store;
mod streams;
mod time;
mod viewer;
mod work;

pub use self::find::{Finder, Found, Where};
pub use self::follow::Followed;
pub use self::lines::Line;
pub use self::notes::Notes;
pub use self::open::{Opened, Opening, open};
pub use self::show::Shown;
pub use self::source::Source;
pub use self::store::{Entry, Store};
pub use self::time::TimeMode;
pub use self::viewer::Viewer;
