//! A script's text in pieces: lines of nothing but words are read here, and what stands between
//! them is given to the grammar, piece by piece.
//!
//! The grammar takes ten times as long for such a line, and most lines of a long script are so. A
//! shell reads in pieces, too: where a command is complete at the end of a line, what comes after
//! does not change it. Where a piece ends is guessed by what opens and closes in its lines: a piece
//! that ends too early is no script, and then the grammar gets the whole text.

use std::sync::Arc;

use brush_parser::ast::{
    AndOrList, Command, CommandPrefixOrSuffixItem, CommandSuffix, CompoundList, CompoundListItem,
    Pipeline, Program, SeparatorOperator, SimpleCommand, Word,
};
use brush_parser::{SourcePosition, TokenLocation};

use super::parse;

/// Words that begin something else than a simple command.
const RESERVED: [&str; 18] = [
    "case", "do", "done", "elif", "else", "esac", "fi", "for", "if", "in", "then", "until",
    "while", "function", "select", "time", "coproc", "!",
];

/// Reads a text whose pieces are what they seem; `None` where the grammar is to read it whole.
pub(super) fn program(text: &str) -> Option<Program> {
    let mut complete_commands = Vec::new();
    let mut lines = text.split_inclusive('\n');
    let (mut before, mut at) = (0, 0);
    while let Some(line) = lines.next() {
        let Some(words) = words(line) else {
            let mut piece = Piece::default();
            let begin = (at, before);
            let mut next = Some(line);
            while let Some(line) = next {
                before += 1;
                at += line.len();
                piece.take(line);
                next = if piece.is_open() { lines.next() } else { None };
            }
            let read = parse::by_grammar(text.get(begin.0..at)?, begin.1).ok()?;
            complete_commands.extend(read.complete_commands);
            continue;
        };
        before += 1;
        at += line.len();
        complete_commands.extend(command(&words, before));
    }
    Some(Program { complete_commands })
}

/// The command that these words are. Of a place only the line is known.
fn command(words: &[&str], line: usize) -> Option<CompoundList> {
    let (name, rest) = words.split_first()?;
    let place = Arc::new(SourcePosition {
        line,
        ..SourcePosition::default()
    });
    let word = |text: &str| Word {
        value: text.to_owned(),
        loc: Some(TokenLocation {
            start: place.clone(),
            end: place.clone(),
        }),
    };
    let suffix = rest.iter();
    let suffix = suffix.map(|text| CommandPrefixOrSuffixItem::Word(word(text)));
    let simple = SimpleCommand {
        prefix: None,
        word_or_name: Some(word(name)),
        suffix: (!rest.is_empty()).then(|| CommandSuffix(suffix.collect())),
    };
    let pipeline = Pipeline {
        timed: None,
        bang: false,
        seq: vec![Command::Simple(simple)],
    };
    let list = AndOrList {
        first: pipeline,
        additional: Vec::new(),
    };
    let item = CompoundListItem(list, SeparatorOperator::Sequence);
    Some(CompoundList(vec![item]))
}

/// The words of a line that has nothing else but blanks and a comment.
fn words(line: &str) -> Option<Vec<&str>> {
    let mut words = Vec::new();
    let mut rest = line.trim_end_matches('\n');
    loop {
        rest = rest.trim_start_matches([' ', '\t']);
        if rest.is_empty() || rest.starts_with('#') {
            return Some(words);
        }
        let (word, more) = rest.split_at_checked(word(rest)?)?;
        let is_reserved = words.is_empty() && RESERVED.contains(&word);
        if is_reserved || is_assignment(word) {
            return None;
        }
        words.push(word);
        rest = more;
    }
}

/// How many bytes of a text, which begins with no blank, are a word of letters, quotes of letters,
/// and variables; `None` where anything else comes before its end.
fn word(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = 0;
    let mut quote = None;
    while let Some(&byte) = bytes.get(at) {
        at += match (quote, byte) {
            (None, b' ' | b'\t') => return Some(at),
            (None, b'"' | b'\'') => {
                quote = Some(byte);
                1
            }
            (Some(open), _) if byte == open => {
                quote = None;
                1
            }
            (None | Some(b'"'), b'$') => variable(bytes.get(at..)?)?,
            (Some(b'"'), b'\\' | b'`') => return None,
            (Some(_), b' '..=b'~') => 1,
            (None, b'-' | b'.' | b'/' | b':' | b',' | b'%' | b'@' | b'+' | b'_' | b'=') => 1,
            (None, byte) if byte.is_ascii_alphanumeric() => 1,
            _ => return None,
        };
    }
    quote.is_none().then_some(at)
}

