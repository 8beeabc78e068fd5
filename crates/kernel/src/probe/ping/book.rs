//! What has been sent, and what came of it. Knows no socket and no clock.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// Requests that are remembered, answered or not. Must stay below 65,536, the numbers that the
/// 16 bits of an ICMP sequence number can tell apart.
const MOST_REMEMBERED: usize = 4096;
/// How far the clock of the kernel's time stamps may be ahead of the monotonic one within a round
/// trip before it is taken to have been set.
const CLOCK_SLACK: Duration = Duration::from_millis(1);

/// How long a packet may wait in the kernel before the device gets it: for the address of a
/// neighbour.
const MOST_IN_KERNEL: Duration = Duration::from_secs(10);

/// The requests of a ping.
#[derive(Debug)]
pub(super) struct Book {
    timeout: Duration,
    /// The number of the last request.
    last: u64,
    /// The highest number that was answered.
    highest: u64,
    requests: BTreeMap<u64, Request>,
    /// Those without an answer that are not yet lost.
    waiting: BTreeSet<u64>,
}

#[derive(Debug)]
struct Request {
    sent: Instant,
    /// When it was sent, by the clock of the kernel's time stamps.
    clock: Duration,
    replied: bool,
    /// Whether `clock` is the kernel's own stamp.
    stamped: bool,
}

/// What a reply is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Heard {
    /// The first one to a request.
    Reply {
        /// Of which request.
        sequence: u64,
        /// How long it took.
        rtt: Duration,
        /// Whether a reply to a later request came before it.
        out_of_order: bool,
    },
    /// Another one.
    Duplicate {
        /// Of which request.
        sequence: u64,
    },
}

impl Book {
    pub(super) fn new(timeout: Duration) -> Self {
        Self {
            timeout,
            last: 0,
            highest: 0,
            requests: BTreeMap::new(),
            waiting: BTreeSet::new(),
        }
    }

    /// The number of the next request, counting from 1.
    pub(super) fn next(&self) -> u64 {
        self.last + 1
    }

    /// The next request is sent now; `clock` is the time since the Unix epoch.
    pub(super) fn sent(&mut self, now: Instant, clock: Duration) {
        self.last += 1;
        let request = Request {
            sent: now,
            clock,
            replied: false,
            stamped: false,
        };
        self.requests.insert(self.last, request);
        self.waiting.insert(self.last);
    }

    /// The kernel says when it has given a request to the device: later than it got it itself.
    pub(super) fn stamped(&mut self, sequence: u16, at: Duration) {
        let whole = self.whole(sequence);
        let request = whole.and_then(|whole| self.requests.get_mut(&whole));
        if let Some(request) = request
            && !std::mem::replace(&mut request.stamped, true)
            // A clock that was set in between tells nothing.
            && (request.clock..request.clock + MOST_IN_KERNEL).contains(&at)
        {
            request.clock = at;
        }
    }

    /// The last request was not sent after all.
    pub(super) fn refused(&mut self) {
        self.waiting.remove(&self.last);
    }

    /// A reply came, `at` by the clock of the kernel's time stamps. `None`: to no request that is
    /// remembered.
    pub(super) fn reply(
        &mut self,
        sequence: u16,
        at: Option<Duration>,
        now: Instant,
    ) -> Option<Heard> {
        let sequence = self.whole(sequence)?;
        let request = self.requests.get_mut(&sequence)?;
        self.waiting.remove(&sequence);
        if std::mem::replace(&mut request.replied, true) {
            return Some(Heard::Duplicate { sequence });
        }
        let elapsed = now.saturating_duration_since(request.sent);
        let stamped = at.and_then(|at| at.checked_sub(request.clock));
        let rtt = stamped
            .filter(|rtt| *rtt <= elapsed + CLOCK_SLACK)
            .unwrap_or(elapsed);
        let out_of_order = sequence < self.highest;
        self.highest = self.highest.max(sequence);
        Some(Heard::Reply {
            sequence,
            rtt,
            out_of_order,
        })
    }

    /// Whether nothing is waited for.
    pub(super) fn is_settled(&self) -> bool {
        self.waiting.is_empty()
    }

    /// An ICMP error came, which `ends` the request or not. Returns which request it is about.
    pub(super) fn error(&mut self, sequence: u16, ends: bool) -> Option<u64> {
        let sequence = self.whole(sequence)?;
        self.requests.get(&sequence)?;
        if ends {
            self.waiting.remove(&sequence);
        }
        Some(sequence)
    }

