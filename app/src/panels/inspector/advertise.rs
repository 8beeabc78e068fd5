//! The router advertisements that an interface sends.

use std::fmt::Display;
use std::str::FromStr;

use leptos::prelude::*;
use topology::advertise::{Advertisement, INTERVAL, LIFETIME};
use topology::edit::{Field, Place};
use topology::{Edit, InterfaceId};

use super::field::{Commit, Switch, TextField, commit, commit_or_tell};
use super::folded::Folded;
use crate::editor::lab::Lab;

/// Folded away until somebody asks for it, as parameters are.
#[component]
pub(crate) fn Advertise(
    /// Of which interface.
    id: InterfaceId,
) -> impl IntoView {
    let lab = Lab::of_page();
    let said = Signal::derive(move || match of(lab, id) {
        None => "none".to_owned(),
        Some(said) if said.prefixes.is_empty() => "router only".to_owned(),
        Some(said) => {
            let networks = said.prefixes.iter().map(|p| p.network.to_string());
            networks.collect::<Vec<_>>().join(", ")
        }
    });
    let on = Signal::derive(move || of(lab, id).is_some());
    let turn = Callback::new(move |on: bool| {
        let advertise = on.then(Advertisement::default);
        commit_or_tell(lab, set(id, advertise));
    });
    let fields = move || {
        view! {
            <TextField
                label="Prefixes"
                value=shown(lab, id, |said| list(&said.prefixes))
                commit=change(lab, id, |said, text| {
                    said.prefixes = read_list(text)?;
                    Ok(())
                })
                placeholder="fd00:1::/64, …"
                place=Place::Interface(id, Some(Field::Advertise))
                wide=true
            />
            <TextField
                label="Router for (s)"
                value=shown(lab, id, |said| said.lifetime.to_string())
                commit=change(lab, id, |said, text| {
                    said.lifetime = read_number(text, LIFETIME)?;
                    Ok(())
                })
                placeholder=LIFETIME.to_string()
            />
            <TextField
                label="Every (s)"
                value=shown(lab, id, |said| said.interval.to_string())
                commit=change(lab, id, |said, text| {
                    said.interval = read_number(text, INTERVAL)?;
                    Ok(())
                })
                placeholder=INTERVAL.to_string()
            />
            <TextField
                label="MTU"
                value=shown(lab, id, |said| said.mtu.map(|mtu| mtu.to_string()).unwrap_or_default())
                commit=change(lab, id, |said, text| {
                    said.mtu = match text.trim() {
                        "" => None,
                        text => Some(read_number(text, 0)?),
                    };
                    Ok(())
                })
                placeholder="not told"
            />
            <TextField
                label="DNS servers"
                value=shown(lab, id, |said| list(&said.dns))
                commit=change(lab, id, |said, text| {
                    said.dns = read_list(text)?;
                    Ok(())
                })
                placeholder="none"
                wide=true
            />
        }
    };
    view! {
        <Folded title=Signal::stored("Router advertisements".to_owned()) said=said>
            <Switch label="Advertise" on=on turn=turn />
            <Show when=move || on.get()>{fields()}</Show>
        </Folded>
    }
}

fn of(lab: Lab, id: InterfaceId) -> Option<Advertisement> {
    lab.read(|document| document.interfaces.get(&id)?.advertise.clone())
}

fn set(interface: InterfaceId, advertise: Option<Advertisement>) -> Edit {
    Edit::SetAdvertisement {
        interface,
        advertise,
    }
}

fn shown(
    lab: Lab,
    id: InterfaceId,
    text: impl Fn(&Advertisement) -> String + Send + Sync + 'static,
) -> Signal<String> {
    Signal::derive(move || of(lab, id).map(|said| text(&said)).unwrap_or_default())
}

/// Changes one part of what is advertised.
fn change(
    lab: Lab,
    id: InterfaceId,
    part: impl Fn(&mut Advertisement, &str) -> Result<(), String> + Send + Sync + 'static,
) -> Commit {
    Callback::new(move |text: String| {
        let mut said = untrack(|| of(lab, id)).unwrap_or_default();
        part(&mut said, &text)?;
        commit(lab, set(id, Some(said)))
    })
}

fn list<T: Display>(items: &[T]) -> String {
    let items = items.iter().map(ToString::to_string);
    items.collect::<Vec<_>>().join(", ")
}

fn read_list<T: FromStr<Err: Display>>(text: &str) -> Result<Vec<T>, String> {
    let items = text.split(',').map(str::trim);
    let items = items.filter(|item| !item.is_empty());
    items
        .map(|item| item.parse().map_err(|error: T::Err| error.to_string()))
        .collect()
}

/// A number; what is usual where nothing is said.
fn read_number<T: FromStr>(text: &str, usual: T) -> Result<T, String> {
    match text.trim() {
        "" => Ok(usual),
        text => text
            .parse()
            .map_err(|_| format!("`{text}` is no number here")),
    }
}
