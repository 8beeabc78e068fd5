//! Limits of a yard and of each lab, each with its reason.

use std::time::Duration;

use protocol::capture::RingLimit;

/// Labs of a yard: the list is sent whole.
pub const MAX_LABS: usize = 1_000;

/// Browsers on one lab: a class and its teacher; each change is sent to all of them.
pub const MAX_CLIENTS: usize = 64;

/// Pings of one lab, stopped ones included: as many rows as a panel stays readable with.
pub const MAX_PINGS: usize = 32;

/// Events of a ping that a newcomer gets: ten minutes of one a second.
pub const PING_HISTORY: usize = 600;

/// Captures of one lab, stopped ones included: each may hold its ring.
pub const MAX_CAPTURES: usize = 16;

/// Bytes that are kept of all captures of a lab, so that a class fits into a server's memory: as
/// many as one alone may ask for.
pub const LAB_RING_BYTES: u64 = RingLimit::MOST.bytes;

/// Packets in one binary frame: at 60 a second, four million a second, of which a busy machine
/// leaves half.
pub const BATCH_PACKETS: usize = 65_536;

/// Bytes of one binary frame: as many small packets as may be in one. It fits beside
/// [`OUTBOX_ROOM_FOR_PACKETS`] into [`OUTBOX_BYTES`].
pub const BATCH_BYTES: usize = 6 << 20;

/// Packets that a newcomer is sent first, the newest: more than a screen shows, and there at once.
pub const NEWEST_PACKETS: u64 = 4_096;

/// Between two binary frames of one capture to one browser: a frame of the screen.
pub const BATCH_INTERVAL: Duration = Duration::from_millis(16);

/// Between two reports of a capture's counts.
pub const COUNT_INTERVAL: Duration = Duration::from_millis(200);

/// Messages that may wait for one browser before it is cut off.
pub const OUTBOX_MESSAGES: usize = 1_024;

/// Bytes that may wait for one browser before it is cut off.
pub const OUTBOX_BYTES: usize = 8 << 20;

/// A browser for which more bytes wait gets no packets for the moment.
pub const OUTBOX_ROOM_FOR_PACKETS: usize = 512 << 10;

/// Requests of one lab's browsers that its agent has not answered.
pub const MAX_REQUESTS: usize = 256;

/// Commands of `netyard exec` in one lab at once.
pub const MAX_EXECS: usize = 64;

/// Bytes of a command's output that wait for `netyard exec` before the command is ended.
pub const EXEC_BYTES: usize = 64 << 20;

/// Messages of a command that wait for `netyard exec`.
pub const EXEC_MESSAGES: usize = 64 << 10;

/// A lab that nobody looks at and that does not run leaves the memory after this long.
pub const IDLE: Duration = Duration::from_secs(300);
