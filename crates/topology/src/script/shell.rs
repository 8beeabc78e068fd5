//! A script's commands, with their lines.
//!
//! What a shell would do beyond splitting words (variables, substitution, pipes, redirections,
//! control flow) is refused by name, but for what is written to a setting's file.

mod heredoc;
mod proc;

/// One simple command.
#[derive(Debug)]
pub(super) struct Command {
    /// Where it starts, counting from 1.
    pub(super) line: usize,
    /// As it stands there.
    pub(super) text: String,
    /// Its words, or why it has none.
    pub(super) argv: Result<Vec<String>, String>,
    /// The here-document that it reads.
    pub(super) input: Option<String>,
}

/// The commands of a script, in their order.
pub(super) fn commands(text: &str) -> Vec<Command> {
    let mut commands = Vec::new();
    let mut splitter = Splitter {
        rest: text,
        line: 1,
    };
    while let Some(Piece {
        line,
        text,
        trouble,
        input,
    }) = splitter.next_piece()
    {
        let text = text.trim().to_owned();
        if text.is_empty() && trouble.is_none() {
            continue;
        }
        let argv = match trouble {
            // Only what a shell does writes to a file.
            Some(trouble) => proc::as_sysctl(&text).ok_or(trouble),
            None => shlex::split(&text).ok_or_else(|| "a quote is not closed".to_owned()),
        };
        if matches!(&argv, Ok(argv) if argv.is_empty()) {
            continue;
        }
        commands.push(Command {
            line,
            text,
            argv,
            input,
        });
    }
    commands
}

/// A command before it is divided into words.
struct Piece {
    line: usize,
    /// Without comments.
    text: String,
    /// What in it is more than words.
    trouble: Option<String>,
    input: Option<String>,
}

struct Splitter<'a> {
    rest: &'a str,
    line: usize,
}

#[derive(Clone, Copy, PartialEq)]
enum Quote {
    None,
    Single,
    Double,
}

impl Splitter<'_> {
    /// The text up to the next newline, `;` or `&&` outside quotes, with the here-document that it
    /// begins.
    fn next_piece(&mut self) -> Option<Piece> {
        if self.rest.is_empty() {
            return None;
        }
        let mut piece = String::new();
        let mut start = None;
        let mut trouble: Option<String> = None;
        let mut refuse = |what: String| {
            trouble.get_or_insert(what);
        };
        let mut quote = Quote::None;
        let mut document: Option<heredoc::Opening> = None;
        let mut chars = self.rest.char_indices().peekable();
        let mut end = self.rest.len();
        while let Some((index, c)) = chars.next() {
            let at_word_start = piece.chars().next_back().is_none_or(char::is_whitespace);
            let after = self.rest.get(index + c.len_utf8()..).unwrap_or_default();
            match (quote, c) {
                (Quote::None, ';') if document.is_some() => {
                    refuse("a here-document must be the last on its line".into());
                }
                (Quote::None, '\n' | ';') => {
                    end = index + 1;
                    break;
                }
                // Joins the lines: the shell puts nothing in between.
                (Quote::None | Quote::Double, '\\') if is_line_end(after) => {
                    while chars.next().is_some_and(|(_, c)| c != '\n') {}
                    self.line += 1;
                    continue;
                }
                (Quote::None | Quote::Double, '\\') => {
                    piece.push(c);
                    if let Some((_, escaped)) = chars.next() {
                        self.line += usize::from(escaped == '\n');
                        piece.push(escaped);
                    }
                    continue;
                }
                (Quote::None, '#') if at_word_start => {
                    while chars.next_if(|(_, c)| *c != '\n').is_some() {}
                    continue;
                }
                (Quote::None, '&')
                    if matches!(chars.peek(), Some((_, '&'))) && document.is_none() =>
                {
                    chars.next();
                    end = index + 2;
                    break;
                }
                (Quote::None, '|') if matches!(chars.peek(), Some((_, '|'))) => {
                    refuse(
                        "`||` runs a command only if another fails, which is not known before"
                            .into(),
                    );
                }
                (Quote::None, '|') => refuse("pipes (`|`) are not supported".into()),
                (Quote::None, '&') => {
                    refuse("running in the background (`&`) is not supported".into())
                }
                (Quote::None, '<') if after.starts_with('<') && document.is_none() => {
                    match heredoc::opening(after.get(1..).unwrap_or_default()) {
                        Some((opening, length)) => {
                            // A word ends here, too.
                            piece.push(' ');
                            let until = index + 2 + length;
                            while chars.next_if(|(place, _)| *place < until).is_some() {}
                            document = Some(opening);
                            continue;
                        }
                        None => refuse("after `<<` the end of a here-document is named".into()),
                    }
                }
                (Quote::None, '<' | '>') => {
                    refuse(format!("redirections (`{c}`) are not supported"))
                }
                (Quote::None, '(' | ')') => refuse(format!("`{c}` is not supported")),
                (Quote::None | Quote::Double, '$') => {
                    refuse("variables and substitutions (`$`) are not supported yet".into());
                }
                (Quote::None | Quote::Double, '`') => {
                    refuse("command substitution (`) is not supported".into())
                }
                (Quote::None, '*' | '?' | '[') => {
                    refuse(format!("patterns of file names (`{c}`) are not supported"))
                }
                (Quote::None, '~') if at_word_start => {
                    refuse("home directories (`~`) are not supported".into())
                }
                (Quote::None, '{') if is_list(after) => {
                    refuse("lists in braces (`{a,b}`) are not supported".into())
                }
                (Quote::None, '\'') => quote = Quote::Single,
                (Quote::Single, '\'') => quote = Quote::None,
                (Quote::None, '"') => quote = Quote::Double,
                (Quote::Double, '"') => quote = Quote::None,
                _ => {}
            }
            if !c.is_whitespace() && start.is_none() {
                start = Some(self.line);
            }
            self.line += usize::from(c == '\n');
            piece.push(c);
        }
        let line = start.unwrap_or(self.line);
        let taken = self.rest.get(..end).unwrap_or_default();
        self.line += usize::from(taken.ends_with('\n') && quote == Quote::None);
        self.rest = self.rest.get(end..).unwrap_or_default();
        let mut input = None;
        if let Some(opening) = document {
            let (body, length) = heredoc::body(&opening, self.rest);
            let (read, rest) = self.rest.split_at_checked(length).unwrap_or_default();
            self.line += read.matches('\n').count();
            self.rest = rest;
            match body {
                Ok(body) => input = Some(body),
                Err(why) => trouble = trouble.or(Some(why)),
            }
        }
        Some(Piece {
            line,
            text: piece,
            trouble,
            input,
        })
    }
}

