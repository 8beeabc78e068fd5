//! Building the tree: reading the record's bytes and adding a node for each field.
//!
//! Every protocol is a method on [`Dissection`] in a file of its own. Offsets are from the start of the
//! record. What is missing or wrong travels up as [`Cut`] with `?` and becomes a node at the end of the tree.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use super::Context;
use super::field::{Field, FieldType, Value};
use super::node::{Node, Note};
use crate::{View, bytes};

/// Why dissection ended early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    /// The bytes end before the field.
    Short,
    /// The packet contradicts itself.
    Wrong,
    /// The tree has as many nodes as are wanted.
    Full,
}

/// The result of a dissector.
pub(super) type Step<T = ()> = Result<T, Cut>;

/// Packets inside packets deeper than this are not followed: the stack of a browser is small.
const MAX_DEPTH: u8 = 16;

/// The most nodes of a tree: more than anybody reads, and a bound on memory and time.
pub(super) const MOST_NODES: usize = 4000;

/// A record being dissected.
pub(super) struct Dissection<'a> {
    /// The captured bytes that may be read. Shortened while a smaller length is known.
    pub(super) data: &'a [u8],
    /// The length of the record on the wire.
    pub(super) length: u32,
    pub(super) nodes: &'a mut Vec<Node>,
    pub(super) context: &'a Context<'a>,
    /// Are the lines wanted? Filters only look at values.
    pub(super) labels: bool,
    /// The innermost protocol, which is named if the packet is cut short.
    pub(super) innermost: &'static Field,
    /// How many more labels of domain names are followed.
    pub(super) labels_left: u32,
    /// Do the readable bytes end before the layer does by its own account?
    pub(super) cut_short: bool,
    level: u8,
    depth: u8,
}

impl<'a> Dissection<'a> {
    pub(super) fn new(
        record: View<'a>,
        nodes: &'a mut Vec<Node>,
        context: &'a Context<'a>,
        labels: bool,
    ) -> Self {
        Self {
            data: record.data,
            length: record.length,
            nodes,
            context,
            labels,
            innermost: &super::frame::FRAME,
            labels_left: 10_000,
            cut_short: (record.data.len() as u64) < u64::from(record.length),
            level: 0,
            depth: 0,
        }
    }

    // Reading.

    pub(super) fn array<const N: usize>(&self, p: usize) -> Step<[u8; N]> {
        bytes::array(self.data, p).ok_or(Cut::Short)
    }

