//! What the parts of the viewer share: the packets, the selection, what is pointed at.

use leptos::prelude::*;
use packet::row::Colouring;
use packet::tree::Tree;
use packet::view::{Found, Viewer, Where};

use crate::live::capture_log::CaptureLog;
use crate::live::capture_work::work_on;
use crate::live::keepsake;
use crate::panels::capture::menu::OpenMenu;

/// How many display filters are remembered.
const HISTORY: usize = 12;

/// Columns besides the usual ones: more leave no room for them.
const MOST_COLUMNS: usize = 8;

/// Where a packet is looked for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum LookIn {
    /// In the rows.
    Rows(Where),
    /// By its number, from 1.
    Number,
}

/// A packet that was looked at in detail.
#[derive(Clone, PartialEq)]
pub(super) struct Looked {
    /// Its number.
    pub(super) number: u64,
    /// Its fields.
    pub(super) tree: Tree,
    /// Its bytes.
    pub(super) data: Vec<u8>,
    /// Its length on the wire.
    pub(super) length: u32,
}

/// The state of one viewer.
#[derive(Clone, Copy)]
pub(super) struct Desk {
    /// The packets.
    pub(super) log: RwSignal<CaptureLog>,
    work: StoredValue<ArcRwSignal<CaptureLog>>,
    /// The selected packet.
    pub(super) selected: RwSignal<Option<u64>>,
    /// The packet that the list is to show next.
    pub(super) reveal: RwSignal<Option<u64>>,
    /// The selected packet in detail.
    pub(super) looked: Memo<Option<Looked>>,
    /// The selected field of it.
    pub(super) field: RwSignal<Option<usize>>,
    /// The bytes (offset, length) that are pointed at.
    pub(super) hover: RwSignal<Option<(u32, u32)>>,
    /// Is tcpdump's text shown instead of columns?
    pub(super) as_text: RwSignal<bool>,
    /// The text in the field of the display filter.
    pub(super) filter: RwSignal<String>,
    /// The display filters that were used, latest first.
    pub(super) history: RwSignal<Vec<String>>,
    /// The packet whose conversation is shown.
    pub(super) followed: RwSignal<Option<u64>>,
    /// The menu, when it is open.
    pub(super) menu: RwSignal<Option<OpenMenu>>,
    /// Grows with what a person notes about packets.
    pub(super) notes: RwSignal<u64>,
    /// Is the field shown that looks for packets?
    pub(super) finding: RwSignal<bool>,
    /// Where it looks.
    pub(super) look_in: RwSignal<LookIn>,
    /// Asks it to look once more, forward or not.
    pub(super) again: RwSignal<Option<bool>>,
    /// Which share of the viewer's width the details are, if somebody has said so.
    pub(super) share: RwSignal<Option<f64>>,
    /// The fields that are columns.
    pub(super) columns: RwSignal<Vec<String>>,
    /// What came of the last search.
    pub(super) found: RwSignal<Option<Found>>,
    /// Decides the colours of rows.
    pub(super) colouring: StoredValue<Colouring>,
}

impl Desk {
    /// Provides the state to everything below. `history` outlives the viewer.
    pub(super) fn provide(
        log: ArcRwSignal<CaptureLog>,
        history: RwSignal<Vec<String>>,
        as_text: RwSignal<bool>,
    ) -> Self {
        // That of before a reconnection, as the place of the list is.
        let selected = RwSignal::new(log.with_untracked(|log| log.selected));
        let notes = RwSignal::new(0);
        let filter = log.with_untracked(|log| log.viewer.filter().to_owned());
        let work = StoredValue::new(log.clone());
        let mut columns = keepsake::columns();
        columns.truncate(MOST_COLUMNS);
        log.update_untracked(|log| log.viewer.columns.clone_from(&columns));
        let log = RwSignal::from(log);
        let looked = Memo::new(move |_| {
            notes.track();
            let number = selected.get()?;
            // A packet that is there does not change; another may come.
            let looked = log.with_untracked(|log| {
                let entry = log.viewer.store().get(number)?;
                Some(Looked {
                    number,
                    tree: log.viewer.tree(number)?,
                    data: entry.view.data.to_vec(),
                    length: entry.view.length,
                })
            });
            if looked.is_none() {
                log.track();
            }
            looked
        });
        let desk = Self {
            log,
            work,
            selected,
            reveal: RwSignal::new(None),
            looked,
            field: RwSignal::new(None),
            hover: RwSignal::new(None),
            as_text,
            filter: RwSignal::new(filter),
            history,
            followed: RwSignal::new(None),
            menu: RwSignal::new(None),
            notes,
            finding: RwSignal::new(false),
            look_in: RwSignal::new(LookIn::Rows(Where::Text)),
            again: RwSignal::new(None),
            share: RwSignal::new(keepsake::share()),
            columns: RwSignal::new(columns),
            found: RwSignal::new(None),
            colouring: StoredValue::new(Colouring::default()),
        };
        provide_context(desk);
        desk
    }

