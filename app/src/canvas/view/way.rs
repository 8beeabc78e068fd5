//! The way of a packet over the canvas: which cables and cards it passes, and where it ends.

use leptos::prelude::*;
use topology::document::{Link, Point};
use topology::{InterfaceId, Node};

use crate::canvas::geometry::Rect;
use crate::canvas::scene::path;
use crate::editor::lab::Lab;
use crate::editor::way::{End, ShownWay};
use crate::testids;

/// Width of a character of its words, about, canvas units.
const CHARACTER: f64 = 6.2;
/// Longest line of its words, characters.
const LINE: usize = 44;

/// What is shown, if a way is.
#[component]
pub(crate) fn WayLayer() -> impl IntoView {
    let lab = Lab::of_page();
    move || {
        let way = lab.way.get()?;
        let broken = way.end.is_some();
        let ShownWay {
            title,
            links,
            nodes,
            end,
            hops,
        } = way;
        let count = links.len().to_string();
        let label = match &end {
            Some(end) => format!("The way {title} ends: {}", end.text),
            None => format!("The way {title}"),
        };
        Some(view! {
            <g
                class="way-layer"
                class:broken=broken
                role="img"
                aria-label=label
                data-testid=testids::WAY
                data-state=if broken { "broken" } else { "whole" }
                data-links=count
            >
                {nodes.into_iter().map(|node| outline(lab, node)).collect_view()}
                {links.into_iter().map(|link| cable(lab, link)).collect_view()}
                {badges(lab, hops)}
                {end.map(|end| cross(lab, end))}
            </g>
        })
    }
}

fn outline(lab: Lab, node: Node) -> impl IntoView {
    move || {
        let placed = lab.drawing.node(node)?;
        let Rect { x, y, w, h } = placed.with(|placed| placed.rect).grown(5.0);
        Some(view! { <rect class="way-node" x=x y=y width=w height=h rx="15"></rect> })
    }
}

fn cable(lab: Lab, link: Link) -> impl IntoView {
    move || {
        let cable = lab.drawing.cable(link)?;
        let way = cable.with(|cable| path(&cable.curve));
        Some(view! { <path class="way-cable" d=way></path> })
    }
}

/// Who answered, at the cards' upper left corners, below each other where one answered twice.
fn badges(lab: Lab, hops: Vec<(Node, String)>) -> impl IntoView {
    let all = hops.clone();
    hops.into_iter()
        .enumerate()
        .map(|(index, (node, text))| {
            let before = all.iter().take(index).filter(|(n, _)| *n == node).count();
            move || {
                let rect = lab.drawing.node(node)?.with(|placed| placed.rect);
                let width = text.chars().count() as f64 * CHARACTER + 16.0;
                let y = rect.y - 13.0 - 22.0 * before as f64;
                Some(view! {
                    <g class="way-hop" transform=format!("translate({:.1} {y:.1})", rect.x - 6.0)>
                        <rect width=width height="19" rx="9.5"></rect>
                        <text x=width / 2.0 y="13.5" text-anchor="middle">
                            {text.clone()}
                        </text>
                    </g>
                })
            }
        })
        .collect_view()
}

/// Where it ends, with the reason.
fn cross(lab: Lab, end: End) -> impl IntoView {
    move || {
        let at = place(lab, &end);
        let lines = wrapped(&end.text);
        let longest = lines.iter().map(|line| line.chars().count()).max();
        let width = longest.unwrap_or_default() as f64 * CHARACTER + 24.0;
        let height = 17.0 * lines.len() as f64 + 10.0;
        let texts = lines.into_iter().enumerate();
        let texts = texts
            .map(|(index, line)| {
                view! {
                    <text x="12" y=19.0 + 17.0 * index as f64>
                        {line}
                    </text>
                }
            })
            .collect_view();
        view! {
            <g class="way-end" transform=format!("translate({:.1} {:.1})", at.x, at.y)>
                <circle r="10"></circle>
                <path d="M-4 -4l8 8m0 -8l-8 8"></path>
                <g class="way-why" transform=format!("translate({:.1} 16)", -width / 2.0)>
                    <rect width=width height=height rx="9"></rect>
                    {texts}
                </g>
            </g>
        }
    }
}

/// The plug of its interface, else its card's lower edge, else the host's corner.
fn place(lab: Lab, end: &End) -> Point {
    let plug = end.interface.and_then(|interface| plug(lab, interface));
    let card = || {
        let rect = lab.drawing.node(end.node?)?.with(|placed| placed.rect);
        Some(Point {
            x: rect.x + rect.w / 2.0,
            y: rect.bottom(),
        })
    };
    plug.or_else(card).unwrap_or_else(|| {
        let rect = lab.drawing.host.with(|host| host.rect);
        Point {
            x: rect.x + rect.w / 2.0,
            y: rect.y,
        }
    })
}

fn plug(lab: Lab, interface: InterfaceId) -> Option<Point> {
    let peer = lab.peek(|document| document.interfaces.get(&interface)?.peer())?;
    let cable = lab.drawing.cable(Link::new(interface, peer))?;
    cable.with(|cable| {
        let ends = cable.ends.iter().zip(&cable.wire.plugs);
        ends.filter(|(_, plug)| plug.interface == interface)
            .map(|(end, _)| end.at)
            .next()
    })
}

/// Words in lines that fit.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + word.chars().count() < LINE => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_wrapped() {
        let text = "fw/eth1 is down and nothing of what is sent to it goes anywhere at all";
        let lines = wrapped(text);
        assert_eq!(lines.len(), 2);
        assert!(lines.iter().all(|line| line.chars().count() <= LINE));
        assert_eq!(lines.join(" "), text);
    }
}
