#![allow(clippy::unwrap_used, clippy::panic)]

use protocol::lab::LabId;
use topology::document::{Interface, Kind, Point};
use topology::edit::{Fragment, Selection};
use topology::{Document, Edit, InterfaceId, InterfaceName, NamespaceId, Node};

use super::*;

fn id(name: &str) -> LabId {
    LabId(name.to_owned())
}

/// A bridge that comes, moves to a place that no decimal number is, and goes.
fn edits(count: u64) -> impl Iterator<Item = Edit> {
    let bridge = InterfaceId(7);
    (0..count).map(move |n| match n % 3 {
        0 => {
            let name = InterfaceName::try_from(format!("br{n}")).unwrap();
            let made = Interface::new(NamespaceId::HOST, name, Kind::bridge());
            Edit::Insert(Fragment {
                interfaces: [(bridge, made)].into(),
                ..Fragment::default()
            })
        }
        1 => {
            let point = Point {
                x: 1.0 / (n as f64 + 3.0),
                y: -0.1 * n as f64,
            };
            Edit::Move {
                to: [(Node::Bridge(bridge), Some(point))].into(),
            }
        }
        _ => Edit::Remove(Selection::interface(bridge)),
    })
}

/// Applies and stores edits; returns the document after each.
async fn append(store: &Store, lab: &LabId, document: &mut Document, first: u64, edits: &[Edit]) {
    for (revision, edit) in (first..).zip(edits) {
        topology::edit::apply(document, edit.clone()).unwrap();
        let document: &Document = document;
        store
            .append(NewEdit {
                lab,
                revision,
                author: 1,
                edit,
                document,
            })
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn what_was_acknowledged_is_there_after_opening_again() {
    let folder = tempfile::tempdir().unwrap();
    let lab = id("a");
    // Before, at, and after a snapshot.
    for count in [1, SNAPSHOT_EVERY - 1, 1, 1, SNAPSHOT_EVERY + 20] {
        let store = Store::open(folder.path()).unwrap();
        let known = store.load(&lab).await.unwrap();
        let (mut document, revision) = match known {
            Some(stored) => (stored.document, stored.revision),
            None => {
                assert!(
                    store
                        .create(lab.clone(), &Document::new("A"), 9)
                        .await
                        .unwrap()
                );
                (Document::new("A"), 0)
            }
        };
        let all: Vec<_> = edits(revision + count).skip(revision as usize).collect();
        append(&store, &lab, &mut document, revision + 1, &all).await;
        drop(store);
        let again = Store::open(folder.path()).unwrap();
        let expected = StoredLab {
            document,
            revision: revision + count,
        };
        assert_eq!(again.load(&lab).await.unwrap(), Some(expected));
    }
}

#[tokio::test]
async fn a_revision_is_written_once_and_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let lab = id("a");
    let document = Document::new("A");
    store.create(lab.clone(), &document, 9).await.unwrap();
    let edit = Edit::SetTitle { title: "B".into() };
    let new = |lab, revision| NewEdit {
        lab,
        revision,
        author: 1,
        edit: &edit,
        document: &document,
    };
    store.append(new(&lab, 1)).await.unwrap();
    for revision in [0, 1, 3] {
        store.append(new(&lab, revision)).await.unwrap_err();
    }
    let other = id("other");
    store.append(new(&other, 1)).await.unwrap_err();
    // A job that failed takes nothing with it.
    store.append(new(&lab, 2)).await.unwrap();
    assert_eq!(store.load(&lab).await.unwrap().unwrap().revision, 2);
}

#[tokio::test]
async fn many_at_once_are_committed_together_and_each_is_answered() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..50 {
        let (store, lab) = (store.clone(), id(&format!("lab{n:02}")));
        tasks.spawn(async move {
            let mut document = Document::new("L");
            store.create(lab.clone(), &document, 1000).await.unwrap();
            let all: Vec<_> = edits(20).collect();
            append(&store, &lab, &mut document, 1, &all).await;
            // Now and then somebody fails in the same transaction.
            let stale = NewEdit {
                lab: &lab,
                revision: 5,
                author: 1,
                edit: &all[0],
                document: &document,
            };
            store.append(stale).await.unwrap_err();
        });
    }
    tasks.join_all().await;
    let list = store.list().await.unwrap();
    assert_eq!(list.len(), 50);
    for lab in list {
        assert_eq!(store.load(&lab.id).await.unwrap().unwrap().revision, 20);
    }
}

#[tokio::test]
async fn the_list_follows_the_edits_and_has_a_limit() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    assert!(store.create(id("a"), &Document::new("A"), 2).await.unwrap());
    assert!(store.create(id("b"), &Document::new("B"), 2).await.unwrap());
    assert!(!store.create(id("c"), &Document::new("C"), 2).await.unwrap());
    let mut document = Document::new("A");
    let title = Edit::SetTitle { title: "A2".into() };
    append(&store, &id("a"), &mut document, 1, &[title]).await;
    let titles: Vec<_> = store
        .list()
        .await
        .unwrap()
        .into_iter()
        .map(|lab| lab.title)
        .collect();
    assert!(
        titles.contains(&"A2".to_owned()) && titles.contains(&"B".to_owned()),
        "{titles:?}"
    );
    store.delete(id("a")).await.unwrap();
    assert_eq!(store.load(&id("a")).await.unwrap(), None);
    assert_eq!(store.list().await.unwrap().len(), 1);
}

#[tokio::test]
async fn what_was_tampered_with_is_named_and_not_half_read() {
    let folder = tempfile::tempdir().unwrap();
    let lab = id("a");
    let store = Store::open(folder.path()).unwrap();
    store
        .create(lab.clone(), &Document::new("A"), 9)
        .await
        .unwrap();
    let all: Vec<_> = edits(3).collect();
    append(&store, &lab, &mut Document::new("A"), 1, &all).await;
    let broken = async |sql: &str| {
        let other = rusqlite::Connection::open(folder.path().join("labs.sqlite")).unwrap();
        other.execute_batch(sql).unwrap();
        match store.load(&lab).await {
            Err(StoreError::Corrupt { lab, why }) => (lab, why).1,
            other => panic!("{other:?}"),
        }
    };
    assert!(
        broken("DELETE FROM edits WHERE revision = 2")
            .await
            .contains("edit 2 is missing")
    );
    assert!(
        broken("UPDATE labs SET document = '{}'")
            .await
            .contains("its document")
    );
}

#[tokio::test]
async fn sessions_are_kept_as_hashes() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    store.add_session([1; 32], 5).await.unwrap();
    store.add_session([2; 32], 6).await.unwrap();
    store.remove_sessions(vec![[1; 32]]).await.unwrap();
    drop(store);
    let store = Store::open(folder.path()).unwrap();
    assert_eq!(store.sessions().await.unwrap(), [([2; 32], 6)]);
}
