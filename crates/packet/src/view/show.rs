//! A row as it is drawn.

use crate::row::{Colouring, Rule, of_tree};
use crate::text::{Options, Printer, Time};
use crate::tree::{Tree, Value, dissect};

use super::lines::Line;
use super::store::Entry;
use super::streams::tcp_flags;
use super::time::{TimeMode, between, shown};
use super::viewer::Viewer;

/// Sightings that a row names at most.
const NAMED: usize = 8;

/// What a line of the list says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shown {
    /// The number of its packet, from 0.
    pub number: u64,
    /// When.
    pub time: String,
    /// Where: an interface, or the way `web → br0 → fw`.
    pub seen: String,
    /// Wireshark's column.
    pub source: String,
    /// Wireshark's column.
    pub destination: String,
    /// Wireshark's column.
    pub protocol: String,
    /// Bytes on the wire.
    pub length: u32,
    /// Wireshark's column.
    pub info: String,
    /// Of each of [`Viewer::columns`] its values.
    pub columns: Vec<String>,
    /// The rule that colours it.
    pub rule: Option<Rule>,
    /// tcpdump's text, if that is what is asked for; empty otherwise.
    pub text: String,
    /// Is it marked?
    pub marked: bool,
    /// Has it a remark?
    pub commented: bool,
    /// Do times count from it?
    pub reference: bool,
    /// How often it was seen later, which can be unfolded.
    pub later: usize,
    /// Is it unfolded?
    pub unfolded: bool,
    /// Is it a later sighting of the row above?
    pub nested: bool,
    /// Is its packet still to come? Then nothing else is said.
    pub awaited: bool,
}

impl Viewer {
    /// What lines say, from one on: `count` of them. `as_text` asks for tcpdump's text instead of columns.
    #[must_use]
    pub fn shown(
        &self,
        from: usize,
        count: usize,
        as_text: bool,
        colouring: &mut Colouring,
    ) -> Vec<Shown> {
        let mut before = from
            .checked_sub(1)
            .and_then(|at| self.line(at))
            .map(|line| line.number);
        let mut all = Vec::with_capacity(count);
        for at in from..from.saturating_add(count) {
            let Some(line) = self.line(at) else {
                break;
            };
            // Conversations of what has not been worked at yet are not known: it is drawn again then.
            if let Some(shown) = self.shown_line(line, before, as_text, colouring) {
                all.push(shown);
            } else if self.store.awaited().contains(&line.number) {
                all.push(Shown {
                    number: line.number,
                    awaited: true,
                    ..Shown::default()
                });
            }
            before = Some(line.number);
        }
        all
    }

    /// The fields of a packet.
    #[must_use]
    pub fn tree(&self, number: u64) -> Option<Tree> {
        let entry = self.store.get(number)?;
        Some(dissect(entry.link, entry.view, &self.context(&entry)))
    }

    fn shown_line(
        &self,
        line: Line,
        before: Option<u64>,
        as_text: bool,
        colouring: &mut Colouring,
    ) -> Option<Shown> {
        let number = line.number;
        let entry = self.store.get(number)?;
        let context = self.context(&entry);
        let unfolded = self.is_unfolded(number);
        let later = if line.nested {
            0
        } else {
            self.sightings_of(number).count().saturating_sub(1)
        };
        let mut shown = Shown {
            number,
            rule: colouring.rule(entry.link, entry.view, &context),
            time: self.time_of(&entry, before),
            marked: self.marks().contains(&number),
            commented: context.comment.is_some(),
            reference: self.reference() == Some(number),
            later,
            unfolded,
            nested: line.nested,
            ..Shown::default()
        };
        shown.seen = self.seen(line, later > 0 && !unfolded);
        if line.nested {
            let first = self.store.get(self.first_sighting(number))?;
            shown.time = between(i128::from(entry.view.at.0) - i128::from(first.view.at.0));
        }
        if as_text {
            shown.text = self.tcpdump(number, &self.text)?;
        } else {
            let tree = dissect(entry.link, entry.view, &context);
            let row = of_tree(&tree, entry.view);
            shown.columns = self
                .columns
                .iter()
                .map(|name| column(&tree, name, entry.view.data))
                .collect();
            shown.source = row.source;
            shown.destination = row.destination;
            shown.protocol = row.protocol;
            shown.length = row.length;
            shown.info = row.info;
        }
        Some(shown)
    }

    /// tcpdump's text of a packet, with the sequence numbers that it has in its place, without the time.
    #[must_use]
    pub fn tcpdump(&self, number: u64, options: &Options) -> Option<String> {
        let entry = self.store.get(number)?;
        let mut printer = Printer::new(Options {
            time: Time::None,
            ..options.clone()
        });
        if let Some(source) = self.store.sources().get(entry.source as usize) {
            for (index, name) in &source.names {
                printer.name_interface(*index, name);
            }
        }
        if let Some(place) = entry.place
            && tcp_flags(entry.link, entry.view).is_some()
        {
            let anchor = self.streams.anchor(place.stream, number);
            if let Some(anchor) = anchor.and_then(|anchor| self.store.get(anchor)) {
                printer.line(anchor.link, anchor.view);
            }
        }
        Some(printer.line(entry.link, entry.view).to_owned())
    }

    /// The time of day of the first packet, to the second; `None` while it is still to come.
    #[must_use]
    pub fn since(&self) -> Option<String> {
        let entry = self.store.get(self.store.numbers().start)?;
        let clock = shown(TimeMode::Clock, entry.view.at, None, self.ahead);
        Some(clock.split('.').next().unwrap_or_default().to_owned())
    }

    fn time_of(&self, entry: &Entry<'_>, before: Option<u64>) -> String {
        let from = match self.time {
            TimeMode::Clock | TimeMode::Date => None,
            TimeMode::First => self.reference().or(Some(self.store.numbers().start)),
            TimeMode::Previous => before,
        };
        let from = from.and_then(|number| self.store.get(number));
        shown(
            self.time,
            entry.view.at,
            from.map(|from| from.view.at),
            self.ahead,
        )
    }

    /// Where a line was seen.
    fn seen(&self, line: Line, whole_way: bool) -> String {
        let sources = self.store.sources();
        let source = |number| {
            let entry = self.store.get(number)?;
            sources.get(entry.source as usize)
        };
        if !whole_way {
            return source(line.number).map_or_else(String::new, |source| {
                let entry = self.store.get(line.number);
                let index = entry.and_then(|entry| entry.interface());
                source.name_at(index)
            });
        }
        // In the order of time, which is not always that in which interfaces are read.
        let mut seen: Vec<_> = self
            .sightings_of(line.number)
            .take(NAMED)
            .filter_map(|number| Some((self.store.get(number)?.view.at, source(number)?)))
            .collect();
        seen.sort_by_key(|(at, _)| *at);
        let mut names: Vec<&str> = seen
            .iter()
            .map(|(_, source)| source.short.as_str())
            .collect();
        names.dedup();
        names.join(" → ")
    }
}

/// The values of a field in a packet, as Wireshark writes them into a column.
fn column(tree: &Tree, name: &str, data: &[u8]) -> String {
    let values = tree.find(name).map(|node| match &node.value {
        // A protocol has no value: that it is there is what is told.
        Value::None => node.field.title.to_owned(),
        _ => node.text(data),
    });
    values.collect::<Vec<_>>().join(",")
}