    /// That of the viewer around.
    pub(super) fn of_viewer() -> Self {
        expect_context()
    }

    /// Reads the viewer; what reads it is drawn again with each change.
    pub(super) fn read<T>(self, read: impl FnOnce(&Viewer) -> T) -> T {
        self.log.with(|log| read(&log.viewer))
    }

    /// Reads the viewer as it is.
    pub(super) fn peek<T>(self, read: impl FnOnce(&Viewer) -> T) -> T {
        self.log.with_untracked(|log| read(&log.viewer))
    }

    /// Changes how packets are shown.
    pub(super) fn change(self, change: impl FnOnce(&mut Viewer)) {
        self.log.update(|log| {
            change(&mut log.viewer);
            log.keep();
        });
        self.work_on();
    }

    /// Changes what is noted about packets.
    pub(super) fn note(self, change: impl FnOnce(&mut Viewer)) {
        self.log.update(|log| {
            change(&mut log.viewer);
            log.keep();
        });
        self.notes.update(|notes| *notes += 1);
    }

    /// Has rows made of what is not a row yet.
    pub(super) fn work_on(self) {
        work_on(self.work.get_value());
    }

    /// Makes a field a column, or no longer.
    pub(super) fn turn_column(self, name: &str) {
        self.columns.update(|columns| {
            let before = columns.len();
            columns.retain(|other| other != name);
            if columns.len() == before {
                columns.insert(0, name.to_owned());
                columns.truncate(MOST_COLUMNS);
            }
            keepsake::keep_columns(columns);
        });
        let columns = self.columns.get_untracked();
        self.log.update(|log| log.viewer.columns = columns);
    }

    /// Shows the field that looks for packets.
    pub(super) fn look_in(self, place: LookIn) {
        self.look_in.set(place);
        self.found.set(None);
        self.finding.set(true);
    }

    /// Selects a packet.
    pub(super) fn select(self, number: u64) {
        if self.selected.get_untracked() != Some(number) {
            self.field.set(None);
            self.hover.set(None);
            self.selected.set(Some(number));
            self.log.update_untracked(|log| log.selected = Some(number));
        }
    }

    /// Selects a packet and brings it into sight.
    pub(super) fn go_to(self, number: u64) {
        self.select(number);
        self.reveal.set(Some(number));
    }

    /// Shows only what passes a display filter; a wrong one changes nothing.
    pub(super) fn apply(self, text: &str) {
        let text = text.trim();
        text.clone_into(&mut self.filter.write());
        let done = self.log.try_update(|log| {
            let is_ok = log.viewer.set_filter(text).is_ok();
            log.keep();
            is_ok
        });
        if done != Some(true) {
            return;
        }
        if !text.is_empty() {
            self.history.update(|history| {
                history.retain(|known| known != text);
                history.insert(0, text.to_owned());
                history.truncate(HISTORY);
            });
        }
        self.work_on();
        // The selected packet stays in sight, if it passes.
        self.reveal.set(self.selected.get_untracked());
    }

    /// The bytes that are lit up: what is pointed at, or the selected field.
    pub(super) fn lit(self) -> Option<(u32, u32)> {
        self.hover.get().or_else(|| {
            let field = self.field.get()?;
            self.looked.with(|looked| {
                let node = looked.as_ref()?.tree.nodes.get(field)?;
                Some((node.offset, node.length))
            })
        })
    }
}
