//! Programs: which does what, and those that change the network.

use std::borrow::Cow;

use super::batch::batch_place;
use super::elsewhere::inner;
use super::input_output::{Input, Io};
use super::settings_file::is_load;
use super::{Failure, Flow, NoteKind, Shell, Status, WORDS_A_COMMAND, shown};
use crate::command::action::Action;
use crate::script::program::{self, Role};

impl Shell {
    /// Runs a program.
    pub(super) fn program(&mut self, argv: &[String], io: &mut Io) -> Flow {
        let Some((first, words)) = argv.split_first() else {
            return Flow::Next;
        };
        let name = first.rsplit('/').next().unwrap_or(first);
        match name {
            "sudo" | "doas" | "env" | "command" | "exec" | "time" | "nohup" | "timeout"
            | "nice" | "stdbuf" | "setsid" | "ionice" => match inner(name, words) {
                Ok([]) if name == "exec" => Flow::Next,
                Ok([]) => {
                    self.fail(argv, format!("`{name}` needs a command").into());
                    Flow::Next
                }
                // The shell is that program from then on.
                Ok(inner) if name == "exec" => match self.dispatch(inner, &[], io) {
                    Flow::Next => Flow::Exit,
                    flow => flow,
                },
                Ok(inner) => self.dispatch(inner, &[], io),
                Err(reason) => {
                    self.fail(argv, reason.into());
                    Flow::Next
                }
            },
            "bash" | "sh" | "dash" | "ash" => self.shell(argv, words, io),
            "ip" if words
                .first()
                .is_some_and(|word| word == "-all" || word == "--all") =>
            {
                self.in_all(argv, words.get(1..).unwrap_or_default(), io)
            }
            _ if self.brings_up(name, words) => {
                self.bring_up(name, words, io);
                Flow::Next
            }
            "xargs" => self.xargs(argv, words, io),
            "nsenter" => self.nsenter(argv, words, io),
            "ip" if batch_place(words).is_some() => {
                self.batch(argv, words, io);
                Flow::Next
            }
            "sysctl" if words.iter().any(|word| is_load(word)) => {
                self.load_settings(argv, words, io);
                Flow::Next
            }
            // A script that lies beside this one.
            _ if first.contains('/') && matches!(program::role(argv), Role::Unknown) => {
                match self.read_file(first) {
                    Some(text) if !text.starts_with("#!") || is_for_shell(&text) => {
                        self.shell(argv, argv, io)
                    }
                    _ => self.run_tool(argv, io),
                }
            }
            _ => self.run_tool(argv, io),
        }
    }

    fn run_tool(&mut self, argv: &[String], io: &mut Io) -> Flow {
        let source = match &io.input {
            Some(Input::Unknown(who)) => Some(who.clone()),
            _ => None,
        };
        if let Some(known) = self.makes_text(argv, io) {
            match known {
                Some(text) => io.out.print(&text),
                // What it makes is as unknown as what it is made of.
                None => io.out.print_unknown(&source.unwrap_or_else(|| shown(argv))),
            }
            return Flow::Next;
        }
        match program::role(argv) {
            Role::Network => {
                let input = match self.input_for(argv, io) {
                    Ok(input) => input,
                    Err(reason) => {
                        self.fail(argv, reason.into());
                        return Flow::Next;
                    }
                };
                let (argv, input) = self.with_file(argv, input);
                self.network(&argv, input.as_deref(), io)
            }
            Role::Looks => {
                self.looks(argv, io);
                Flow::Next
            }
            Role::LeftOut(why) => {
                if !program::is_silent(argv) {
                    io.out.print_unknown(&shown(argv));
                }
                self.leave_out(argv, why);
                self.status = Status::Success;
                Flow::Next
            }
            Role::Unknown if self.is_lenient => {
                io.out.print_unknown(&shown(argv));
                self.leave_out(argv, "what this program does is not known here");
                self.status = Status::Success;
                Flow::Next
            }
            Role::Unknown => {
                self.misses(argv);
                let name = argv.first().cloned().unwrap_or_default();
                self.fail(
                    argv,
                    format!("the command `{name}` is not understood").into(),
                );
                Flow::Next
            }
        }
    }

    /// What goes into a program that reads rules or commands.
    fn input_for(&mut self, argv: &[String], io: &mut Io) -> Result<Option<String>, String> {
        let reads = program::reads_input(argv);
        match (reads, io.input.take()) {
            (true, Some(Input::Text(text))) => Ok(Some(text)),
            (true, Some(Input::Unknown(who))) => {
                Err(format!("what `{who}` gives is not known before it runs"))
            }
            (true, None) => Ok(None),
            // Others do not read: what is there stays for the next.
            (false, input) => {
                io.input = input;
                Ok(None)
            }
        }
    }

