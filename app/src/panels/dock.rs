//! The dock below the canvas: what streams, and lists.

use std::net::IpAddr;

use leptos::ev::PointerEvent;
use leptos::prelude::*;
use protocol::capture::{CaptureOptions, CaptureTarget};
use topology::{InterfaceId, NamespaceId};
use wasm_bindgen::JsCast;
use web_sys::Element;

use super::capture::CapturePanel;
use super::commands::CommandsPanel;
use super::expectations::{Checks, ExpectationsPanel};
use super::ping_options::Typed;
use super::pings::PingsPanel;
use super::probes::{ProbesPanel, Question};
use super::problems::{ProblemsPanel, problems};
use super::reach::ReachPanel;
use crate::editor::lab::Lab;
use crate::testids;
use crate::toast::Toasts;

/// Lowest and highest share of the window.
const LEAST: f64 = 120.0;
const KEEP_FREE: f64 = 240.0;
/// Its height at first, pixels.
const HEIGHT: f64 = 264.0;

/// A tab.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Tab {
    /// Pings.
    Pings,
    /// Who reaches whom.
    Reachability,
    /// One question, one answer.
    Probes,
    /// Captures.
    Capture,
    /// The lab as a script.
    Commands,
    /// What should be true of the lab.
    Expectations,
    /// What is wrong with the document.
    Problems,
}

impl Tab {
    const ALL: [Self; 7] = [
        Self::Pings,
        Self::Reachability,
        Self::Probes,
        Self::Capture,
        Self::Expectations,
        Self::Commands,
        Self::Problems,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Pings => "Pings",
            Self::Reachability => "Reachability",
            Self::Probes => "Probes",
            Self::Capture => "Capture",
            Self::Commands => "Commands",
            Self::Expectations => "Expectations",
            Self::Problems => "Problems",
        }
    }

    fn key(self) -> &'static str {
        match self {
            Self::Pings => "pings",
            Self::Reachability => "reachability",
            Self::Probes => "probes",
            Self::Capture => "capture",
            Self::Commands => "commands",
            Self::Expectations => "expectations",
            Self::Problems => "problems",
        }
    }
}

/// What the dock shows.
#[derive(Clone, Copy)]
pub(crate) struct Dock {
    /// The tab in front.
    pub(crate) tab: RwSignal<Tab>,
    /// Pixels.
    pub(crate) height: RwSignal<f64>,
    /// From where the next ping goes, once somebody has chosen.
    pub(crate) ping_source: RwSignal<Option<NamespaceId>>,
    /// Where the next ping goes.
    pub(crate) ping_target: RwSignal<String>,
    /// Where the next capture is made, as far as somebody has chosen.
    pub(crate) capture_sources: RwSignal<Vec<CaptureTarget>>,
    /// How the next ping is done.
    pub(crate) ping_options: RwSignal<Typed>,
    /// What the next probe asks.
    pub(crate) question: RwSignal<Question>,
    /// The port of the next probe.
    pub(crate) probe_port: RwSignal<String>,
    /// The filter of the next capture.
    pub(crate) capture_filter: RwSignal<String>,
    /// How the next capture is made; the filter is apart.
    pub(crate) capture_options: RwSignal<CaptureOptions>,
    /// The height before the dock was made higher for packets, and after.
    room: StoredValue<Option<[f64; 2]>>,
    /// What came of the latest check of the expectations.
    pub(crate) checks: Checks,
    toasts: Toasts,
}

impl Dock {
    /// Provides the dock's state to everything below.
    pub(crate) fn provide() -> Self {
        let dock = Self {
            tab: RwSignal::new(Tab::Pings),
            height: RwSignal::new(HEIGHT),
            ping_source: RwSignal::new(None),
            ping_target: RwSignal::new(String::new()),
            capture_sources: RwSignal::new(Vec::new()),
            ping_options: RwSignal::new(Typed::default()),
            question: RwSignal::new(Question::Tcp),
            probe_port: RwSignal::new("80".to_owned()),
            capture_filter: RwSignal::new(String::new()),
            capture_options: RwSignal::new(CaptureOptions::default()),
            room: StoredValue::new(None),
            checks: Checks::new(),
            toasts: Toasts::of_page(),
        };
        provide_context(dock);
        dock
    }

    /// That of the page.
    pub(crate) fn of_page() -> Self {
        expect_context()
    }

