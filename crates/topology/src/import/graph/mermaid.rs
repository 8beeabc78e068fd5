//! Flowcharts of Mermaid: nodes with their shapes, edges with their labels, subgraphs.

use std::collections::BTreeSet;

use super::{Graph, Wrong};

/// Most pairs of one edge: `a & b --> c & d` are four.
const MOST_PAIRS: usize = 4096;

/// The lines of the chart: within its fence, without front matter, comments and directives, each
/// with its number and with those that belong to it: what is in quotes, or in `@{…}`, may go on.
fn lines(text: &str) -> impl Iterator<Item = (usize, String)> {
    let has_fence = text.lines().any(|line| line.trim() == "```mermaid");
    let mut inside = !has_fence;
    let mut front = false;
    let mut all = text
        .lines()
        .enumerate()
        .map(|(at, line)| (at + 1, line.trim()));
    std::iter::from_fn(move || {
        loop {
            let (number, line) = all.next()?;
            match line {
                "```mermaid" if !inside => inside = true,
                // A second chart of the text is not read.
                "```" if has_fence => inside = false,
                "---" => front = !front,
                _ if !inside || front || line.is_empty() => {}
                _ if line.starts_with("%%{") => {
                    let mut last = line;
                    while !last.contains("}%%") {
                        last = all.next()?.1;
                    }
                }
                _ if line.starts_with("%%") => {}
                _ if line.starts_with("accDescr") && line.ends_with('{') => {
                    while !all.next()?.1.contains('}') {}
                }
                _ => {
                    let mut whole = line.to_owned();
                    while is_open(&whole) {
                        let Some((_, next)) = all.next() else { break };
                        whole.push('\n');
                        whole.push_str(next);
                    }
                    return Some((number, whole));
                }
            }
        }
    })
}

/// Whether a line goes on on the next one.
fn is_open(line: &str) -> bool {
    let in_quotes = line.matches('"').count() % 2 == 1;
    let in_braces = line
        .rfind("@{")
        .and_then(|at| line.get(at..))
        .is_some_and(|rest| !rest.contains('}'));
    // What is in quotes may hold any sign.
    let bare: String = line.split('"').step_by(2).collect();
    let in_label = bare.matches('|').count() % 2 == 1;
    let before_node = ["-->", "---", "==>", "===", ".->", "-.-"]
        .iter()
        .any(|arrow| bare.trim_end().ends_with(arrow));
    in_quotes || in_braces || in_label || before_node
}

/// Whether a line begins a chart.
fn begins(line: &str) -> bool {
    let mut words = line.trim_end_matches(';').split_whitespace();
    let is_kind = matches!(words.next(), Some("graph" | "flowchart" | "flowchart-elk"));
    let direction = words.next();
    let is_direction = matches!(direction, None | Some("TB" | "TD" | "BT" | "RL" | "LR"));
    is_kind && is_direction && (words.next().is_none() || line.contains(';'))
}

/// Whether a text is a flowchart.
pub(in crate::import) fn is_one(text: &str) -> bool {
    let first = lines(text).next().map(|(_, line)| line);
    first.is_some_and(|line| begins(line.split(';').next().unwrap_or(&line)) || other(&line))
}

/// What other diagrams of Mermaid begin with.
const OTHERS: [&str; 16] = [
    "sequenceDiagram",
    "classDiagram",
    "classDiagram-v2",
    "stateDiagram",
    "stateDiagram-v2",
    "erDiagram",
    "gantt",
    "pie",
    "journey",
    "gitGraph",
    "mindmap",
    "quadrantChart",
    "requirementDiagram",
    "C4Context",
    "block-beta",
    "architecture-beta",
];

/// Whether a line begins another diagram.
fn other(line: &str) -> bool {
    OTHERS.contains(&line.trim_end_matches([':', ';']).trim_end())
}

/// Reads a flowchart.
pub(in crate::import) fn read(text: &str) -> Result<Graph, Wrong> {
    let mut graph = Graph::default();
    let mut open = 0_usize;
    let mut edges = BTreeSet::new();
    if let Some((line, first)) = lines(text).next().filter(|(_, first)| other(first)) {
        let reason =
            format!("of Mermaid's diagrams only flowcharts are networks, and this is a {first}");
        return Err(Wrong { line, reason });
    }
    for (number, line) in
        lines(text).skip_while(|(_, line)| !begins(line.split(';').next().unwrap_or(line)))
    {
        for part in parts(&line) {
            let part = part.trim();
            let word = part.split_whitespace().next().unwrap_or_default();
            match word {
                "" | "direction" | "style" | "classDef" | "class" | "linkStyle" | "click"
                | "accTitle:" | "accDescr:" => {}
                _ if begins(part) => {}
                "subgraph" => open += 1,
                "end" if open > 0 => open -= 1,
                _ => Line {
                    rest: part,
                    number,
                    graph: &mut graph,
                    edges: &mut edges,
                }
                .statement()?,
            }
        }
    }
    Ok(graph)
}

