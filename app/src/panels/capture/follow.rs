//! What the ends of a conversation said.

use leptos::prelude::*;
use packet::follow::{Form, Piece, Said, show};
use packet::view::Followed;

use super::desk::Desk;
use super::menu::copy;
use crate::icons::{Icon, icon};
use crate::testids;
use crate::toast::Toasts;

/// Characters that are drawn at most: more would make the page slow.
const MOST: usize = 400_000;

/// Whose words are shown.
#[derive(Clone, Copy, PartialEq)]
enum Of {
    Both,
    First,
    Second,
}

/// The conversation, when one is followed.
#[component]
pub(super) fn FollowView() -> impl IntoView {
    let desk = Desk::of_viewer();
    let is_whole = Memo::new(move |_| desk.read(|viewer| viewer.store().awaited().is_empty()));
    move || {
        let number = desk.followed.get()?;
        // Asked for once, and once more when what was there before has come: it does not change under the reader's
        // eyes.
        is_whole.track();
        let found = desk.peek(|viewer| viewer.follow(number));
        Some(match found {
            Some(followed) => view! { <Conversation followed=followed /> }.into_any(),
            None => view! {
                <div class="followed">
                    <p class="empty">"This packet belongs to no conversation that was seen."</p>
                    <button on:click=move |_| desk.followed.set(None)>"Back to the packets"</button>
                </div>
            }
            .into_any(),
        })
    }
}

#[component]
fn Conversation(followed: Followed) -> impl IntoView {
    let desk = Desk::of_viewer();
    let toasts = Toasts::of_page();
    let form = RwSignal::new(Form::Text);
    let of = RwSignal::new(Of::Both);
    let filter = followed.filter();
    let name = if followed.tcp { "TCP" } else { "UDP" };
    let [first, second] = followed
        .ends
        .map(|end| format!("{}:{}", end.address, end.port));
    let said = |from_first: bool| -> usize {
        let pieces = followed.pieces.iter();
        pieces
            .filter(|piece| piece.from_first == from_first)
            .map(|piece| match &piece.said {
                Said::Data(data) => data.len(),
                Said::Gap(_) => 0,
            })
            .sum()
    };
    let sizes = [said(true), said(false)];
    let is_full = followed.is_full;
    let pieces = StoredValue::new(followed.pieces);
    let texts = move || {
        pieces.with_value(|pieces| {
            let shown: Vec<Piece> = pieces
                .iter()
                .filter(|piece| match of.get() {
                    Of::Both => true,
                    Of::First => piece.from_first,
                    Of::Second => !piece.from_first,
                })
                .cloned()
                .collect();
            let texts = show(&shown, form.get());
            shown.into_iter().zip(texts).collect::<Vec<_>>()
        })
    };
    let drawn = move || {
        let mut left = MOST;
        let mut all = Vec::new();
        for (piece, text) in texts() {
            if text.len() > left {
                all.push(
                    view! {
                        <p class="faint">"The rest is too long to be shown. Copy has it."</p>
                    }
                    .into_any(),
                );
                break;
            }
            left -= text.len();
            let class = match (&piece.said, piece.from_first) {
                (Said::Gap(_), _) => "said gap",
                (_, true) => "said first",
                (_, false) => "said second",
            };
            let number = piece.record;
            all.push(
                view! {
                    <pre
                        class=class
                        title=format!("Packet {}", number + 1)
                        on:click=move |_| desk.select(number)
                    >
                        {text}
                    </pre>
                }
                .into_any(),
            );
        }
        all
    };
    let choice = move |label: String, value: Of| {
        view! {
            <button
                class="small"
                aria-pressed=move || (of.get() == value).to_string()
                class:on=move || of.get() == value
                on:click=move |_| of.set(value)
            >
                {label}
            </button>
        }
    };
    view! {
        <div
            class="followed"
            data-testid=testids::FOLLOWED
            on:keydown=move |event| {
                if event.key() == "Escape" {
                    event.stop_propagation();
                    desk.followed.set(None);
                }
            }
        >
            <div class="follow-bar">
                <strong>{format!("{name} stream")}</strong>
                {choice("Both".into(), Of::Both)}
                <span class="said-first">{choice(format!("{first} · {} B", sizes[0]), Of::First)}</span>
                <span class="said-second">{choice(format!("{second} · {} B", sizes[1]), Of::Second)}</span>
                <button
                    class="small"
                    aria-pressed=move || (form.get() == Form::Hex).to_string()
                    class:on=move || form.get() == Form::Hex
                    on:click=move |_| {
                        form.update(|form| {
                            *form = if *form == Form::Hex { Form::Text } else { Form::Hex };
                        });
                    }
                >
                    "Hex"
                </button>
                <button
                    class="small"
                    on:click=move |_| {
                        desk.followed.set(None);
                        desk.apply(&filter);
                    }
                >
                    "Filter on this stream"
                </button>
                <button
                    class="small ghost"
                    on:click=move |_| {
                        copy(texts().into_iter().map(|(_, text)| text).collect(), toasts);
                    }
                >
                    {icon(Icon::Copy)}
                    "Copy"
                </button>
                <span class="grow"></span>
                {is_full.then(|| view! { <span class="faint">"Only the first 4 MiB"</span> })}
                <button
                    class="ghost small"
                    aria-label="Back to the packets"
                    title="Back to the packets (Esc)"
                    on:click=move |_| desk.followed.set(None)
                >
                    {icon(Icon::Close)}
                </button>
            </div>
            <div class="conversation" tabindex="0">
                {drawn}
                {(sizes == [0, 0])
                    .then(|| view! { <p class="empty">"Neither end has said anything."</p> })}
            </div>
        </div>
    }
}