    /// Brings a tab to the front.
    pub(crate) fn show(self, tab: Tab) {
        self.tab.set(tab);
        // The room that packets had goes back to the canvas.
        if tab != Tab::Capture
            && let Some([before, after]) = self.room.get_value()
            && (self.height.get_untracked() - after).abs() < 1.0
        {
            self.room.set_value(None);
            self.height.set(before);
        }
    }

    /// The next ping goes from there: only the target is missing.
    pub(crate) fn choose_ping_source(self, source: NamespaceId) {
        self.ping_source.set(Some(source));
        self.show(Tab::Pings);
    }

    /// The next probe goes from there, and perhaps to there: what to ask is to be chosen.
    pub(crate) fn probe_from(self, source: NamespaceId, target: Option<IpAddr>) {
        self.ping_source.set(Some(source));
        if let Some(target) = target {
            self.ping_target.set(target.to_string());
        }
        self.show(Tab::Probes);
    }

    /// Starts a ping, or says why not.
    pub(crate) fn ping(self, lab: Lab, source: NamespaceId, target: IpAddr) {
        self.ping_source.set(Some(source));
        self.ping_target.set(target.to_string());
        if lab.is_running() {
            match self.ping_options.with_untracked(Typed::options) {
                Ok(options) => lab.ping(source, target, options),
                Err(why) => self.toasts.error(why),
            }
        } else {
            self.toasts
                .info("Start the lab first: a ping goes through the kernel");
        }
    }

    /// Starts a capture on an interface with the filter as it stands, or says why not.
    pub(crate) fn capture(self, lab: Lab, interface: InterfaceId) {
        let target = lab.peek(|document| {
            let found = document.interfaces.get(&interface)?;
            Some(CaptureTarget {
                namespace: found.namespace,
                interface: Some(interface),
            })
        });
        self.capture_on(lab, target.into_iter().collect());
    }

    /// Starts one capture at all these places with the filter as it stands, or says why not.
    pub(crate) fn capture_on(self, lab: Lab, targets: Vec<CaptureTarget>) {
        self.capture_sources.set(targets.clone());
        self.show(Tab::Capture);
        self.heighten();
        if !lab.is_running() {
            self.toasts
                .info("Start the lab first: packets come from the kernel");
            return;
        }
        let options = CaptureOptions {
            filter: self.capture_filter.get_untracked(),
            ..self.capture_options.get_untracked()
        };
        match protocol::capture::problem(&targets, &options) {
            Some(problem) => self.toasts.error(problem),
            None => lab.capture(targets, options),
        }
    }

    /// Makes room for packets, as long as they are shown: who then changes the height wants it so.
    pub(crate) fn heighten(self) {
        if self.room.get_value().is_some() {
            return;
        }
        let window = window().inner_height().ok().and_then(|h| h.as_f64());
        let wanted = (window.unwrap_or(800.0) * 0.55).round();
        let before = self.height.get_untracked();
        if before < wanted {
            self.room.set_value(Some([before, wanted]));
            self.height.set(wanted);
        }
    }
}