    /// When the next request is lost.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let first = self.requests.get(self.waiting.first()?)?;
        Some(first.sent + self.timeout)
    }

    /// The requests that are lost now and were not before.
    pub(super) fn expire(&mut self, now: Instant) -> Vec<u64> {
        let mut lost = Vec::new();
        while let Some(deadline) = self.deadline() {
            if deadline > now && self.requests.len() <= MOST_REMEMBERED {
                break;
            }
            lost.extend(self.waiting.pop_first());
            self.forget();
        }
        self.forget();
        lost
    }

    /// Forgets what need not be remembered, the oldest first.
    fn forget(&mut self) {
        while self.requests.len() > MOST_REMEMBERED
            && let Some(oldest) = self.requests.first_entry()
            && !self.waiting.contains(oldest.key())
        {
            oldest.remove();
        }
    }

    /// The number of the last request whose lower 16 bits are `sequence`.
    fn whole(&self, sequence: u16) -> Option<u64> {
        let behind = (self.last as u16).wrapping_sub(sequence);
        self.last
            .checked_sub(behind.into())
            .filter(|whole| *whole > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const EPOCH: Duration = Duration::from_secs(1_800_000_000);

    fn book(requests: u64) -> (Book, Instant) {
        let begin = Instant::now();
        let mut book = Book::new(SECOND);
        for number in 0..requests {
            let step = SECOND * u32::try_from(number).unwrap();
            book.sent(begin + step, EPOCH + step);
        }
        (book, begin)
    }

    #[test]
    fn the_kernels_stamps_make_the_time() {
        let (mut book, begin) = book(1);
        let at = EPOCH + Duration::from_micros(12);
        // The runtime was busy for 300 ms.
        let heard = book.reply(1, Some(at), begin + Duration::from_millis(300));
        let rtt = Duration::from_micros(12);
        assert_eq!(
            heard,
            Some(Heard::Reply {
                sequence: 1,
                rtt,
                out_of_order: false
            })
        );
        let again = book.reply(1, Some(at), begin + SECOND);
        assert_eq!(again, Some(Heard::Duplicate { sequence: 1 }));
    }

    #[test]
    fn what_the_kernel_has_sent_it_stamps() {
        let (mut book, begin) = book(1);
        let (sent, at) = (
            EPOCH + Duration::from_micros(5),
            EPOCH + Duration::from_micros(12),
        );
        book.stamped(1, sent);
        // Once: what follows is that of a fragment.
        book.stamped(1, sent + Duration::from_micros(2));
        let heard = book.reply(1, Some(at), begin + Duration::from_millis(300));
        let expected = Heard::Reply {
            sequence: 1,
            rtt: Duration::from_micros(7),
            out_of_order: false,
        };
        assert_eq!(heard, Some(expected));
    }

    #[test]
    fn what_comes_after_a_later_one_is_out_of_order() {
        let (mut book, begin) = book(3);
        let mut order = Vec::new();
        for sequence in [1, 3, 2] {
            match book.reply(sequence, None, begin + SECOND) {
                Some(Heard::Reply { out_of_order, .. }) => order.push(out_of_order),
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(order, [false, false, true]);
    }

    #[test]
    fn a_clock_that_was_set_does_not() {
        for at in [None, Some(EPOCH - SECOND), Some(EPOCH + 60 * SECOND)] {
            let (mut book, begin) = book(1);
            let rtt = Duration::from_millis(3);
            let heard = book.reply(1, at, begin + rtt);
            assert_eq!(
                heard,
                Some(Heard::Reply {
                    sequence: 1,
                    rtt,
                    out_of_order: false
                })
            );
        }
    }

    #[test]
    fn what_has_no_answer_is_lost_once() {
        let (mut book, begin) = book(3);
        assert_eq!(book.deadline(), Some(begin + SECOND));
        assert_eq!(book.expire(begin), [] as [u64; 0]);
        assert!(book.reply(2, None, begin + SECOND).is_some());
        assert_eq!(book.expire(begin + 5 * SECOND), [1, 3]);
        assert_eq!(book.expire(begin + 9 * SECOND), [] as [u64; 0]);
        assert_eq!(book.deadline(), None);
        // Late, but an answer.
        let late = book.reply(3, None, begin + 10 * SECOND);
        assert!(matches!(late, Some(Heard::Reply { sequence: 3, .. })));
    }

    #[test]
    fn errors_and_refusals_are_no_losses() {
        let (mut book, begin) = book(3);
        assert_eq!(book.error(1, true), Some(1));
        assert_eq!(book.error(2, false), Some(2));
        assert_eq!(book.error(4, true), None);
        book.refused();
        assert_eq!(book.expire(begin + 9 * SECOND), [2]);
    }

    #[test]
    fn numbers_go_beyond_16_bits() {
        let begin = Instant::now();
        let mut book = Book::new(SECOND);
        assert_eq!(book.reply(0, None, begin), None);
        let mut lost = 0;
        for _ in 0..70_000 {
            book.sent(begin, EPOCH);
            lost += book.expire(begin).len();
        }
        let low = (70_000_u32 & 0xffff) as u16;
        let heard = book.reply(low, None, begin);
        assert!(matches!(
            heard,
            Some(Heard::Reply {
                sequence: 70_000,
                ..
            })
        ));
        // Memory is bounded, and what is forgotten counts as lost.
        assert_eq!(book.requests.len(), MOST_REMEMBERED);
        assert_eq!(lost, 70_000 - MOST_REMEMBERED);
        assert_eq!(book.reply(1, None, begin), None);
    }
}
