//! The terminal in which `netyard exec` was typed.

use std::io;

use nix::sys::termios::{SetArg, Termios, cfmakeraw, tcgetattr, tcsetattr};

use crate::agent::protocol::Terminal;

/// What a terminal that does not tell its size is taken for: a VT100.
const USUAL: Terminal = Terminal {
    rows: 24,
    columns: 80,
};

nix::ioctl_read_bad!(get_size, nix::libc::TIOCGWINSZ, nix::libc::winsize);

/// The size of the terminal.
pub(super) fn size() -> Terminal {
    let mut size = nix::libc::winsize {
        ws_row: 0,
        ws_col: 0,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    // SAFETY: the kernel writes a winsize into what is one.
    let asked = unsafe { get_size(nix::libc::STDIN_FILENO, &raw mut size) };
    match (asked, size.ws_row, size.ws_col) {
        (Err(_), ..) | (_, 0, _) | (_, _, 0) => USUAL,
        (Ok(_), rows, columns) => Terminal { rows, columns },
    }
}

/// The terminal gives every key as it is while this lives.
pub(super) struct Raw(Termios);

impl Raw {
    /// From now on.
    pub(super) fn enter() -> Result<Self, String> {
        let failed = |error: nix::Error| format!("could not set the terminal up: {error}");
        let before = tcgetattr(io::stdin()).map_err(failed)?;
        let mut raw = before.clone();
        cfmakeraw(&mut raw);
        tcsetattr(io::stdin(), SetArg::TCSANOW, &raw).map_err(failed)?;
        Ok(Self(before))
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        // Nobody is left to tell of a failure.
        let _ = tcsetattr(io::stdin(), SetArg::TCSADRAIN, &self.0);
    }
}
