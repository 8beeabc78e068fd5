//! Installing what is missing: says what and why, asks when there is somebody to ask, and prints
//! the line to type when it may not install.

use std::collections::BTreeSet;
use std::io::{BufRead, IsTerminal, Write};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::prerequisites::{self, Need, Prerequisite};
use crate::process;
use crate::system::{Distribution, effective_uid, find_program};

/// Whether we may install without asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Consent {
    /// `--yes` or `CI=true`: nobody is asked.
    Given,
    /// Ask, if there is a terminal.
    Ask,
}

impl Consent {
    /// From the option `--yes` and the variable `CI`.
    pub(crate) fn from_environment(yes: bool) -> Self {
        if yes || std::env::var("CI").is_ok_and(|value| value == "true" || value == "1") {
            Self::Given
        } else {
            Self::Ask
        }
    }
}

/// A thing to install, with its reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// What and why, one line.
    pub(crate) reason: String,
    /// The packages that bring it; empty when they are not known for this distribution.
    pub(crate) packages: Vec<String>,
}

/// How we get the right to install.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Right {
    /// We are root.
    Root,
    /// sudo, after the person agreed; it may ask for a password.
    Sudo,
    /// sudo, but nobody is there to type a password.
    SudoSilent,
    /// None: print what to type.
    None,
}

/// Makes sure that everything for these needs is there, or ends with the line to type.
pub(crate) fn ensure(needs: &[Need], consent: Consent) -> Result<()> {
    let missing = prerequisites::missing(needs);
    if missing.is_empty() {
        return Ok(());
    }
    for entry in &missing {
        if let Some(component) = entry.component() {
            add_component(entry, component)?;
        }
    }
    let distribution = Distribution::detect();
    let wanted: Vec<Wanted> = missing
        .iter()
        .filter(|entry| entry.component().is_none())
        .map(|entry| Wanted {
            reason: format!("{}: {}", entry.name, entry.why),
            packages: entry
                .packages(distribution)
                .iter()
                .map(ToString::to_string)
                .collect(),
        })
        .collect();
    if !wanted.is_empty() {
        install(distribution, &wanted, consent)?;
    }
    let still: Vec<&str> = prerequisites::missing(needs)
        .iter()
        .map(|entry| entry.name)
        .collect();
    if still.is_empty() {
        return Ok(());
    }
    bail!(
        "still missing after the installation: {}{}",
        still.join(", "),
        snap_hint(distribution)
    )
}

/// Installs packages, or ends with the line to type.
pub(crate) fn install(
    distribution: Distribution,
    wanted: &[Wanted],
    consent: Consent,
) -> Result<()> {
    eprintln!("Missing on this machine:");
    for item in wanted {
        eprintln!("  - {} [{}]", item.reason, item.packages.join(" "));
    }
    let packages: BTreeSet<&str> = wanted
        .iter()
        .flat_map(|item| &item.packages)
        .map(String::as_str)
        .collect();
    let Some(commands) = install_commands(distribution, &packages) else {
        bail!("install the above with this system's package manager, then try again");
    };
    if wanted.iter().any(|item| item.packages.is_empty()) {
        bail!("no package is known for part of the above: install it by hand, then try again");
    }
    let sudo = find_program("sudo").is_some();
    let line = typed(&commands, sudo);
    let right = right(
        effective_uid()? == 0,
        sudo,
        std::io::stdin().is_terminal() && std::io::stderr().is_terminal(),
        consent,
    );
    if right == Right::None || (right == Right::Sudo && !agreed(&line)?) {
        bail!("type this, then try again:\n\n    {line}\n");
    }
    for command in &commands {
        let mut elevated = elevate(right, command);
        eprintln!("+ {}", process::describe(&elevated));
        process::run(&mut elevated)
            .with_context(|| format!("not installed. To do it by hand: {line}"))?;
    }
    Ok(())
}

/// Fetches the lists of Debian's packages, as root only: looking is no reason to ask anybody.
pub(crate) fn refresh_lists() -> Result<()> {
    if effective_uid()? != 0 {
        bail!("only root can fetch the lists of packages");
    }
    eprintln!("+ apt-get update");
    process::run(Command::new("apt-get").arg("update"))
}