/// The dock.
#[component]
pub(crate) fn DockView() -> impl IntoView {
    let dock = Dock::of_page();
    let lab = Lab::of_page();
    let problems = Memo::new(move |_| lab.read(problems));
    let badge = move |tab: Tab| match tab {
        Tab::Pings => lab.streams.ping_ids.with(Vec::len),
        Tab::Capture => lab.streams.capture_ids.with(Vec::len),
        Tab::Probes => lab.probes.with(Vec::len),
        Tab::Commands | Tab::Reachability => 0,
        Tab::Expectations => dock.checks.failures(),
        Tab::Problems => problems.with(Vec::len),
    };
    let tabs = Tab::ALL.map(|tab| {
        let chosen = move || dock.tab.get() == tab;
        view! {
            <button
                role="tab"
                id=format!("tab-{}", tab.key())
                aria-controls="dock-panel"
                aria-selected=move || chosen().to_string()
                tabindex=move || if chosen() { "0" } else { "-1" }
                class:on=chosen
                data-testid=testids::tab(tab.key())
                on:click=move |_| dock.show(tab)
                on:keydown=move |event| turn(dock, &event)
            >
                {tab.name()}
                {move || {
                    let count = badge(tab);
                    let is_warning = matches!(tab, Tab::Problems | Tab::Expectations);
                    let class = if is_warning { "badge warn" } else { "badge" };
                    (count > 0).then(|| view! { <span class=class>{count}</span> })
                }}
            </button>
        }
    });
    view! {
        <section
            class="dock"
            aria-label="Dock"
            style:height=move || format!("{:.0}px", dock.height.get())
        >
            <Resizer />
            <div class="tabs" role="tablist">
                {tabs.into_iter().collect_view()}
            </div>
            <div
                class="panel"
                id="dock-panel"
                role="tabpanel"
                aria-labelledby=move || format!("tab-{}", dock.tab.get().key())
            >
                {move || match dock.tab.get() {
                    Tab::Pings => view! { <PingsPanel /> }.into_any(),
                    Tab::Reachability => view! { <ReachPanel /> }.into_any(),
                    Tab::Probes => view! { <ProbesPanel /> }.into_any(),
                    Tab::Capture => view! { <CapturePanel /> }.into_any(),
                    Tab::Commands => view! { <CommandsPanel /> }.into_any(),
                    Tab::Expectations => {
                        view! { <ExpectationsPanel checks=dock.checks /> }.into_any()
                    }
                    Tab::Problems => view! { <ProblemsPanel problems=problems /> }.into_any(),
                }}
            </div>
        </section>
    }
}

/// Arrow keys go round the tabs.
fn turn(dock: Dock, event: &leptos::ev::KeyboardEvent) {
    let count = Tab::ALL.len();
    let now = dock.tab.get_untracked();
    let at = Tab::ALL.iter().position(|tab| *tab == now).unwrap_or(0);
    let next = match event.key().as_str() {
        "ArrowRight" => (at + 1) % count,
        "ArrowLeft" => (at + count - 1) % count,
        _ => return,
    };
    event.prevent_default();
    event.stop_propagation();
    if let Some(tab) = Tab::ALL.get(next) {
        dock.show(*tab);
        focus_element(&format!("tab-{}", tab.key()));
    }
}

/// Gives the focus to an element by its id, after what is under way has been drawn.
pub(crate) fn focus_element(id: &str) {
    let id = id.to_owned();
    request_animation_frame(move || {
        let found = document().get_element_by_id(&id);
        if let Some(element) = found.and_then(|e| e.dyn_into::<web_sys::HtmlElement>().ok()) {
            // Nothing is lost if it cannot have it.
            let _ = element.focus();
        }
    });
}

/// The edge that is dragged.
#[component]
fn Resizer() -> impl IntoView {
    let dock = Dock::of_page();
    let start = StoredValue::new(None::<(f64, f64)>);
    let set = move |height: f64| {
        let window = window().inner_height().ok().and_then(|h| h.as_f64());
        let most = window.unwrap_or(800.0) - KEEP_FREE;
        dock.height.set(height.min(most).max(LEAST));
    };
    let down = move |event: PointerEvent| {
        let target = event.current_target();
        if let Some(element) = target.and_then(|target| target.dyn_into::<Element>().ok()) {
            // Refused when the pointer is gone already.
            let _ = element.set_pointer_capture(event.pointer_id());
        }
        let from = (f64::from(event.client_y()), dock.height.get_untracked());
        start.set_value(Some(from));
    };
    let moved = move |event: PointerEvent| {
        if let Some((y, height)) = start.get_value() {
            set(height + y - f64::from(event.client_y()));
        }
    };
    let key = move |event: leptos::ev::KeyboardEvent| {
        let step = match event.key().as_str() {
            "ArrowUp" => 24.0,
            "ArrowDown" => -24.0,
            _ => return,
        };
        event.prevent_default();
        event.stop_propagation();
        set(dock.height.get_untracked() + step);
    };
    view! {
        <div
            class="resizer"
            role="separator"
            aria-orientation="horizontal"
            aria-label="Height of the dock"
            aria-valuenow=move || format!("{:.0}", dock.height.get())
            aria-valuemin=LEAST.to_string()
            aria-valuetext=move || format!("{:.0} pixels", dock.height.get())
            tabindex="0"
            on:pointerdown=down
            on:pointermove=moved
            on:pointerup=move |_| start.set_value(None)
            on:pointercancel=move |_| start.set_value(None)
            on:keydown=key
        ></div>
    }
}
