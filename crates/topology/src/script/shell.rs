//! Runs a script of the shell purely: variables, functions, loops, here-documents. Its commands act
//! on the model kernel, and nothing is ever executed.
//!
//! What a script does must follow from its text alone. Where it depends on what is not known, such
//! as what a program prints, that is said, with the line.

use std::collections::BTreeMap;
use std::rc::Rc;

use brush_parser::ast::{
    AssignmentName, Command, CommandPrefixOrSuffixItem, FunctionBody, SimpleCommand, SourceLocation,
};

use super::offer::Tried;
use super::world::World;
use super::{MOST_ERRORS, Note, NoteKind, ScriptError};
use crate::id::NamespaceId;

mod all;
mod arithmetic;
mod assignment;
mod beside;
mod brace;
mod builtin;
mod condition;
mod files;
mod flow;
mod getopts;
mod ifup;
mod input_output;
mod inside;
mod parameter;
mod parse;
mod pattern;
mod text_programs;
mod text_tools;
mod tool;
mod variables;
mod word;
mod xargs;

use beside::Beside;
use input_output::{Io, Out};
pub(crate) use inside::Outcome;
use variables::Variables;

/// How many commands a script may run, loops counted each time.
const MOST_COMMANDS: usize = 200_000;
/// So many bytes of text are as much work as a command.
const BYTES_A_COMMAND: usize = 64;
/// What trying out both ways of a condition counts as, in commands: all that is known is copied.
const TRIAL: usize = 200;
/// How deep functions, substitutions and shells in shells may nest.
const MOST_DEEP: usize = 24;
/// How many words one command may have.
const MOST_WORDS: usize = 10_000;
/// Most notes that are kept of one script.
const MOST_NOTES: usize = 1_000;

/// How a command ended.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Status {
    Success,
    Failure(i32),
    /// It only looks or tries; the network of the moment decides.
    Unknown {
        /// By `!`.
        inverted: bool,
        command: String,
    },
}

impl Status {
    fn of(success: bool) -> Self {
        match success {
            true => Self::Success,
            false => Self::Failure(1),
        }
    }

    fn number(&self) -> i32 {
        match self {
            Self::Success | Self::Unknown { .. } => 0,
            Self::Failure(number) => *number,
        }
    }
}

/// Where it goes on after a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flow {
    Next,
    Break(u32),
    Continue(u32),
    Return,
    Exit,
}

/// Why a command is not done.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Failure {
    /// The program would fail so; a script may count on it.
    Fails(String),
    /// We do not know what it does.
    NotUnderstood(String),
}

impl From<String> for Failure {
    fn from(reason: String) -> Self {
        Self::NotUnderstood(reason)
    }
}

impl From<&str> for Failure {
    fn from(reason: &str) -> Self {
        Self::NotUnderstood(reason.to_owned())
    }
}

/// A function of a script.
#[derive(Clone)]
struct Function {
    body: Rc<FunctionBody>,
    /// Whether it stands in the script itself and not in text that a command brought.
    is_own: bool,
}

/// A shell that runs a script.
#[derive(Clone)]
pub(crate) struct Shell {
    pub(super) world: World,
    /// In which namespace commands run.
    here: NamespaceId,
    variables: Variables,
    /// `$1`, `$2`, …
    arguments: Vec<String>,
    functions: BTreeMap<String, Function>,
    /// Files that the script wrote.
    files: BTreeMap<String, String>,
    /// Files that lie beside it.
    beside: Beside,
    /// What it is called: `$0`.
    name: String,
    status: Status,
    pub(super) notes: Vec<Note>,
    pub(super) errors: Vec<ScriptError>,
    /// Commands that may still run.
    fuel: usize,
    depth: usize,
    /// In how many places around it the failure of a command is provided for.
    provided: usize,
    /// Of the command that runs, counting from 1.
    line: usize,
    /// In text that is not the script itself: what an outer command brought stands in its line.
    within: usize,
    /// `set -u`
    refuses_unset: bool,
    /// Names without a value that this command used.
    unset: Vec<String>,
    /// Changes of the network so far, and the last one's line and text.
    pub(super) acted: usize,
    pub(super) last: Option<(usize, String)>,
    /// Ends after so many changes.
    limit: usize,
    /// Whether this only tries what would be done.
    is_trial: bool,
    /// The word that `getopts` reads, as `OPTIND` counts, and how many of its letters it read.
    option_read: (usize, usize),
    /// How many numbers and names were made up for it.
    made_up: u32,
    /// What the script pings.
    pub(super) tried: Vec<Tried>,
    /// In how many `!` around it a command runs.
    inversions: usize,
    /// Whether what it does not know, and what fails, is left out: where commands are run on a
    /// system that has more than is seen here, and goes on when one fails.
    is_lenient: bool,
}

