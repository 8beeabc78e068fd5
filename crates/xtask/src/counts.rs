//! How many tests ran, read from what the test programs print.

use std::iter::Sum;
use std::ops::Add;

/// Results of tests, or of checks that count as one test each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
    pub(crate) skipped: usize,
}

impl Counts {
    pub(crate) const PASSED: Self = Self {
        passed: 1,
        failed: 0,
        skipped: 0,
    };
    pub(crate) const FAILED: Self = Self {
        passed: 0,
        failed: 1,
        skipped: 0,
    };
    pub(crate) const SKIPPED: Self = Self {
        passed: 0,
        failed: 0,
        skipped: 1,
    };

    /// The sum that `cargo nextest run` prints at its end:
    /// `Summary [ 1.2s] 5 tests run: 4 passed (1 slow), 1 failed, 2 skipped`, also with
    /// `timed out` and `exec failed`. Lines before it may be the output of a failed test.
    pub(crate) fn from_nextest(output: &str) -> Self {
        output
            .lines()
            .rev()
            .map(without_colours)
            .find_map(|line| {
                let (_, results) = line
                    .trim_start()
                    .strip_prefix("Summary [")?
                    .split_once(" run: ")?;
                Some(Self::from_results(results))
            })
            .unwrap_or_default()
    }

    /// The sums of all test programs that `cargo test` ran: `test result: ok. 3 passed; 0 failed;
    /// 1 ignored; 0 measured; 0 filtered out; finished in 0.00s`.
    pub(crate) fn from_libtest(output: &str) -> Self {
        output
            .lines()
            .map(without_colours)
            .filter_map(|line| {
                let (_, results) = line.strip_prefix("test result: ")?.split_once(". ")?;
                Some(Self::from_results(results))
            })
            .sum()
    }

    /// Whether no test ran: a wrong filter must not look like success.
    pub(crate) fn nothing_ran(self) -> bool {
        self.passed + self.failed == 0
    }

    fn from_results(results: &str) -> Self {
        results.split([',', ';']).map(Self::from_part).sum()
    }

    /// One `3 passed (1 slow)` of a summary.
    fn from_part(part: &str) -> Self {
        // `(1 flaky, 2 leaky)` is split at its comma too: its parts have no word that we know.
        let mut words = part.split_whitespace();
        let number = words.next().and_then(|word| word.parse().ok());
        let (Some(number), Some(word)) = (number, words.next()) else {
            return Self::default();
        };
        match word {
            "passed" => Self {
                passed: number,
                ..Self::default()
            },
            "failed" | "timed" | "exec" => Self {
                failed: number,
                ..Self::default()
            },
            "skipped" | "ignored" => Self {
                skipped: number,
                ..Self::default()
            },
            _ => Self::default(),
        }
    }
}

impl Add for Counts {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            passed: self.passed + other.passed,
            failed: self.failed + other.failed,
            skipped: self.skipped + other.skipped,
        }
    }
}

impl Sum for Counts {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), Add::add)
    }
}

/// A line without the escape sequences of colours (`ESC [ … m`).
fn without_colours(line: &str) -> String {
    let mut plain = String::new();
    let mut parts = line.split('\u{1b}');
    plain.push_str(parts.next().unwrap_or_default());
    for part in parts {
        plain.push_str(part.split_once('m').map_or(part, |(_, rest)| rest));
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(passed: usize, failed: usize, skipped: usize) -> Counts {
        Counts {
            passed,
            failed,
            skipped,
        }
    }

    #[test]
    fn nextest_summaries_are_read() {
        let cases = [
            (
                "     Summary [   0.012s] 3 tests run: 3 passed, 1 skipped",
                counts(3, 0, 1),
            ),
            (
                "     Summary [  12.1s] 10 tests run: 8 passed (1 slow, 1 flaky), 1 failed, 1 timed out, 0 skipped",
                counts(8, 2, 0),
            ),
            (
                "     Summary [   1.0s] 5/7 tests run: 4 passed (2 leaky), 1 exec failed, 2 skipped",
                counts(4, 1, 2),
            ),
            (
                "\u{1b}[32;1m     Summary\u{1b}[0m [   0.1s] \u{1b}[1m1\u{1b}[0m test run: \u{1b}[1m1\u{1b}[0m \u{1b}[32;1mpassed\u{1b}[0m, \u{1b}[1m0\u{1b}[0m \u{1b}[33;1mskipped\u{1b}[0m",
                counts(1, 0, 0),
            ),
        ];
        for (line, expected) in cases {
            assert_eq!(Counts::from_nextest(line), expected, "{line}");
        }
    }

    #[test]
    fn libtest_summaries_are_added_up() {
        let output = "running 3 tests\ntest result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 4 filtered out; finished in 0.00s\n\
                      test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s\n";
        assert_eq!(Counts::from_libtest(output), counts(3, 2, 1));
    }

    #[test]
    fn what_a_failed_test_printed_is_not_counted() {
        let output = "    test result: FAILED. 0 passed; 1 failed; 0 ignored; finished in 0.00s\n\
                      Summary [ 0.1s] 9 tests run: 9 passed, 0 skipped\n\
                      Summary [ 0.1s] 2 tests run: 1 passed, 1 failed, 0 skipped\n\
                      error: test run failed\n";
        assert_eq!(Counts::from_nextest(output), counts(1, 1, 0));
        assert!(Counts::from_libtest(output).nothing_ran());
    }

    #[test]
    fn other_lines_count_nothing() {
        let output = "3 passed\ntest a ... ok\nSummary of 3 passed";
        assert!(Counts::from_nextest(output).nothing_ran());
        assert!(Counts::from_libtest(output).nothing_ran());
    }
}
