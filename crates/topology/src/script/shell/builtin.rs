//! What the shell itself does.

use brush_parser::ast::{Assignment, AssignmentName};

use super::input_output::{Input, Io};
use super::variables::Value;
use super::{Flow, NoteKind, Shell, Status, shown, text_tools};
use crate::script::program::{self, Role};

/// Whether a command's words with `=` are assignments.
pub(super) fn declares(name: &str) -> bool {
    matches!(
        name,
        "export" | "local" | "declare" | "typeset" | "readonly"
    )
}

/// Whether a name is one of the shell itself that no program has.
fn is_builtin(name: &str) -> bool {
    declares(name)
        || matches!(
            name,
            "cd" | "source" | "eval" | "exit" | "return" | "read" | "set"
        )
}

impl Shell {
    /// Does what a builtin does; `None` if it is none.
    pub(super) fn builtin(
        &mut self,
        argv: &[String],
        declared: &[&Assignment],
        io: &mut Io,
    ) -> Option<Flow> {
        let (name, words) = argv.split_first()?;
        let before = self.before.clone();
        self.status = Status::Success;
        let number = |index: usize, usual: u32| {
            let word = words.get(index).and_then(|word| word.parse().ok());
            word.unwrap_or(usual)
        };
        match name.as_str() {
            ":" | "true" => {}
            "false" => self.status = Status::Failure(1),
            "break" => return Some(Flow::Break(number(0, 1))),
            "continue" => return Some(Flow::Continue(number(0, 1))),
            "return" | "exit" => {
                self.status = match words.first().map(|word| word.parse().unwrap_or(2)) {
                    None => before,
                    Some(number) => match i32::rem_euclid(number, 256) {
                        0 => Status::Success,
                        number => Status::Failure(number),
                    },
                };
                return Some(match name.as_str() {
                    "return" => Flow::Return,
                    _ => Flow::Exit,
                });
            }
            "shift" => {
                let by = usize::try_from(number(0, 1)).unwrap_or_default();
                let by = by.min(self.arguments.len());
                self.arguments.drain(..by);
            }
            "set" => self.set_options(argv, words),
            "shopt" | "ulimit" | "umask" | "hash" | "alias" | "unalias" | "enable" | "pushd"
            | "popd" | "jobs" | "disown" => {}
            // Of what ran in the background nobody knows how it ended.
            "wait" if words.is_empty() => {}
            "wait" => {
                self.status = Status::Unknown {
                    inverted: false,
                    command: shown(argv),
                };
            }
            "cd" => {
                let folder = words.iter().find(|word| !word.starts_with('-'));
                self.beside.enter(folder.map_or("/root", String::as_str));
                let folder = Value::Text(self.beside.folder().to_owned());
                self.variables.set("PWD", folder);
            }
            "trap" => {
                if !words.is_empty() {
                    let text = format!("runs when the script ends, not run: {}", shown(argv));
                    self.note(NoteKind::LeftOut, text);
                }
            }
            "test" | "[" => {
                let words = match (name.as_str(), words.split_last()) {
                    ("[", Some((last, words))) if last == "]" => words,
                    ("[", _) => {
                        self.refuse(shown(argv), "`[` needs a `]` at its end".to_owned());
                        return Some(Flow::Next);
                    }
                    _ => words,
                };
                match self.test(words) {
                    Ok(status) => self.status = status,
                    Err(reason) => self.refuse(shown(argv), reason),
                }
            }
            "let" => {
                for word in words {
                    match self.number(word) {
                        Ok(number) => self.status = Status::of(number != 0),
                        Err(reason) => self.refuse(shown(argv), reason),
                    }
                }
            }
            "echo" => io.out.print(&text_tools::echo(words)),
            "printf" => match words.split_first() {
                Some((flag, rest)) if flag == "-v" => {
                    if let Some((name, rest)) = rest.split_first() {
                        let text = text_tools::printf(rest);
                        self.variables.set(name, Value::Text(text));
                    }
                }
                _ => io.out.print(&text_tools::printf(words)),
            },
            "read" => self.read(words, io),
            "getopts" => self.getopts(argv, words),
            "unset" => {
                for word in words.iter().filter(|word| !word.starts_with('-')) {
                    self.variables.unset(word);
                    self.functions.remove(word);
                }
            }
            "eval" => return Some(self.text_within(&words.join(" "), io)),
            "source" | "." => {
                let path = words.first().cloned().unwrap_or_default();
                return Some(match self.read_file(&path) {
                    Some(text) => {
                        let arguments = words.get(1..).unwrap_or_default();
                        self.sourced(&path, arguments, &text, io)
                    }
                    None => self.unknown_file(argv, &path),
                });
            }
            "command" | "type" | "which"
                if words
                    .first()
                    .is_some_and(|word| word == "-v" || word == "-V")
                    || name != "command" =>
            {
                let says_kind = name == "type" && words.first().is_some_and(|word| word == "-t");
                for word in words.iter().filter(|word| !word.starts_with('-')) {
                    let is_own = self.functions.contains_key(word) || is_builtin(word);
                    if says_kind {
                        self.tell_kind(word, argv, io);
                        continue;
                    }
                    let text = match is_own || word.contains('/') {
                        true => format!("{word}\n"),
                        false => format!("/usr/bin/{word}\n"),
                    };
                    io.out.print(&text);
                }
            }
            "builtin" => return Some(self.dispatch(words, &[], io)),
            name if declares(name) => {
                let refused = self.errors.len();
                self.status = before;
                self.declare(name, argv, declared);
                // Whatever the commands in it ended with.
                self.status = Status::of(self.errors.len() == refused);
            }
            _ => return None,
        }
        Some(Flow::Next)
    }