impl Shell {
    /// One that ends after a number of changes.
    pub(super) fn new(limit: usize) -> Self {
        Self {
            world: World::new(),
            here: NamespaceId::HOST,
            variables: Variables::new(),
            arguments: Vec::new(),
            functions: BTreeMap::new(),
            files: BTreeMap::new(),
            beside: Beside::default(),
            name: "script".to_owned(),
            status: Status::Success,
            notes: Vec::new(),
            errors: Vec::new(),
            fuel: MOST_COMMANDS,
            depth: 0,
            provided: 0,
            line: 1,
            within: 0,
            refuses_unset: false,
            unset: Vec::new(),
            acted: 0,
            last: None,
            limit,
            is_trial: false,
            option_read: (1, 0),
            made_up: 0,
            tried: Vec::new(),
            inversions: 0,
            is_lenient: false,
        }
    }

    /// Says what the script is called, and what lies beside it, by its path from there.
    pub(super) fn lies(&mut self, name: &str, files: BTreeMap<String, String>) {
        if let Some(name) = name.rsplit('/').next().filter(|name| !name.is_empty()) {
            self.name = format!("./{name}");
            self.variables.set(files::SOURCE, files::source(&self.name));
        }
        self.beside = Beside::new(files);
    }

    /// The files that the script was to read and that are not there, by their paths from its folder.
    pub(super) fn wanted(&self) -> impl Iterator<Item = &String> {
        self.beside.wanted().iter()
    }

    /// Runs a whole script.
    pub(super) fn run(&mut self, text: &str) {
        // As an editor on Windows ends lines.
        let text = &text.replace("\r\n", "\n");
        let mut io = Io::default();
        let flow = self.text(text, &mut io);
        let number = self.status.number();
        if flow == Flow::Exit && number != 0 && self.errors.is_empty() && !self.is_done() {
            self.refuse(
                "exit".to_owned(),
                format!("the script ends itself here, with status {number}"),
            );
        }
    }

    /// Runs the lines of `ip -batch`, each in its own line of the text.
    pub(super) fn run_batch(&mut self, text: &str) {
        for (index, line) in text.lines().enumerate() {
            self.line = index + 1;
            self.within += 1;
            self.batch_line(line, &mut Io::default());
            self.within -= 1;
            if self.is_done() {
                break;
            }
        }
    }

    /// Whether nothing more is to be run.
    fn is_done(&self) -> bool {
        self.errors.len() >= MOST_ERRORS || self.acted >= self.limit || self.fuel == 0
    }

    /// Takes of what a script may do, counted in commands; says whether any is left.
    fn spend(&mut self, commands: usize) -> bool {
        if self.fuel == 0 {
            return false;
        }
        self.fuel = self.fuel.saturating_sub(commands);
        if self.fuel == 0 {
            self.refuse(
                String::new(),
                format!("it does more than {MOST_COMMANDS} commands would: does it end?"),
            );
        }
        self.fuel > 0
    }

    /// Runs a text in this shell.
    fn text(&mut self, text: &str, io: &mut Io) -> Flow {
        match parse::program(text) {
            Ok(program) => {
                for list in &program.complete_commands {
                    let flow = self.list(list, io);
                    if flow != Flow::Next {
                        return flow;
                    }
                }
                Flow::Next
            }
            Err(malformed) => {
                if self.within == 0 {
                    self.line = malformed.line;
                }
                let line = text.lines().nth(malformed.line.saturating_sub(1));
                self.refuse(line.unwrap_or_default().trim().to_owned(), malformed.reason);
                Flow::Exit
            }
        }
    }