    /// `nft -f FILE` of a file that is known reads as from its input, and so does `wg` of a
    /// key or a configuration.
    fn with_file<'a>(
        &mut self,
        argv: &'a [String],
        input: Option<String>,
    ) -> (Cow<'a, [String]>, Option<String>) {
        let is_wg = program::name(argv) == "wg";
        let place = match is_wg {
            true => {
                let takes = matches!(
                    argv.get(1).map(String::as_str),
                    Some("setconf" | "addconf" | "syncconf")
                );
                if let Some(path) = argv.get(3).filter(|_| takes).cloned() {
                    let _known = self.read_file(&path);
                }
                argv.iter().position(|word| self.known_file(word).is_some())
            }
            false => {
                let mut words = argv.iter();
                let option = words.position(|word| word == "-f" || word == "--file");
                option.map(|place| place + 1)
            }
        };
        let place = place.and_then(|place| Some((place, argv.get(place)?)));
        let file = place.and_then(|(place, path)| Some((place, self.read_file(path)?)));
        let Some((place, text)) = file else {
            return (Cow::Borrowed(argv), input);
        };
        let stands_for = if is_wg { "/dev/stdin" } else { "-" };
        let mut argv = argv.to_vec();
        if let Some(path) = argv.get_mut(place) {
            stands_for.clone_into(path);
        }
        (Cow::Owned(argv), Some(text))
    }

    /// Does what a command does to the network.
    pub(super) fn network(&mut self, argv: &[String], input: Option<&str>, io: &mut Io) -> Flow {
        if !self.spend(argv.len() / WORDS_A_COMMAND) {
            return Flow::Exit;
        }
        if program::name(argv) == "arp" {
            return self.arp(argv, io);
        }
        let actions = match program::actions(argv, input) {
            Ok(actions) => actions,
            Err(reason) => {
                // What is not understood may change the network as well.
                self.acted += usize::from(self.is_trial);
                self.misses(argv);
                let failure = match is_usage(&reason) {
                    true => Failure::Fails(reason),
                    false => Failure::NotUnderstood(reason),
                };
                self.fail(argv, failure);
                return Flow::Next;
            }
        };
        for action in actions {
            match action {
                Action::Look => self.looks(argv, io),
                Action::Inside { namespace, argv } => {
                    let flow = self.inside(&namespace, &argv, io);
                    if flow != Flow::Next {
                        return flow;
                    }
                }
                Action::InVrf { vrf, argv: inner } => {
                    if let Err(reason) = self.world.table_of_vrf(self.here, &vrf) {
                        self.fail(argv, Failure::Fails(reason));
                        return Flow::Next;
                    }
                    // What it changes is changed all the same; what it pings nobody else would.
                    let tried = self.tried.len();
                    let flow = self.one_deeper(|shell| shell.program(&inner, io));
                    self.tried.truncate(tried);
                    let flow = match flow {
                        Ok(flow) => flow,
                        Err(reason) => {
                            self.fail(argv, reason.into());
                            Flow::Exit
                        }
                    };
                    if flow != Flow::Next {
                        return flow;
                    }
                }
                action => {
                    if !self.act(argv, action) {
                        return Flow::Next;
                    }
                }
            }
        }
        Flow::Next
    }

    /// Does what a command does, that the shell itself makes of something else.
    pub(super) fn act_on(&mut self, argv: &[String], input: Option<&str>) {
        let _flow = self.network(argv, input, &mut Io::default());
    }

    /// Changes the network; says whether it did.
    fn act(&mut self, argv: &[String], action: Action) -> bool {
        if self.acted >= self.limit {
            return false;
        }
        self.acted += 1;
        self.last.0 = self.line;
        // Into the same memory: most are never told.
        argv.clone_into(&mut self.last.1);
        if let Some(command) = self.doubts.decides().filter(|_| !self.is_trial) {
            let reason = format!(
                "whether `{command}` succeeds is not known before it runs, and whether the script \
                 comes here depends on it"
            );
            self.refuse(shown(argv), reason);
            return false;
        }
        let left_out = action.left_out();
        match self.world.act(self.here, action) {
            Ok(()) => {
                for more in left_out {
                    let text = format!("`{more}` changes nothing that a lab has: {}", shown(argv));
                    self.note(NoteKind::LeftOut, text);
                }
                self.status = Status::Success;
                true
            }
            Err(reason) => {
                self.fail(argv, Failure::Fails(reason));
                false
            }
        }
    }
}

/// Whether a command is refused for what the program itself refuses: something is missing at its end,
/// as where a variable has no value, or it names a second interface.
fn is_usage(reason: &str) -> bool {
    reason.ends_with(" needs a value")
        || reason.ends_with(" needs a name")
        || reason.contains("` is not understood after ")
}

/// Whether the first line of a program says that a shell runs it.
fn is_for_shell(text: &str) -> bool {
    let first = text.lines().next().unwrap_or_default();
    let words = first.trim_start_matches("#!").split([' ', '/']);
    let mut names = words.filter(|word| !word.is_empty());
    names.any(|name| matches!(name, "sh" | "bash" | "dash" | "ash"))
}
