//! What is done to the frames that leave an interface: one direction of a link.

use leptos::prelude::*;
use topology::edit::{Field, Place};
use topology::feature::Feature;
use topology::quality::{Measure, Quality};
use topology::{Edit, InterfaceId};

use super::field::{Choice, TextField, commit, commit_or_tell};
use super::folded::Folded;
use super::lacking::{Lacking, why_not};
use crate::editor::lab::Lab;
use crate::editor::presets::{PRESETS, fit};

/// The keys of what is no preset.
const NOTHING: &str = "";
const OWN: &str = "own";

/// What does it.
const FEATURES: [Feature; 2] = [Feature::Netem, Feature::Tbf];

/// The form, folded away until somebody asks for it.
#[component]
pub(crate) fn QualityForm(
    /// Of which interface.
    id: InterfaceId,
) -> impl IntoView {
    let lab = Lab::of_page();
    let quality = Memo::new(move |_| {
        lab.read(|document| document.interfaces.get(&id).and_then(|i| i.quality))
    });
    let direction = Memo::new(move |_| lab.read(|document| direction(document, id)));
    let said = Signal::derive(move || match quality.get() {
        None => direction.get(),
        Some(quality) => format!("{}: {}", direction.get(), quality.text()),
    });
    let lacking = Memo::new(move |_| FEATURES.map(|feature| why_not(lab, feature)));
    let rows = Measure::ALL.map(|measure| row(lab, id, measure, quality, lacking));
    view! {
        <Folded title="Quality" said=said>
            <Lacking features=&FEATURES />
            <Presets id=id quality=quality lacking=lacking />
            {rows.into_iter().collect_view()}
        </Folded>
    }
}

/// `red → blue` of a link, else of what it leaves.
fn direction(document: &topology::Document, id: InterfaceId) -> String {
    let place = |id: InterfaceId| {
        let found = document.interfaces.get(&id)?;
        Some(document.describe_namespace(found.namespace))
    };
    let peer = document.interfaces.get(&id).and_then(|i| i.peer());
    match (place(id), peer.and_then(place)) {
        (Some(from), Some(to)) => format!("{from} → {to}"),
        _ => "of what leaves it".to_owned(),
    }
}

/// Why, of the two that do it.
fn lacks(lacking: &[Option<String>; 2], measure: Measure) -> bool {
    let [netem, tbf] = lacking;
    match measure.is_netem() {
        true => netem.is_some(),
        false => tbf.is_some(),
    }
}

#[component]
fn Presets(
    id: InterfaceId,
    quality: Memo<Option<Quality>>,
    lacking: Memo<[Option<String>; 2]>,
) -> impl IntoView {
    let lab = Lab::of_page();
    let fitting = move |wanted: Quality| {
        let lacking = lacking.get();
        fit(wanted, |measure| !lacks(&lacking, measure))
    };
    let value = Signal::derive(move || {
        let Some(quality) = quality.get() else {
            return NOTHING.to_owned();
        };
        let mut presets = PRESETS.iter();
        let same = presets.find(|preset| fitting(preset.quality) == Some(quality));
        same.map_or(OWN, |preset| preset.name).to_owned()
    });
    let options = Signal::derive(move || {
        let own = (value.get() == OWN).then(|| (OWN.to_owned(), "as set below".to_owned()));
        let presets = PRESETS
            .iter()
            .filter(|preset| fitting(preset.quality).is_some())
            .map(|preset| (preset.name.to_owned(), preset.name.to_owned()));
        std::iter::once((NOTHING.to_owned(), "a perfect cable".to_owned()))
            .chain(own)
            .chain(presets)
            .collect::<Vec<_>>()
    });
    let choose = Callback::new(move |key: String| {
        if key == OWN {
            return;
        }
        let preset = PRESETS.iter().find(|preset| preset.name == key);
        let quality = preset.and_then(|preset| fitting(preset.quality));
        let interface = id;
        commit_or_tell(lab, Edit::SetQuality { interface, quality });
    });
    let source = move || {
        let name = value.get();
        let preset = PRESETS.iter().find(|preset| preset.name == name);
        preset.map(|preset| preset.source)
    };
    view! {
        <div>
            <Choice label="like" value=value options=options choose=choose />
            <p class="hint">{source}</p>
        </div>
    }
}

fn row(
    lab: Lab,
    id: InterfaceId,
    measure: Measure,
    quality: Memo<Option<Quality>>,
    lacking: Memo<[Option<String>; 2]>,
) -> AnyView {
    let shown = Signal::derive(move || {
        let number = quality.get().and_then(|quality| measure.get(&quality));
        number
            .map(|number| measure.text(number))
            .unwrap_or_default()
    });
    let set = Callback::new(move |text: String| {
        let number = match text.trim() {
            "" => None,
            text => Some(measure.read(text)?),
        };
        let before = quality.get_untracked().unwrap_or_default();
        let edit = Edit::SetQuality {
            interface: id,
            quality: before.with(measure, number),
        };
        commit(lab, edit)
    });
    // What is set can be taken away on any kernel.
    let off = Signal::derive(move || {
        shown.with(String::is_empty) && lacking.with(|lacking| lacks(lacking, measure))
    });
    let usual = match measure {
        Measure::Delay | Measure::Jitter => "none, like 20ms",
        Measure::Loss | Measure::Duplicate | Measure::Corrupt | Measure::Reorder => {
            "none, like 0.5%"
        }
        Measure::DelayCorrelation
        | Measure::LossCorrelation
        | Measure::DuplicateCorrelation
        | Measure::CorruptCorrelation
        | Measure::ReorderCorrelation => "none, like 25%",
        Measure::Gap => "usually 1",
        Measure::Limit => "usually 1000",
        Measure::Rate => "none, like 10mbit",
        Measure::Burst => "4 ms of it",
        Measure::Queue => "50 ms of it",
    };
    view! {
        <div title=measure.about()>
            <TextField
                label=measure.name()
                value=shown
                commit=set
                placeholder=usual
                place=Place::Interface(id, Some(Field::Quality))
                off=off
            />
        </div>
    }
    .into_any()
}
