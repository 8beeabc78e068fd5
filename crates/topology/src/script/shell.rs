//! Runs a script of the shell purely: variables, functions, loops, here-documents. Its commands act
//! on the model kernel, and nothing is ever executed.
//!
//! What a script does must follow from its text alone. Where it depends on what is not known, such
//! as what a program prints, that is said, with the line.

use std::collections::BTreeMap;
use std::rc::Rc;

use brush_parser::ast::FunctionBody;

use super::offer::Tried;
use super::world::World;
use super::{MOST_ERRORS, Note, NoteKind, ScriptError};
use crate::id::NamespaceId;

mod all;
mod arithmetic;
mod arp;
mod assignment;
mod batch;
mod beside;
mod brace;
mod builtin;
mod command;
mod condition;
mod elsewhere;
mod files;
mod flow;
mod getopts;
mod grep;
mod ifup;
mod input_output;
mod inside;
mod looking;
mod parameter;
mod parse;
mod pattern;
mod pieces;
mod settings_file;
mod text_programs;
mod text_tools;
mod told;
mod tool;
mod undecided;
mod unknown;
mod variables;
mod word;
mod xargs;

use beside::Beside;
use input_output::Io;
pub(crate) use inside::Outcome;
use told::shown;
use undecided::Doubts;
use variables::Variables;

/// How many commands a script may run, loops counted each time.
const MOST_COMMANDS: usize = 200_000;
/// So many bytes of text are as much work as a command.
const BYTES_A_COMMAND: usize = 64;
/// Comparing a character with a part of a pattern so often is as much work as a command.
const COMPARISONS_A_COMMAND: usize = 256;
/// So many words of one command are as much work as another command.
const WORDS_A_COMMAND: usize = 16;
/// What trying out both ways of a condition counts as, in commands: all that is known is copied.
const TRIAL: usize = 200;
/// How deep functions, substitutions and shells in shells may nest.
const MOST_DEEP: usize = 24;
/// How deep all of that may nest together with the loops, choices, groups and words in it. What runs
/// has a stack of a mebibyte (the browser) or two (a thread of the server).
const MOST_NESTED: usize = 128;
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

/// What a function or a script was given: a text, or why it is not known.
type Given = Result<String, String>;

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
    arguments: Vec<Given>,
    functions: BTreeMap<String, Function>,
    /// Files that the script wrote.
    files: BTreeMap<String, String>,
    /// Files that lie beside it.
    beside: Beside,
    /// What it is called: `$0`.
    name: String,
    status: Status,
    /// That of the command before the one that runs.
    before: Status,
    /// How many commands were run in words.
    substitutions: usize,
    pub(super) notes: Vec<Note>,
    pub(super) errors: Vec<ScriptError>,
    /// The words of commands that were not understood, with their lines: what they were to make is not
    /// there.
    missing: BTreeMap<String, usize>,
    /// Commands that may still run.
    fuel: usize,
    /// How many of them trying out both ways has cost.
    on_trials: usize,
    depth: usize,
    /// How many commands and words stand around what runs.
    nested: usize,
    /// In how many places around it the failure of a command is provided for.
    provided: usize,
    /// Of the command that runs, counting from 1.
    line: usize,
    /// In text that is not the script itself: what an outer command brought stands in its line.
    within: usize,
    /// `set -u`
    refuses_unset: bool,
    /// `set -o pipefail`
    fails_as_pipe: bool,
    /// In how many subshells it is: `exit` leaves the innermost one.
    subshells: usize,
    /// Whether the script comes to where it is.
    doubts: Doubts,
    /// Names without a value that this command used.
    unset: Vec<String>,
    /// Changes of the network so far, and the last one's line and words.
    pub(super) acted: usize,
    last: (usize, Vec<String>),
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
            before: Status::Success,
            substitutions: 0,
            notes: Vec::new(),
            errors: Vec::new(),
            missing: BTreeMap::new(),
            fuel: MOST_COMMANDS,
            on_trials: 0,
            depth: 0,
            nested: 0,
            provided: 0,
            line: 1,
            within: 0,
            refuses_unset: false,
            fails_as_pipe: false,
            subshells: 0,
            doubts: Doubts::default(),
            unset: Vec::new(),
            acted: 0,
            last: (0, Vec::new()),
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

    /// The last change of the network: its line, and its command as a person writes it.
    pub(super) fn last(&self) -> Option<(usize, String)> {
        let (line, argv) = &self.last;
        (self.acted > 0).then(|| (*line, shown(argv)))
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
            let reason = match self.on_trials > MOST_COMMANDS / 2 {
                true => "too much of it depends on what is not known before it runs: to try out \
                         what it may do takes too long"
                    .to_owned(),
                false => format!("it does more than {MOST_COMMANDS} commands would: does it end?"),
            };
            self.refuse(String::new(), reason);
        }
        self.fuel > 0
    }

    /// The same for trying something out so often.
    fn spend_on_trials(&mut self, trials: usize) -> bool {
        self.on_trials += trials * TRIAL;
        self.spend(trials * TRIAL)
    }

    /// Does what stands in a command or word; nothing where that is too deep.
    fn one_deeper<T>(&mut self, run: impl FnOnce(&mut Self) -> T) -> Result<T, String> {
        if self.nested >= MOST_NESTED {
            return Err(format!("it nests more than {MOST_NESTED} deep"));
        }
        self.nested += 1;
        let result = run(self);
        self.nested -= 1;
        Ok(result)
    }

    /// Runs a text in this shell.
    fn text(&mut self, text: &str, io: &mut Io) -> Flow {
        match parse::program(text) {
            Ok(program) => {
                // Each is let go of when it has run: what comes next finds its memory warm.
                for list in program.complete_commands {
                    let flow = self.list(&list, io);
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
}
