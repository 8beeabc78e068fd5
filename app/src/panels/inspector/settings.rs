//! Settings of the kernel, of a namespace or of an interface.

use leptos::prelude::*;
use topology::Edit;
use topology::edit::{Field, Place};
use topology::sysctl::{Owner, Setting, Sysctls, TABLE, setting};

use super::field::{TextField, commit, commit_or_tell};
use super::folded::{Folded, count};
use crate::editor::lab::Lab;
use crate::icons::{Icon, icon};

/// Folded away until somebody asks for it, as parameters are.
#[component]
pub(crate) fn Settings(
    /// Of what.
    owner: Owner,
) -> impl IntoView {
    let lab = Lab::of_page();
    let names = Memo::new(move |_| {
        read(lab, owner, |settings| {
            settings.keys().cloned().collect::<Vec<_>>()
        })
    });
    let said = Signal::derive(move || count(names.with(Vec::len)));
    view! {
        <Folded title="Settings (sysctl)" said=said>
            <For each=move || names.get() key=|name| name.clone() let:name>
                <Known owner=owner name=name />
            </For>
            <Add owner=owner />
        </Folded>
    }
}

fn read<T: Default>(lab: Lab, owner: Owner, look: impl FnOnce(&Sysctls) -> T) -> T {
    lab.read(|document| {
        let settings = match owner {
            Owner::Namespace(id) => document.namespaces.get(&id).map(|ns| &ns.sysctls),
            Owner::Interface(id) => document.interfaces.get(&id).map(|i| &i.sysctls),
        };
        settings.map(look).unwrap_or_default()
    })
}

fn is_of_interface(owner: Owner) -> bool {
    matches!(owner, Owner::Interface(_))
}

fn place(owner: Owner) -> Place {
    match owner {
        Owner::Namespace(id) => Place::Namespace(id, Some(Field::Sysctl)),
        Owner::Interface(id) => Place::Interface(id, Some(Field::Sysctl)),
    }
}

/// One that is set.
#[component]
fn Known(owner: Owner, name: String) -> impl IntoView {
    let lab = Lab::of_page();
    let known = setting(&name, is_of_interface(owner)).ok();
    let about = known.map(told).unwrap_or_default();
    let named = name.clone();
    let value = Signal::derive(move || {
        read(lab, owner, |settings| {
            settings.get(&named).map(i32::to_string)
        })
        .unwrap_or_default()
    });
    let named = name.clone();
    let change = Callback::new(move |text: String| {
        let value = match text.trim() {
            "" => None,
            text => Some(setting(&named, is_of_interface(owner))?.read(text)?),
        };
        let name = named.clone();
        commit(lab, Edit::SetSysctl { owner, name, value })
    });
    let remove = format!("Leave {name} to the kernel");
    let named = name.clone();
    let leave = move |_| {
        let name = named.clone();
        let value = None;
        commit_or_tell(lab, Edit::SetSysctl { owner, name, value });
    };
    view! {
        <div class="entry setting" title=about>
            <TextField label=name value=value commit=change place=place(owner) wide=true />
            <button class="ghost small" aria-label=remove title="Leave it to the kernel" on:click=leave>
                {icon(Icon::Close)}
            </button>
        </div>
    }
}

/// What it does and takes, in one line.
fn told(setting: &Setting) -> String {
    let (least, most) = setting.range;
    let usual = setting.usual;
    format!("{} — {least} to {most}, usually {usual}", setting.about)
}

/// What is wrong with `NAME=VALUE`, or the setting that it is.
fn parse(text: &str, owner: Owner) -> Result<(String, i32), String> {
    let split = text.split_once(['=', ' ']);
    let (name, value) = split.ok_or("NAME=VALUE, as `sysctl -w` takes it")?;
    let known = setting(name.trim(), is_of_interface(owner))?;
    Ok((name.trim().to_owned(), known.read(value)?))
}

/// One more: its name is completed, and what it does is told while it is typed.
#[component]
fn Add(owner: Owner) -> impl IntoView {
    let lab = Lab::of_page();
    let draft = RwSignal::new(String::new());
    let refused = RwSignal::new(None::<String>);
    let names = TABLE.iter().filter_map(|setting| {
        let name = setting.name(is_of_interface(owner))?;
        Some((format!("{name}="), setting.about))
    });
    let options: Vec<_> = names
        .map(|(name, about)| view! { <option value=name>{about}</option> })
        .collect();
    let list = match owner {
        Owner::Namespace(id) => format!("settings-ns-{}", id.0),
        Owner::Interface(id) => format!("settings-if-{}", id.0),
    };
    let told_of = move || {
        draft.with(|text| {
            let name = text.split(['=', ' ']).next().unwrap_or_default();
            let known = setting(name.trim(), is_of_interface(owner)).ok();
            known.map(told).unwrap_or_default()
        })
    };
    // A value that cannot be is told at once, a name only when it is whole.
    let wrong = move || {
        refused.get().or_else(|| {
            draft.with(|text| {
                let (_, value) = text.split_once('=')?;
                let is_begun = !value.trim().is_empty();
                parse(text, owner).err().filter(|_| is_begun)
            })
        })
    };
    let finish = move || {
        let Some(text) = draft
            .try_get_untracked()
            .filter(|text| !text.trim().is_empty())
        else {
            return;
        };
        let done = parse(&text, owner).and_then(|(name, value)| {
            let value = Some(value);
            commit(lab, Edit::SetSysctl { owner, name, value })
        });
        match done {
            Ok(()) => drop(draft.try_set(String::new())),
            Err(why) => drop(refused.try_set(Some(why))),
        }
    };
    view! {
        <label class="field wide">
            <span class="field-label">"Set another"</span>
            <input
                class="mono"
                list=list.clone()
                autocomplete="off"
                spellcheck="false"
                placeholder=if is_of_interface(owner) {
                    "ipv4.rp_filter=1"
                } else {
                    "net.ipv4.tcp_mtu_probing=1"
                }
                aria-invalid=move || wrong().is_some().to_string()
                prop:value=move || draft.get()
                on:input=move |event| {
                    refused.set(None);
                    draft.set(event_target_value(&event));
                }
                on:keydown=move |event| {
                    if event.key() == "Enter" {
                        finish();
                    }
                }
            />
            <datalist id=list>{options}</datalist>
            <span class="hint">{told_of}</span>
            <span class="field-error" role="alert">
                {wrong}
            </span>
        </label>
    }
}
