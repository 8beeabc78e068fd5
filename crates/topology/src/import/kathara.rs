//! Kathará (and Netkit) labs: `lab.conf`, and `NAME.startup` beside it for each device.
//!
//! A device becomes a namespace with interfaces `eth0`, `eth1`, …; it forwards IPv4, as Kathará
//! lets every device do, and IPv6 if its lab asks for that. A collision domain with two ends
//! becomes a link; any other a bridge of the host, which is what Kathará makes of it.
//! `shared.startup` and `NAME.startup` are run in the namespace by the interpreter of scripts, which
//! sees the device's own files.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use super::builder::{Builder, End};
use super::report::File;
use super::text_of;
use crate::id::NamespaceId;

/// What says where the lab is.
const CONFIGURATION: &str = "lab.conf";

/// A device as `lab.conf` has it.
#[derive(Clone, Default, Debug)]
struct Device {
    /// Where it is named first.
    line: usize,
    /// By number: line, domain and MAC address.
    interfaces: BTreeMap<u32, (usize, String, Option<String>)>,
    sysctls: Vec<(usize, String)>,
    has_ipv6: bool,
}

/// One line of `lab.conf`.
struct Line<'a> {
    device: &'a str,
    argument: &'a str,
    value: &'a str,
}

/// `pc1[0]="A"`, with what may follow it.
fn line(text: &str) -> Option<Line<'_>> {
    let (device, rest) = text.split_once('[')?;
    let (argument, rest) = rest.split_once(']')?;
    let value = rest.trim_start().strip_prefix('=')?.trim();
    let is_word = |word: &str| {
        let is_fine = |c: char| c.is_alphanumeric() || "_-.".contains(c);
        !word.is_empty() && word.chars().all(is_fine)
    };
    if !is_word(device.trim()) || !is_word(argument.trim()) {
        return None;
    }
    let value = match value.chars().next() {
        Some(quote @ ('"' | '\'')) => {
            let inner = value.get(1..)?;
            let (inner, after) = inner.split_once(quote)?;
            let after = after.trim_start();
            if !after.is_empty() && !after.starts_with('#') {
                return None;
            }
            inner
        }
        _ => value.split_whitespace().next().unwrap_or_default(),
    };
    Some(Line {
        device: device.trim(),
        argument: argument.trim(),
        value,
    })
}

/// Lines that say something, counting from 1.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let all = text.lines().enumerate();
    let all = all.map(|(index, line)| (index + 1, line.trim()));
    all.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
}

/// `LAB_NAME="…"`.
fn metadata(text: &str) -> Option<(&str, &str)> {
    let (key, value) = text.split_once('=')?;
    let is_key = key.starts_with("LAB_") && key.chars().all(|c| c.is_ascii_uppercase() || c == '_');
    is_key.then(|| (key, value.trim().trim_matches(['"', '\''])))
}

/// Whether a text is a `lab.conf`: every line of it could be, and one names a device.
pub(super) fn is_one(text: &str) -> bool {
    let mut all = lines(text).map(|(_, text)| text).peekable();
    let has_device = lines(text).any(|(_, text)| line(text).is_some());
    all.peek().is_some()
        && has_device
        && all.all(|text| line(text).is_some() || metadata(text).is_some())
}

/// The folder of the lab: where the `lab.conf` is that lies the least deep.
pub(super) fn folder(files: &[File]) -> Option<&str> {
    let found = files.iter().filter_map(|file| {
        let folder = file.path.strip_suffix(CONFIGURATION)?;
        (folder.is_empty() || folder.ends_with('/')).then_some(folder)
    });
    found.min_by_key(|folder| folder.matches('/').count())
}

/// Reads a folder.
pub(super) fn read(builder: &mut Builder, files: &[File], folder: &str) {
    let own: BTreeMap<&str, &File> = files
        .iter()
        .filter_map(|file| Some((file.path.strip_prefix(folder)?, file)))
        .collect();
    let Some(configuration) = own.get(CONFIGURATION) else {
        return;
    };
    builder.in_file(&configuration.path);
    match text_of(configuration) {
        Ok(text) => build(builder, &text, &own),
        Err(reason) => builder.refuse("", reason),
    }
}

/// Reads a `lab.conf` that came alone.
pub(super) fn read_configuration(builder: &mut Builder, file: &File, text: &str) {
    builder.in_file(&file.path);
    build(builder, text, &BTreeMap::new());
}

fn build(builder: &mut Builder, text: &str, files: &BTreeMap<&str, &File>) {
    let devices = devices(builder, text);
    let configuration = files.get(CONFIGURATION).map(|file| file.path.as_str());
    let configuration = configuration.unwrap_or_default();
    for (name, device) in &devices {
        builder.at(device.line);
        builder.namespace(name);
    }
    for (domain, ends) in &domains(&devices) {
        connect(builder, domain, ends);
    }
    for (name, device) in &devices {
        let Some(here) = builder.known(name) else {
            continue;
        };
        builder.in_file(configuration);
        builder.at(device.line);
        builder.run(here, &["sysctl", "-w", "net.ipv4.ip_forward=1"]);
        if device.has_ipv6 {
            builder.run(here, &["sysctl", "-w", "net.ipv6.conf.all.forwarding=1"]);
        }
        for (line, setting) in &device.sysctls {
            builder.at(*line);
            if let Err(reason) = builder.try_run(here, &["sysctl", "-w", setting]) {
                builder.left_out(format!("the setting {setting} of {name}: {reason}"));
            }
        }
        started(builder, name, here, files);
    }
    for (path, file) in files {
        if !path.contains('/') && path.ends_with(".startup") {
            let name = path.trim_end_matches(".startup");
            if name != "shared" && !devices.contains_key(name) {
                builder.in_file(&file.path);
                builder.left_out(format!("lab.conf has no device {name}"));
            }
        }
    }
}

