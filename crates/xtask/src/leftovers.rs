//! Processes that outlive the tests that started them: each is a mistake.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

/// What is being torn down may take a moment.
const PATIENCE: Duration = Duration::from_secs(5);

/// The processes whose program, folder or environment is in `folder`, as `pid: command line`, if
/// they are still there after a moment.
pub(crate) fn processes_of(folder: &Path) -> Result<Vec<String>> {
    let start = Instant::now();
    loop {
        let found = look(folder)?;
        if found.is_empty() || start.elapsed() > PATIENCE {
            return Ok(found);
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn look(folder: &Path) -> Result<Vec<String>> {
    let own = std::process::id().to_string();
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").context("cannot list /proc")? {
        let entry = entry?;
        let name = entry.file_name();
        let Some(pid) = name.to_str().filter(|name| name.parse::<u32>().is_ok()) else {
            continue;
        };
        if pid != own && belongs_to(&entry.path(), folder) {
            let command = fs::read(entry.path().join("cmdline")).unwrap_or_default();
            let command = String::from_utf8_lossy(&command).replace('\0', " ");
            found.push(format!("{pid}: {}", command.trim()));
        }
    }
    Ok(found)
}

/// A process that ended meanwhile, or that we may not look at, does not belong.
fn belongs_to(process: &Path, folder: &Path) -> bool {
    let linked = |name: &str| {
        fs::read_link(process.join(name)).is_ok_and(|target| target.starts_with(folder))
    };
    let environment = fs::read(process.join("environ")).unwrap_or_default();
    let mark = format!("NETYARD_ROOT={}", folder.display());
    linked("exe")
        || linked("cwd")
        || environment
            .split(|byte| *byte == 0)
            .any(|variable| variable == mark.as_bytes())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::process::Command;

    #[test]
    fn a_process_is_found_by_its_folder_or_environment_until_it_ends() {
        let folder = tempfile::tempdir().unwrap();
        let mut by_folder = Command::new("sleep")
            .arg("60")
            .current_dir(folder.path())
            .spawn()
            .unwrap();
        let mut by_variable = Command::new("sleep")
            .arg("61")
            .env("NETYARD_ROOT", folder.path())
            .spawn()
            .unwrap();
        // The kernel lets spawn return before the new program's arguments can be read.
        let start = Instant::now();
        let found = loop {
            let found = look(folder.path()).unwrap();
            let shown = |command| found.iter().any(|line: &String| line.ends_with(command));
            if (shown("sleep 60") && shown("sleep 61")) || start.elapsed() > PATIENCE {
                break found;
            }
        };
        for child in [&mut by_folder, &mut by_variable] {
            child.kill().unwrap();
            child.wait().unwrap();
        }
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(processes_of(folder.path()).unwrap().is_empty());
    }
}
