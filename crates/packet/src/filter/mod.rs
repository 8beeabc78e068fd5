//! Display filters: Wireshark's language for what is dissected here.
//!
//! ```
//! use packet::filter::Filter;
//!
//! let filter = Filter::new("ip.addr == 10.0.0.0/24 and tcp.port in {80, 443}");
//! assert!(filter.is_ok());
//! let error = Filter::new("ip.adr == 10.0.0.1").err();
//! assert_eq!(error.map(|error| error.to_string()), Some("there is no field ip.adr: did you mean ip.addr?".to_owned()));
//! ```
//!
//! A test on a field holds if one of its values in the packet passes it, also of packets in packets; `!=`
//! demands that the field is there and that no value is equal, as in Wireshark 4. `===` and `!==` are "all
//! equal" and "any not equal".
//!
//! A filter is compiled once. Evaluating looks at the raw bytes where it can, and dissects only packets of the
//! protocol that is asked for.

mod asks;
mod compile;
mod complete;
mod error;
mod evaluate;
mod lex;
mod literal;
mod parse;
mod quick;

use crate::tree::{Context, Node};
use crate::{LinkType, View};

pub use self::complete::{Completion, complete, fields};
pub use self::error::FilterError;

use self::compile::Test;
pub(crate) use self::evaluate::Packet;

/// The longest filter in bytes.
pub const LONGEST: usize = 4096;

/// A compiled filter.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// `None` lets everything through.
    test: Option<Test>,
    /// Dissected packets are built in here, again and again.
    nodes: Vec<Node>,
}

impl Filter {
    /// Compiles a filter. An empty one lets everything through.
    ///
    /// # Errors
    ///
    /// What is wrong with the text, and where.
    pub fn new(text: &str) -> Result<Self, FilterError> {
        let tree = parse::parse(text)?;
        let test = tree.as_ref().map(compile::compile).transpose()?;
        Ok(Self {
            test,
            nodes: Vec::new(),
        })
    }

    /// Does it let everything through?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.test.is_none()
    }

    /// Does it look at conversations ([`Context::stream`])? What is not known of them yet does not pass.
    #[must_use]
    pub fn asks_for_conversations(&self) -> bool {
        self.test.as_ref().is_some_and(Test::asks_for_conversations)
    }

    /// Does a record pass?
    pub fn matches<'a>(
        &mut self,
        link: LinkType,
        record: impl Into<View<'a>>,
        context: &Context<'_>,
    ) -> bool {
        let Some(test) = &self.test else {
            return true;
        };
        let mut packet = Packet::new(link, record.into(), context, &mut self.nodes);
        test.holds(&mut packet)
    }

    /// Does a record pass that several filters look at?
    pub(crate) fn holds(&self, packet: &mut Packet<'_>) -> bool {
        self.test.as_ref().is_none_or(|test| test.holds(packet))
    }
}
