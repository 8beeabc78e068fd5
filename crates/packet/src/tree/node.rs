//! The tree that a packet becomes: nodes in the order in which they are shown.

use super::field::{Colons, Field, FieldType, Value};

/// One line of the tree.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// What it is.
    pub field: &'static Field,
    /// Its value.
    pub value: Value,
    /// Where its bytes start in the record. A node of no bytes (something computed) has length 0.
    pub offset: u32,
    /// How many bytes it covers.
    pub length: u32,
    /// How deep it stands: 0 is a protocol of the packet, its parent is the nearest one above that stands one
    /// less deep.
    pub level: u8,
    /// Which bits of its bytes it is, if not all.
    pub mask: Option<u32>,
    /// What is written instead of, or behind, what its field and value say.
    pub(super) note: Note,
}

/// Text of a node that its value does not tell.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Note {
    #[default]
    None,
    /// The whole line.
    Label(Box<str>),
    /// Behind the value.
    After(Box<str>),
}

/// A dissected packet.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tree {
    /// The nodes, each followed by what is inside it.
    pub nodes: Vec<Node>,
}

impl Tree {
    /// The line that is shown of a node, as Wireshark writes it. `data` are the bytes of the record.
    #[must_use]
    pub fn label(&self, index: usize, data: &[u8]) -> String {
        self.nodes
            .get(index)
            .map(|node| node.label(data))
            .unwrap_or_default()
    }

    /// The nodes right below a node, or the protocols of the packet.
    pub fn children(&self, of: Option<usize>) -> impl Iterator<Item = usize> + '_ {
        let start = of.map_or(0, |index| index + 1);
        let level = of.map_or(0, |index| {
            self.nodes.get(index).map_or(u8::MAX, |node| node.level + 1)
        });
        let below = self.nodes.iter().skip(start).enumerate();
        below
            .take_while(move |(_, node)| node.level >= level)
            .filter(move |(_, node)| node.level == level)
            .map(move |(i, _)| start + i)
    }

    /// The node that a node stands in.
    #[must_use]
    pub fn parent(&self, index: usize) -> Option<usize> {
        let level = self.nodes.get(index)?.level.checked_sub(1)?;
        let before = self.nodes.get(..index)?;
        before.iter().rposition(|node| node.level == level)
    }

    /// The smallest node that covers a byte of the record; of several the deepest.
    #[must_use]
    pub fn at(&self, byte: u32) -> Option<usize> {
        let covers = |node: &Node| {
            node.length > 0 && node.offset <= byte && byte - node.offset < node.length
        };
        let covering = self
            .nodes
            .iter()
            .enumerate()
            .filter(|(_, node)| covers(node));
        // Of equal ones the first of the deepest level.
        covering
            .min_by_key(|(_, node)| (node.length, u8::MAX - node.level))
            .map(|(index, _)| index)
    }

    /// The nodes of a field, by its name.
    pub fn find<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Node> {
        self.nodes
            .iter()
            .filter(move |node| node.field.name == name)
    }
}

