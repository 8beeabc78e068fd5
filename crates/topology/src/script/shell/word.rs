//! Words: from how they are written to the texts that a command gets.

use brush_parser::word::{WordPiece, WordPieceWithSource};
use brush_parser::{ParserOptions, word};

use super::brace;
use super::pattern::Pattern;
use super::variables::MOST_TEXT;
use super::{BYTES_A_COMMAND, COMPARISONS_A_COMMAND, MOST_WORDS, Shell};

/// A part of a word after expansion.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Stands as it is.
    Quoted(String),
    /// As the script writes it: not divided, but may be a pattern.
    Plain(String),
    /// Came from a variable or a command without quotes: divided at spaces.
    Expanded(String),
    /// Here one word ends and another begins: `"$@"`.
    Break,
}

/// Characters that make a word more than itself.
const ACTIVE: [char; 13] = [
    '$', '`', '\'', '"', '\\', '*', '?', '[', '{', '~', '!', '@', '+',
];

impl Shell {
    /// The words that one word becomes.
    pub(super) fn fields(&mut self, word: &str) -> Result<Vec<String>, String> {
        let mut fields = Vec::new();
        self.fields_into(word, &mut fields)?;
        Ok(fields)
    }

    /// Adds the words that one word becomes to these, which most words do as they are.
    pub(super) fn fields_into(
        &mut self,
        word: &str,
        fields: &mut Vec<String>,
    ) -> Result<(), String> {
        if !word.contains(ACTIVE) {
            fields.push(word.to_owned());
            return Ok(());
        }
        let before = fields.len();
        for word in brace::expand(word)? {
            let parts = self.parts(&word, true)?;
            let separators = self.variables.text("IFS").unwrap_or(" \t\n").to_owned();
            for (text, is_pattern) in divided(parts, &separators) {
                if text.len() > MOST_TEXT {
                    return Err(format!("a word of more than {MOST_TEXT} bytes"));
                }
                self.spend(text.len() / BYTES_A_COMMAND);
                match is_pattern {
                    true => fields.extend(self.file_names(text)?),
                    false => fields.push(text),
                }
                if fields.len() - before > MOST_WORDS {
                    return Err(format!("it becomes more than {MOST_WORDS} words"));
                }
            }
        }
        Ok(())
    }

    /// The one text that a word becomes where it is not divided.
    pub(super) fn one(&mut self, word: &str) -> Result<String, String> {
        if !word.contains(ACTIVE) {
            return Ok(word.to_owned());
        }
        let parts = self.parts(word, true)?;
        let text = bounded(joined(parts))?;
        self.spend(text.len() / BYTES_A_COMMAND);
        Ok(text)
    }

    /// A here-document whose delimiter is not quoted.
    pub(super) fn here_document(&mut self, text: &str) -> Result<String, String> {
        if !text.contains(['$', '`', '\\']) {
            return Ok(text.to_owned());
        }
        // Quotes mean nothing in it, but in the commands whose output it holds: each line, or lines that
        // a command joins, is read as if it stood between double quotes.
        let mut document = String::new();
        let (mut piece, mut commands) = (String::new(), Commands::default());
        for line in text.split_inclusive('\n') {
            for c in line.chars() {
                if commands.take(c) && c == '"' {
                    piece.push('\\');
                }
                piece.push(c);
            }
            if commands.are_closed() {
                let parts = self.parts(&format!("\"{piece}\""), false)?;
                document.push_str(&joined(parts));
                piece.clear();
            }
        }
        if !piece.is_empty() {
            return Err("a command in it does not end".to_owned());
        }
        bounded(document)
    }

    /// A word as a pattern: what is quoted in it means itself. It is to be compared with that many
    /// bytes in all, which is work, too.
    pub(super) fn pattern(&mut self, word: &str, bytes: usize) -> Result<Pattern, String> {
        let mut pattern = Pattern::default();
        for part in self.parts(word, false)? {
            match part {
                Part::Quoted(text) => pattern.push_literal(&text),
                Part::Plain(text) | Part::Expanded(text) => pattern.push_active(&text),
                Part::Break => pattern.push_literal(" "),
            }
        }
        let comparisons = pattern.len().saturating_mul(bytes);
        match self.spend(comparisons / COMPARISONS_A_COMMAND) {
            true => Ok(pattern),
            false => Err("a pattern that takes too long to compare".to_owned()),
        }
    }

