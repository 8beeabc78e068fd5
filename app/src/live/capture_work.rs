//! Rows are made of packets a part a frame, so that a million of them freeze nothing.

use leptos::prelude::*;

use super::capture_log::CaptureLog;

/// Packets between two looks at the clock.
const PACKETS: usize = 1024;
/// Milliseconds of a frame that go into what somebody waits for: a filter.
const WAITED_FOR: f64 = 28.0;
/// And into what changes little: which conversations there are, and what was seen several times.
const UNSEEN: f64 = 8.0;
/// The same while more of a ring or a file comes, which is waited for more.
const UNSEEN_WHILE_COMING: f64 = 1.0;

/// Makes rows of what has come, frame by frame, until nothing is left.
pub(crate) fn work_on(log: ArcRwSignal<CaptureLog>) {
    let busy = log.try_update_untracked(|log| std::mem::replace(&mut log.working, true));
    if busy == Some(false) {
        request_animation_frame(move || part(log));
    }
}

fn part(log: ArcRwSignal<CaptureLog>) {
    let more = log.try_update(|log| {
        let waited_for = !log.viewer.is_there();
        let time = match (waited_for, log.is_coming()) {
            (true, _) => WAITED_FOR,
            (false, true) => UNSEEN_WHILE_COMING,
            (false, false) => UNSEEN,
        };
        let until = now() + time;
        let mut more = true;
        while more && now() < until {
            more = log.viewer.work(PACKETS);
        }
        log.working = more;
        more
    });
    if more == Some(true) {
        request_animation_frame(move || part(log));
    }
}

/// Milliseconds, since whenever.
pub(crate) fn now() -> f64 {
    window().performance().map_or(0.0, |clock| clock.now())
}