fn devices(builder: &mut Builder, text: &str) -> IndexMap<String, Device> {
    let mut devices: IndexMap<String, Device> = IndexMap::new();
    for (number, text) in lines(text) {
        builder.at(number);
        if let Some((key, value)) = metadata(text) {
            if key == "LAB_NAME" {
                builder.title(value);
            }
            continue;
        }
        let Some(line) = line(text) else {
            builder.refuse(text, "a line of lab.conf is `device[interface]=\"domain\"`");
            continue;
        };
        let device = devices.entry(line.device.to_owned()).or_insert(Device {
            line: number,
            ..Device::default()
        });
        let argument = line.argument;
        let index = argument.strip_prefix("eth").unwrap_or(argument);
        if let Ok(index) = index.parse::<u32>() {
            let (domain, mac) = match line.value.split_once('/') {
                Some((domain, mac)) => (domain, Some(mac.to_owned())),
                None => (line.value, None),
            };
            let interface = (number, domain.to_owned(), mac);
            if device.interfaces.insert(index, interface).is_some() {
                builder.refuse(text, "this interface has a domain already");
            }
            continue;
        }
        let is_true = ["true", "yes", "1", "y", "on"].contains(&line.value.to_lowercase().as_str());
        match argument {
            "sysctl" => device.sysctls.push((number, line.value.to_owned())),
            "ipv6" => device.has_ipv6 = is_true,
            "bridged" if is_true => builder.left_out(format!(
                "{}[bridged]: the interface to the machine's own network",
                line.device
            )),
            // Nothing of the network.
            "bridged" => {}
            "exec" | "startup" => builder.left_out(format!("{text}: a command for a person")),
            "port" => builder.left_out(format!(
                "{text}: a lab has no ports of the machine; its shells are in the browser"
            )),
            "image" | "mem" | "cpus" | "num_terms" | "shell" | "env" | "ulimit" | "entrypoint"
            | "args" | "volume" | "privileged" | "M" | "cpu" | "append" | "kernel" | "con0"
            | "con1" | "xterm" | "hostname" | "model" => builder.left_out(format!(
                "{}[{argument}]: what runs in a device is no part of a lab",
                line.device
            )),
            _ => builder.left_out(format!("{text}: what this asks for is not known here")),
        }
    }
    devices
}

/// An end of a domain.
#[derive(Clone, Debug)]
struct Member {
    line: usize,
    device: String,
    index: u32,
    mac: Option<String>,
}

fn domains(devices: &IndexMap<String, Device>) -> IndexMap<String, Vec<Member>> {
    let mut domains: IndexMap<String, Vec<Member>> = IndexMap::new();
    for (name, device) in devices {
        for (index, (line, domain, mac)) in &device.interfaces {
            domains.entry(domain.clone()).or_default().push(Member {
                line: *line,
                device: name.clone(),
                index: *index,
                mac: mac.clone(),
            });
        }
    }
    domains
}

/// Makes the ends of a domain and what is between them.
fn connect(builder: &mut Builder, domain: &str, members: &[Member]) {
    let mut ends = Vec::new();
    for member in members {
        if let Some(namespace) = builder.known(&member.device) {
            let name = format!("eth{}", member.index);
            ends.push((member, End { namespace, name }));
        }
    }
    match ends.as_slice() {
        [(first, a), (second, b)] => {
            builder.at(first.line.max(second.line));
            builder.link(a, b);
        }
        many => {
            let first = members.first().map_or(0, |member| member.line);
            builder.at(first);
            let bridge = builder.bridge(domain);
            for (member, end) in many {
                builder.at(member.line);
                builder.port(&bridge, &member.device, end);
            }
        }
    }
    for (member, end) in &ends {
        if let Some(mac) = &member.mac {
            builder.at(member.line);
            let argv = ["ip", "link", "set", &end.name, "address", mac];
            builder.run(end.namespace, &argv);
        }
    }
}

/// Runs the scripts of a device.
fn started(builder: &mut Builder, name: &str, here: NamespaceId, files: &BTreeMap<&str, &File>) {
    let mut seen = BTreeMap::new();
    let mut other = Vec::new();
    let own = format!("{name}/");
    for (path, file) in files {
        let place = match (path.strip_prefix("shared/"), path.strip_prefix(&own)) {
            (Some(inner), _) => format!("/shared/{inner}"),
            (_, Some(inner)) => format!("/{inner}"),
            _ => continue,
        };
        if path.starts_with(&own) {
            other.push(*path);
        }
        // What is no text is no script either.
        if let Ok(text) = text_of(file) {
            seen.insert(place, text);
        }
    }
    for script in ["shared.startup".to_owned(), format!("{name}.startup")] {
        let Some(file) = files.get(script.as_str()) else {
            continue;
        };
        builder.in_file(&file.path);
        match text_of(file) {
            Ok(text) => builder.script(here, &seen, &file.path, &text),
            Err(reason) => builder.refuse("", reason),
        }
    }
    if let Some(first) = other.first().and_then(|first| files.get(first)) {
        builder.in_file(&first.path);
        let more = match other.len() - 1 {
            0 => String::new(),
            more => format!(" and {more} more files of {name}"),
        };
        builder.left_out(format!("what runs in a device is no part of a lab{more}"));
    }
}
