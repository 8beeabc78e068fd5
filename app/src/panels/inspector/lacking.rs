//! What cannot be had on this machine, told where somebody would set it.

use leptos::prelude::*;
use topology::feature::{Feature, Missing};

use crate::editor::lab::Lab;

/// Why one of these cannot be had, what for and what to do; nothing where all can.
#[component]
pub(crate) fn Lacking(
    /// What is needed.
    features: &'static [Feature],
) -> impl IntoView {
    let lab = Lab::of_page();
    move || {
        let whys = features.iter().filter_map(|feature| why_not(lab, *feature));
        whys.map(|why| view! { <p class="hint lacks">{why}</p> })
            .collect_view()
    }
}

/// Why this cannot be had; `None` where it can.
pub(crate) fn why_not(lab: Lab, feature: Feature) -> Option<String> {
    lab.missing.with(|all| missing(all, feature))
}

/// The same of what is known to be missing.
pub(crate) fn missing(all: &[Missing], feature: Feature) -> Option<String> {
    let found = all.iter().find(|missing| missing.feature == feature)?;
    Some(found.to_string())
}
