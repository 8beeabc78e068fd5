//! The yard: the list of labs, the gallery of examples, signing in.

pub(crate) mod files;
pub(crate) mod gallery;
pub(crate) mod labs;
pub(crate) mod page;
pub(crate) mod paste;
pub(crate) mod sign_in;
pub(crate) mod thumbnail;
