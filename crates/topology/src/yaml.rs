//! The document on disk: YAML that a person would write by hand.
//!
//! ```yaml
//! netyard: 1
//! title: Red and blue
//! namespaces:
//!   red:
//!     routes:
//!       - {to: default, via: 10.0.0.2}
//!   blue:
//!     forwarding: [ipv4]
//!     interfaces:
//!       vx0: {type: vxlan, id: 10, remote: 10.0.0.1, dev: veth-blue}
//! links:
//!   - red/veth-red: {addresses: [10.0.0.1/24]}
//!     blue/veth-blue: {addresses: [10.0.0.2/24]}
//! layout:
//!   red: [0, 0]
//! ```
//!
//! `expect` says what should be true of the lab when it runs, a sentence each
//! ([`crate::expectation`]).
//!
//! `serve` of a namespace says what it answers while the lab runs: `[tcp/80 http, udp/53]`
//! ([`crate::serve`]).
//! `advertise` of an interface sends router advertisements: `{prefixes: [fd00:1::/64]}`
//! ([`crate::advertise`]).
//!
//! `host` may say `uplink: true`: it then has a way out of the lab ([`crate::uplink`]).
//!
//! What is not said is as a person expects it: interfaces and loopbacks are up. Unknown keys are
//! refused with their place. Ids are given by order.

use crate::document::Document;
use crate::terminal::Safe;

mod advertise;
mod entries;
mod form;
mod from_form;
mod interface;
mod names;
mod neighbour;
mod offload;
mod quality;
mod rule;
mod serve;
mod settings;
mod sysctl;
mod tables;
mod to_form;

/// The version of the form that is written, and the highest that is read.
pub const VERSION: u32 = 1;

/// Largest text that is read, in bytes.
pub const MAX_TEXT_BYTES: usize = 4 << 20;

/// Deepest nesting of a text that is read; the form has 6 levels.
const MAX_DEPTH: usize = 16;

/// What is said of YAML that is no lab of any form.
const NO_LAB: &str = "it is YAML, but no lab that is read: a lab document says `netyard: 1` at its \
     top, a containerlab topology `topology:`, a Compose file `services:`, netplan `network:`";

/// Why a text is no lab document.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error, serde::Serialize)]
#[error("{}{}", self.place(), Safe(.message))]
pub struct YamlError {
    /// Counting from 1; 0 if it is not known.
    pub line: u64,
    /// Counting from 1; 0 if it is not known.
    pub column: u64,
    /// What is wrong.
    pub message: String,
}

impl YamlError {
    fn new(message: impl Into<String>) -> Self {
        Self {
            line: 0,
            column: 0,
            message: message.into(),
        }
    }

    fn at(location: serde_saphyr::Location, message: impl Into<String>) -> Self {
        Self {
            line: location.line(),
            column: location.column(),
            message: message.into(),
        }
    }

    fn place(&self) -> String {
        match self.line {
            0 => String::new(),
            line => format!("line {line}, column {}: ", self.column),
        }
    }
}

/// Reads a lab document.
pub fn read(text: &str) -> Result<Document, YamlError> {
    if text.len() > MAX_TEXT_BYTES {
        let size = text.len();
        return Err(YamlError::new(format!(
            "the document is larger than {MAX_TEXT_BYTES} bytes: {size}"
        )));
    }
    let form::Version { netyard: version } = parse(text).map_err(|error: YamlError| {
        match error.message.starts_with("missing field") {
            // Of what another YAML file lacks to be a lab, this is one of several things.
            true => YamlError {
                message: NO_LAB.to_owned(),
                ..error
            },
            false => error,
        }
    })?;
    // The library reads a number out of a string too.
    if word_at(text, version.defined).starts_with(['"', '\'']) {
        let message = "the version is a number, without quotes: `netyard: 1`";
        return Err(YamlError::at(version.defined, message));
    }
    match version.value {
        // Older versions are migrated here, one by one, when there are any.
        VERSION => from_form::document(parse(text)?),
        newer @ 2.. => Err(YamlError::at(
            version.defined,
            format!(
                "the document has version {newer}, and this netyard reads {VERSION} at most: update it"
            ),
        )),
        0 => Err(YamlError::at(
            version.defined,
            "there is no version 0: `netyard: 1` is the first",
        )),
    }
}

/// Writes a lab document.
pub fn write(document: &Document) -> String {
    let options = serde_saphyr::ser_options! { compact_list_indent: false };
    let form = to_form::form(document);
    // The form is made of strings, numbers, lists and maps: there is nothing that YAML cannot say.
    serde_saphyr::to_string_with_options(&form, options).unwrap_or_default()
}

fn parse<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, YamlError> {
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: MAX_DEPTH,
            flow_nesting_limit: MAX_DEPTH,
            max_documents: 1,
            max_aliases: 64,
            max_anchors: 64,
            max_merge_keys: 0,
            max_nodes: 400_000,
            max_events: 1_000_000,
        },
        with_snippet: false,
        strict_booleans: true,
    };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| {
        let location = error.location();
        let said = location.map(|at| word_at(text, at)).unwrap_or_default();
        let message = message(&error.without_snippet().to_string(), said);
        match location {
            Some(location) => YamlError::at(location, message),
            None => YamlError::new(message),
        }
    })
}

/// What stands at a place, up to where a plain word of YAML ends.
fn word_at(text: &str, location: serde_saphyr::Location) -> &str {
    let number = |of: u64| usize::try_from(of).unwrap_or(usize::MAX).saturating_sub(1);
    let line = text
        .lines()
        .nth(number(location.line()))
        .unwrap_or_default();
    let start = line.char_indices().nth(number(location.column()));
    let rest = start.and_then(|(start, _)| line.get(start..));
    let is_end = |c: char| c.is_whitespace() || matches!(c, ',' | ']' | '}');
    rest.and_then(|rest| rest.split(is_end).next())
        .unwrap_or_default()
}

/// The library's message for a person: it puts the place behind, we put it in front; it speaks of
/// its own types and settings, and leaves out what stands there.
fn message(text: &str, said: &str) -> String {
    let end = [" at line ", ", set DuplicateKeyPolicy"]
        .iter()
        .filter_map(|more| text.find(more))
        .min();
    let text = end.and_then(|end| text.get(..end)).unwrap_or(text);
    if text.starts_with("invalid u32") || text.starts_with("invalid u64") {
        format!("`{said}` is not a whole number")
    } else if text.starts_with("invalid boolean") {
        format!("`{said}` is neither true nor false")
    } else if text.starts_with("invalid f") {
        format!("`{said}` is not a number")
    } else {
        text.to_owned()
    }
}
