//! The host's frame around everything.

use leptos::prelude::*;
use topology::document::Point;

use super::keys::select_by_key;
use super::node::dot;
use super::stage::Stage;
use crate::editor::lab::Lab;
use crate::editor::selection::Object;

/// The frame, its caption, and threads from bridges to the cards they belong to.
#[component]
pub(crate) fn HostFrameView() -> impl IntoView {
    let lab = Lab::of_page();
    let stage = Stage::of_page();
    let host = lab.drawing.host;
    let selected = Memo::new(move |_| lab.selected.with(|all| all.contains(&Object::Host)));
    view! {
        <g
            class="host"
            class:selected=move || selected.get()
            role="button"
            tabindex="0"
            aria-label=move || format!("Namespace host, {}", host.with(|host| host.mark.word()))
            aria-pressed=move || selected.get().to_string()
            data-testid="node-host"
            data-status=move || host.with(|host| host.mark.key())
            on:keydown=move |event| select_by_key(lab, stage, Object::Host, &event)
        >
            <rect
                class="frame"
                rx="18"
                x=move || host.with(|host| host.rect.x)
                y=move || host.with(|host| host.rect.y)
                width=move || host.with(|host| host.rect.w)
                height=move || host.with(|host| host.rect.h)
            ></rect>
            <g transform=move || {
                host.with(|host| format!("translate({:.1} {:.1})", host.rect.x + 22.0, host.rect.y))
            }>
                <rect
                    class="caption"
                    y="-12"
                    height="24"
                    rx="6"
                    width=move || host.with(|host| host.caption_area().w)
                ></rect>
                {move || dot(host.with(|host| host.mark), 12.0, 0.0)}
                <text class="caption-name" x="23" y="4">
                    "host"
                </text>
                <text class="mono faint" x="55" y="4">
                    {move || host.with(|host| host.caption.clone())}
                </text>
            </g>
        </g>
        {move || lab.drawing.tethers.with(|all| all.iter().map(tether).collect_view())}
    }
}

fn tether([a, b]: &[Point; 2]) -> impl IntoView + use<> {
    view! { <line class="tether" x1=a.x y1=a.y x2=b.x y2=b.y></line> }
}
