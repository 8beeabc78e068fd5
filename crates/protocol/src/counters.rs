//! What interfaces count, live.

use serde::{Deserialize, Serialize};
use topology::InterfaceId;

/// One direction of an interface, since it was made.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Flow {
    /// Packets.
    pub packets: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Packets that were thrown away for lack of room or of somebody to take them.
    pub dropped: u64,
    /// Packets that were broken.
    pub errors: u64,
}

/// What an interface has counted (`struct rtnl_link_stats64`, linux/if_link.h).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Counters {
    /// What came in.
    pub received: Flow,
    /// What left.
    pub sent: Flow,
}

/// A binary frame: the interfaces whose counters changed since the frame before, and in the first
/// one all. What is not in it stands still.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct CounterBatch {
    /// When they were read: microseconds of a clock that only goes forward.
    pub at: u64,
    /// The counters.
    pub rows: Vec<(InterfaceId, Counters)>,
}
