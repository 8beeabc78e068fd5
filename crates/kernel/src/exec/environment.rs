//! The environment variables of a command.

use std::collections::BTreeMap;
use std::env;
use std::ffi::{OsStr, OsString};

use super::Spec;

/// Where programs are; `ip`, `nft` and `tcpdump` are in an sbin, which is not
/// in the `PATH` of an ordinary user of Debian.
const PATH: [&str; 6] = [
    "/usr/local/sbin",
    "/usr/local/bin",
    "/usr/sbin",
    "/usr/bin",
    "/sbin",
    "/bin",
];

/// What a command gets from the agent's own environment: what says where it
/// is and how to write, and nothing that may be secret.
const PASSED: [&str; 7] = [
    "HOME", "TERM", "LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE", "TZ",
];

/// The variables of `spec`: a few that every command gets, and its own.
pub(super) fn of(spec: &Spec) -> BTreeMap<OsString, OsString> {
    let passed = PASSED.map(|name| (name, env::var_os(name)));
    build(passed, &spec.environment)
}

/// Where to look for programs: the agent's own `PATH`, and wherever else they
/// may be.
pub(crate) fn search_path() -> OsString {
    with_all_programs(env::var_os("PATH"))
}

fn build<const N: usize>(
    passed: [(&str, Option<OsString>); N],
    own: &[(OsString, OsString)],
) -> BTreeMap<OsString, OsString> {
    let mut variables: BTreeMap<OsString, OsString> = [
        ("HOME", "/"),
        ("LOGNAME", "root"),
        ("SHELL", "/bin/sh"),
        ("TERM", "xterm-256color"),
        ("USER", "root"),
    ]
    .map(|(name, value)| (name.into(), value.into()))
    .into();
    let passed = passed
        .into_iter()
        .filter_map(|(name, value)| Some((name.into(), value?)));
    variables.extend(passed);
    // A name with `=` or nothing cannot be one.
    let fine = |name: &OsStr| !name.is_empty() && !name.as_encoded_bytes().contains(&b'=');
    variables.extend(own.iter().filter(|(name, _)| fine(name)).cloned());
    let path = with_all_programs(variables.remove(OsStr::new("PATH")));
    variables.insert("PATH".into(), path);
    variables
}

/// `path` and, after it, those directories of programs that it lacks.
fn with_all_programs(path: Option<OsString>) -> OsString {
    let mut directories: Vec<_> = path
        .iter()
        .flat_map(|path| env::split_paths(path))
        .filter(|directory| !directory.as_os_str().is_empty())
        .collect();
    for directory in PATH.map(Into::into) {
        if !directories.contains(&directory) {
            directories.push(directory);
        }
    }
    // Only a directory with a colon cannot be joined: none here has one.
    env::join_paths(directories).unwrap_or_else(|_| PATH.join(":").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn get<'a>(variables: &'a BTreeMap<OsString, OsString>, name: &str) -> Option<&'a str> {
        variables.get(OsStr::new(name))?.to_str()
    }

    #[test]
    fn own_variables_win_and_the_path_is_completed() {
        let own = [
            ("PATH".into(), "/home/ann/bin:/usr/bin".into()),
            ("USER".into(), "ann".into()),
            ("BAD=NAME".into(), "x".into()),
        ];
        let variables = build([("TERM", Some("vt100".into())), ("TZ", None)], &own);
        assert_eq!(
            get(&variables, "PATH"),
            Some("/home/ann/bin:/usr/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/sbin:/bin")
        );
        assert_eq!(get(&variables, "USER"), Some("ann"));
        assert_eq!(get(&variables, "TERM"), Some("vt100"));
        assert_eq!(get(&variables, "TZ"), None);
        assert_eq!(get(&variables, "BAD=NAME"), None);
    }
}