    /// A word as a regular expression: what is quoted in it means itself.
    pub(super) fn expression(&mut self, word: &str) -> Result<String, String> {
        let mut escapes = word.match_indices('\\').map(|(at, _)| at + 1);
        let of_letter = escapes.find_map(|at| {
            let next = word.get(at..)?.chars().next()?;
            (next.is_alphanumeric() || matches!(next, '<' | '>')).then_some(next)
        });
        if let Some(letter) = of_letter {
            return Err(format!(
                "`\\{letter}` in a regular expression is not supported"
            ));
        }
        let mut expression = String::new();
        for part in self.parts(word, false)? {
            match part {
                Part::Quoted(text) => expression.push_str(&regex_lite::escape(&text)),
                Part::Plain(text) | Part::Expanded(text) => expression.push_str(&text),
                Part::Break => expression.push(' '),
            }
        }
        bounded(expression)
    }

    fn parts(&mut self, word: &str, tilde: bool) -> Result<Vec<Part>, String> {
        let options = ParserOptions {
            tilde_expansion: tilde,
            ..ParserOptions::default()
        };
        let pieces = word::parse(word, &options).map_err(|error| format!("`{word}`: {error}"))?;
        let mut parts = Vec::new();
        self.one_deeper(|shell| shell.take_pieces(&pieces, false, &mut parts))??;
        Ok(parts)
    }

    fn take_pieces(
        &mut self,
        pieces: &[WordPieceWithSource],
        quoted: bool,
        parts: &mut Vec<Part>,
    ) -> Result<(), String> {
        for piece in pieces {
            let text = match &piece.piece {
                WordPiece::Text(text) => {
                    parts.push(match quoted {
                        true => Part::Quoted(text.clone()),
                        false => Part::Plain(text.clone()),
                    });
                    continue;
                }
                WordPiece::SingleQuotedText(text) => {
                    parts.push(Part::Quoted(text.clone()));
                    continue;
                }
                WordPiece::AnsiCQuotedText(text) => {
                    parts.push(Part::Quoted(super::text_tools::unescaped(text)));
                    continue;
                }
                WordPiece::DoubleQuotedSequence(pieces)
                | WordPiece::GettextDoubleQuotedSequence(pieces) => {
                    // `""` is a word, too; `"$@"` without arguments is none.
                    let before = parts.len();
                    parts.push(Part::Quoted(String::new()));
                    self.take_pieces(pieces, true, parts)?;
                    if parts.len() == before + 1 && !pieces.is_empty() {
                        parts.pop();
                    }
                    continue;
                }
                WordPiece::EscapeSequence(text) => {
                    let text = text.strip_prefix('\\').unwrap_or(text);
                    // At the end of a line it joins the lines.
                    if text != "\n" {
                        parts.push(Part::Quoted(text.to_owned()));
                    }
                    continue;
                }
                WordPiece::TildePrefix(user) if user.is_empty() => {
                    parts.push(Part::Quoted("/root".to_owned()));
                    continue;
                }
                WordPiece::TildePrefix(_) => {
                    return Err("home directories of others (`~name`) are not known".to_owned());
                }
                WordPiece::ParameterExpansion(expression) => {
                    let found = self.parameter(expression, quoted)?;
                    parts.extend(found);
                    continue;
                }
                WordPiece::CommandSubstitution(text) => self.substitution(text)?,
                WordPiece::BackquotedCommandSubstitution(text) => {
                    self.substitution(&text.replace("\\`", "`").replace("\\$", "$"))?
                }
                WordPiece::ArithmeticExpression(expression) => {
                    self.number(&expression.value)?.to_string()
                }
            };
            parts.push(match quoted {
                true => Part::Quoted(text),
                false => Part::Expanded(text),
            });
        }
        Ok(())
    }

    /// The names of files that are so, as far as they can be known.
    fn file_names(&self, pattern: String) -> Result<Vec<String>, String> {
        if let Some(paths) = self.paths(&pattern) {
            return Ok(paths);
        }
        match pattern.starts_with('/') {
            true => Err(format!(
                "which files `{pattern}` names is not known before it runs"
            )),
            // None is expected to be so in the folder in which a script runs.
            false => Ok(vec![pattern]),
        }
    }
}

