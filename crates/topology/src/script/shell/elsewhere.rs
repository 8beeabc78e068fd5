//! Programs that run others: in another namespace, in another shell, as another user.

use super::input_output::{Input, Io};
use super::{Failure, Flow, Shell};
use crate::name::NamespaceName;

/// Where `ip netns` names namespaces.
const NAMESPACES: [&str; 2] = ["/var/run/netns/", "/run/netns/"];

impl Shell {
    /// Runs a command in another namespace.
    pub(super) fn inside(
        &mut self,
        namespace: &NamespaceName,
        argv: &[String],
        io: &mut Io,
    ) -> Flow {
        let there = match self.world.namespace(namespace) {
            Ok(there) => there,
            Err(reason) => {
                self.fail(argv, Failure::Fails(reason));
                return Flow::Next;
            }
        };
        if self.depth >= super::MOST_DEEP {
            let reason = format!("commands run commands more than {} deep", super::MOST_DEEP);
            self.fail(argv, reason.into());
            return Flow::Exit;
        }
        self.depth += 1;
        let before = std::mem::replace(&mut self.here, there);
        // Functions of the script are none there: it is a program that runs.
        let flow = match self.builtin_as_program(argv, io) {
            Some(flow) => flow,
            None => self.program(argv, io),
        };
        self.here = before;
        self.depth -= 1;
        flow
    }

    /// Those builtins of which there are programs, too.
    fn builtin_as_program(&mut self, argv: &[String], io: &mut Io) -> Option<Flow> {
        match argv.first().map(String::as_str) {
            Some("echo" | "printf" | "true" | "false" | "test" | "[") => {
                self.builtin(argv, &[], io)
            }
            _ => None,
        }
    }

    /// `bash -c TEXT`, `bash -s`, `bash FILE`.
    pub(super) fn shell(&mut self, argv: &[String], words: &[String], io: &mut Io) -> Flow {
        let options = words.iter().take_while(|word| word.starts_with('-'));
        let count = options.clone().count();
        let takes_text = options
            .clone()
            .any(|word| !word.starts_with("--") && word.contains('c'));
        let rest = words.get(count..).unwrap_or_default();
        let (text, arguments) = match (takes_text, rest) {
            (true, [text, arguments @ ..]) => {
                (text.clone(), arguments.get(1..).unwrap_or_default())
            }
            (false, [path, arguments @ ..]) => match self.read_file(path) {
                Some(text) => (text, arguments),
                None => {
                    return self.unknown_file(argv, path);
                }
            },
            (_, []) => match io.input.take() {
                Some(Input::Text(text)) => (text, Default::default()),
                Some(Input::Unknown(who)) => {
                    let reason = format!("what `{who}` gives is not known before it runs");
                    self.fail(argv, reason.into());
                    return Flow::Next;
                }
                None => {
                    self.leave_out(argv, "a shell for a person");
                    return Flow::Next;
                }
            },
        };
        let arguments = arguments.iter().cloned().map(Ok).collect();
        self.apart(|shell| {
            shell.arguments = arguments;
            let functions = std::mem::take(&mut shell.functions);
            let flow = shell.text_within(&text, io);
            shell.functions = functions;
            flow
        })
    }

    /// `nsenter --net=/run/netns/NAME COMMAND…`
    pub(super) fn nsenter(&mut self, argv: &[String], words: &[String], io: &mut Io) -> Flow {
        let mut namespace = None;
        let mut words = words;
        while let Some((option, rest)) = words.split_first() {
            if !option.starts_with('-') {
                break;
            }
            words = rest;
            if option == "--" {
                break;
            }
            let path = option
                .strip_prefix("--net=")
                .or_else(|| option.strip_prefix("-n").filter(|path| !path.is_empty()));
            match path {
                Some(path) => namespace = Some(path.trim_start_matches('=').to_owned()),
                None => {
                    let reason = format!(
                        "of nsenter only --net=/run/netns/NAME is supported, not `{option}`"
                    );
                    self.fail(argv, reason.into());
                    return Flow::Next;
                }
            }
        }
        let name = namespace.as_deref().and_then(|path| {
            let name = NAMESPACES
                .iter()
                .find_map(|folder| path.strip_prefix(folder));
            name?.parse::<NamespaceName>().ok()
        });
        match (name, words) {
            (None, _) => self.fail(argv, "which namespace it enters is not known here".into()),
            (Some(_), []) => self.leave_out(argv, "a shell for a person"),
            (Some(name), words) => return self.inside(&name, words, io),
        }
        Flow::Next
    }
}

/// The command that a program runs: its words without the program's own.
pub(super) fn inner<'a>(name: &str, words: &'a [String]) -> Result<&'a [String], String> {
    let takes_value = |option: &str| match name {
        "sudo" | "doas" => matches!(option, "-u" | "-g" | "-C" | "-h" | "-p"),
        "env" => matches!(option, "-u" | "-C"),
        "nice" | "ionice" => matches!(option, "-n" | "-c"),
        "timeout" => matches!(option, "-s" | "-k" | "--signal" | "--kill-after"),
        "stdbuf" => matches!(option, "-i" | "-o" | "-e"),
        _ => false,
    };
    let mut words = words;
    while let Some((option, rest)) = words.split_first() {
        if name == "sudo" && option == "-u" && rest.first().is_some_and(|user| user != "root") {
            return Err("a command of another user than root is not supported".to_owned());
        }
        let is_assignment = option
            .split_once('=')
            .is_some_and(|(name, _)| !name.is_empty() && !name.starts_with('-'));
        match option {
            option if option == "--" => {
                words = rest;
                break;
            }
            option if option.starts_with('-') => {
                let skipped = usize::from(takes_value(option));
                words = rest.get(skipped..).unwrap_or_default();
            }
            // Nothing that is run here looks at the environment.
            _ if is_assignment && matches!(name, "sudo" | "env") => words = rest,
            _ => break,
        }
    }
    match name {
        // The duration.
        "timeout" => Ok(words.get(1..).unwrap_or_default()),
        _ => Ok(words),
    }
}