    /// `type -t NAME`: a program that nobody knows here may be there or not.
    fn tell_kind(&mut self, word: &str, argv: &[String], io: &mut Io) {
        let role = program::role(&[word.to_owned()]);
        let kind = match (self.functions.contains_key(word), is_builtin(word), role) {
            (true, ..) => "function\n",
            (_, true, _) => "builtin\n",
            (.., Role::Unknown) => {
                io.out.print_unknown(&shown(argv));
                self.status = Status::Unknown {
                    inverted: false,
                    command: shown(argv),
                };
                return;
            }
            _ => "file\n",
        };
        io.out.print(kind);
    }

    fn declare(&mut self, name: &str, argv: &[String], declared: &[&Assignment]) {
        let words = argv.get(1..).unwrap_or_default();
        let is_local = self.arguments_are_local(name, words);
        let has = |flag: char| {
            let mut flags = words.iter().filter(|word| word.starts_with('-'));
            flags.any(|word| word.contains(flag))
        };
        for word in words.iter().filter(|word| !word.starts_with(['-', '+'])) {
            let value = match (has('A'), has('a')) {
                (true, _) => Value::Map(Default::default()),
                (_, true) => Value::List(Default::default()),
                // `export x` gives nothing.
                _ if !is_local || self.variables.get(word).is_none() && name != "local" => continue,
                _ => Value::Text(String::new()),
            };
            match is_local {
                true => self.variables.set_local(word, value),
                false => self.variables.set(word, value),
            }
        }
        for assignment in declared {
            if has('A')
                && let AssignmentName::VariableName(name) = &assignment.name
            {
                let empty = Value::Map(Default::default());
                match is_local {
                    true => self.variables.set_local(name, empty),
                    false => self.variables.set(name, empty),
                }
            }
            let done = self.assign_where(
                &assignment.name,
                &assignment.value,
                assignment.append,
                is_local,
            );
            if let Err(reason) = done {
                self.refuse(format!("{} {assignment}", shown(argv)), reason);
            }
            if has('i')
                && let AssignmentName::VariableName(name) = &assignment.name
                && let Some(text) = self.variables.text(name).map(str::to_owned)
            {
                match self.number(&text) {
                    Ok(number) => self.variables.set(name, Value::Text(number.to_string())),
                    Err(reason) => self.refuse(shown(argv), reason),
                }
            }
        }
    }

    /// `local`, and `declare` in a function, unless it says `-g`.
    fn arguments_are_local(&self, name: &str, words: &[String]) -> bool {
        let is_global = words
            .iter()
            .any(|word| word.starts_with('-') && word.contains('g'));
        match name {
            "local" => true,
            "declare" | "typeset" => self.depth > 0 && !is_global,
            _ => false,
        }
    }

