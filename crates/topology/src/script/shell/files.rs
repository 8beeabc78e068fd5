//! The files that a script can know: what it wrote itself, and what the kernel shows of the network.

use super::input_output::{Io, Out};
use super::variables::Value;
use super::{Failure, Flow, NoteKind, Shell, shown};

/// Where the settings of the kernel lie.
const SETTINGS: &str = "/proc/sys/";
/// Where the kernel shows interfaces.
const INTERFACES: &str = "/sys/class/net/";
/// Where `ip netns` names namespaces.
const NAMESPACES: [&str; 2] = ["/var/run/netns/", "/run/netns/"];

/// The variable with the file that is run.
pub(super) const SOURCE: &str = "BASH_SOURCE";

/// What it says of a file.
pub(super) fn source(path: &str) -> Value {
    Value::List([(0, path.to_owned())].into())
}

impl Shell {
    /// A file that is known, or one that is empty everywhere.
    pub(super) fn read_file(&mut self, path: &str) -> Option<String> {
        if path == "/dev/null" {
            return Some(String::new());
        }
        let known = self.known_file(path).cloned();
        if known.is_none() {
            let place = self.beside.place(path);
            self.beside.want(place);
        }
        known
    }

    /// A file that the script wrote, or one that lies beside it.
    pub(super) fn known_file(&self, path: &str) -> Option<&String> {
        let place = self.beside.place(path);
        self.files.get(&place).or_else(|| self.beside.get(&place))
    }

    /// A script to run that is not there to be read.
    pub(super) fn unknown_file(&mut self, argv: &[String], path: &str) -> Flow {
        if self.is_lenient {
            self.leave_out(argv, "what is in this file is not known here");
            return Flow::Next;
        }
        let reason = format!(
            "the file `{path}` is not known here: give it together with the script, as all after it \
             may depend on what it says"
        );
        self.fail(argv, reason.into());
        // What follows would be refused for reasons that are not true.
        Flow::Exit
    }

    /// Runs the text of another file in this shell.
    pub(super) fn sourced(
        &mut self,
        path: &str,
        arguments: &[String],
        text: &str,
        io: &mut Io,
    ) -> Flow {
        let before = self.variables.get(SOURCE).cloned();
        self.variables.set(SOURCE, source(path));
        let given = match arguments.is_empty() {
            true => None,
            false => {
                let given = arguments.iter().cloned().map(Ok).collect();
                Some(std::mem::replace(&mut self.arguments, given))
            }
        };
        let flow = self.text_within(text, io);
        if let Some(given) = given {
            self.arguments = given;
        }
        match before {
            Some(before) => self.variables.set(SOURCE, before),
            None => self.variables.unset(SOURCE),
        }
        match flow {
            Flow::Return => Flow::Next,
            flow => flow,
        }
    }

    /// Puts what a command printed into a file: a setting of the kernel, or one that is remembered.
    pub(super) fn write_file(&mut self, path: &str, append: bool, out: Out) {
        if path.starts_with(SETTINGS) || path.starts_with(INTERFACES) {
            return match out.into_text() {
                Ok(text) => self.write_setting(path, text.trim()),
                Err(who) => self.refuse(
                    format!("{who} > {path}"),
                    format!("what `{who}` prints is not known before it runs"),
                ),
            };
        }
        let Ok(text) = out.into_text() else {
            self.files.remove(&self.beside.place(path));
            return;
        };
        let known = self.known_file(path).cloned();
        let file = self.files.entry(self.beside.place(path));
        let file = file.or_insert(known.unwrap_or_default());
        match append {
            true => file.push_str(&text),
            false => *file = text,
        }
    }

    /// `echo 1 > /proc/sys/net/…` is `sysctl`, and of a bridge's files `ip link set`.
    fn write_setting(&mut self, path: &str, value: &str) {
        let command = |argv: &[&str]| argv.iter().map(|word| (*word).to_owned()).collect();
        let argv: Vec<String> = if let Some(key) = path.strip_prefix(SETTINGS) {
            command(&["sysctl", "-w", &format!("{key}={value}")])
        } else {
            let rest = path.strip_prefix(INTERFACES).unwrap_or_default();
            let parts: Vec<&str> = rest.split('/').collect();
            match parts.as_slice() {
                [name, "bridge", parameter] => command(&[
                    "ip", "link", "set", "dev", name, "type", "bridge", parameter, value,
                ]),
                [name, "mtu"] => command(&["ip", "link", "set", "dev", name, "mtu", value]),
                [name, "address"] => command(&["ip", "link", "set", "dev", name, "address", value]),
                _ => {
                    let reason = Failure::from("this file of the kernel is not understood");
                    return self.fail(&command(&["echo", value, ">", path]), reason);
                }
            }
        };
        self.act_on(&argv, None);
    }

    /// Whether there is such a file; `None` if that is not known.
    pub(super) fn file_exists(&mut self, path: &str) -> Option<bool> {
        if let Some(rest) = path.strip_prefix(INTERFACES) {
            let name = rest.trim_end_matches('/').split('/').next()?;
            return Some(self.world.has_interface(self.here, name));
        }
        for folder in NAMESPACES {
            if let Some(name) = path.strip_prefix(folder) {
                return Some(self.world.namespaces().any(|known| known == name));
            }
        }
        match path {
            "/dev/null" | "/proc" | "/proc/sys" | "/sys" | "/" | "/tmp" | "/dev/net/tun" => {
                Some(true)
            }
            // Where `command -v` finds programs; a script that asks for one is run where it is.
            path if path.starts_with("/usr/bin/") => Some(true),
            path => match self.known_file(path) {
                Some(_) => Some(true),
                None => {
                    let place = self.beside.place(path);
                    self.beside.want(place.clone());
                    self.beside.has(&place)
                }
            },
        }
    }

    /// The paths that a pattern names: of `/proc/sys/net/ipv4/conf/*/rp_filter` one for each
    /// interface.
    pub(super) fn paths(&self, pattern: &str) -> Option<Vec<String>> {
        let (before, after) = pattern.split_once('*')?;
        let places = ["conf/", "neigh/"];
        let mut names: Vec<String> = Vec::new();
        if before.starts_with(SETTINGS) && places.iter().any(|place| before.ends_with(place)) {
            names.extend(["all", "default"].map(str::to_owned));
        } else if before != INTERFACES {
            return None;
        }
        names.extend(self.world.interfaces(self.here).map(str::to_owned));
        names.sort();
        let paths = names.iter().map(|name| format!("{before}{name}{after}"));
        (!after.contains(['*', '?', '['])).then(|| paths.collect())
    }

    /// Says that something is not run, which changes nothing here.
    pub(super) fn leave_out(&mut self, argv: &[String], why: &str) {
        self.note(
            NoteKind::LeftOut,
            format!("{why}, not run: {}", shown(argv)),
        );
    }
}
