//! What is set on an interface, in the shape of the text.
//!
//! Written and read by hand: beside the keys that every interface has stand the parameters of its
//! kind, whose names are known only from the kind's table.

use std::fmt;

use indexmap::IndexMap;
use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_saphyr::{FlowMap, Spanned};

use super::advertise::AdvertiseForm;
use super::entries::{Entry, line};
use super::neighbour::NeighbourForm;
use super::tables::{FdbForm, VlansForm};

/// A value of a parameter: what YAML makes of it is told apart by the kind's table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Scalar {
    Switch(bool),
    Number(u64),
    Text(String),
    /// Several of what has parts: peers.
    Entries(Vec<Entry>),
}

/// Parameters in the order in which they stand.
pub(super) type Said = IndexMap<String, Spanned<Scalar>>;

/// What is set on an interface.
#[derive(Debug)]
pub(super) struct Settings {
    /// The kind, of what is made by itself and is no bridge.
    pub(super) kind: Option<Spanned<String>>,
    pub(super) up: bool,
    pub(super) mtu: Option<u32>,
    pub(super) mac: Option<Spanned<String>>,
    /// The bridge, bond or VRF of which it is a port, by the word that stands before its name.
    pub(super) master: Option<(&'static str, Spanned<String>)>,
    /// The namespace through which it sends.
    pub(super) underlay: Option<Spanned<String>>,
    pub(super) port: Said,
    /// Parameters of its kind.
    pub(super) parameters: Said,
    pub(super) addresses: Vec<Spanned<String>>,
    /// What is done to the frames that leave.
    pub(super) quality: Said,
    pub(super) vlans: Option<Spanned<FlowMap<VlansForm>>>,
    pub(super) fdb: Vec<Spanned<FlowMap<FdbForm>>>,
    pub(super) neighbours: Vec<Spanned<FlowMap<NeighbourForm>>>,
    /// Settings of the kernel.
    pub(super) sysctl: Said,
    /// What is left to it.
    pub(super) offload: Said,
    /// The router advertisements that it sends.
    pub(super) advertise: Option<Spanned<FlowMap<AdvertiseForm>>>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            kind: None,
            up: true,
            mtu: None,
            mac: None,
            master: None,
            underlay: None,
            port: Said::new(),
            parameters: Said::new(),
            addresses: Vec::new(),
            quality: Said::new(),
            vlans: None,
            fdb: Vec::new(),
            neighbours: Vec::new(),
            sysctl: Said::new(),
            offload: Said::new(),
            advertise: None,
        }
    }
}

/// The words before the name of what it is a port of.
const MASTERS: [&str; 3] = ["bridge", "bond", "vrf"];

impl Scalar {
    /// As a person wrote it.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Switch(on) => on.to_string(),
            Self::Number(number) => number.to_string(),
            Self::Text(text) => text.clone(),
            Self::Entries(entries) => {
                let lines: Vec<_> = entries.iter().map(line).collect();
                lines.join("\n")
            }
        }
    }
}

impl Serialize for Scalar {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Switch(on) => serializer.serialize_bool(*on),
            Self::Number(number) => serializer.serialize_u64(*number),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Entries(entries) => entries.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AnyScalar;
        impl<'de> Visitor<'de> for AnyScalar {
            type Value = Scalar;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("true, false, a number, a word or a list")
            }

            fn visit_bool<E: de::Error>(self, on: bool) -> Result<Scalar, E> {
                Ok(Scalar::Switch(on))
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Scalar, E> {
                Ok(Scalar::Number(number))
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Scalar, E> {
                Ok(match u64::try_from(number) {
                    Ok(number) => Scalar::Number(number),
                    Err(_) => Scalar::Text(number.to_string()),
                })
            }

            fn visit_f64<E: de::Error>(self, number: f64) -> Result<Scalar, E> {
                Ok(Scalar::Text(number.to_string()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Scalar, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = list.next_element()? {
                    entries.push(entry);
                }
                Ok(Scalar::Entries(entries))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Scalar, E> {
                Ok(Scalar::Text(text.to_owned()))
            }
        }
        deserializer.deserialize_any(AnyScalar)
    }
}

impl Serialize for Settings {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if let Some(kind) = &self.kind {
            map.serialize_entry("type", kind)?;
        }
        for (name, value) in &self.parameters {
            map.serialize_entry(name, value)?;
        }
        if !self.up {
            map.serialize_entry("up", &false)?;
        }
        if let Some(mtu) = self.mtu {
            map.serialize_entry("mtu", &mtu)?;
        }
        if let Some(mac) = &self.mac {
            map.serialize_entry("mac", mac)?;
        }
        if let Some((word, master)) = &self.master {
            map.serialize_entry(word, master)?;
        }
        if !self.port.is_empty() {
            map.serialize_entry("port", &self.port)?;
        }
        if !self.quality.is_empty() {
            map.serialize_entry("quality", &self.quality)?;
        }
        if let Some(vlans) = &self.vlans {
            map.serialize_entry("vlans", vlans)?;
        }
        if !self.fdb.is_empty() {
            map.serialize_entry("fdb", &self.fdb)?;
        }
        if !self.neighbours.is_empty() {
            map.serialize_entry("neighbours", &self.neighbours)?;
        }
        if !self.sysctl.is_empty() {
            map.serialize_entry("sysctl", &self.sysctl)?;
        }
        if !self.offload.is_empty() {
            map.serialize_entry("offload", &self.offload)?;
        }
        if let Some(advertise) = &self.advertise {
            map.serialize_entry("advertise", advertise)?;
        }
        if let Some(underlay) = &self.underlay {
            map.serialize_entry("underlay", underlay)?;
        }
        if !self.addresses.is_empty() {
            map.serialize_entry("addresses", &self.addresses)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Settings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AllSettings;
        impl<'de> Visitor<'de> for AllSettings {
            type Value = Settings;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("what is set on an interface, as `{KEY: VALUE, …}`")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Settings, A::Error> {
                let mut settings = Settings::default();
                while let Some(key) = map.next_key::<String>()? {
                    match key.as_str() {
                        "type" => settings.kind = Some(map.next_value()?),
                        "up" => settings.up = map.next_value()?,
                        "mtu" => settings.mtu = map.next_value()?,
                        "mac" => settings.mac = Some(map.next_value()?),
                        "port" => settings.port = map.next_value::<FlowMap<Said>>()?.0,
                        "quality" => settings.quality = map.next_value::<FlowMap<Said>>()?.0,
                        "vlans" => settings.vlans = Some(map.next_value()?),
                        "fdb" => settings.fdb = map.next_value()?,
                        "neighbours" => settings.neighbours = map.next_value()?,
                        "sysctl" => settings.sysctl = map.next_value()?,
                        "offload" => settings.offload = map.next_value()?,
                        "advertise" => settings.advertise = Some(map.next_value()?),
                        "underlay" => settings.underlay = Some(map.next_value()?),
                        "addresses" => settings.addresses = map.next_value()?,
                        key => match MASTERS.iter().find(|word| **word == key) {
                            Some(word) if settings.master.is_none() => {
                                settings.master = Some((word, map.next_value()?));
                            }
                            Some(_) => {
                                let two = "an interface is a port of one bridge, bond or vrf";
                                return Err(de::Error::custom(two));
                            }
                            None => {
                                let value = map.next_value()?;
                                settings.parameters.insert(key.to_owned(), value);
                            }
                        },
                    }
                }
                Ok(settings)
            }
        }
        deserializer.deserialize_map(AllSettings)
    }
}
