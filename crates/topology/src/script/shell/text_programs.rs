//! Programs that make text, with what they read and where it goes.

use super::input_output::{Input, Io, Out};
use super::{Shell, Status, shown, text_tools};

impl Shell {
    /// Programs that make text; `Some(None)` if it is not known which.
    pub(super) fn makes_text(&mut self, argv: &[String], io: &mut Io) -> Option<Option<String>> {
        let (first, words) = argv.split_first()?;
        let name = first.rsplit('/').next()?;
        let mut read = |shell: &Self| -> Option<String> {
            let files: Vec<&String> = words
                .iter()
                .filter(|word| shell.files.contains_key(*word))
                .collect();
            if let Some(path) = files.first() {
                return shell.read_file(path);
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
            "id" if words.iter().any(|word| word == "-u") => Some("0\n".to_owned()),
            "whoami" => Some("root\n".to_owned()),
            "cat" => match words
                .iter()
                .all(|word| word == "-" || self.files.contains_key(word))
            {
                true => read(self),
                false => None,
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
                let found = read(self).and_then(|text| text_tools::grep(words, &text));
                match found {
                    Some((lines, prints)) => {
                        self.status = Status::of(!lines.is_empty());
                        let lines = lines.iter().filter(|_| prints);
                        Some(lines.map(|line| format!("{line}\n")).collect())
                    }
                    None => {
                        self.status = Status::Unknown {
                            inverted: false,
                            command: shown(argv),
                        };
                        None
                    }
                }
            }
            "sed" | "awk" | "sort" | "uniq" | "rev" | "column" | "less" | "more" | "jq" | "xxd"
            | "md5sum" | "sha256sum" | "mktemp" | "date" | "nproc" | "hostname" | "uname"
            | "getent" | "readlink" | "realpath" | "stat" | "ls" | "find" | "od" | "bc"
            | "uuidgen" | "tty" | "pwd" => None,
            _ => return None,
        })
    }
}