    /// `set`: options, and arguments after `--`.
    fn set_options(&mut self, argv: &[String], words: &[String]) {
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let on = word.starts_with('-');
            let Some(letters) = word.strip_prefix(['-', '+']) else {
                let given = std::iter::once(word).chain(words).cloned();
                self.arguments = given.map(Ok).collect();
                return;
            };
            if letters == "-" {
                self.arguments = words.cloned().map(Ok).collect();
                return;
            }
            for letter in letters.chars() {
                match letter {
                    'u' => self.refuses_unset = on,
                    // A command that fails ends the reading anyway; tracing shows, no more.
                    'e' | 'x' | 'v' | 'a' | 'h' | 'm' | 'b' | 'B' | 'C' | 'E' | 'T' | 'f' | 'P' => {
                    }
                    'o' => match words.next().map(String::as_str) {
                        Some("nounset") => self.refuses_unset = on,
                        Some("pipefail") => self.fails_as_pipe = on,
                        Some(
                            "errexit" | "xtrace" | "verbose" | "errtrace" | "functrace" | "posix"
                            | "monitor" | "noglob" | "noclobber" | "allexport",
                        )
                        | None => {}
                        Some(name) => {
                            self.refuse(
                                shown(argv),
                                format!("`set {word} {name}` is not supported"),
                            );
                        }
                    },
                    _ => self.refuse(shown(argv), format!("`set {word}` is not supported")),
                }
            }
        }
    }

    /// `read`: takes a line of what is known.
    fn read(&mut self, words: &[String], io: &mut Io) {
        let mut names = Vec::new();
        let mut list = None;
        let words_of = words;
        let mut words = words.iter();
        while let Some(word) = words.next() {
            match word.as_str() {
                "-r" | "-s" | "-e" | "-rs" => {}
                "-a" | "-ra" => list = words.next(),
                "-p" | "-t" | "-n" | "-d" | "-u" | "-rp" | "-i" | "-N" => {
                    words.next();
                }
                name => names.push(name),
            }
        }
        let line = match io.input.take() {
            Some(Input::Text(text)) if !text.is_empty() => {
                let (line, rest) = text.split_once('\n').unwrap_or((&text, ""));
                io.input = Some(Input::Text(rest.to_owned()));
                line.to_owned()
            }
            Some(Input::Text(_)) => {
                io.input = Some(Input::Text(String::new()));
                self.status = Status::Failure(1);
                String::new()
            }
            // It matters where it is used.
            Some(Input::Unknown(who)) => {
                let reason = format!("what `{who}` gives is not known before it runs");
                let list = list.map(String::as_str);
                for name in names.into_iter().chain(list) {
                    self.variables.set(name, Value::Unknown(reason.clone()));
                }
                self.status = Status::Unknown {
                    inverted: false,
                    command: format!("read {}", words_of.join(" ")),
                };
                return;
            }
            // The user is asked.
            None => {
                let text = "reads from the keyboard: taken as an empty line".to_owned();
                self.note(NoteKind::Changed, text);
                String::new()
            }
        };
        let separators = self.variables.text("IFS").unwrap_or(" \t\n").to_owned();
        let is_separator = |c: char| separators.contains(c);
        let is_space = |c: char| is_separator(c) && c.is_whitespace();
        let mut rest = line.trim_matches(is_space);
        if let Some(list) = list {
            let texts = rest.split(is_separator).filter(|text| !text.is_empty());
            let texts = texts
                .enumerate()
                .map(|(index, text)| (i64::try_from(index).unwrap_or_default(), text.to_owned()));
            self.variables.set(list, Value::List(texts.collect()));
            return;
        }
        if names.is_empty() {
            names.push("REPLY");
        }
        let last = names.len() - 1;
        for (index, name) in names.into_iter().enumerate() {
            let text = match (index == last, rest.find(is_separator)) {
                (false, Some(at)) => {
                    let (text, after) = rest.split_at(at);
                    let mut after = after.chars();
                    after.next();
                    rest = after.as_str().trim_start_matches(is_space);
                    text
                }
                _ => std::mem::take(&mut rest),
            };
            self.variables.set(name, Value::Text(text.to_owned()));
        }
    }
}
