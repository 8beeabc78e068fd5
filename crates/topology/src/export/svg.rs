//! The drawing as a picture that stands alone: no style sheet, no script, no font of its own.
//!
//! Light, whatever the reader's theme is: a picture in a text has the paper that it brings along.

use std::collections::BTreeMap;

use crate::document::{Document, Interface, Point};
use crate::id::{InterfaceId, NamespaceId, Node};
use crate::layout::{self, LINE, SIDE, bar_lines, is_listed, size_of};

/// Room around everything.
const MARGIN: f64 = 40.0;
/// Room between the host's frame and what is in it.
const FRAME: f64 = 36.0;
/// Height of the title above the frame.
const TITLE: f64 = 34.0;
/// From a card's upper edge to the line on which its name stands, and to the first line below it.
const NAME_LINE: f64 = 26.0;
const FIRST_LINE: f64 = 50.0;
/// Between cables that join the same two boxes.
const APART: f64 = 28.0;
/// From a box to the label of a cable's end.
const TO_LABEL: f64 = 14.0;

const STYLE: &str = "text{font-family:system-ui,sans-serif;fill:#17202c}\
    .m{font-family:ui-monospace,Menlo,Consolas,monospace;font-size:11px;fill:#4d5a6b}\
    .p{paint-order:stroke;stroke:#fafbfc;stroke-width:4px;stroke-linejoin:round}\
    .n{font-size:14px;font-weight:600}.t{font-size:16px;font-weight:600}\
    .c{fill:#fff;stroke:#ccd3dc}.b{fill:#e7efff;stroke:#2563eb}\
    .f{fill:none;stroke:#ccd3dc;stroke-width:1.5;stroke-dasharray:2 6;stroke-linecap:round}\
    .l{stroke:#8b95a5;stroke-width:2}.h{fill:#fafbfc;stroke:none}";

/// A box.
#[derive(Clone, Copy)]
struct Area {
    x: f64,
    y: f64,
    w: f64,
    h: f64,
}

impl Area {
    fn around(centre: Point, (w, h): (f64, f64)) -> Self {
        Self {
            x: centre.x - w / 2.0,
            y: centre.y - h / 2.0,
            w,
            h,
        }
    }

    fn centre(&self) -> Point {
        Point {
            x: self.x + self.w / 2.0,
            y: self.y + self.h / 2.0,
        }
    }

    fn union(&self, other: &Self) -> Self {
        let (x, y) = (self.x.min(other.x), self.y.min(other.y));
        Self {
            x,
            y,
            w: (self.x + self.w).max(other.x + other.w) - x,
            h: (self.y + self.h).max(other.y + other.h) - y,
        }
    }

    fn grown(&self, by: f64) -> Self {
        Self {
            x: self.x - by,
            y: self.y - by,
            w: self.w + 2.0 * by,
            h: self.h + 2.0 * by,
        }
    }

    /// Where the way from inside it to a point leaves it.
    fn edge(&self, from: Point, to: Point) -> Point {
        let (dx, dy) = (to.x - from.x, to.y - from.y);
        let reach = |delta: f64, low: f64, high: f64, at: f64| match delta {
            d if d > 0.0 => (high - at) / d,
            d if d < 0.0 => (low - at) / d,
            _ => f64::INFINITY,
        };
        let across = reach(dx, self.x, self.x + self.w, from.x);
        let along = reach(dy, self.y, self.y + self.h, from.y);
        let share = across.min(along).clamp(0.0, 1.0);
        Point {
            x: from.x + dx * share,
            y: from.y + dy * share,
        }
    }
}