fn add_component(entry: &Prerequisite, component: &str) -> Result<()> {
    eprintln!("Missing: {} ({}); rustup adds it", entry.name, entry.why);
    let Some(rustup) = find_program("rustup") else {
        bail!(
            "{} is missing and there is no rustup to add it: install it from this system's packages",
            entry.name
        )
    };
    process::run(Command::new(rustup).args(["component", "add", component]))
}

/// The commands that install packages; `None` when the package manager is not known.
fn install_commands(
    distribution: Distribution,
    packages: &BTreeSet<&str>,
) -> Option<Vec<Vec<String>>> {
    let words = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
    let with_packages = |line: &str| {
        let mut command = words(line);
        command.extend(packages.iter().map(ToString::to_string));
        command
    };
    match distribution {
        Distribution::Debian | Distribution::Ubuntu => Some(vec![
            words("apt-get update"),
            with_packages(
                "env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends",
            ),
        ]),
        Distribution::Fedora => Some(vec![with_packages(
            "dnf install -y --setopt=install_weak_deps=False",
        )]),
        Distribution::Unknown => None,
    }
}

fn right(root: bool, sudo: bool, terminal: bool, consent: Consent) -> Right {
    match (root, sudo, consent) {
        (true, ..) => Right::Root,
        (false, true, Consent::Given) => Right::SudoSilent,
        (false, true, Consent::Ask) if terminal => Right::Sudo,
        _ => Right::None,
    }
}

fn elevate(right: Right, words: &[String]) -> Command {
    let prefix: &[&str] = match right {
        Right::Sudo => &["sudo"],
        Right::SudoSilent => &["sudo", "-n"],
        Right::Root | Right::None => &[],
    };
    let mut all = prefix
        .iter()
        .copied()
        .chain(words.iter().map(String::as_str));
    let mut command = Command::new(all.next().unwrap_or("true"));
    command.args(all);
    command
}

/// The line for a person: by sudo where there is one, else by su.
fn typed(commands: &[Vec<String>], sudo: bool) -> String {
    let prefix = if sudo { "sudo " } else { "" };
    let lines: Vec<String> = commands
        .iter()
        .map(|words| format!("{prefix}{}", words.join(" ")))
        .collect();
    let line = lines.join(" && ");
    if sudo {
        line
    } else {
        format!("su -c '{line}'")
    }
}

fn agreed(line: &str) -> Result<bool> {
    eprint!("Install them now with `{line}`? [y/N] ");
    std::io::stderr().flush()?;
    let mut answer = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut answer)
        .context("cannot read the answer")?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

/// Ubuntu's packages only fetch a snap, which fails where there is no snapd.
fn snap_hint(distribution: Distribution) -> &'static str {
    if distribution == Distribution::Ubuntu {
        ".\nUbuntu's Chromium is a snap. Where snaps do not run, install Google Chrome and a \
         chromedriver of the same version: any google-chrome and chromedriver on PATH will do"
    } else {
        ""
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_right_to_install_follows_who_we_are_and_who_is_there() {
        assert_eq!(right(true, false, false, Consent::Ask), Right::Root);
        assert_eq!(right(false, true, true, Consent::Ask), Right::Sudo);
        assert_eq!(right(false, true, false, Consent::Ask), Right::None);
        assert_eq!(right(false, true, false, Consent::Given), Right::SudoSilent);
        assert_eq!(right(false, false, true, Consent::Given), Right::None);
    }

    #[test]
    fn the_line_to_type_is_complete() {
        let packages = BTreeSet::from(["libpcap-dev", "tcpdump"]);
        let commands = install_commands(Distribution::Debian, &packages).unwrap_or_default();
        assert_eq!(
            typed(&commands, true),
            "sudo apt-get update && sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y \
             --no-install-recommends libpcap-dev tcpdump"
        );
        let commands = install_commands(Distribution::Fedora, &packages).unwrap_or_default();
        assert!(typed(&commands, true).starts_with("sudo dnf install -y"));
        assert!(typed(&commands, false).starts_with("su -c 'dnf install -y"));
        assert_eq!(install_commands(Distribution::Unknown, &packages), None);
    }

    #[test]
    fn nobody_is_asked_for_a_password_without_a_terminal() {
        let command = elevate(Right::SudoSilent, &["dnf".to_owned(), "install".to_owned()]);
        assert_eq!(process::describe(&command), "sudo -n dnf install");
        let command = elevate(Right::Root, &["dnf".to_owned()]);
        assert_eq!(process::describe(&command), "dnf");
    }
}
