//! `getopts`: the options that a script or a function was given, one after the other.

use super::variables::Value;
use super::{Shell, Status, shown};

impl Shell {
    /// `getopts LETTERS NAME [WORDS]`: `OPTIND` counts the words, and the letters of the word that is
    /// read are counted beside it, as they belong to one `OPTIND`.
    pub(super) fn getopts(&mut self, argv: &[String], words: &[String]) {
        let [letters, name, given @ ..] = words else {
            let reason = "it needs the letters of the options and a name";
            return self.refuse(shown(argv), reason.to_owned());
        };
        let given = match given {
            [] => match self.all_given() {
                Ok(given) => given,
                Err(reason) => return self.refuse(shown(argv), reason),
            },
            given => given.to_vec(),
        };
        let index = self
            .variables
            .text("OPTIND")
            .and_then(|text| text.parse().ok());
        let index: usize = index.unwrap_or(1).max(1);
        if self.option_read.0 != index {
            self.option_read = (index, 0);
        }
        let word = given.get(index - 1).map_or("", String::as_str);
        let is_end = !word.starts_with('-') || word.len() < 2 || word == "--";
        if is_end {
            let after = index + usize::from(word == "--");
            self.variables.set("OPTIND", Value::Text(after.to_string()));
            self.variables.set(name, Value::Text("?".to_owned()));
            self.status = Status::Failure(1);
            return;
        }
        let at = self.option_read.1 + 1;
        let letter = word.chars().nth(at).unwrap_or('?');
        let rest: String = word.chars().skip(at + 1).collect();
        let is_last = rest.is_empty();
        let place = letters.find(letter).filter(|_| letter != ':');
        let takes = place.is_some_and(|place| {
            let after = letters.get(place + letter.len_utf8()..).unwrap_or_default();
            after.starts_with(':')
        });
        let (value, next) = match (takes, is_last) {
            (false, false) => (None, (index, at)),
            (false, true) => (None, (index + 1, 0)),
            (true, false) => (Some(rest), (index + 1, 0)),
            (true, true) => (given.get(index).cloned(), (index + 2, 0)),
        };
        let is_wrong = place.is_none() || takes && value.is_none();
        let is_silent = letters.starts_with(':');
        let said = match (is_wrong, is_silent && takes) {
            (false, _) => letter.to_string(),
            (true, true) => ":".to_owned(),
            (true, false) => "?".to_owned(),
        };
        self.variables.set(name, Value::Text(said));
        match value {
            _ if is_wrong && is_silent => {
                let letter = Value::Text(letter.to_string());
                self.variables.set("OPTARG", letter);
            }
            Some(value) => self.variables.set("OPTARG", Value::Text(value)),
            None => self.variables.unset("OPTARG"),
        }
        self.option_read = next;
        self.variables
            .set("OPTIND", Value::Text(next.0.to_string()));
    }
}