pub(super) fn write(document: &Document) -> String {
    let boxes: BTreeMap<Node, Area> = layout::place(document)
        .into_iter()
        .map(|(node, at)| (node, Area::around(at, size_of(document, node))))
        .collect();
    let all = boxes.values().copied().reduce(|a, b| a.union(&b));
    let frame = all
        .unwrap_or(Area {
            x: 0.0,
            y: 0.0,
            w: 240.0,
            h: 80.0,
        })
        .grown(FRAME);
    let title = document.title.trim();
    let top = if title.is_empty() { 0.0 } else { TITLE };
    let view = Area {
        y: frame.y - top,
        h: frame.h + top,
        ..frame
    }
    .grown(MARGIN);
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"{} {} {} {}\" width=\"{}\" height=\"{}\" role=\"img\">\n",
        short(view.x),
        short(view.y),
        short(view.w),
        short(view.h),
        short(view.w),
        short(view.h)
    );
    text.push_str(&format!(
        "<title>{}</title>\n<style>{STYLE}</style>\n",
        escaped(if title.is_empty() { "Lab" } else { title })
    ));
    text.push_str(&rect("h", view, 0.0));
    if !title.is_empty() {
        text.push_str(&label("t", (frame.x, frame.y - 16.0), "start", title));
    }
    text.push_str(&rect("f", frame, 18.0));
    text.push_str(&label(
        "m",
        (frame.x + 18.0, frame.y + 20.0),
        "start",
        "host",
    ));
    let mut labels = String::new();
    for (ends, way) in cables(document, &boxes, frame) {
        let [a, b] = way;
        text.push_str(&format!(
            "<line class=\"l\" x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\"/>\n",
            short(a.x),
            short(a.y),
            short(b.x),
            short(b.y)
        ));
        for (end, here, there) in [(ends[0], a, b), (ends[1], b, a)] {
            if let Some(interface) = document.interfaces.get(&end) {
                labels.push_str(&end_label(document, end, interface, here, there));
            }
        }
    }
    for (node, area) in &boxes {
        text.push_str(&card(document, *node, *area));
    }
    text.push_str(&labels);
    text.push_str("</svg>\n");
    text
}

/// The ends of each cable, and where they are plugged in: those between the same two boxes beside
/// each other.
fn cables(
    document: &Document,
    boxes: &BTreeMap<Node, Area>,
    frame: Area,
) -> Vec<([InterfaceId; 2], [Point; 2])> {
    let mut together: BTreeMap<[Option<Node>; 2], Vec<[InterfaceId; 2]>> = BTreeMap::new();
    for link in document.links() {
        let nodes = link.ends.map(|end| document.node_of(end));
        let is_turned = nodes[0] > nodes[1];
        let (key, ends) = match is_turned {
            true => ([nodes[1], nodes[0]], [link.ends[1], link.ends[0]]),
            false => (nodes, link.ends),
        };
        together.entry(key).or_default().push(ends);
    }
    let mut all = Vec::new();
    for ([a, b], links) in together {
        let area = |node: Option<Node>| node.and_then(|node| boxes.get(&node)).copied();
        let middle = (links.len() as f64 - 1.0) / 2.0;
        for (number, ends) in links.into_iter().enumerate() {
            let aside = (number as f64 - middle) * APART;
            let way = match (area(a), area(b)) {
                (Some(first), Some(second)) if a != b => between(first, second, aside),
                (Some(only), None) | (None, Some(only)) => to_frame(only, frame, aside),
                (Some(only), Some(_)) => beside(only, aside),
                (None, None) => continue,
            };
            // In the order of the ends: the host's own is the frame's.
            let way = match (area(a), area(b)) {
                (None, Some(_)) => [way[1], way[0]],
                _ => way,
            };
            all.push((ends, way));
        }
    }
    all
}

fn between(first: Area, second: Area, aside: f64) -> [Point; 2] {
    // Straight up or across where the boxes stand over or beside each other.
    let shared = |a: f64, aw: f64, b: f64, bw: f64| {
        let (low, high) = (a.max(b), (a + aw).min(b + bw));
        (high - low > 24.0).then_some((low + high) / 2.0)
    };
    let (mut a, mut b) = (first.centre(), second.centre());
    if let Some(x) = shared(first.x, first.w, second.x, second.w) {
        (a.x, b.x) = (x + aside, x + aside);
    } else if let Some(y) = shared(first.y, first.h, second.y, second.h) {
        (a.y, b.y) = (y + aside, y + aside);
    } else {
        let (dx, dy) = (b.x - a.x, b.y - a.y);
        let length = dx.hypot(dy).max(1.0);
        let (ox, oy) = (-dy / length * aside, dx / length * aside);
        (a, b) = (
            Point {
                x: a.x + ox,
                y: a.y + oy,
            },
            Point {
                x: b.x + ox,
                y: b.y + oy,
            },
        );
    }
    [first.edge(a, b), second.edge(b, a)]
}

/// From a box down to the frame.
fn to_frame(only: Area, frame: Area, aside: f64) -> [Point; 2] {
    let x = only.centre().x + aside;
    let at = |y| Point { x, y };
    match only.centre().y < frame.centre().y {
        true => [at(only.y), at(frame.y)],
        false => [at(only.y + only.h), at(frame.y + frame.h)],
    }
}

