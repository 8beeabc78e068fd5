//! The grammar of a shell, by `brush-parser`, with limits of our own.

use std::sync::Arc;

use brush_parser::ast::Program;
use brush_parser::{
    ParseError, ParserOptions, SourceInfo, Token, TokenizerError, TokenizerOptions,
};

use super::pieces;

/// How many `&&` and `||` a `[[ … ]]` may have: each stands in the next, and what walks through them
/// goes as deep.
const MOST_JOINED: usize = 64;

/// How deep a script may nest. The grammar is recursive and has no limit: 10,000 braces in a row
/// would end the process (measured).
const MOST_NESTED: usize = 64;

/// Why a text is no shell script.
#[derive(Debug)]
pub(super) struct Malformed {
    /// Counting from 1.
    pub(super) line: usize,
    pub(super) reason: String,
}

/// Reads a whole text.
pub(super) fn program(text: &str) -> Result<Program, Malformed> {
    if let Some(line) = too_deep(text) {
        return Err(Malformed {
            line,
            reason: format!("it nests more than {MOST_NESTED} deep"),
        });
    }
    match pieces::program(text) {
        Some(program) => Ok(program),
        None => by_grammar(text, 0),
    }
}

/// Reads a text as the grammar has it; so many lines of the script stand before it.
pub(super) fn by_grammar(text: &str, before: usize) -> Result<Program, Malformed> {
    // Without `extglob`, which a script must ask for, `!(true)` is `! (true)`.
    if text.contains("!(")
        && let Ok(program) = by_grammar_with(text, before, false)
    {
        return Ok(program);
    }
    let read = by_grammar_with(text, before, true);
    match (&read, with_separated_bodies(text)) {
        (Err(_), Some(text)) => by_grammar_with(&text, before, true).or(read),
        _ => read,
    }
}

/// `for ((…)) do` as `for ((…)); do`: bash takes both, the grammar does not.
fn with_separated_bodies(text: &str) -> Option<String> {
    let mut all = String::new();
    for line in text.split_inclusive('\n') {
        let body = line
            .find("for ((")
            .or_else(|| line.find("for(("))
            .and_then(|start| Some(start + line.get(start..)?.find("))")? + 2))
            .and_then(|end| Some((line.get(..end)?, line.get(end..)?)));
        match body {
            Some((head, body)) if body.trim_start().starts_with("do") => {
                all.push_str(head);
                all.push(';');
                all.push_str(body);
            }
            _ => all.push_str(line),
        }
    }
    Some(all).filter(|all| all.len() != text.len())
}

fn by_grammar_with(
    text: &str,
    before: usize,
    enable_extended_globbing: bool,
) -> Result<Program, Malformed> {
    let tokenizer = TokenizerOptions {
        enable_extended_globbing,
        ..TokenizerOptions::default()
    };
    let parser = ParserOptions {
        enable_extended_globbing,
        ..ParserOptions::default()
    };
    // Not the cached form: it would keep the scripts of others in memory.
    let mut tokens = brush_parser::uncached_tokenize_str(text, &tokenizer)
        .map_err(|error| of_tokens(text, &error))?;
    if before > 0 {
        for token in &mut tokens {
            let (Token::Word(_, place) | Token::Operator(_, place)) = token;
            for position in [&mut place.start, &mut place.end] {
                Arc::make_mut(position).line += before;
            }
        }
    }
    if let Some(number) = tokens.windows(2).find_map(no_descriptor) {
        return Err(Malformed {
            line: number.location().start.line,
            reason: format!("`{}` is no file descriptor", number.to_str()),
        });
    }
    brush_parser::parse_tokens(&tokens, &parser, &SourceInfo::default())
        .map_err(|error| of_grammar(text, &error))
}

/// A number before a redirection that is too large for one: `1>` is standard output. The grammar takes
/// it for granted that it is not, and panics.
fn no_descriptor(pair: &[Token]) -> Option<&Token> {
    let [
        number @ Token::Word(word, place),
        Token::Operator(operator, next),
    ] = pair
    else {
        return None;
    };
    let touches = place.end.index == next.start.index;
    let is_number = word.chars().all(|c| c.is_ascii_digit());
    let redirects = operator.starts_with(['<', '>']);
    (touches && is_number && redirects && word.parse::<i32>().is_err()).then_some(number)
}

