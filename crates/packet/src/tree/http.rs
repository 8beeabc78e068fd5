//! HTTP: the first line of requests and responses, and their headers.

use super::build::{Dissection, Step, printable};
use super::field::{Field, Value, fields};
use crate::text::HTTP_METHODS;

fields! {
    PROTOCOL = "http", "Hypertext Transfer Protocol", Protocol;
    REQUEST = "http.request", "Request", Bool;
    METHOD = "http.request.method", "Request Method", Text;
    URI = "http.request.uri", "Request URI", Text;
    REQUEST_VERSION = "http.request.version", "Request Version", Text;
    RESPONSE = "http.response", "Response", Bool;
    RESPONSE_VERSION = "http.response.version", "Response Version", Text;
    CODE = "http.response.code", "Status Code", Decimal;
    PHRASE = "http.response.phrase", "Response Phrase", Text;
    HOST = "http.host", "Host", Text;
    USER_AGENT = "http.user_agent", "User-Agent", Text;
    SERVER = "http.server", "Server", Text;
    CONTENT_TYPE = "http.content_type", "Content-Type", Text;
    CONTENT_LENGTH = "http.content_length_header", "Content-Length", Text;
    LOCATION = "http.location", "Location", Text;
    LINE = "http.line", "Header", Text;
    DATA = "http.file_data", "File Data", Bytes;
}

/// Does a message start with these bytes?
pub(crate) fn is_start(bytes: &[u8]) -> bool {
    if bytes.starts_with(b"HTTP/") {
        return true;
    }
    let word = bytes.iter().take(20).position(|byte| *byte == b' ');
    let Some(word) = word.and_then(|end| bytes.get(..end)) else {
        return false;
    };
    HTTP_METHODS.iter().any(|method| method.as_bytes() == word)
}

/// Headers that are dissected of one message.
const MOST_LINES: usize = 100;

fn header_field(name: &[u8]) -> &'static Field {
    let known: [(&str, &'static Field); 6] = [
        ("host", &HOST),
        ("user-agent", &USER_AGENT),
        ("server", &SERVER),
        ("content-type", &CONTENT_TYPE),
        ("content-length", &CONTENT_LENGTH),
        ("location", &LOCATION),
    ];
    known
        .iter()
        .find(|(known, _)| name.eq_ignore_ascii_case(known.as_bytes()))
        .map_or(&LINE, |(_, field)| field)
}

impl Dissection<'_> {
    pub(super) fn http(&mut self, p: usize) -> Step {
        let length = self.remaining(p);
        self.protocol(&PROTOCOL, p, length)?;
        self.nest(|d| {
            let mut at = d.http_first_line(p)?;
            for _ in 0..MOST_LINES {
                let Some(end) = d.line_end(at) else { break };
                if end.content == at {
                    // The empty line: what follows is the body.
                    at = end.next;
                    let body = d.remaining(at);
                    return if body > 0 {
                        d.bytes(&DATA, at, body)
                    } else {
                        Ok(())
                    };
                }
                let line = d.slice(at, end.content - at)?;
                let colon = line
                    .iter()
                    .position(|byte| *byte == b':')
                    .unwrap_or(line.len());
                let (name, value) = line.split_at_checked(colon).unwrap_or((line, &[]));
                let field = header_field(name);
                let value = if field == &LINE {
                    line
                } else {
                    value.get(1..).unwrap_or_default()
                };
                let value = printable(value.trim_ascii());
                let index = d.add(field, at, end.next - at, Value::Text(value))?;
                d.label(index, format_args!("{}", printable(line)));
                at = end.next;
            }
            Ok(())
        })
    }

    fn http_first_line(&mut self, p: usize) -> Step<usize> {
        let end = self.line_end(p).unwrap_or(LineEnd {
            content: self.data.len(),
            next: self.data.len(),
        });
        let line = self.slice(p, end.content - p)?;
        // Three words, the last of which may have spaces in a response.
        let mut words = line.splitn(3, |byte| *byte == b' ');
        let [first, second, third] = std::array::from_fn(|_| words.next().unwrap_or_default());
        let (second_at, third_at) = (p + first.len() + 1, p + first.len() + second.len() + 2);
        let response = first.starts_with(b"HTTP/");
        let field = if response { &RESPONSE } else { &REQUEST };
        let index = self.add(field, p, end.next - p, Value::Bool(true))?;
        self.label(index, format_args!("{}", printable(line)));
        let fields: [&'static Field; 3] = if response {
            [&RESPONSE_VERSION, &CODE, &PHRASE]
        } else {
            [&METHOD, &URI, &REQUEST_VERSION]
        };
        self.nest(|d| {
            let parts = [(first, p), (second, second_at), (third, third_at)];
            for (field, (text, at)) in fields.into_iter().zip(parts) {
                if text.is_empty() {
                    continue;
                }
                let text_value = printable(text);
                let value = if field == &CODE {
                    Value::Unsigned(text_value.parse().unwrap_or(0))
                } else {
                    Value::Text(text_value)
                };
                d.add(field, at, text.len(), value)?;
            }
            Ok(())
        })?;
        Ok(end.next)
    }

    /// Where the line at `p` ends, if it does.
    fn line_end(&self, p: usize) -> Option<LineEnd> {
        let rest = self.data.get(p..)?;
        let newline = rest.iter().position(|byte| *byte == b'\n')?;
        let content = match rest.get(..newline)? {
            [.., b'\r'] => newline - 1,
            _ => newline,
        };
        Some(LineEnd {
            content: p + content,
            next: p + newline + 1,
        })
    }
}

/// The end of a line of text.
struct LineEnd {
    /// Behind its last character.
    content: usize,
    /// Where the next line starts.
    next: usize,
}