/// Both ends in one box: a short way outside of it.
fn beside(only: Area, aside: f64) -> [Point; 2] {
    let (x, y) = (only.x + only.w, only.centre().y + aside);
    [Point { x, y: y - 8.0 }, Point { x, y: y + 8.0 }]
}

/// The name at a cable's end, where the card does not have it: of a bridge's port and in the host.
fn end_label(
    document: &Document,
    id: InterfaceId,
    interface: &Interface,
    here: Point,
    there: Point,
) -> String {
    let is_on_card = matches!(document.node_of(id), Some(Node::Namespace(_)));
    let mut said = vec![interface.name.to_string()];
    if !is_on_card {
        said.extend(interface.addresses.iter().map(ToString::to_string));
    }
    let (dx, dy) = (there.x - here.x, there.y - here.y);
    let length = dx.hypot(dy).max(1.0);
    let at = Point {
        x: here.x + dx / length * TO_LABEL,
        y: here.y + dy / length * TO_LABEL,
    };
    // Beside a cable that goes up or down, above one that goes across.
    let is_upright = dy.abs() > dx.abs();
    let (x, y, anchor) = match (is_upright, dx >= 0.0) {
        (true, _) => (at.x + 6.0, at.y + 4.0, "start"),
        (false, true) => (at.x - 6.0, at.y - 6.0, "start"),
        (false, false) => (at.x + 6.0, at.y - 6.0, "end"),
    };
    // The cable does not run through its letters.
    label("m p", (x, y), anchor, &said.join(" "))
}

fn card(document: &Document, node: Node, area: Area) -> String {
    match node {
        Node::Namespace(id) => namespace(document, id, area),
        Node::Bridge(id) => bridge(document, id, area),
    }
}

fn namespace(document: &Document, id: NamespaceId, area: Area) -> String {
    let mut text = rect("c", area, 10.0);
    let name = document.describe_namespace(id);
    let (left, right) = (area.x + SIDE, area.x + area.w - SIDE);
    text.push_str(&label("n", (left, area.y + NAME_LINE), "start", &name));
    let mut y = area.y + FIRST_LINE;
    for (_, interface) in document.interfaces_of(id) {
        if !is_listed(document, interface) {
            continue;
        }
        text.push_str(&label("m", (left, y), "start", interface.name.as_str()));
        for address in &interface.addresses {
            text.push_str(&label("m", (right, y), "end", &address.to_string()));
            y += LINE;
        }
        if interface.addresses.is_empty() {
            y += LINE;
        }
    }
    let routes = document.namespaces.get(&id).into_iter();
    for route in routes.flat_map(|ns| &ns.routes) {
        if let Some(gateway) = route.gateway.filter(|_| route.is_default()) {
            text.push_str(&label("m", (left, y), "start", &format!("via {gateway}")));
            y += LINE;
        }
    }
    text
}

fn bridge(document: &Document, id: InterfaceId, area: Area) -> String {
    let mut text = rect("b", area, 10.0);
    let name = document
        .interfaces
        .get(&id)
        .map(|bridge| bridge.name.to_string())
        .unwrap_or_default();
    let x = area.x + SIDE;
    text.push_str(&label("n", (x, area.y + 21.0), "start", &name));
    let mut y = area.y + 38.0;
    for line in bar_lines(document, id) {
        text.push_str(&label("m", (x, y), "start", &line));
        y += layout::BAR_LINE;
    }
    text
}

fn rect(class: &str, area: Area, radius: f64) -> String {
    format!(
        "<rect class=\"{class}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"{}\"/>\n",
        short(area.x),
        short(area.y),
        short(area.w),
        short(area.h),
        short(radius)
    )
}

fn label(class: &str, (x, y): (f64, f64), anchor: &str, text: &str) -> String {
    format!(
        "<text class=\"{class}\" x=\"{}\" y=\"{}\" text-anchor=\"{anchor}\">{}</text>\n",
        short(x),
        short(y),
        escaped(text)
    )
}

/// A number with one digit after the point, at most.
fn short(number: f64) -> String {
    let text = format!("{number:.1}");
    match text.strip_suffix(".0") {
        Some("-0") => "0".to_owned(),
        Some(whole) => whole.to_owned(),
        None => text,
    }
}

/// For XML, which has no control characters at all.
fn escaped(text: &str) -> String {
    let mut said = String::new();
    for c in text.chars() {
        match c {
            '<' => said.push_str("&lt;"),
            '>' => said.push_str("&gt;"),
            '&' => said.push_str("&amp;"),
            '"' => said.push_str("&quot;"),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => said.push(' '),
            c => said.push(c),
        }
    }
    said
}
