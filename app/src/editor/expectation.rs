//! Sentences of expectations: what may follow what is typed.

use topology::Document;
use topology::expectation::{Expectation, Target};
use topology::{NamespaceId, NamespaceName};

use super::reach::targets;

/// Most sentences that are proposed.
const MOST: usize = 40;

/// A typed sentence for a document, or what is wrong with it.
pub(crate) fn read(document: &Document, text: &str) -> Result<Expectation, String> {
    let named: Expectation<NamespaceName> = text.trim().parse()?;
    named.in_document(document)
}

/// Sentences that begin with what is typed: its last word ended, and one more.
pub(crate) fn proposals(document: &Document, typed: &str) -> Vec<String> {
    let (done, begun) = match typed.rfind(' ') {
        Some(place) => typed.split_at(place + 1),
        None => ("", typed),
    };
    let words: Vec<&str> = done.split_whitespace().collect();
    let next = next_words(document, &words);
    let fits = next.into_iter().filter(|word| word.starts_with(begun));
    let said = words.join(" ");
    let sentence = |word: String| match said.as_str() {
        "" => word,
        said => format!("{said} {word}"),
    };
    fits.map(sentence).take(MOST).collect()
}

fn next_words(document: &Document, words: &[&str]) -> Vec<String> {
    let some = |all: &[&str]| all.iter().map(|word| (*word).to_owned()).collect();
    match words {
        [] => {
            let mut all = names(document);
            all.push("path from".to_owned());
            all
        }
        ["path"] => some(&["from"]),
        ["path", "from"] | ["path", "from", _, "to", _, "goes", "by"] => names(document),
        ["path", "from", _, "to", _, "avoids"] => names(document),
        ["path", "from", _] => some(&["to"]),
        ["path", "from", _, "to"] | [_, "can" | "cannot", "ping" | "reach"] => ends(document),
        ["path", "from", _, "to", _] => some(&["goes by", "avoids"]),
        [_] => some(&["can ping", "cannot ping", "can reach", "cannot reach"]),
        [_, "can" | "cannot"] => some(&["ping", "reach"]),
        [_, "can", "ping", _] => some(&["with loss below 1 %", "with rtt below 10 ms"]),
        [_, _, "reach", _] => some(&["tcp/80", "tcp/22", "udp/53"]),
        _ => Vec::new(),
    }
}

fn names(document: &Document) -> Vec<String> {
    let all = document.namespaces.values();
    all.map(|namespace| namespace.name.to_string()).collect()
}

fn ends(document: &Document) -> Vec<String> {
    let addresses = targets(document).into_iter();
    let addresses = addresses.map(|target| target.address.to_string());
    names(document).into_iter().chain(addresses).collect()
}

/// The namespaces that a sentence speaks of, for the canvas.
pub(crate) fn namespaces(document: &Document, expectation: &Expectation) -> Vec<NamespaceId> {
    let mut all = vec![*expectation.from()];
    match expectation.to() {
        Target::Namespace(namespace) => all.push(*namespace),
        Target::Address(address) => {
            let targets = targets(document).into_iter();
            all.extend(
                targets
                    .filter(|t| t.address == *address)
                    .map(|t| t.namespace),
            );
        }
    }
    if let Expectation::Path { by, .. } = expectation {
        all.push(*by);
    }
    all.sort();
    all.dedup();
    all
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn lab() -> Document {
        let text = "netyard: 1\nnamespaces: {red: {}, blue: {}}\nlinks:\n  - red/a: {addresses: [10.0.0.1/24]}\n    blue/b: {addresses: [10.0.0.2/24]}\n";
        topology::read::read(text).unwrap().document
    }

    #[test]
    fn one_can_go_from_proposal_to_proposal_to_a_whole_sentence() {
        let lab = lab();
        assert_eq!(proposals(&lab, "r"), ["red"]);
        assert!(proposals(&lab, "red c").contains(&"red can ping".to_owned()));
        assert!(proposals(&lab, "red can ping 10").contains(&"red can ping 10.0.0.2".to_owned()));
        let mut sentence = String::new();
        for typed in ["red", " cannot reach", " b", " t"] {
            let begun = sentence + typed;
            sentence = proposals(&lab, &begun).swap_remove(0);
        }
        assert_eq!(sentence, "red cannot reach blue tcp/80");
        let read = read(&lab, &sentence).unwrap();
        assert_eq!(namespaces(&lab, &read).len(), 2);
        assert!(
            super::read(&lab, "green can ping red")
                .unwrap_err()
                .contains("green")
        );
    }
}
