//! One command: its words, its variables and redirections, and what it calls.

use std::collections::BTreeMap;
use std::rc::Rc;

use brush_parser::ast::{
    Assignment, AssignmentName, Command, CommandPrefixOrSuffixItem, FunctionBody, IoRedirect,
    SimpleCommand, SourceLocation,
};

use super::input_output::{Io, Out, is_of_the_day};
use super::told::shown;
use super::{
    Flow, Function, Given, MOST_DEEP, MOST_WORDS, NoteKind, Shell, Status, builtin, told, word,
};
use crate::script::program::{self, Role};

/// Words of a command that are not known, by their places, and why.
type Unknown = BTreeMap<usize, String>;

impl Shell {
    pub(super) fn command(&mut self, command: &Command, io: &mut Io) -> Flow {
        if self.within == 0
            && let Some(line) = line_of(command)
        {
            self.line = line;
        }
        if self.is_done() {
            return Flow::Exit;
        }
        if !self.spend(1) {
            return Flow::Exit;
        }
        self.unset.clear();
        match command {
            Command::Simple(simple) => self.simple(simple, io),
            Command::Compound(compound, redirects) => {
                let redirects = redirects.iter().flat_map(|list| &list.0);
                self.redirected(redirects, io, |shell, io| shell.compound(compound, io))
            }
            Command::Function(function) => {
                let known = Function {
                    body: Rc::new(function.body.clone()),
                    is_own: self.within == 0,
                };
                self.functions.insert(function.fname.value.clone(), known);
                self.status = Status::Success;
                Flow::Next
            }
            Command::ExtendedTest(test) => {
                self.status = match self.extended(&test.expr) {
                    Ok(status) => status,
                    // It may decide nothing that changes the network.
                    Err(reason) if word::is_unknown(&reason) => {
                        ends_as(&reason, || format!("[[ {} ]]", test.expr))
                    }
                    Err(reason) => {
                        self.refuse(format!("[[ {} ]]", test.expr), reason);
                        return Flow::Next;
                    }
                };
                Flow::Next
            }
        }
    }

    fn simple(&mut self, simple: &SimpleCommand, io: &mut Io) -> Flow {
        let prefix = simple.prefix.iter().flat_map(|prefix| &prefix.0);
        let suffix = simple.suffix.iter().flat_map(|suffix| &suffix.0);
        let mut assignments = Vec::new();
        let mut redirects = Vec::new();
        for item in prefix {
            match item {
                CommandPrefixOrSuffixItem::AssignmentWord(assignment, _) => {
                    assignments.push(assignment);
                }
                CommandPrefixOrSuffixItem::IoRedirect(redirect) => redirects.push(redirect),
                _ => {}
            }
        }
        // As many as are written, and mostly no more: it is not to grow word by word.
        let written = simple.suffix.as_ref().map_or(0, |suffix| suffix.0.len());
        let mut argv = Vec::with_capacity(written + 1);
        let mut declared = Vec::new();
        let mut unknown = Unknown::new();
        let expanded = self.words(
            simple,
            suffix,
            (&mut argv, &mut unknown),
            &mut declared,
            &mut redirects,
        );
        // Until here, and in what is assigned, `$?` is the command's before.
        let before = std::mem::replace(&mut self.status, Status::Success);
        if let Err(reason) = expanded {
            let name = simple.word_or_name.as_ref().map(|word| word.value.as_str());
            match name {
                // It may decide nothing that changes the network.
                Some("[" | "test") if word::is_unknown(&reason) => {
                    self.status = ends_as(&reason, || simple.to_string());
                }
                Some("exit" | "return") if word::is_unknown(&reason) => {
                    self.status = ends_as(&reason, || simple.to_string());
                    return match name {
                        Some("exit") => Flow::Exit,
                        _ => Flow::Return,
                    };
                }
                Some(name)
                    if word::is_unknown(&reason)
                        && (self.only_tells(name)
                            || name == "tee" && is_of_the_day(&simple.to_string(), &reason)) =>
                {
                    io.out.print_unknown(word::printer(&reason).unwrap_or(name));
                    self.note(NoteKind::LeftOut, format!("{simple}: {reason}"));
                }
                Some(name) if self.is_lenient && word::is_unknown(&reason) && is_other(name) => {
                    self.note(NoteKind::LeftOut, format!("{simple}: {reason}"));
                }
                _ => {
                    // It may change the network, whatever its words are.
                    self.acted += usize::from(self.is_trial);
                    self.misses(&plain_words(simple));
                    self.refuse(simple.to_string(), reason);
                }
            }
            return Flow::Next;
        }
        let mut outer = Vec::new();
        // That of an assignment is that of the last command in it.
        let mut ended = Status::Success;
        for assignment in &assignments {
            if !argv.is_empty()
                && let AssignmentName::VariableName(name) = &assignment.name
            {
                outer.push((name.clone(), self.variables.get(name).cloned()));
            }
            let substitutions = self.substitutions;
            self.status = before.clone();
            if let Err(reason) = self.assign(&assignment.name, &assignment.value, assignment.append)
            {
                self.refuse(simple.to_string(), reason);
                return Flow::Next;
            }
            if self.substitutions != substitutions {
                ended = self.status.clone();
            }
        }
        self.status = ended;
        self.before = before;
        let flow = self.redirected(redirects.into_iter(), io, |shell, io| {
            match argv.is_empty() {
                true => Flow::Next,
                false => shell.dispatch_given(&argv, &unknown, &declared, io),
            }
        });
        // What stands before a command is for it alone.
        for (name, value) in outer {
            match value {
                Some(value) => self.variables.set(&name, value),
                None => self.variables.unset(&name),
            }
        }
        flow
    }

