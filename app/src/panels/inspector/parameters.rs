//! The parameters of a device, and of a port of a bridge: a form made of the kind's table.

use leptos::prelude::*;
use topology::document::Interface;
use topology::edit::{Field, Place};
use topology::kind::{Form, Parameter, Parameters, Usual, Value, port};
use topology::{Edit, InterfaceId};

use super::field::{Choice, Switch, TextField, commit, commit_or_tell};
use super::folded::{Folded, count};
use super::lacking::why_not;
use super::wireguard;
use crate::editor::lab::Lab;

/// Whose parameters.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Of {
    /// The device's own.
    Device,
    /// Those that it has as a port of a bridge.
    Port,
}

impl Of {
    /// What can be set there; nothing if there is nothing to set.
    fn table(self, interface: &Interface, on_bridge: bool) -> &'static [Parameter] {
        match self {
            Self::Device => interface
                .kind
                .device()
                .map_or(&[], |device| device.kind.table().parameters),
            Self::Port if on_bridge => port::TABLE,
            Self::Port => &[],
        }
    }

    fn said(self, interface: &Interface) -> Option<&Parameters<InterfaceId>> {
        match self {
            Self::Device => Some(&interface.kind.device()?.parameters),
            Self::Port => Some(&interface.port),
        }
    }

    fn edit(self, interface: InterfaceId, name: String, value: Option<Value<InterfaceId>>) -> Edit {
        match self {
            Self::Device => Edit::SetParameter {
                interface,
                name,
                value,
            },
            Self::Port => Edit::SetPort {
                interface,
                name,
                value,
            },
        }
    }

    fn place(self, id: InterfaceId) -> Place {
        match self {
            Self::Device => Place::Interface(id, Some(Field::Parameters)),
            Self::Port => Place::Interface(id, Some(Field::Port)),
        }
    }
}

/// The form, folded away until somebody asks for it.
#[component]
pub(crate) fn ParametersForm(
    /// Of which interface.
    id: InterfaceId,
    /// Which of its parameters.
    of: Of,
) -> impl IntoView {
    let lab = Lab::of_page();
    let table = Memo::new(move |_| {
        lab.read(|document| {
            let interface = document.interfaces.get(&id)?;
            let master = interface.master.and_then(|id| document.interfaces.get(&id));
            let on_bridge = master.is_some_and(|master| master.kind.is_bridge());
            Some(Table(of.table(interface, on_bridge)))
        })
        .unwrap_or(Table(&[]))
    });
    let said = Signal::derive(move || {
        lab.read(|document| {
            let said = document.interfaces.get(&id).and_then(|i| of.said(i));
            count(said.map_or(0, |said| said.iter().count()))
        })
    });
    let title = match of {
        Of::Device => "Settings",
        Of::Port => "As a port",
    };
    view! {
        <Show when=move || !table.get().0.is_empty()>
            <Folded title=title said=said>
                {move || {
                    let rows = table.get().0.iter();
                    rows.map(|parameter| row(lab, id, of, parameter)).collect_view()
                }}
            </Folded>
        </Show>
    }
}

/// Tables are the same if they are the same one.
#[derive(Clone, Copy)]
struct Table(&'static [Parameter]);

impl PartialEq for Table {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.0, other.0)
    }
}

fn row(lab: Lab, id: InterfaceId, of: Of, parameter: &'static Parameter) -> AnyView {
    let name = parameter.name;
    let value = Signal::derive(move || {
        lab.read(|document| {
            let said = of.said(document.interfaces.get(&id)?)?;
            said.get(name).cloned()
        })
    });
    let field = match parameter.form {
        Form::Switch(..) => {
            let usual = match parameter.usual {
                Usual::Number(usual) => usual,
                Usual::Nothing | Usual::Open | Usual::Required => 0,
            };
            let on = Signal::derive(move || {
                value.get().unwrap_or(Value::Number(usual)) == Value::Number(1)
            });
            let turn = Callback::new(move |on: bool| {
                let wanted = u64::from(on);
                let value = (wanted != usual).then_some(Value::Number(wanted));
                commit_or_tell(lab, of.edit(id, name.to_owned(), value));
            });
            view! { <Switch label=name on=on turn=turn /> }.into_any()
        }
        Form::Secret => wireguard::keys(lab, id, parameter, value),
        Form::Peers => wireguard::peers(lab, id),
        Form::Choice { .. } | Form::Lower | Form::Link => choice(lab, id, of, parameter, value),
        Form::Number { .. } | Form::Time { .. } | Form::Address { .. } => {
            text(lab, id, of, parameter, value)
        }
    };
    let why = Memo::new(move |_| parameter.feature.and_then(|feature| why_not(lab, feature)));
    view! {
        <div title=parameter.about>
            {field} {move || why.get().map(|why| view! { <p class="hint lacks">{why}</p> })}
        </div>
    }
    .into_any()
}

