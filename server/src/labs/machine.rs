//! What labs are run with.

use std::path::Path;
use std::sync::Arc;

use topology::feature::Missing;

/// The program that is run as agent, and what this machine's kernel lacks.
#[derive(Clone, Debug)]
pub struct Machine {
    /// The program.
    pub program: Arc<Path>,
    /// What was found missing when the server started.
    pub missing: Arc<[Missing]>,
    /// Whether labs may have an uplink; if not, it is missing, too.
    pub allow_uplink: bool,
}
