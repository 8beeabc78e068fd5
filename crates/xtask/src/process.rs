//! Running other programs: the error names what was tried, and long ones are shown live.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// How often a program with a time limit is looked at.
const POLL: Duration = Duration::from_millis(50);

/// Runs to the end with our own terminal; an error if it fails.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let line = describe(command);
    let status = command
        .status()
        .with_context(|| format!("cannot start `{line}`"))?;
    if status.success() {
        Ok(())
    } else {
        bail!("`{line}` failed: {status}")
    }
}

/// Runs to the end and returns standard output; an error with standard error if it fails.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let line = describe(command);
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot start `{line}`"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("`{line}` failed: {}: {}", output.status, said.trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Runs to the end, shows all output as it comes on standard error, and returns it too.
pub(crate) fn run_shown(command: &mut Command) -> Result<(ExitStatus, String)> {
    let line = describe(command);
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start `{line}`"))?;
    let streams = (child.stdout.take(), child.stderr.take());
    let text = std::thread::scope(|scope| {
        let errors = scope.spawn(|| streams.1.map_or_else(Vec::new, show));
        let mut text = streams.0.map_or_else(Vec::new, show);
        text.extend(errors.join().unwrap_or_default());
        text
    });
    let status = child
        .wait()
        .with_context(|| format!("cannot wait for `{line}`"))?;
    Ok((status, String::from_utf8_lossy(&text).into_owned()))
}

/// Runs with our own terminal, but ends the program when the limit is over.
pub(crate) fn run_within(command: &mut Command, limit: Duration) -> Result<()> {
    let line = describe(command);
    let mut child = command
        .stdin(Stdio::null())
        .spawn()
        .with_context(|| format!("cannot start `{line}`"))?;
    match wait_within(&mut child, limit)? {
        Some(status) if status.success() => Ok(()),
        Some(status) => bail!("`{line}` failed: {status}"),
        None => bail!("`{line}` did not end within {} s", limit.as_secs()),
    }
}

/// The command as one line, for messages: the program by its name only.
pub(crate) fn describe(command: &Command) -> String {
    let program = Path::new(command.get_program());
    std::iter::once(program.file_name().unwrap_or(command.get_program()))
        .chain(command.get_args())
        .map(|part| part.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}

fn wait_within(child: &mut Child, limit: Duration) -> Result<Option<ExitStatus>> {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if start.elapsed() >= limit {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        std::thread::sleep(POLL);
    }
}

/// Copies whole lines to standard error as they come; returns all of them.
fn show(stream: impl Read) -> Vec<u8> {
    let mut reader = BufReader::new(stream);
    let mut all = Vec::new();
    loop {
        let start = all.len();
        match reader.read_until(b'\n', &mut all) {
            Ok(0) | Err(_) => return all,
            // A closed terminal must not end the tests: their result is still wanted.
            Ok(_) => drop(std::io::stderr().write_all(all.get(start..).unwrap_or_default())),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn both_streams_are_returned_with_the_status() {
        let mut command = Command::new("sh");
        let (status, text) =
            run_shown(command.args(["-c", "echo out; echo err >&2; exit 3"])).unwrap();
        assert_eq!(status.code(), Some(3));
        assert!(text.contains("out\n") && text.contains("err\n"));
    }

    #[test]
    fn a_failure_names_the_command_and_what_it_said() {
        let error = output(Command::new("sh").args(["-c", "echo no such thing >&2; exit 1"]))
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("sh -c") && error.contains("no such thing"),
            "{error}"
        );
    }

    #[test]
    fn a_program_that_takes_too_long_is_ended() {
        let start = Instant::now();
        let error =
            run_within(Command::new("sleep").arg("20"), Duration::from_millis(100)).unwrap_err();
        assert!(start.elapsed() < Duration::from_secs(10));
        assert!(error.to_string().contains("did not end"));
    }
}