    /// The words of a command; of `declare`, `local` and their like also what they assign.
    fn words<'a>(
        &mut self,
        simple: &'a SimpleCommand,
        suffix: impl Iterator<Item = &'a CommandPrefixOrSuffixItem>,
        (argv, unknown): (&mut Vec<String>, &mut Unknown),
        declared: &mut Vec<&'a Assignment>,
        redirects: &mut Vec<&'a IoRedirect>,
    ) -> Result<(), String> {
        if let Some(name) = &simple.word_or_name {
            self.fields_into(&name.value, argv)?;
        }
        for item in suffix {
            match item {
                CommandPrefixOrSuffixItem::Word(word) => {
                    let before = argv.len();
                    match self.fields_into(&word.value, argv) {
                        // It matters where the function uses it.
                        Err(reason)
                            if word::is_unknown(&reason)
                                && word::is_one(&word.value)
                                && self.is_function(argv.first()) =>
                        {
                            argv.truncate(before);
                            unknown.insert(before, reason);
                            argv.push(String::new());
                        }
                        done => done?,
                    }
                }
                CommandPrefixOrSuffixItem::AssignmentWord(assignment, word) => {
                    let first = argv.first().map(String::as_str);
                    match first.is_some_and(builtin::declares) {
                        true => declared.push(assignment),
                        false => self.fields_into(&word.value, argv)?,
                    }
                }
                CommandPrefixOrSuffixItem::IoRedirect(redirect) => redirects.push(redirect),
                CommandPrefixOrSuffixItem::ProcessSubstitution(..) => {
                    return Err("process substitution (`<(…)`) is not supported".to_owned());
                }
            }
            if argv.len() > MOST_WORDS {
                return Err(format!("a command of more than {MOST_WORDS} words"));
            }
        }
        Ok(())
    }

    fn is_function(&self, name: Option<&String>) -> bool {
        name.is_some_and(|name| self.functions.contains_key(name))
    }

    /// Whether what this name runs changes no network whatever words it gets.
    fn only_tells(&self, name: &str) -> bool {
        let role = program::role(&[name.to_owned()]);
        let is_so = matches!(name, "echo" | "printf" | ":" | "true")
            || matches!(role, Role::LeftOut(_) | Role::Looks);
        is_so && !self.functions.contains_key(name)
    }

    /// Runs what a function or a program of this name does.
    pub(super) fn dispatch(
        &mut self,
        argv: &[String],
        declared: &[&Assignment],
        io: &mut Io,
    ) -> Flow {
        self.dispatch_given(argv, &Unknown::new(), declared, io)
    }

    /// The same with words that are not known, which only a function gets.
    fn dispatch_given(
        &mut self,
        argv: &[String],
        unknown: &Unknown,
        declared: &[&Assignment],
        io: &mut Io,
    ) -> Flow {
        let Some(name) = argv.first() else {
            return Flow::Next;
        };
        if let Some(function) = self.functions.get(name).cloned() {
            // The lines of another text are none of the script; those of its own functions are, whoever
            // calls them.
            let within = match function.is_own {
                true => 0,
                false => self.within + 1,
            };
            let within = std::mem::replace(&mut self.within, within);
            let flow = self.call(argv, unknown, &function.body, io);
            self.within = within;
            return flow;
        }
        match self.builtin(argv, declared, io) {
            Some(flow) => flow,
            None => self.program(argv, io),
        }
    }

    fn call(
        &mut self,
        argv: &[String],
        unknown: &Unknown,
        body: &FunctionBody,
        io: &mut Io,
    ) -> Flow {
        if self.depth >= MOST_DEEP {
            self.refuse(
                shown(argv),
                format!("functions call functions more than {MOST_DEEP} deep"),
            );
            return Flow::Exit;
        }
        let given = argv.iter().enumerate().skip(1);
        let given = given.map(|(place, text)| match unknown.get(&place) {
            Some(reason) => Err(reason.clone()),
            None => Ok(text.clone()),
        });
        let arguments: Vec<Given> = given.collect();
        let before = std::mem::replace(&mut self.arguments, arguments);
        let line = self.line;
        self.variables.enter();
        self.depth += 1;
        let redirects = body.1.iter().flat_map(|list| &list.0);
        let flow = self.in_function(|shell| {
            shell.redirected(redirects, io, |shell, io| shell.compound(&body.0, io))
        });
        self.depth -= 1;
        self.variables.leave();
        self.arguments = before;
        // What depends on how it ended stands where it was called.
        self.line = line;
        match flow {
            Flow::Return => Flow::Next,
            flow => flow,
        }
    }

    /// Runs something whose variables end with it, as a subshell does; what it does to the network
    /// stays.
    pub(super) fn apart(&mut self, run: impl FnOnce(&mut Self) -> Flow) -> Flow {
        let variables = self.variables.clone();
        let arguments = self.arguments.clone();
        let functions = self.functions.clone();
        let folder = self.beside.folder().to_owned();
        let here = self.here;
        let flow = self.in_subshell(run);
        self.beside.set_folder(&folder);
        self.variables = variables;
        self.arguments = arguments;
        self.functions = functions;
        self.here = here;
        match flow {
            Flow::Exit if !self.is_done() => Flow::Next,
            flow => flow,
        }
    }

    /// What a command prints, without the newlines at its end.
    pub(super) fn substitution(&mut self, text: &str) -> Result<String, String> {
        self.substitutions += 1;
        let errors = self.errors.len();
        let mut io = Io {
            input: None,
            out: Out::capture(),
        };
        let unset = std::mem::take(&mut self.unset);
        let line = self.line;
        let _flow = self.apart(|shell| shell.text_within(text, &mut io));
        self.line = line;
        self.unset = unset;
        // What went wrong in it is told as what went wrong in the command around it.
        if self.errors.len() > errors {
            let first = self.errors.drain(errors..).next();
            return Err(first.map(told::within).unwrap_or_default());
        }
        io.out
            .into_text()
            .map(|text| text.trim_end_matches('\n').to_owned())
            .map_err(|who| format!("what `{who}` prints is not known before it runs"))
    }
}

