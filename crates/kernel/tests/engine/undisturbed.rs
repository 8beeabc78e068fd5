//! What does not change is not touched: pings between others lose nothing, and connections over
//! what changes survive, whatever property it is.

mod devices;
mod edits;
mod fates;
mod watch;

use std::collections::BTreeSet;
use std::thread;
use std::time::Duration;

use kernel::sandbox::Inside;
use topology::document::Document;
use topology::edit::{Edit, apply};
use topology::feature::Feature;
use topology::kind::DeviceKind;
use topology::observed::Observed;
use topology::quality::Measure;
use topology::{InterfaceId, NamespaceId, yaml};

use self::fates::Fate;
use self::watch::{Connection, Flood, Pings, Watch};
use crate::Lab;
use crate::support::As;

/// Those who have nothing to do with anything.
const QUIET: [&str; 2] = ["orange", "brown"];

/// An edit that is tried, and taken back.
struct Sample {
    edit: Edit,
    /// Nothing passes until it is taken back: there the connections are to live on.
    cuts: bool,
}

impl From<Edit> for Sample {
    fn from(edit: Edit) -> Self {
        Self { edit, cuts: false }
    }
}

/// What is edited, and the connections that live through it: from where to where, and the address.
struct Scene {
    document: Document,
    connections: Vec<[&'static str; 3]>,
    samples: Vec<Sample>,
}

/// The document of a scene, `QUIET` among its namespaces: what is in `namespaces`, and in `links`.
fn document(namespaces: &str, links: &str) -> Document {
    let text = format!(
        "netyard: 1
namespaces:
  orange: {{}}
  brown: {{}}
{namespaces}links:
  - orange/eth: {{addresses: [10.0.250.1/24]}}
    brown/eth: {{addresses: [10.0.250.2/24]}}
{links}"
    );
    yaml::read(&text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn namespace(document: &Document, name: &str) -> NamespaceId {
    document.namespace_named(name).unwrap()
}

/// An interface by the name of its namespace and its own: `red/eth`.
fn interface(document: &Document, path: &str) -> InterfaceId {
    let (home, name) = path.split_once('/').unwrap();
    let found = document.interface_named(namespace(document, home), name);
    found.unwrap_or_else(|| panic!("{path}"))
}

/// What nobody may make again: every interface, where it is and for what.
fn interfaces(observed: &Observed) -> BTreeSet<(NamespaceId, u32, Option<InterfaceId>)> {
    let all = observed.namespaces.iter();
    all.flat_map(|(id, ns)| ns.interfaces.iter().map(|(index, i)| (*id, *index, i.id)))
        .collect()
}

/// Tries each edit and takes it back.
fn try_all(scene: Scene) {
    let mut document = scene.document;
    let lab = Lab::start();
    lab.apply(&document);
    let named = |name: &str| lab.namespace(namespace(&document, name));
    let quiet = QUIET.map(named);
    // The kernel's own addresses have come by then.
    thread::sleep(Duration::from_secs(3));
    let connections = scene.connections.iter();
    let mut connections: Vec<_> = connections
        .map(|[from, to, address]| Connection::open(&named(from), &named(to), address))
        .collect();
    assert!(!connections.is_empty());
    let watches = quiet.each_ref().map(Watch::start);
    let [orange, _] = &quiet;
    let flood = Flood::start(orange, "10.0.250.2");
    let edits = u64::try_from(scene.samples.len() * 2).unwrap();
    for Sample { edit, cuts } in scene.samples {
        let before = document.clone();
        let done = try_one(&lab, &mut document, &edit);
        if !cuts {
            connections.iter_mut().for_each(|c| c.works(&done.what));
        }
        let undone = try_one(&lab, &mut document, &done.back);
        connections.iter_mut().for_each(|c| c.works(&undone.what));
        assert_eq!(document, before, "{}", undone.what);
    }
    let Pings { sent, lost } = flood.end();
    for watch in watches {
        assert_eq!(watch.end(), "", "others were touched");
    }
    assert!(sent > edits, "{sent} pings during {edits} edits");
    assert_eq!(lost, 0, "of {sent} pings between others");
}

struct Done {
    what: String,
    back: Edit,
}

/// Brings an edit to the kernel, which does with it what its fate is.
fn try_one(lab: &Lab, document: &mut Document, edit: &Edit) -> Done {
    let what = format!("{edit:?}");
    let before = interfaces(&lab.engine.observed());
    let back = apply(document, edit.clone()).unwrap_or_else(|error| panic!("{what}: {error}"));
    let applied = lab.runtime.block_on(lab.engine.apply_edit(&*document));
    let applied = applied.unwrap_or_else(|error| panic!("{what}: {error}"));
    let after = interfaces(&lab.engine.observed());
    match fates::of(edit) {
        (_, Fate::NoStep) => assert_eq!(applied.steps, [], "{what}"),
        (_, Fate::InPlace) => assert_eq!(before, after, "{what}: {:#?}", applied.steps),
        (_, Fate::Makes) => assert!(
            before.is_subset(&after) || after.is_subset(&before),
            "{what}: {:#?}",
            applied.steps
        ),
        (name, Fate::Excepted(why)) => panic!("{name} is not to be tried: {why}"),
    }
    lab.stands(document);
    // Long enough for a ping to be hurt.
    thread::sleep(Duration::from_millis(30));
    Done { what, back }
}

/// What every kernel has, and this one.
pub(crate) fn others(_: &Inside) {
    try_all(edits::common());
}

pub(crate) fn settings(_: &Inside) {
    try_all(edits::settings());
}

/// What the VLANs of a bridge need.
pub(crate) const VLANS: &[Feature] = &[Feature::BridgeVlans];

pub(crate) fn vlans(_: &Inside) {
    try_all(edits::vlans());
}

/// What bridges need that learn only so much.
pub(crate) const LEARNING: &[Feature] = &[Feature::BridgeLearningLimit];

pub(crate) fn learning(_: &Inside) {
    try_all(edits::learning());
}

/// What delays need.
pub(crate) const DELAYS: &[Feature] = &[Feature::Netem];

pub(crate) fn delays(_: &Inside) {
    try_all(edits::delays());
}

/// Devices of one kind.
pub(crate) fn of_kind(feature: Feature) {
    let Feature::Device(kind) = feature else {
        panic!("{feature} is no kind of interface");
    };
    try_all(devices::scene(devices::parts(kind).unwrap()()));
}

/// The kinds of which something can be changed in place, beside bridges.
pub(crate) fn kinds() -> impl Iterator<Item = DeviceKind> {
    let kinds = DeviceKind::ALL.iter().copied();
    kinds.filter(|kind| devices::parts(*kind).is_some())
}

/// Every edit that is tried, those in batches too, and what takes each back, with the document that
/// it is an edit of.
fn tried() -> Vec<(Edit, Document)> {
    let scenes = [
        edits::common(),
        edits::settings(),
        edits::vlans(),
        edits::learning(),
        edits::delays(),
    ];
    let of_kinds = kinds().filter_map(devices::parts);
    let of_kinds = of_kinds.map(|parts| devices::scene(parts()));
    let scenes = scenes.into_iter().chain(of_kinds);
    let mut all = Vec::new();
    for Scene {
        mut document,
        samples,
        ..
    } in scenes
    {
        for Sample { edit, .. } in samples {
            let before = document.clone();
            let back = apply(&mut document, edit.clone()).unwrap();
            apply(&mut document, back.clone()).unwrap();
            for edit in [edit, back] {
                let parts = match &edit {
                    Edit::Batch { edits } => edits.clone(),
                    _ => Vec::new(),
                };
                let parts = std::iter::once(edit).chain(parts);
                all.extend(parts.map(|edit| (edit, before.clone())));
            }
        }
    }
    all
}

/// Each edit is tried on one kernel or the other, or it is said why not; and so is each parameter
/// that the kernel changes in place, and each measure of a quality.
pub(crate) fn nothing_forgotten(_: As) {
    let tried = tried();
    let names: BTreeSet<_> = tried.iter().map(|(edit, _)| fates::of(edit).0).collect();
    for (name, fate) in fates::ALL {
        let is_excepted = matches!(fate, Fate::Excepted(_));
        assert_ne!(names.contains(name), is_excepted, "{name}");
    }
    let forgotten = devices::parameters_beside(&tried);
    assert_eq!(
        forgotten,
        BTreeSet::new(),
        "parameters that nothing changes"
    );
    let qualities = tried.iter().filter_map(|(edit, _)| match edit {
        Edit::SetQuality { quality, .. } => *quality,
        _ => None,
    });
    let qualities: Vec<_> = qualities.collect();
    for measure in Measure::ALL {
        let is_set = qualities.iter().any(|q| measure.get(q).is_some());
        assert!(is_set, "{}", measure.name());
    }
}
