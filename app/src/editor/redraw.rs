//! From the document and the kernel's state to the scene.

use std::collections::BTreeMap;
use std::time::Duration;

use leptos::prelude::*;
use protocol::lab::RunState;
use topology::document::Point;
use topology::status::statuses;
use topology::{Document, Edit, NamespaceId, Node};

use super::lab::{Lab, Online};
use crate::canvas::contents::{Sources, contents};
use crate::canvas::gesture::Gesture;
use crate::canvas::marks::{Marks, Standing};

/// After this long a difference between document and kernel is no longer taken for an edit on its
/// way.
const SETTLE: Duration = Duration::from_secs(3);

impl Lab {
    /// Whether an edit is on its way into the kernel.
    pub(super) fn settling(self) -> bool {
        let starting = self
            .run
            .with_untracked(|run| matches!(run, RunState::Starting | RunState::Stopping));
        let running = self.run.with_untracked(|run| *run == RunState::Running);
        let under_way = self
            .plain
            .with_value(|plain| plain.unsent || plain.awaited.is_some());
        starting || (running && under_way)
    }

    pub(super) fn settle_later(self) {
        let awaited = self.plain.with_value(|plain| plain.awaited);
        set_timeout(
            move || {
                let still = self.plain.try_with_value(|plain| plain.awaited == awaited);
                if still == Some(true) {
                    self.plain.update_value(|plain| {
                        plain.awaited = None;
                        plain.unsent = false;
                    });
                    self.refresh();
                }
            },
            SETTLE,
        );
    }

    /// Makes the scene anew at the next frame: for what comes in bursts.
    pub(super) fn refresh_soon(self) {
        let was_stale = self
            .plain
            .try_update_value(|plain| std::mem::replace(&mut plain.stale, true));
        if was_stale == Some(false) {
            request_animation_frame(move || {
                if self.plain.try_with_value(|plain| plain.stale) == Some(true) {
                    self.refresh();
                }
            });
        }
    }

    /// Makes the scene anew from the document and the kernel's state.
    pub(super) fn refresh(self) {
        self.plain.update_value(|plain| plain.stale = false);
        let settling = self.settling();
        let running = self.run.with_untracked(|run| *run != RunState::Stopped);
        let is_known = !running || self.online.get_untracked() != Online::No;
        let (statuses, marks, contents, centres, homes, gone) =
            self.working.with_untracked(|working| {
                let document = working.document();
                self.observed.with_untracked(|observed| {
                    self.failure.with_untracked(|failure| {
                        let statuses = statuses(document, observed.as_ref());
                        let standing = Standing {
                            failure: failure.as_ref(),
                            settling,
                            is_known,
                        };
                        let marks = Marks::of(&statuses, standing);
                        let contents = contents(Sources {
                            document,
                            statuses: &statuses,
                            observed: observed.as_ref(),
                            marks: &marks,
                            settling,
                        });
                        let gone = self.selected.with_untracked(|selected| {
                            selected.iter().any(|object| !object.is_in(document))
                        });
                        (
                            statuses,
                            marks,
                            contents,
                            topology::layout::place(document),
                            homes(document),
                            gone,
                        )
                    })
                })
            });
        if self.statuses.with_untracked(|old| *old != statuses) {
            self.statuses.set(statuses);
        }
        if self.marks.with_untracked(|old| *old != marks) {
            self.marks.set(marks);
        }
        let overlay = self.gesture.with_untracked(Gesture::overlay);
        self.drawing.set(contents, centres, homes, &overlay);
        if gone {
            self.selected
                .update(|selected| selected.retain(|object| self.peek(|d| object.is_in(d))));
        }
    }

    /// Puts moved nodes where the pointer has them for the moment.
    pub(crate) fn drag(self) {
        let overlay = self.gesture.with_untracked(Gesture::overlay);
        self.drawing.arrange(&overlay);
    }
}

/// A bridge that lives inside a namespace belongs to that namespace's card.
fn homes(document: &Document) -> BTreeMap<Node, Node> {
    document
        .bridges()
        .filter(|(_, bridge)| bridge.namespace != NamespaceId::HOST)
        .map(|(id, bridge)| (Node::Bridge(id), Node::Namespace(bridge.namespace)))
        .collect()
}

/// Whether the kernel has to do anything for an edit.
pub(super) fn touches_kernel(edit: &Edit) -> bool {
    match edit {
        Edit::Move { .. } | Edit::SetTitle { .. } | Edit::SetService { .. } => false,
        Edit::Batch { edits } => edits.iter().any(touches_kernel),
        _ => true,
    }
}

/// Most objects that [`free_place`] puts side by side.
const IN_A_ROW: usize = 4;

/// A place for a new object: to the right of the lowest row, or below it when it is full.
pub(crate) fn free_place(centres: &BTreeMap<Node, Point>) -> Point {
    let lowest = centres
        .values()
        .map(|point| point.y)
        .fold(f64::NEG_INFINITY, f64::max);
    let row: Vec<f64> = centres
        .values()
        .filter(|point| lowest - point.y < 60.0)
        .map(|point| point.x)
        .collect();
    let least = |all: &mut dyn Iterator<Item = f64>| all.fold(f64::INFINITY, f64::min);
    let (x, y) = match row.len() {
        0 => (0.0, 0.0),
        1..IN_A_ROW => (-least(&mut row.iter().map(|x| -x)) + 280.0, lowest),
        _ => (
            least(&mut centres.values().map(|point| point.x)),
            lowest + 170.0,
        ),
    };
    let snap = |value: f64| (value / 10.0).round() * 10.0;
    Point {
        x: snap(x),
        y: snap(y),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use topology::InterfaceId;

    #[test]
    fn moves_and_titles_are_no_business_of_the_kernel() {
        let title = Edit::SetTitle { title: "x".into() };
        let up = Edit::SetUp {
            interface: InterfaceId(1),
            up: true,
        };
        assert!(!touches_kernel(&title) && touches_kernel(&up));
        assert!(touches_kernel(&Edit::Batch {
            edits: vec![title, up]
        }));
    }

    #[test]
    fn new_objects_stand_beside_and_then_below_the_others() {
        let mut centres = BTreeMap::new();
        let mut places = Vec::new();
        for id in 0..6 {
            let place = free_place(&centres);
            centres.insert(Node::Bridge(InterfaceId(id)), place);
            places.push((place.x, place.y));
        }
        assert_eq!(
            places,
            [
                (0.0, 0.0),
                (280.0, 0.0),
                (560.0, 0.0),
                (840.0, 0.0),
                (0.0, 170.0),
                (280.0, 170.0)
            ]
        );
    }
}
