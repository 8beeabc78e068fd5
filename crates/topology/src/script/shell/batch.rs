//! `ip -batch`: lines that each stand for a command of `ip`.

use super::Shell;
use super::input_output::{Input, Io};

impl Shell {
    /// `ip -batch FILE`
    pub(super) fn batch(&mut self, argv: &[String], words: &[String], io: &mut Io) {
        let place = batch_place(words);
        let path = place.and_then(|place| words.get(place + 1)).cloned();
        let path = path.unwrap_or_else(|| "-".to_owned());
        let text = match path.as_str() {
            "-" | "/dev/stdin" => match io.input.take() {
                Some(Input::Text(text)) => Some(text),
                _ => None,
            },
            path => self.read_file(path),
        };
        let Some(text) = text else {
            let reason = format!("the commands in `{path}` are not known here");
            return self.fail(argv, reason.into());
        };
        // `-n NAME` before it is for each line.
        let options = words.iter().take(place.unwrap_or_default());
        let options: Vec<&str> = options
            .map(String::as_str)
            .filter(|word| *word != "-force")
            .collect();
        for line in text.lines() {
            let line = match options.is_empty() {
                true => line.to_owned(),
                false => format!("{} {line}", options.join(" ")),
            };
            self.batch_line(&line, io);
            if self.is_done() {
                return;
            }
        }
    }

    /// One line of a batch: what would stand after `ip`.
    pub(super) fn batch_line(&mut self, line: &str, io: &mut Io) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            return;
        }
        if !self.spend(1) {
            return;
        }
        match shlex::split(line) {
            Some(words) => {
                let argv: Vec<String> = std::iter::once("ip".to_owned()).chain(words).collect();
                let _flow = self.network(&argv, None, io);
            }
            None => self.refuse(line.to_owned(), "a quote is not closed".to_owned()),
        }
    }
}

/// Where the option is that makes `ip` read a batch. What stands after the object is not for `ip`.
pub(super) fn batch_place(words: &[String]) -> Option<usize> {
    let mut place = 0;
    loop {
        let option = words.get(place)?.strip_prefix('-')?;
        match option.strip_prefix('-').unwrap_or(option) {
            "b" | "batch" => return Some(place),
            "n" | "ne" | "net" | "netn" | "netns" | "f" | "family" => place += 2,
            _ => place += 1,
        }
    }
}
