//! What keys stand for, by where the focus is.

use super::gesture::Tool;

/// Where the focus is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Focus {
    /// On the canvas, on an object of it, or nowhere.
    Canvas,
    /// Where text is typed, or in a dialog: every key is theirs.
    Text,
    /// On anything else: a button, a switch, a list that scrolls.
    Elsewhere,
}

/// A key that is pressed, with what is held beside it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Press<'a> {
    /// As the browser names it.
    pub(crate) key: &'a str,
    /// Ctrl, or Command.
    pub(crate) control: bool,
    /// Shift.
    pub(crate) shift: bool,
    /// Alt.
    pub(crate) alt: bool,
}

/// What a press stands for.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Shortcut {
    /// Take back.
    Undo,
    /// Do again.
    Redo,
    /// Select everything.
    SelectAll,
    /// Copy the selected cards.
    Duplicate,
    /// Remove the selection.
    Remove,
    /// Give up what is under way, or select nothing.
    Escape,
    /// Move the selection by steps of the grid, right and down.
    Nudge(f64, f64),
    /// Nearer.
    ZoomIn,
    /// Farther.
    ZoomOut,
    /// Show everything.
    Fit,
    /// To 100 %.
    FullSize,
    /// Choose a tool.
    Take(Tool),
    /// Put a new object where there is room.
    Put(Tool),
    /// Go on to the fields of the selection.
    Fields,
    /// While it is held, drags pan.
    Pan,
}

/// Steps that an arrow key moves the selection with Shift.
const FAR: f64 = 10.0;

/// What a press stands for, if anything. `pointing` says that the pointer is at work over the
/// canvas: then the space bar is the canvas's, whatever was clicked before.
pub(crate) fn shortcut(press: Press<'_>, focus: Focus, pointing: bool) -> Option<Shortcut> {
    if focus == Focus::Text {
        return None;
    }
    let on_canvas = focus == Focus::Canvas;
    if press.control {
        return match (press.key.to_lowercase().as_str(), press.shift) {
            ("z", false) => Some(Shortcut::Undo),
            ("z", true) | ("y", _) => Some(Shortcut::Redo),
            ("a", _) if on_canvas => Some(Shortcut::SelectAll),
            ("d", _) if on_canvas => Some(Shortcut::Duplicate),
            _ => None,
        };
    }
    if press.alt {
        return None;
    }
    match press.key {
        "Escape" => return Some(Shortcut::Escape),
        " " if on_canvas || pointing => return Some(Shortcut::Pan),
        // A button takes these itself, a text scrolls by them.
        _ if !on_canvas => return None,
        _ => {}
    }
    let step = if press.shift { FAR } else { 1.0 };
    Some(match press.key {
        "Delete" | "Backspace" => Shortcut::Remove,
        "ArrowLeft" => Shortcut::Nudge(-step, 0.0),
        "ArrowRight" => Shortcut::Nudge(step, 0.0),
        "ArrowUp" => Shortcut::Nudge(0.0, -step),
        "ArrowDown" => Shortcut::Nudge(0.0, step),
        "+" | "=" => Shortcut::ZoomIn,
        "-" => Shortcut::ZoomOut,
        "0" => Shortcut::Fit,
        "1" => Shortcut::FullSize,
        "v" => Shortcut::Take(Tool::Select),
        "n" => Shortcut::Put(Tool::Namespace),
        "b" => Shortcut::Put(Tool::Bridge),
        "l" => Shortcut::Take(Tool::Link),
        "p" => Shortcut::Take(Tool::Ping),
        "Enter" => Shortcut::Fields,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(key: &str) -> Press<'_> {
        Press {
            key,
            control: false,
            shift: false,
            alt: false,
        }
    }

    #[test]
    fn objects_are_removed_and_moved_from_the_canvas_only() {
        for key in ["Delete", "Backspace", "ArrowDown", "n", "Enter", "0"] {
            assert!(
                shortcut(plain(key), Focus::Canvas, false).is_some(),
                "{key}"
            );
            assert_eq!(shortcut(plain(key), Focus::Elsewhere, true), None, "{key}");
            assert_eq!(shortcut(plain(key), Focus::Text, true), None, "{key}");
        }
    }

    #[test]
    fn undo_works_everywhere_but_in_texts() {
        let undo = Press {
            control: true,
            ..plain("z")
        };
        for focus in [Focus::Canvas, Focus::Elsewhere] {
            assert_eq!(shortcut(undo, focus, false), Some(Shortcut::Undo));
        }
        assert_eq!(shortcut(undo, Focus::Text, false), None);
        let all = Press {
            control: true,
            ..plain("A")
        };
        assert_eq!(
            shortcut(all, Focus::Canvas, false),
            Some(Shortcut::SelectAll)
        );
        assert_eq!(shortcut(all, Focus::Elsewhere, false), None);
    }

    #[test]
    fn the_space_bar_pans_where_the_pointer_is_at_work() {
        let space = |focus, pointing| shortcut(plain(" "), focus, pointing);
        assert_eq!(space(Focus::Elsewhere, true), Some(Shortcut::Pan));
        assert_eq!(space(Focus::Elsewhere, false), None);
        assert_eq!(space(Focus::Canvas, false), Some(Shortcut::Pan));
        assert_eq!(space(Focus::Text, true), None);
    }
}
