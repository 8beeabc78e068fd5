//! What a namespace serves while the lab runs: `tcp/80 http`, `udp/53`.
//!
//! So that connects have something to reach with no process of the user's. It is no state of the
//! kernel: whoever runs the lab listens there, so that no plan, status or drift speaks of it.

use std::collections::BTreeMap;
use std::fmt;
use std::num::NonZeroU16;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::expectation::Transport;

/// Most ports that a namespace serves: each is two sockets.
pub const MAX_SERVED: usize = 32;

/// Most ports that all namespaces of a lab serve together.
pub const MAX_SERVED_IN_ALL: usize = 512;

/// A port of a transport: `tcp/80`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Port {
    /// TCP or UDP.
    pub transport: Transport,
    /// From 1 to 65,535.
    pub number: NonZeroU16,
}

/// What whoever asks at a port gets.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// What was sent (RFC 862).
    #[default]
    Echo,
    /// A page that says where it comes from, to any request; TCP only.
    Http,
}

/// What a namespace serves: a port has one answer.
pub type Served = BTreeMap<Port, Answer>;

/// One line of what is served, as it is written: `tcp/80 http`, `udp/53`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Service {
    /// Where.
    pub port: Port,
    /// What is answered.
    pub answer: Answer,
}

/// Says what is wrong with a namespace's services.
///
/// # Errors
/// With that, for a person.
pub fn check(served: &Served) -> Result<(), String> {
    if served.len() > MAX_SERVED {
        let count = served.len();
        return Err(format!(
            "a namespace serves {MAX_SERVED} ports at most, and not {count}"
        ));
    }
    let mut services = served.iter();
    let wrong = services.find(|(port, answer)| !goes(**port, **answer));
    match wrong {
        Some((port, _)) => Err(format!("{port} cannot answer with HTTP, which is over TCP")),
        None => Ok(()),
    }
}

/// What stands on a card: the first ports, and how many more there are.
pub fn summary(served: &Served) -> String {
    /// More would make a card wide.
    const SHOWN: usize = 2;
    let mut words: Vec<String> = served.keys().take(SHOWN).map(Port::to_string).collect();
    if let Some(more) = served.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        words.push(format!("+{more}"));
    }
    words.join(" ")
}

fn goes(port: Port, answer: Answer) -> bool {
    port.transport == Transport::Tcp || answer != Answer::Http
}

impl Answer {
    /// In a text form and in forms.
    pub fn name(self) -> &'static str {
        match self {
            Self::Echo => "echo",
            Self::Http => "http",
        }
    }
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.transport, self.number)
    }
}

impl FromStr for Port {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no port: write it as tcp/80 or udp/53");
        let (transport, number) = text.split_once('/').ok_or_else(wrong)?;
        let transport = match transport {
            "tcp" => Transport::Tcp,
            "udp" => Transport::Udp,
            _ => return Err(wrong()),
        };
        match number.parse() {
            // `+80` is a number, and no port.
            Ok(found) if number.bytes().all(|b| b.is_ascii_digit()) => Ok(Self {
                transport,
                number: found,
            }),
            _ => Err(format!("`{number}` is no port: 1 to 65535")),
        }
    }
}

impl TryFrom<String> for Port {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Port> for String {
    fn from(port: Port) -> Self {
        port.to_string()
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.answer {
            Answer::Echo => self.port.fmt(f),
            other => write!(f, "{} {}", self.port, other.name()),
        }
    }
}

impl FromStr for Service {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let (port, answer) = match words.as_slice() {
            [port] | [port, "echo"] => (port, Answer::Echo),
            [port, "http"] => (port, Answer::Http),
            [_, other] => {
                return Err(format!("`{other}`: a port answers with `echo` or `http`"));
            }
            _ => return Err("write it as tcp/80, tcp/80 http or udp/53".to_owned()),
        };
        let port: Port = port.parse()?;
        match goes(port, answer) {
            true => Ok(Self { port, answer }),
            false => Err(format!("{port} cannot answer with HTTP, which is over TCP")),
        }
    }
}
