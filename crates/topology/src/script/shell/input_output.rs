//! What commands read and print, and where it goes.

use brush_parser::ast::{IoFileRedirectKind, IoFileRedirectTarget, IoRedirect};

use super::variables::MOST_TEXT;
use super::{Flow, Shell, word};

/// Most that is kept of what commands print, bytes.
const MOST_OUTPUT: usize = 1 << 20;

/// Where a command reads and prints.
#[derive(Debug, Default)]
pub(super) struct Io {
    /// What it reads; `None` is the terminal.
    pub(super) input: Option<Input>,
    pub(super) out: Out,
}

/// What a command reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Input {
    Text(String),
    /// What this program prints, which is not known.
    Unknown(String),
}

/// What is kept of what a command prints.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) enum Out {
    /// Nothing: it goes to the terminal.
    #[default]
    Terminal,
    Text(String),
    /// Something that is not known, by this program.
    Unknown(String),
}

impl Out {
    pub(super) fn capture() -> Self {
        Self::Text(String::new())
    }

    /// Whether it goes anywhere but to a person.
    pub(super) fn is_kept(&self) -> bool {
        !matches!(self, Self::Terminal)
    }

    pub(super) fn print(&mut self, text: &str) {
        if let Self::Text(all) = self {
            match all.len() + text.len() > MOST_OUTPUT {
                true => *self = Self::Unknown("more than a megabyte".to_owned()),
                false => all.push_str(text),
            }
        }
    }

    /// Something was printed that is not known.
    pub(super) fn print_unknown(&mut self, who: &str) {
        if self.is_kept() {
            *self = Self::Unknown(who.to_owned());
        }
    }

    /// The text, or who printed what is not known.
    pub(super) fn into_text(self) -> Result<String, String> {
        match self {
            Self::Terminal => Ok(String::new()),
            Self::Text(text) => Ok(text),
            Self::Unknown(who) => Err(who),
        }
    }

    /// As what another command reads.
    pub(super) fn into_input(self) -> Input {
        match self.into_text() {
            Ok(text) => Input::Text(text),
            Err(who) => Input::Unknown(who),
        }
    }
}

/// Where output goes by redirection.
enum Target {
    /// Onward to wherever the other goes.
    Same,
    Nowhere,
    File {
        path: String,
        append: bool,
    },
}

fn is_for_writing(kind: &IoFileRedirectKind) -> bool {
    matches!(
        kind,
        IoFileRedirectKind::Write | IoFileRedirectKind::Append | IoFileRedirectKind::Clobber
    )
}

/// Whether a file has a name that is not known since there is a date or a machine's name in it: then it
/// is none of the kernel's, and nobody reads it here.
pub(super) fn is_of_the_day(word: &str, reason: &str) -> bool {
    let printer = word::printer(reason).and_then(|who| who.split(' ').next());
    let is_so = matches!(
        printer,
        Some("date" | "hostname" | "uname" | "nproc" | "uuidgen")
    );
    is_so && !["/proc", "/sys"].iter().any(|folder| word.contains(folder))
}

