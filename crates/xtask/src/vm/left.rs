//! What tests leave out because a kernel lacks something, and whether another kernel made up for it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::counts::Counts;

/// A test that another kernel is to run.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Left {
    /// The test program.
    program: PathBuf,
    test: String,
    /// As what it was reported: a test may be run as several users.
    reported: String,
    /// The features that it needs and that were missing; none if it ran, with less than it might.
    lacks: Vec<String>,
}

/// Reads the lines that tests/support/needs.rs writes. Programs write one more than once.
pub(crate) fn read(text: &str) -> Vec<Left> {
    let lines: BTreeSet<&str> = text.lines().collect();
    lines.into_iter().filter_map(read_line).collect()
}

fn read_line(line: &str) -> Option<Left> {
    let mut fields = line.split('\t');
    let mut next = || fields.next();
    let (program, test, reported, lacks) = (next()?, next()?, next()?, next()?);
    let lacks = lacks.split(',').filter(|name| !name.is_empty());
    Some(Left {
        program: program.into(),
        test: test.to_owned(),
        reported: reported.to_owned(),
        lacks: lacks.map(str::to_owned).collect(),
    })
}

/// How many were reported as skipped, and for want of what.
pub(crate) fn skipped(left: &[Left]) -> (usize, BTreeSet<&str>) {
    let skipped: BTreeSet<_> = left
        .iter()
        .filter(|left| !left.lacks.is_empty())
        .map(|left| (left.program.file_name(), &left.reported))
        .collect();
    let lacks = left.iter().flat_map(|left| &left.lacks);
    (skipped.len(), lacks.map(String::as_str).collect())
}

/// The programs with their tests. Of copies of one program the last is taken: that which the test
/// user can read.
pub(crate) fn by_program(left: &[Left]) -> Vec<(PathBuf, BTreeSet<String>)> {
    let mut programs: BTreeMap<_, (&Path, BTreeSet<String>)> = BTreeMap::new();
    for one in left {
        let entry = programs.entry(one.program.file_name());
        let (path, tests) = entry.or_insert((&one.program, BTreeSet::new()));
        *path = &one.program;
        tests.insert(one.test.clone());
    }
    let programs = programs.into_values();
    programs
        .map(|(path, tests)| (path.to_path_buf(), tests))
        .collect()
}

/// The counts of the second run, by what the programs printed there. What it did not run either is
/// a failure, which names the test and the features.
pub(crate) fn judge(left: &[Left], outputs: &[String], still: &[Left]) -> (Counts, Vec<String>) {
    let ran: BTreeMap<&str, bool> = outputs
        .iter()
        .flat_map(|text| text.lines())
        .filter_map(result)
        .collect();
    let mut wanted: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for one in left {
        let lacks = wanted.entry(&one.test).or_default();
        lacks.extend(one.lacks.iter().map(String::as_str));
    }
    let mut counts = Counts::default();
    let mut notes = Vec::new();
    for (test, lacks) in wanted {
        let result = ran.iter().find(|(name, _)| is_of(name, test));
        if let Some((name, passed)) = result {
            if *passed {
                counts = counts + Counts::PASSED;
            } else {
                counts = counts + Counts::FAILED;
                notes.push(format!("failed: {name}"));
            }
            continue;
        }
        counts = counts + Counts::FAILED;
        let there = still.iter().filter(|one| one.test == test);
        let there: BTreeSet<&str> = there
            .flat_map(|one| &one.lacks)
            .map(String::as_str)
            .collect();
        let names = |names: BTreeSet<&str>| names.into_iter().collect::<Vec<_>>().join(", ");
        notes.push(if there.is_empty() {
            format!("not run there: {test}, which lacks {} here", names(lacks))
        } else {
            format!("not run: {test}: neither kernel has {}", names(there))
        });
    }
    (counts, notes)
}

/// A line `test NAME ... ok`; one that is ignored did not run.
fn result(line: &str) -> Option<(&str, bool)> {
    let (name, result) = line.strip_prefix("test ")?.rsplit_once(" ... ")?;
    match result.trim() {
        "ok" => Some((name.trim(), true)),
        "FAILED" => Some((name.trim(), false)),
        _ => None,
    }
}

/// Whether a test was reported so: by its name, or its name and the user.
fn is_of(reported: &str, test: &str) -> bool {
    let rest = reported.strip_prefix(test);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: &str = "/c/target/debug/deps/engine-1\tvlans\tvlans::Myself\tVLANs\n\
                        /c/target/debug/deps/engine-1\tvlans\tvlans::Ordinary\tVLANs\n\
                        /c/target/debug/deps/engine-1\tvlans\tvlans::Ordinary\tVLANs\n\
                        /c/target/debug/deps/engine-1\trandom\trandom::Myself\t\n\
                        /tmp/x/tests-bin/engine-1\tvlans\tvlans::Ordinary\tVLANs\n\
                        /tmp/x/tests-bin/features-2\tlab\tlab\tbonds,VLANs\n";

    fn judged(output: &str, still: &str) -> (Counts, Vec<String>) {
        judge(&read(HERE), &[output.to_owned()], &read(still))
    }

    #[test]
    fn each_test_is_wanted_once_from_the_copy_that_the_test_user_reads() {
        let left = read(HERE);
        assert_eq!(skipped(&left), (3, BTreeSet::from(["VLANs", "bonds"])));
        let programs = by_program(&left);
        assert_eq!(
            programs,
            [
                (
                    PathBuf::from("/tmp/x/tests-bin/engine-1"),
                    BTreeSet::from(["random".to_owned(), "vlans".to_owned()])
                ),
                (
                    PathBuf::from("/tmp/x/tests-bin/features-2"),
                    BTreeSet::from(["lab".to_owned()])
                ),
            ]
        );
    }

    #[test]
    fn what_ran_there_counts() {
        let output =
            "test random::Myself ... ok\ntest vlans::Myself  ... FAILED\ntest lab ... ok\n";
        let (counts, notes) = judged(output, "");
        assert_eq!((counts.passed, counts.failed, counts.skipped), (2, 1, 0));
        assert_eq!(notes, ["failed: vlans::Myself"]);
    }

    #[test]
    fn a_feature_that_neither_kernel_has_fails_and_is_named() {
        let output =
            "test random::Myself ... ok\ntest vlans::Myself ... ok\ntest lab ... ignored\n";
        let (counts, notes) = judged(output, "/tmp/x/tests-bin/features-2\tlab\tlab\tbonds\n");
        assert_eq!((counts.passed, counts.failed), (2, 1));
        assert_eq!(notes, ["not run: lab: neither kernel has bonds"]);
    }

    #[test]
    fn a_test_that_was_never_started_fails_and_is_named() {
        let (counts, notes) = judged("test vlans::Myself ... ok\n", "");
        assert_eq!((counts.passed, counts.failed), (1, 2));
        assert_eq!(
            notes[0],
            "not run there: lab, which lacks VLANs, bonds here"
        );
    }
}