/// Whether the line ends here, as on Windows too.
fn is_line_end(text: &str) -> bool {
    text.starts_with('\n') || text.starts_with("\r\n")
}

/// Whether what follows a brace is a list, `a,b}` or `1..3}`, of which bash makes several words.
fn is_list(after: &str) -> bool {
    let word = after.split(char::is_whitespace).next().unwrap_or_default();
    let inside = word.split_once('}').map(|(inside, _)| inside);
    inside.is_some_and(|inside| inside.contains(',') || inside.contains(".."))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn words(text: &str) -> Vec<(usize, Vec<String>)> {
        commands(text)
            .into_iter()
            .map(|command| (command.line, command.argv.unwrap()))
            .collect()
    }

    #[test]
    fn splits_lines_lists_quotes_and_comments() {
        let text = "#!/bin/sh\n# one\nip a b # two\n\nx 'y  z' \"u#v\"; w && q\\\n  r\nlast";
        let line =
            |line: usize, argv: &[&str]| (line, argv.iter().map(|w| (*w).to_owned()).collect());
        let expected: Vec<(usize, Vec<String>)> = vec![
            line(3, &["ip", "a", "b"]),
            line(5, &["x", "y  z", "u#v"]),
            line(5, &["w"]),
            line(5, &["q", "r"]),
            line(7, &["last"]),
        ];
        assert_eq!(words(text), expected);
    }

    #[test]
    fn here_documents_belong_to_their_command() {
        let text = "a -f - <<'EOF'\n$x \"y\n; z\nEOF\nb <<-END # no\n\t\tq\n\tEND\nc\n";
        let found: Vec<_> = commands(text)
            .into_iter()
            .map(|c| (c.line, c.argv.unwrap().join(" "), c.input))
            .collect();
        let said = |text: &str| Some(text.to_owned());
        assert_eq!(
            found,
            [
                (1, "a -f -".to_owned(), said("$x \"y\n; z\n")),
                (5, "b".to_owned(), said("q\n")),
                (8, "c".to_owned(), None),
            ]
        );
        for text in [
            "a <<EOF\n$x\nEOF\n",
            "a <<EOF\nx\n",
            "a << ; b",
            "a <<E; b\nE\n",
            "a <<<x",
        ] {
            assert!(commands(text)[0].argv.is_err(), "{text}");
        }
    }

    #[test]
    fn names_what_is_more_than_words() {
        for text in [
            "a | b", "a > b", "a $b", "a `b`", "a &", "a || b", "(a)", "a \"$b\"", "a 'b",
        ] {
            assert!(commands(text)[0].argv.is_err(), "{text}");
        }
        assert!(commands("a '$b'")[0].argv.is_ok());
    }
}
