//! Starts the machine and waits for its end.

use std::ffi::OsString;
use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::process;

/// Longer than it may take: a start takes 20 to 45 s, the tests 3 to 6 minutes.
const LIMIT_S: u32 = 1200;

/// What `timeout` ends with when the limit is over.
const OVER: i32 = 124;

/// Where programs are looked for: vng starts others of its folder by their names alone.
fn path(vng: &Path) -> OsString {
    let own = vng.parent().into_iter().map(Path::to_owned);
    let inherited = std::env::var_os("PATH").unwrap_or_default();
    let all = own.chain(std::env::split_paths(&inherited));
    std::env::join_paths(all).unwrap_or(inherited)
}

/// Boots `kernel` on the machine's own files, read-only but for `folder`, and runs the program
/// there; what it prints, with the console, goes to a file.
pub(super) fn run(
    vng: &Path,
    kernel: &Path,
    folder: &Path,
    runner: &Path,
    console: &Path,
) -> Result<()> {
    let output = File::create(console)?;
    // `timeout` ends the emulator too, its group; and it is told when this program is ended.
    let mut command = Command::new("setpriv");
    command
        .env("PATH", path(vng))
        .args(["--pdeathsig", "TERM", "timeout", "--kill-after=10"])
        .arg(LIMIT_S.to_string())
        .arg(vng)
        .arg("--run")
        .arg(kernel)
        // The same everywhere, and no right to /dev/kvm is needed.
        .args(["--disable-kvm", "--disable-microvm", "--force-9p"])
        .args(["--memory", "2G", "--cpus", "2", "--verbose"])
        .arg("--rwdir")
        .arg(folder)
        .arg("--")
        .arg(runner)
        .arg("in-vm")
        .arg(folder)
        .stdin(Stdio::null())
        .stdout(output.try_clone()?)
        .stderr(output);
    let line = process::describe(&command);
    let status = command
        .status()
        .with_context(|| format!("cannot start `{line}`"))?;
    match status.code() {
        Some(0) => Ok(()),
        Some(OVER) => bail!("the virtual machine did not end within {LIMIT_S} s"),
        _ => bail!("`{line}` failed: {status}"),
    }
}
