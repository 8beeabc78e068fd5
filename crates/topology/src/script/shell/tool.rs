//! Programs: those that run others, those that change the network, and those that only look.

use super::input_output::{Input, Io};
use super::{Failure, Flow, MOST_NOTES, NoteKind, Shell, Status, shown};
use crate::command::action::Action;
use crate::name::NamespaceName;
use crate::script::offer::{self, Tried};
use crate::script::program::{self, Role};

/// Where `ip netns` names namespaces.
const NAMESPACES: [&str; 2] = ["/var/run/netns/", "/run/netns/"];

impl Shell {
    /// Runs a program.
    pub(super) fn program(&mut self, argv: &[String], io: &mut Io) -> Flow {
        let Some((first, words)) = argv.split_first() else {
            return Flow::Next;
        };
        let name = first.rsplit('/').next().unwrap_or(first);
        match name {
            "sudo" | "doas" | "env" | "command" | "exec" | "time" | "nohup" | "timeout"
            | "nice" | "stdbuf" | "setsid" | "ionice" => match inner(name, words) {
                Ok([]) if name == "exec" => Flow::Next,
                Ok([]) => {
                    self.fail(argv, format!("`{name}` needs a command").into());
                    Flow::Next
                }
                Ok(inner) => self.dispatch(inner, &[], io),
                Err(reason) => {
                    self.fail(argv, reason.into());
                    Flow::Next
                }
            },
            "bash" | "sh" | "dash" | "ash" => self.shell(argv, words, io),
            "ip" if words
                .first()
                .is_some_and(|word| word == "-all" || word == "--all") =>
            {
                self.in_all(argv, words.get(1..).unwrap_or_default(), io)
            }
            _ if self.brings_up(name, words) => {
                self.bring_up(name, words, io);
                Flow::Next
            }
            "xargs" => self.xargs(argv, words, io),
            "nsenter" => self.nsenter(argv, words, io),
            "ip" if words.iter().any(|word| is_batch(word)) => {
                self.batch(argv, words, io);
                Flow::Next
            }
            // A script that lies beside this one.
            _ if first.contains('/') && matches!(program::role(argv), Role::Unknown) => {
                match self.read_file(first) {
                    Some(text) if !text.starts_with("#!") || is_for_shell(&text) => {
                        self.shell(argv, argv, io)
                    }
                    _ => self.run_tool(argv, io),
                }
            }
            _ => self.run_tool(argv, io),
        }
    }

    fn run_tool(&mut self, argv: &[String], io: &mut Io) -> Flow {
        if let Some(known) = self.makes_text(argv, io) {
            match known {
                Some(text) => io.out.print(&text),
                None => io.out.print_unknown(&shown(argv)),
            }
            return Flow::Next;
        }
        match program::role(argv) {
            Role::Network => {
                let input = match self.input_for(argv, io) {
                    Ok(input) => input,
                    Err(reason) => {
                        self.fail(argv, reason.into());
                        return Flow::Next;
                    }
                };
                let (argv, input) = self.with_file(argv, input);
                self.network(&argv, input.as_deref(), io)
            }
            Role::Looks => {
                self.looks(argv, io);
                Flow::Next
            }
            Role::LeftOut(why) => {
                io.out.print_unknown(&shown(argv));
                self.leave_out(argv, why);
                self.status = Status::Success;
                Flow::Next
            }
            Role::Unknown if self.is_lenient => {
                io.out.print_unknown(&shown(argv));
                self.leave_out(argv, "what this program does is not known here");
                self.status = Status::Success;
                Flow::Next
            }
            Role::Unknown => {
                let name = argv.first().cloned().unwrap_or_default();
                self.fail(
                    argv,
                    format!("the command `{name}` is not understood").into(),
                );
                Flow::Next
            }
        }
    }

