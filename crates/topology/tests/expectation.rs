//! Expectations in documents: kept by edits, and by text.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use topology::edit::{Edit, Selection, apply};
use topology::expectation::Expectation;
use topology::{Document, NamespaceName, yaml};

const LAB: &str = "netyard: 1\nnamespaces:\n  red: {}\n  blue: {}\nlinks:\n  \
    - red/a: {addresses: [10.0.0.1/24]}\n    blue/b: {addresses: [10.0.0.2/24]}\nexpect:\n  \
    - red can ping blue\n  - red cannot reach 10.0.0.2 tcp/80\n  - path from red to blue avoids host\n";

fn lab() -> Document {
    yaml::read(LAB).unwrap_or_else(|error| panic!("{error}"))
}

fn said(document: &Document) -> Vec<String> {
    let named = document.expectations.iter();
    named
        .map(|one| one.named(document).unwrap().to_string())
        .collect()
}

#[test]
fn they_are_read_and_written() {
    let document = lab();
    assert_eq!(document.expectations.len(), 3);
    let again = yaml::read(&yaml::write(&document)).unwrap();
    assert_eq!(said(&again), said(&document));
    let error = yaml::read(&LAB.replace("ping blue", "ping green")).unwrap_err();
    assert_eq!((error.line, error.message.contains("green")), (9, true));
    let error = yaml::read(&LAB.replace("can ping", "may ping")).unwrap_err();
    assert!(
        error.line == 9 && error.message.contains("can reach"),
        "{error}"
    );
}

#[test]
fn they_follow_a_rename_and_go_with_what_they_speak_of() {
    let mut document = lab();
    let before = document.clone();
    let blue = document.namespace_named("blue").unwrap();
    let rename = Edit::RenameNamespace {
        namespace: blue,
        name: "green".parse().unwrap(),
    };
    let undo_rename = apply(&mut document, rename).unwrap();
    assert_eq!(said(&document)[0], "red can ping green");
    let removal = Edit::Remove(Selection::namespace(blue));
    let undo = apply(&mut document, removal).unwrap();
    assert_eq!(said(&document), ["red cannot reach 10.0.0.2 tcp/80"]);
    document.validate().unwrap();
    let redo = apply(&mut document, undo).unwrap();
    assert_eq!(said(&document).len(), 3);
    let undo = apply(&mut document, redo).unwrap();
    assert_eq!(said(&document).len(), 1);
    apply(&mut document, undo).unwrap();
    apply(&mut document, undo_rename).unwrap();
    assert_eq!(document, before);
}

#[test]
fn they_are_set_and_taken_back_by_an_edit() {
    let mut document = lab();
    let before = document.clone();
    let read: Expectation<NamespaceName> = "blue can ping 10.0.0.1".parse().unwrap();
    let expectations = vec![read.in_document(&document).unwrap()];
    let undo = apply(&mut document, Edit::SetExpectations { expectations }).unwrap();
    assert_eq!(said(&document), ["blue can ping 10.0.0.1"]);
    apply(&mut document, undo).unwrap();
    assert_eq!(document, before);
    let elsewhere = Edit::SetExpectations {
        expectations: vec![
            before.expectations[0]
                .map(|_| Some(topology::NamespaceId(77)))
                .unwrap(),
        ],
    };
    assert!(apply(&mut document, elsewhere).is_err());
    assert_eq!(document, before);
}
