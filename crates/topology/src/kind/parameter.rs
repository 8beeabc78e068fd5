//! One thing that can be set on a kind of interface.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::wireguard::{Peers, SecretKey};
use crate::feature::Feature;

/// What can be set, and how the kernel, `ip` and people say it.
#[derive(Debug)]
pub struct Parameter {
    /// The key in a document, and the word of `ip link`.
    pub name: &'static str,
    /// What it does, in the units of `ip link`.
    pub about: &'static str,
    /// The netlink attribute in `IFLA_INFO_DATA` (linux/if_link.h, linux/if_tunnel.h).
    pub attribute: u16,
    /// What it takes.
    pub form: Form,
    /// What holds if nothing is said.
    pub usual: Usual,
    /// Whether the kernel changes it on an interface that is there.
    pub change: Change,
    /// What the kernel must have for it, if some do not.
    pub feature: Option<Feature>,
}

/// What a parameter takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// On or off.
    Switch(Width, SwitchWords),
    /// A whole number.
    Number {
        /// How the kernel has it.
        width: Width,
        /// The smallest that it takes.
        least: u64,
        /// The largest that it takes.
        most: u64,
    },
    /// A time in 1/100 s (`USER_HZ`), 32 bits. The kernel keeps it in its own ticks, and may say
    /// one less.
    Time {
        /// The shortest.
        least: u64,
        /// The longest.
        most: u64,
    },
    /// One of several words.
    Choice {
        /// How the kernel has it.
        width: Width,
        /// The words and their numbers.
        names: &'static [(&'static str, u64)],
    },
    /// An IP address.
    Address {
        /// The attribute of an IPv6 address, if it takes one: `attribute` is that of IPv4.
        ipv6: Option<u16>,
        /// Which addresses.
        class: AddressClass,
    },
    /// The interface that it stands on: `IFLA_LINK`, and the word `link` before the name.
    Lower,
    /// Another interface of the namespace, by index in `IFLA_INFO_DATA`.
    Link,
    /// A private key of WireGuard.
    Secret,
    /// The peers of a WireGuard interface.
    Peers,
}

/// Which addresses a parameter takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressClass {
    /// Of one host.
    Host,
    /// Of a multicast group.
    Group,
}

/// How the kernel has a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    /// 8 bits.
    U8,
    /// 16 bits, in the machine's order.
    U16,
    /// 16 bits, in the network's order.
    Be16,
    /// 32 bits, in the machine's order.
    U32,
    /// One bit of 16 in the network's order, in an attribute that several parameters share.
    Bit(u16),
    /// 32 bits, in the network's order; they count while a bit of another attribute, of 16 bits in
    /// the network's order, is set.
    Be32If {
        /// That attribute.
        attribute: u16,
        /// That bit.
        bit: u16,
    },
}

/// How `ip` says on and off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SwitchWords {
    /// `NAME 1`, `NAME 0`.
    Number,
    /// `NAME on`, `NAME off`.
    OnOff,
    /// `NAME`, `noNAME`.
    Prefix,
}

/// What holds if nothing is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Usual {
    /// This number.
    Number(u64),
    /// Nothing: no address, no interface.
    Nothing,
    /// What the kernel finds fit, which differs.
    Open,
    /// It must be said.
    Required,
}

/// Whether the kernel changes a parameter on an interface that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It does.
    InPlace,
    /// It does, but neither to this number nor from it.
    InPlaceBut(u64),
    /// The interface must be made anew.
    Anew,
}

/// What a parameter is set to.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Value<R> {
    /// A number; a switch is 0 or 1, a choice the number of its word.
    Number(u64),
    /// An address.
    Address(IpAddr),
    /// Another interface.
    Link(R),
    /// A private key.
    Secret(SecretKey),
    /// Peers of a WireGuard interface.
    Peers(Peers),
}

impl<R> Value<R> {
    /// The same, another interface named otherwise.
    pub fn map<S>(&self, name: impl FnOnce(&R) -> Option<S>) -> Option<Value<S>> {
        Some(match self {
            Self::Number(number) => Value::Number(*number),
            Self::Address(address) => Value::Address(*address),
            Self::Link(link) => Value::Link(name(link)?),
            Self::Secret(key) => Value::Secret(*key),
            Self::Peers(peers) => Value::Peers(peers.clone()),
        })
    }
}

impl Parameter {
    /// A switch, off if nothing is said, changed in place.
    pub(super) const fn switch(
        name: &'static str,
        attribute: u16,
        form: (Width, SwitchWords),
        usual: bool,
        about: &'static str,
    ) -> Self {
        Self {
            name,
            about,
            attribute,
            form: Form::Switch(form.0, form.1),
            usual: Usual::Number(usual as u64),
            change: Change::InPlace,
            feature: None,
        }
    }