/// The words of a command as they are written.
fn plain_words(simple: &SimpleCommand) -> Vec<String> {
    let suffix = simple.suffix.iter().flat_map(|suffix| &suffix.0);
    let words = suffix.filter_map(|item| match item {
        CommandPrefixOrSuffixItem::Word(word) => Some(word),
        _ => None,
    });
    let words = simple.word_or_name.iter().chain(words);
    words.map(|word| word.value.clone()).collect()
}

/// It is not known how a command ends: because of another, of which that is not known, or by itself.
fn ends_as(reason: &str, command: impl Fn() -> String) -> Status {
    Status::Unknown {
        inverted: false,
        command: word::ender(reason).map_or_else(command, str::to_owned),
    }
}

/// The line in which a command begins. That of a plain one is looked for here, since the parser
/// would go through all its words to find where it ends, too.
fn line_of(command: &Command) -> Option<usize> {
    let first = match command {
        Command::Simple(simple) => match simple.prefix.as_ref().and_then(|prefix| prefix.0.first())
        {
            // The parser says of no prefix where it is.
            Some(CommandPrefixOrSuffixItem::AssignmentWord(assignment, _)) => {
                return Some(assignment.loc.start.line);
            }
            _ => simple.word_or_name.as_ref(),
        },
        _ => None,
    };
    match first.and_then(|word| word.loc.as_ref()) {
        Some(place) => Some(place.start.line),
        None => Some(command.location()?.start.line),
    }
}

/// Whether a program has nothing to do with the network, as far as is known.
fn is_other(name: &str) -> bool {
    let role = program::role(&[name.to_owned()]);
    let is_builtin = [
        "eval", "source", ".", "export", "local", "declare", "read", "set",
    ];
    !matches!(role, Role::Network) && !is_builtin.contains(&name)
}
