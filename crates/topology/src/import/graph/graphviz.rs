//! The part of Graphviz' language that says nodes and edges (graphviz.org/doc/info/lang.html).

use super::{Graph, Wrong};

/// Deepest nesting of subgraphs.
const MAX_DEPTH: usize = 32;
/// Most pairs of one chain of groups: `{a b c} -- {d e f}` are nine.
const MOST_PAIRS: usize = 4096;

/// Whether a text is a graph.
pub(in crate::import) fn is_one(text: &str) -> bool {
    let mut tokens = Tokens::new(text);
    let mut next = || tokens.next().ok().flatten().map(|token| token.kind);
    let word = |kind: Option<Kind>| match kind {
        Some(Kind::Id(word)) => word.to_lowercase(),
        _ => String::new(),
    };
    let mut first = word(next());
    if first == "strict" {
        first = word(next());
    }
    if !matches!(first.as_str(), "graph" | "digraph") {
        return false;
    }
    match next() {
        Some(Kind::Sign("{")) => true,
        Some(Kind::Id(_)) => next() == Some(Kind::Sign("{")),
        _ => false,
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Kind {
    Id(String),
    Sign(&'static str),
}

#[derive(Clone, Debug)]
struct Token {
    line: usize,
    kind: Kind,
}

struct Tokens<'a> {
    rest: &'a str,
    line: usize,
}

impl<'a> Tokens<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            rest: text,
            line: 1,
        }
    }

    fn skip(&mut self, bytes: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at_checked(bytes).unwrap_or((self.rest, ""));
        self.line += taken.matches('\n').count();
        self.rest = rest;
        taken
    }

    fn wrong(&self, reason: impl Into<String>) -> Wrong {
        Wrong {
            line: self.line,
            reason: reason.into(),
        }
    }

    fn space(&mut self) {
        loop {
            let blank = self.rest.len() - self.rest.trim_start().len();
            if blank > 0 {
                self.skip(blank);
            }
            let end = match self.rest {
                rest if rest.starts_with("//") || rest.starts_with('#') => rest.find('\n'),
                rest if rest.starts_with("/*") => rest.find("*/").map(|at| at + 2),
                _ => return,
            };
            self.skip(end.unwrap_or(self.rest.len()));
        }
    }

    fn next(&mut self) -> Result<Option<Token>, Wrong> {
        self.space();
        let line = self.line;
        let Some(first) = self.rest.chars().next() else {
            return Ok(None);
        };
        let signs = ["--", "->", "{", "}", "[", "]", ";", ",", "=", ":"];
        if let Some(sign) = signs.into_iter().find(|sign| self.rest.starts_with(sign)) {
            self.skip(sign.len());
            let kind = Kind::Sign(sign);
            return Ok(Some(Token { line, kind }));
        }
        let word = match first {
            '"' => self.quoted()?,
            '<' => self.html()?,
            c if c.is_alphanumeric() || "_.-".contains(c) || !c.is_ascii() => {
                let is_word =
                    |c: char| c.is_alphanumeric() || c == '_' || c == '.' || !c.is_ascii();
                let skipped = first.len_utf8();
                let tail = self.rest.get(skipped..).unwrap_or_default();
                let more = tail.find(|c| !is_word(c)).unwrap_or(tail.len());
                self.skip(skipped + more).to_owned()
            }
            other => return Err(self.wrong(format!("{other:?} has no meaning here"))),
        };
        let kind = Kind::Id(word);
        Ok(Some(Token { line, kind }))
    }

    fn quoted(&mut self) -> Result<String, Wrong> {
        let mut word = String::new();
        let mut characters = self.rest.char_indices().skip(1);
        while let Some((at, c)) = characters.next() {
            match c {
                '"' => {
                    self.skip(at + 1);
                    return Ok(word);
                }
                '\\' => match characters.next() {
                    Some((_, 'n' | 'l' | 'r')) => word.push('\n'),
                    Some((_, '\n')) | None => {}
                    Some((_, other)) => word.push(other),
                },
                c => word.push(c),
            }
        }
        Err(self.wrong("a quote is not closed"))
    }

    /// A label in HTML: its text alone.
    fn html(&mut self) -> Result<String, Wrong> {
        let mut word = String::new();
        let mut depth = 0_usize;
        for (at, c) in self.rest.char_indices() {
            match c {
                '<' => depth += 1,
                '>' => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        self.skip(at + 1);
                        return Ok(word.trim().to_owned());
                    }
                    word.push(' ');
                }
                c if depth == 1 => word.push(c),
                _ => {}
            }
        }
        Err(self.wrong("a label in `<…>` is not closed"))
    }
}

/// Reads a graph.
pub(in crate::import) fn read(text: &str) -> Result<Graph, Wrong> {
    let mut tokens = Tokens::new(text);
    let mut all = Vec::new();
    while let Some(token) = tokens.next()? {
        all.push(token);
    }
    let mut parser = Parser {
        tokens: all,
        at: 0,
        graph: Graph::default(),
        end: tokens.line,
    };
    parser.accept_word("strict");
    if !parser.accept_word("graph") && !parser.accept_word("digraph") {
        return Err(parser.wrong("a graph begins with `graph` or `digraph`"));
    }
    if let Some(title) = parser.id() {
        parser.graph.title = title;
    }
    parser.expect("{")?;
    parser.statements(0)?;
    if parser.at < parser.tokens.len() {
        return Err(parser.wrong("only one graph is read"));
    }
    Ok(parser.graph)
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    graph: Graph,
    end: usize,
}

impl Parser {
    fn peek(&self) -> Option<&Kind> {
        self.tokens.get(self.at).map(|token| &token.kind)
    }