    pub(super) fn slice(&self, p: usize, length: usize) -> Step<&'a [u8]> {
        bytes::slice(self.data, p, length).ok_or(Cut::Short)
    }

    pub(super) fn u8(&self, p: usize) -> Step<u8> {
        self.data.get(p).copied().ok_or(Cut::Short)
    }

    pub(super) fn u16(&self, p: usize) -> Step<u16> {
        bytes::u16_at(self.data, p).ok_or(Cut::Short)
    }

    pub(super) fn u32(&self, p: usize) -> Step<u32> {
        bytes::u32_at(self.data, p).ok_or(Cut::Short)
    }

    /// How many bytes may be read from `p` on.
    pub(super) fn remaining(&self, p: usize) -> usize {
        self.data.len().saturating_sub(p)
    }

    // Structure.

    /// Runs `inside` one level deeper: what it adds stands in the node before.
    pub(super) fn nest<T>(&mut self, inside: impl FnOnce(&mut Self) -> Step<T>) -> Step<T> {
        self.level = self.level.saturating_add(1);
        let result = inside(self);
        self.level = self.level.saturating_sub(1);
        result
    }

    /// Runs `inside` one packet deeper, unless that is too deep.
    pub(super) fn deeper(&mut self, inside: impl FnOnce(&mut Self) -> Step) -> Step {
        if self.depth >= MAX_DEPTH {
            return Err(Cut::Full);
        }
        self.depth += 1;
        let result = inside(self);
        self.depth -= 1;
        result
    }

    /// Runs `inside` with the readable bytes ending at `end` at the latest.
    pub(super) fn within<T>(
        &mut self,
        end: usize,
        inside: impl FnOnce(&mut Self) -> Step<T>,
    ) -> Step<T> {
        let (outer, cut_short) = (self.data, self.cut_short);
        self.cut_short = end > outer.len();
        self.data = outer.get(..end).unwrap_or(outer);
        let result = inside(self);
        (self.data, self.cut_short) = (outer, cut_short);
        result
    }

    /// Starts a protocol of `length` bytes, as many of them as there are.
    pub(super) fn protocol(
        &mut self,
        field: &'static Field,
        p: usize,
        length: usize,
    ) -> Step<usize> {
        self.innermost = field;
        let length = length.min(self.remaining(p));
        self.add(field, p, length, Value::None)
    }

    // Adding.

    /// Adds a node. Returns its index.
    pub(super) fn add(
        &mut self,
        field: &'static Field,
        p: usize,
        length: usize,
        value: Value,
    ) -> Step<usize> {
        self.push(field, p, length, value, None)
    }

    fn push(
        &mut self,
        field: &'static Field,
        p: usize,
        length: usize,
        value: Value,
        mask: Option<u32>,
    ) -> Step<usize> {
        if self.nodes.len() >= MOST_NODES {
            return Err(Cut::Full);
        }
        self.slice(p, length)?;
        self.nodes.push(Node {
            field,
            value,
            offset: p as u32,
            length: length as u32,
            level: self.level,
            mask,
            note: Note::None,
        });
        Ok(self.nodes.len() - 1)
    }

    /// Adds what is computed, not read.
    pub(super) fn generated(&mut self, field: &'static Field, p: usize, value: Value) -> Step {
        let p = p.min(self.data.len());
        let index = self.push(field, p, 0, value, None)?;
        if self.labels
            && let Some(node) = self.nodes.get(index)
        {
            let label = format!("[{}]", node.label(self.data));
            self.label(index, format_args!("{label}"));
        }
        Ok(())
    }

    /// A number of one to eight bytes.
    pub(super) fn number(&mut self, field: &'static Field, p: usize, length: usize) -> Step<u64> {
        let bytes = self.slice(p, length)?;
        let value = bytes
            .iter()
            .fold(0u64, |value, byte| value << 8 | u64::from(*byte));
        self.add(field, p, length, Value::Unsigned(value))?;
        Ok(value)
    }

    /// Some bits of a number of one to four bytes, shifted down.
    pub(super) fn bits(
        &mut self,
        field: &'static Field,
        p: usize,
        length: usize,
        mask: u32,
    ) -> Step<u32> {
        let bytes = self.slice(p, length)?;
        let raw = bytes
            .iter()
            .fold(0u32, |value, byte| value << 8 | u32::from(*byte));
        let bits = (raw & mask) >> mask.trailing_zeros().min(31);
        let value = match field.kind {
            FieldType::Bool => Value::Bool(bits != 0),
            _ => Value::Unsigned(bits.into()),
        };
        self.push(field, p, length, value, Some(mask))?;
        Ok(bits)
    }

    pub(super) fn ipv4_address(&mut self, field: &'static Field, p: usize) -> Step<Ipv4Addr> {
        let address = Ipv4Addr::from(self.array::<4>(p)?);
        self.add(field, p, 4, Value::Ipv4(address))?;
        Ok(address)
    }

    pub(super) fn ipv6_address(&mut self, field: &'static Field, p: usize) -> Step<Ipv6Addr> {
        let address = Ipv6Addr::from(self.array::<16>(p)?);
        self.add(field, p, 16, Value::Ipv6(address))?;
        Ok(address)
    }

    pub(super) fn ether(&mut self, field: &'static Field, p: usize) -> Step<[u8; 6]> {
        let address = self.array(p)?;
        self.add(field, p, 6, Value::Ether(address))?;
        Ok(address)
    }

    pub(super) fn bytes(&mut self, field: &'static Field, p: usize, length: usize) -> Step {
        self.add(field, p, length, Value::Bytes)?;
        Ok(())
    }

    /// Text up to the first zero, made printable.
    pub(super) fn text(&mut self, field: &'static Field, p: usize, length: usize) -> Step<usize> {
        let value = printable(self.slice(p, length)?);
        self.add(field, p, length, Value::Text(value))
    }

    /// The whole line of a node.
    pub(super) fn label(&mut self, index: usize, label: fmt::Arguments<'_>) {
        self.note(index, || Note::Label(label.to_string().into()));
    }

    /// What follows the value of a node.
    pub(super) fn after(&mut self, index: usize, after: fmt::Arguments<'_>) {
        self.note(index, || Note::After(after.to_string().into()));
    }

    /// What follows the value of the last node that was added.
    pub(super) fn after_last(&mut self, after: fmt::Arguments<'_>) {
        self.after(self.nodes.len().wrapping_sub(1), after);
    }

    fn note(&mut self, index: usize, note: impl FnOnce() -> Note) {
        if self.labels
            && let Some(node) = self.nodes.get_mut(index)
        {
            node.note = note();
        }
    }

    /// Sets how many bytes a node covers, once that is known: of those that were captured, for a
    /// length that the packet tells may be any.
    pub(super) fn set_length(&mut self, index: usize, length: usize) {
        let captured = self.data.len();
        if let Some(node) = self.nodes.get_mut(index) {
            let left = captured.saturating_sub(node.offset as usize);
            node.length = length.min(left) as u32;
        }
    }

    /// Says that something is not as it should be, and goes on.
    pub(super) fn remark(&mut self, p: usize, what: fmt::Arguments<'_>) -> Step {
        let p = p.min(self.data.len());
        let index = self.push(&super::frame::EXPERT, p, 0, Value::None, None)?;
        self.label(index, format_args!("[{what}]"));
        Ok(())
    }

    /// Ends the tree with why dissection ended early.
    pub(super) fn end(&mut self, cut: Cut) {
        use super::frame::{MALFORMED, SHORT, TOO_LONG};
        let snapped = (self.data.len() as u64) < u64::from(self.length);
        let title = self.innermost.title;
        let (field, label) = match cut {
            Cut::Short if snapped => (
                &SHORT,
                format!("[Packet size limited during capture: {title} truncated]"),
            ),
            Cut::Short | Cut::Wrong => (&MALFORMED, format!("[Malformed Packet: {title}]")),
            Cut::Full => (
                &TOO_LONG,
                "[More follows than is dissected of one packet]".to_owned(),
            ),
        };
        self.nodes.push(Node {
            field,
            value: Value::None,
            offset: self.data.len() as u32,
            length: 0,
            level: 0,
            mask: None,
            note: Note::Label(label.into()),
        });
    }
}

/// Bytes up to the first zero as text: UTF-8 where it is, and nothing that a terminal would obey.
pub(super) fn printable(bytes: &[u8]) -> Box<str> {
    let end = bytes
        .iter()
        .position(|byte| *byte == 0)
        .unwrap_or(bytes.len());
    let text = String::from_utf8_lossy(bytes.get(..end).unwrap_or_default());
    if text.chars().any(char::is_control) {
        let escaped = text.chars().map(|c| match c {
            '\r' => "\\r".to_owned(),
            '\n' => "\\n".to_owned(),
            '\t' => "\\t".to_owned(),
            c if c.is_control() => format!("\\x{:02x}", c as u32),
            c => c.to_string(),
        });
        return escaped.collect::<String>().into();
    }
    text.into()
}
