//! `ip -all netns`: what is done to every namespace.

use super::input_output::Io;
use super::{Flow, Shell};

impl Shell {
    /// `ip -all netns delete`, `ip -all netns exec COMMAND…`
    pub(super) fn in_all(&mut self, argv: &[String], words: &[String], io: &mut Io) -> Flow {
        let names: Vec<String> = self.world.namespaces().map(str::to_owned).collect();
        let names = names.into_iter().filter(|name| name != "host");
        let (verb, rest) = match words {
            [object, verb, rest @ ..] if object == "netns" => (verb.as_str(), rest),
            _ => {
                let reason = "the option `-all` is for `ip netns delete` and `ip netns exec`";
                self.fail(argv, reason.into());
                return Flow::Next;
            }
        };
        let is_exec = verb == "exec" && !rest.is_empty();
        let is_delete = verb.starts_with("del") && "delete".starts_with(verb) && rest.is_empty();
        if !is_exec && !is_delete {
            self.fail(
                argv,
                format!("`ip -all netns {verb}` is not supported").into(),
            );
            return Flow::Next;
        }
        for name in names {
            if !self.spend(1) {
                return Flow::Exit;
            }
            let mut one: Vec<String> = ["ip", "netns", verb, &name].map(str::to_owned).to_vec();
            one.extend_from_slice(rest);
            let flow = self.program(&one, io);
            if flow != Flow::Next {
                return flow;
            }
        }
        Flow::Next
    }
}
