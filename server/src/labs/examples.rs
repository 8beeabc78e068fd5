//! The example labs of the gallery, embedded from public/labs.

use std::sync::LazyLock;

use protocol::lab::ExampleSummary;
use topology::Document;

/// Name and text of each.
const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/examples.rs"));

static EXAMPLES: LazyLock<Vec<ExampleSummary>> = LazyLock::new(|| {
    let read = FILES
        .iter()
        .filter_map(|(name, text)| match example(name, text) {
            Ok(example) => Some(example),
            Err(error) => {
                // A test reads all of them; whoever changed one sees it there.
                tracing::error!(name, error, "an embedded example cannot be read");
                None
            }
        });
    read.collect()
});

/// All examples, by name.
pub fn all() -> &'static [ExampleSummary] {
    &EXAMPLES
}

/// The lab of an example.
pub fn document(name: &str) -> Option<Document> {
    all()
        .iter()
        .find(|example| example.name == name)
        .map(|example| example.document.clone())
}

fn example(name: &str, text: &str) -> Result<ExampleSummary, String> {
    let read = topology::read::read(text).map_err(|error| error.to_string())?;
    Ok(ExampleSummary {
        name: name.to_owned(),
        title: read.document.title.clone(),
        description: leading_comment(text),
        document: read.document,
    })
}

/// The comment lines at the beginning, as one text.
fn leading_comment(text: &str) -> String {
    let lines = text.lines().map_while(|line| line.strip_prefix('#'));
    let lines = lines.map(str::trim).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_example_can_be_read_and_says_what_it_is() {
        for (name, text) in FILES {
            let example = example(name, text).unwrap();
            assert!(!example.title.is_empty(), "{name} has no title");
            assert!(
                !example.description.is_empty(),
                "{name} has no comment at its beginning"
            );
            example.document.validate().unwrap();
        }
        assert_eq!(all().len(), FILES.len());
    }

    #[test]
    fn no_card_of_an_example_lies_on_another() {
        use topology::layout::{place, size_of};
        for example in all() {
            let places: Vec<_> = place(&example.document).into_iter().collect();
            for (index, (node, at)) in places.iter().enumerate() {
                let (width, height) = size_of(&example.document, *node);
                for (other, there) in places.iter().skip(index + 1) {
                    let (other_width, other_height) = size_of(&example.document, *other);
                    let is_beside = (at.x - there.x).abs() > (width + other_width) / 2.0;
                    let is_below = (at.y - there.y).abs() > (height + other_height) / 2.0;
                    assert!(
                        is_beside || is_below,
                        "{}: {node:?}, {other:?}",
                        example.name
                    );
                }
            }
        }
    }

    #[test]
    fn the_description_is_the_leading_comment() {
        assert_eq!(
            leading_comment("# One,\n#\n# two.\n\n# not this\nversion: 1\n"),
            "One, two."
        );
        assert_eq!(leading_comment("version: 1\n"), "");
    }
}
