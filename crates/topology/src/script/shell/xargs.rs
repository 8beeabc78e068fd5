//! `xargs`: a command with the words that it reads.

use super::input_output::{Input, Io};
use super::{Flow, MOST_WORDS, Shell, shown};
use crate::script::program::{self, Role};

impl Shell {
    /// `xargs [-r] [-0] [-n NUMBER] [-I NAME] COMMAND…`
    pub(super) fn xargs(&mut self, argv: &[String], words: &[String], io: &mut Io) -> Flow {
        let mut words = words;
        let (mut at_once, mut name) = (usize::MAX, None);
        while let Some((option, rest)) = words
            .split_first()
            .filter(|(word, _)| word.starts_with('-'))
        {
            let (flag, value) = match option.char_indices().nth(2) {
                Some((at, _)) if !option.starts_with("--") => option.split_at(at),
                _ => (option.as_str(), ""),
            };
            let takes = matches!(flag, "-n" | "-I" | "-L" | "-P" | "-d" | "-s");
            let skipped = usize::from(takes && value.is_empty());
            let value = match skipped {
                0 => value.to_owned(),
                _ => rest.first().cloned().unwrap_or_default(),
            };
            words = rest.get(skipped..).unwrap_or_default();
            match flag {
                "-n" | "-L" => at_once = value.parse().unwrap_or(1).max(1),
                "-I" => name = Some(value),
                "-r" | "-t" | "-0" | "-P" | "--no-run-if-empty" | "--null" => {}
                _ => {
                    self.fail(
                        argv,
                        format!("the option `{option}` of xargs is not supported").into(),
                    );
                    return Flow::Next;
                }
            }
        }
        let is_other = match program::role(words) {
            Role::LeftOut(_) | Role::Looks => true,
            Role::Network | Role::Unknown => words.is_empty(),
        };
        let text = match io.input.take() {
            Some(Input::Text(text)) => text,
            _ if is_other => {
                io.out.print_unknown(&shown(argv));
                self.leave_out(argv, "what it would be given is not known");
                return Flow::Next;
            }
            Some(Input::Unknown(who)) => {
                let reason = format!("what `{who}` gives is not known before it runs");
                self.fail(argv, reason.into());
                return Flow::Next;
            }
            None => String::new(),
        };
        let command = match words {
            [] => vec!["echo".to_owned()],
            words => words.to_vec(),
        };
        let runs: Vec<Vec<String>> = match &name {
            Some(name) => text
                .lines()
                .map(str::trim)
                .filter(|line| !line.is_empty())
                .map(|line| {
                    command
                        .iter()
                        .map(|word| word.replace(name.as_str(), line))
                        .collect()
                })
                .collect(),
            None => {
                let given: Vec<String> = text
                    .split(|c: char| c.is_whitespace() || c == '\0')
                    .filter(|word| !word.is_empty())
                    .map(str::to_owned)
                    .collect();
                let some = given.chunks(at_once.min(MOST_WORDS));
                some.map(|some| [command.as_slice(), some].concat())
                    .collect()
            }
        };
        for run in runs {
            if !self.spend(1) {
                return Flow::Exit;
            }
            // It is a program that runs, no function of the script.
            let flow = self.program(&run, io);
            if flow != Flow::Next {
                return flow;
            }
        }
        Flow::Next
    }
}
