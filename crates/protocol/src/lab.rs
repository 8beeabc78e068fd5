//! Labs of the yard.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A lab of the yard: 16 lower-case hexadecimal digits, drawn at random by the server.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LabId(pub String);

impl fmt::Display for LabId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A line in the list of labs: `GET /api/v1/labs`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct LabSummary {
    /// Its id.
    pub id: LabId,
    /// Its title.
    pub title: String,
    /// Namespaces besides the host.
    pub namespaces: usize,
    /// Links.
    pub links: usize,
    /// Seconds since the Unix epoch of the last edit.
    pub edited_at: u64,
    /// Whether it runs.
    pub run: RunState,
}

/// An example lab of the gallery: `GET /api/v1/examples`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ExampleSummary {
    /// Its file name without ending, such as `article`.
    pub name: String,
    /// Its title.
    pub title: String,
    /// One or two sentences on what it shows.
    pub description: String,
    /// The lab itself, for a thumbnail.
    pub document: topology::Document,
}

/// Something in which kernels differ: `GET /api/v1/features`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct FeatureState {
    /// What it is, in words.
    pub name: String,
    /// Whether this kernel has it.
    pub available: bool,
    /// What the kernel said when it was tried; empty if it is there.
    pub detail: String,
    /// How to get it; empty if it is there.
    pub remedy: String,
}

/// `POST /api/v1/labs`: a new lab.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum NewLab {
    /// An empty one.
    Empty {
        /// Its title.
        title: String,
    },
    /// A copy of an example.
    Example {
        /// The example's name.
        name: String,
    },
    /// Read from text: a lab document or a script of commands.
    Text {
        /// The text.
        text: String,
    },
    /// Read from files: one, those of a folder, or an archive (zip), in any form that is read.
    Files {
        /// The files.
        files: Vec<NewFile>,
    },
}

/// A file that a lab is read from.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewFile {
    /// Its name, or its path with slashes from the folder that is read.
    pub path: String,
    /// What is in it, as base64 with padding (RFC 4648, 4).
    pub base64: String,
}

/// The answer to a new lab.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Created {
    /// Its id.
    pub id: LabId,
    /// What became of what it was read from; none for an empty one and an example.
    pub report: Option<topology::import::Report>,
}

/// The answer to a refused HTTP request, any route.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct HttpError {
    /// What was attempted, on what, and why it was refused, for a person.
    pub error: String,
}

/// Whether a lab runs.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// Not running.
    Stopped,
    /// Its sandbox is being made.
    Starting,
    /// Its agent runs.
    Running,
    /// It is being taken down.
    Stopping,
    /// It could not be started, or its agent died; it can be started again.
    Failed {
        /// What was attempted and what the kernel said.
        message: String,
    },
}

/// An edit or a start that the kernel did not take: it was rolled back.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ApplyFailure {
    /// The object, as people say it, such as `red/veth-red`.
    pub subject: String,
    /// The namespace of the step that failed, for the canvas.
    pub namespace: Option<topology::NamespaceId>,
    /// The interface of the step that failed, for the canvas.
    pub interface: Option<topology::InterfaceId>,
    /// The step as a command; empty if no step was reached.
    pub command: String,
    /// What the kernel said.
    pub error: String,
}
