//! Ids for new objects.

use topology::id::MAX_ID;
use topology::{Document, InterfaceId, NamespaceId};

/// Draws ids at random, so that two browsers hardly ever draw the same; never one that the document
/// has. Randomness is passed in: numbers of [0, 1).
pub(crate) struct Ids<'a> {
    random: &'a mut dyn FnMut() -> f64,
    drawn: Vec<u64>,
}

impl<'a> Ids<'a> {
    /// Ids from a source of random numbers.
    pub(crate) fn new(random: &'a mut dyn FnMut() -> f64) -> Self {
        Self {
            random,
            drawn: Vec::new(),
        }
    }

    /// An id that no namespace of the document has.
    pub(crate) fn namespace(&mut self, document: &Document) -> NamespaceId {
        NamespaceId(self.draw(|id| document.namespaces.contains_key(&NamespaceId(id))))
    }

    /// An id that no interface of the document has.
    pub(crate) fn interface(&mut self, document: &Document) -> InterfaceId {
        InterfaceId(self.draw(|id| document.interfaces.contains_key(&InterfaceId(id))))
    }

    fn draw(&mut self, taken: impl Fn(u64) -> bool) -> u64 {
        let mut id = ((self.random)() * MAX_ID as f64) as u64;
        // 0 is the host's.
        while id == 0 || taken(id) || self.drawn.contains(&id) {
            id = if id >= MAX_ID { 1 } else { id + 1 };
        }
        self.drawn.push(id);
        id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_fresh_even_from_a_poor_source() {
        let document = Document::new("");
        let mut zero = || 0.0;
        let mut ids = Ids::new(&mut zero);
        assert_eq!(ids.namespace(&document), NamespaceId(1));
        assert_eq!(ids.namespace(&document), NamespaceId(2));
        assert_eq!(ids.interface(&document), InterfaceId(3));
        let mut most = || 1.0 - f64::EPSILON;
        assert!(Ids::new(&mut most).interface(&document).0 <= MAX_ID);
    }
}
