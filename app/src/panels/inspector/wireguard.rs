//! The keys and the peers of a WireGuard interface.

use leptos::prelude::*;
use topology::InterfaceId;
use topology::edit::{Field, Place};
use topology::kind::wireguard::{PEERS, PRIVATE_KEY, Peer, Peers, PublicKey, SecretKey};
use topology::kind::{Parameter, Value};
use topology::{Document, Edit};

use super::field::{TextField, commit, commit_or_tell};
use crate::editor::lab::Lab;
use crate::icons::{Icon, icon};
use crate::panels::row_buttons::RowButton;

fn parameter<'d>(
    document: &'d Document,
    id: InterfaceId,
    name: &str,
) -> Option<&'d Value<InterfaceId>> {
    let device = document.interfaces.get(&id)?.kind.device()?;
    device.parameters.get(name)
}

fn edit(interface: InterfaceId, name: &str, value: Option<Value<InterfaceId>>) -> Edit {
    Edit::SetParameter {
        interface,
        name: name.to_owned(),
        value,
    }
}

/// The private key, a way to a new one, and the public key that others are to be told.
pub(super) fn keys(
    lab: Lab,
    id: InterfaceId,
    known: &'static Parameter,
    value: Signal<Option<Value<InterfaceId>>>,
) -> AnyView {
    let key = move || match value.get() {
        Some(Value::Secret(key)) => Some(key),
        _ => None,
    };
    let shown = Signal::derive(move || key().map(|key| key.to_string()).unwrap_or_default());
    let set = Callback::new(move |text: String| {
        let value = match text.trim() {
            "" => None,
            text => Some(known.read(text, |_| Err(String::new()))?),
        };
        commit(lab, edit(id, PRIVATE_KEY, value))
    });
    let public = Memo::new(move |_| key().map(|key| key.public().to_string()));
    let error = RwSignal::new(None::<&str>);
    let renew = move |_| match random() {
        Some(key) => commit_or_tell(lab, edit(id, PRIVATE_KEY, Some(Value::Secret(key)))),
        None => error.set(Some(
            "This browser gives no random numbers: use `wg genkey`.",
        )),
    };
    view! {
        <TextField
            label=known.name
            value=shown
            commit=set
            placeholder="none: it cannot speak with anybody"
            place=Place::Interface(id, Some(Field::Parameters))
        />
        <p class="hint">
            {move || public.get().map(|public| view! {
                "Its public key, for its peers: "
                <span class="mono" data-testid="public-key">{public}</span>
            })}
        </p>
        <button class="ghost small" on:click=renew>
            {icon(Icon::Plus)}
            "New key"
        </button>
        <p class="field-error" role="alert">{move || error.get()}</p>
    }
    .into_any()
}

/// A key as `wg genkey` makes one.
fn random() -> Option<SecretKey> {
    let mut bytes = [0; 32];
    let crypto = web_sys::window()?.crypto().ok()?;
    crypto.get_random_values_with_u8_array(&mut bytes).ok()?;
    Some(SecretKey(bytes).clamped())
}

fn peers_of(document: &Document, id: InterfaceId) -> Peers {
    match parameter(document, id, PEERS) {
        Some(Value::Peers(peers)) => peers.clone(),
        _ => Peers::default(),
    }
}

/// The edit to other peers.
fn with(id: InterfaceId, peers: Peers) -> Edit {
    let value = (!peers.0.is_empty()).then_some(Value::Peers(peers));
    edit(id, PEERS, value)
}

/// Its peers, each with a way to change it and to take it away, and one more.
pub(super) fn peers(lab: Lab, id: InterfaceId) -> AnyView {
    let keys = Memo::new(move |_| {
        lab.read(|document| peers_of(document, id).0.into_keys().collect::<Vec<_>>())
    });
    let add = Callback::new(move |text: String| {
        if text.trim().is_empty() {
            return Ok(());
        }
        let more: Peers = text.parse()?;
        let mut all = lab.peek(|document| peers_of(document, id));
        for (key, peer) in more.0 {
            if all.0.insert(key, peer).is_some() {
                return Err(format!("the peer {key} is there already"));
            }
        }
        commit(lab, with(id, all))
    });
    view! {
        <ul class="entries">
            <For each=move || keys.get() key=|key| *key let:key>
                <PeerForm id=id peer=key />
            </For>
        </ul>
        <TextField
            label="Add a peer by its public key"
            value=Signal::derive(String::new)
            commit=add
            placeholder="KEY endpoint 192.0.2.1:51820 allowed-ips 10.9.0.0/24"
            place=Place::Interface(id, Some(Field::Parameters))
        />
    }
    .into_any()
}

#[component]
fn PeerForm(id: InterfaceId, peer: PublicKey) -> impl IntoView {
    let lab = Lab::of_page();
    let shown = Signal::derive(move || {
        let found = lab.read(|document| peers_of(document, id).0.remove(&peer));
        let words = found.map(|peer| peer.words()).unwrap_or_default();
        let words = words.iter().map(|(word, value)| format!("{word} {value}"));
        words.collect::<Vec<_>>().join(" ")
    });
    let set = Callback::new(move |text: String| {
        let read: Peers = format!("{peer} {text}").parse()?;
        let mut all = lab.peek(|document| peers_of(document, id));
        let new = read.0.get(&peer).cloned();
        all.0.insert(peer, new.unwrap_or_else(Peer::default));
        commit(lab, with(id, all))
    });
    let remove = move |_| {
        let mut all = lab.peek(|document| peers_of(document, id));
        all.0.remove(&peer);
        commit_or_tell(lab, with(id, all));
    };
    view! {
        <li>
            <TextField
                label=format!("Peer {peer}")
                value=shown
                commit=set
                placeholder="endpoint 192.0.2.1:51820 allowed-ips 10.9.0.0/24"
                place=Place::Interface(id, Some(Field::Parameters))
            />
            <RowButton
                label="Remove"
                of=format!("the peer {peer}")
                sign=Icon::Close
                act=Callback::new(remove)
            />
        </li>
    }
}
