//! A followed stream as text.

use std::fmt::Write as _;

use super::{Piece, Said};

/// How bytes are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// As text: UTF-8 where it is, a dot for what cannot be shown. Lines stay lines.
    Text,
    /// Rows of 16 bytes with their place in their direction and their characters.
    Hex,
}

/// The text of each piece, in order.
#[must_use]
pub fn show(pieces: &[Piece], form: Form) -> Vec<String> {
    // Where the next byte of each direction stands.
    let mut places = [0u64; 2];
    let mut texts = Vec::with_capacity(pieces.len());
    for piece in pieces {
        let [first, second] = &mut places;
        let place = if piece.from_first { first } else { second };
        let (text, length) = match &piece.said {
            Said::Gap(missing) => {
                let bytes = if *missing == 1 { "byte" } else { "bytes" };
                (
                    format!("[{missing} {bytes} missing in the capture]"),
                    *missing,
                )
            }
            Said::Data(data) => {
                let text = match form {
                    Form::Text => plain(data),
                    Form::Hex => hex(data, *place),
                };
                (text, data.len() as u64)
            }
        };
        *place += length;
        texts.push(text);
    }
    texts
}

/// Text without anything that a terminal would obey.
fn plain(data: &[u8]) -> String {
    let text = String::from_utf8_lossy(data);
    let shown = text.chars().filter(|c| *c != '\r').map(|c| match c {
        '\n' | '\t' => c,
        '\u{fffd}' => '.',
        c if c.is_control() => '.',
        c => c,
    });
    shown.collect()
}

fn hex(data: &[u8], place: u64) -> String {
    let mut text = String::new();
    for (i, row) in data.chunks(16).enumerate() {
        let _ = write!(text, "{:08x} ", place + 16 * i as u64);
        for (j, byte) in row.iter().enumerate() {
            let space = if j == 8 { "  " } else { " " };
            let _ = write!(text, "{space}{byte:02x}");
        }
        let columns = 3 * row.len() + usize::from(row.len() > 8);
        let _ = write!(text, "{:width$}", "", width = 52 - columns);
        text.extend(row.iter().map(|byte| match byte {
            b' '..=b'~' => char::from(*byte),
            _ => '.',
        }));
        text.push('\n');
    }
    text
}