fn of_tokens(text: &str, error: &TokenizerError) -> Malformed {
    Malformed {
        line: text.lines().count().max(1),
        reason: format!("the shell's syntax is not understood: {error}"),
    }
}

fn of_grammar(text: &str, error: &ParseError) -> Malformed {
    let (line, near) = match error {
        ParseError::ParsingNearToken(token) => (token.location().start.line, token.to_str()),
        ParseError::ParsingAtEndOfInput => (text.lines().count().max(1), "the end"),
        ParseError::Tokenizing { position, .. } => {
            (position.as_ref().map_or(1, |at| at.line), "here")
        }
    };
    let near = match near.trim() {
        "" => "the end of the line".to_owned(),
        near => format!("`{near}`"),
    };
    Malformed {
        line,
        reason: format!("the shell's syntax is not understood at {near}"),
    }
}

/// The line in which a text nests too deep, counted by what opens and closes, wherever it stands:
/// quotes and comments make it seem deeper than it is, never less deep.
fn too_deep(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    // In `[[ … ]]`: how many are joined in it so far.
    let mut joined = None;
    for (index, line) in text.lines().enumerate() {
        let mut ticks = 0;
        let mut deepest = depth;
        for word in line.split_whitespace() {
            match word.trim_end_matches(';') {
                "if" | "do" | "case" => depth += 1,
                "fi" | "done" | "esac" => depth = depth.saturating_sub(1),
                _ => {}
            }
            let joints = word.matches("&&").count() + word.matches("||").count();
            joined = match joined {
                _ if word.ends_with("[[") => Some(0),
                _ if word.starts_with("]]") => None,
                joined => joined.map(|count| count + joints),
            };
            if joined.is_some_and(|count| count > MOST_JOINED) {
                return Some(index + 1);
            }
            for byte in word.bytes() {
                match byte {
                    b'(' | b'{' | b'[' => depth += 1,
                    b')' | b'}' | b']' => depth = depth.saturating_sub(1),
                    b'`' | b'!' => ticks += 1,
                    _ => {}
                }
                deepest = deepest.max(depth);
            }
            deepest = deepest.max(depth);
        }
        if deepest > MOST_NESTED || ticks > MOST_NESTED {
            return Some(index + 1);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn depth_is_bounded() {
        for open in ["(", "{ ", "$(", "`", "${a:-", "if ", "$((", "! ", "[[ ! "] {
            let text = format!("echo {}", open.repeat(20_000));
            assert!(program(&text).is_err(), "{open}");
            let text = open.repeat(20_000);
            assert!(program(&text).is_err(), "{open}");
        }
        assert!(program("if true; then if true; then :; fi; fi").is_ok());
    }

    /// What opens and closes again within one line is as deep as what never closes.
    #[test]
    fn depth_is_bounded_where_it_closes_again() {
        let pairs = [
            ("(", ")"),
            ("{ ", "; }"),
            ("echo $(", ")"),
            ("echo \"$(", ")\""),
            ("echo ${a:-", "}"),
            ("echo $((", "))"),
            ("[[ ( ", " ) ]]"),
            ("f() { ", "; }"),
            ("if ", "; then :; fi"),
            ("{a,", "}"),
        ];
        for (open, close) in pairs {
            let nested = |depth: usize| format!("{}a{}", open.repeat(depth), close.repeat(depth));
            let reason = program(&nested(20_000)).unwrap_err().reason;
            assert!(reason.contains("nests"), "{open}: {reason}");
            // What is let through does not need more of the stack than a thread has.
            let most = nested(MOST_NESTED);
            let thread = std::thread::Builder::new().stack_size(2 << 20);
            let parsed = thread.spawn(move || program(&most).is_ok()).unwrap();
            parsed.join().unwrap();
        }
    }
    #[test]
    fn a_number_that_is_no_descriptor_is_refused() {
        let malformed = program("true\necho a 99999999999999999999> b").unwrap_err();
        assert_eq!(malformed.line, 2);
        assert!(malformed.reason.contains("no file descriptor"));
        assert!(program("echo a 2> b").is_ok());
        // With a space it is a word.
        assert!(program("echo 99999999999999999999 > b").is_ok());
    }
}