    /// What goes into a program that reads rules or commands.
    fn input_for(&mut self, argv: &[String], io: &mut Io) -> Result<Option<String>, String> {
        let reads = program::reads_input(argv);
        match (reads, io.input.take()) {
            (true, Some(Input::Text(text))) => Ok(Some(text)),
            (true, Some(Input::Unknown(who))) => {
                Err(format!("what `{who}` gives is not known before it runs"))
            }
            (true, None) => Ok(None),
            // Others do not read: what is there stays for the next.
            (false, input) => {
                io.input = input;
                Ok(None)
            }
        }
    }

    /// `nft -f FILE` of a file that is known reads as from its input, and so does `wg` of a
    /// key or a configuration.
    fn with_file(
        &mut self,
        argv: &[String],
        input: Option<String>,
    ) -> (Vec<String>, Option<String>) {
        let mut argv = argv.to_vec();
        let is_wg = program::name(&argv) == "wg";
        let place = match is_wg {
            true => {
                let takes = matches!(
                    argv.get(1).map(String::as_str),
                    Some("setconf" | "addconf" | "syncconf")
                );
                if let Some(path) = argv.get(3).filter(|_| takes).cloned() {
                    let _known = self.read_file(&path);
                }
                argv.iter().position(|word| self.known_file(word).is_some())
            }
            false => {
                let mut words = argv.iter();
                let option = words.position(|word| word == "-f" || word == "--file");
                option.map(|place| place + 1)
            }
        };
        let path = place.and_then(|place| argv.get_mut(place));
        if let Some(path) = path
            && let Some(text) = self.read_file(path)
        {
            let input = if is_wg { "/dev/stdin" } else { "-" };
            input.clone_into(path);
            return (argv, Some(text));
        }
        (argv, input)
    }

    /// Does what a command does to the network.
    pub(super) fn network(&mut self, argv: &[String], input: Option<&str>, io: &mut Io) -> Flow {
        if program::name(argv) == "arp" {
            return self.arp(argv, io);
        }
        let actions = match program::actions(argv, input) {
            Ok(actions) => actions,
            Err(reason) => {
                self.fail(argv, Failure::NotUnderstood(reason));
                return Flow::Next;
            }
        };
        for action in actions {
            match action {
                Action::Look => self.looks(argv, io),
                Action::Inside { namespace, argv } => {
                    let flow = self.inside(&namespace, &argv, io);
                    if flow != Flow::Next {
                        return flow;
                    }
                }
                action => {
                    if !self.act(argv, action) {
                        return Flow::Next;
                    }
                }
            }
        }
        Flow::Next
    }

    /// `arp -s ADDRESS MAC` and `arp -d ADDRESS` are `ip neighbour`, on the interface in whose
    /// network the address is.
    fn arp(&mut self, argv: &[String], io: &mut Io) -> Flow {
        let mut interface = None;
        let mut flags = String::new();
        let mut rest = Vec::new();
        let mut words = argv.iter().skip(1);
        while let Some(word) = words.next() {
            match word.as_str() {
                "-i" => interface = words.next().cloned(),
                "-H" | "-t" => {
                    words.next();
                }
                word if word.starts_with('-') => flags.push_str(word),
                _ => rest.push(word.clone()),
            }
        }
        let address = rest.first().and_then(|text| text.parse().ok());
        let found = address.and_then(|address| self.world.interface_towards(self.here, address));
        let interface = interface.or(found);
        let command = match (flags.contains('s'), flags.contains('d'), rest.as_slice()) {
            (false, false, _) => {
                self.looks(argv, io);
                return Flow::Next;
            }
            (true, _, [address, mac, ..]) => vec!["replace", address, "lladdr", mac],
            (_, true, [address, ..]) => vec!["del", address],
            _ => {
                self.fail(argv, "it needs an address".into());
                return Flow::Next;
            }
        };
        let Some(interface) = interface else {
            let reason = "no interface here has a network with this address".to_owned();
            self.fail(argv, Failure::Fails(reason));
            return Flow::Next;
        };
        let mut words = vec!["ip", "neighbour"];
        words.extend(command);
        words.extend(["dev", &interface]);
        if flags.contains('s') {
            words.extend(["nud", "permanent"]);
        }
        let words: Vec<String> = words.into_iter().map(str::to_owned).collect();
        self.network(&words, None, io)
    }