/// How many bytes `$name` or `${name}` has, which stands at the beginning.
fn variable(bytes: &[u8]) -> Option<usize> {
    let is_letter = |byte: &&u8| byte.is_ascii_alphanumeric() || **byte == b'_';
    let is_braced = bytes.get(1) == Some(&b'{');
    let begin = 1 + usize::from(is_braced);
    let length = bytes.get(begin..)?.iter().take_while(is_letter).count();
    let is_closed = bytes.get(begin + length) == Some(&b'}');
    match length {
        0 => None,
        _ if is_braced && !is_closed => None,
        _ => Some(begin + length + usize::from(is_braced)),
    }
}

/// Whether a word gives a value to a name: `name=…`, `name+=…`.
fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        let name = name.strip_suffix('+').unwrap_or(name);
        let is_letter = |c: char| c.is_ascii_alphanumeric() || c == '_';
        name.chars().all(is_letter) && !name.starts_with(|c: char| c.is_ascii_digit())
    })
}

/// What is open in the lines of a piece.
#[derive(Debug, Default)]
struct Piece {
    clauses: usize,
    brackets: usize,
    single: bool,
    double: bool,
    /// Its last line goes on on the next one.
    goes_on: bool,
    /// What ends the here-document that it is in.
    document: Option<String>,
}

impl Piece {
    fn is_open(&self) -> bool {
        let is_in_quotes = self.single || self.double;
        let is_nested = self.clauses + self.brackets > 0;
        is_in_quotes || is_nested || self.goes_on || self.document.is_some()
    }

