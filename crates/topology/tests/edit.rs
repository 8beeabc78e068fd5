//! Edits: an edit and its inverse are nothing; a refused edit is nothing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use proptest::prelude::*;
use topology::arbitrary::{document, wish};
use topology::edit::{Edit, apply};
use topology::{Document, InterfaceId, NamespaceId};

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn the_inverse_gives_back_the_document_and_its_inverse_the_edit(
        before in document(40),
        wish in wish(),
    ) {
        let mut after = before.clone();
        let Ok(inverse) = apply(&mut after, wish.edit(&before)) else {
            prop_assert_eq!(&after, &before, "a refused edit changes nothing");
            return Ok(());
        };
        let mut back = after.clone();
        let again = apply(&mut back, inverse).expect("an inverse is never refused");
        prop_assert_eq!(&back, &before);
        apply(&mut back, again).expect("nor is the inverse of an inverse");
        prop_assert_eq!(&back, &after);
    }

    #[test]
    fn every_edit_leaves_a_valid_document(document in document(60)) {
        document.validate().expect("valid");
    }

    #[test]
    fn a_batch_is_all_or_nothing_and_undone_as_one(
        before in document(20),
        wishes in prop::collection::vec(wish(), 1..12),
    ) {
        let mut scratch = before.clone();
        let edits: Vec<Edit> = wishes
            .iter()
            .filter_map(|wish| {
                let edit = wish.edit(&scratch);
                apply(&mut scratch, edit.clone()).ok().map(|_| edit)
            })
            .collect();
        let mut after = before.clone();
        let inverse = apply(&mut after, Edit::Batch { edits: edits.clone() }).expect("each was taken");
        prop_assert_eq!(&after, &scratch);
        let mut back = after.clone();
        apply(&mut back, inverse).expect("an inverse is never refused");
        prop_assert_eq!(&back, &before);

        let mut spoilt = edits;
        spoilt.push(Edit::SetTitle { title: "x".repeat(1000) });
        let mut untouched = before.clone();
        let outcome = apply(&mut untouched, Edit::Batch { edits: spoilt });
        prop_assert!(outcome.is_err());
        prop_assert_eq!(&untouched, &before);
    }

    #[test]
    fn edits_and_documents_survive_json(before in document(30), wish in wish()) {
        let edit = wish.edit(&before);
        let text = serde_json::to_string(&edit).unwrap();
        prop_assert_eq!(serde_json::from_str::<Edit>(&text).unwrap(), edit);
        let text = serde_json::to_string(&before).unwrap();
        prop_assert_eq!(serde_json::from_str::<Document>(&text).unwrap(), before);
    }
}

#[test]
fn people_read_no_ids_and_why_lo_is_no_name() {
    let text = "netyard: 1\nnamespaces: {red: {}, blue: {}}\nlinks: [{red/a: {}, blue/b: {}}]\n";
    let mut document = topology::read::read(text).unwrap().document;
    let told = |document: &mut Document, edit: Edit| apply(document, edit).unwrap_err().to_string();
    let rename = Edit::RenameNamespace {
        namespace: NamespaceId(4),
        name: "green".parse().unwrap(),
    };
    assert_eq!(
        told(&mut document, rename),
        "that namespace: there is no such object any more"
    );
    let gone = Edit::SetUp {
        interface: InterfaceId(77),
        up: true,
    };
    assert_eq!(
        told(&mut document, gone),
        "that interface: there is no such object any more"
    );
    let red = document.namespace_named("red").unwrap();
    let reserved = Edit::RenameInterface {
        interface: document.interface_named(red, "a").unwrap(),
        name: "lo".parse().unwrap(),
    };
    let told = told(&mut document, reserved);
    assert!(told.contains("`lo` is reserved"), "{told}");
}