impl Shell {
    /// Runs something with its redirections.
    pub(super) fn redirected<'a>(
        &mut self,
        redirects: impl Iterator<Item = &'a IoRedirect>,
        io: &mut Io,
        run: impl FnOnce(&mut Self, &mut Io) -> Flow,
    ) -> Flow {
        let mut target = Target::Same;
        let mut is_quiet = false;
        let mut input = None;
        for redirect in redirects {
            if let Err(reason) = self.redirect(redirect, &mut target, &mut is_quiet, &mut input) {
                let text = redirect.to_string();
                let start = text.lines().next().unwrap_or_default();
                self.refuse(start.to_owned(), reason);
                return Flow::Next;
            }
        }
        if matches!(target, Target::Same) && input.is_none() && !is_quiet {
            return run(self, io);
        }
        self.provided += usize::from(is_quiet);
        let has_input = input.is_some();
        let mut inner = Io {
            input: match input {
                Some(input) => Some(input),
                None => io.input.take(),
            },
            out: match &target {
                Target::Same => std::mem::take(&mut io.out),
                Target::Nowhere => Out::Terminal,
                Target::File { .. } => Out::capture(),
            },
        };
        let flow = run(self, &mut inner);
        self.provided -= usize::from(is_quiet);
        if !has_input {
            io.input = inner.input;
        }
        match target {
            Target::Same => io.out = inner.out,
            Target::Nowhere => {}
            Target::File { path, append } => self.write_file(&path, append, inner.out),
        }
        flow
    }

    fn redirect(
        &mut self,
        redirect: &IoRedirect,
        target: &mut Target,
        is_quiet: &mut bool,
        input: &mut Option<Input>,
    ) -> Result<(), String> {
        match redirect {
            IoRedirect::HereDocument(_, document) => {
                let text = &document.doc.value;
                let text = match document.requires_expansion {
                    true => self.here_document(text)?,
                    false => text.clone(),
                };
                *input = Some(Input::Text(text));
            }
            IoRedirect::HereString(_, word) => {
                // Who reads what is not known says so.
                *input = Some(match self.one(&word.value) {
                    Ok(text) => Input::Text(text + "\n"),
                    Err(reason) if super::word::is_unknown(&reason) => {
                        Input::Unknown(word.value.clone())
                    }
                    Err(reason) => return Err(reason),
                });
            }
            IoRedirect::OutputAndError(word, append) => {
                let path = self.one(&word.value)?;
                *is_quiet |= path == "/dev/null";
                *target = to_file(path, *append);
            }
            IoRedirect::File(descriptor, kind, to) => {
                self.file_redirect(*descriptor, kind, to, (target, is_quiet, input))?;
            }
        }
        Ok(())
    }

    fn file_redirect(
        &mut self,
        descriptor: Option<i32>,
        kind: &IoFileRedirectKind,
        to: &IoFileRedirectTarget,
        (target, is_quiet, input): (&mut Target, &mut bool, &mut Option<Input>),
    ) -> Result<(), String> {
        let path = match to {
            IoFileRedirectTarget::Filename(word) | IoFileRedirectTarget::Duplicate(word) => {
                match self.one(&word.value) {
                    Err(reason) if is_for_writing(kind) && is_of_the_day(&word.value, &reason) => {
                        if matches!(descriptor, None | Some(1)) {
                            *target = Target::Nowhere;
                        }
                        return Ok(());
                    }
                    read => read?,
                }
            }
            IoFileRedirectTarget::Fd(number) => number.to_string(),
            IoFileRedirectTarget::ProcessSubstitution(..) => {
                return Err("process substitution (`<(…)`) is not supported".to_owned());
            }
        };
        match kind {
            IoFileRedirectKind::Read | IoFileRedirectKind::ReadAndWrite => {
                *input = Some(match self.read_file(&path) {
                    Some(text) => Input::Text(text),
                    None => Input::Unknown(path),
                });
            }
            IoFileRedirectKind::Write
            | IoFileRedirectKind::Append
            | IoFileRedirectKind::Clobber => {
                let append = matches!(kind, IoFileRedirectKind::Append);
                match descriptor {
                    None | Some(1) => *target = to_file(path, append),
                    Some(2) => *is_quiet |= path == "/dev/null",
                    Some(_) => {}
                }
            }
            IoFileRedirectKind::DuplicateOutput => match (descriptor, path.as_str()) {
                // `>&2`: what is said there, nobody keeps.
                (None | Some(1), "2") => *target = Target::Nowhere,
                // `2>&1` after `>/dev/null`.
                (Some(2), "1") => *is_quiet |= matches!(target, Target::Nowhere),
                (None, path) if path.parse::<u32>().is_err() && path != "-" => {
                    *is_quiet |= path == "/dev/null";
                    *target = to_file(path.to_owned(), false);
                }
                _ => {}
            },
            IoFileRedirectKind::DuplicateInput => {}
        }
        if self.files.values().map(String::len).sum::<usize>() > 16 * MOST_TEXT {
            return Err("the script writes more than a megabyte into files".to_owned());
        }
        Ok(())
    }
}

fn to_file(path: String, append: bool) -> Target {
    match path.as_str() {
        "/dev/null" | "/dev/stderr" | "/dev/tty" => Target::Nowhere,
        "/dev/stdout" => Target::Same,
        _ => Target::File { path, append },
    }
}
