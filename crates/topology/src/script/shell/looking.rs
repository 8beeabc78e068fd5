//! Programs that only look or try: they are noted, and what they would find is known or not.

use super::input_output::Io;
use super::{MOST_NOTES, NoteKind, Shell, Status, shown};
use crate::id::NamespaceId;
use crate::script::offer::{self, Tried};

impl Shell {
    /// What only looks or tries.
    pub(super) fn looks(&mut self, argv: &[String], io: &mut Io) {
        if let Some((exists, text)) = self.shows(argv) {
            match text {
                Some(text) => io.out.print(&text),
                None => io.out.print_unknown(&shown(argv)),
            }
            self.status = Status::of(exists);
        } else {
            io.out.print_unknown(&shown(argv));
            self.status = Status::Unknown {
                inverted: false,
                command: shown(argv),
            };
            if let Some(target) = offer::pinged(argv).filter(|_| self.tried.len() < MOST_NOTES) {
                self.tried.push(Tried {
                    line: self.line,
                    from: self.here,
                    target: target.to_owned(),
                    can: self.inversions.is_multiple_of(2),
                });
            }
        }
        if io.out.is_kept() {
            return;
        }
        let place = self.world.name_of(self.here);
        let place = place.filter(|name| name != "host");
        let command = match place {
            Some(name) => format!("ip netns exec {name} {}", shown(argv)),
            None => shown(argv),
        };
        self.note(NoteKind::LeftOut, format!("only looks, not run: {command}"));
    }

    fn is_at_home(&self) -> bool {
        self.here == NamespaceId::HOST
    }

    /// What `ip link show NAME` and `ip netns` would find, and print where that is known.
    fn shows(&self, argv: &[String]) -> Option<(bool, Option<String>)> {
        let words: Vec<&str> = argv
            .iter()
            .skip(1)
            .map(String::as_str)
            .filter(|word| !word.starts_with('-'))
            .collect();
        if argv.first()?.rsplit('/').next()? != "ip" {
            return None;
        }
        match words.as_slice() {
            ["netns"] | ["netns", "list" | "show" | "ls" | "lst"] => {
                // The newest first, as the folder has them.
                let names: Vec<&str> = self.world.namespaces().collect();
                let text: String = names.iter().rev().map(|name| format!("{name}\n")).collect();
                Some((true, Some(text)))
            }
            // Of the host, which has no name for `ip`, it prints nothing.
            ["netns", "identify"] | ["netns", "identify", "self" | super::parameter::PROCESS] => {
                let name = self.world.name_of(self.here).filter(|_| !self.is_at_home());
                Some((true, Some(name.map(|name| name + "\n").unwrap_or_default())))
            }
            [
                "link" | "l" | "addr" | "a" | "address",
                "show" | "list" | "ls" | "sh",
                rest @ ..,
            ] => {
                let name = match rest {
                    [name] => name,
                    ["dev", name] => name,
                    _ => return None,
                };
                Some((self.world.has_interface(self.here, name), None))
            }
            _ => None,
        }
    }
}
