//! What starts the machine: a kernel of the distribution, and virtme-ng, which boots it on the
//! files of this machine.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::process;
use crate::system::find_program;
use crate::workspace::Workspace;

/// The version of virtme-ng: another one may have other options.
const VIRTME: &str = "1.42";

/// virtme-ng of that version; fetched from PyPI into the target folder if it is not there.
pub(super) fn virtme(workspace: &Workspace) -> Result<PathBuf> {
    let folder = workspace.target().join(format!("virtme-ng-{VIRTME}"));
    let program = folder.join("bin/vng");
    if !program.exists() {
        eprintln!(
            "Missing: virtme-ng {VIRTME} (it boots the kernel of the tests); pip fetches it into {}",
            folder.display()
        );
        let python = find_program("python3").context("there is no python3")?;
        process::run(workspace.command(python).args(["-m", "venv"]).arg(&folder))?;
        process::run(
            workspace
                .command(folder.join("bin/pip"))
                .args(["install", "--quiet", "--disable-pip-version-check"])
                .arg(format!("virtme-ng=={VIRTME}")),
        )
        .context("virtme-ng is not installed")?;
    }
    Ok(program)
}

/// The newest kernel in /boot that this user can read and whose modules are here, with everything
/// in it that a distribution builds: those for clouds lack most of it.
pub(crate) fn newest_kernel() -> Option<PathBuf> {
    let entries = fs::read_dir("/boot").ok()?.flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let usable = names.filter(|name| {
        release(name).is_some_and(|release| {
            let modules = Path::new("/lib/modules").join(release);
            modules.join("modules.dep").exists() && fs::File::open(boot(name)).is_ok()
        })
    });
    newest(usable).map(|name| boot(&name))
}

fn boot(name: &str) -> PathBuf {
    Path::new("/boot").join(name)
}

/// The release of a full kernel, by the name of its file.
fn release(name: &str) -> Option<&str> {
    name.strip_prefix("vmlinuz-")
        .filter(|release| !release.contains("cloud") && !release.contains("rescue"))
}

/// By the numbers in the names: 6.10 is newer than 6.9.
fn newest(names: impl Iterator<Item = String>) -> Option<String> {
    names.max_by_key(|name| {
        let numbers = name.split(|c: char| !c.is_ascii_digit());
        let numbers = numbers.filter_map(|number| number.parse::<u64>().ok());
        numbers.collect::<Vec<_>>()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_full_kernel_is_taken() {
        let names = [
            "vmlinuz-6.9.1-amd64",
            "vmlinuz-6.10.0-3-amd64",
            "vmlinuz-7.0.0-cloud-amd64",
            "System.map-8.0.0-amd64",
            "vmlinuz-6.10.0-1-amd64",
        ];
        let full = names.map(str::to_owned).into_iter();
        let full = full.filter(|name| release(name).is_some());
        assert_eq!(newest(full).as_deref(), Some("vmlinuz-6.10.0-3-amd64"));
    }
}
