//! Commands of `ip` that say what others say too, in the words of those.

use std::borrow::Cow;

use crate::command::words::abbreviated;

/// The commands that do the same; the command itself where there is nothing to say otherwise.
pub(super) fn rewritten(argv: &[String]) -> Vec<Cow<'_, [String]>> {
    let object = argv
        .iter()
        .position(|word| !word.starts_with('-'))
        .filter(|place| *place == 0)
        .and_then(|_| object_at(argv));
    let Some(at) = object else {
        return vec![Cow::Borrowed(argv)];
    };
    let word = argv.get(at).map_or("", String::as_str);
    let verb = argv.get(at + 1).map_or("", String::as_str);
    if abbreviated(word, &["address"]).is_some() {
        return vec![without_label(argv)];
    }
    if word == "tunnel" && verb == "add" {
        return vec![tunnel(argv, at).into()];
    }
    if abbreviated(word, &["link"]).is_some() && verb == "set" {
        return generation_mode(argv, at);
    }
    vec![Cow::Borrowed(argv)]
}

/// Where the object of `ip` stands: after its options, `-n` with its value.
fn object_at(argv: &[String]) -> Option<usize> {
    let mut at = 1;
    while let Some(option) = argv.get(at).filter(|word| word.starts_with('-')) {
        let takes_value = matches!(option.as_str(), "-n" | "-netns" | "-f" | "-family");
        at += 1 + usize::from(takes_value);
    }
    argv.get(at).map(|_| at)
}

/// `dev lo:1` is `lo`: the kernel's `dev_ioctl` cuts the label off, by which iproute2 finds it.
fn without_label(argv: &[String]) -> Cow<'_, [String]> {
    let place = argv.iter().position(|word| word == "dev");
    let name = place.and_then(|at| argv.get(at + 1));
    let Some((place, (interface, _))) = place.zip(name.and_then(|name| name.split_once(':')))
    else {
        return Cow::Borrowed(argv);
    };
    let mut all = argv.to_vec();
    if let Some(name) = all.get_mut(place + 1) {
        *name = interface.to_owned();
    }
    Cow::Owned(all)
}

/// `ip tunnel add NAME mode gre …` is `ip link add NAME type gre …`.
fn tunnel(argv: &[String], at: usize) -> Vec<String> {
    let (before, rest) = argv.split_at(at);
    let mut words: Vec<String> = rest.get(2..).unwrap_or_default().to_vec();
    let mode = words.iter().position(|word| word == "mode");
    let mode = mode.filter(|at| at + 1 < words.len());
    let Some(mode) = mode.map(|at| {
        let mode = words.remove(at + 1);
        words.remove(at);
        mode
    }) else {
        return argv.to_vec();
    };
    if let Some(first) = words.first().filter(|word| *word == "name").cloned() {
        words.retain(|word| *word != first);
    }
    let name = match words.is_empty() {
        true => return argv.to_vec(),
        false => words.remove(0),
    };
    let mut all = before.to_vec();
    all.extend(["link", "add", "name"].map(str::to_owned));
    all.extend([name, "type".to_owned(), mode]);
    all.extend(words);
    all
}

/// `addrgenmode` is a setting of IPv6 (`IFLA_INET6_ADDR_GEN_MODE`).
fn generation_mode(argv: &[String], at: usize) -> Vec<Cow<'_, [String]>> {
    let place = argv.iter().position(|word| word == "addrgenmode");
    let value = place.and_then(|place| argv.get(place + 1));
    let number = match value.map(String::as_str) {
        Some("eui64") => "0",
        Some("none") => "1",
        Some("stable_secret") => "2",
        Some("random") => "3",
        _ => return vec![Cow::Borrowed(argv)],
    };
    let words = argv.get(at + 2..).unwrap_or_default();
    let name = match words {
        [dev, name, ..] if dev == "dev" => name,
        [name, ..] => name,
        [] => return vec![Cow::Borrowed(argv)],
    };
    // It is said of the namespace in which `ip` runs.
    let inside = argv
        .iter()
        .take(at)
        .position(|word| word == "-n" || word == "-netns");
    let inside = inside.and_then(|place| argv.get(place + 1));
    let setting = format!("net.ipv6.conf.{name}.addr_gen_mode={number}");
    let mut sysctl: Vec<String> = match inside {
        Some(namespace) => vec![
            "ip".into(),
            "netns".into(),
            "exec".into(),
            namespace.clone(),
        ],
        None => Vec::new(),
    };
    sysctl.extend(["sysctl".to_owned(), "-w".to_owned(), setting]);
    let mut rest = argv.to_vec();
    if let Some(place) = place {
        rest.drain(place..=place + 1);
    }
    // With nothing more to set there is nothing left of it.
    let is_bare = rest.len() <= at + 3 || rest.len() == at + 4 && rest.iter().any(|w| w == "dev");
    match is_bare {
        true => vec![sysctl.into()],
        false => vec![rest.into(), sysctl.into()],
    }
}
