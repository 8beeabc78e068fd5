//! The scene as signals: one for each card and cable, set only when it changed.

use std::collections::BTreeMap;

use leptos::prelude::*;
use topology::Node;
use topology::document::{Link, Point};

use super::contents::Contents;
use super::scene::{Cable, HostFrame, Placed, Scene};

/// What the canvas's components read.
#[derive(Clone, Copy)]
pub(crate) struct Drawing {
    /// The cards and bars there are.
    pub(crate) nodes: RwSignal<Vec<Node>>,
    /// The cables there are.
    pub(crate) links: RwSignal<Vec<Link>>,
    /// The host's frame.
    pub(crate) host: RwSignal<HostFrame>,
    /// Threads between bridges and the cards of their namespaces.
    pub(crate) tethers: RwSignal<Vec<[Point; 2]>>,
    plain: StoredValue<Plain>,
    node_cells: StoredValue<BTreeMap<Node, ArcRwSignal<Placed>>>,
    cable_cells: StoredValue<BTreeMap<Link, ArcRwSignal<Cable>>>,
}

#[derive(Default)]
struct Plain {
    contents: Contents,
    centres: BTreeMap<Node, Point>,
    homes: BTreeMap<Node, Node>,
    scene: Scene,
}

impl Drawing {
    /// Nothing drawn yet.
    pub(crate) fn new() -> Self {
        Self {
            nodes: RwSignal::new(Vec::new()),
            links: RwSignal::new(Vec::new()),
            host: RwSignal::new(HostFrame::default()),
            tethers: RwSignal::new(Vec::new()),
            plain: StoredValue::new(Plain::default()),
            node_cells: StoredValue::new(BTreeMap::new()),
            cable_cells: StoredValue::new(BTreeMap::new()),
        }
    }

    /// The card or bar of a node.
    pub(crate) fn node(self, node: Node) -> Option<ArcRwSignal<Placed>> {
        self.node_cells
            .with_value(|cells| cells.get(&node).cloned())
    }

    /// The cable of a link.
    pub(crate) fn cable(self, link: Link) -> Option<ArcRwSignal<Cable>> {
        self.cable_cells
            .with_value(|cells| cells.get(&link).cloned())
    }

    /// Looks at the scene as it is.
    pub(crate) fn with_scene<T>(self, look: impl FnOnce(&Scene) -> T) -> T {
        self.plain.with_value(|plain| look(&plain.scene))
    }

    /// Where nodes are, without what a drag does.
    pub(crate) fn centres(self) -> BTreeMap<Node, Point> {
        self.plain.with_value(|plain| plain.centres.clone())
    }

    /// New contents, or new places.
    pub(crate) fn set(
        self,
        contents: Contents,
        centres: BTreeMap<Node, Point>,
        homes: BTreeMap<Node, Node>,
        overlay: &BTreeMap<Node, Point>,
    ) {
        self.plain.update_value(|plain| {
            plain.contents = contents;
            plain.centres = centres;
            plain.homes = homes;
        });
        self.arrange(overlay);
    }

    /// The same contents, some nodes for the moment elsewhere.
    pub(crate) fn arrange(self, overlay: &BTreeMap<Node, Point>) {
        let scene = self.plain.with_value(|plain| {
            let mut centres = plain.centres.clone();
            centres.extend(overlay.iter().map(|(node, point)| (*node, *point)));
            Scene::arrange(&plain.contents, &centres, &plain.homes)
        });
        self.node_cells
            .update_value(|cells| spill(cells, &scene.nodes, self.nodes));
        self.cable_cells
            .update_value(|cells| spill(cells, &scene.cables, self.links));
        if self.host.with_untracked(|host| *host != scene.host) {
            self.host.set(scene.host.clone());
        }
        if self.tethers.with_untracked(|old| *old != scene.tethers) {
            self.tethers.set(scene.tethers.clone());
        }
        self.plain.update_value(|plain| plain.scene = scene);
    }
}

/// Sets the cells that differ; the list of keys last, when every key has its cell.
fn spill<K, V>(
    cells: &mut BTreeMap<K, ArcRwSignal<V>>,
    values: &BTreeMap<K, V>,
    keys: RwSignal<Vec<K>>,
) where
    K: Ord + Copy + Send + Sync + 'static,
    V: Clone + PartialEq + Send + Sync + 'static,
{
    for (key, value) in values {
        match cells.get(key) {
            Some(cell) if cell.with_untracked(|old| old == value) => {}
            Some(cell) => cell.set(value.clone()),
            None => {
                cells.insert(*key, ArcRwSignal::new(value.clone()));
            }
        }
    }
    cells.retain(|key, _| values.contains_key(key));
    if keys.with_untracked(|old| !old.iter().eq(values.keys())) {
        keys.set(values.keys().copied().collect());
    }
}
