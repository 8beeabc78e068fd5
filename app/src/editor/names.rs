//! Fresh names for new objects, as the kernel takes them: at most 15 bytes, unique where they live.

use std::cmp::Ordering;

use topology::name::MAX_NAME_BYTES;
use topology::{Document, InterfaceName, NamespaceId, NamespaceName};

/// What namespaces are called at first, in the order of the article that teaches them.
const COLOURS: [&str; 10] = [
    "red", "blue", "green", "yellow", "purple", "orange", "pink", "brown", "white", "black",
];

/// The first colour that no namespace has, then `ns1`, `ns2`, …
pub(crate) fn namespace(document: &Document) -> Option<NamespaceName> {
    let colours = COLOURS.iter().map(|colour| (*colour).to_owned());
    let numbered = (1..=document.namespaces.len() + 1).map(|n| format!("ns{n}"));
    colours
        .chain(numbered)
        .find(|name| document.namespace_named(name).is_none())
        .and_then(|name| name.parse().ok())
}

/// `br0`, `br1`, …: the first that the namespace does not have.
pub(crate) fn bridge(document: &Document, namespace: NamespaceId) -> Option<InterfaceName> {
    (0..=document.interfaces.len())
        .map(|n| format!("br{n}"))
        .find(|name| document.interface_named(namespace, name).is_none())
        .and_then(|name| name.parse().ok())
}

/// A name that no interface of the whole document has: the kernel asks for less, but a pair whose
/// ends have different names is easier to follow. Too long a name is cut in the middle of `words`,
/// where a namespace's name stands.
pub(crate) fn interface(
    document: &Document,
    prefix: &str,
    words: &str,
    taken: &[&InterfaceName],
) -> Option<InterfaceName> {
    let is_taken = |name: &str| {
        document
            .interfaces
            .values()
            .any(|interface| interface.name.as_str() == name)
            || taken.iter().any(|other| other.as_str() == name)
    };
    (1..=document.interfaces.len() + 2)
        .map(|n| {
            let suffix = if n == 1 { String::new() } else { n.to_string() };
            let room = MAX_NAME_BYTES.saturating_sub(prefix.len() + suffix.len());
            format!("{prefix}{}{suffix}", cut(words, room))
        })
        .find(|name| !is_taken(name))
        .and_then(|name| name.parse().ok())
}

/// In which order people look for names: numbers in them by value, `eth2` before `eth10`.
pub(crate) fn natural(a: &str, b: &str) -> Ordering {
    let (mut left, mut right) = (a, b);
    loop {
        let (x, y) = (digits(left), digits(right));
        if x > 0 && y > 0 {
            let (number, other) = (value(left, x), value(right, y));
            if number != other {
                return number.cmp(&other);
            }
            left = left.get(x..).unwrap_or_default();
            right = right.get(y..).unwrap_or_default();
            continue;
        }
        let (mut l, mut r) = (left.chars(), right.chars());
        match (l.next(), r.next()) {
            (Some(x), Some(y)) if x == y => (left, right) = (l.as_str(), r.as_str()),
            // `veth01` and `veth1` are two names.
            (None, None) => return a.cmp(b),
            (x, y) => return x.cmp(&y),
        }
    }
}

/// How many digits a text begins with.
fn digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

/// The number of the first digits; names are far too short for it to overflow.
fn value(text: &str, digits: usize) -> u64 {
    let number = text.get(..digits).and_then(|number| number.parse().ok());
    number.unwrap_or(u64::MAX)
}

/// The longest start of a text that has at most `bytes` bytes.
fn cut(text: &str, bytes: usize) -> &str {
    let mut end = bytes.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use topology::InterfaceId;
    use topology::document::{Interface, Kind, Namespace};

    fn with_namespaces(names: &[&str]) -> Document {
        let mut document = Document::new("");
        for (name, id) in names.iter().zip(1..) {
            document
                .namespaces
                .insert(NamespaceId(id), Namespace::new(name.parse().unwrap()));
        }
        document
    }

    #[test]
    fn namespaces_are_colours_first() {
        assert_eq!(namespace(&with_namespaces(&[])).unwrap().as_str(), "red");
        let some = with_namespaces(&["red", "green"]);
        assert_eq!(namespace(&some).unwrap().as_str(), "blue");
        let all = with_namespaces(&COLOURS);
        assert_eq!(namespace(&all).unwrap().as_str(), "ns1");
    }

    #[test]
    fn interfaces_are_unique_and_short() {
        let mut document = Document::new("");
        assert_eq!(
            interface(&document, "veth-", "red", &[]).unwrap().as_str(),
            "veth-red"
        );
        let long = interface(&document, "veth-br-", "webserver-éé", &[]).unwrap();
        assert_eq!(long.as_str(), "veth-br-webserv");
        let accents = interface(&document, "veth-br-", "123456é", &[]).unwrap();
        assert_eq!(accents.as_str(), "veth-br-123456");
        document.interfaces.insert(
            InterfaceId(9),
            Interface::new(NamespaceId::HOST, long, Kind::bridge()),
        );
        assert_eq!(
            interface(&document, "veth-br-", "webserver", &[])
                .unwrap()
                .as_str(),
            "veth-br-webser2"
        );
    }

    #[test]
    fn numbers_in_names_count_by_value() {
        let mut names = [
            "eth10", "lo", "eth2", "eth02", "br0", "eth", "a1b2", "a1b10",
        ];
        names.sort_by(|a, b| natural(a, b));
        assert_eq!(
            names,
            [
                "a1b2", "a1b10", "br0", "eth", "eth02", "eth2", "eth10", "lo"
            ]
        );
    }

    #[test]
    fn bridges_are_numbered() {
        let mut document = Document::new("");
        assert_eq!(
            bridge(&document, NamespaceId::HOST).unwrap().as_str(),
            "br0"
        );
        document.interfaces.insert(
            InterfaceId(9),
            Interface::new(NamespaceId::HOST, "br0".parse().unwrap(), Kind::bridge()),
        );
        assert_eq!(
            bridge(&document, NamespaceId::HOST).unwrap().as_str(),
            "br1"
        );
    }
}
