//! Names that the kernel takes and that nothing else has.

use super::Builder;
use crate::id::NamespaceId;
use crate::name::{InterfaceName, MAX_NAME_BYTES};

impl Builder {
    /// A name as the kernel takes it, that nothing else has; says what was changed.
    pub(super) fn name(
        &mut self,
        wanted: &str,
        what: &str,
        is_used: impl Fn(&Self, &str) -> bool,
    ) -> String {
        // What the kernel refuses, and what a shell would take for its own.
        let is_bad = |c: char| {
            c.is_whitespace() || c.is_control() || "/:%\"'\\()[]{}<>|&;$*?!#`~".contains(c)
        };
        let mut clean = String::new();
        for c in wanted.chars() {
            match is_bad(c) {
                true if clean.ends_with('-') => {}
                true => clean.push('-'),
                false => clean.push(c),
            }
        }
        let clean = match wanted.ends_with(is_bad) {
            true => clean.trim_end_matches('-'),
            false => clean.as_str(),
        };
        let clean = clean.trim_start_matches(['-', '.']);
        let base = match clean {
            "" => "node".to_owned(),
            clean => shortened(clean, MAX_NAME_BYTES),
        };
        let is_reserved = |name: &str| name.parse::<InterfaceName>().is_err();
        let mut name = base.clone();
        let mut number = 2_usize;
        while is_used(self, &name) || is_reserved(&name) {
            let end = format!("-{number}");
            name = shortened(&base, MAX_NAME_BYTES - end.len()) + &end;
            number += 1;
        }
        if name != wanted {
            let why = match wanted.len() > MAX_NAME_BYTES {
                true => "a name has at most 15 bytes",
                false if clean != wanted => "a name has no such characters",
                false if is_reserved(wanted) => "the name is reserved",
                false => "the name is taken",
            };
            self.changed(format!("the {what} `{wanted}` is called `{name}`: {why}"));
        }
        name
    }

    /// A name for an interface that is free there.
    pub(in crate::import) fn interface_name(
        &mut self,
        namespace: NamespaceId,
        wanted: &str,
    ) -> String {
        self.name(wanted, "interface", |builder, name| {
            builder.shell.has_interface(namespace, name)
        })
    }

    /// A name for an end that no format names, in the host.
    pub(in crate::import) fn port_name(&mut self, of: &str, interface: &str) -> String {
        let number: String = interface.chars().filter(char::is_ascii_digit).collect();
        let full = format!("{of}-{interface}");
        let wanted = match full.len() <= MAX_NAME_BYTES {
            true => full,
            false => {
                let end = format!("-{}", shortened(&number, 5));
                shortened(of, MAX_NAME_BYTES - end.len()) + &end
            }
        };
        // It is our own name: nothing was changed.
        let said = self.changed.len();
        let name = self.interface_name(NamespaceId::HOST, &wanted);
        self.changed.truncate(said);
        name
    }
}

/// At most so many bytes of a text, cut between characters.
pub(super) fn shortened(text: &str, most: usize) -> String {
    let mut end = most.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default().to_owned()
}
