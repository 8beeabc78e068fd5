//! What has room on a line of a card, and what does not.

use topology::layout::{BAR_TEXT, GAP, MONO, NAME, SIDE};

use super::contents::{Row, RowKind};
use super::mark::Mark;

/// Width of a character of the small type of notes, about, canvas units.
pub(crate) const SMALL: f64 = 5.6;
/// Room for a card's sign of its state.
pub(crate) const SIGN: f64 = 16.0;

/// The width of a text of that many units a character.
pub(crate) fn width(text: &str, character: f64) -> f64 {
    text.chars().count() as f64 * character
}

/// Where the address of a line begins, from the card's left edge: beside the interface's name.
pub(crate) fn text_start(row: &Row) -> f64 {
    match row.kind {
        RowKind::Route | RowKind::Note => SIDE,
        RowKind::Interface | RowKind::More | RowKind::Stranger => {
            SIDE + width(&row.name, MONO) + GAP
        }
    }
}

/// The rows with each note that has no room beside its address on a line of its own.
pub(crate) fn with_notes(rows: Vec<Row>, card: f64) -> Vec<Row> {
    let mut all = Vec::with_capacity(rows.len());
    for mut row in rows {
        let used = text_start(&row) + width(&row.text, MONO);
        let fits = used + GAP + width(&row.note, SMALL) <= card - SIDE;
        if row.note.is_empty() || fits {
            all.push(row);
            continue;
        }
        let note = std::mem::take(&mut row.note);
        let below = Row {
            text: String::new(),
            note,
            kind: RowKind::Note,
            ..row.clone()
        };
        let mark = row.mark;
        all.push(row);
        // What passes in a moment, and is told by the card's sign, does not move the lines below.
        if mark != Mark::Applying {
            all.push(below);
        }
    }
    all
}

/// Whether a note has room beside the name of a card.
pub(crate) fn fits_beside_name(name: &str, note: &str, card: f64) -> bool {
    let used = SIDE + SIGN + width(name, NAME) + GAP;
    note.is_empty() || used + width(note, SMALL) <= card - SIDE
}

/// Whether a note has room beside the name of a bar, left of its sign.
pub(crate) fn fits_on_bar(name: &str, note: &str, bar: f64) -> bool {
    let used = BAR_TEXT + width(name, NAME) + GAP;
    note.is_empty() || used + width(note, SMALL) <= bar - SIDE - SIGN
}

/// As much of a text as has room.
pub(crate) fn fitted(text: &str, room: f64, character: f64) -> String {
    let most = (room / character).floor().max(0.0) as usize;
    if text.chars().count() <= most {
        return text.to_owned();
    }
    match most {
        0..3 => String::new(),
        _ => text.chars().take(most - 1).chain(['…']).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(text: &str, note: &str, mark: Mark) -> Row {
        Row {
            interface: None,
            name: "veth-red".into(),
            text: text.into(),
            mark,
            note: note.into(),
            kind: RowKind::Interface,
        }
    }

    #[test]
    fn a_note_without_room_stands_below() {
        let rows = with_notes(vec![row("10.0.0.1/24", "down", Mark::Down)], 240.0);
        assert_eq!((rows.len(), rows[0].note.as_str()), (1, "down"));
        let rows = with_notes(vec![row("10.0.0.1/24", "down ≠ up", Mark::Down)], 196.0);
        assert_eq!(rows[0].text, "10.0.0.1/24");
        assert_eq!((rows.len(), rows[1].kind), (2, RowKind::Note));
        assert_eq!(
            (rows[0].note.as_str(), rows[1].note.as_str()),
            ("", "down ≠ up")
        );
        let rows = with_notes(vec![row("10.0.0.1/24", "applying", Mark::Applying)], 196.0);
        assert_eq!(rows.len(), 1);
    }

    #[test]
    fn texts_are_cut_where_there_is_no_room() {
        assert_eq!(fitted("10.0.0.1/24", 100.0, 6.0), "10.0.0.1/24");
        assert_eq!(fitted("10.0.0.1/24", 48.0, 6.0), "10.0.0.…");
        assert_eq!(fitted("10.0.0.1/24", 12.0, 6.0), "");
    }
}