    /// Takes the next line.
    fn take(&mut self, line: &str) {
        let line = line.trim_end_matches('\n');
        if let Some(end) = &self.document {
            if line.trim_start_matches('\t') == end {
                self.document = None;
            }
            return;
        }
        self.goes_on = [r"\", "|", "&&"].iter().any(|end| line.ends_with(end));
        if line.trim_start().starts_with('#') {
            return;
        }
        for word in line.split([' ', '\t', ';']) {
            match word {
                "if" | "for" | "while" | "until" | "select" | "case" => self.clauses += 1,
                "fi" | "done" | "esac" => self.clauses = self.clauses.saturating_sub(1),
                _ => {}
            }
        }
        for byte in line.bytes() {
            match byte {
                b'\'' if !self.double => self.single = !self.single,
                b'"' if !self.single => self.double = !self.double,
                _ if self.single || self.double => {}
                b'(' | b'{' => self.brackets += 1,
                b')' | b'}' => self.brackets = self.brackets.saturating_sub(1),
                _ => {}
            }
        }
        if let Some((_, tag)) = line.split_once("<<") {
            let tag = tag.trim_start_matches(['-', ' ']);
            let is_of = |c: char| c.is_alphanumeric() || "_\"'\\".contains(c);
            let tag = tag.split(|c| !is_of(c)).next().unwrap_or_default();
            let tag = tag.replace(['"', '\'', '\\'], "");
            self.document = Some(tag).filter(|tag| !tag.is_empty());
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// As it is told for debugging, but for the columns, which are not known of words alone.
    fn shown(program: &Program) -> String {
        let columns = regex_lite::Regex::new(r"index: \d+, |, column: \d+").expect("it is one");
        columns
            .replace_all(&format!("{program:?}"), "")
            .into_owned()
    }

    /// Where the text is read in pieces, the grammar reads the same.
    fn compare(text: &str) -> Result<bool, TestCaseError> {
        let Some(pieces) = program(text) else {
            return Ok(false);
        };
        let whole = parse::by_grammar(text, 0);
        let whole = whole.map_err(|error| {
            TestCaseError::fail(format!("{text:?} is refused: {}", error.reason))
        })?;
        prop_assert_eq!(shown(&pieces), shown(&whole), "{:?}", text);
        Ok(true)
    }

    #[test]
    fn lines_of_words_and_what_is_between_them_are_read_in_pieces() {
        let texts = [
            "ip netns add red # one\n\n\t\"ip\" link add 'v 1' type veth peer name \"$b x\"\n",
            "set -e\nfor i in 1 2; do\n  ip netns add n$i\ndone\nip netns add ${a}b\n",
            "f() {\n  echo \"}\"\n}\nf a=b\nx=1 y=2\nf\n",
            "nft -f - <<'EOF'\ntable ip a {\n  chain b {\nEOF\nip link set lo up\n",
            "case $1 in\n  a|b) echo c ;;\n  *) echo d ;;\nesac\necho e\n",
            "ip link add a \\\n  type dummy\nip link set a up && \\\n  echo b\ntrue &&\n  false\n",
            "if true; then\n  echo 'a\nfi'\nfi\nls",
            "echo if then fi\ntime ip a\n! true\n",
        ];
        for text in texts {
            match compare(text) {
                Ok(true) => {}
                other => panic!("{text:?}: {other:?}"),
            }
        }
    }

    #[test]
    fn a_piece_that_seems_to_end_too_early_is_read_with_the_rest() {
        let texts = [
            "if true; then\n  echo a # fi\n  echo b\nfi\n",
            "f()\n{\n  echo a\n}\n",
        ];
        for text in texts {
            match compare(text) {
                Ok(false) => {}
                other => panic!("{text:?}: {other:?}"),
            }
            assert!(parse::program(text).is_ok(), "{text:?}");
        }
    }

    /// Where a here-document ends is guessed, too: what is left of one is no command.
    #[test]
    fn documents_are_no_commands() {
        let texts = [
            "cat <<A <<B\n1\nA\nip netns add x\nB\nls\n",
            "cat <<A; cat <<B\n1\nA\nip netns add x\nB\nls\n",
            "cat <<A\n\tA\nip netns add x\nA\nls\n",
            "echo $((1<<2))\nls\n",
            "cat <<\"A B\"\nA\nip netns add x\nA B\nls\n",
        ];
        for text in texts {
            compare(text).unwrap_or_else(|error| panic!("{error}"));
            let read = parse::program(text).map(|program| program.complete_commands.len());
            assert!(matches!(read, Ok(2)), "{text:?}: {read:?}");
        }
    }

    #[test]
    fn what_is_no_line_of_words_is_seen() {
        let others = [
            "a=1", "a+=1", "fi", "a;b", "a|b", "a&", "a>b", "2>a", "a\\ b", "\"a", "'a", "\"`a`\"",
            "$(a)", "\"$(a)\"", "$((1))", "${a:-b}", "${a", "$", "a*", "[ a ]", "{", "}", "é",
            "f()", "~", "a\r", "! a", "a\0",
        ];
        for line in others {
            assert_eq!(words(line), None, "{line:?}");
        }
        let known = words("  ip -n \"n 1\" '$x'y a:b=c \"\" $v--x=1 # é").expect("it is plain");
        assert_eq!(
            known,
            ["ip", "-n", "\"n 1\"", "'$x'y", "a:b=c", "\"\"", "$v--x=1"]
        );
    }

    fn part() -> impl Strategy<Value = &'static str> {
        prop_oneof![
            4 => prop::sample::select(vec!["\n"]),
            4 => prop::sample::select(vec![" ", "\t", "ip", "a", "-x", "\"b\"", "'c d'", "$v"]),
            1 => prop::sample::select(vec![
                "if", "then", "else", "fi", "for", "in", "while", "do", "done", "case", "esac",
                "a)", ";;", "{", "}", "(", ")", "()", "f", "function", "time", "!", "[[", "]]", "[",
                "]", "coproc", "select",
            ]),
            1 => prop::sample::select(vec![
                "\\", "\\\n", "'", "\"", "`", "$", "$(", "${", "${v}", "#", " #", "=", "a=", "+=",
                "<<E", "<<-'E'", "\nE\n", "<<<", ">", "2>", "<", "&", "&&", "||", "|", ";", "@(",
                "*", "~", "é", "\r", "$'", "\u{b}", "1", "@", "+", "%",
            ]),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn pieces_are_what_the_grammar_reads(parts in prop::collection::vec(part(), 0..40)) {
            compare(&parts.concat())?;
        }
    }
}
