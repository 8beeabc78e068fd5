//! Programs that make text, with what they read and where it goes.

use super::input_output::{Input, Io, Out};
use super::{Shell, Status, grep, shown, text_tools};

impl Shell {
    /// `mktemp`: a name that nothing has, with a number where its pattern has `XXX`; a file that it
    /// makes is empty.
    fn temporary(&mut self, words: &[String]) -> String {
        let is_folder = words
            .iter()
            .any(|word| word == "-d" || word == "--directory");
        let is_name = words.iter().any(|word| word == "-u" || word == "--dry-run");
        let pattern = words.iter().find(|word| word.contains("XXX"));
        let pattern = pattern
            .map_or("/tmp/tmp.XXXXXXXXXX", String::as_str)
            .to_owned();
        let name = self.made_up("what `mktemp` prints", |number| {
            let end = pattern.trim_end_matches('X');
            let width = pattern.len() - end.len();
            // A name of a namespace has room for little, and often more is put before it.
            let width = match pattern.contains('/') {
                true => width,
                false => width.min(3),
            };
            match width {
                // There is something after it.
                0 => pattern
                    .replacen("XXX", &format!("{number:03}"), 1)
                    .replace('X', "0"),
                width => format!("{end}{number:0width$}"),
            }
        });
        if !is_folder && !is_name {
            self.write_file(&name, false, Out::capture());
        }
        name
    }

    /// Programs that make text; `Some(None)` if it is not known which.
    pub(super) fn makes_text(&mut self, argv: &[String], io: &mut Io) -> Option<Option<String>> {
        let (first, words) = argv.split_first()?;
        let name = first.rsplit('/').next()?;
        let mut read = |shell: &Self| -> Option<String> {
            if let Some(text) = words.iter().find_map(|word| shell.known_file(word)) {
                return Some(text.clone());
            }
            match io.input.take() {
                Some(Input::Text(text)) => Some(text),
                _ => None,
            }
        };
        self.status = Status::Success;
        Some(match name {
            "echo" => Some(text_tools::echo(words)),
            "printf" => Some(text_tools::printf(words)),
            "seq" => text_tools::seq(words),
            "expr" => match self.number(&words.join(" ").replace("\\*", "*")) {
                Ok(number) => Some(format!("{number}\n")),
                Err(_) => None,
            },
            "basename" => {
                let path = words.first()?;
                Some(format!("{}\n", path.rsplit('/').next().unwrap_or(path)))
            }
            "dirname" => {
                let path = words.first()?;
                let folder = path.rsplit_once('/').map_or(".", |(folder, _)| folder);
                Some(format!("{folder}\n"))
            }
            // No file here is a link.
            "readlink" | "realpath" => {
                let path = words.iter().find(|word| !word.starts_with('-'))?;
                Some(format!("{}\n", self.beside.place(path)))
            }
            // Of no arguments, as a script is read here.
            "getopt" if words.last().is_some_and(|word| word == "--") => Some(" --\n".to_owned()),
            "getopt" => None,
            "pwd" => Some(format!("{}\n", self.beside.folder())),
            "mktemp" => Some(self.temporary(words) + "\n"),
            "id" if words.iter().any(|word| word == "-u") => Some("0\n".to_owned()),
            "whoami" => Some("root\n".to_owned()),
            "cat" => match words
                .iter()
                .all(|word| word == "-" || self.known_file(word).is_some())
            {
                true => {
                    let files = words.iter().filter(|word| *word != "-");
                    let files: Option<String> = files
                        .map(|word| self.known_file(word).map(String::as_str))
                        .collect();
                    match words.iter().any(|word| word == "-") || words.is_empty() {
                        // After what is known, or before it.
                        true if words.len() > 1 => None,
                        true => read(self),
                        false => files,
                    }
                }
                false => {
                    self.status = unknown(argv);
                    None
                }
            },
            "tee" => {
                let text = read(self);
                for path in words.iter().filter(|word| !word.starts_with('-')) {
                    let append = words.iter().any(|word| word == "-a");
                    let out = match &text {
                        Some(text) => Out::Text(text.clone()),
                        None => Out::Unknown("tee".to_owned()),
                    };
                    if path != "/dev/null" {
                        self.write_file(path, append, out);
                    }
                }
                text
            }
            "cut" => read(self).and_then(|text| text_tools::cut(words, &text)),
            "tr" => read(self).and_then(|text| text_tools::tr(words, &text)),
            "head" => read(self).and_then(|text| text_tools::some_lines(words, &text, false)),
            "tail" => read(self).and_then(|text| text_tools::some_lines(words, &text, true)),
            "wc" => read(self).and_then(|text| text_tools::wc(words, &text)),
            "grep" | "egrep" | "fgrep" => {
                let found = read(self).and_then(|text| grep::grep(name, words, &text));
                match found {
                    Some((lines, prints)) => {
                        self.status = Status::of(!lines.is_empty());
                        let lines = lines.iter().filter(|_| prints);
                        Some(lines.map(|line| format!("{line}\n")).collect())
                    }
                    None => {
                        self.status = unknown(argv);
                        None
                    }
                }
            }
            // They fail where there is none.
            "ls" | "stat" | "getent" => {
                self.status = unknown(argv);
                None
            }
            "awk" | "gawk" | "mawk" => read(self).and_then(|text| grep::awk(words, &text)),
            "sed" | "sort" | "uniq" | "rev" | "column" | "less" | "more" | "jq" | "xxd"
            | "md5sum" | "sha256sum" | "date" | "nproc" | "hostname" | "uname" | "find" | "od"
            | "bc" | "uuidgen" | "tty" => None,
            _ => return None,
        })
    }
}

/// Whether it succeeds is not known.
fn unknown(argv: &[String]) -> Status {
    Status::Unknown {
        inverted: false,
        command: shown(argv),
    }
}