/// What `;` divides, outside of quotes and brackets.
fn parts(line: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut is_quoted, mut depth) = (0, false, 0_usize);
    for (at, c) in line.char_indices() {
        match c {
            '"' => is_quoted = !is_quoted,
            '[' | '(' | '{' if !is_quoted => depth += 1,
            ']' | ')' | '}' if !is_quoted => depth = depth.saturating_sub(1),
            ';' if !is_quoted && depth == 0 => {
                parts.extend(line.get(start..at));
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.extend(line.get(start..));
    parts
}

/// A label without its quotes, in the lines in which it is drawn.
fn broken(label: &str) -> String {
    let label = label.trim_matches('"').trim_matches('`').to_owned();
    let breaks = ["<br/>", "<br />", "<br>", "\\n"];
    let in_lines = |label: String, sign: &&str| label.replace(sign, "\n");
    breaks.iter().fold(label, in_lines)
}

struct Line<'a, 'b> {
    rest: &'a str,
    number: usize,
    graph: &'b mut Graph,
    /// The ids that edges have.
    edges: &'b mut BTreeSet<String>,
}

/// Shapes by how they open and close; the longer ones first.
const SHAPES: [(&str, &str); 13] = [
    ("(((", ")))"),
    ("([", "])"),
    ("((", "))"),
    ("[[", "]]"),
    ("[(", ")]"),
    ("[/", "/]"),
    ("[/", "\\]"),
    ("[\\", "\\]"),
    ("{{", "}}"),
    ("[", "]"),
    ("(", ")"),
    ("{", "}"),
    (">", "]"),
];

impl<'a> Line<'a, '_> {
    fn wrong(&self, reason: impl Into<String>) -> Wrong {
        Wrong {
            line: self.number,
            reason: reason.into(),
        }
    }

    fn skip(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or_default().trim_start();
    }

    fn statement(mut self) -> Result<(), Wrong> {
        // How an edge is drawn: `e1@{ animate: true }`.
        if let Some((id, _)) = self.rest.split_once("@{")
            && self.edges.contains(id)
        {
            return Ok(());
        }
        let mut from = self.group()?;
        while !self.rest.is_empty() {
            let label = self.arrow()?;
            let to = self.group()?;
            if from.len().saturating_mul(to.len()) > MOST_PAIRS {
                return Err(self.wrong(format!("one edge makes more than {MOST_PAIRS} here")));
            }
            for a in &from {
                for b in &to {
                    self.graph.edge(self.number, a, b, label.as_deref())?;
                }
            }
            from = to;
        }
        Ok(())
    }

    /// `a & b`
    fn group(&mut self) -> Result<Vec<String>, Wrong> {
        let mut nodes = vec![self.node()?];
        while self.rest.starts_with('&') {
            self.skip(1);
            nodes.push(self.node()?);
        }
        Ok(nodes)
    }

    fn node(&mut self) -> Result<String, Wrong> {
        // `-` is of a name where it does not begin an arrow.
        let mut end = 0;
        for (at, c) in self.rest.char_indices() {
            let tail = self.rest.get(at..).unwrap_or_default();
            let is_arrow = ["--", "-.", "==", "~~", "<-"]
                .iter()
                .any(|a| tail.starts_with(a));
            if is_arrow || !(c.is_alphanumeric() || "_-./*".contains(c)) {
                break;
            }
            end = at + c.len_utf8();
        }
        let id = self.rest.get(..end).unwrap_or_default().to_owned();
        if id.is_empty() {
            let shown: String = self.rest.chars().take(20).collect();
            return Err(self.wrong(format!("a node is expected at `{shown}`")));
        }
        self.rest = self.rest.get(end..).unwrap_or_default();
        let label = self.shape()?;
        if let Some(class) = self.rest.strip_prefix(":::") {
            let end = class.find(|c: char| !c.is_alphanumeric() && c != '_');
            self.rest = class.get(end.unwrap_or(class.len())..).unwrap_or_default();
        }
        self.rest = self.rest.trim_start();
        let number = self.number;
        let node = self.graph.node(number, &id)?;
        if label.is_some() {
            node.label = label;
        }
        Ok(id)
    }

    /// What stands in the shape of a node.
    fn shape(&mut self) -> Result<Option<String>, Wrong> {
        if let Some(rest) = self.rest.strip_prefix("@{") {
            let end = rest
                .find('}')
                .ok_or_else(|| self.wrong("`@{` is not closed"))?;
            let inner = rest.get(..end).unwrap_or_default();
            let label = inner.split_once("label:").map(|(_, label)| label.trim());
            let label = label.map(broken);
            self.rest = rest.get(end + 1..).unwrap_or_default();
            return Ok(label);
        }
        let opens = SHAPES
            .iter()
            .filter(|(open, _)| self.rest.starts_with(open));
        let mut found = None;
        for (open, close) in opens {
            let inner = self.rest.get(open.len()..).unwrap_or_default();
            let end = match inner.trim_start().strip_prefix('"') {
                // In quotes brackets are letters.
                Some(quoted) => quoted.find('"').and_then(|at| {
                    let before = inner.len() - quoted.len();
                    let tail = quoted.get(at + 1..)?;
                    tail.trim_start()
                        .starts_with(close)
                        .then(|| before + at + 1 + (tail.len() - tail.trim_start().len()))
                }),
                None => inner.find(close),
            };
            if let Some(end) = end {
                found = Some((open.len(), end, close.len()));
                break;
            }
        }
        let is_open = self.rest.starts_with(['[', '(', '{', '>']);
        match found {
            None if is_open => Err(self.wrong("the shape of a node is not closed")),
            None => Ok(None),
            Some((open, end, close)) => {
                let inner = self.rest.get(open..open + end).unwrap_or_default();
                let label = broken(inner.trim());
                self.rest = self.rest.get(open + end + close..).unwrap_or_default();
                Ok(Some(label))
            }
        }
    }

    /// An arrow with its label: `-->`, `---|text|`, `-- text -->`, `-. text .->`, `== text ==>`.
    fn arrow(&mut self) -> Result<Option<String>, Wrong> {
        let is_of = |c: char| "-.=~<>ox".contains(c);
        let shown: String = self.rest.chars().take(20).collect();
        // An edge may have an id: `e1@-->`.
        if let Some((id, rest)) = self.rest.split_once('@')
            && !id.is_empty()
            && id.chars().all(|c| c.is_alphanumeric() || c == '_')
        {
            self.edges.insert(id.to_owned());
            self.rest = rest;
        }
        let start = self.rest.trim_start_matches(['<', 'o', 'x']);
        if !["--", "-.", "==", "~~~"]
            .iter()
            .any(|a| start.starts_with(a))
        {
            return Err(self.wrong(format!("an edge is expected at `{shown}`")));
        }
        let skipped = self.rest.len() - start.len();
        self.rest = self.rest.get(skipped..).unwrap_or_default();
        let body = self.rest.trim_start_matches(['-', '.', '=', '~']);
        let length = self.rest.len() - body.len();
        let first = self.rest.get(..length).unwrap_or_default();
        let is_whole = first.len() > 2 || body.starts_with(['>', 'o', 'x']);
        let mut label = None;
        if is_whole {
            let head = body.chars().next().filter(|c| is_of(*c));
            // `o` and `x` are heads only where a name does not begin.
            let is_head = match head {
                Some('>') => true,
                Some('o' | 'x') => body
                    .get(1..)
                    .is_some_and(|rest| rest.starts_with([' ', '|'])),
                _ => false,
            };
            self.skip(length + usize::from(is_head));
        } else {
            let closing = ["--", ".-", "==", "-.", "~~"];
            let end = closing.iter().filter_map(|close| body.find(close)).min();
            let end = end.ok_or_else(|| self.wrong(format!("the edge at `{shown}` has no end")))?;
            label = body.get(..end).map(|text| text.trim().to_owned());
            let tail = body.get(end..).unwrap_or_default();
            let after = tail.trim_start_matches(['-', '.', '=', '~']);
            let after = after.strip_prefix('>').unwrap_or(after);
            self.rest = after.trim_start();
        }
        if let Some(rest) = self.rest.strip_prefix('|') {
            let (text, after) = rest
                .split_once('|')
                .ok_or_else(|| self.wrong("the label of an edge is not closed by `|`"))?;
            label = Some(text.trim().to_owned());
            self.rest = after.trim_start();
        }
        let label = label.map(|label| label.trim_matches('"').to_owned());
        Ok(label.filter(|label| !label.is_empty()))
    }
}
