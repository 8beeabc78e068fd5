//! Whether the kernel is still clearing up namespaces.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

/// How often it is looked.
const LOOK: Duration = Duration::from_millis(2);
/// For how long no worker must be seen: the work is queued, and may be between two workers.
const CALM: Duration = Duration::from_millis(30);

/// Waits until no kernel worker clears namespaces (`cleanup_net` runs in a `kworker/…+netns`), and
/// returns since when.
pub(crate) fn wait_until_idle(patience: Duration) -> Instant {
    let begin = Instant::now();
    let mut busy = begin;
    while busy.elapsed() < CALM {
        assert!(begin.elapsed() < patience, "the kernel never comes to rest");
        if is_busy() {
            busy = Instant::now();
        }
        thread::sleep(LOOK);
    }
    busy
}

fn is_busy() -> bool {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let names = processes.filter_map(|entry| fs::read_to_string(entry.path().join("comm")).ok());
    names
        .filter(|name| name.starts_with("kworker/"))
        .any(|name| name.trim_end().ends_with("+netns"))
}