impl Node {
    /// The bytes of a node.
    #[must_use]
    pub fn bytes<'a>(&self, data: &'a [u8]) -> &'a [u8] {
        crate::bytes::slice(data, self.offset as usize, self.length as usize).unwrap_or_default()
    }

    /// The line that is shown, as Wireshark writes it. `data` are the bytes of the record.
    #[must_use]
    pub fn label(&self, data: &[u8]) -> String {
        let mut line = String::new();
        match &self.note {
            Note::Label(label) => return label.to_string(),
            Note::None | Note::After(_) => {}
        }
        if let Some(mask) = self.mask {
            line += &bits(self.raw(data), mask, (self.length * 8).min(32));
            line += " = ";
        }
        line += self.field.title;
        let text = self.text(data);
        if !text.is_empty() {
            line += ": ";
            line += &text;
        }
        if let Note::After(after) = &self.note {
            line += after;
        }
        line
    }

    /// The value alone, as it is shown.
    #[must_use]
    pub fn text(&self, data: &[u8]) -> String {
        match &self.value {
            Value::None => String::new(),
            Value::Bool(value) => {
                let words = match (self.mask.is_some(), value) {
                    (true, true) => "Set",
                    (true, false) => "Not set",
                    (false, true) => "True",
                    (false, false) => "False",
                };
                words.to_owned()
            }
            Value::Unsigned(value) => {
                let number = number(self.field.kind, *value);
                match (self.field.value_name(*value), self.field.names) {
                    (Some(name), _) => format!("{name} ({number})"),
                    (None, Some(_)) => format!("Unknown ({number})"),
                    (None, None) => number,
                }
            }
            Value::Signed(value) => value.to_string(),
            Value::Float(value) => value.to_string(),
            Value::Ipv4(address) => address.to_string(),
            Value::Ipv6(address) => address.to_string(),
            Value::Ether(address) => Colons(address).to_string(),
            Value::Bytes => shown_bytes(self.bytes(data)),
            Value::Text(text) => text.to_string(),
            Value::Time(at) => moment(*at),
        }
    }

    /// What to put on the right of `==` in a filter that finds this value; `None` if the field can only be
    /// tested for presence.
    #[must_use]
    pub fn filter_value(&self, data: &[u8]) -> Option<String> {
        Some(match &self.value {
            Value::None => return None,
            Value::Bool(value) => u8::from(*value).to_string(),
            Value::Unsigned(value) => number(self.field.kind, *value),
            Value::Bytes => Colons(self.bytes(data)).to_string(),
            Value::Text(text) => quoted(text),
            Value::Time(at) => format!("\"{}\"", moment(*at)),
            Value::Signed(_)
            | Value::Float(_)
            | Value::Ipv4(_)
            | Value::Ipv6(_)
            | Value::Ether(_) => self.text(data),
        })
    }

    /// The filter that finds packets with this field and value: `ip.src == 10.0.0.1`.
    #[must_use]
    pub fn filter(&self, data: &[u8]) -> String {
        match self.filter_value(data) {
            Some(value) if !value.is_empty() => format!("{} == {value}", self.field.name),
            _ => self.field.name.to_owned(),
        }
    }

    /// The bytes as one number.
    fn raw(&self, data: &[u8]) -> u32 {
        let bytes = self.bytes(data).iter().take(4);
        bytes.fold(0, |value, byte| value << 8 | u32::from(*byte))
    }
}

/// Bytes that are shown of a long field.
const SHOWN_BYTES: usize = 36;

fn shown_bytes(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut text = String::new();
    for byte in bytes.iter().take(SHOWN_BYTES) {
        let _ = write!(text, "{byte:02x}");
    }
    if bytes.len() > SHOWN_BYTES {
        text += "…";
    }
    text
}

fn number(kind: FieldType, value: u64) -> String {
    match kind {
        FieldType::Hex(digits) => format!("0x{value:0width$x}", width = usize::from(digits)),
        _ => value.to_string(),
    }
}

/// Text in quotes, as a filter reads it.
fn quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    quoted.push('"');
    quoted
}

/// `.... ..1.`: the bits of a field among those around it.
pub(super) fn bits(raw: u32, mask: u32, count: u32) -> String {
    let mut text = String::new();
    for i in (0..count).rev() {
        text.push(match (mask >> i & 1, raw >> i & 1) {
            (0, _) => '.',
            (_, 0) => '0',
            _ => '1',
        });
        if i > 0 && i % 4 == 0 {
            text.push(' ');
        }
    }
    text
}

/// A moment in UTC.
fn moment(nanoseconds: i128) -> String {
    let seconds = nanoseconds.div_euclid(1_000_000_000) as i64;
    let rest = nanoseconds.rem_euclid(1_000_000_000);
    let mut text = Vec::new();
    crate::text::put_date_time(&mut text, seconds, b' ');
    format!("{}.{rest:09}", String::from_utf8_lossy(&text))
}