    fn line(&self) -> usize {
        self.tokens
            .get(self.at)
            .map_or(self.end, |token| token.line)
    }

    fn wrong(&self, reason: impl Into<String>) -> Wrong {
        Wrong {
            line: self.line(),
            reason: reason.into(),
        }
    }

    fn accept(&mut self, sign: &'static str) -> bool {
        let is_so = self.peek() == Some(&Kind::Sign(sign));
        self.at += usize::from(is_so);
        is_so
    }

    fn accept_word(&mut self, word: &str) -> bool {
        let is_so = matches!(self.peek(), Some(Kind::Id(id)) if id.eq_ignore_ascii_case(word));
        self.at += usize::from(is_so);
        is_so
    }

    fn expect(&mut self, sign: &'static str) -> Result<(), Wrong> {
        match self.accept(sign) {
            true => Ok(()),
            false => Err(self.wrong(format!("`{sign}` is expected here"))),
        }
    }

    fn id(&mut self) -> Option<String> {
        match self.peek() {
            Some(Kind::Id(id)) => {
                let id = id.clone();
                self.at += 1;
                Some(id)
            }
            _ => None,
        }
    }

    /// Up to the closing brace; the nodes that are named there.
    fn statements(&mut self, depth: usize) -> Result<Vec<String>, Wrong> {
        if depth > MAX_DEPTH {
            return Err(self.wrong(format!("subgraphs nest more than {MAX_DEPTH} deep")));
        }
        let mut named = Vec::new();
        loop {
            if self.accept("}") {
                return Ok(named);
            }
            if self.peek().is_none() {
                return Err(self.wrong("a `{` is not closed"));
            }
            if self.accept(";") || self.accept(",") {
                continue;
            }
            self.statement(depth, &mut named)?;
        }
    }

    fn statement(&mut self, depth: usize, named: &mut Vec<String>) -> Result<(), Wrong> {
        let line = self.line();
        let is_before = |parser: &Self, sign| {
            parser.tokens.get(parser.at + 1).map(|token| &token.kind) == Some(&Kind::Sign(sign))
        };
        let is_default = matches!(self.peek(), Some(Kind::Id(id))
            if ["graph", "node", "edge"].contains(&id.to_lowercase().as_str()));
        if is_default && is_before(self, "[") {
            self.at += 1;
            self.attributes()?;
            return Ok(());
        }
        if is_before(self, "=") {
            let key = self.id();
            self.at += 1;
            let value = self.id().ok_or_else(|| self.wrong("a value is expected"))?;
            if depth == 0 && key.is_some_and(|key| key == "label") {
                self.graph.title = value;
            }
            return Ok(());
        }
        let mut groups = vec![self.group(depth)?];
        while self.accept("--") || self.accept("->") {
            groups.push(self.group(depth)?);
        }
        let attributes = self.attributes()?;
        let value_of = |name: &str| {
            let found = attributes.iter().find(|(key, _)| key == name);
            found.map(|(_, value)| value.as_str())
        };
        let label = value_of("label");
        if let ([only], Some(label)) = (groups.as_slice(), label)
            && let [(id, _)] = only.as_slice()
        {
            let label = label.to_owned();
            self.graph.node(line, id)?.label = Some(label);
        }
        for pair in groups.windows(2) {
            let [from, to] = pair else { continue };
            if from.len().saturating_mul(to.len()) > MOST_PAIRS {
                let reason = format!("one edge makes more than {MOST_PAIRS} here");
                return Err(Wrong { line, reason });
            }
            for (a, port) in from {
                for (b, other) in to {
                    self.graph.edge(line, a, b, label)?;
                    if let Some(edge) = self.graph.edges.last_mut() {
                        edge.ports = [port.clone(), other.clone()];
                        edge.end_labels = ["taillabel", "headlabel"]
                            .map(|name| value_of(name).map(str::to_owned));
                    }
                }
            }
        }
        named.extend(groups.into_iter().flatten().map(|(id, _)| id));
        Ok(())
    }

    /// A node, or the nodes of a subgraph, each with the port that is said of it.
    fn group(&mut self, depth: usize) -> Result<Vec<(String, Option<String>)>, Wrong> {
        let line = self.line();
        if self.accept_word("subgraph") {
            self.id();
            self.expect("{")?;
            return self.inner(depth);
        }
        if self.accept("{") {
            return self.inner(depth);
        }
        let id = self
            .id()
            .ok_or_else(|| self.wrong("a node is expected here"))?;
        // A port of a node, and a side of it: `a:eth0:n`.
        let mut port = None;
        for _ in 0..2 {
            if self.accept(":") {
                let said = self.id();
                port = port.or(said);
            }
        }
        self.graph.node(line, &id)?;
        Ok(vec![(id, port)])
    }

    fn inner(&mut self, depth: usize) -> Result<Vec<(String, Option<String>)>, Wrong> {
        let named = self.statements(depth + 1)?;
        Ok(named.into_iter().map(|id| (id, None)).collect())
    }

    fn attributes(&mut self) -> Result<Vec<(String, String)>, Wrong> {
        let mut all = Vec::new();
        while self.accept("[") {
            while !self.accept("]") {
                if self.accept(",") || self.accept(";") {
                    continue;
                }
                let key = self
                    .id()
                    .ok_or_else(|| self.wrong("`]` is expected here"))?;
                let value = match self.accept("=") {
                    true => self.id().ok_or_else(|| self.wrong("a value is expected"))?,
                    false => "true".to_owned(),
                };
                all.push((key, value));
            }
        }
        Ok(all)
    }
}
