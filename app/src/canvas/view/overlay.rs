//! What a gesture draws over everything: the marquee, a cable on its way and where it may end.

use leptos::prelude::*;
use topology::Node;
use topology::document::Point;

use super::stage::Stage;
use crate::canvas::geometry::Rect;
use crate::canvas::gesture::{Gesture, Tool};
use crate::canvas::hit::{Hit, handle_of};
use crate::editor::connect::{End, connect};
use crate::editor::ids::Ids;
use crate::editor::lab::Lab;
use crate::editor::reach;

/// Where a drawn cable would end; `None` where it cannot.
pub(crate) fn end_of(over: Hit) -> Option<End> {
    match over {
        Hit::Node(node) | Hit::Handle(node) => Some(End::Node(node)),
        Hit::Host | Hit::Frame => Some(End::Host),
        Hit::Link(_) | Hit::Outside => None,
    }
}

/// What a cable or ping on its way is over, and what would come of letting it go there.
#[derive(Clone, PartialEq)]
enum Verdict {
    /// Nothing yet: it is over where it came from, or over nothing.
    None,
    /// Yes; with words about it.
    Yes(String),
    /// No, and why.
    No(String),
}

/// The overlay.
#[component]
pub(crate) fn Overlay() -> impl IntoView {
    let lab = Lab::of_page();
    let stage = Stage::of_page();
    let drawn = Memo::new(move |_| {
        lab.gesture.with(|gesture| match gesture {
            Gesture::Draw {
                from, ping, over, ..
            } => Some((*from, *ping, *over)),
            _ => None,
        })
    });
    // Asked again only when the pointer is over something else.
    let verdict = Memo::new(move |_| match drawn.get() {
        None => Verdict::None,
        Some((from, true, over)) => ping_verdict(lab, from, over),
        Some((from, false, over)) => cable_verdict(lab, from, over),
    });
    view! {
        {move || lab.gesture.with(|gesture| match gesture {
            Gesture::Marquee { start, end, .. } => Some(marquee(Rect::between(*start, *end)).into_any()),
            Gesture::Draw { from, end, ping, .. } => {
                Some(drawing(lab, *from, *end, *ping, &verdict.get()))
            }
            _ => None,
        })}
        {move || drawn.get().map(|(_, _, over)| target(lab, over, &verdict.get()))}
        {move || stage.ghost.get().map(|(tool, at)| ghost(tool, at))}
    }
}

fn cable_verdict(lab: Lab, from: Node, over: Hit) -> Verdict {
    let start = End::Node(from);
    match end_of(over) {
        None => Verdict::None,
        Some(end) => {
            let mut random = js_sys::Math::random;
            let outcome =
                lab.peek(|document| connect(document, start, end, &mut Ids::new(&mut random)));
            match outcome {
                Ok(_) if end == End::Host => Verdict::Yes("an interface in host".into()),
                Ok(_) => Verdict::Yes(String::new()),
                Err(why) => Verdict::No(why),
            }
        }
    }
}

fn ping_verdict(lab: Lab, from: Node, over: Hit) -> Verdict {
    match over {
        Hit::Node(node) | Hit::Handle(node) if node != from => {
            match lab.peek(|document| reach::ping_between(document, from, node)) {
                Ok((_, target)) => Verdict::Yes(format!("ping {target}")),
                Err(why) => Verdict::No(why),
            }
        }
        _ => Verdict::None,
    }
}

fn marquee(area: Rect) -> impl IntoView {
    view! {
        <rect class="marquee" x=area.x y=area.y width=area.w height=area.h></rect>
    }
}

fn drawing(lab: Lab, from: Node, end: Point, ping: bool, verdict: &Verdict) -> AnyView {
    let start = lab.drawing.with_scene(|scene| {
        scene.nodes.get(&from).map(|placed| {
            if ping {
                placed.rect.centre()
            } else {
                handle_of(placed.rect)
            }
        })
    });
    let Some(start) = start else {
        return ().into_any();
    };
    let (class, words) = match verdict {
        Verdict::None => ("open", String::new()),
        Verdict::Yes(words) => ("yes", words.clone()),
        Verdict::No(why) => ("no", why.clone()),
    };
    let width = words.chars().count() as f64 * 6.0 + 24.0;
    view! {
        <line
            class=format!("drawn {class}")
            class:ping=ping
            x1=start.x
            y1=start.y
            x2=end.x
            y2=end.y
        ></line>
        <circle class=format!("drawn-end {class}") cx=end.x cy=end.y r="5"></circle>
        {(!words.is_empty())
            .then(|| {
                view! {
                    <g
                        class=format!("verdict {class}")
                        transform=format!("translate({:.1} {:.1})", end.x + 14.0, end.y - 34.0)
                    >
                        <rect width=width height="24" rx="12"></rect>
                        <text x="12" y="16">
                            {words}
                        </text>
                    </g>
                }
            })}
    }
    .into_any()
}

/// The object under the pointer lights up.
fn target(lab: Lab, over: Hit, verdict: &Verdict) -> Option<impl IntoView + use<>> {
    let class = match verdict {
        Verdict::None => return None,
        Verdict::Yes(_) => "target yes",
        Verdict::No(_) => "target no",
    };
    let rect = lab.drawing.with_scene(|scene| match over {
        Hit::Node(node) | Hit::Handle(node) => scene.nodes.get(&node).map(|p| p.rect.grown(4.0)),
        Hit::Host | Hit::Frame => Some(scene.host.rect),
        Hit::Link(_) | Hit::Outside => None,
    })?;
    Some(view! {
        <rect class=class x=rect.x y=rect.y width=rect.w height=rect.h rx="15"></rect>
    })
}

fn ghost(tool: Tool, at: Point) -> impl IntoView {
    let size = if tool == Tool::Bridge {
        (220.0, 50.0)
    } else {
        (196.0, 73.0)
    };
    let Rect { x, y, w, h } = Rect::around(at, size);
    view! { <rect class="ghost" x=x y=y width=w height=h rx="11"></rect> }
}