    /// Runs a text that a command of this line brought.
    fn text_within(&mut self, text: &str, io: &mut Io) -> Flow {
        if self.depth >= MOST_DEEP {
            self.refuse(
                text.lines().next().unwrap_or_default().to_owned(),
                format!("commands run commands more than {MOST_DEEP} deep"),
            );
            return Flow::Exit;
        }
        // To read it is work, too, each time.
        if !self.spend(text.len() / BYTES_A_COMMAND) {
            return Flow::Exit;
        }
        self.depth += 1;
        self.within += 1;
        let flow = self.text(text, io);
        self.within -= 1;
        self.depth -= 1;
        flow
    }

    /// Names a command that cannot be taken.
    fn refuse(&mut self, command: String, mut reason: String) {
        self.status = Status::Failure(1);
        if !self.unset.is_empty() {
            let verb = if self.unset.len() == 1 { "has" } else { "have" };
            let names = self.unset.join(", ");
            reason.push_str(&format!(" ({names} {verb} no value in this script)"));
        }
        if self.errors.len() < MOST_ERRORS {
            self.errors.push(ScriptError {
                line: self.line,
                command,
                reason,
            });
        }
    }

    /// A number for what is another each time that a script runs, and decides no more than a name.
    fn made_up(&mut self, what: &str, shape: impl Fn(u32) -> String) -> String {
        self.made_up += 1;
        let text = shape(self.made_up);
        let told = format!("{what} is another each time: taken as {text}");
        self.note(NoteKind::Changed, told);
        text
    }

    fn note(&mut self, kind: NoteKind, text: String) {
        let note = Note {
            line: self.line,
            kind,
            text,
        };
        if self.notes.len() < MOST_NOTES && self.notes.last() != Some(&note) {
            self.notes.push(note);
        }
    }

    /// What a command did that could not be done.
    fn fail(&mut self, argv: &[String], failure: Failure) {
        let command = shown(argv);
        match failure {
            Failure::Fails(reason) if self.provided > 0 => {
                self.note(
                    NoteKind::LeftOut,
                    format!("fails here, as the script provides for: {command}: {reason}"),
                );
                self.status = Status::Failure(1);
            }
            Failure::Fails(reason) if self.is_lenient => {
                self.note(NoteKind::LeftOut, format!("{command}: {reason}"));
                self.status = Status::Failure(1);
            }
            Failure::Fails(reason) | Failure::NotUnderstood(reason) => {
                self.refuse(command, reason);
            }
        }
    }