    /// A number, changed in place.
    pub(super) const fn number(
        name: &'static str,
        attribute: u16,
        width: Width,
        range: (u64, u64),
        usual: Usual,
        about: &'static str,
    ) -> Self {
        let (least, most) = range;
        Self {
            name,
            about,
            attribute,
            form: Form::Number { width, least, most },
            usual,
            change: Change::InPlace,
            feature: None,
        }
    }

    /// A time in 1/100 s, changed in place.
    pub(super) const fn time(
        name: &'static str,
        attribute: u16,
        range: (u64, u64),
        usual: u64,
        about: &'static str,
    ) -> Self {
        let (least, most) = range;
        Self {
            name,
            about,
            attribute,
            form: Form::Time { least, most },
            usual: Usual::Number(usual),
            change: Change::InPlace,
            feature: None,
        }
    }

    /// One of several words, changed in place.
    pub(super) const fn choice(
        name: &'static str,
        attribute: u16,
        width: Width,
        names: &'static [(&'static str, u64)],
        usual: u64,
        about: &'static str,
    ) -> Self {
        Self {
            name,
            about,
            attribute,
            form: Form::Choice { width, names },
            usual: Usual::Number(usual),
            change: Change::InPlace,
            feature: None,
        }
    }

    /// An address of a host, none if nothing is said, changed in place.
    pub(super) const fn host(
        name: &'static str,
        attribute: u16,
        ipv6: Option<u16>,
        about: &'static str,
    ) -> Self {
        Self {
            name,
            about,
            attribute,
            form: Form::Address {
                ipv6,
                class: AddressClass::Host,
            },
            usual: Usual::Nothing,
            change: Change::InPlace,
            feature: None,
        }
    }

    /// The interface that it must stand on.
    pub(super) const fn lower(about: &'static str) -> Self {
        Self {
            name: "link",
            about,
            attribute: 0,
            form: Form::Lower,
            usual: Usual::Required,
            change: Change::Anew,
            feature: None,
        }
    }

    /// The same, and the kernel does not change it on an interface that is there.
    pub(super) const fn anew(self) -> Self {
        Self {
            change: Change::Anew,
            ..self
        }
    }

    /// The same, and the kernel changes it neither to this number nor from it.
    pub(super) const fn anew_at(self, number: u64) -> Self {
        Self {
            change: Change::InPlaceBut(number),
            ..self
        }
    }

    /// The same, and not every kernel has it.
    pub(super) const fn needs(self, feature: Feature) -> Self {
        Self {
            feature: Some(feature),
            ..self
        }
    }

    /// Whether the kernel changes it from one value to another on an interface that is there.
    pub fn changes_in_place<R>(&self, from: Option<&Value<R>>, to: Option<&Value<R>>) -> bool {
        match self.change {
            Change::InPlace => true,
            Change::InPlaceBut(number) => {
                let is_it = |value: Option<&Value<R>>| matches!(value, Some(Value::Number(n)) if *n == number);
                !is_it(from) && !is_it(to)
            }
            Change::Anew => false,
        }
    }

    /// Refuses a value that it does not take.
    pub fn check<R>(&self, value: &Value<R>) -> Result<(), String> {
        let name = self.name;
        match (self.form, value) {
            (Form::Switch(..), Value::Number(0 | 1)) => Ok(()),
            (
                Form::Number { least, most, .. } | Form::Time { least, most },
                Value::Number(number),
            ) => match (least..=most).contains(number) {
                true => Ok(()),
                false => Err(format!("`{name}` takes {least} to {most}, not {number}")),
            },
            (Form::Choice { names, .. }, Value::Number(number))
                if names.iter().any(|(_, known)| known == number) =>
            {
                Ok(())
            }
            (Form::Address { ipv6, class }, Value::Address(address)) => {
                if address.is_ipv6() && ipv6.is_none() {
                    return Err(format!("`{name}` takes an IPv4 address, not {address}"));
                }
                if address.is_unspecified() {
                    return Err(format!("`{name}`: {address} is no address of anybody"));
                }
                match (class, address.is_multicast()) {
                    (AddressClass::Host, true) => Err(format!(
                        "`{name}` takes the address of a host, not a group's"
                    )),
                    (AddressClass::Group, false) => Err(format!(
                        "`{name}` takes a multicast group, and {address} is none"
                    )),
                    _ => Ok(()),
                }
            }
            (Form::Lower | Form::Link, Value::Link(_)) => Ok(()),
            (Form::Secret, Value::Secret(key)) => match key.is_nothing() {
                true => Err(format!("`{name}`: the key of zeros is none")),
                false => Ok(()),
            },
            (Form::Peers, Value::Peers(peers)) => {
                peers.check().map_err(|why| format!("`{name}`: {why}"))
            }
            _ => Err(format!("`{name}` takes {}", self.takes())),
        }
    }

    /// Whether the kernel's value is the one that was asked for.
    pub fn is_same<R: PartialEq>(&self, wanted: &Value<R>, is: &Value<R>) -> bool {
        match (self.form, wanted, is) {
            (Form::Time { .. }, Value::Number(wanted), Value::Number(is)) => {
                wanted.abs_diff(*is) <= 1
            }
            (_, Value::Secret(wanted), Value::Secret(is)) => wanted.clamped() == is.clamped(),
            (_, Value::Peers(wanted), Value::Peers(is)) => wanted.is_same(is),
            (_, wanted, is) => wanted == is,
        }
    }

    /// The value that comes of what is said where the kernel has another one, `is`.
    pub fn completed<R: Clone>(&self, said: &Value<R>, is: Option<&Value<R>>) -> Value<R> {
        match (said, is) {
            (Value::Peers(said), Some(Value::Peers(is))) => {
                Value::Peers(said.clone().with_learned(is))
            }
            _ => said.clone(),
        }
    }

    /// What it takes, in words.
    pub fn takes(&self) -> String {
        match self.form {
            Form::Switch(..) => "true or false".to_owned(),
            Form::Number { least, most, .. } | Form::Time { least, most } => {
                format!("a number from {least} to {most}")
            }
            Form::Choice { names, .. } => {
                let names: Vec<_> = names.iter().map(|(name, _)| *name).collect();
                format!("one of {}", names.join(", "))
            }
            Form::Address { ipv6: None, .. } => "an IPv4 address".to_owned(),
            Form::Address { ipv6: Some(_), .. } => "an IP address".to_owned(),
            Form::Lower | Form::Link => "the name of an interface".to_owned(),
            Form::Secret => "a private key in base64".to_owned(),
            Form::Peers => {
                "a line for each peer: its public key, and then as `wg set` takes it".to_owned()
            }
        }
    }

    /// A value as a person writes it; `link` writes the name of another interface.
    pub fn text<R>(&self, value: &Value<R>, link: impl FnOnce(&R) -> String) -> String {
        match (self.form, value) {
            (Form::Switch(..), Value::Number(number)) => (*number != 0).to_string(),
            (Form::Choice { names, .. }, Value::Number(number)) => {
                let found = names.iter().find(|(_, known)| known == number);
                found.map_or_else(|| number.to_string(), |(name, _)| (*name).to_owned())
            }
            (_, Value::Number(number)) => number.to_string(),
            (_, Value::Address(address)) => address.to_string(),
            (_, Value::Link(other)) => link(other),
            (_, Value::Secret(key)) => key.to_string(),
            (_, Value::Peers(peers)) => peers.to_string(),
        }
    }

    /// The same for whoever looks: without secrets.
    pub fn shown<R>(&self, value: &Value<R>, link: impl FnOnce(&R) -> String) -> String {
        match value {
            Value::Secret(key) => format!("the one of {}", key.public()),
            Value::Peers(peers) => peers.shown(),
            value => self.text(value, link),
        }
    }

    /// Reads what a person, a YAML text or `ip` wrote; `link` finds another interface.
    pub fn read<R>(
        &self,
        text: &str,
        link: impl FnOnce(&str) -> Result<R, String>,
    ) -> Result<Value<R>, String> {
        let wrong = || format!("`{} {text}`: it takes {}", self.name, self.takes());
        let value = match self.form {
            Form::Switch(..) => match text {
                "true" | "on" | "1" => Value::Number(1),
                "false" | "off" | "0" => Value::Number(0),
                _ => return Err(wrong()),
            },
            Form::Number { .. } | Form::Time { .. } => {
                Value::Number(number(text).ok_or_else(wrong)?)
            }
            Form::Choice { names, .. } => {
                let known = names.iter().find(|(name, _)| *name == text);
                let by_number = || number(text).filter(|n| names.iter().any(|(_, k)| k == n));
                let found = known.map(|(_, known)| *known).or_else(by_number);
                Value::Number(found.ok_or_else(wrong)?)
            }
            Form::Address { .. } => Value::Address(text.parse().map_err(|_| wrong())?),
            Form::Lower | Form::Link => Value::Link(link(text)?),
            // A secret is not repeated.
            Form::Secret => {
                let key = text.parse();
                Value::Secret(key.map_err(|why: String| format!("`{}`: {why}", self.name))?)
            }
            Form::Peers => {
                let peers = text.parse();
                Value::Peers(peers.map_err(|why: String| format!("`{}`: {why}", self.name))?)
            }
        };
        self.check(&value)?;
        Ok(value)
    }
}

/// A whole number, in hexadecimal if it begins so, as `ip` reads it.
fn number(text: &str) -> Option<u64> {
    match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}