/// Where the commands are of which a text holds the output: `$(…)` and `` `…` ``.
#[derive(Default)]
struct Commands {
    /// What closes each that is open: a bracket, a quote, a backtick.
    open: Vec<char>,
    before: Option<char>,
}

impl Commands {
    /// Takes the next character; says whether it stands outside of them.
    fn take(&mut self, c: char) -> bool {
        let is_outside = self.open.is_empty();
        let is_escaped = self.before == Some('\\') && self.open.last() != Some(&'\'');
        let begins = self.before == Some('$') && c == '(';
        self.before = match is_escaped {
            true => None,
            false => Some(c),
        };
        if is_escaped {
            return is_outside;
        }
        match (self.open.last(), c) {
            (Some(end), c) if *end == c => {
                self.open.pop();
            }
            (Some('\''), _) => {}
            (Some('"') | None, '(') if !begins => {}
            (_, '(') => self.open.push(')'),
            (None, '`') => self.open.push('`'),
            (Some(')' | '`'), '"' | '\'' | '`') => self.open.push(c),
            _ => {}
        }
        is_outside
    }

    fn are_closed(&self) -> bool {
        self.open.is_empty()
    }
}

fn bounded(text: String) -> Result<String, String> {
    match text.len() > MOST_TEXT {
        true => Err(format!("a text of more than {MOST_TEXT} bytes")),
        false => Ok(text),
    }
}

/// All parts as one text.
fn joined(parts: Vec<Part>) -> String {
    let mut text = String::new();
    for part in parts {
        match part {
            Part::Quoted(more) | Part::Plain(more) | Part::Expanded(more) => text.push_str(&more),
            Part::Break => text.push(' '),
        }
    }
    text
}

/// Divides what came without quotes; says of each whether it is a pattern of file names.
fn divided(parts: Vec<Part>, separators: &str) -> Vec<(String, bool)> {
    let mut fields = Vec::new();
    let mut field: Option<(String, bool)> = None;
    for part in parts {
        match part {
            Part::Quoted(text) => field.get_or_insert_default().0.push_str(&text),
            Part::Plain(text) => {
                let (all, is_pattern) = field.get_or_insert_default();
                *is_pattern |= is_glob(&text);
                all.push_str(&text);
            }
            Part::Expanded(text) => {
                let mut pieces = text.split(|c| separators.contains(c)).peekable();
                while let Some(piece) = pieces.next() {
                    if !piece.is_empty() {
                        let (all, is_pattern) = field.get_or_insert_default();
                        *is_pattern |= is_glob(piece);
                        all.push_str(piece);
                    }
                    if pieces.peek().is_some() {
                        fields.extend(field.take());
                    }
                }
            }
            Part::Break => fields.extend(field.take()),
        }
    }
    fields.extend(field);
    fields
}

/// Whether the shell would look for files of such names. A lone `[` is a command.
fn is_glob(text: &str) -> bool {
    let has_set = text
        .split_once('[')
        .is_some_and(|(_, after)| after.contains(']'));
    text.contains(['*', '?']) || has_set
}

/// The program of which it is not known what it prints, if that is the reason.
pub(super) fn printer(reason: &str) -> Option<&str> {
    between(reason, "` prints is not known before it runs")
}

/// The command of which it is not known how it ends, if that is the reason.
pub(super) fn ender(reason: &str) -> Option<&str> {
    between(reason, "` ends with is not known before it runs").or_else(|| {
        let rest = reason.strip_prefix("whether `")?;
        rest.strip_suffix("` succeeds is not known before it runs")
    })
}

fn between<'a>(reason: &'a str, end: &str) -> Option<&'a str> {
    reason.strip_prefix("what `")?.strip_suffix(end)
}

/// Whether a word becomes one, whatever is in it: `$?`, `"$x"`.
pub(super) fn is_one(word: &str) -> bool {
    let quoted = word
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    let is_one = |text: &str| !text.contains(['"', '@', '*']);
    word == "$?" || quoted.is_some_and(is_one)
}

/// Whether the reason why a word cannot be expanded is that a program would have to run first.
pub(super) fn is_unknown(reason: &str) -> bool {
    reason.ends_with("is not known before it runs")
}
