//! The result of all stages: what each did, how long it took, and the sum as the last line.

use std::fmt::Write;
use std::time::Duration;

use crate::counts::Counts;

/// What one stage came to.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    pub(crate) stage: &'static str,
    pub(crate) counts: Counts,
    pub(crate) took: Duration,
    /// What failed, was skipped and why: never empty when something did.
    pub(crate) notes: Vec<String>,
}

/// The table of all stages; its last line is `N passed, N failed, N skipped`.
pub(crate) fn table(outcomes: &[Outcome]) -> String {
    let mut text = format!(
        "{:<10} {:>8} {:>8} {:>8} {:>10}\n",
        "stage", "passed", "failed", "skipped", "seconds"
    );
    for Outcome {
        stage,
        counts,
        took,
        notes,
    } in outcomes
    {
        let Counts {
            passed,
            failed,
            skipped,
        } = counts;
        let seconds = took.as_secs_f64();
        // Writing to a String cannot fail.
        _ = writeln!(
            text,
            "{stage:<10} {passed:>8} {failed:>8} {skipped:>8} {seconds:>10.1}"
        );
        for note in notes {
            _ = writeln!(text, "           {note}");
        }
    }
    let total: Counts = outcomes.iter().map(|outcome| outcome.counts).sum();
    let seconds: f64 = outcomes
        .iter()
        .map(|outcome| outcome.took.as_secs_f64())
        .sum();
    _ = writeln!(text, "all stages: {seconds:.1} s");
    let Counts {
        passed,
        failed,
        skipped,
    } = total;
    _ = write!(text, "{passed} passed, {failed} failed, {skipped} skipped");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_is_the_sum() {
        let outcome = |stage, counts, notes: &[&str]| Outcome {
            stage,
            counts,
            took: Duration::from_millis(1500),
            notes: notes.iter().map(ToString::to_string).collect(),
        };
        let text = table(&[
            outcome("fmt", Counts::PASSED, &[]),
            outcome(
                "unit",
                Counts {
                    passed: 10,
                    failed: 2,
                    skipped: 1,
                },
                &["two failed"],
            ),
            outcome("deny", Counts::SKIPPED, &["advisories: not checked"]),
        ]);
        assert_eq!(text.lines().last(), Some("11 passed, 2 failed, 2 skipped"));
        assert!(text.contains("two failed") && text.contains("all stages: 4.5 s"));
    }
}
