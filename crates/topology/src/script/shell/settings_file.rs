//! `sysctl -p FILE`: settings of the kernel that a file says.

use super::input_output::{Input, Io};
use super::told::shown;
use super::{NoteKind, Shell, Status};

/// What `sysctl -p` reads where no file is named.
const USUAL: &str = "/etc/sysctl.conf";

impl Shell {
    /// `sysctl [-q] [-e] -p [FILE…]`. A file of the machine says what is not of the lab: it is left
    /// out, and nothing may depend on whether it was there.
    pub(super) fn load_settings(&mut self, argv: &[String], words: &[String], io: &mut Io) {
        let named = words
            .iter()
            .filter_map(|word| match word.strip_prefix('-') {
                None | Some("") => Some(word.as_str()),
                Some(_) => word
                    .strip_prefix("-p")
                    .or_else(|| word.strip_prefix("--load="))
                    .filter(|path| !path.is_empty()),
            });
        let mut files: Vec<&str> = named.collect();
        if files.is_empty() {
            files.push(USUAL);
        }
        for path in files {
            let text = match path {
                "-" | "/dev/stdin" => match io.input.take() {
                    Some(Input::Text(text)) => Some(text),
                    _ => None,
                },
                path => self.read_file(path),
            };
            let Some(text) = text else {
                let what = format!("{}: what `{path}` says is not known here", shown(argv));
                self.note(NoteKind::LeftOut, what);
                self.status = Status::Unknown {
                    inverted: false,
                    command: shown(argv),
                };
                continue;
            };
            for line in text.lines() {
                self.load_setting(line, io);
                if self.is_done() {
                    return;
                }
            }
        }
    }

    /// A line as in sysctl.conf(5): `KEY = VALUE`, with `-` before it where it may fail.
    fn load_setting(&mut self, line: &str, io: &mut Io) {
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', ';']) || !self.spend(1) {
            return;
        }
        let (key, value) = line.split_once('=').unwrap_or((line, ""));
        let key = key.trim().trim_start_matches('-');
        let setting = format!("{key}={}", value.trim());
        let argv = ["sysctl", "-w", &setting].map(str::to_owned);
        let _flow = self.network(&argv, None, io);
    }
}

/// Whether a word of `sysctl` says that settings come from files.
pub(super) fn is_load(word: &str) -> bool {
    word == "--load" || word.starts_with("--load=") || word.starts_with("-p")
}