    fn command(&mut self, command: &Command, io: &mut Io) -> Flow {
        if self.within == 0
            && let Some(place) = command.location()
        {
            self.line = place.start.line;
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
                    Err(reason) if word::is_unknown(&reason) => Status::Unknown {
                        inverted: false,
                        command: format!("[[ {} ]]", test.expr),
                    },
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
        let mut argv = Vec::new();
        let mut declared = Vec::new();
        let expanded = self.words(simple, suffix, &mut argv, &mut declared, &mut redirects);
        // Until here `$?` is the command's before.
        self.status = Status::Success;
        if let Err(reason) = expanded {
            let name = simple.word_or_name.as_ref().map(|word| word.value.as_str());
            match name {
                // It may decide nothing that changes the network.
                Some("[" | "test") if word::is_unknown(&reason) => {
                    self.status = Status::Unknown {
                        inverted: false,
                        command: simple.to_string(),
                    };
                }
                Some("exit" | "return") if word::is_unknown(&reason) => {
                    self.status = Status::Unknown {
                        inverted: false,
                        command: simple.to_string(),
                    };
                    return match name {
                        Some("exit") => Flow::Exit,
                        _ => Flow::Return,
                    };
                }
                Some(name) if word::is_unknown(&reason) && self.only_tells(name) => {
                    io.out.print_unknown(name);
                    self.note(NoteKind::LeftOut, format!("{simple}: {reason}"));
                }
                Some(name) if self.is_lenient && word::is_unknown(&reason) && is_other(name) => {
                    self.note(NoteKind::LeftOut, format!("{simple}: {reason}"));
                }
                _ => self.refuse(simple.to_string(), reason),
            }
            return Flow::Next;
        }
        let mut before = Vec::new();
        for assignment in &assignments {
            if !argv.is_empty()
                && let AssignmentName::VariableName(name) = &assignment.name
            {
                before.push((name.clone(), self.variables.get(name).cloned()));
            }
            if let Err(reason) = self.assign(&assignment.name, &assignment.value, assignment.append)
            {
                self.refuse(simple.to_string(), reason);
                return Flow::Next;
            }
        }
        let flow = self.redirected(redirects.into_iter(), io, |shell, io| {
            match argv.is_empty() {
                true => Flow::Next,
                false => shell.dispatch(&argv, &declared, io),
            }
        });
        // What stands before a command is for it alone.
        for (name, value) in before {
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
        argv: &mut Vec<String>,
        declared: &mut Vec<&'a brush_parser::ast::Assignment>,
        redirects: &mut Vec<&'a brush_parser::ast::IoRedirect>,
    ) -> Result<(), String> {
        if let Some(name) = &simple.word_or_name {
            argv.extend(self.fields(&name.value)?);
        }
        for item in suffix {
            match item {
                CommandPrefixOrSuffixItem::Word(word) => argv.extend(self.fields(&word.value)?),
                CommandPrefixOrSuffixItem::AssignmentWord(assignment, word) => {
                    let first = argv.first().map(String::as_str);
                    match first.is_some_and(builtin::declares) {
                        true => declared.push(assignment),
                        false => argv.extend(self.fields(&word.value)?),
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

    /// Whether what this name runs changes no network whatever words it gets.
    fn only_tells(&self, name: &str) -> bool {
        let role = super::program::role(&[name.to_owned()]);
        let is_so = matches!(name, "echo" | "printf" | ":" | "true")
            || matches!(
                role,
                super::program::Role::LeftOut(_) | super::program::Role::Looks
            );
        is_so && !self.functions.contains_key(name)
    }

    /// Runs what a function or a program of this name does.
    fn dispatch(
        &mut self,
        argv: &[String],
        declared: &[&brush_parser::ast::Assignment],
        io: &mut Io,
    ) -> Flow {
        let Some(name) = argv.first() else {
            return Flow::Next;
        };
        if let Some(function) = self.functions.get(name).cloned() {
            // The lines of another text are none of the script.
            self.within += usize::from(!function.is_own);
            let flow = self.call(argv, &function.body, io);
            self.within -= usize::from(!function.is_own);
            return flow;
        }
        match self.builtin(argv, declared, io) {
            Some(flow) => flow,
            None => self.program(argv, io),
        }
    }

    fn call(&mut self, argv: &[String], body: &FunctionBody, io: &mut Io) -> Flow {
        if self.depth >= MOST_DEEP {
            self.refuse(
                shown(argv),
                format!("functions call functions more than {MOST_DEEP} deep"),
            );
            return Flow::Exit;
        }
        let arguments = argv.get(1..).unwrap_or_default().to_vec();
        let before = std::mem::replace(&mut self.arguments, arguments);
        self.variables.enter();
        self.depth += 1;
        let redirects = body.1.iter().flat_map(|list| &list.0);
        let flow = self.redirected(redirects, io, |shell, io| shell.compound(&body.0, io));
        self.depth -= 1;
        self.variables.leave();
        self.arguments = before;
        match flow {
            Flow::Return => Flow::Next,
            flow => flow,
        }
    }

    /// Runs something whose variables end with it, as a subshell does; what it does to the network
    /// stays.
    fn apart(&mut self, run: impl FnOnce(&mut Self) -> Flow) -> Flow {
        let variables = self.variables.clone();
        let arguments = self.arguments.clone();
        let functions = self.functions.clone();
        let folder = self.beside.folder().to_owned();
        let here = self.here;
        let flow = run(self);
        self.beside.enter(&folder);
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
    fn substitution(&mut self, text: &str) -> Result<String, String> {
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
            return Err(first.map(|error| error.reason).unwrap_or_default());
        }
        io.out
            .into_text()
            .map(|text| text.trim_end_matches('\n').to_owned())
            .map_err(|who| format!("what `{who}` prints is not known before it runs"))
    }
}

/// Whether a program has nothing to do with the network, as far as is known.
fn is_other(name: &str) -> bool {
    let role = super::program::role(&[name.to_owned()]);
    let is_builtin = [
        "eval", "source", ".", "export", "local", "declare", "read", "set",
    ];
    !matches!(role, super::program::Role::Network) && !is_builtin.contains(&name)
}

/// A command as a person would write it.
fn shown(argv: &[String]) -> String {
    let plain = shlex::try_join(argv.iter().map(String::as_str));
    plain.unwrap_or_else(|_| argv.join(" "))
}
