//! The report of a test in JUnit's XML, as build servers read it.

use protocol::expect::Verdict;

/// The whole file.
pub(super) fn report(title: &str, verdicts: &[Verdict]) -> String {
    let title = escaped(if title.is_empty() { "lab" } else { title });
    let failures = verdicts.iter().filter(|verdict| !verdict.holds).count();
    let seconds: f64 = verdicts.iter().map(|verdict| verdict.took_ms / 1e3).sum();
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite name=\"{title}\" \
         tests=\"{}\" failures=\"{failures}\" time=\"{seconds:.3}\">\n",
        verdicts.len()
    );
    for verdict in verdicts {
        let name = escaped(&verdict.expectation);
        let time = verdict.took_ms / 1e3;
        text.push_str(&format!(
            "    <testcase classname=\"{title}\" name=\"{name}\" time=\"{time:.3}\""
        ));
        match verdict.holds {
            true => text.push_str("/>\n"),
            false => text.push_str(&format!(
                ">\n      <failure message=\"{}\"/>\n    </testcase>\n",
                escaped(&verdict.observed)
            )),
        }
    }
    text + "  </testsuite>\n</testsuites>\n"
}

/// A text for an attribute. Control characters are not to be said in XML at all.
fn escaped(text: &str) -> String {
    let mut all = String::new();
    for c in text.chars() {
        match c {
            '&' => all.push_str("&amp;"),
            '<' => all.push_str("&lt;"),
            '>' => all.push_str("&gt;"),
            '"' => all.push_str("&quot;"),
            c if c.is_control() => all.push('?'),
            c => all.push(c),
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_failed_is_told_with_what_was_observed() {
        let verdict = |holds| Verdict {
            expectation: "red can ping blue".to_owned(),
            holds,
            observed: "no answer: a \"<b>\" & c".to_owned(),
            took_ms: 12.0,
        };
        let text = report("a & b", &[verdict(true), verdict(false)]);
        assert!(
            text.contains("tests=\"2\" failures=\"1\" time=\"0.024\""),
            "{text}"
        );
        assert!(text.contains("name=\"a &amp; b\""), "{text}");
        let failure = "<failure message=\"no answer: a &quot;&lt;b&gt;&quot; &amp; c\"/>";
        assert!(text.contains(failure), "{text}");
        assert_eq!(text.matches("<testcase").count(), 2);
    }
}
