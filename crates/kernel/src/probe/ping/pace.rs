//! When the next request is due, and how that is waited for.
//!
//! Between requests less than 10 ms apart iputils' `ping` does not sleep but asks the kernel again
//! and again, so that what it measures is the network and not a processor that wakes up: its
//! caches are cold then, which is more than the whole way through a cable. So does this, within
//! bounds that a program of one user need not have: one ping of a process at a time, never on a
//! machine with one processor, and never where others want the processor ([`Spin::judge`]). Between
//! two looks at the clock all other tasks of the runtime have their turn.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use nix::time::{ClockId, clock_gettime};
use tokio::task::yield_now;
use tokio::time::sleep_until;

/// At this interval and above `ping` sleeps (iputils, `MIN_INTERVAL_MS` and the clock tick of
/// `SCHINT`).
const SLEEPS_FROM: Duration = Duration::from_millis(10);
/// What is later than this does not make the following ones early.
const MOST_LATE: Duration = Duration::from_millis(5);
/// How long it is waited so before it is judged.
const JUDGED_AFTER: Duration = Duration::from_millis(50);
/// The part of that time, one in so many, that others may have had the processor.
const OTHERS_SHARE: u32 = 5;
/// How long it sleeps as others do after it was in somebody's way: twice as long each time.
const SHORTEST_REST: Duration = Duration::from_secs(1);
const LONGEST_REST: Duration = Duration::from_secs(64);

/// Whether a ping of this process waits without sleeping.
static IS_TAKEN: AtomicBool = AtomicBool::new(false);

/// The pace of a ping.
#[derive(Debug)]
pub(super) struct Pace {
    interval: Duration,
    due: Instant,
    spin: Option<Spin>,
}

impl Pace {
    /// The first is due at once. A flood has answers to wait for, and sleeps.
    pub(super) fn new(interval: Duration, is_flood: bool) -> Self {
        let may_spin = !is_flood && interval < SLEEPS_FROM;
        Self {
            interval,
            due: Instant::now(),
            spin: may_spin.then(Spin::take).flatten(),
        }
    }

    /// Waits until the next is due. Nothing is lost when the future is dropped.
    pub(super) async fn due(&mut self) {
        let now = Instant::now();
        match self
            .spin
            .as_mut()
            .and_then(|spin| spin.begin(now).then_some(spin))
        {
            Some(spin) => {
                while Instant::now() < self.due {
                    yield_now().await;
                }
                spin.judge(Instant::now());
            }
            None => sleep_until(self.due.into()).await,
        }
        let now = Instant::now();
        let is_late = now.saturating_duration_since(self.due) > MOST_LATE;
        self.due = if is_late { now } else { self.due } + self.interval;
    }
}

/// The right to wait without sleeping; dropping it leaves it to another ping.
#[derive(Debug)]
struct Spin {
    /// When this began, and what the thread had used of the processor by then.
    begun: Option<(Instant, Duration)>,
    /// Until when it sleeps.
    rests: Option<Instant>,
    /// How long it will the next time.
    rest: Duration,
}

impl Spin {
    fn take() -> Option<Self> {
        static ALONE: OnceLock<bool> = OnceLock::new();
        let alone = || std::thread::available_parallelism().map_or(1, usize::from) < 2;
        let is_free = !*ALONE.get_or_init(alone) && !IS_TAKEN.swap(true, Ordering::Relaxed);
        is_free.then_some(Self {
            begun: None,
            rests: None,
            rest: SHORTEST_REST,
        })
    }

    /// Whether it may be waited so now.
    fn begin(&mut self, now: Instant) -> bool {
        if self.rests.is_some_and(|until| now < until) {
            return false;
        }
        self.rests = None;
        if self.begun.is_none() {
            self.begun = used().map(|used| (now, used));
        }
        // Without the clock nobody would see whom it hinders.
        self.begun.is_some()
    }

    /// Gives way for a while if others had to wait for the processor: this thread was ready all the
    /// time, so that what it has not used was theirs.
    fn judge(&mut self, now: Instant) {
        let (Some((begun, before)), Some(used)) = (self.begun, used()) else {
            return;
        };
        let elapsed = now.saturating_duration_since(begun);
        if elapsed >= JUDGED_AFTER {
            self.begun = Some((now, used));
            self.judged(now, elapsed, used.saturating_sub(before));
        }
    }

    fn judged(&mut self, now: Instant, elapsed: Duration, used: Duration) {
        if elapsed.saturating_sub(used) * OTHERS_SHARE <= elapsed {
            self.rest = SHORTEST_REST;
            return;
        }
        self.begun = None;
        self.rests = Some(now + self.rest);
        self.rest = (self.rest * 2).min(LONGEST_REST);
    }
}

impl Drop for Spin {
    fn drop(&mut self) {
        IS_TAKEN.store(false, Ordering::Relaxed);
    }
}

/// What this thread has used of the processor.
fn used() -> Option<Duration> {
    let used = clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID);
    used.ok().map(Duration::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    /// All in one: there is one right in the process.
    #[tokio::test]
    async fn one_spins_and_gives_way() {
        if std::thread::available_parallelism().map_or(1, usize::from) < 2 {
            assert!(Pace::new(2 * MS, false).spin.is_none());
            return;
        }
        assert!(Pace::new(2 * MS, true).spin.is_none());
        assert!(Pace::new(10 * MS, false).spin.is_none());
        let begin = Instant::now();
        let mut first = Pace::new(2 * MS, false);
        assert!(Pace::new(2 * MS, false).spin.is_none());

        // Whether it sleeps or not, it is on time.
        for _ in 0..6 {
            first.due().await;
        }
        assert!(begin.elapsed() >= 10 * MS);

        let spin = first.spin.as_mut().unwrap();
        let now = Instant::now();
        // Others may have wanted this machine's just now.
        (spin.rest, spin.rests, spin.begun) = (SHORTEST_REST, None, None);
        // A processor of its own.
        spin.judged(now, 100 * MS, 90 * MS);
        assert!(spin.begin(now));
        // Half of it was wanted by others, and again after the rest.
        spin.judged(now, 100 * MS, 50 * MS);
        assert!(!spin.begin(now + SHORTEST_REST - MS));
        assert!(spin.begin(now + SHORTEST_REST));
        spin.judged(now, 100 * MS, 50 * MS);
        assert!(!spin.begin(now + 2 * SHORTEST_REST - MS));
        assert!(spin.begin(now + 2 * SHORTEST_REST));

        drop(first);
        assert!(Pace::new(2 * MS, false).spin.is_some());
    }
}
