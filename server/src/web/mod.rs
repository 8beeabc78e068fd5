//! HTTP and sockets.
//!
//! **Architecture Invariant:** every request that comes by TCP passes [`guard`] first, whatever its
//! path: what is not listed as public there is refused without a session or the secret.

pub mod guard;
pub mod routes;
pub mod secret;
pub mod sessions;

mod body;
mod captures;
mod error;
mod exec_socket;
mod expectations;
mod export;
mod features;
mod files;
mod firewalls;
pub mod keys;
mod labs;
pub(crate) mod listen;
mod openapi;
mod pcapng;
mod probes;
mod session;
mod socket;
pub mod sockets;

use crate::labs::yard::Yard;
use keys::Keys;
use sessions::Sessions;
use sockets::Sockets;

/// What every handler may use.
#[derive(Clone, Debug)]
pub struct AppState {
    /// The labs.
    pub yard: Yard,
    /// Who is signed in.
    pub sessions: Sessions,
    /// Keys to single files.
    pub keys: Keys,
    /// The sockets that are open.
    pub sockets: Sockets,
}

/// The name of the session's cookie.
#[derive(Clone, Debug)]
pub struct CookieName(pub std::sync::Arc<str>);