    /// Does what a command does, that the shell itself makes of something else.
    pub(super) fn act_on(&mut self, argv: &[String], input: Option<&str>) {
        let _flow = self.network(argv, input, &mut Io::default());
    }

    /// Changes the network; says whether it did.
    fn act(&mut self, argv: &[String], action: Action) -> bool {
        if self.acted >= self.limit {
            return false;
        }
        self.acted += 1;
        self.last = Some((self.line, shown(argv)));
        match self.world.act(self.here, action) {
            Ok(()) => {
                self.status = Status::Success;
                true
            }
            Err(reason) => {
                self.fail(argv, Failure::Fails(reason));
                false
            }
        }
    }

    /// Runs a command in another namespace.
    fn inside(&mut self, namespace: &NamespaceName, argv: &[String], io: &mut Io) -> Flow {
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

    /// What only looks or tries.
    fn looks(&mut self, argv: &[String], io: &mut Io) {
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

    /// `bash -c TEXT`, `bash -s`, `bash FILE`.
    fn shell(&mut self, argv: &[String], words: &[String], io: &mut Io) -> Flow {
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
        let arguments = arguments.to_vec();
        self.apart(|shell| {
            shell.arguments = arguments;
            let functions = std::mem::take(&mut shell.functions);
            let flow = shell.text_within(&text, io);
            shell.functions = functions;
            flow
        })
    }

    /// `nsenter --net=/run/netns/NAME COMMAND…`
    fn nsenter(&mut self, argv: &[String], words: &[String], io: &mut Io) -> Flow {
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

    /// `ip -batch FILE`
    fn batch(&mut self, argv: &[String], words: &[String], io: &mut Io) {
        let place = words.iter().position(|word| is_batch(word));
        let path = place.and_then(|place| words.get(place + 1)).cloned();
        let path = path.unwrap_or_else(|| "-".to_owned());
        let text = match path.as_str() {
            "-" | "/dev/stdin" => match io.input.take() {
                Some(Input::Text(text)) => Some(text),
                _ => None,
            },
            path => self.read_file(path),
        };
        let Some(text) = text else {
            let reason = format!("the commands in `{path}` are not known here");
            return self.fail(argv, reason.into());
        };
        // `-n NAME` before it is for each line.
        let options = words.iter().take(place.unwrap_or_default());
        let options: Vec<&str> = options
            .map(String::as_str)
            .filter(|word| *word != "-force")
            .collect();
        for line in text.lines() {
            let line = match options.is_empty() {
                true => line.to_owned(),
                false => format!("{} {line}", options.join(" ")),
            };
            self.batch_line(&line, io);
            if self.is_done() {
                return;
            }
        }
    }

    /// One line of a batch: what would stand after `ip`.
    pub(super) fn batch_line(&mut self, line: &str, io: &mut Io) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            return;
        }
        if !self.spend(1) {
            return;
        }
        match shlex::split(line) {
            Some(words) => {
                let argv: Vec<String> = std::iter::once("ip".to_owned()).chain(words).collect();
                let _flow = self.network(&argv, None, io);
            }
            None => self.refuse(line.to_owned(), "a quote is not closed".to_owned()),
        }
    }
}

/// Whether the first line of a program says that a shell runs it.
fn is_for_shell(text: &str) -> bool {
    let first = text.lines().next().unwrap_or_default();
    let words = first.trim_start_matches("#!").split([' ', '/']);
    let mut names = words.filter(|word| !word.is_empty());
    names.any(|name| matches!(name, "sh" | "bash" | "dash" | "ash"))
}

fn is_batch(word: &str) -> bool {
    matches!(word, "-b" | "-batch" | "--batch")
}

/// The command that a program runs: its words without the program's own.
fn inner<'a>(name: &str, words: &'a [String]) -> Result<&'a [String], String> {
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
