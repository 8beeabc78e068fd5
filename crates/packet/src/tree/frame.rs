//! The record itself, and the nodes that say what is wrong with it.

use super::build::{Dissection, Step, printable};
use super::field::{Value, fields};
use crate::{LinkType, View};

fields! {
    FRAME = "frame", "Frame", Protocol;
    NUMBER = "frame.number", "Frame Number", Decimal;
    TIME = "frame.time", "Arrival Time", Time;
    TIME_EPOCH = "frame.time_epoch", "Epoch Time", Float;
    LENGTH = "frame.len", "Frame Length", Decimal;
    CAPTURED = "frame.cap_len", "Capture Length", Decimal;
    INTERFACE = "frame.interface_name", "Interface name", Text;
    COMMENT = "frame.comment", "Comment", Text;
    PROTOCOLS = "frame.protocols", "Protocols in frame", Text;
    EXPERT = "_ws.expert", "Expert Info", Protocol;
    MALFORMED = "_ws.malformed", "Malformed Packet", Protocol;
    SHORT = "_ws.short", "Packet size limited during capture", Protocol;
    TOO_LONG = "_ws.too_long", "More follows", Protocol;
}

impl Dissection<'_> {
    /// The record and everything in it.
    pub(super) fn frame(&mut self, link: LinkType, record: &View<'_>) -> Step {
        let (length, captured) = (record.length, record.data.len());
        let context = self.context;
        let index = self.protocol(&FRAME, 0, captured)?;
        self.label(
            index,
            format_args!(
                "Frame{}: {length} bytes on wire ({} bits), {captured} bytes captured ({} bits){}",
                context
                    .number
                    .map(|number| format!(" {number}"))
                    .unwrap_or_default(),
                u64::from(length) * 8,
                captured * 8,
                context
                    .interface
                    .map(|name| format!(" on interface {name}"))
                    .unwrap_or_default(),
            ),
        );
        self.nest(|d| {
            if let Some(interface) = context.interface {
                let name = printable(interface.as_bytes());
                d.add(&INTERFACE, 0, 0, Value::Text(name))?;
            }
            d.add(&TIME, 0, 0, Value::Time(record.at.0.into()))?;
            let epoch = record.at.0 as f64 / 1e9;
            let at = d.add(&TIME_EPOCH, 0, 0, Value::Float(epoch))?;
            let (seconds, rest) = (record.at.seconds(), record.at.nanoseconds());
            d.label(at, format_args!("Epoch Time: {seconds}.{rest:09} seconds"));
            if let Some(number) = context.number {
                d.add(&NUMBER, 0, 0, Value::Unsigned(number.into()))?;
            }
            d.add(&LENGTH, 0, 0, Value::Unsigned(length.into()))?;
            d.after_last(format_args!(" bytes ({} bits)", u64::from(length) * 8));
            d.add(&CAPTURED, 0, 0, Value::Unsigned(captured as u64))?;
            d.after_last(format_args!(" bytes ({} bits)", captured * 8));
            // What it holds is known at the end.
            d.add(&PROTOCOLS, 0, 0, Value::None)?;
            if let Some(comment) = context.comment {
                let comment = printable(comment.as_bytes());
                d.add(&COMMENT, 0, 0, Value::Text(comment))?;
            }
            Ok(())
        })?;
        self.link_layer(link)
    }

    /// Fills in which protocols were found.
    pub(super) fn frame_protocols(&mut self) {
        let found = self
            .nodes
            .iter()
            .skip(1)
            .filter(|node| node.level == 0 && !node.field.name.starts_with('_'));
        let mut names = Vec::new();
        for name in found.map(|node| node.field.name) {
            // What an EtherType leads to stands behind one, as in Wireshark.
            if matches!(names.last(), Some(&("eth" | "vlan" | "ieee8021ad" | "sll")))
                && name != "llc"
            {
                names.push("ethertype");
            }
            names.push(name);
        }
        let value = Value::Text(names.join(":").into());
        if let Some(node) = self.nodes.iter_mut().find(|node| node.field == &PROTOCOLS) {
            node.value = value;
        }
    }
}