fn text(
    lab: Lab,
    id: InterfaceId,
    of: Of,
    parameter: &'static Parameter,
    value: Signal<Option<Value<InterfaceId>>>,
) -> AnyView {
    let shown = Signal::derive(move || {
        let text = value
            .get()
            .map(|value| parameter.text(&value, ToString::to_string));
        text.unwrap_or_default()
    });
    let set = Callback::new(move |text: String| {
        let text = text.trim();
        let value = match text {
            "" => None,
            text => Some(parameter.read(text, |_| Err(String::new()))?),
        };
        commit(lab, of.edit(id, parameter.name.to_owned(), value))
    });
    let usual = match parameter.usual {
        Usual::Number(usual) => format!("usually {usual}"),
        Usual::Open => "the kernel's".to_owned(),
        Usual::Nothing | Usual::Required => String::new(),
    };
    view! {
        <TextField
            label=parameter.name
            value=shown
            commit=set
            placeholder=usual
            place=of.place(id)
        />
    }
    .into_any()
}

/// One of several words, or another interface of the namespace.
fn choice(
    lab: Lab,
    id: InterfaceId,
    of: Of,
    parameter: &'static Parameter,
    value: Signal<Option<Value<InterfaceId>>>,
) -> AnyView {
    let key = |value: &Value<InterfaceId>| match value {
        Value::Number(number) => number.to_string(),
        Value::Link(link) => link.0.to_string(),
        // No choice is one of these.
        Value::Address(_) | Value::Secret(_) | Value::Peers(_) => String::new(),
    };
    let shown = Signal::derive(move || {
        let usual = match parameter.usual {
            Usual::Number(usual) => usual.to_string(),
            Usual::Nothing | Usual::Open | Usual::Required => String::new(),
        };
        value.get().map_or(usual, |value| key(&value))
    });
    let options = Signal::derive(move || match parameter.form {
        Form::Choice { names, .. } => names
            .iter()
            .map(|(name, number)| (number.to_string(), (*name).to_owned()))
            .collect(),
        _ => others(lab, id, of, parameter.usual == Usual::Required),
    });
    let choose = Callback::new(move |key: String| {
        let number = key.parse::<u64>().ok();
        let value = match (parameter.form, parameter.usual, number) {
            (Form::Choice { .. }, Usual::Number(usual), Some(number)) => {
                (number != usual).then_some(Value::Number(number))
            }
            (Form::Choice { .. }, _, number) => number.map(Value::Number),
            (_, _, number) => number.map(|id| Value::Link(InterfaceId(id))),
        };
        commit_or_tell(lab, of.edit(id, parameter.name.to_owned(), value));
    });
    view! { <Choice label=parameter.name value=shown options=options choose=choose /> }.into_any()
}

/// The other interfaces of the namespace, but its loopback; then those of other namespaces, for what
/// may stand on them.
fn others(lab: Lab, id: InterfaceId, of: Of, required: bool) -> Vec<(String, String)> {
    let nothing = (!required).then(|| (String::new(), "none".to_owned()));
    lab.read(|document| {
        let own = document.interfaces.get(&id);
        let home = own.map(|i| i.namespace);
        let device = own.and_then(|own| own.kind.device());
        let reaches = of == Of::Device && device.is_some_and(|device| device.kind.stands_abroad());
        let all = document.interfaces.iter();
        let all = all.filter(|(other, i)| **other != id && i.kind.name() != "loopback");
        let (near, far): (Vec<_>, Vec<_>) = all.partition(|(_, i)| Some(i.namespace) == home);
        let near = near.into_iter();
        let near = near.map(|(id, i)| (id.0.to_string(), i.name.to_string()));
        let far = far.into_iter().filter(|_| reaches);
        let far = far.map(|(id, _)| (id.0.to_string(), document.describe_interface(*id)));
        nothing.into_iter().chain(near).chain(far).collect()
    })
}
